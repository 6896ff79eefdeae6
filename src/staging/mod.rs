//! The staging plane: a real API that nobody here wrote. `targets` says what may be talked to, `guard` stands between
//! everything else and the socket, `client` sends, `drill` contains an identity and watches when it really ends.

mod alarm;
pub mod client;
pub mod drill;
pub mod explore;
pub mod guard;
pub mod origin;
pub mod secret;
pub mod targets;
