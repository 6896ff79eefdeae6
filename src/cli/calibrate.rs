//! `runaway calibrate`: thresholds from benign work, and what they are worth.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::args::{self, Format, MOST_SEEDS};
use super::failure::Failure;
use super::interrupt::stop_on_interrupt;
use super::open::open;
use super::output;
use super::run::sets;
use crate::measure::{counted, garwood, thousands};
use crate::model::control::Watches;
use crate::report::text::{hung, wrapped};
use crate::run::{Calibrated, Calibration, Exposure, Wanted, calibrate as run};
use crate::scenario::{Overrides, count_shown, money_shown, windowed};
use crate::verdict::Exit;
use crate::wire::Span;

pub const AFTER: &str = "\
Examples:
  runaway calibrate wiper
  runaway calibrate my.yaml --budget '1 per 30d' --seeds 500
  runaway calibrate my.yaml --format json";

/// Calibrates the detectors of a scenario. It fails where even the checking seeds show that a budget does not hold.
pub fn calibrate(args: &args::Calibrate) -> Result<Exit, Failure> {
    // No amount of work shows that none ever comes.
    let Some((alarms, per)) = windowed(&args.budget).filter(|(alarms, _)| *alarms > 0) else {
        let message = format!("`{}` is no budget of false alarms", args.budget);
        return Err(Failure::input(message, Some("write --budget '1 per 7d'".into())));
    };
    let wanted = Wanted { alarms, per, seeds: args.seeds };
    let named = open(&args.scenario)?;
    let overrides = Overrides { sets: sets(&args.sets)?, seed: None };
    let stop = stop_on_interrupt()?;
    let calibration = run(&named.document, named.variant.as_deref(), &overrides, wanted, &stop)?;
    if stop.wanted() {
        return Err(Failure::refused(
            "stopped before it had seen enough",
            "run it again; fewer --seeds take less time",
        ));
    }
    if calibration.rules.is_empty() {
        let help = "write one under `detect:`, with any threshold";
        return Err(Failure::input(
            format!("`{}` has no detector that could raise a false alarm", args.scenario),
            Some(help.into()),
        ));
    }
    if calibration.trained.requests == 0 {
        let help = "write some under `benign:`, or give the agents a task";
        let message = format!("no honest work is logged in `{}`: there is nothing to calibrate by", args.scenario);
        return Err(Failure::input(message, Some(help.into())));
    }
    let told = Told { scenario: &args.scenario, wanted, calibration: &calibration };
    match args.format {
        Format::Text => output::text(&told.text())?,
        Format::Json => output::json(&told.json())?,
    };
    Ok(if calibration.rules.iter().any(|rule| told.breaks(rule)) { Exit::Broken } else { Exit::Holds })
}

/// A calibration on its way to its reader.
struct Told<'a> {
    scenario: &'a str,
    wanted: Wanted,
    calibration: &'a Calibration,
}

/// A measured rate of false alarms, in the budget's time.
struct Rate {
    mean: f64,
    lo: f64,
    hi: f64,
}

