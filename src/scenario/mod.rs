//! Scenarios: from a YAML file to a plan. The text becomes a tree with places, the grammar checks it, a variant is
//! laid over it, and lowering resolves every name. All findings are gathered.

mod document;
pub(crate) mod finding;
mod fits;
mod grammar;
mod lower;
mod matrix;
mod patch;
pub(crate) mod quantity;
pub(crate) mod shape;
mod snippet;
pub(crate) mod source;
pub(crate) mod tree;
mod unused;
mod variant;
pub(crate) mod yaml;

pub use document::{Document, Overrides, Resolved, Setting, Variant, parse, plan_of};
pub use finding::{Code, Finding, Rejected, Severity, nearest};
pub use grammar::{LAYERS, parts, schema};
pub use lower::{Measurable, Unit};
pub use quantity::{duration, money_shown, shown as count_shown, windowed};
pub use snippet::line_and_column;
pub use source::{Source, opened};
pub(crate) use tree::{Key, Node, Place, Value};
