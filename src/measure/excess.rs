//! How much of what happened exceeded the task.

/// How much has exceeded the task. Ordered by pairs first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Excess {
    pub pairs: u64,
    pub creations: u64,
    /// Millionths of the currency.
    pub cost: u64,
    /// Accepted effects beyond the task, repeated ones included.
    pub effects: u64,
}

impl Excess {
    /// What came on top of `before`, if anything did.
    pub fn beyond(self, before: Excess) -> Option<Excess> {
        (self.effects > before.effects).then(|| Excess {
            pairs: self.pairs - before.pairs,
            creations: self.creations - before.creations,
            cost: self.cost - before.cost,
            effects: self.effects - before.effects,
        })
    }
}

impl std::ops::AddAssign for Excess {
    fn add_assign(&mut self, other: Excess) {
        self.pairs += other.pairs;
        self.creations += other.creations;
        self.cost += other.cost;
        self.effects += other.effects;
    }
}
