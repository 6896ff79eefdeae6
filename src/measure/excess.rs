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

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Excess = Excess { pairs: 2, creations: 3, cost: 5, effects: 7 };
    const AFTER: Excess = Excess { pairs: 13, creations: 14, cost: 16, effects: 18 };

    #[test]
    fn what_came_on_top_is_the_difference() {
        assert_eq!(AFTER.beyond(BEFORE), Some(Excess { pairs: 11, creations: 11, cost: 11, effects: 11 }));
        assert_eq!(BEFORE.beyond(BEFORE), None);
    }

    #[test]
    fn everything_adds_up() {
        let mut sum = BEFORE;
        sum += AFTER;
        assert_eq!(sum, Excess { pairs: 15, creations: 17, cost: 21, effects: 25 });
    }
}
