//! What people and machines read of a run.

mod curve;
mod explain;
mod json;
mod names;
mod reconstruction;
mod summary;
pub mod text;

pub use explain::{Chapter, Sentence, explain, prose};
pub use json::{RunReport, SCHEMA as RUN_SCHEMA, measured, run_schema};
pub use names::{credential_label, hop_line, reason_in_words};
pub use reconstruction::{Reconstruction, Refuted};
pub use summary::{Style, Summary};
