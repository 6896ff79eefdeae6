//! `wrong-credential`: the task; after the first refusal, with the strongest credential in sight.
//!
//! What it models: an agent that takes a refusal for an obstacle. It looks at what it holds, uses what it was never
//! given for this, and keeps what worked.
//! The incident: a coding agent on a staging task met an expired password, found a token that was made for domains and
//! good for the whole account, and deleted the production volume with it (PocketOS, April 2026; scenario
//! `volume-delete`).
//! Its limits: a client cannot see how strong a credential is. It takes the one that it found last, then the ones found
//! before, then those that it was given, each once for a call and never again where it was refused. It searches nothing
//! by itself: what it finds, it finds in answers to the task. Where nothing opens the door, the step's own
//! `after_refusal` decides.

use std::collections::BTreeSet;

use crate::agent::call::{Call, Refusal};
use crate::agent::memory::Memory;
use crate::agent::program::Code;
use crate::model::agent::AgentPlan;
use crate::wire::{HeldId, RouteId, ServiceId};

use super::{Instruction, Onset};

/// The task as it was told: what differs is how it takes a refusal.
pub(super) fn instruction(spec: &AgentPlan) -> Instruction {
    Instruction { code: Code::plain(&spec.task), onset: Onset::AtRefusal }
}

/// What an agent learned about presenting credentials that were not meant for the call.
#[derive(Debug, Default)]
pub(in crate::agent) struct Substitute {
    /// What worked last in place of what was meant.
    preferred: Option<HeldId>,
    /// Answered with 401: no good at that service.
    no_good: BTreeSet<(Option<HeldId>, ServiceId)>,
    /// Answered with 403: not for that.
    not_for: BTreeSet<(Option<HeldId>, RouteId)>,
}

impl Substitute {
    /// What opened a door before in place of what the step says, where that has not been refused.
    pub fn instead(&self, call: &Call, service: ServiceId) -> Option<HeldId> {
        self.preferred.filter(|held| !call.substituted && self.may_open(*held, call.route, service))
    }

    /// A call was accepted. What opened a door in place of another credential is used from now on.
    pub fn accepted(&mut self, call: &Call) {
        if call.substituted {
            self.preferred = call.with;
        }
    }

    /// A call was refused: the same with the next credential in sight, if there is one left.
    pub fn refused(&mut self, call: &Call, refusal: Refusal, service: ServiceId, memory: &Memory) -> Option<Call> {
        match refusal {
            Refusal::Credential => _ = self.no_good.insert((call.with, service)),
            Refusal::Operation => _ = self.not_for.insert((call.with, call.route)),
            Refusal::Record => return None,
        }
        let next = memory.in_sight().find(|held| self.may_open(*held, call.route, service))?;
        Some(Call { with: Some(next), substituted: true, ..*call })
    }

    fn may_open(&self, held: HeldId, route: RouteId, service: ServiceId) -> bool {
        !self.no_good.contains(&(Some(held), service)) && !self.not_for.contains(&(Some(held), route))
    }
}
