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

/// Gathers edges, line by line. Lines with several suspects say nothing about anybody's chain.
pub struct Chain<'r> {
    registry: &'r Registry,
    /// With what somebody last read records.
    last_read: BTreeMap<Suspect, Option<u32>>,
    /// With what somebody first read a record in which a credential lay, or was issued it.
    came_by: BTreeMap<(Suspect, u32), Option<u32>>,
    used: BTreeSet<(Suspect, u32)>,
    pub edges: BTreeSet<Edge>,
}

impl<'r> Chain<'r> {
    pub fn new(registry: &'r Registry) -> Chain<'r> {
        Chain {
            registry,
            last_read: BTreeMap::new(),
            came_by: BTreeMap::new(),
            used: BTreeSet::new(),
            edges: BTreeSet::new(),
        }
    }

    pub fn line(&mut self, line: &Line, objects: &[Run], suspects: &[Suspect]) {
        let [by] = suspects else { return };
        if !line.allowed {
            return;
        }
        let presented = line.account.credential.known();
        if let Some(credential) = presented
            && self.used.insert((*by, credential))
            && !self.was_given(*by, credential)
        {
            let source = self.came_by.get(&(*by, credential)).or(self.last_read.get(by));
            self.edges.extend(source.map(|with| Edge { by: *by, with: *with, got: credential }));
        }
        match line.deed {
            Deed::Issue { credential: Some(credential), from, to: None, .. } => {
                self.came_by.entry((*by, credential)).or_insert(presented.or(from));
            }
            _ if line.effect == Effect::Read && line.rows > 0 => {
                self.last_read.insert(*by, presented);
                for (coll, first, n) in objects {
                    for (_, credential) in self.registry.stored.range((*coll, *first)..(*coll, first + n)) {
                        self.came_by.entry((*by, *credential)).or_insert(presented);
                    }
                }
            }
            _ => {}
        }
    }

    fn was_given(&self, by: Suspect, credential: u32) -> bool {
        let Suspect::Workload(number) = by else { return false };
        self.registry.registered.get(&credential).is_some_and(|r| r.holders.contains(&number))
    }
}
