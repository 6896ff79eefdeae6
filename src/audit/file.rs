//! An audit log that was read: numbers for its names, lines in their order, and the excerpt of the registry in it.

use super::known::{Names, Registry};
use super::line::{Line, Run};

/// The names in a log, by kind.
#[derive(Clone, Default, Debug)]
pub struct LogNames {
    pub workloads: Names,
    pub principals: Names,
    pub credentials: Names,
    pub addresses: Names,
    pub traces: Names,
    /// `service.event`.
    pub events: Names,
    pub collections: Names,
}

/// A log as an investigator has it.
#[derive(Clone, Default, Debug)]
pub struct Log {
    pub names: LogNames,
    pub registry: Registry,
    pub lines: Vec<Line>,
    objects: Vec<Run>,
    /// Where the objects of each line end.
    ends: Vec<usize>,
    /// Events of classes that say nothing about who called what.
    pub skipped: u64,
}

impl Log {
    pub(super) fn push(&mut self, line: Line, objects: impl IntoIterator<Item = Run>) {
        self.lines.push(line);
        self.objects.extend(objects);
        self.ends.push(self.objects.len());
    }

    /// The records that a line names.
    pub fn objects(&self, at: usize) -> &[Run] {
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.objects[from..self.ends[at]]
    }
}
