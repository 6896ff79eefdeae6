//! `runaway compare` and `runaway baseline`: what got better and worse, and what a team accepts.

use super::args::{self, Format};
use super::failure::Failure;
use super::gate::Gate;
use super::interrupt::stop_on_interrupt;
use super::output;
use super::test::{changes, read_baseline};
use crate::gate::{Baseline, Suppressions, compare as between};
use crate::measure::counted;
use crate::verdict::Exit;

/// Says what is different between two states.
pub fn compare(args: &args::Compare) -> Result<Exit, Failure> {
    let (before, now) = (read_baseline(&args.base)?, read_baseline(&args.new)?);
    if before.cases.keys().all(|name| !now.cases.contains_key(name)) {
        let help = "compare two runs of one scenario, or two results of `runaway test`";
        return Err(Failure::input("the two have no case in common", Some(help.into())));
    }
    let delta = between(&before, &now, &|_, _| None);
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

/// Accepts what the scenarios come to now.
pub fn accept(args: &args::Accept) -> Result<Exit, Failure> {
    let gate = Gate::of(&args.scenarios)?;
    let stop = stop_on_interrupt()?;
    let results = gate.run(None, &Suppressions::default(), None, &stop, &mut |_| {})?;
    if stop.wanted() {
        return Err(Failure::refused("stopped: nothing was accepted", "run it again to its end"));
    }
    let baseline = Baseline::of(&results, &gate.settings());
    std::fs::write(&args.baseline, baseline.text()).map_err(|error| Failure::at(&args.baseline, &error))?;
    let cases = counted(results.cases.len() as u64, "case");
    output::text(&format!("{cases} accepted in {}: review it and commit it\n", args.baseline.display()))
}
