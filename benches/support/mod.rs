//! What the benches share: time that only this thread used, counted allocations, and how a table is filled.

pub mod allocations;
pub mod clock;
pub mod rounds;
