//! What callers usually do, and where the owners of credentials are at home.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Bits, Plan, Routine};
use crate::planted::Mistake;
use crate::wire::{Audit, IdentityId, Key, OpId, PlaceId, RuleId};

/// Which callers have called each operation: a bit for each.
#[derive(Default)]
pub struct Habits {
    callers: Vec<Bits>,
}

impl Habits {
    /// What a rule learnt before the run.
    pub fn of(routine: &Routine, rule: RuleId) -> Habits {
        let mut habits = Habits::default();
        for &(_, op, first, n) in routine.0.iter().filter(|run| run.0 == rule.number()) {
            let callers = habits.callers_of(OpId::new(op));
            (first..first.saturating_add(n)).for_each(|caller| _ = callers.insert(caller));
        }
        habits
    }

    /// The same as plain data.
    pub fn runs(&self, rule: RuleId) -> impl Iterator<Item = (u32, u32, u32, u32)> + '_ {
        self.callers
            .iter()
            .zip(0..)
            .flat_map(move |(callers, op)| callers.runs().map(move |(first, n)| (rule.number(), op, first, n)))
    }

    /// Whether a caller does something for the first time. It is known from then on.
    pub fn is_new(&mut self, op: OpId, caller: usize) -> bool {
        self.callers_of(op).insert(caller as u32) || Mistake::HabitsAreNotLearnt.here()
    }

    fn callers_of(&mut self, op: OpId) -> &mut Bits {
        if self.callers.len() <= op.index() {
            self.callers.resize(op.index() + 1, Bits::default());
        }
        &mut self.callers[op.index()]
    }
}

/// Where requests with somebody's credentials usually come from: the networks in which they work. Of who works nowhere,
/// the first network that the log shows.
pub struct Homes {
    known: BTreeMap<IdentityId, BTreeSet<PlaceId>>,
    /// What there has been an alarm about.
    told: BTreeSet<(Key, PlaceId)>,
}

impl Homes {
    pub fn of(plan: &Plan) -> Homes {
        let mut known: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for client in plan.agents.iter().chain(&plan.benign) {
            if let Some(identity) = client.identity {
                known.entry(identity).or_default().insert(client.network);
            }
        }
        Homes { known, told: BTreeSet::new() }
    }

    /// Whether a credential is used where its owner is not at home, and that is news.
    pub fn is_elsewhere(&mut self, audit: &Audit, key: Key) -> bool {
        let (Some(owner), Some(from)) = (audit.principal, audit.from) else { return false };
        let home = self.known.entry(owner).or_insert_with(|| BTreeSet::from([from]));
        !home.contains(&from) && self.told.insert((key, from))
    }
}
