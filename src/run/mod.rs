//! A run from end to end: the benign run, the positive control, the run itself.

mod simulate;

pub use simulate::{Behaviour, Kept, seats, simulate};
