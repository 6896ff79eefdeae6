//! Chaos engineering for agent identities.
#![forbid(unsafe_code)]
pub mod agent;
pub mod import;
pub mod model;
pub mod plane;
pub mod responder;
pub mod wire;
pub mod world;
