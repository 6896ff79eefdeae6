//! What callers have read of what they may carry out.

use crate::model::Plan;
use crate::model::control::Follows;
use crate::wire::{Audit, Effect, Key, Tick};

use super::shows_records;
use std::collections::BTreeMap;

/// When each caller last read from the collections that a rule is about.
#[derive(Default)]
pub(super) struct Readings(BTreeMap<Key, Tick>);

impl Readings {
    /// Follows what a caller does. When they read what they now carry on, if that is what the rule is about.
    pub fn follow(&mut self, plan: &Plan, audit: &Audit, key: Key, follows: &Follows) -> Option<Tick> {
        let op = plan.operation(audit.op);
        let reads = op.effect == Effect::Read && shows_records(op.act) && audit.rows > 0;
        if reads && op.target.is_some_and(|coll| follows.after_reading.contains(&coll)) {
            self.0.insert(key, audit.at);
        }
        if !follows.on.contains(&audit.op) {
            return None;
        }
        let in_time = |read: &Tick| follows.within.is_none_or(|within| audit.at.since(*read) < within);
        self.0.get(&key).copied().filter(in_time)
    }
}
