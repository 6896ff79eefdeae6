//! `runaway replay`: the summary of a run from its journal alone.

use std::fs::File;
use std::io::BufReader;

use super::args;
use super::failure::Failure;
use super::folder::Folder;
use super::output;
use crate::journal::read;
use crate::measure::{Measures, References};
use crate::report::Summary;
use crate::scenario::plan_of;
use crate::verdict::{Circumstances, Exit, judge};

/// Rebuilds the summary. An incomplete journal says so, and is never a pass.
pub fn replay(args: &args::Replay) -> Result<Exit, Failure> {
    let shown = args.journal.display();
    let wrong = |message: String| {
        let help = "a run writes its journal to reports/<scenario>-<n>/journal.ndjson";
        Failure::input(message, Some(help.into()))
    };
    let file = File::open(&args.journal).map_err(|e| wrong(format!("{shown} cannot be read: {e}")))?;
    let journal = read(BufReader::new(file), plan_of).map_err(|e| wrong(format!("{shown}: {e}")))?;
    let references = match &journal.trailer {
        Some(trailer) => &trailer.references,
        None => &journal.header.references,
    };
    let references: References = serde_json::from_value(references.clone())
        .map_err(|e| Failure::input(format!("{shown}: its references are damaged: {e}"), None))?;
    let mut measures = Measures::of(&journal.plan, &references, &journal.events);
    measures.complete &= journal.trailer.is_some();
    let truth_applies = journal.header.truth_applies;
    let circumstances = Circumstances::of(&journal.plan, &references, &journal.events, truth_applies);
    let judgement = judge(&journal.plan.expectations, &measures, references.seeds.as_ref(), circumstances);
    let summary = Summary {
        plan: &journal.plan,
        references: &references,
        measures: &measures,
        judgement: &judgement,
        events: &journal.events,
        plane: &journal.header.plane,
    };
    if let Some(folder) = &args.out {
        let folder = Folder::given(folder)?;
        folder.write_results(&summary, &journal.digest)?;
        folder.write_audit(&journal.plan, &journal.events)?;
    }
    let text = if args.quiet { summary.in_short() } else { summary.render(output::style()) };
    Ok(output::result(&text, judgement.verdict.exit()))
}
