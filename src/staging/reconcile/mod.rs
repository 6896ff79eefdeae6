//! Their log beside what was sent: which requests it shows, under which identity, and whether it could be told whose they
//! were. The drill's second question: did anybody see it?

mod access;
mod aligned;
mod fields;
mod lines;
mod log;
mod matched;
mod read;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::client::SentLine;
pub use fields::{Field, Mapping};
pub use log::{AuditLog, ReadError};
pub use matched::{By, Matched, Shown, matched};
pub use read::{LogLine, csv, text};

/// What their log shows of a run.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Reconciled {
    pub schema: &'static str,
    pub run: String,
    /// Requests that were sent.
    pub requests: u64,
    /// Found by their own trace, by the run's id, and by time and path alone.
    pub by_trace: u64,
    pub by_run: u64,
    pub by_time_and_path: u64,
    pub missing: u64,
    /// Each of their logs.
    pub logs: Vec<Log>,
    pub credentials: Vec<Credential>,
    pub not_logged: Vec<Missing>,
}

/// What one of their logs has, whoever it is about, and what its lines tell of who asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Log {
    pub name: String,
    /// Microseconds that its clock is ahead of ours.
    pub clock_ahead: Option<i64>,
    /// Requests of the run that it shows.
    pub shows: u64,
    pub read: u64,
    pub with_identity: u64,
    pub with_trace: u64,
    pub with_user_agent: u64,
    pub unread: u64,
    /// Why the first of those could not be read.
    pub why_unread: Vec<String>,
}

impl Log {
    fn of(name: &str, log: &AuditLog, Matched { shown, ahead }: &Matched) -> Log {
        let with = |has: fn(&LogLine) -> bool| log.lines.iter().filter(|line| has(line)).count() as u64;
        Log {
            name: name.to_owned(),
            clock_ahead: *ahead,
            shows: shown.iter().flatten().count() as u64,
            read: log.lines.len() as u64,
            with_identity: with(|line| line.identity.is_some()),
            with_trace: with(|line| line.trace.is_some()),
            with_user_agent: with(|line| line.user_agent.is_some()),
            unread: log.unread.len() as u64,
            why_unread: log.unread.iter().take(MOST_UNREAD).map(ToString::to_string).collect(),
        }
    }
}

/// The line that is about a request.
#[derive(Clone, Copy)]
struct Found<'l> {
    shown: Shown,
    line: &'l LogLine,
}

impl<'l> Found<'l> {
    /// Of the logs that show a request, the one that has it by the surest sign, and then one that tells who it was.
    fn best(request: usize, logs: &'l [(String, AuditLog)], each: &[Matched]) -> Option<Found<'l>> {
        let all = logs.iter().zip(each).filter_map(|((_, log), matched)| {
            matched.shown[request].map(|shown| Found { shown, line: &log.lines[shown.line] })
        });
        all.min_by_key(|found| (found.shown.by, found.line.identity.is_none(), found.shown.ambiguous))
    }
}

/// A credential, and whom the log shows for it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Credential {
    /// By name; nothing for requests without one.
    pub credential: Option<String>,
    pub requests: u64,
    pub shown: u64,
    pub identities: BTreeMap<String, u64>,
    /// Shown, and without an identity.
    pub nameless: u64,
    /// Requests whose line names an identity that no other credential of the run has.
    pub attributable: u64,
    /// Requests for which lines of other identities would do as well.
    pub ambiguous: u64,
}

/// What the log does not show, by what was asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Missing {
    pub method: String,
    pub origin: String,
    pub path: String,
    pub requests: u64,
}

/// The version of what is told to programs.
pub const SCHEMA: &str = "runaway.reconcile/2";

impl Reconciled {
    /// Reconciles the requests of one run with logs, each by its name. Every log has a clock of its own.
    pub fn of(run: &str, sent: &[SentLine<'_>], logs: &[(String, AuditLog)], window: i64) -> Reconciled {
        let each: Vec<Matched> = logs.iter().map(|(_, log)| matched(run, sent, &log.lines, window)).collect();
        let shown: Vec<Option<Found<'_>>> = (0..sent.len()).map(|at| Found::best(at, logs, &each)).collect();
        let found = |by: By| shown.iter().flatten().filter(|found| found.shown.by == by).count() as u64;
        let mut missing: BTreeMap<(String, String, String), u64> = BTreeMap::new();
        for (request, _) in sent.iter().zip(&shown).filter(|(_, shown)| shown.is_none()) {
            let key = (request.method.to_string(), request.origin.to_string(), request.path.to_string());
            *missing.entry(key).or_default() += 1;
        }
        let not_logged =
            missing.into_iter().map(|((method, origin, path), requests)| Missing { method, origin, path, requests });
        let identity = |at: usize| shown[at].and_then(|found| found.line.identity.as_deref());
        let mut holders: BTreeMap<&str, BTreeSet<Option<&str>>> = BTreeMap::new();
        for (at, request) in sent.iter().enumerate() {
            if let Some(identity) = identity(at) {
                holders.entry(identity).or_default().insert(request.credential.as_deref());
            }
        }
        let mut credentials: BTreeMap<Option<&str>, Credential> = BTreeMap::new();
        for (at, request) in sent.iter().enumerate() {
            let name = request.credential.as_deref();
            let row = credentials.entry(name).or_insert_with(|| Credential {
                credential: name.map(str::to_owned),
                requests: 0,
                shown: 0,
                identities: BTreeMap::new(),
                nameless: 0,
                attributable: 0,
                ambiguous: 0,
            });
            row.requests += 1;
            let Some(found) = shown[at] else { continue };
            row.shown += 1;
            row.ambiguous += u64::from(found.shown.ambiguous);
            match identity(at) {
                Some(identity) => {
                    *row.identities.entry(identity.to_owned()).or_default() += 1;
                    let alone = holders.get(identity).is_some_and(|all| all.len() == 1);
                    row.attributable += u64::from(alone && !found.shown.ambiguous);
                }
                None => row.nameless += 1,
            }
        }
        Reconciled {
            schema: SCHEMA,
            run: run.to_owned(),
            requests: sent.len() as u64,
            by_trace: found(By::Trace),
            by_run: found(By::Run),
            by_time_and_path: found(By::TimeAndPath),
            missing: shown.iter().filter(|shown| shown.is_none()).count() as u64,
            logs: logs.iter().zip(&each).map(|((name, log), matched)| Log::of(name, log, matched)).collect(),
            credentials: credentials.into_values().collect(),
            not_logged: not_logged.collect(),
        }
    }
}

/// So many lines that could not be read are told one by one.
const MOST_UNREAD: usize = 5;
