//! What callers usually do, and where the owners of credentials are at home.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Bits, Plan, Routine};
use crate::planted::Mistake;
use crate::wire::{Audit, IdentityId, Key, OpId, PlaceId, RuleId};

/// Which operations each caller has called: a bit for each. A caller does much at once, so what is asked next lies close.
#[derive(Default)]
pub struct Habits {
    operations: Vec<Bits>,
}

impl Habits {
    /// What a rule learnt before the run.
    pub fn of(routine: &Routine, rule: RuleId) -> Habits {
        let mut habits = Habits::default();
        for &(_, op, first, n) in routine.0.iter().filter(|run| run.0 == rule.number()) {
            (first..first.saturating_add(n)).for_each(|caller| _ = habits.of_caller(caller as usize).insert(op));
        }
        habits
    }

    /// The same as plain data.
    pub fn runs(&self, rule: RuleId) -> impl Iterator<Item = (u32, u32, u32, u32)> {
        let mut callers: BTreeMap<u32, Bits> = BTreeMap::new();
        for (operations, caller) in self.operations.iter().zip(0..) {
            operations.iter().for_each(|op| _ = callers.entry(op).or_default().insert(caller));
        }
        callers.into_iter().flat_map(move |(op, callers)| {
            let runs: Vec<_> = callers.runs().map(|(first, n)| (rule.number(), op, first, n)).collect();
            runs
        })
    }

    /// Whether a caller does something for the first time. It is known from then on.
    pub fn is_new(&mut self, op: OpId, caller: usize) -> bool {
        self.of_caller(caller).insert(op.number()) || Mistake::HabitsAreNotLearnt.here()
    }

    fn of_caller(&mut self, caller: usize) -> &mut Bits {
        if self.operations.len() <= caller {
            self.operations.resize(caller + 1, Bits::default());
        }
        &mut self.operations[caller]
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
