//! The journal of a run that is over, and what it comes to.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::journal::{Journal, read};
use crate::measure::{Explored, Measures, References};
use crate::scenario::{opened, plan_of};
use crate::staging::drill::event;

/// A journal that was read, measured again.
pub struct Past {
    pub journal: Journal,
    pub references: References,
    pub measures: Measures,
}

/// Reads a journal, or the one in the folder of a run. One without its trailer is measured, and is incomplete.
pub fn past(named: &Path) -> Result<Past, Failure> {
    let path = if named.is_dir() { named.join("journal.ndjson") } else { PathBuf::from(named) };
    let shown = path.display();
    let wrong = |message: String| {
        let help = "a run writes its journal to reports/<scenario>-<n>/journal.ndjson";
        Failure::input(message, Some(help.into()))
    };
    let file = opened(&path).map_err(|e| wrong(format!("{shown} cannot be read: {e}")))?;
    let journal = read(BufReader::new(file), plan_of).map_err(|e| match is_of_a_drill(&path) {
        true => {
            let message = format!("{shown} is the journal of a drill, which has no scenario to tell of");
            let help = "its result is in summary.txt and drill.json beside it; `runaway undo` puts back what is left, \
                        `runaway reconcile` looks for it in logs";
            Failure::input(message, Some(help.into()))
        }
        false => wrong(format!("{shown}: {e}")),
    })?;
    let references = match &journal.trailer {
        Some(trailer) => &trailer.references,
        None => &journal.header.references,
    };
    let mut references: References = serde_json::from_value(references.clone())
        .map_err(|e| Failure::input(format!("{shown}: its references are damaged: {e}"), None))?;
    references
        .fit(&journal.plan)
        .map_err(|e| Failure::input(format!("{shown}: its references are damaged: {e}"), None))?;
    if journal.header.plane == "staging" {
        // Also where the run was killed, it was a real system.
        let listens = !journal.plan.controls.detectors.is_empty();
        references.explored.get_or_insert_with(|| Explored::cut_off(listens));
    }
    let mut measures = Measures::of(&journal.plan, &references, &journal.events);
    measures.complete &= journal.trailer.is_some();
    Ok(Past { journal, references, measures })
}

/// Whether a file begins as the journal of a drill does.
fn is_of_a_drill(path: &Path) -> bool {
    const LONGEST_HEAD: u64 = 1 << 20;
    let head = opened(path).map(|file| BufReader::new(file.take(LONGEST_HEAD)).split(b'\n').next());
    let Ok(Some(Ok(line))) = head else { return false };
    serde_json::from_slice(&line)
        .is_ok_and(|head| matches!(head, event::Event::Header(header) if header.format == event::FORMAT))
}
