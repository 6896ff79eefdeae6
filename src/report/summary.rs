//! The terminal summary: the headline, a curve, the services, the chain, what is left, the verdict.

use std::fmt::Write as _;

use crate::measure::{
    Lag, Measures, Outcome, Probed, ProbedDoor, References, ServiceRow, counted, folded, headline, probed_doors,
    resources, services, thousands,
};
use crate::model::Plan;
use crate::verdict::{Judgement, Verdict, claimed, demanded, seen};
use crate::wire::{Event, Tick};

use super::curve::{curve, marks};
use super::explored::sections;
use super::names::{credential_of_run, hop_line, kind_label};
use super::text::{hung, left, paragraphs, right, sentence, width, wrapped, wrapped_with};

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
    /// What to change first, where that was tried.
    pub fixes: Option<&'a super::Fixes>,
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
        // Nothing is drawn on a real system.
        let seed =
            if self.references.explored.is_some() { String::new() } else { format!("seed {}, ", self.plan.seed) };
        let title = format!("{}  ({seed}plane {})", self.title(), self.plane);
        let _ = writeln!(out, "{}", style.bold(&title));
        out.push_str(&paragraphs(&self.plan.meta.story, 2));
        out.push('\n');
        let _ = writeln!(out, "{}", style.bold(wrapped(&self.headline(), 2).trim_end()));
        if let Some(scale) = self.scale() {
            out.push_str(&wrapped(&scale, 2));
        }
        out.push('\n');
        self.curve(&mut out, style);
        self.services(&mut out, style);
        self.orders(&mut out, style);
        self.collateral(&mut out, style);
        self.chain(&mut out, style);
        self.contagion(&mut out, style);
        self.probes(&mut out, style);
        self.left(&mut out, style);
        self.explored(&mut out, style);
        self.seeds(&mut out, style);
        self.verdict(&mut out, style);
        out
    }

    /// The verdict and the headline, with their scale; and why nothing can be said, where that is so.
    pub fn in_short(&self) -> String {
        let Judgement { verdict, reasons, .. } = self.judgement;
        let stands_in_the_headline = self.measures.complete || self.measures.outcome == Outcome::Unknown;
        let why = match reasons.last().filter(|_| *verdict == Verdict::Inconclusive) {
            Some(why) => format!(" Inconclusive: {why}."),
            None if !stands_in_the_headline => " The journal is incomplete.".to_owned(),
            None => String::new(),
        };
        let scale = self.scale().map_or_else(String::new, |scale| format!(" {scale}"));
        hung(&format!("{}: ", verdict.name()), &format!("{}{scale}{why}", self.headline()), 2)
    }

    /// What the numbers stand for, where they are not those of the incident.
    pub fn scale(&self) -> Option<String> {
        self.plan.meta.scaled()
    }

    /// Where this happened: nobody may take a model for the real system, or the other way round.
    pub fn setting(&self) -> String {
        match (&self.references.explored, self.plane) {
            (Some(explored), _) => match explored.started.get(..16) {
                Some(begun) => format!("On a real system, begun {} UTC.", begun.replace('T', " ")),
                None => "On a real system.".to_owned(),
            },
            (None, "mock") => "This is a rehearsal over HTTP on one machine: no real system was touched.".to_owned(),
            (None, _) => "This is a simulation: no real system was touched.".to_owned(),
        }
    }

    /// The headline, with a capital letter and a full stop.
    pub fn headline(&self) -> String {
        sentence(&headline(self.plan, self.references, self.measures))
    }

    fn curve(&self, out: &mut String, style: Style) {
        let measures = self.measures;
        let lines = curve(&measures.reach.curve, measures.end, &marks(self.references, measures));
        if lines.is_empty() {
            return;
        }
        section(out, style, "effects beyond the task on what was there, over time");
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
        out.push('\n');
    }

    /// What a real system showed beside the events.
    fn explored(&self, out: &mut String, style: Style) {
        for part in sections(self) {
            section(out, style, part.title);
            for line in part.lines.iter().take(MOST_LINES) {
                out.push_str(&wrapped_with(&format!("- {line}"), 2, 4));
            }
            if part.lines.len() > MOST_LINES {
                let _ = writeln!(out, "  and {} more in run.json", part.lines.len() - MOST_LINES);
            }
            out.push('\n');
        }
    }

    fn services(&self, out: &mut String, style: Style) {
        let rows = services(self.plan, self.measures, self.events);
        let (title, last) = match self.references.explored {
            None => ("service by service (open: it accepts more than the task needs)", ["open until", "lag"]),
            Some(_) => ("service by service", ["", ""]),
        };
        section(out, style, title);
        let [open, lag] = last;
        let header = ["accepted", "refused", "touched", "created", open, lag];
        service_line(out, "", &header.map(str::to_owned));
        for row in rows.iter().take(MOST_LINES) {
            let counts = [row.accepted, row.refused, row.pairs, row.created].map(thousands);
            let [accepted, refused, touched, created] = counts;
            let cells = match self.references.explored {
                None => [accepted, refused, touched, created, until(row), late(row)],
                Some(_) => [accepted, refused, touched, created, String::new(), String::new()],
            };
            service_line(out, &self.plan.service(row.service).name, &cells);
        }
        if rows.len() > MOST_LINES {
            let _ = writeln!(out, "  and {} more in run.json", rows.len() - MOST_LINES);
        }
        out.push('\n');
    }

    /// What the agents were told by what they read: hops that need no credential.
    fn orders(&self, out: &mut String, style: Style) {
        let orders = &self.measures.orders;
        if orders.is_empty() {
            return;
        }
        section(out, style, "what told it to");
        for order in orders.iter().take(MOST_LINES) {
            out.push_str(&hung("  ", &format!("at {}: {}", order.at, order.told(self.plan)), 4));
        }
        if orders.len() > MOST_LINES {
            let _ = writeln!(out, "  and {} more in the journal", orders.len() - MOST_LINES);
        }
        out.push('\n');
    }

    /// What the controls did to honest work, beside what they did to the agent's.
    fn collateral(&self, out: &mut String, style: Style) {
        let collateral = &self.measures.collateral;
        if collateral.asked == 0 {
            return;
        }
        let asked = counted(collateral.asked, "request");
        let until = match self.plan.time.horizon.filter(|horizon| self.measures.end < *horizon) {
            Some(_) => format!(" until {}, when nothing was open any more", self.measures.end),
            None => String::new(),
        };
        section(out, style, &format!("what it cost honest work{until} ({asked})"));
        if collateral.by.is_empty() {
            let _ = writeln!(out, "  nothing: none was refused or delayed that went through without controls");
        }
        for (name, hit) in collateral.by.iter().take(MOST_LINES) {
            let cells = [(hit.refused, "refused"), (hit.delayed, "delayed")].into_iter().filter(|(n, _)| *n > 0);
            let cells: Vec<String> = cells.map(|(n, what)| format!("{} {what}", thousands(n))).collect();
            out.push_str(&hung(&format!("  {}", left(name, 30)), &cells.join(", "), 32));
        }
        out.push('\n');
    }

    fn chain(&self, out: &mut String, style: Style) {
        let hops = self.measures.closure.chain();
        if hops.is_empty() {
            return;
        }
        section(out, style, "how it got there");
        for (at, hop) in hops.iter().take(MOST_LINES).enumerate() {
            let line = format!("at {}: {}", hop.at, hop_line(self.plan, &self.measures.closure, hop));
            out.push_str(&hung(&format!("  {}. ", at + 1), &line, 5));
        }
        if hops.len() > MOST_LINES {
            let _ = writeln!(out, "  and {} more in run.json", hops.len() - MOST_LINES);
        }
        out.push('\n');
    }

    fn probes(&self, out: &mut String, style: Style) {
        let rows = probed_doors(self.plan, self.measures, self.events);
        if rows.is_empty() {
            return;
        }
        let rows = if rows.len() > MOST_LINES { folded(rows) } else { rows };
        section(out, style, "what the probes saw, beside when it really shut");
        let cell = |at: Option<Tick>, never: &str| at.map_or(never.to_owned(), |at| at.to_string());
        let line = |out: &mut String, name: &str, cells: [String; 3]| {
            let _ = writeln!(out, "  {}{}", left(name, 36), cells.map(|cell| right(&cell, 14)).concat());
        };
        line(out, "", ["accepted", "refused from", "shut"].map(str::to_owned));
        for row in rows.iter().take(MOST_LINES) {
            let cred = match row.alike {
                1 => credential_of_run(self.plan, &self.measures.closure, row.door.cred),
                alike => format!("{} ({})", kind_label(self.plan, row.kind), thousands(alike)),
            };
            let name = format!("{cred} at {}", self.plan.service(row.door.service).name);
            let Probed { last_accepted, refused_from } = row.probed;
            line(
                out,
                &name,
                [cell(last_accepted, "never"), cell(refused_from, "never"), cell(row.door.closed, "never")],
            );
        }
        if rows.len() > MOST_LINES {
            let _ = writeln!(out, "  and {} more in the journal", rows.len() - MOST_LINES);
        }
        let is_early = |row: &ProbedDoor| {
            let refused = row.probed.refused_from;
            refused.is_some_and(|refused| row.door.closed.is_none_or(|closed| refused < closed))
        };
        if rows.iter().any(is_early) {
            let note = "refused before it shut: nothing was left there that a probe could be shown, and an answer \
                        without records reads as a refusal";
            out.push_str(&hung("  ", note, 2));
        }
        out.push('\n');
    }

    fn left(&self, out: &mut String, style: Style) {
        let measures = self.measures;
        let survivors = measures.leftover.survivors.len() as u64;
        let lines = match measures.outcome {
            Outcome::Benign => return,
            Outcome::Unknown if !measures.complete || measures.aborted => {
                vec!["not known: the run did not reach its end".to_owned()]
            }
            Outcome::Unknown => return,
            Outcome::Prevented | Outcome::Contained if survivors == 0 => {
                vec!["nothing: no credential of the agent opens anything beyond the task".to_owned()]
            }
            Outcome::Prevented | Outcome::Contained | Outcome::NotContained => self.open_at_the_end(survivors),
        };
        section(out, style, "what is left over");
        for line in lines {
            out.push_str(&wrapped(&line, 2));
        }
        out.push('\n');
    }

    fn open_at_the_end(&self, survivors: u64) -> Vec<String> {
        let measures = self.measures;
        let pairs = measures.leftover.at_deadline.len();
        let touchable: u64 = resources(self.plan, &measures.leftover.at_deadline).values().sum();
        let fresh = measures.leftover.fresh(&measures.reach.touched);
        let by =
            if survivors > 0 { format!(" by {}", counted(survivors, "surviving credential")) } else { String::new() };
        let touched = match fresh {
            0 => "touched already".to_owned(),
            fresh if fresh == pairs => "not touched yet".to_owned(),
            fresh if touchable == pairs => format!("{} of them not touched yet", thousands(fresh)),
            fresh => format!("{} of the ways not taken yet", thousands(fresh)),
        };
        let ways = if touchable == pairs { String::new() } else { format!(", in {} ways", thousands(pairs)) };
        let first = match pairs {
            0 if survivors == 0 && measures.reach.queued > 0 => None,
            0 => Some(format!(
                "something new can still be made or spent{by}: nothing that was there before is within reach"
            )),
            _ => Some(format!("{} can still be touched{by}{ways}: {touched}", counted(touchable, "resource"))),
        };
        let mut lines: Vec<String> = first.into_iter().collect();
        if measures.reach.queued > 0 {
            lines.push(format!("still queued: {}", counted(measures.reach.queued, "accepted effect")));
        }
        if let Some(at) = measures.exhausted_at {
            lines.push(format!("the agent ran out of work at {at}: that contained nothing"));
        }
        lines
    }

    /// How an instruction went from agent to agent, where it turned any.
    fn contagion(&self, out: &mut String, style: Style) {
        let contagion = &self.measures.contagion;
        if contagion.turned() == 0 {
            return;
        }
        section(out, style, "agents turned, over time");
        for line in curve(&contagion.curve, self.measures.end, &[]) {
            let _ = writeln!(out, "  {line}");
        }
        out.push_str(&wrapped(&self.contagion_in_words(), 2));
        out.push('\n');
    }

    fn contagion_in_words(&self) -> String {
        let contagion = &self.measures.contagion;
        let (turned, susceptible) = (thousands(contagion.turned()), thousands(contagion.susceptible));
        let half = contagion.half().map_or_else(String::new, |at| format!(", half of them by {at}"));
        let peak = match contagion.peak {
            peak if peak < contagion.turned() => format!("; {} at one time at most", thousands(peak)),
            _ => String::new(),
        };
        let generations = few(contagion.generations.iter().map(|n| thousands(*n)));
        let ratios = few(contagion.ratios().iter().map(|ratio| format!("{ratio:.2}")));
        let ratios = if ratios.is_empty() { ratios } else { format!("; R_g {ratios}") };
        let r0 = self.references.offspring.as_ref().map_or_else(String::new, |sample| format!("; R0 {}", sample.r0()));
        format!("{turned} of {susceptible} turned{half}{peak}; by generation {generations}{ratios}{r0}")
    }

    /// How each measure spread over the seeds, the worst and the middle.
    fn seeds(&self, out: &mut String, style: Style) {
        let Some(seeds) = &self.references.seeds else { return };
        let title = format!("under {}, from {} on", counted(seeds.count.into(), "seed"), seeds.first);
        section(out, style, &title);
        spread_line(out, "", &["least", "5 %", "median", "95 %", "most"].map(str::to_owned));
        for spread in &seeds.spreads {
            match <[String; 5]>::try_from(spread.shown()) {
                Ok(quantiles) => spread_line(out, &spread.measure, &quantiles),
                Err(_) => out.push_str(&hung(&format!("  {}", left(&spread.measure, 24)), &spread.in_words(), 26)),
            }
        }
        let claims = self.plan.expectations.claims().filter_map(|claim| Some((claim, claim.over?)));
        for ((claim, over), tally) in claims.zip(&seeds.tallies) {
            let line = format!("{}: {} {}", claim.measure, demanded(&claim.demand), seen(*tally));
            out.push_str(&hung("  - ", &format!("{line}; claimed for {}", claimed(over)), 4));
        }
        out.push('\n');
    }

    fn verdict(&self, out: &mut String, style: Style) {
        let Judgement { verdict, reasons, .. } = self.judgement;
        let _ = writeln!(out, "{}: {}", style.bold("verdict"), style.verdict(*verdict));
        for reason in reasons {
            out.push_str(&wrapped_with(&format!("- {reason}"), 2, 4));
        }
        let said = match self.plan.expectations.verdict {
            Some(expected) if !verdict.is(expected) => {
                format!("as it is written, the scenario expects: {}", expected.name())
            }
            Some(_) if *verdict == Verdict::Fail => "as the scenario expects: it is here to show what fails".to_owned(),
            _ => return,
        };
        let _ = writeln!(out, "  {}", style.dim(&said));
    }
}

