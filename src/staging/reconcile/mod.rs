//! Their log beside what was sent: which requests it shows, under which identity, and whether it could be told whose they
//! were. The drill's second question: did anybody see it?

mod access;
mod aligned;
mod fields;
mod lines;
mod log;
mod matched;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::client::SentLine;
use crate::measure::{counted, percent};
pub use fields::{Field, Mapping};
pub use log::{AuditLog, ReadError};
pub use matched::{By, Matched, matched};
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
    /// Microseconds that their clock is ahead of ours.
    pub clock_ahead: Option<i64>,
    /// What their log has, whoever it is about.
    pub lines: Lines,
    pub credentials: Vec<Credential>,
    pub not_logged: Vec<Missing>,
}

/// The lines of a log, and what they tell of who asked.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Lines {
    pub read: u64,
    pub with_identity: u64,
    pub with_trace: u64,
    pub with_user_agent: u64,
    pub unread: u64,
    /// Why the first of those could not be read.
    pub why_unread: Vec<String>,
}

impl Lines {
    fn of(log: &AuditLog) -> Lines {
        let with = |has: fn(&LogLine) -> bool| log.lines.iter().filter(|line| has(line)).count() as u64;
        Lines {
            read: log.lines.len() as u64,
            with_identity: with(|line| line.identity.is_some()),
            with_trace: with(|line| line.trace.is_some()),
            with_user_agent: with(|line| line.user_agent.is_some()),
            unread: log.unread.len() as u64,
            why_unread: log.unread.iter().take(MOST_UNREAD).map(ToString::to_string).collect(),
        }
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
pub const SCHEMA: &str = "runaway.reconcile/1";

impl Reconciled {
    /// Reconciles the requests of one run.
    pub fn of(run: &str, sent: &[SentLine<'_>], audit: &AuditLog, window: i64) -> Reconciled {
        let log = &audit.lines;
        let Matched { shown, ahead } = matched(run, sent, log, window);
        let found = |by: By| shown.iter().flatten().filter(|shown| shown.by == by).count() as u64;
        let mut missing: BTreeMap<(String, String, String), u64> = BTreeMap::new();
        for (request, _) in sent.iter().zip(&shown).filter(|(_, shown)| shown.is_none()) {
            let key = (request.method.to_string(), request.origin.to_string(), request.path.to_string());
            *missing.entry(key).or_default() += 1;
        }
        let not_logged =
            missing.into_iter().map(|((method, origin, path), requests)| Missing { method, origin, path, requests });
        let identity = |at: usize| shown[at].and_then(|shown| log[shown.line].identity.as_deref());
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
            row.ambiguous += u64::from(found.ambiguous);
            match identity(at) {
                Some(identity) => {
                    *row.identities.entry(identity.to_owned()).or_default() += 1;
                    let alone = holders.get(identity).is_some_and(|all| all.len() == 1);
                    row.attributable += u64::from(alone && !found.ambiguous);
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
            clock_ahead: ahead,
            lines: Lines::of(audit),
            credentials: credentials.into_values().collect(),
            not_logged: not_logged.collect(),
        }
    }

    /// As people read it.
    pub fn text(&self) -> String {
        let shown = self.requests - self.missing;
        let share =
            |n: u64, of: u64| if of == 0 { String::new() } else { format!(" ({})", percent(n as f64 / of as f64)) };
        let mut out = format!(
            "their log shows {shown} of {}{}\n",
            counted(self.requests, "request"),
            share(shown, self.requests)
        );
        for (n, how) in [
            (self.by_trace, "by the trace id that each carried"),
            (self.by_run, "by the run's id in the line, and its time and path"),
            (self.by_time_and_path, "by time and path alone"),
        ] {
            if n > 0 {
                let _ = writeln!(out, "  {n} {how}");
            }
        }
        if let Some(ahead) = self.clock_ahead {
            let _ = writeln!(
                out,
                "  their clock is {:.3} s {}",
                ahead.abs() as f64 / 1e6,
                if ahead < 0 { "behind ours" } else { "ahead of ours" }
            );
        }
        out.push_str("\nunder which identity\n");
        for row in &self.credentials {
            let name = row.credential.as_deref().unwrap_or("without a credential");
            let _ = writeln!(out, "  {name}: {} of {} shown", row.shown, row.requests);
            for (identity, n) in &row.identities {
                let _ = writeln!(out, "    as {identity}: {n}");
            }
            if row.nameless > 0 {
                let _ = writeln!(out, "    without an identity: {}", row.nameless);
            }
        }
        let attributable: u64 = self.credentials.iter().map(|row| row.attributable).sum();
        let _ = writeln!(
            out,
            "\nattributable: {attributable} of {}{}: the line names an identity that no other credential of the run has",
            counted(self.requests, "request"),
            share(attributable, self.requests)
        );
        let ambiguous: u64 = self.credentials.iter().map(|row| row.ambiguous).sum();
        if ambiguous > 0 {
            let _ = writeln!(
                out,
                "  for {ambiguous} another line names somebody else as near in time: a mapped trace, finer times or a smaller\n  \
                 --window tell them apart"
            );
        }
        let Lines { read, with_identity, with_trace, with_user_agent, unread, why_unread } = &self.lines;
        let _ = writeln!(
            out,
            "  of {} read, {with_identity} tell an identity, {with_trace} a trace, {with_user_agent} a user agent\n  \
             traces and user agents are marks of a drill, which a real attacker does not leave: {} were\n  found by them. \
             Where other fields are read, other lines are found, and another number is attributable",
            counted(*read, "line"),
            self.by_trace + self.by_run,
        );
        if *unread > 0 {
            let _ = writeln!(out, "\nnot read: {}", counted(*unread, "line"));
            why_unread.iter().for_each(|why| _ = writeln!(out, "  {why}"));
            if *unread > why_unread.len() as u64 {
                let _ = writeln!(out, "  and {} more", unread - why_unread.len() as u64);
            }
        }
        if !self.not_logged.is_empty() {
            out.push_str("\nnot in their log\n");
        }
        for missing in self.not_logged.iter().take(MOST_LINES) {
            let Missing { method, origin, path, requests } = missing;
            let _ = writeln!(out, "  {method} {origin}{path}: {requests}");
        }
        if self.not_logged.len() > MOST_LINES {
            let _ = writeln!(out, "  and {} more", self.not_logged.len() - MOST_LINES);
        }
        out
    }
}

/// So many lines that could not be read are told one by one.
const MOST_UNREAD: usize = 5;
/// So many kinds of missing requests are told.
const MOST_LINES: usize = 20;
