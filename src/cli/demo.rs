//! `runaway demo`: the flagship three times, so that somebody who has never seen the tool sees what it is for.

use super::args;
use super::failure::Failure;
use super::open::open;
use super::output;
use super::run::{Done, Job, stop_on_interrupt};
use crate::measure::thousands;
use crate::report::wrapped;
use crate::run::Plane;
use crate::scenario::Overrides;
use crate::verdict::Exit;
use crate::wire::Effect;

/// The flagship and the variants that tell its story.
const FLAGSHIP: &str = "moltbook";
const ROUNDS: [(Option<&str>, &str); 3] =
    [(None, "uncontrolled"), (Some("three-rounds"), "as it was fixed"), (Some("hardened"), "hardened")];

/// Runs the flagship, in simulation and over HTTP, and puts the results side by side.
pub fn demo(args: &args::Demo) -> Result<Exit, Failure> {
    let named = open(FLAGSHIP)?;
    let stop = stop_on_interrupt()?;
    let overrides = Overrides::default();
    let style = output::style();
    let title = style.bold("runaway demo: how far does a compromised identity get?");
    output::text(&format!("{title}\n\n{}\n", wrapped(named.document.story(), 2, 2)))?;
    let planes: &[Plane] = if args.sim_only { &[Plane::Sim] } else { &[Plane::Sim, Plane::Mock] };
    let mut columns: Vec<Vec<Done>> = Vec::new();
    for (variant, _) in ROUNDS {
        let mut runs = Vec::new();
        for plane in planes {
            let job = Job { document: &named.document, variant, overrides: &overrides, plane: *plane };
            runs.push(job.run(None, &stop, false)?);
            if stop.wanted() {
                return Ok(Exit::Stopped);
            }
        }
        columns.push(runs);
    }
    output::text(&table(&columns))?;
    for ((_, title), runs) in ROUNDS.iter().zip(&columns) {
        if let Some(run) = runs.first() {
            output::text(&format!("{}\n{}", style.bold(title), wrapped(&run.headline(), 2, 2)))?;
        }
    }
    output::text(NEXT)
}

const NEXT: &str = "
what to type next
  runaway show moltbook              the story, step by step
  runaway run moltbook@rotated-first a fix in the wrong order
  runaway run wiper@lag-60s          what a minute of revocation lag costs
  runaway init moltbook              a scenario of your own to change
  runaway list                       everything in the library
";

fn table(columns: &[Vec<Done>]) -> String {
    type Row = (&'static str, fn(&Done) -> String);
    let rows: [Row; 9] = [
        ("outcome", |d| d.finished.measures.outcome.name().to_owned()),
        ("records read beyond the task", |d| thousands(d.finished.measures.reach.excess_with(Effect::Read))),
        ("posts in others' names", |d| thousands(d.finished.measures.reach.excess_creations)),
        ("credentials held", |d| thousands(d.finished.measures.closure.held.len())),
        ("last harm", |d| d.finished.measures.reach.last_effect.map_or("none".to_owned(), |t| t.to_string())),
        ("really closed", |d| match (d.finished.measures.doors.is_empty(), d.finished.measures.closed()) {
            (true, _) => "never open".to_owned(),
            (false, Some(at)) => at.to_string(),
            (false, None) => "never".to_owned(),
        }),
        ("surviving credentials", |d| thousands(d.finished.measures.leftover.survivors.len() as u64)),
        ("verdict", |d| d.finished.judgement.verdict.name().to_owned()),
        ("journal", |d| d.digest.chars().take(12).collect()),
    ];
    let mut out = format!("  {:<30}", "");
    for (_, title) in ROUNDS {
        out.push_str(&format!("{title:>16}"));
    }
    out.push('\n');
    for (name, cell) in rows {
        out.push_str(&format!("  {name:<30}"));
        for runs in columns {
            out.push_str(&format!("{:>16}", runs.first().map_or(String::new(), cell)));
        }
        out.push('\n');
    }
    if columns.iter().all(|runs| runs.len() > 1) {
        out.push_str(&format!("  {:<30}", "the same journal over HTTP"));
        for runs in columns {
            let same = runs.windows(2).all(|pair| pair[0].digest == pair[1].digest);
            out.push_str(&format!("{:>16}", if same { "yes" } else { "NO" }));
        }
        out.push('\n');
    }
    out.push('\n');
    out
}
