//! Who had a credential in hands that was not issued to them.

use std::collections::BTreeSet;

use crate::wire::Tick;

use super::super::known::Suspect;
use super::super::line::{Account, Field, Run};
use super::super::sets::Suspects;
use super::Trail;

/// A logged reading of a record in which a credential lay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    at: Tick,
    by: Suspects,
}

impl Trail<'_> {
    /// Whoever lives at an address and is not known by a trace; an outsider, where nobody else is left.
    pub(super) fn strangers(&mut self, address: Field) -> Suspects {
        let there = self.there(address);
        let alone = self.traces.values().filter_map(|set| match self.sets.get(*set) {
            [only] => Some(*only),
            _ => None,
        });
        let by_trace: BTreeSet<Suspect> = alone.collect();
        let others: Vec<Suspect> = self.sets.get(there).iter().filter(|s| !by_trace.contains(s)).copied().collect();
        if others.is_empty() { self.outsider } else { self.sets.of(others) }
    }

    /// Who had this credential in hands by then, because a record in which it lay was read; of these, those who live
    /// where it was used, if any do.
    pub(super) fn readers(&mut self, account: &Account, at: Tick) -> Option<Suspects> {
        let readings = self.readings.get(&account.credential.known()?)?;
        let before: Vec<Suspects> = readings.iter().filter(|r| r.at < at).map(|r| r.by).collect();
        let all = before.into_iter().reduce(|a, b| self.sets.either(a, b))?;
        let there = account.address.known().and_then(|address| self.by_address.get(&address)).copied();
        let at_home = there.map(|there| self.sets.common(all, there));
        Some(at_home.filter(|set| !self.sets.is_empty(*set)).unwrap_or(all))
    }

    pub(super) fn read(&mut self, at: Tick, by: Suspects, objects: &[Run]) {
        for (coll, first, n) in objects {
            let stored = self.registry.stored.range((*coll, *first)..(*coll, first + n));
            for credential in stored.flat_map(|(_, all)| all) {
                let readings = self.readings.entry(*credential).or_default();
                if readings.iter().all(|r| r.by != by) {
                    readings.push(Reading { at, by });
                }
            }
        }
    }
}
