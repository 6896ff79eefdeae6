//! `runaway run`: one scenario, from arguments to an exit code.

mod watch;

use std::path::Path;

use super::args::{self, ClockName, PlaneName};
use super::explore::explore;
use super::failure::Failure;
use super::folder::Folder;
use super::interrupt::stop_on_interrupt;
use super::job::Job;
use super::open::open;
use super::{otlp, output};
use crate::measure::thousands;
use crate::model::Plan;
use crate::plane::driver::Stop;
use crate::report::text::shell_word;
use crate::run::{Plane, RunOptions};
use crate::scenario::{Overrides, duration};
use crate::verdict::Exit;
use crate::wire::{Span, Tick};

/// `runaway run`.
pub fn run(args: &args::Run) -> Result<Exit, Failure> {
    if args.plane == PlaneName::Staging {
        return explore(args);
    }
    if args.dry_run || !args.consent.is_empty() {
        let message = "nothing leaves this machine, so there is nothing to agree to";
        return Err(Failure::input(message, Some("`--dry-run` and `--consent` go with `--plane staging`".into())));
    }
    if args.watch { watch::run(args) } else { once(args, &stop_on_interrupt()?) }
}

/// One run, into a folder that is given or found.
fn once(args: &args::Run, stop: &Stop) -> Result<Exit, Failure> {
    let plane = plane(args)?;
    otlp::available(args.otlp.as_deref())?;
    let named = open(&args.scenario)?;
    let overrides = Overrides { sets: sets(&args.sets)?, seed: args.seed };
    let resolved = named.document.resolve(named.variant.as_deref(), &overrides)?.plan;
    patient(&resolved, args)?;
    let probes = cadence(args.probe.as_deref(), &resolved)?;
    let mut folder = match &args.out {
        Some(folder) => Folder::replacing(folder, None)?,
        None => Folder::fresh(Path::new("reports"), named.document.name(), named.variant.as_deref())?,
    };
    let job = Job {
        document: &named.document,
        variant: named.variant.as_deref(),
        overrides: &overrides,
        plane,
        options: RunOptions { probes },
        seeds: args.seeds,
        fix: args.fix,
    };
    let done = job.run(Some(&folder), stop, args.quiet)?;
    let summary = done.summary();
    let verdict = done.finished.judgement.verdict;
    let stopped = done.prepared.references.interrupted;
    let written = folder.write_results(&summary, &done.digest, &done.document).and_then(|()| {
        // Whoever stopped a run wants it to end; `replay --out` writes the log from the journal.
        if stopped { Ok(()) } else { folder.write_audit(&done.prepared.plan, &done.events) }
    });
    let written = written.and_then(|()| folder.done());
    let written = written.and_then(|()| args.otlp.as_ref().map_or(Ok(()), |file| otlp::write(file, &summary)));
    let text = if args.quiet {
        summary.in_short()
    } else {
        done.warn();
        let names = ["report.html", "summary.md", "summary.txt", "run.json", "journal.ndjson", "audit.ndjson"];
        let next = format!("next: runaway show {}", shell_word(&args.scenario));
        format!("{}\n{}{next}\n", summary.render(output::style()), folder.told(&names))
    };
    let exit = output::result(&text, verdict.exit());
    if stopped {
        let journal = folder.journal();
        output::aside(&format!("stopped: `runaway replay {} --out DIR` writes the audit log\n", journal.display()));
    }
    Ok(written.map_or_else(|failure| output::despite(failure, exit), |()| exit))
}

fn plane(args: &args::Run) -> Result<Plane, Failure> {
    let over_http = args.plane == PlaneName::Mock;
    match (over_http, args.clock, args.time_scale) {
        (false, ClockName::Wall, _) => {
            Err(Failure::input("the simulator has no wall clock", Some("`--plane mock --clock wall`".into())))
        }
        (_, ClockName::Virtual, Some(_)) => {
            Err(Failure::input("only a wall clock can be scaled", Some("`--plane mock --clock wall`".into())))
        }
        (false, ClockName::Virtual, None) => Ok(Plane::Sim),
        (true, ClockName::Virtual, None) => Ok(Plane::Mock),
        (true, ClockName::Wall, scale) => {
            let scale = scale.unwrap_or(1.0);
            if SCALES.contains(&scale) {
                Ok(Plane::Live { scale })
            } else {
                let message = format!("--time-scale is a number from {} to {}", SCALES.start(), SCALES.end());
                Err(Failure::input(message, Some("--time-scale 60".into())))
            }
        }
    }
}

/// Outside of these, the clock stands still or has run out before the first request.
const SCALES: std::ops::RangeInclusive<f64> = 0.001..=1_000_000.0;

/// How often credentials are probed.
fn cadence(probe: Option<&str>, plan: &Plan) -> Result<Option<Span>, Failure> {
    let Some(text) = probe else { return Ok(None) };
    let Some(every) = duration(text).filter(|every| *every > Span::ZERO) else {
        return Err(Failure::input(format!("`{text}` is no time between probes"), Some("--probe 500ms".into())));
    };
    let rounds = plan.time.horizon.map_or(0, |horizon| horizon.0 / every.0);
    if rounds > MOST_ROUNDS {
        let horizon = plan.time.horizon.unwrap_or_default();
        let message = format!("every {every} for {horizon} would be {} rounds of probes", thousands(rounds));
        let least = Span(horizon.0.div_ceil(MOST_ROUNDS));
        return Err(Failure::input(message, Some(format!("--probe {least} or longer"))));
    }
    Ok(Some(every))
}

/// The most rounds of probes in a run: each asks at least once for every credential, and every answer is kept.
const MOST_ROUNDS: u64 = 1_000_000;

/// A person who waits for a run wants to know for how long.
fn patient(plan: &Plan, args: &args::Run) -> Result<(), Failure> {
    let long = plan.time.horizon.filter(|horizon| *horizon > Tick::ZERO + PATIENCE);
    match long {
        Some(horizon) if args.clock == ClockName::Wall && args.time_scale.is_none() => {
            let factor = horizon.0.div_ceil(PATIENCE.0);
            let message = format!("this scenario goes on for {horizon}, and a wall clock would take as long");
            Err(Failure::input(message, Some(format!("--time-scale {factor} makes a minute of it"))))
        }
        _ => Ok(()),
    }
}

/// The longest run by the wall clock that nobody asked for.
const PATIENCE: Span = Span::from_secs(60);

/// `PATH=VALUE` settings.
pub(super) fn sets(sets: &[String]) -> Result<Vec<(String, String)>, Failure> {
    sets.iter()
        .map(|set| match set.split_once('=') {
            Some((path, value)) if !path.is_empty() => Ok((path.trim().to_owned(), value.trim().to_owned())),
            _ => Err(Failure::input(format!("`{set}` is not PATH=VALUE"), Some("--set services.db.rows=owner".into()))),
        })
        .collect()
}
