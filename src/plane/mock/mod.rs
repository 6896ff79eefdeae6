//! The same world behind real HTTP on loopback: one `wiremock` server for each service, OAuth endpoints included.
//!
//! Requests become bytes and are read back from bytes on the other side; what is not among the bytes (who sent it, by
//! which of its own numbers the sender knows the credential) is noted for the journal, and no service sees it.

mod address;
mod answer;
mod answer_read;
mod ask;
mod client;
mod clock;
mod context;
mod host;
mod line;
mod live;
mod lockstep;
mod metadata;
mod names;
mod notes;
mod origins;
mod presented;
mod runbook;
mod said;
mod serve;
mod server;
#[cfg(test)]
mod tests;
mod token_endpoint;
mod unreadable;
mod writing;

pub use live::Live;
pub use lockstep::Lockstep;
pub use serve::Served;
