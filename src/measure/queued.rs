//! Work that was accepted and happens later.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::model::service::Act;
use crate::wire::{CollId, CredId, OpId, RequestId, Tick};

/// Work that was accepted and happens later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueuedEffect {
    pub id: RequestId,
    pub op: OpId,
    pub cred: Option<CredId>,
    pub queued: Tick,
    /// When it happened or was cancelled.
    pub ended: Option<Tick>,
    /// What has not happened is excess unless the operation is allowed whatever it touches.
    pub(super) excess: bool,
}

/// The most pairs that those of them that have not happened can touch.
pub fn most(jobs: &[QueuedEffect], plan: &Plan) -> u64 {
    let waiting = jobs.iter().filter(|job| job.ended.is_none()).map(|job| plan.operation(job.op));
    let mut most: BTreeMap<CollId, u64> = BTreeMap::new();
    for (coll, op) in waiting.filter_map(|op| Some((op.target?, op))) {
        let (all, records) = (plan.within(coll), u64::from(plan.collection(coll).count));
        let each = match op.act {
            Act::One { .. } => 1 + all - records,
            _ => all,
        };
        let sum = most.entry(coll).or_default();
        *sum = all.min(*sum + each);
    }
    most.values().sum()
}
