//! Instructions as named things: what a text tells whoever obeys it, and who obeys.

use std::sync::Arc;

use crate::wire::{IdentityId, InstructionId};

use super::agent::Program;

/// A text that tells its reader what to do.
#[derive(Clone, Debug)]
pub struct Instruction {
    pub name: String,
    /// Its steps, as the first of those who obey would do them.
    pub says: Arc<Program>,
    /// Whether the team signed it: the signature stands in the text, and copies of the text carry it along.
    pub signed: bool,
}

/// Whose instructions an agent does.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Obeys {
    #[default]
    Nobody,
    Everybody,
    /// Those under which the team's signature is good.
    Signed,
    /// Those that one of these wrote, as the record says.
    Written(Crowd),
}

/// Identities side by side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Crowd {
    pub first: IdentityId,
    pub count: u32,
}

impl Crowd {
    pub fn contains(self, identity: IdentityId) -> bool {
        identity.number().checked_sub(self.first.number()).is_some_and(|behind| behind < self.count)
    }
}

/// What an agent makes of instructions that it reads.
#[derive(Clone, Default, Debug)]
pub struct Obedience {
    pub whom: Obeys,
    /// What each instruction tells this agent: a formula in it stands for the agent's number.
    pub does: Arc<[Arc<Program>]>,
}

impl Obedience {
    pub fn program(&self, instruction: InstructionId) -> Option<&Arc<Program>> {
        self.does.get(instruction.index())
    }
}
