//! What happened in a drill, one line of NDJSON for each thing. No credential stands in any of them: a credential is
//! named, and counted where there are several.

use serde::{Deserialize, Serialize};

pub use super::stepped::{Came, Stepped};
use crate::staging::targets::Endpoints;

/// The version of the journal. Fields may be added under the same version, never changed.
pub const FORMAT: &str = "runaway.drill-journal/1";

/// Microseconds since the drill began, by a clock that nobody sets.
pub type Micros = u64;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    Header(Box<Header>),
    /// A credential was fetched.
    Issued {
        at: Micros,
        credential: usize,
        instance: usize,
        lives: Option<Micros>,
    },
    /// What a service answers to a request without a credential, and to one that was made up.
    Negative {
        service: usize,
        made_up: bool,
        reading: Reading,
        status: Option<u16>,
    },
    /// A credential was shown to a service.
    Probed(Probed),
    /// A step was begun.
    Began {
        at: Micros,
        step: usize,
        restoring: bool,
        name: String,
    },
    /// A step came to its end.
    Stepped(Stepped),
    /// Their own detection.
    Alarm {
        at: Micros,
    },
    /// An attempt to have a credential again.
    Reminted {
        at: Micros,
        way: String,
        like: usize,
        got: bool,
        accepted_by: Vec<usize>,
        /// Why nothing told whether it would be issued.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        untold: Option<String>,
        /// The services of which no answer told whether it is accepted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        silent: Vec<usize>,
    },
    /// A credential was shown to a service after everything was put back.
    Restored {
        at: Micros,
        credential: usize,
        service: usize,
        reading: Reading,
    },
    /// Nothing was done, since something that it needs could not be had.
    NotBegun {
        at: Micros,
        why: String,
    },
    /// The drill was stopped before its end.
    Stopped {
        at: Micros,
        why: String,
    },
    /// What was left behind is put back later, in a run of its own.
    Resumed {
        at: Micros,
        run: String,
    },
    /// The drill came to its end.
    Ended {
        at: Micros,
        requests: u64,
        writes: u64,
    },
}

impl Event {
    /// When it was, where it was at a time.
    pub fn at(&self) -> Micros {
        match self {
            Event::Header(_) | Event::Negative { .. } => 0,
            Event::Probed(probed) => probed.back,
            Event::Stepped(step) => step.at,
            Event::Issued { at, .. }
            | Event::Began { at, .. }
            | Event::Alarm { at }
            | Event::Reminted { at, .. }
            | Event::Restored { at, .. }
            | Event::NotBegun { at, .. }
            | Event::Stopped { at, .. }
            | Event::Resumed { at, .. }
            | Event::Ended { at, .. } => *at,
        }
    }

    /// Whether all that it is about stands in the header.
    pub fn fits(&self, header: &Header) -> bool {
        let credential = |at: &usize| *at < header.credentials.len();
        let service = |at: &usize| *at < header.services.len();
        match self {
            Event::Issued { credential: of, .. } => credential(of),
            Event::Negative { service: at, .. } => service(at),
            Event::Probed(Probed { who, service: at, .. }) => {
                at.iter().all(service)
                    && match who {
                        Who::Drilled { credential: of, .. } => credential(of),
                        Who::Control => true,
                        Who::Sentinel { sentinel } => *sentinel < header.sentinels.len(),
                    }
            }
            Event::Stepped(step) => step.covers.iter().all(credential) && step.services.iter().all(service),
            Event::Reminted { like, accepted_by, silent, .. } => {
                credential(like) && accepted_by.iter().chain(silent).all(service)
            }
            Event::Restored { credential: of, service: at, .. } => credential(of) && service(at),
            Event::Header(_)
            | Event::Began { .. }
            | Event::Alarm { .. }
            | Event::NotBegun { .. }
            | Event::Stopped { .. }
            | Event::Resumed { .. }
            | Event::Ended { .. } => true,
        }
    }

    /// Whether something is done from here on that may have to be put back.
    pub fn is_step_begun(&self) -> bool {
        matches!(self, Event::Began { restoring: false, .. })
    }

    /// Whether it must be on the disk before anything else happens: what is needed to put everything back.
    pub fn must_last(&self) -> bool {
        matches!(self, Event::Header(_) | Event::Began { .. })
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Header {
    pub format: String,
    pub written_by: String,
    pub plane: String,
    pub targets: String,
    /// The targets file as it was, and the folder from which its paths start.
    pub document: String,
    pub folder: String,
    /// What the issuer said, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Endpoints>,
    pub identity: String,
    /// On every request, as `runaway-run` and as the trace id.
    pub run: String,
    /// The date and time of the start.
    pub started: String,
    pub origins: Vec<OriginLine>,
    pub services: Vec<ServiceLine>,
    pub credentials: Vec<CredentialLine>,
    /// The names of honest work.
    #[serde(default)]
    pub sentinels: Vec<String>,
    pub cadence: Micros,
    /// The cadence of the last of the fresh credentials, where that is another.
    pub sparse: Option<Micros>,
    pub phases: usize,
    pub settle: Micros,
    pub deadline: Micros,
    pub may_remint: bool,
}

impl Header {
    /// How often a fresh credential was shown.
    pub fn every(&self, instance: usize) -> Micros {
        self.sparse.filter(|_| instance + 1 == self.phases).unwrap_or(self.cadence)
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OriginLine {
    pub name: String,
    pub origin: String,
    pub address: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ServiceLine {
    pub name: String,
    pub promised: Option<Micros>,
    /// How long it trusts what it has checked, where that is known.
    #[serde(default)]
    pub cached: Option<Micros>,
    /// What it must accept at first; where that is not said, what it does accept.
    pub must_accept: Option<Vec<usize>>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CredentialLine {
    pub name: String,
    pub kind: String,
}

/// Who showed a credential.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "kebab-case")]
pub enum Who {
    Drilled { credential: usize, instance: usize },
    Control,
    Sentinel { sentinel: usize },
}

/// What an answer said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    Accepted,
    Refused,
    Unknown,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Probed {
    pub sent: Micros,
    pub back: Micros,
    #[serde(flatten)]
    pub who: Who,
    /// Of a sentinel, none.
    pub service: Option<usize>,
    pub reading: Reading,
    pub status: Option<u16>,
    /// The `error` of `WWW-Authenticate` (RFC 6750 section 3): `invalid_token` tells revoked from never allowed.
    pub challenge: Option<String>,
    /// Why there was no answer.
    pub broken: Option<String>,
}
