//! Instructions as named things: what a text tells whoever obeys it, and who obeys.

use std::sync::Arc;

use crate::wire::{IdentityId, InstructionId, Span};

use super::agent::Program;
use super::chance::Share;

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

/// How an agent takes to what it is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Habit {
    /// How likely it does it, with each answer in which it reads it.
    pub likely: Share,
    /// Whether it does it again with every round of the step in which it read it.
    pub again: bool,
    /// How long after it was told it is itself again.
    pub forgets: Option<Span>,
}

impl Default for Habit {
    fn default() -> Habit {
        Habit { likely: Share::WHOLE, again: false, forgets: None }
    }
}

/// What an agent makes of instructions that it reads.
#[derive(Clone, Default, Debug)]
pub struct Obedience {
    pub whom: Obeys,
    pub habit: Habit,
    /// What each instruction tells this agent: a formula in it stands for the agent's number.
    pub does: Arc<[Arc<Program>]>,
}

impl Obedience {
    pub fn program(&self, instruction: InstructionId) -> Option<&Arc<Program>> {
        self.does.get(instruction.index())
    }
}
