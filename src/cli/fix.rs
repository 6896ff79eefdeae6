//! `runaway fix`: what to change first, and how much that would have prevented.

use super::args::{self, Format};
use super::failure::Failure;
use super::interrupt::stop_on_interrupt;
use super::open::open;
use super::output;
use super::progress::Progress;
use super::run::sets;
use crate::fix::{FixError, Question, fixes};
use crate::report::Fixes;
use crate::scenario::Overrides;
use crate::verdict::Exit;

/// `runaway fix`. That nothing contains is a result as well.
pub fn fix(args: &args::Fix) -> Result<Exit, Failure> {
    let named = open(&args.scenario)?;
    let overrides = Overrides { sets: sets(&args.sets)?, seed: args.seed };
    let stop = stop_on_interrupt()?;
    let asked = Question {
        document: &named.document,
        variant: named.variant.as_deref(),
        overrides: &overrides,
        seeds: args.seeds,
    };
    let progress = Progress::new(&args.scenario, args.format == Format::Json);
    let found = fixes(&asked, &stop, &|done, all| progress.tries(done, all));
    progress.done();
    let found: Fixes = found?;
    match args.format {
        Format::Text => output::text(&found.render(output::style())),
        Format::Json => output::json(&serde_json::to_value(&found).map_err(|e| Failure::incomplete(e.to_string()))?),
    }
}

impl From<FixError> for Failure {
    fn from(error: FixError) -> Failure {
        match error {
            FixError::Prepare(error) => error.into(),
            FixError::NothingToFix => {
                Failure::input(error.to_string(), Some("`runaway run` shows what the scenario comes to".into()))
            }
            FixError::Stopped => Failure::refused(error.to_string(), "run it again; fewer --seeds take less time"),
        }
    }
}
