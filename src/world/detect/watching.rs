//! Which rules look at which operations.

use indexmap::IndexSet;

use super::watches;
use crate::model::Plan;
use crate::model::control::Detector;
use crate::wire::OpId;

/// The rules that a line about an operation can matter to. Many operations are watched alike: each names its list, and
/// the few lists stay in the processor's cache.
pub struct Watching {
    lists: Vec<Box<[u32]>>,
    of: Vec<u32>,
}

impl Watching {
    pub fn new(plan: &Plan, all: &[Detector]) -> Watching {
        let mut lists = IndexSet::new();
        let mut list = |op: OpId| {
            let rules = (0..).zip(all).filter_map(|(at, spec)| watches(plan, spec, op).then_some(at));
            lists.insert_full(rules.collect()).0 as u32
        };
        let of = plan.operation_ids().map(&mut list).collect();
        Watching { lists: lists.into_iter().collect(), of }
    }

    #[inline]
    pub fn rules(&self, op: OpId) -> &[u32] {
        &self.lists[self.of[op.index()] as usize]
    }
}
