//! What is written down and read again: instructions, copies of records, secrets.

use super::ids::{CollId, IdentityId, InstructionId, Res};
use super::request::Text;

/// What a request writes into a record beside the record's own data.
///
/// It stands in the slot of the exchange, so that a request stays small and a step allocates nothing.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Cargo {
    pub instruction: Option<InstructionId>,
    /// Records that the sender read, as runs: the first row, and how many.
    pub copies: Vec<(CollId, u32, u32)>,
    /// Secrets, in the order in which they are written.
    pub secrets: Vec<Text>,
}

impl Cargo {
    pub fn clear(&mut self) {
        self.instruction = None;
        self.copies.clear();
        self.secrets.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.instruction.is_none() && self.copies.is_empty() && self.secrets.is_empty()
    }
}

/// An instruction that lies in an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Planted {
    pub instruction: InstructionId,
    /// The record it lay in.
    pub lay_in: Res,
    /// Whose words they are, as the record says.
    pub author: Option<IdentityId>,
}
