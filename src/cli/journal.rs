//! The journal of a run that is over, and what it comes to.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::journal::{Journal, read};
use crate::measure::{Measures, References};
use crate::scenario::{opened, plan_of};

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
    let journal = read(BufReader::new(file), plan_of).map_err(|e| wrong(format!("{shown}: {e}")))?;
    let references = match &journal.trailer {
        Some(trailer) => &trailer.references,
        None => &journal.header.references,
    };
    let references: References = serde_json::from_value(references.clone())
        .map_err(|e| Failure::input(format!("{shown}: its references are damaged: {e}"), None))?;
    references
        .fit(&journal.plan)
        .map_err(|e| Failure::input(format!("{shown}: its references are damaged: {e}"), None))?;
    let mut measures = Measures::of(&journal.plan, &references, &journal.events);
    measures.complete &= journal.trailer.is_some();
    Ok(Past { journal, references, measures })
}
