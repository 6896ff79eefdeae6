//! `stale-plan`: the task to its end, although an answer says that things are not as the plan has them.
//!
//! What it models: a plan that was made once and is not looked at again. Where a step is refused, a sane agent stops
//! and looks anew; this one takes the refusal for noise and does the rest, which leaves things half done.
//! The incident: an environment that was to be deleted and made anew, and whose third creation met a quota, was left in
//! pieces (Amazon Kiro, December 2025; scenario `deploy-recreate`).
//! Its limits: it overlooks the refusals at which its task says `after_refusal: stop`, and no others. It does not list
//! again what it listed before, unless its task does. What it would have planned instead is not modelled.

use crate::agent::program::Code;
use crate::model::agent::AgentPlan;

use super::{Instruction, Onset};

/// The task as it was told: what differs is that no refusal ends it.
pub(super) fn instruction(spec: &AgentPlan) -> Instruction {
    Instruction { code: Code::plain(&spec.task), onset: Onset::AtStop }
}
