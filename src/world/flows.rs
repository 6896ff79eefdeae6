//! Flow rules: whoever has read from some collections is refused some operations from then on.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Bits, Plan};
use crate::wire::{CollId, FlowId, Key, OpId};

use super::limits::Counted;

/// Who has read what the rules are about.
pub(super) struct Flows {
    plan: Arc<Plan>,
    /// Collections that some rule is about.
    watched: Bits,
    read: BTreeSet<(FlowId, Key)>,
}

impl Flows {
    pub fn new(plan: Arc<Plan>) -> Flows {
        let watched = plan.controls.flows.iter().flat_map(|flow| &flow.after_reading).map(|coll| coll.number());
        Flows { watched: watched.collect(), plan, read: BTreeSet::new() }
    }

    /// Nobody has read anything yet.
    pub fn reset(&mut self) {
        self.read.clear();
    }

    /// Whether a rule is about reading from this collection.
    #[inline]
    pub fn watch(&self, coll: CollId) -> bool {
        self.watched.contains(coll.number())
    }

    /// Somebody read from a collection. Returns the keys that are refused something from now on.
    pub fn note(&mut self, coll: CollId, who: Counted) -> Vec<Key> {
        let mut fresh = Vec::new();
        for (flow, spec) in (0..).map(FlowId::new).zip(&self.plan.controls.flows) {
            let key = who.key(spec.key).filter(|_| spec.after_reading.contains(&coll));
            fresh.extend(key.filter(|key| self.read.insert((flow, *key))));
        }
        fresh
    }

    /// Whether nobody has read yet what a rule is about.
    #[inline]
    pub fn are_idle(&self) -> bool {
        self.read.is_empty()
    }

    /// Whether a rule is about calling this operation.
    pub fn guard(&self, op: OpId) -> bool {
        self.plan.controls.flows.iter().any(|flow| flow.on.contains(&op))
    }

    /// The first rule that refuses an operation to whoever asks, and how it says so.
    pub fn refuses(&self, op: OpId, who: Counted) -> Option<(FlowId, u16)> {
        let rules = (0..).map(FlowId::new).zip(&self.plan.controls.flows);
        let refusing = |(flow, spec): &(FlowId, &crate::model::control::Flow)| {
            spec.armed
                && spec.on.contains(&op)
                && who.key(spec.key).is_some_and(|key| self.read.contains(&(*flow, key)))
        };
        rules.clone().find(refusing).map(|(flow, spec)| (flow, spec.status))
    }
}
