//! Traces that name one client. A client has one, so all but one of them used something of its that was stolen.

use std::collections::{BTreeMap, BTreeSet};

use super::super::known::Suspect;
use super::super::sets::{Sets, Suspects};

/// What is wrong with the traces of a log.
#[derive(Debug, Default)]
pub(super) struct Rivals {
    /// They used what was issued to others as well, and another trace of the same client did not.
    stolen: BTreeSet<u32>,
    /// Nothing tells which of them is the client's own.
    disputed: BTreeSet<u32>,
}

impl Rivals {
    /// Sorts the traces that name the same client alone. `mixed` are those that used what was issued to others.
    pub fn of(traces: &BTreeMap<u32, Suspects>, sets: &Sets, mixed: &BTreeSet<u32>) -> Rivals {
        let mut of_client: BTreeMap<Suspect, Vec<u32>> = BTreeMap::new();
        for (trace, set) in traces {
            if let [only @ Suspect::Workload(_)] = sets.get(*set) {
                of_client.entry(*only).or_default().push(*trace);
            }
        }
        let mut rivals = Rivals::default();
        for traces in of_client.into_values().filter(|traces| traces.len() > 1) {
            let (mixed, plain): (Vec<u32>, Vec<u32>) = traces.into_iter().partition(|trace| mixed.contains(trace));
            match plain.len() {
                0 => rivals.disputed.extend(mixed),
                1 => rivals.stolen.extend(mixed),
                _ => {
                    rivals.stolen.extend(mixed);
                    rivals.disputed.extend(plain);
                }
            }
        }
        rivals
    }

    pub fn is_stolen(&self, trace: u32) -> bool {
        self.stolen.contains(&trace)
    }

    pub fn is_disputed(&self, trace: u32) -> bool {
        self.disputed.contains(&trace)
    }
}
