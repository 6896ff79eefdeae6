//! Dense handles. An id is an index into one table of the plan; names appear at the edges only.

use std::num::NonZeroU32;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(NonZeroU32);

        impl $name {
            pub const fn new(index: u32) -> Self {
                Self(NonZeroU32::MIN.saturating_add(index))
            }

            pub const fn at(index: usize) -> Self {
                Self::new(index as u32)
            }

            pub const fn index(self) -> usize {
                (self.0.get() - 1) as usize
            }

            pub const fn number(self) -> u32 {
                self.0.get() - 1
            }
        }
    )* };
}

ids! {
    /// Whoever sends requests: an agent, a benign client, the responder, a prober.
    ActorId,
    /// An API with its own way to validate credentials.
    ServiceId,
    /// What a client believes it calls. The world decides which operation answers.
    RouteId,
    /// A method on a path template of a service.
    OpId,
    /// A kind of credential of the scenario, with one secret per index and turn.
    FamilyId,
    /// What a credential unlocks: its family's scopes, or what was left of another's after an exchange.
    RightsId,
    /// One secret: a row of the world's credential table. Rotation makes a new row.
    CredId,
    /// One principal: a row of the identity table.
    IdentityId,
    /// A tenant label.
    TenantId,
    /// A set of records of one data class.
    CollId,
    /// A data class.
    ClassId,
    /// A detector.
    RuleId,
    /// A preventive limit: a rate, a quota or a budget.
    LimitId,
    /// A control that asks somebody for a yes.
    ApprovalId,
    /// A preventive rule about what follows a reading.
    FlowId,
    /// A named action of the scenario's runbook.
    StepId,
    /// A response: what sets steps off.
    ResponseId,
    /// A network or an instance that requests come from.
    PlaceId,
    /// The n-th secret that an actor came to hold, in its own order of acquisition.
    HeldId,
    /// Work that was accepted and happens later.
    JobId,
    /// A text that tells whoever obeys it what to do.
    InstructionId,
}

/// A request of one actor. Numbers run per actor, so that interleaving cannot renumber them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RequestId {
    pub by: ActorId,
    pub n: u32,
}

/// One record of a collection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Res {
    pub coll: CollId,
    pub row: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_optional_id_costs_no_more_than_an_id() {
        assert_eq!(std::mem::size_of::<Option<CredId>>(), 4);
        assert_eq!(CredId::new(7).index(), 7);
        assert_eq!(CredId::at(7).number(), 7);
    }
}
