//! The staging plane: a real API that nobody here wrote. `targets` says what may be talked to, `guard` stands between
//! everything else and the socket, `client` sends, `drill` contains an identity and watches when it really ends, `explore` lets
//! the agents of all planes loose, `reconcile` puts the defenders' log beside what was sent.

mod alarm;
pub mod client;
pub mod discovery;
pub mod drill;
pub mod explore;
mod formats;
pub mod guard;
mod lines;
pub mod origin;
pub mod reconcile;
pub mod secret;
pub mod targets;
#[cfg(test)]
mod testing;
