//! When the agents had nothing left to try, all of them.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::planted::Mistake;
use crate::wire::{ActorId, Event, Tick, Turn};

/// Who is out of work, and since when.
#[derive(Default)]
pub struct Exhausted(BTreeMap<ActorId, Tick>);

impl Exhausted {
    pub fn event(&mut self, event: &Event) {
        match *event {
            Event::Turned { at, by, turn: Turn::OutOfWork } => drop(self.0.insert(by, at)),
            // It found something to do after all.
            Event::Asked { id, .. } if !self.0.is_empty() => drop(self.0.remove(&id.by)),
            _ => {}
        }
    }

    /// Since when nobody had anything left; nothing while an agent has.
    pub fn of_all(&self, plan: &Plan) -> Option<Tick> {
        let agents: Option<Vec<Tick>> = (0..plan.agents.len()).map(|n| self.0.get(&ActorId::at(n)).copied()).collect();
        match agents {
            Some(agents) => agents.into_iter().max(),
            None if Mistake::OneIsAll.here() => self.0.values().copied().max(),
            None => None,
        }
    }
}
