//! Agents against answers written by hand, without a world.

mod answers;
mod explored;
mod faults;
mod harvest;
mod incidents;
mod memory;
mod program;
