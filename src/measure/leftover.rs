//! Leftover reach: what the closure could still touch, at declared containment and at the deadline.

use std::collections::BTreeMap;

use crate::model::Pairs;
use crate::planted::Mistake;
use crate::wire::{CredId, Effect, Event, Snapshot, Tick};

/// What is left over.
#[derive(Clone, Debug, Default)]
pub struct Leftover {
    pub at_deadline: Pairs,
    /// The snapshot after the last actions; nothing where it showed nothing, or was never taken.
    pub at_declared: Option<(Tick, Pairs)>,
    /// When the last action returned.
    pub returned: Option<Tick>,
    /// Credentials that still open a door, and whether each is a root.
    pub survivors: BTreeMap<CredId, bool>,
}

impl Leftover {
    pub fn event(&mut self, event: &Event) {
        match *event {
            Event::Left { at, snapshot, coll, effect, first, n } => {
                let pairs = match snapshot {
                    Snapshot::Deadline => &mut self.at_deadline,
                    Snapshot::Declared => match &mut self.at_declared {
                        Some((then, pairs)) if *then == at => pairs,
                        other => &mut other.insert((at, Pairs::default())).1,
                    },
                };
                for row in first..first + n {
                    pairs.insert(coll, effect, row);
                }
            }
            Event::Acted { returned, .. } => {
                self.returned = self.returned.max(Some(returned));
                self.at_declared = self.at_declared.take().filter(|_| Mistake::AnOlderSnapshotIsKept.here());
            }
            Event::Survivor { cred, root, .. } => {
                self.survivors.insert(cred, root);
            }
            _ => {}
        }
    }

    /// How much was left over when the last action had returned: a snapshot that showed nothing left no trace. Nothing
    /// where nobody acted, or the run was over before.
    pub fn declared(&self, end: Tick) -> Option<u64> {
        match &self.at_declared {
            Some((_, pairs)) => Some(pairs.len()),
            None => self.returned.filter(|returned| *returned <= end).map(|_| 0),
        }
    }

    /// Left over and not touched during the run.
    pub fn fresh(&self, touched: &Pairs) -> u64 {
        self.at_deadline
            .runs()
            .flat_map(|(coll, effect, first, n)| (first..first + n).map(move |row| (coll, effect, row)))
            .filter(|(coll, effect, row)| {
                Mistake::FreshIsWhatWasTouched.here() || !touched.contains(*coll, *effect, *row)
            })
            .count() as u64
    }
}

/// Records that can be read.
pub fn readable(pairs: &Pairs) -> u64 {
    pairs.runs().filter(|(_, effect, ..)| *effect == Effect::Read).map(|(.., n)| u64::from(n)).sum()
}
