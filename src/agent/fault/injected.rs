//! `injected`: the task, and what it is told by instructions that it reads.
//!
//! What it models: an agent that cannot tell data from orders. A record says what to do, and the agent does it, with
//! the credentials and the rights that it has for its task.
//! The incident: an issue in a public repository made an agent publish private ones (GitHub MCP, May 2025; scenario
//! `private-to-public`), a support ticket made one read the table of tokens and answer with them (Supabase MCP, July
//! 2025; scenario `ticket-service-role`), the title of an issue made a build bot fill the cache that a release restored
//! (Clinejection, February 2026; scenario `build-triage`).
//! Its limits: it obeys or it does not, by who wrote the text or who signed it; nothing persuades it more or less. Each
//! instruction is done once, however often it is read. What it obeys goes before its task, which goes on where that
//! waits for an answer or a time.

use crate::agent::program::Code;
use crate::model::agent::AgentPlan;

use super::{Instruction, Onset};

/// The task as it was told: what differs is what it does with what it reads.
pub(super) fn instruction(spec: &AgentPlan) -> Instruction {
    Instruction { code: Code::plain(&spec.task), onset: Onset::AtOrder }
}
