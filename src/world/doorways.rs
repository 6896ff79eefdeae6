//! Where doors can be: what follows from the plan alone about who may ever call what.

use crate::model::service::{Act, Answer, Operation, Validation};
use crate::model::{Bits, Plan};
use crate::wire::{CollId, Effect, OpId, RightsId};

/// Where a door can be at all: what credentials with each of the rights, and those without any, may ever call, leaving
/// out what touches nothing and what only sends clients on.
pub(super) struct Doorways {
    by_rights: Vec<Box<[OpId]>>,
    open: Bits,
    /// What is open, in the order of ids.
    without: Box<[OpId]>,
    /// What each operation does.
    does: Vec<Does>,
    /// Operations at which nothing is asked for but scopes: no limit, approval, rule or failure stands before them.
    plain: Bits,
}

/// What an operation does, as far as it can be excess.
#[derive(Clone, Copy)]
pub(super) enum Does {
    Mint,
    /// Something of the protocol, which touches nothing.
    Protocol,
    /// Makes a record, inside one of these where there is such.
    Create(Option<CollId>),
    Touch(Touches),
    /// Nothing but what it costs.
    Nothing,
}

/// How an operation touches records.
#[derive(Clone, Copy)]
pub(super) struct Touches {
    pub coll: CollId,
    pub effect: Effect,
    /// Whether it shows or changes what is in them.
    pub shows: bool,
    pub names_one: bool,
    pub inside: bool,
}

impl Does {
    fn of(op: &Operation) -> Does {
        match (op.act, op.target) {
            (Act::Mint { .. }, _) => Does::Mint,
            (Act::RevokeToken | Act::IntrospectToken | Act::Metadata | Act::Administer, _) => Does::Protocol,
            (Act::Create { inside }, _) => Does::Create(inside),
            (Act::List { .. } | Act::One { .. } | Act::All, Some(coll)) => {
                let shows = match op.act {
                    Act::List { answer, .. } => answer == Answer::Records,
                    Act::One { answer } => answer == Answer::Records || op.effect != Effect::Read,
                    _ => true,
                };
                let names_one = matches!(op.act, Act::One { .. });
                let inside = matches!(op.act, Act::List { inside: Some(_), .. });
                Does::Touch(Touches { coll, effect: op.effect, shows, names_one, inside })
            }
            _ => Does::Nothing,
        }
    }
}

impl Doorways {
    pub fn of(plan: &Plan, hindered: &Bits) -> Doorways {
        let mut open = plan.access.open.clone();
        for op in plan.operation_ids() {
            if plan.service(plan.operation(op).service).validation == Validation::None {
                open.insert(op.number());
            }
        }
        let touches = |op: &u32| {
            let op = OpId::new(*op);
            let protocol = matches!(
                plan.operation(op).act,
                Act::RevokeToken | Act::IntrospectToken | Act::Metadata | Act::Administer
            );
            !protocol && !plan.sends_on(op)
        };
        let with_open = |rights| {
            let all: Bits = plan.access.unlocked(rights).iter().chain(open.iter()).filter(touches).collect();
            all.iter().map(OpId::new).collect()
        };
        let plain = |op: &OpId| {
            let minting = matches!(plan.operation(*op).act, Act::Mint { .. });
            !minting && !plan.sends_on(*op) && !open.contains(op.number()) && !hindered.contains(op.number())
        };
        let plain = plan.operation_ids().filter(plain).map(OpId::number).collect();
        let by_rights = plan.access.ids().map(with_open).collect();
        let without = open.iter().map(OpId::new).collect();
        Doorways { by_rights, without, open, does: plan.operations.iter().map(Does::of).collect(), plain }
    }

    pub fn with(&self, rights: Option<RightsId>) -> impl Iterator<Item = OpId> + '_ {
        rights.map_or(&self.without, |rights| &self.by_rights[rights.index()]).iter().copied()
    }

    #[inline]
    pub fn open_to_all(&self, op: OpId) -> bool {
        self.open.contains(op.number())
    }

    /// Whether the scopes of a credential are all that decides about a call, as long as the operation is not closed.
    #[inline]
    pub fn asks_for_scopes(&self, op: OpId) -> bool {
        self.plain.contains(op.number())
    }

    #[inline]
    pub fn does(&self, op: OpId) -> Does {
        self.does[op.index()]
    }
}
