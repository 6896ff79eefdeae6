//! The guard. It stands between everything else of the staging plane and the socket: a transport takes a [`Consent`],
//! and only the guard can make one, after somebody has agreed to the very hosts that are talked to.
//!
//! ```
//! use runaway::staging::{client::Client, guard::Consent, targets::Targets};
//! fn guarded(consent: Consent, targets: &Targets) -> std::io::Result<Client> {
//!     Client::new(consent, targets)
//! }
//! ```
//!
//! Without it, no transport can be had:
//!
//! ```compile_fail,E0061
//! # use runaway::staging::{client::Client, targets::Targets};
//! fn unguarded(targets: &Targets) -> std::io::Result<Client> {
//!     Client::new(targets)
//! }
//! ```
//!
//! Nobody else can make one, nor keep a second:
//!
//! ```compile_fail,E0423
//! # use runaway::staging::guard::Consent;
//! let made_up = Consent(panic!());
//! ```
//!
//! ```compile_fail,E0599
//! # use runaway::staging::guard::Consent;
//! fn twice(consent: Consent) -> (Consent, Consent) {
//!     (consent.clone(), consent)
//! }
//! ```

pub mod address;
mod caps;
mod consent;
mod kill;
mod plain;
mod rules;
mod run_id;
mod watch;

pub use caps::{Cap, Ledger};
pub use consent::{Agreement, Consent, Consents, Pinned, Proposal, caps_of_restoring};
pub use kill::{Kill, Stopped};
pub(in crate::staging) use plain::plain;
pub(in crate::staging) use rules::is_never_sent;
pub use rules::{Ask, Guard, Permit, Site};
pub use run_id::RunId;
pub use watch::Watch;

use crate::staging::origin::NotAUrl;

/// Why nothing was sent.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    #[error("this is no URL that may be used: {0}")]
    NotAUrl(#[from] NotAUrl),
    #[error("{0} is not among the origins")]
    OffTheList(String),
    #[error("`{0}` counts as a write, and is not listed under `writes`")]
    Write(String),
    #[error("{0} is the transport's own, or makes another request of this one")]
    Disguised(String),
    #[error("the cap on {0} is used up")]
    Cap(Cap),
    #[error("stopped: {0}")]
    Stopped(Stopped),
    /// It had left, and nobody waits for its answer any more.
    #[error("stopped while it was under way: {0}")]
    UnderWay(Stopped),
    #[error("{host} is at {address}, {why}; list it under `address`, if you mean it")]
    Address { host: String, address: std::net::IpAddr, why: &'static str },
    #[error("{host} cannot be looked up: {why}")]
    Unresolved { host: String, why: String },
    #[error("the endpoints of {0} are not known yet")]
    NotDiscovered(String),
    #[error("nobody agreed to {0}")]
    NoConsent(String),
}
