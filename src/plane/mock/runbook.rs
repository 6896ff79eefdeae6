//! Steps of the runbook, and what they act on, as they stand in a request: the responder counts them, a person names them.

use crate::model::Plan;
use crate::wire::{CredId, FamilyId, IdentityId, StepId};

pub(super) fn step(plan: &Plan, said: &str) -> Option<StepId> {
    let named = || plan.controls.steps.iter().position(|step| step.name == said).map(StepId::at);
    said.parse().ok().map(StepId::new).or_else(named)
}

/// What was issued during the run has a number, and no name.
pub(super) fn credential(plan: &Plan, said: &str) -> Option<CredId> {
    let row = |id: FamilyId| {
        let family = plan.family(id);
        let index = match said.strip_prefix(&family.name)? {
            "" if family.count == 1 => 0,
            numbered => numbered.strip_prefix('-')?.parse::<u32>().ok()?.checked_sub(1)?,
        };
        (index < family.count).then(|| plan.row_of(id, index))
    };
    said.parse().ok().map(CredId::new).or_else(|| plan.family_ids().find_map(row))
}

pub(super) fn identity(plan: &Plan, said: &str) -> Option<IdentityId> {
    said.parse().ok().map(IdentityId::new).or_else(|| plan.identity_named(said))
}
