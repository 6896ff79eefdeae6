//! `spread`: the task, and what it is told by instructions that it reads; among it, to write them down for others.
//!
//! What it models: agents that read each other. Whoever does what a text says carries it on: into a feed, into a package
//! that the next job installs, into a mailbox. Each is turned by a record that another wrote, so the records tell who
//! turned whom.
//! The incident: agents that read one feed at every heartbeat and do what they find there (Moltbook and OpenClaw, January
//! 2026, S12 of SCENARIOS.md; MITRE ATLAS AML.T0061), packages that publish themselves with the keys of whoever installs
//! them (Nx and Shai-Hulud, 2025, S01).
//! Its limits: whether an agent does what it reads is a chance drawn once for each answer that shows the text, the same
//! for all texts and all writers. With `each time` it does it again with every round of the step in which it found it,
//! whether the text still stands there or not; a round is the first page of that step's answer. It forgets as a whole,
//! and notices when it reads again. No text changes on its way.

use crate::model::agent::AgentPlan;

use super::{Instruction, injected};

/// What differs from `injected` is the habit: how likely, how often, for how long.
pub(super) fn instruction(spec: &AgentPlan) -> Instruction {
    injected::instruction(spec)
}