fn section(out: &mut String, style: Style, title: &str) {
    let _ = writeln!(out, "  {}", style.dim(title));
}

/// One line of the table of services.
fn service_line(out: &mut String, name: &str, cells: &[String; 6]) {
    const WIDTHS: [usize; 6] = [9, 8, 9, 9, 15, 13];
    let mut line = format!("  {}", left(name, 14));
    for (cell, width) in cells.iter().zip(WIDTHS) {
        line.push_str(&right(cell, width));
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

/// The first of a list, and how many more there are.
fn few(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(MOST_LINES);
    let shown: Vec<String> = all.take(MOST_LINES).collect();
    let more = if more > 0 { format!(" and {} more", thousands(more as u64)) } else { String::new() };
    shown.join(", ") + &more
}

/// One line of the table of seeds; two where a name or a number would run into the next.
fn spread_line(out: &mut String, measure: &str, quantiles: &[String; 5]) {
    const NAME: usize = 22;
    const CELL: usize = 11;
    const WIDE: usize = 13;
    let fits = width(measure) < NAME && quantiles.iter().all(|quantile| width(quantile) < CELL);
    let (head, cell) = match fits {
        true => (format!("  {}", left(measure, NAME)), CELL),
        false => (format!("  {measure}\n{:1$}", "", 2 + NAME + 5 * CELL - 5 * WIDE), WIDE),
    };
    let cells: String = quantiles.iter().map(|quantile| right(quantile, cell)).collect();
    let _ = writeln!(out, "{head}{cells}");
}

/// Until when something beyond the task was accepted.
fn until(row: &ServiceRow) -> String {
    match (row.ever_open, row.closed) {
        (false, _) => "never open".to_owned(),
        (true, Some(at)) => at.to_string(),
        (true, None) => "still open".to_owned(),
    }
}

/// How long after somebody had declared it shut.
fn late(row: &ServiceRow) -> String {
    match row.worst_lag {
        Some(Lag::After(span)) => span.to_string(),
        _ => "-".to_owned(),
    }
}
