//! The resolved scenario: plain tables by dense id. No spans, no YAML, no behaviour of its own.

mod access;
pub mod agent;
mod approval;
mod baseline;
mod bits;
pub mod catalogue;
mod chance;
mod column;
pub mod containment;
pub mod control;
pub mod expect;
mod holdings;
pub mod identity;
mod index;
pub mod instruction;
mod nesting;
mod plan;
mod rng;
mod routine;
pub mod service;
mod trace;

pub use access::{Access, grants};
pub use baseline::{Baseline, Pairs};
pub use bits::Bits;
pub use chance::{Share, Takes};
pub use column::{Column, Inverse};
pub use holdings::Holdings;
pub use index::Index;
pub use nesting::Nesting;
pub use plan::{Meta, Plan, Time};
pub use rng::{Draws, Stream};
pub use routine::Routine;
pub use trace::Trace;
