//! What can be minted from what: credentials that have no row of their own yet.

use crate::model::service::Act;
use crate::model::{Access, Plan};
use crate::wire::{FamilyId, IdentityId, OpId, RightsId};

/// A credential as far as a search cares: its family, what it unlocks, and whom it proves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Minted {
    pub family: FamilyId,
    pub rights: RightsId,
    pub who: Option<IdentityId>,
    /// Who acts with it for them, if somebody else does.
    pub actor: Option<IdentityId>,
}

/// What an operation would mint from a credential for who calls it with another, or with the same.
pub fn mints(plan: &Plan, op: OpId, from: Minted, caller: Minted) -> Vec<Minted> {
    let spec = plan.operation(op);
    let Act::Mint { family, refresh, .. } = spec.act else { return Vec::new() };
    let rights = plan.access.minted(family, spec.minting.scopes, from.rights, caller.rights);
    let mut owners: Vec<Option<IdentityId>> = spec.minting.owners().map(Some).collect();
    if owners.is_empty() {
        owners.push(from.who);
    }
    let fresh = |who| {
        let actor = |family: FamilyId| {
            let asking = caller.actor.or(caller.who).filter(|by| Some(*by) != who);
            asking.filter(|_| plan.family(family).delegated).or(from.actor)
        };
        let token = Minted { family, rights, who, actor: actor(family) };
        let refresh = refresh.map(|family| Minted { family, rights: Access::of(family), who, actor: actor(family) });
        std::iter::once(token).chain(refresh)
    };
    owners.into_iter().flat_map(fresh).collect()
}
