//! What a run made and removed again itself, as far as that is known.

use std::collections::BTreeSet;

use super::outcome::is_success;
use super::undo_log::{Past, Write};

/// Whether a run removed what it wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Removed {
    No,
    /// It tried to, and nobody answered.
    Maybe,
    Yes,
}

/// The records that a run removed, by their ids.
#[derive(Debug)]
pub struct Removals<'p> {
    certain: BTreeSet<&'p str>,
    unanswered: BTreeSet<&'p str>,
}

impl<'p> Removals<'p> {
    /// Those of the operations that remove what is this run's own. What never left removed nothing.
    pub fn of(past: &'p Past, removes: impl Fn(&str) -> bool) -> Removals<'p> {
        let (mut certain, mut unanswered) = (BTreeSet::new(), BTreeSet::new());
        for write in past.writes.iter().filter(|write| !write.unsent && removes(&write.meant.operation)) {
            let Some(id) = write.meant.record.last() else { continue };
            match write.status {
                None => drop(unanswered.insert(id.as_str())),
                Some(status) if is_success(status) => drop(certain.insert(id.as_str())),
                Some(_) => {}
            }
        }
        Removals { certain, unanswered }
    }

    /// By the id of what a write made, or of what it changed.
    pub fn removed(&self, write: &Write) -> Removed {
        match write.made.as_deref().or(write.meant.record.last().map(String::as_str)) {
            Some(id) if self.certain.contains(id) => Removed::Yes,
            Some(id) if self.unanswered.contains(id) => Removed::Maybe,
            _ => Removed::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::undo_line::{FORMAT, Head, Line, Meant};
    use super::super::undo_log::UndoLog;
    use super::*;

    /// A ticket is made, with the id 7, and closed.
    fn removed(status: Option<u16>, unsent: bool) -> Removed {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("undo.ndjson");
        let text = |text: &str| text.to_owned();
        let head = Head {
            format: text(FORMAT),
            run: text("0123456789abcdef"),
            document: text("targets: 1"),
            folder: text("."),
            endpoints: None,
        };
        let log = UndoLog::begin(&path, head).unwrap();
        let meant = |n, operation, record: &[&str]| {
            let record = record.iter().map(|id| text(id)).collect();
            Line::Meant(Meant { n, operation: text(operation), marker: text("m"), record, before: None })
        };
        let sent = |n, status, made: Option<&str>, unsent| Line::Sent {
            n,
            status,
            made: made.map(str::to_owned),
            etag: None,
            left: None,
            unsent,
        };
        log.add(&meant(1, "create", &[])).unwrap();
        log.add(&sent(1, Some(201), Some("7"), false)).unwrap();
        log.add(&meant(2, "close", &["7"])).unwrap();
        log.add(&sent(2, status, None, unsent)).unwrap();
        let past = Past::read(&path).unwrap();
        Removals::of(&past, |operation| operation == "close").removed(&past.writes[0])
    }

    #[test]
    fn only_what_was_answered_is_known_to_be_removed() {
        assert_eq!(removed(Some(204), false), Removed::Yes);
        assert_eq!(removed(None, false), Removed::Maybe);
        assert_eq!(removed(None, true), Removed::No, "it never left");
        assert_eq!(removed(Some(403), false), Removed::No);
    }
}
