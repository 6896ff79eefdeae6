//! The terminal summary: the headline, a curve, the services, the chain, what is left, the verdict.

use std::fmt::Write as _;

use crate::measure::{Lag, Measures, Outcome, References, ServiceRow, counted, headline, services, thousands};
use crate::model::Plan;
use crate::verdict::{Judgement, Verdict};
use crate::wire::Event;

use super::curve::{Mark, curve};
use super::names::hop_line;
use super::page::wrapped;

/// Whether colours may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    Plain,
    Coloured,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Style::Plain => text.to_owned(),
            Style::Coloured => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }

    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub fn verdict(self, verdict: Verdict) -> String {
        let code = match verdict {
            Verdict::Pass => "1;32",
            Verdict::Fail => "1;31",
            Verdict::Inconclusive | Verdict::Aborted => "1;33",
        };
        self.paint(code, &verdict.name().to_uppercase())
    }
}

/// What a summary is made of.
pub struct Summary<'a> {
    pub plan: &'a Plan,
    pub references: &'a References,
    pub measures: &'a Measures,
    pub judgement: &'a Judgement,
    pub events: &'a [Event],
    /// `sim`, `mock`.
    pub plane: &'a str,
}

/// So many hops and rows are shown.
const MOST_LINES: usize = 12;

impl Summary<'_> {
    /// `moltbook@three-rounds`.
    pub fn title(&self) -> String {
        let meta = &self.plan.meta;
        meta.variant.as_ref().map_or(meta.name.clone(), |v| format!("{}@{v}", meta.name))
    }

    /// The whole summary.
    pub fn render(&self, style: Style) -> String {
        let mut out = String::new();
        let meta = &self.plan.meta;
        let _ =
            writeln!(out, "{}", style.bold(&format!("{}  (seed {}, {})", self.title(), self.plan.seed, self.plane)));
        out.push_str(&wrapped(meta.story.trim(), 2, 2));
        out.push('\n');
        let _ = writeln!(out, "{}", style.bold(wrapped(&self.headline(), 2, 2).trim_end()));
        out.push('\n');
        self.curve(&mut out, style);
        self.services(&mut out, style);
        self.chain(&mut out, style);
        self.left(&mut out, style);
        self.verdict(&mut out, style);
        out
    }

    /// The headline, with a capital letter and a full stop.
    pub fn headline(&self) -> String {
        let sentence = headline(self.plan, self.references, self.measures);
        let mut letters = sentence.chars();
        match letters.next() {
            Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
            None => sentence,
        }
    }

    fn curve(&self, out: &mut String, style: Style) {
        let measures = self.measures;
        let marks = [
            Mark { at: measures.alarms.first.map(|(at, _)| at), sign: 'A', label: "alarm" },
            Mark { at: measures.declared(), sign: 'D', label: "declared" },
            Mark { at: measures.closed().filter(|_| !measures.doors.is_empty()), sign: 'C', label: "closed" },
        ];
        let lines = curve(&measures.reach.curve, measures.end, &marks);
        if lines.is_empty() {
            return;
        }
        let _ = writeln!(out, "{}", style.dim("  touched beyond the task, over time"));
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
        out.push('\n');
    }

    fn services(&self, out: &mut String, style: Style) {
        let rows = services(self.plan, self.measures, self.events);
        let header = format!(
            "  {:<16}{:>9}{:>9}{:>10}{:>9}  {:<22}",
            "service", "accepted", "refused", "touched", "created", "accepted until (lag)"
        );
        let _ = writeln!(out, "{}", style.dim(header.trim_end()));
        for row in rows.iter().take(MOST_LINES) {
            let _ = writeln!(
                out,
                "  {:<16}{:>9}{:>9}{:>10}{:>9}  {}",
                clipped(&self.plan.service(row.service).name, 15),
                thousands(row.accepted),
                thousands(row.refused),
                thousands(row.pairs),
                thousands(row.created),
                until(row, self.measures),
            );
        }
        if rows.len() > MOST_LINES {
            let _ = writeln!(out, "  and {} more in run.json", rows.len() - MOST_LINES);
        }
        out.push('\n');
    }

    fn chain(&self, out: &mut String, style: Style) {
        let hops = self.measures.closure.chain();
        if hops.is_empty() {
            return;
        }
        let _ = writeln!(out, "{}", style.dim("  how it got there"));
        for (at, hop) in hops.iter().take(MOST_LINES).enumerate() {
            let line = format!("{}. at {}: {}", at + 1, hop.at, hop_line(self.plan, &self.measures.closure, hop));
            out.push_str(&wrapped(&line, 2, 5));
        }
        out.push('\n');
    }

    fn left(&self, out: &mut String, style: Style) {
        let measures = self.measures;
        if measures.outcome != Outcome::NotContained {
            return;
        }
        let _ = writeln!(out, "{}", style.dim("  what is left over"));
        let pairs = measures.leftover.at_deadline.len();
        let fresh = measures.leftover.fresh(&measures.reach.touched);
        let mut line =
            format!("{} can still be touched ({} not touched yet)", counted(pairs, "resource"), thousands(fresh));
        let survivors = measures.leftover.survivors.len() as u64;
        if survivors > 0 {
            let _ = write!(line, ", by {}", counted(survivors, "surviving credential"));
        }
        out.push_str(&wrapped(&line, 2, 2));
        if measures.reach.queued > 0 {
            let queued = counted(measures.reach.queued, "accepted effect");
            out.push_str(&wrapped(&format!("still queued: {queued}"), 2, 2));
        }
        if let Some(at) = measures.exhausted_at {
            out.push_str(&wrapped(&format!("the agent ran out of work at {at}: that contained nothing"), 2, 2));
        }
        out.push('\n');
    }

    fn verdict(&self, out: &mut String, style: Style) {
        let _ = writeln!(out, "verdict: {}", style.verdict(self.judgement.verdict));
        for reason in &self.judgement.reasons {
            out.push_str(&wrapped(&format!("- {reason}"), 2, 4));
        }
        if let Some(expected) = self.plan.expectations.verdict.filter(|e| !self.judgement.verdict.is(*e)) {
            let _ = writeln!(out, "  the scenario expects {expected:?} here").map(|()| ());
        } else if self.plan.expectations.verdict.is_some() && self.judgement.verdict == Verdict::Fail {
            let _ = writeln!(out, "  {}", style.dim("as its story says: the library holds cases that must fail"));
        }
    }
}

fn until(row: &ServiceRow, measures: &Measures) -> String {
    let lag = match row.worst_lag {
        Some(Lag::After(span)) => format!(" ({span})"),
        _ => String::new(),
    };
    match (row.ever_open, row.closed) {
        (false, _) => "never".to_owned(),
        (true, Some(at)) => format!("{at}{lag}"),
        (true, None) => format!("the end ({}): open", measures.end),
    }
}

fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        let head: String = text.chars().take(most - 1).collect();
        format!("{head}…")
    }
}
