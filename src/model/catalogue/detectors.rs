//! Kinds of detectors.

use crate::model::control::Watches;

/// A kind of detector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DetectorKind {
    Report,
    Requests,
    Operations,
    Records,
    Deletes,
    Canary,
    Denials,
    Repeats,
    Cost,
    NeverSeen,
    NotOwner,
    AfterReading,
}

/// A kind of detector, with the two kinds of error that it makes.
#[derive(Clone, Copy, Debug)]
pub struct Detection {
    pub kind: DetectorKind,
    /// The key of the scenario that it is written under.
    pub key: &'static str,
    /// How it is written, with the names of the tests' scenario.
    pub example: &'static str,
    pub sees: &'static str,
    /// Where it raises an alarm about honest work.
    pub false_alarms: &'static str,
    /// What goes past it.
    pub misses: &'static str,
}

/// Every kind of detector, in the order of [`DetectorKind`].
pub const DETECTIONS: [Detection; 12] = [
    Detection {
        kind: DetectorKind::Report,
        key: "report",
        example: "{report: 14min}",
        sees: "Somebody outside tells, at a time that the scenario says: a researcher, a customer, a newspaper.",
        false_alarms: "None: the report is part of the story.",
        misses: "All that happens before it. It names nobody, so a response cannot ask whom it is about.",
    },
    Detection {
        kind: DetectorKind::Requests,
        key: "requests",
        example: "{requests: 100, within: 1s, by: credential}",
        sees: "So many requests of one caller within a time, accepted or refused.",
        false_alarms: "A batch job, a retry after an outage, a busy morning.",
        misses: "Whoever goes slower than the threshold, and whoever spreads the work over many identities.",
    },
    Detection {
        kind: DetectorKind::Operations,
        key: "operations",
        example: "{operations: 20, within: 1min, by: principal}",
        sees: "So many different operations of one caller within a time: the fan-out of somebody who looks around. Windows \
               stand side by side and do not slide.",
        false_alarms: "A new release that calls more than the old one did, a test of everything.",
        misses: "One operation called a million times, and a fan-out that falls half into one window, half into the next.",
    },
    Detection {
        kind: DetectorKind::Records,
        key: "records",
        example: "{records: 5_000, within: 1h, by: owner}",
        sees: "So many records read by one caller within a time, as the log counts the rows of its answers.",
        false_alarms: "A nightly export, a report over the year.",
        misses: "Reading a page at a time below the threshold, and all that answers do not show as records.",
    },
    Detection {
        kind: DetectorKind::Deletes,
        key: "deletes",
        example: "{deletes: 5, within: 10s, by: everyone, delay: 2min}",
        sees: "So many accepted deletions of one caller within a time.",
        false_alarms: "A retention job, a migration.",
        misses: "One deletion that takes everything with it, and what is overwritten in place of deleted.",
    },
    Detection {
        kind: DetectorKind::Canary,
        key: "canary",
        example: "{canary: records}",
        sees: "A record that nobody should read was read (`records`), or a credential that nobody should use was presented.",
        false_alarms: "Whoever reads all there is for a good reason: a backup, an index.",
        misses: "Whoever never comes across the bait. For records, a service whose log does not name objects.",
    },
    Detection {
        kind: DetectorKind::Denials,
        key: "denials",
        example: "{denials: 20, within: 1min}",
        sees: "So many refusals of one caller within a time, as the log tells them: status 401 to 404.",
        false_alarms: "A secret that ran out and a job that goes on with it.",
        misses: "An identity with rights enough, and services that hide what is not yours behind an empty 200.",
    },
    Detection {
        kind: DetectorKind::Repeats,
        key: "repeats",
        example: "{repeats: 5, within: 1min, by: conversation}",
        sees: "The same message from one caller to one operation, so many times within a time: agents that answer each other.",
        false_alarms: "A heartbeat or a poll that always says the same.",
        misses: "A loop whose messages differ in one letter.",
    },
    Detection {
        kind: DetectorKind::Cost,
        key: "cost",
        example: "{cost: $5, within: 1h}",
        sees: "So much spent by one caller within a time.",
        false_alarms: "An expensive task that somebody ordered.",
        misses: "Damage that costs nothing, and spending that is spread over callers or windows.",
    },
    Detection {
        kind: DetectorKind::NeverSeen,
        key: "never_seen",
        example: "{never_seen: yes}",
        sees: "An operation that its caller has not called before. It knows what the benign workload did before the run \
               (`calibrate`), and is quiet about what it has seen once.",
        false_alarms: "Each new duty of an identity, once.",
        misses: "An identity that does its usual calls to a wrong end.",
    },
    Detection {
        kind: DetectorKind::NotOwner,
        key: "not_owner",
        example: "{not_owner: key}",
        sees: "A credential of a family, used from a network in which its owner does not work.",
        false_alarms: "An owner who travels.",
        misses: "A thief beside the owner on the same network, and services whose log has no addresses.",
    },
    Detection {
        kind: DetectorKind::AfterReading,
        key: "after_reading",
        example: "{after_reading: things, on: [api.drop], within: 1h}",
        sees: "A call by which data may go out, made by somebody who has read what may not: a flow from a private reading \
               to a public writing.",
        false_alarms: "Whoever reads there and writes here for honest reasons, with nothing carried over.",
        misses: "Data that one identity reads and another sends, and channels that `on` does not name. The alarm comes with \
                 the call that it is about, so that call is through.",
    },
];

impl DetectorKind {
    pub const fn page(self) -> &'static Detection {
        &DETECTIONS[self as usize]
    }

    pub const fn key(self) -> &'static str {
        self.page().key
    }

    /// Whether it counts within a time.
    pub const fn counts(self) -> bool {
        use DetectorKind::{Cost, Deletes, Denials, Operations, Records, Repeats, Requests};
        matches!(self, Requests | Operations | Records | Deletes | Denials | Repeats | Cost)
    }
}

impl Watches {
    pub const fn kind(self) -> DetectorKind {
        match self {
            Watches::Requests { .. } => DetectorKind::Requests,
            Watches::FanOut { .. } => DetectorKind::Operations,
            Watches::RecordsRead { .. } => DetectorKind::Records,
            Watches::Destruction { .. } => DetectorKind::Deletes,
            Watches::Denials { .. } => DetectorKind::Denials,
            Watches::Repeats { .. } => DetectorKind::Repeats,
            Watches::Spending { .. } => DetectorKind::Cost,
            Watches::Flow => DetectorKind::AfterReading,
            Watches::NeverSeen => DetectorKind::NeverSeen,
            Watches::NotOwner(_) => DetectorKind::NotOwner,
            Watches::CanaryRecord | Watches::CanaryCredential(_) => DetectorKind::Canary,
            Watches::Report { .. } => DetectorKind::Report,
        }
    }
}
