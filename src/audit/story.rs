//! What a log tells: whose each line is, and how they came by what they used.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{Chain, Edge};
use super::file::Log;
use super::known::Suspect;
use super::likely::Likely;
use super::sets::Suspects;
use super::trail::Trail;

/// A log that was gone through.
pub struct Story {
    sets: Vec<Suspects>,
    suspects: BTreeMap<Suspects, Vec<Suspect>>,
    named: Vec<Option<Suspect>>,
    pub edges: BTreeSet<Edge>,
}

impl Story {
    pub fn of(log: &Log) -> Story {
        let mut trail = Trail::new(&log.registry);
        log.lines.iter().for_each(|line| trail.look(line));
        let mut likely = Likely::new(&log.registry);
        let mut sets = Vec::with_capacity(log.lines.len());
        let mut named = Vec::with_capacity(log.lines.len());
        let mut suspects = BTreeMap::new();
        for (at, line) in log.lines.iter().enumerate() {
            let set = trail.follow(line, log.objects(at));
            named.push(likely.look(line, trail.suspects(set)));
            suspects.entry(set).or_insert_with(|| trail.suspects(set).to_vec());
            sets.push(set);
        }
        let mut chain = Chain::new(&log.registry);
        for (at, line) in log.lines.iter().enumerate() {
            named[at] = named[at].or_else(|| likely.name(line, &suspects[&sets[at]]));
            if let Some(who) = named[at] {
                likely.settle(line, who);
                chain.line(line, log.objects(at), who);
            }
        }
        Story { sets, suspects, named, edges: chain.edges }
    }

    /// Whom a line points at most, if it points at anybody.
    pub fn named(&self, line: usize) -> Option<Suspect> {
        self.named[line]
    }

    /// Who may have written a line.
    pub fn suspects(&self, line: usize) -> &[Suspect] {
        self.suspects.get(&self.sets[line]).map_or(&[], Vec::as_slice)
    }
}
