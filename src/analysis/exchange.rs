//! Token exchange (RFC 8693) with one token as the subject and another as the caller's own: what comes of each two of all
//! that can be held.

use std::collections::BTreeSet;

use crate::model::Plan;
use crate::model::service::{Act, Grant, MintedScopes};
use crate::wire::{IdentityId, OpId, RightsId};

use super::{Caller, Minted};

/// Operations of a plan that exchange tokens.
pub fn exchanges(plan: &Plan) -> impl Iterator<Item = OpId> + '_ {
    let exchange = |op: &OpId| matches!(plan.operation(*op).act, Act::Mint { grant: Grant::TokenExchange, .. });
    plan.operation_ids().filter(exchange)
}

/// Those who may ask, and what there is to ask for.
#[derive(Default)]
pub(super) struct Exchanges {
    pub callers: Vec<(Minted, OpId)>,
    pub subjects: Vec<(Caller, Minted)>,
    /// What was tried already, as far as it makes a difference.
    tried: BTreeSet<(OpId, Minted, Option<RightsId>, Option<IdentityId>)>,
}

impl Exchanges {
    /// Whether an exchange of this kind is new.
    pub fn is_new(&mut self, plan: &Plan, op: OpId, subject: Minted, caller: Minted) -> bool {
        let spec = plan.operation(op);
        let delegates = matches!(spec.act, Act::Mint { family, .. } if plan.family(family).delegated);
        let rights = (spec.minting.scopes == MintedScopes::Both).then_some(caller.rights);
        let actor = caller.actor.or(caller.who).filter(|_| delegates);
        self.tried.insert((op, subject, rights, actor))
    }
}
