//! What people and machines read of a run.

mod clean;
mod curve;
mod explain;
mod explored;
mod fixes;
mod html;
mod json;
pub mod markdown;
mod names;
#[cfg(feature = "otlp")]
pub mod otlp;
mod reconstruction;
mod schema;
mod summary;
pub mod tags;
pub mod text;

pub use explain::{Chapter, Sentence, explain, prose};
pub use explored::undone;
pub use fixes::{After, Effect, FIXES, Fix, Fixes, Over, Own, Share};
pub use html::page;
pub use json::{RunReport, SCHEMA as RUN_SCHEMA, measured};
pub use markdown::markdown;
pub use names::{credential_label, forged_label, hop_line, reason_in_words};
pub use reconstruction::{Reconstruction, Refuted};
pub use schema::run_schema;
pub use summary::{Style, Summary};
