//! What an undo file says, line by line.

use serde::{Deserialize, Serialize};

use crate::staging::targets::Endpoints;

/// The version of the file. Fields may be added under the same version, never changed.
pub const FORMAT: &str = "runaway.undo/1";

/// A line of the file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case")]
pub enum Line {
    Header(Head),
    /// A write is about to be sent.
    Meant(Meant),
    /// What came back, and the id of what was made; nothing where nobody knows whether it happened.
    Sent {
        n: u64,
        status: Option<u16>,
        made: Option<String>,
        /// What names the version that it left behind (RFC 9110 section 8.8.3), where the answer has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        etag: Option<String>,
        /// A digest of what stood there right after it, where no version was told: said in a line of its own, after the
        /// answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<String>,
        /// It never left: nothing is there to be undone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unsent: bool,
    },
    /// It was found, and is about to be removed.
    Found {
        n: u64,
    },
    /// It was undone, or could not be.
    Undone {
        n: u64,
        ok: bool,
        how: String,
    },
}

/// Whose writes they are, and the targets file by which they are undone.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Head {
    pub format: String,
    pub run: String,
    pub document: String,
    pub folder: String,
    /// What the issuer said, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Endpoints>,
}

/// A write, and what its undoing needs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Meant {
    pub n: u64,
    pub operation: String,
    /// What marks it as one of this run.
    pub marker: String,
    /// The ids in its path.
    pub record: Vec<String>,
    /// What stood there before.
    pub before: Option<Before>,
}

/// An answer that is put back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Before {
    pub content_type: Option<String>,
    pub body: String,
}
