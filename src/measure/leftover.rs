//! Leftover reach: what the closure could still touch, at declared containment and at the deadline.

use std::collections::BTreeMap;

use crate::model::Pairs;
use crate::planted::Mistake;
use crate::wire::{CredId, Effect, Event, Snapshot, Tick};

/// What is left over.
#[derive(Clone, Debug, Default)]
pub struct Leftover {
    pub at_deadline: Pairs,
    /// The last snapshot after the last action returned; nothing where nobody acted.
    pub at_declared: Option<(Tick, Pairs)>,
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
            Event::Survivor { cred, root, .. } => {
                self.survivors.insert(cred, root);
            }
            _ => {}
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
