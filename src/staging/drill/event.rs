//! What happened in a drill, one line of NDJSON for each thing. No credential stands in any of them: a credential is
//! named, and counted where there are several.

use serde::{Deserialize, Serialize};

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

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stepped {
    pub at: Micros,
    pub step: usize,
    pub restoring: bool,
    pub name: String,
    /// Of which of the fresh credentials, where it was done for each.
    pub instance: Option<usize>,
    #[serde(flatten)]
    pub came: Came,
    pub status: Option<u16>,
    /// The `error` of the answer (RFC 6749 section 5.2), or what went wrong.
    pub error: Option<String>,
    pub covers: Vec<usize>,
    pub services: Vec<usize>,
}

impl Stepped {
    pub fn done(&self) -> bool {
        self.came == Came::Done
    }
}

/// What came of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "Flags", into = "Flags")]
pub enum Came {
    Done,
    Failed,
    /// It was not sent, or nothing told whether it happened.
    Untold,
    /// Their detection was listened to, and raised no alarm in time.
    NoAlarm,
}

/// How it stands in the journal, whose first writers knew `ok` alone.
#[derive(Serialize, Deserialize)]
struct Flags {
    ok: bool,
    #[serde(default)]
    untold: bool,
    #[serde(default)]
    no_alarm: bool,
}

impl From<Came> for Flags {
    fn from(came: Came) -> Flags {
        Flags { ok: came == Came::Done, untold: came == Came::Untold, no_alarm: came == Came::NoAlarm }
    }
}

impl From<Flags> for Came {
    fn from(flags: Flags) -> Came {
        match flags {
            Flags { ok: true, .. } => Came::Done,
            Flags { untold: true, .. } => Came::Untold,
            Flags { no_alarm: true, .. } => Came::NoAlarm,
            _ => Came::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_a_step_is_read_from_every_journal_of_this_version() {
        for (line, came) in [
            (r#"{"ok":true}"#, Came::Done),
            (r#"{"ok":false}"#, Came::Failed),
            (r#"{"ok":false,"untold":true}"#, Came::Untold),
            (r#"{"ok":false,"untold":false,"no_alarm":true}"#, Came::NoAlarm),
        ] {
            assert_eq!(serde_json::from_str::<Came>(line).unwrap(), came);
            let written = serde_json::to_string(&came).unwrap();
            assert_eq!(serde_json::from_str::<Came>(&written).unwrap(), came);
        }
    }
}
