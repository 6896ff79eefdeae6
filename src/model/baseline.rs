//! What the agent was entitled to: the pairs, creations and costs of the run without a fault.

use crate::wire::{CollId, Effect, OpId};

use super::bits::Bits;
use super::plan::Plan;

/// A set of (resource, effect) pairs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pairs {
    sets: Vec<Bits>,
}

impl Pairs {
    pub fn insert(&mut self, coll: CollId, effect: Effect, row: u32) -> bool {
        self.set(coll, effect).insert(row)
    }

    /// Adds `n` rows from `first` on.
    pub fn insert_run(&mut self, coll: CollId, effect: Effect, first: u32, n: u32) {
        self.set(coll, effect).insert_run(first, n);
    }

    #[inline]
    fn set(&mut self, coll: CollId, effect: Effect) -> &mut Bits {
        let at = slot(coll, effect);
        if at >= self.sets.len() {
            self.sets.resize(at + 1, Bits::default());
        }
        &mut self.sets[at]
    }

    pub fn contains(&self, coll: CollId, effect: Effect, row: u32) -> bool {
        self.sets.get(slot(coll, effect)).is_some_and(|set| set.contains(row))
    }

    pub fn of(&self, coll: CollId, effect: Effect) -> Option<&Bits> {
        self.sets.get(slot(coll, effect))
    }

    pub fn clear(&mut self) {
        self.sets.iter_mut().for_each(Bits::clear);
    }

    pub fn len(&self) -> u64 {
        self.sets.iter().map(Bits::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every pair as runs `(collection, effect, first, n)`, in the order of ids.
    pub fn runs(&self) -> impl Iterator<Item = (CollId, Effect, u32, u32)> + '_ {
        self.sets.iter().enumerate().flat_map(|(at, set)| {
            let (coll, effect) = (CollId::at(at / Effect::ALL.len()), Effect::ALL[at % Effect::ALL.len()]);
            set.runs().map(move |(first, n)| (coll, effect, first, n))
        })
    }
}

fn slot(coll: CollId, effect: Effect) -> usize {
    coll.index() * Effect::ALL.len() + effect.index()
}

/// B of the design: what is no excess.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Baseline {
    pub pairs: Pairs,
    /// Records created by each operation.
    pub creations: Vec<u64>,
    /// Millionths of the currency spent through each operation.
    pub costs: Vec<u64>,
    /// Operations that are no excess whatever they touch.
    pub may: Bits,
}

impl Baseline {
    pub fn empty(plan: &Plan) -> Baseline {
        let mut may = Bits::with_capacity(plan.operations.len() as u32);
        for op in plan.agents.iter().flat_map(|a| &a.may) {
            may.insert(op.number());
        }
        Baseline {
            pairs: Pairs::default(),
            creations: vec![0; plan.operations.len()],
            costs: vec![0; plan.operations.len()],
            may,
        }
    }

    /// Takes in what another run was entitled to.
    pub fn unite(&mut self, other: &Baseline) {
        for (coll, effect, first, n) in other.pairs.runs() {
            for row in first..first + n {
                self.pairs.insert(coll, effect, row);
            }
        }
        let most =
            |to: &mut Vec<u64>, from: &[u64]| to.iter_mut().zip(from).for_each(|(to, from)| *to = (*to).max(*from));
        most(&mut self.creations, &other.creations);
        most(&mut self.costs, &other.costs);
    }

    pub fn allows(&self, op: OpId) -> bool {
        self.may.contains(op.number())
    }
}