impl Told<'_> {
    fn rate(&self, alarms: u64) -> Rate {
        let times = self.calibration.checked.time.as_secs_f64() / self.wanted.per.as_secs_f64();
        let (lo, hi) = garwood(alarms);
        Rate { mean: alarms as f64 / times, lo: lo / times, hi: hi / times }
    }

    /// Whether a detector raises more than its budget, as surely as the interval says.
    fn breaks(&self, rule: &Calibrated) -> bool {
        rule.after().is_some() && self.rate(rule.checked).lo > self.wanted.alarms as f64
    }

    fn text(&self) -> String {
        let Calibration { trained, checked, rules } = self.calibration;
        let style = output::style();
        let budget = format!("at most {} in {}", counted(self.wanted.alarms, "false alarm"), self.wanted.per);
        let mut text = format!("{}\n", style.bold(&format!("{}: {budget}, for each detector", self.scenario)));
        text.push_str(&hung("  set by      ", &worth(trained), 14));
        text.push_str(&hung("  checked by  ", &worth(checked), 14));
        for rule in rules {
            let _ = writeln!(text, "\n{}", style.bold(&format!("{}: {}", rule.detector.name, setting(rule))));
            text.push_str(&hung("  false alarms  ", &self.measured(rule), 16));
            let detects = rule.detects.map_or("never told".to_owned(), |at| format!("told at {at} of the run"));
            text.push_str(&hung("  the fault     ", &detects, 16));
        }
        let set = self.set();
        if !set.is_empty() {
            text.push_str("\nfor the scenario, as a variant or with --set:\n  set:\n");
            set.iter().for_each(|(path, value)| _ = writeln!(text, "    {path}: {}", value.as_str().unwrap_or("")));
        }
        let enough = garwood(0).1 * self.wanted.per.as_secs_f64() / self.wanted.alarms.max(1) as f64;
        if checked.time.as_secs_f64() < enough {
            let seeds = f64::from(checked.seeds) * enough / checked.time.as_secs_f64().max(1e-6);
            let seeds = seeds.ceil() as u64;
            let so_many = if i64::try_from(seeds).is_ok_and(|seeds| seeds <= MOST_SEEDS) {
                format!(", or --seeds {},", thousands(seeds).replace(',', "_"))
            } else {
                ":".to_owned()
            };
            let note = format!(
                "This is too little benign work to show that the budget holds: that takes {} of it without an alarm\
                 {so_many} or a longer `horizon`.",
                Span::from_secs(enough as u64),
            );
            let _ = write!(text, "\n{}", wrapped(&note, 0));
        }
        text
    }

    fn measured(&self, rule: &Calibrated) -> String {
        let Rate { mean, lo, hi } = self.rate(rule.checked);
        let per = self.wanted.per;
        let broken = if self.breaks(rule) { ": over the budget" } else { "" };
        format!(
            "{} when set, {} when checked: {mean:.3} in {per} ({lo:.3} to {hi:.3} at 95 %){broken}",
            thousands(rule.trained),
            thousands(rule.checked)
        )
    }

    /// What the scenario must say.
    fn set(&self) -> Map<String, Value> {
        let rules = self.calibration.rules.iter();
        let changed = rules.filter_map(|rule| {
            let (name, watches) = (&rule.detector.name, rule.detector.watches);
            Some((format!("detect.{name}.{}", watches.kind().key()), json!(written(watches, rule.after()?))))
        });
        changed.collect()
    }

    fn json(&self) -> Value {
        let Calibration { trained, checked, rules } = self.calibration;
        let row = |rule: &Calibrated| {
            let Rate { mean, lo, hi } = self.rate(rule.checked);
            json!({
                "detector": rule.detector.name,
                "watches": rule.detector.watches.kind().key(),
                "before": rule.before,
                "after": rule.after(),
                "false_alarms": {"trained": rule.trained, "checked": rule.checked},
                "rate": {"mean": mean, "lo": lo, "hi": hi, "confidence": 0.95},
                "over_budget": self.breaks(rule),
                "detects": rule.detects.map(|at| at.0),
            })
        };
        json!({
            "schema": "runaway.calibration/1",
            "scenario": self.scenario,
            "budget": {"alarms": self.wanted.alarms, "per": self.wanted.per.0},
            "trained": exposure(trained),
            "checked": exposure(checked),
            "detectors": rules.iter().map(row).collect::<Vec<_>>(),
            "set": self.set(),
        })
    }
}

fn exposure(of: &Exposure) -> Value {
    json!({"seeds": of.seeds, "time": of.time.0, "requests": of.requests, "requests_per_second": per_second(of)})
}

fn per_second(of: &Exposure) -> f64 {
    if of.time == Span::ZERO { 0.0 } else { of.requests as f64 / of.time.as_secs_f64() }
}

fn worth(of: &Exposure) -> String {
    let (seeds, requests) = (counted(of.seeds.into(), "seed"), counted(of.requests, "request"));
    format!("{seeds}, {} of benign work, {requests}: {:.3} a second", of.time, per_second(of))
}

/// What a detector watches, before and after.
fn setting(rule: &Calibrated) -> String {
    let watches = rule.detector.watches;
    match (rule.before, watches.threshold()) {
        (Some(before), Some((after, within))) => {
            let (before, after) = (written(watches, before), written(watches, after));
            format!(
                "{} {} within {within}",
                watches.kind().key(),
                if before == after { after } else { format!("{before} -> {after}") }
            )
        }
        _ => format!("{}, which has no threshold", watches.kind().key()),
    }
}

/// A threshold as the scenario writes it.
fn written(watches: Watches, amount: u64) -> String {
    if let Watches::Spending { .. } = watches { money_shown(amount) } else { count_shown(amount) }
}
