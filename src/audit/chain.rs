//! The chain of credentials, as far as the log tells: with what each stolen or minted one was come by.

use std::collections::{BTreeMap, BTreeSet};

use crate::wire::Effect;

use super::known::{Registry, Suspect};
use super::line::{Deed, Line, Run};

/// Somebody came by a credential with another one, or with none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edge {
    pub by: Suspect,
    pub with: Option<u32>,
    pub got: u32,
}

/// Gathers edges, line by line, from whom each line points at most.
pub struct Chain<'r> {
    registry: &'r Registry,
    /// With what somebody last read records.
    last_read: BTreeMap<Suspect, Option<u32>>,
    /// With what somebody first read a record in which a credential lay, or was issued it.
    came_by: BTreeMap<(Suspect, u32), Option<u32>>,
    /// The collections in which each credential lies.
    lies_in: BTreeMap<u32, BTreeSet<u32>>,
    /// With what somebody came by the first of those that lie in a collection: by the others it came there as well.
    found_in: BTreeMap<(Suspect, u32), Option<u32>>,
    used: BTreeSet<(Suspect, u32)>,
    pub edges: BTreeSet<Edge>,
}

impl<'r> Chain<'r> {
    pub fn new(registry: &'r Registry) -> Chain<'r> {
        let mut lies_in: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for ((collection, _), lies) in &registry.stored {
            lies.iter().for_each(|credential| {
                lies_in.entry(*credential).or_default().insert(*collection);
            });
        }
        Chain {
            registry,
            lies_in,
            found_in: BTreeMap::new(),
            last_read: BTreeMap::new(),
            came_by: BTreeMap::new(),
            used: BTreeSet::new(),
            edges: BTreeSet::new(),
        }
    }

    pub fn line(&mut self, line: &Line, objects: &[Run], by: Suspect) {
        if !line.allowed {
            return;
        }
        let presented = line.account.credential.known();
        if let Some(credential) = presented
            && self.used.insert((by, credential))
            && !self.was_given(by, credential)
        {
            let source = self.source(by, credential);
            self.edges.extend(source.map(|with| Edge { by, with, got: credential }));
        }
        match line.deed {
            Deed::Issue { credential: Some(credential), from, to: None, .. } => {
                self.came_by.entry((by, credential)).or_insert(presented.or(from));
            }
            _ if line.effect == Effect::Read && line.rows > 0 => {
                self.last_read.insert(by, presented);
                for (coll, first, n) in objects {
                    let stored = self.registry.stored.range((*coll, *first)..(*coll, first + n));
                    for credential in stored.flat_map(|(_, all)| all) {
                        self.came_by.entry((by, *credential)).or_insert(presented);
                    }
                }
            }
            _ => {}
        }
    }

    /// With what somebody came by a credential: as the log has it, else as with its neighbours, else by the last reading.
    fn source(&mut self, by: Suspect, credential: u32) -> Option<Option<u32>> {
        if let Some(with) = self.came_by.get(&(by, credential)) {
            return Some(*with);
        }
        let collections = self.lies_in.get(&credential);
        let beside = collections.into_iter().flatten().find_map(|c| self.found_in.get(&(by, *c))).copied();
        let with = beside.or_else(|| self.last_read.get(&by).copied())?;
        for collection in collections.into_iter().flatten() {
            self.found_in.entry((by, *collection)).or_insert(with);
        }
        Some(with)
    }

    fn was_given(&self, by: Suspect, credential: u32) -> bool {
        let Suspect::Workload(number) = by else { return false };
        self.registry.registered.get(&credential).is_some_and(|r| r.holders.contains(&number))
    }
}
