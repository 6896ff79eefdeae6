//! Scenarios that a rule writes: a chain with a known optimum, and random small worlds to test with.

mod chain;
mod random;

pub use chain::chain;
pub use random::random_world;
