//! `runaway demo`: the flagship three times, so that somebody who has never seen the tool sees what it is for.

use super::args;
use super::failure::Failure;
use super::interrupt::stop_on_interrupt;
use super::job::{Done, Job};
use super::open::open;
use super::output;
use crate::measure::{Measures, thousands};
use crate::plane::driver::Stop;
use crate::report::text::{hung, left, right, wrapped};
use crate::run::{Plane, RunOptions};
use crate::scenario::{Document, Overrides};
use crate::verdict::Exit;
use crate::wire::Effect;

/// The flagship and the variants that tell its story.
const FLAGSHIP: &str = "moltbook";
const ROUNDS: [Round; 3] = [
    Round {
        variant: None,
        title: "uncontrolled",
        lesson: "One key in a page opens a table of tokens, and each token speaks for somebody.",
    },
    Round {
        variant: Some("three-rounds"),
        title: "as it was fixed",
        lesson: "Each fix shut a way in. The tokens that had been read still work: nobody rotated them.",
    },
    Round {
        variant: Some("hardened"),
        title: "hardened",
        lesson: "Row rules from the start: the same agent, at the same speed, gets nothing.",
    },
];

struct Round {
    variant: Option<&'static str>,
    title: &'static str,
    lesson: &'static str,
}

/// Runs the flagship, in simulation and over HTTP, and puts the results side by side.
pub fn demo(args: &args::Demo) -> Result<Exit, Failure> {
    let named = open(FLAGSHIP)?;
    let stop = stop_on_interrupt()?;
    let style = output::style();
    let title = style.bold("runaway demo: how far does a compromised identity get?");
    let scale = named.document.resolve(None, &Overrides::default())?.plan.meta.scaled();
    let scale = scale.map_or_else(String::new, |scale| wrapped(&scale, 2));
    output::text(&format!("{title}\n\n{}{scale}\n", wrapped(named.document.story(), 2)))?;
    let planes: &[Plane] = if args.sim_only { &[Plane::Sim] } else { &[Plane::Sim, Plane::Mock] };
    let Some(columns) = runs(&named.document, planes, &stop)? else {
        output::aside("stopped\n");
        return Ok(Exit::Stopped);
    };
    output::text(&table(&columns))?;
    output::text(&format!("\n{}\n{}{NEXT}", style.bold("what it shows"), lessons(&columns)))?;
    Ok(if columns.iter().all(|runs| same(runs)) { Exit::Holds } else { Exit::Inconclusive })
}

const NEXT: &str = "
what to type next
  runaway show moltbook                  the story, step by step
  runaway run moltbook@three-rounds      one of these runs, in full
  runaway run moltbook@rotated-first     a fix in the wrong order
  runaway run wiper@lag-60s              what a minute of revocation lag costs
  runaway init moltbook                  a scenario of your own to change
  runaway list                           everything in the library
";

/// Every round on every plane; nothing when somebody stopped them.
fn runs(document: &Document, planes: &[Plane], stop: &Stop) -> Result<Option<Vec<Vec<Done>>>, Failure> {
    let overrides = Overrides::default();
    let mut columns = Vec::new();
    for Round { variant, .. } in ROUNDS {
        let mut runs = Vec::new();
        for plane in planes {
            let job = Job {
                fix: false,
                document,
                variant,
                overrides: &overrides,
                plane: *plane,
                options: RunOptions::default(),
                seeds: None,
            };
            runs.push(job.run(None, stop, false)?);
            if stop.wanted() {
                return Ok(None);
            }
        }
        columns.push(runs);
    }
    Ok(Some(columns))
}

/// Whether the runs on all planes gave the same journal.
fn same(runs: &[Done]) -> bool {
    runs.windows(2).all(|pair| pair[0].digest == pair[1].digest)
}

fn table(columns: &[Vec<Done>]) -> String {
    type Row = (&'static str, fn(&Measures) -> String);
    let rows: [Row; 8] = [
        ("outcome", |m| m.outcome.name().to_owned()),
        ("records read beyond the task", |m| thousands(m.reach.excess_with(Effect::Read))),
        ("posts in others' names", |m| thousands(m.reach.excess_creations)),
        ("credentials held", |m| thousands(m.closure.held.len())),
        ("last harm", |m| m.reach.last_effect.map_or("none".to_owned(), |at| at.to_string())),
        ("declared contained", declared),
        ("really closed", really_closed),
        ("surviving credentials", |m| thousands(m.leftover.survivors.len() as u64)),
    ];
    let mut out = line("", ROUNDS.iter().map(|round| round.title.to_owned()));
    let first = || columns.iter().filter_map(|runs| runs.first());
    for (name, cell) in rows {
        out.push_str(&line(name, first().map(|done| cell(&done.finished.measures))));
    }
    out.push_str(&line("verdict", first().map(|done| done.finished.judgement.verdict.name().to_owned())));
    out.push_str(&line("journal digest", first().map(|done| done.digest.chars().take(12).collect())));
    if columns.iter().all(|runs| runs.len() > 1) {
        let yes_or_no = |runs: &Vec<Done>| if same(runs) { "yes" } else { "NO" }.to_owned();
        out.push_str(&line("the same journal over HTTP", columns.iter().map(yes_or_no)));
    }
    out
}

fn line(name: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: String = cells.map(|cell| right(&cell, 16)).collect();
    format!("  {}{cells}\n", left(name, 29))
}

fn declared(measures: &Measures) -> String {
    match measures.declared() {
        _ if measures.doors.is_empty() => "no need".to_owned(),
        Some(at) => at.to_string(),
        None => "never".to_owned(),
    }
}

fn really_closed(measures: &Measures) -> String {
    match measures.closed() {
        _ if measures.doors.is_empty() => "never open".to_owned(),
        Some(at) => at.to_string(),
        None => "never".to_owned(),
    }
}

/// A sentence for each round.
fn lessons(columns: &[Vec<Done>]) -> String {
    let mut out = String::new();
    for (Round { title, lesson, .. }, runs) in ROUNDS.iter().zip(columns) {
        if let Some(run) = runs.first() {
            out.push_str(&hung(&format!("  {}", left(title, 17)), lesson, 19));
            out.push_str(&wrapped(&run.summary().headline(), 19));
        }
    }
    out
}
