//! `runaway replay`: the summary of a run from its journal alone.

use super::args;
use super::failure::Failure;
use super::folder::Folder;
use super::journal::{Past, past};
use super::{otlp, output};
use crate::report::Summary;
use crate::verdict::{Circumstances, Exit, judge};

/// Rebuilds the summary. An incomplete journal says so, and is never a pass.
pub fn replay(args: &args::Replay) -> Result<Exit, Failure> {
    otlp::available(args.otlp.as_deref())?;
    let Past { journal, references, measures } = past(&args.journal)?;
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
        fixes: None,
    };
    if let Some(folder) = &args.out {
        let mut folder = Folder::replacing(folder, Some(&args.journal))?;
        folder.write_results(&summary, &journal.digest, &journal.header.document)?;
        // What a real system logged, it alone knows.
        if references.explored.is_none() {
            folder.write_audit(&journal.plan, &journal.events)?;
        }
        folder.done()?;
    }
    if let Some(file) = &args.otlp {
        otlp::write(file, &summary)?;
    }
    let text = if args.quiet { summary.in_short() } else { summary.render(output::style()) };
    Ok(output::result(&text, judgement.verdict.exit()))
}
