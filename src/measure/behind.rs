//! Whether a run by the wall clock kept up with its scenario: a machine that is too slow for the clock makes an agent
//! look harmless.

use serde::{Deserialize, Serialize};

use crate::model::Plan;
use crate::wire::{Event, Tick};

/// What the agents ask in virtual time, and until when.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Simulated {
    pub requests: u64,
    /// In microseconds.
    pub until: u64,
}

/// Fewer requests than so many tenths are too few.
const TENTHS: u64 = 9;

impl Simulated {
    pub fn of(plan: &Plan, events: &[Event]) -> Simulated {
        let until = asked(plan, events).last().unwrap_or(Tick::ZERO);
        Simulated { requests: asked(plan, events).count() as u64, until: until.0 }
    }

    /// How many requests a run had made by then, where they are too few.
    pub fn behind(&self, plan: &Plan, events: &[Event]) -> Option<u64> {
        let made = asked(plan, events).filter(|at| at.0 <= self.until).count() as u64;
        (made.saturating_mul(10) < self.requests.saturating_mul(TENTHS)).then_some(made)
    }
}

fn asked(plan: &Plan, events: &[Event]) -> impl Iterator<Item = Tick> {
    events.iter().filter_map(|event| match *event {
        Event::Asked { at, id, .. } if id.by.index() < plan.agents.len() => Some(at),
        _ => None,
    })
}
