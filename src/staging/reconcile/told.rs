//! What was reconciled, as people read it.

use std::fmt::Write as _;

use super::{Log, Missing, Reconciled};
use crate::measure::{counted, percent};

/// So many kinds of missing requests are told.
const MOST_LINES: usize = 20;

impl Log {
    /// From which of several it is.
    fn from(&self, several: bool) -> String {
        if several { format!(" from {}", self.name) } else { String::new() }
    }

    fn tell_clock(&self, several: bool, out: &mut String) {
        let Some(ahead) = self.clock_ahead else { return };
        let whose = if several { format!("the clock of {}", self.name) } else { "their clock".to_owned() };
        let side = if ahead < 0 { "behind ours" } else { "ahead of ours" };
        let _ = writeln!(out, "  {whose} is {:.3} s {side}", ahead.abs() as f64 / 1e6);
    }

    fn tell_lines(&self, several: bool, out: &mut String) {
        let Log { read, with_identity, with_trace, with_user_agent, .. } = self;
        let _ = writeln!(
            out,
            "  of {} read{}, {with_identity} tell an identity, {with_trace} a trace, {with_user_agent} a user agent",
            counted(*read, "line"),
            self.from(several),
        );
    }

    fn tell_unread(&self, several: bool, out: &mut String) {
        if self.unread == 0 {
            return;
        }
        let _ = writeln!(out, "\nnot read{}: {}", self.from(several), counted(self.unread, "line"));
        self.why_unread.iter().for_each(|why| _ = writeln!(out, "  {why}"));
        if self.unread > self.why_unread.len() as u64 {
            let _ = writeln!(out, "  and {} more", self.unread - self.why_unread.len() as u64);
        }
    }
}

impl Reconciled {
    /// As people read it.
    pub fn text(&self) -> String {
        let several = self.logs.len() > 1;
        let shown = self.requests - self.missing;
        let share =
            |n: u64, of: u64| if of == 0 { String::new() } else { format!(" ({})", percent(n as f64 / of as f64)) };
        let mut out = format!(
            "{} {shown} of {}{}\n",
            if several { "their logs show" } else { "their log shows" },
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
        self.logs.iter().for_each(|log| log.tell_clock(several, &mut out));
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
        self.logs.iter().for_each(|log| log.tell_lines(several, &mut out));
        let _ = writeln!(
            out,
            "  traces and user agents are marks of a drill, which a real attacker does not leave: {} were\n  found by them. \
             Where other fields are read, other lines are found, and another number is attributable",
            self.by_trace + self.by_run,
        );
        self.logs.iter().for_each(|log| log.tell_unread(several, &mut out));
        if !self.not_logged.is_empty() {
            out.push_str(if several { "\nin none of their logs\n" } else { "\nnot in their log\n" });
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
