//! Scenarios that a rule writes: a chain with a known optimum, a grid to measure speed with, and random small worlds to test with.

mod chain;
mod grid;
mod random;

pub use chain::chain;
pub use grid::{grid, records, rounded_up};
pub use random::{random_whole_world, random_world};
