//! `runaway explain`: the story of a run, from its journal alone.

use super::args::{self, Format};
use super::failure::Failure;
use super::journal::{Past, past};
use super::output;
use crate::report::{explain as story, prose};
use crate::verdict::Exit;

/// Tells what happened. A sentence stands on lines of the journal, which it names.
pub fn explain(args: &args::Explain) -> Result<Exit, Failure> {
    let Past { journal, references, measures } = past(&args.run)?;
    let chapters = story(&journal.plan, &references, &measures, &journal.events);
    match args.format {
        Format::Json => output::json(&serde_json::json!({ "complete": measures.complete, "chapters": chapters }))?,
        Format::Text => {
            let note = "Numbers in brackets are lines of journal.ndjson; line 1 is the scenario.";
            output::text(&format!("{}\n{note}\n", prose(&chapters)))?
        }
    };
    if measures.complete {
        return Ok(Exit::Holds);
    }
    output::aside("The journal is incomplete: the story breaks off before its end.\n");
    Ok(Exit::Inconclusive)
}
