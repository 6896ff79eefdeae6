//! What lies in a folder: an earlier run, what a run still owes a real system, or what is somebody else's.

use std::fs::{self, File};
use std::io::{self, BufRead as _, Read as _};
use std::path::Path;

use serde_json::Value;

use super::{EARLIER, JOURNAL, PARTIAL, RESULTS, SENT, UNDO};
use crate::report::RUN_SCHEMA;
use crate::staging::drill::Past;
use crate::staging::explore::Writes;

/// What lies in a folder that no run was written to: nothing, where one was.
pub fn foreign(folder: &Path) -> io::Result<Vec<String>> {
    if is_ours(folder) || is_ours(&folder.join(EARLIER)) {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let mut names = entries.collect::<io::Result<Vec<_>>>()?;
    names.retain(|name| name != PARTIAL && name != EARLIER);
    names.sort();
    Ok(names)
}

/// Whether a run was written to a folder: its journal says so, or what it sent, or what it came to.
fn is_ours(folder: &Path) -> bool {
    let journal = folder.join(JOURNAL);
    // A run that was killed at once left an empty file.
    let begins = |file: &Path, with: &str| first_line(file).is_some_and(|line| line.is_empty() || line.contains(with));
    let journalled = match fs::metadata(&journal) {
        Ok(there) if there.is_file() => begins(&journal, WRITTEN_BY),
        // A pipe or a device has nothing to lose.
        Ok(there) => !there.is_dir(),
        Err(_) => false,
    };
    let says = |name: &str, schema: &str| {
        let read = File::open(folder.join(name)).ok().map(io::BufReader::new);
        let value = read.and_then(|read| serde_json::from_reader::<_, Value>(read).ok());
        value.is_some_and(|value| value["schema"].as_str() == Some(schema))
    };
    // Where asking for endpoints fails, there is no journal.
    let sent = begins(&folder.join(SENT), SENT_BY);
    journalled || sent || says(RESULTS[0], RUN_SCHEMA)
}

/// Whether a run on a real system left something there that its folder alone knows how to put back, or may have.
pub fn owes(folder: &Path) -> bool {
    let [undo, journal] = [UNDO, JOURNAL].map(|name| folder.join(name));
    let writes = undo.is_file().then(|| match Writes::read(&undo) {
        Ok(past) => past.left().next().is_some(),
        // Without a whole line, nothing was sent.
        Err(_) => first_line(&undo).is_some_and(|line| line.ends_with('\n')),
    });
    let drilled = journal.is_file().then(|| match Past::read(&journal) {
        Ok(past) => past.did_anything() && past.targets().map_or(true, |targets| !past.is_restored(&targets)),
        Err(_) => first_line(&journal).is_some_and(|line| line.contains(DRILLED_BY)),
    });
    writes == Some(true) || drilled == Some(true)
}

fn first_line(file: &Path) -> Option<String> {
    let (mut line, read) = (Vec::new(), File::open(file).ok()?.take(MOST_HEAD));
    io::BufReader::new(read).read_until(b'\n', &mut line).ok()?;
    Some(String::from_utf8_lossy(&line).into_owned())
}

/// In the first line of each journal, and of what was sent.
const WRITTEN_BY: &str = "\"written_by\"";
const SENT_BY: &str = "\"traceparent\"";
/// In the first line of the journal of a drill.
const DRILLED_BY: &str = "\"format\":\"runaway.drill-journal/";
/// The first line of a journal holds its scenario.
const MOST_HEAD: u64 = 64 << 20;
