//! What a reconstruction tells, for people; [`json`] for machines.

mod json;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::audit::{Deed, Field, Log, Naming, Scores, Story, Suspect};
use crate::measure::{counted, percent, thousands};
use crate::wire::Tick;

use super::summary::Style;
use super::text::{hung, left, right};

/// So many rows of a kind are shown; the JSON form has all.
const MOST: usize = 12;

/// Something that an agent says of itself and the log refutes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refuted {
    pub at: Tick,
    pub agent: String,
    pub operation: String,
    pub says: u32,
    pub logged: (u64, u64),
}

/// A log that was gone through, and what can be said about that.
pub struct Reconstruction<'a> {
    pub log: &'a Log,
    pub story: &'a Story,
    /// With a journal beside it.
    pub scores: Option<Scores>,
    pub refuted: Vec<Refuted>,
}

/// Everything that a set of suspects may have done.
#[derive(Default)]
struct Share {
    lines: u64,
    first: Option<Tick>,
    last: Tick,
    principals: BTreeSet<u32>,
    actors: BTreeSet<u32>,
    credentials: BTreeSet<u32>,
    traces: BTreeSet<u32>,
    /// At whom its lines point, and how many.
    named: BTreeMap<Suspect, u64>,
}

impl Reconstruction<'_> {
    fn shares(&self) -> Vec<(&[Suspect], Share)> {
        let mut shares: BTreeMap<&[Suspect], Share> = BTreeMap::new();
        for (at, line) in self.log.lines.iter().enumerate() {
            let share = shares.entry(self.story.suspects(at)).or_default();
            share.lines += 1;
            share.first = share.first.or(Some(line.at));
            share.last = line.at;
            share.principals.extend(line.account.principal.known());
            share.actors.extend(line.account.act.known());
            share.credentials.extend(line.account.credential.known());
            share.traces.extend(line.account.trace.known());
            if let Some(who) = self.story.named(at) {
                *share.named.entry(who).or_default() += 1;
            }
        }
        let mut shares: Vec<_> = shares.into_iter().collect();
        shares.sort_by_key(|(_, share)| std::cmp::Reverse(share.lines));
        shares
    }

    fn name(&self, suspect: Suspect) -> &str {
        match suspect {
            Suspect::Workload(number) => self.log.names.workloads.name(number),
            Suspect::Outsider => "an outsider",
        }
    }

    /// `coder`, or `one of 3: a, b, c`.
    fn named(&self, suspects: &[Suspect]) -> String {
        let names: Vec<&str> = suspects.iter().take(MOST).map(|s| self.name(*s)).collect();
        let more = suspects.len().saturating_sub(MOST);
        let more = if more > 0 { format!(" and {} more", thousands(more as u64)) } else { String::new() };
        match suspects {
            [_] => names.concat(),
            _ => format!("one of {}: {}{more}", suspects.len(), names.join(", ")),
        }
    }

    fn principals(&self, share: &Share) -> String {
        some(share.principals.iter().map(|p| self.log.names.principals.name(*p)), share.principals.len())
    }

    /// For whom: whoever is proved where somebody else acts, else whoever answers for the principal.
    fn delegators(&self, share: &Share) -> BTreeSet<&str> {
        let names = &self.log.names.principals;
        if !share.actors.is_empty() {
            return share.principals.iter().map(|p| names.name(*p)).collect();
        }
        share.principals.iter().filter_map(|p| self.log.registry.owners.get(p)).map(|o| names.name(*o)).collect()
    }

    /// `points at coder in 12 of them, at clerk in 3`.
    fn likeliest(&self, share: &Share) -> String {
        let mut named: Vec<(&Suspect, &u64)> = share.named.iter().collect();
        named.sort_by_key(|(_, lines)| std::cmp::Reverse(**lines));
        let [(first, lines), others @ ..] = named.as_slice() else { return "points at nobody".to_owned() };
        let mut text = format!("points at {} in {} of them", self.name(**first), thousands(**lines));
        for (who, lines) in others.iter().take(2) {
            let _ = write!(text, ", at {} in {}", self.name(**who), thousands(**lines));
        }
        if let Some(more) = others.len().checked_sub(2).filter(|more| *more > 0) {
            let _ = write!(text, ", and at {more} more");
        }
        text
    }

    /// The text form.
    pub fn render(&self, style: Style) -> String {
        let mut out = String::new();
        let end = self.log.lines.last().map_or(Tick::ZERO, |line| line.at);
        let head = format!("audit log: {} up to {end}", counted(self.log.lines.len() as u64, "line"));
        let _ = writeln!(out, "{}", style.bold(&head));
        for gap in self.gaps() {
            out.push_str(&hung("  ", &gap, 4));
        }
        let _ = writeln!(out, "\n  {}", style.dim("who did it, as far as the log tells"));
        let shares = self.shares();
        for (suspects, share) in shares.iter().take(MOST) {
            let mut text = format!("{}, {}", self.named(suspects), counted(share.lines, "line"));
            if !share.principals.is_empty() {
                let _ = write!(text, ", as {}", self.principals(share));
            }
            let delegators = self.delegators(share);
            if !delegators.is_empty() {
                let _ = write!(text, ", for {}", some(delegators.iter().copied(), delegators.len()));
            }
            if suspects.len() > 1 {
                let _ = write!(text, "; {}", self.likeliest(share));
            }
            out.push_str(&hung("  - ", &text, 4));
        }
        more(&mut out, shares.len());
        self.chain(&mut out, style);
        self.claims(&mut out, style);
        self.score(&mut out, style);
        out
    }

    /// What the log does not have.
    fn gaps(&self) -> Vec<String> {
        let accounts = self.log.lines.iter().filter(|line| line.deed == Deed::Call).map(|line| line.account);
        let mut missing = [("principal", 0u64), ("credential", 0), ("address", 0), ("trace", 0)];
        for account in accounts {
            let fields = [account.principal, account.credential, account.address, account.trace];
            for (count, field) in missing.iter_mut().zip(fields) {
                count.1 += u64::from(field == Field::Unrecorded);
            }
        }
        let mut gaps: Vec<String> = missing
            .iter()
            .filter(|(_, n)| *n > 0)
            .map(|(field, n)| format!("{} without {field}", counted(*n, "line")))
            .collect();
        let last = self.log.lines.last().map_or(0, |line| line.sequence.saturating_add(1));
        let deleted = last.saturating_sub(self.log.lines.len() as u64);
        if deleted > 0 {
            gaps.push(format!("{} missing in between", counted(deleted, "line")));
        }
        if self.log.repeated > 0 {
            gaps.push(format!("{} once more, read once", counted(self.log.repeated, "line")));
        }
        if self.log.skipped > 0 {
            gaps.push(format!("{} of other kinds", counted(self.log.skipped, "event")));
        }
        gaps
    }

    fn credential(&self, credential: Option<u32>) -> &str {
        credential.map_or("nothing", |c| self.log.names.credentials.name(c))
    }

    fn chain(&self, out: &mut String, style: Style) {
        if self.story.edges.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n  {}", style.dim("how they came by what they used"));
        let mut hops: BTreeMap<(Suspect, Option<u32>), Vec<&str>> = BTreeMap::new();
        for edge in &self.story.edges {
            hops.entry((edge.by, edge.with)).or_default().push(self.credential(Some(edge.got)));
        }
        for ((by, with), got) in hops.iter().take(MOST) {
            let got = some(got.iter().copied(), got.len());
            out.push_str(&hung(
                "  - ",
                &format!("{}, with {}, came by {got}", self.name(*by), self.credential(*with)),
                4,
            ));
        }
        more(out, hops.len());
    }

    fn claims(&self, out: &mut String, style: Style) {
        if self.refuted.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n  {}", style.dim("what they say and the log refutes"));
        for refuted in &self.refuted {
            let Refuted { at, agent, operation, says, logged: (least, most) } = refuted;
            let has = if least == most {
                thousands(*least)
            } else {
                format!("{} to {}", thousands(*least), thousands(*most))
            };
            let says = counted(u64::from(*says), "call");
            let text = format!("{agent} says at {at}: {says} of {operation}; the log has {has}");
            out.push_str(&hung("  - ", &text, 4));
        }
    }

    fn score(&self, out: &mut String, style: Style) {
        let Some(scores) = &self.scores else { return };
        let _ = writeln!(out, "\n  {}", style.dim("against the journal: the accepted actions of the agents"));
        let header = ["right", "wrong", "ambiguous", "unlogged", "F1"].map(str::to_owned);
        row(out, "", &header);
        let mut proved = cells(Naming { attribution: scores.suspects, pinned: 0 });
        proved[4] = "-".to_owned();
        row(out, "all suspects", &proved);
        row(out, "the likeliest", &cells(scores.trail));
        for (baseline, naming) in &scores.baselines {
            row(out, baseline.name(), &cells(*naming));
        }
        let edges = scores.edges;
        let [right, wrong, missing, reversed] =
            [edges.right, edges.wrong, edges.missing, edges.reversed].map(thousands);
        let turned =
            if edges.reversed > 0 { format!(", {reversed} of them the wrong way round") } else { String::new() };
        let text = format!("chain of credentials: {right} right, {missing} missing, {wrong} wrong{turned}");
        out.push_str(&hung("  ", &text, 4));
    }
}

fn cells(naming: Naming) -> [String; 5] {
    let a = naming.attribution;
    let whole = a.total().max(1) as f64;
    let [right, wrong, ambiguous, unlogged] =
        [a.right, a.wrong, a.ambiguous, a.unlogged].map(|n| percent(n as f64 / whole));
    [right, wrong, ambiguous, unlogged, format!("{:.2}", naming.f1())]
}

fn row(out: &mut String, name: &str, cells: &[String; 5]) {
    let mut line = format!("  {}", left(name, 18));
    cells.iter().for_each(|cell| line.push_str(&right(cell, 12)));
    let _ = writeln!(out, "{line}");
}

fn more(out: &mut String, all: usize) {
    if all > MOST {
        let _ = writeln!(out, "  and {} more with --format json", thousands((all - MOST) as u64));
    }
}

/// `a, b, c and 12 more`.
fn some<'n>(names: impl Iterator<Item = &'n str>, all: usize) -> String {
    let shown: Vec<&str> = names.take(3).collect();
    let more = all.saturating_sub(shown.len());
    let names = shown.join(", ");
    if more > 0 { format!("{names} and {} more", thousands(more as u64)) } else { names }
}
