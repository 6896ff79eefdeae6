//! `runaway compare` and `runaway baseline`: what got better and worse, and what a team accepts.

use super::args::{self, Format};
use super::failure::Failure;
use super::files::replace;
use super::gate::Gate;
use super::interrupt::stop_on_interrupt;
use super::output;
use super::test::{changes, read_baseline};
use crate::gate::{Baseline, NoFiles, Suppressions, Written as _, compare as between};
use crate::measure::counted;
use crate::verdict::Exit;

/// Says what is different between two states.
pub fn compare(args: &args::Compare) -> Result<Exit, Failure> {
    let (before, now) = read_baseline(&args.base)?.beside(read_baseline(&args.new)?);
    in_common(&before, &now)?;
    let delta = between(&before, &now, &NoFiles);
    match args.format {
        Format::Json => {
            let value = serde_json::to_value(&delta).map_err(|error| Failure::incomplete(error.to_string()))?;
            output::json(&value)?
        }
        Format::Text => match changes(&delta) {
            text if text.is_empty() => output::text("nothing is different\n")?,
            text => output::text(text.trim_start_matches('\n'))?,
        },
    };
    let closed = args.fail_on.is_some_and(|on| on.is_met(&delta));
    Ok(if closed { Exit::Broken } else { Exit::Holds })
}

/// Two states that share no case say nothing about each other.
pub fn in_common(before: &Baseline, now: &Baseline) -> Result<(), Failure> {
    if before.shares_a_case_with(now) {
        return Ok(());
    }
    let help = "compare two runs of one scenario, whatever their variants, or two results of `runaway test`";
    Err(Failure::input("the two have no case in common", Some(help.into())))
}

/// Accepts what the scenarios come to now.
pub fn accept(args: &args::Accept) -> Result<Exit, Failure> {
    let gate = Gate::of(&args.scenarios)?;
    let stop = stop_on_interrupt()?;
    let results = gate.run(None, &Suppressions::default(), None, &stop, &mut |_| {})?;
    if stop.wanted() {
        return Err(Failure::refused("stopped: nothing was accepted", "run it again to its end"));
    }
    let mut baseline = Baseline::of(&results, &gate.settings());
    if !args.scenarios.is_empty() && args.baseline.exists() {
        baseline.keeps(read_baseline(&args.baseline)?, &|case, file| gate.is_gone(case, file));
    }
    replace(&args.baseline, &baseline.text())?;
    let cases = counted(results.cases.len() as u64, "case");
    output::text(&format!("{cases} accepted in {}: review it and commit it\n", args.baseline.display()))
}
