//! Chaos engineering for agent identities.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
pub mod agent;
pub mod analysis;
pub mod audit;
pub mod cli;
pub mod fix;
pub mod gate;
pub mod generate;
pub mod graph;
pub mod import;
pub mod journal;
mod lanes;
pub mod library;
pub mod measure;
pub mod model;
pub mod plane;
pub mod planted;
pub mod report;
pub mod responder;
pub mod run;
pub mod scenario;
pub mod staging;
pub mod verdict;
pub mod vocabulary;
pub mod wire;
pub mod world;
