//! The journal: the append-only record of everything that happened, headed by the resolved scenario.

mod digest;
mod fields;
mod order;
mod read;
mod words;
mod write;

use serde::{Deserialize, Serialize};

pub use digest::{Digest, of_json};
pub use read::{Journal, ReadError, read};
pub use words::{purpose as purpose_word, reason as reason_word, verdict as verdict_word};
pub use write::{Lines, Writer};

/// The version of the format. A reader refuses others.
pub const FORMAT: u32 = 1;

/// The first line of a journal.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Header {
    pub format: u32,
    /// The version of the program that wrote it. Not part of the digest.
    pub written_by: String,
    pub scenario: String,
    pub variant: Option<String>,
    pub seed: u64,
    /// Not part of the digest: the same run has the same digest on every plane.
    pub plane: String,
    /// Whether the truth of the scenario applies: not under another seed or setting.
    pub truth_applies: bool,
    /// The resolved scenario.
    pub document: serde_json::Value,
    /// What the run is compared with, as far as it is known at its start.
    pub references: serde_json::Value,
}

/// The last line: without it, the journal is incomplete.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Trailer {
    pub complete: bool,
    pub events: u64,
    pub digest: String,
    /// What the run is compared with.
    pub references: serde_json::Value,
    /// SHA-256 of that, as JSON without spaces. Journals of older versions have none.
    #[serde(default)]
    pub references_digest: Option<String>,
}

#[cfg(test)]
mod tests;
