//! What people and machines read of a run.

mod curve;
mod json;
mod names;
mod page;
mod summary;

pub use json::{RunReport, run_schema};
pub use names::{credential_label, hop_line, reason_in_words};
pub use page::{entry, fitted, wrapped};
pub use summary::{Style, Summary};
