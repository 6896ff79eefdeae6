//! Chaos engineering for agent identities.
#![forbid(unsafe_code)]
pub mod import;
