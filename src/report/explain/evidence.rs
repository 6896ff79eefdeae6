//! Which lines of the journal a sentence stands on.

use std::fmt;

/// Lines of a journal, as runs: the first and the last of each. The header is line 1.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Evidence {
    runs: Vec<(usize, usize)>,
}

/// The header's line: what the scenario says.
const HEADER: usize = 1;

/// So many runs are printed; the others are counted.
const MOST_RUNS: usize = 3;

impl Evidence {
    /// What the scenario says.
    pub fn header() -> Evidence {
        Evidence { runs: vec![(HEADER, HEADER)] }
    }

    /// The event at this place among the events of a journal.
    pub fn event(at: usize) -> Evidence {
        let mut evidence = Evidence::default();
        evidence.add(at);
        evidence
    }

    /// All of so many events: what never happened stands on every line.
    pub fn all(events: usize) -> Evidence {
        Evidence { runs: vec![(HEADER, HEADER + events)] }
    }

    /// Adds an event that comes after those that are there.
    pub fn add(&mut self, at: usize) {
        let line = HEADER + 1 + at;
        match self.runs.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            Some((_, last)) if *last >= line => {}
            _ => self.runs.push((line, line)),
        }
    }

    pub fn and(mut self, other: &Evidence) -> Evidence {
        self.runs.extend(&other.runs);
        self.runs.sort_unstable();
        self.runs.dedup();
        self
    }

    pub fn runs(&self) -> &[(usize, usize)] {
        &self.runs
    }
}

impl FromIterator<usize> for Evidence {
    fn from_iter<I: IntoIterator<Item = usize>>(events: I) -> Evidence {
        let mut evidence = Evidence::default();
        events.into_iter().for_each(|at| evidence.add(at));
        evidence
    }
}

/// `[12, 40-57]`
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<String> = self.runs.iter().take(MOST_RUNS).map(run).collect();
        let more = self.runs.len().saturating_sub(MOST_RUNS);
        match (shown.join(", "), more) {
            (shown, 0) => write!(f, "[{shown}]"),
            (shown, more) => write!(f, "[{shown} and {more} more]"),
        }
    }
}

fn run(&(first, last): &(usize, usize)) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_side_by_side_are_one_run() {
        let evidence: Evidence = [0, 1, 2, 7].into_iter().collect();
        assert_eq!(evidence.runs(), [(2, 4), (9, 9)]);
        assert_eq!(evidence.to_string(), "[2-4, 9]");
    }

    #[test]
    fn many_runs_are_counted() {
        let evidence: Evidence = (0..5).map(|n| n * 2).collect();
        assert_eq!(evidence.to_string(), "[2, 4, 6 and 2 more]");
        assert_eq!(Evidence::header().and(&Evidence::event(3)).to_string(), "[1, 5]");
    }
}
