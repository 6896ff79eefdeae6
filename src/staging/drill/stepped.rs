//! A step of the runbook that came to its end.

use serde::{Deserialize, Serialize};

use super::event::Micros;

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
