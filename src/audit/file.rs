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
    /// Lines that stand in it once more, number and all: they are read once.
    pub repeated: u64,
    /// Whether the lines had to be put into the order of their times.
    pub sorted: bool,
}

impl Log {
    pub(super) fn push(&mut self, line: Line, objects: impl IntoIterator<Item = Run>) {
        self.lines.push(line);
        self.objects.extend(objects);
        self.ends.push(self.objects.len());
    }

    /// Puts lines into the order of their times, where they are in another one, and those of one instant into that of
    /// their numbers.
    pub(super) fn sort(&mut self) {
        if self.lines.is_sorted_by_key(|line| line.at) {
            return;
        }
        let mut order: Vec<usize> = (0..self.lines.len()).collect();
        order.sort_by_key(|at| (self.lines[*at].at, self.lines[*at].sequence));
        let mut sorted = Log { sorted: true, ..Log::default() };
        for at in order {
            sorted.push(self.lines[at], self.objects(at).to_vec());
        }
        Log { lines: self.lines, objects: self.objects, ends: self.ends, sorted: self.sorted, .. } = sorted;
    }

    /// The records that a line names.
    pub fn objects(&self, at: usize) -> &[Run] {
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.objects[from..self.ends[at]]
    }
}
