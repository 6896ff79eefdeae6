//! `runaway-loop`: the task, over and over.
//!
//! What it models: an agent that never takes its work for done. The result of a call asks for the next one, or two
//! agents answer each other.
//! The incident: two agents of four asked each other for clarification for eleven days in 2025, with every dashboard
//! green, and were found on an invoice of 47,000 dollars (scenario `runaway-loop`).
//! Its limits: the same round each time, as fast as the pace allows. What grows from round to round, such as a fan-out
//! of three calls for each one before, has to be written out as a program. A round that sends nothing, since every
//! credential was given up, ends it.

use crate::agent::program::{Code, Told};
use crate::model::agent::AgentPlan;

use super::{Instruction, Onset};

/// The task, and again. The fault begins with the second round: the first is what was asked for.
pub(super) fn instruction(spec: &AgentPlan) -> Instruction {
    let code = Code::of(&spec.task, true, &mut |step, tell| tell(Told::as_is(step)));
    Instruction { code, onset: Onset::AtDeviation }
}
