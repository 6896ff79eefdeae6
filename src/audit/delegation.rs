//! Who acts for whom, as tokens say it: the `act` claims of RFC 8693 section 4.1.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::wire::{CredId, Event, IdentityId};

use super::successors::{Successor, successors};

/// The actors in every credential that was issued during a run; those of the start stand in the plan.
pub struct Delegation<'p> {
    plan: &'p Plan,
    issued: BTreeMap<CredId, Vec<u32>>,
    /// Rotated secrets go on for whom they were.
    successors: BTreeMap<CredId, Successor>,
}

impl<'p> Delegation<'p> {
    pub fn new(plan: &'p Plan, events: &[Event]) -> Delegation<'p> {
        Delegation { plan, issued: BTreeMap::new(), successors: successors(plan, events) }
    }

    /// A credential was issued, with an actor in it or without one.
    pub fn issue(&mut self, cred: CredId, actor: Option<IdentityId>, parent: Option<CredId>) {
        let nested = parent.map_or(Vec::new(), |parent| self.actors(parent));
        self.issued.insert(cred, chain(actor.map(|a| a.number()), nested));
    }

    /// Who acts with a credential, and for whom that one acted before: the current actor first.
    pub fn actors(&self, cred: CredId) -> Vec<u32> {
        if let Some(actors) = self.issued.get(&cred) {
            return actors.clone();
        }
        if let Some(successor) = self.successors.get(&cred) {
            return self.actors(successor.of);
        }
        if cred.number() >= self.plan.credentials() {
            return Vec::new();
        }
        let (family, index) = self.plan.origin_of(cred);
        let parent = self.plan.parent_of(family, index);
        chain(self.plan.family(family).act.get(index), parent.map_or(Vec::new(), |parent| self.actors(parent)))
    }
}

fn chain(actor: Option<u32>, nested: Vec<u32>) -> Vec<u32> {
    let outermost = actor.filter(|actor| nested.first() != Some(actor));
    outermost.into_iter().chain(nested).collect()
}
