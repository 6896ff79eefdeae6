//! Scenarios from descriptions that nobody here wrote.
pub mod openapi;
pub mod starter;
