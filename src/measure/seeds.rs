//! The same scenario under many seeds: how often a claim held, and how far each measure spread. Never a mean alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Plan;
use crate::model::expect::{Claim, OverSeeds};

use super::binomial;
use super::registry::{self, Needs, Unit};
use super::value::{Measured, Value, counted};

/// What was measured under a row of seeds, as plain data: it stands in the journal.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Seeds {
    /// The first of the row: the run's own.
    pub first: u64,
    pub count: u32,
    /// Of the claims over seeds, truth first, in their order.
    pub tallies: Vec<Tally>,
    pub spreads: Vec<Spread>,
}

/// In how many seeds a claim held.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    pub held: u32,
    /// Where it could not be told.
    pub untold: u32,
    pub of: u32,
}

/// A measure over all seeds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spread {
    pub measure: String,
    /// Least, 5 %, median, 95 %, most: in the unit of the measure, nothing where it never came. Empty for words.
    pub quantiles: Vec<Option<f64>>,
    /// In how many seeds it never came.
    pub never: u32,
    /// In how many seeds there was nothing to wait for.
    #[serde(default)]
    pub moot: u32,
    /// In how many seeds it is not known, or known between bounds only.
    pub untold: u32,
    /// How often each word came out.
    pub words: BTreeMap<String, u32>,
}

/// The quantiles that are kept, in thousandths.
const QUANTILES: [usize; 5] = [0, 50, 500, 950, 1_000];

/// The measures that a run over seeds has to compute for its claims.
pub fn claimed(plan: &Plan) -> Vec<&'static registry::Measure> {
    let named = |measure: &&registry::Measure| plan.expectations.claims().any(|claim| claim.measure == measure.key);
    // What one agent alone spreads is measured over seeds of its own.
    registry::MEASURES.iter().filter(|measure| measure.needs() < Needs::OneAlone).filter(named).collect()
}

impl Seeds {
    /// Sums up what was measured under each seed: a row for each, a column for each of `measures`.
    pub fn of(plan: &Plan, measures: &[&'static registry::Measure], rows: &[Vec<Measured>]) -> Seeds {
        let column = |key: &str| measures.iter().position(|measure| measure.key == key);
        let tally = |claim: &Claim| {
            let (column, over) = (column(&claim.measure)?, claim.over?);
            let rows = rows.iter().take(over.seeds as usize);
            Some(Tally::of(claim, rows.filter_map(|row| row.get(column))))
        };
        Seeds {
            first: plan.seed,
            count: rows.len() as u32,
            tallies: plan.expectations.claims().filter_map(tally).collect(),
            spreads: (0..measures.len())
                .map(|at| Spread::of(measures[at].key, rows.iter().filter_map(|row| row.get(at))))
                .collect(),
        }
    }
}

impl Tally {
    fn of<'m>(claim: &Claim, values: impl Iterator<Item = &'m Measured>) -> Tally {
        values.fold(Tally::default(), |tally, value| match value.meets(&claim.demand) {
            Some(true) => Tally { held: tally.held + 1, of: tally.of + 1, ..tally },
            Some(false) => Tally { of: tally.of + 1, ..tally },
            None => Tally { untold: tally.untold + 1, of: tally.of + 1, ..tally },
        })
    }

    /// Which shares of all seeds go with what was seen: 95 %, exact. Where a seed could not be told, it may be either.
    pub fn interval(self) -> (f64, f64) {
        (binomial::interval(self.held, self.of).0, binomial::interval(self.held + self.untold, self.of).1)
    }

    /// Whether the share that was claimed can be the true one.
    pub fn agrees(self, over: OverSeeds) -> bool {
        let (lo, hi) = self.interval();
        lo <= over.probability + over.give_or_take && over.probability - over.give_or_take <= hi
    }

    /// Whether it holds in at least the share that was asked for; nothing where so few seeds do not tell.
    pub fn suffices(self, over: OverSeeds) -> Option<bool> {
        let (lo, hi) = self.interval();
        let in_every_one = over.probability >= 1.0;
        match () {
            _ if hi < over.probability => Some(false),
            _ if lo >= over.probability || in_every_one && self.held == self.of => Some(true),
            _ => None,
        }
    }
}

impl Spread {
    fn of<'m>(measure: &str, values: impl Iterator<Item = &'m Measured>) -> Spread {
        let mut spread = Spread {
            measure: measure.to_owned(),
            quantiles: Vec::new(),
            never: 0,
            moot: 0,
            untold: 0,
            words: BTreeMap::new(),
        };
        let mut numbers = Vec::new();
        for value in values {
            match value {
                Measured::Exact(Value::Word(word)) => *spread.words.entry((*word).to_owned()).or_default() += 1,
                Measured::Exact(Value::Count(n) | Value::Money(n)) => numbers.push(*n as f64),
                Measured::Exact(Value::Time(span)) => numbers.push(span.0 as f64),
                Measured::Exact(Value::Share(n) | Value::Factor(n)) => numbers.push(*n),
                Measured::Sampled { mean, .. } => numbers.push(*mean),
                Measured::Never => spread.never += 1,
                // Where there was nothing to wait for, no time tells how long it took.
                Measured::Moot(_) => spread.moot += 1,
                Measured::Bounded { .. } | Measured::Unknown { .. } => spread.untold += 1,
            }
        }
        numbers.sort_by(f64::total_cmp);
        let told = numbers.len() + spread.never as usize;
        if told > 0 {
            // The smallest value that so many thousandths of the seeds do not exceed; what never came lies behind all.
            let rank = |thousandths: usize| (told * thousandths).div_ceil(1_000).max(1) - 1;
            spread.quantiles = QUANTILES.iter().map(|q| numbers.get(rank(*q)).copied()).collect();
        }
        spread
    }

    /// How often each word came out, or that nothing is known.
    pub fn in_words(&self) -> String {
        let told = self.words.iter().map(|(word, n)| format!("{word} in {}", counted(u64::from(*n), "seed")));
        let moot = (self.moot > 0).then(|| format!("nothing to wait for in {}", counted(self.moot.into(), "seed")));
        let untold = (self.untold > 0).then(|| format!("not known in {}", counted(self.untold.into(), "seed")));
        told.chain(moot).chain(untold).collect::<Vec<_>>().join(", ")
    }

    /// The quantiles as people read them.
    pub fn shown(&self) -> Vec<String> {
        let unit = registry::find(&self.measure).map_or(Unit::Count, |measure| measure.unit);
        self.quantiles.iter().map(|q| q.map_or_else(|| Measured::Never.to_string(), |q| in_unit(unit, q))).collect()
    }
}

fn in_unit(unit: Unit, value: f64) -> String {
    let value = match unit {
        Unit::Count | Unit::Word => Value::Count(value as u64),
        Unit::Share => Value::Share(value),
        Unit::Time => Value::Time(crate::wire::Span(value as u64)),
        Unit::Mean => return format!("{value:.2}"),
        Unit::Factor => Value::Factor(value),
        Unit::Money => Value::Money(value as u64),
    };
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::expect::{Demand, Value as Expected};
    use crate::wire::Tick;

    fn share(probability: f64, give_or_take: f64) -> OverSeeds {
        OverSeeds { seeds: 50, probability, give_or_take }
    }

    fn tally(held: u32, of: u32) -> Tally {
        Tally { held, untold: 0, of }
    }

    #[test]
    fn in_every_seed_means_every_one() {
        assert!(tally(50, 50).agrees(share(1.0, 0.0)));
        assert!(!tally(49, 50).agrees(share(1.0, 0.0)));
        assert!(tally(0, 50).agrees(share(0.0, 0.0)));
        assert!(!tally(1, 50).agrees(share(0.0, 0.0)));
    }

    /// 843 of 1,500 are 56.2 %, and the exact interval goes 2.5 % either way.
    #[test]
    fn a_share_agrees_while_its_interval_reaches_it() {
        let seen = tally(843, 1_500);
        for (probability, give_or_take, agrees) in
            [(0.56, 0.0, true), (0.53, 0.0, false), (0.53, 0.03, true), (0.60, 0.0, false), (0.60, 0.03, true)]
        {
            assert_eq!(seen.agrees(share(probability, give_or_take)), agrees, "{probability} ± {give_or_take}");
        }
    }

    #[test]
    fn a_limit_needs_enough_seeds() {
        assert_eq!(tally(50, 50).suffices(share(0.9, 0.0)), Some(true), "at least 92.9 %");
        assert_eq!(tally(10, 10).suffices(share(0.9, 0.0)), None, "at least 69.2 % only");
        assert_eq!(tally(10, 10).suffices(share(1.0, 0.0)), Some(true), "all that were run");
        assert_eq!(tally(40, 50).suffices(share(0.95, 0.0)), Some(false), "at most 90.0 %");
    }

    #[test]
    fn a_seed_that_cannot_be_told_may_be_either() {
        let seen = Tally { held: 49, untold: 1, of: 50 };
        assert!(seen.agrees(share(1.0, 0.0)));
        assert_eq!(seen.suffices(share(1.0, 0.0)), None);
    }

    #[test]
    fn what_never_came_lies_behind_every_time() {
        let times =
            (1..=18).map(|s| Measured::time(Some(Tick(s * 1_000_000)))).chain([Measured::Never, Measured::Never]);
        let times: Vec<Measured> = times.collect();
        let spread = Spread::of("closed", times.iter());
        assert_eq!(spread.shown(), ["1 s", "1 s", "10 s", "never", "never"]);
        assert_eq!(spread.never, 2);
    }

    #[test]
    fn where_nothing_was_to_be_waited_for_no_time_is_told() {
        let moot = || Measured::Moot("nothing to detect");
        let spread = Spread::of("detected", [moot(), moot(), Measured::time(Some(Tick(2_000_000)))].iter());
        assert_eq!((spread.shown(), spread.moot), (vec!["2 s".to_owned(); 5], 2));
        let none = Spread::of("detected", [moot(), moot()].iter());
        assert_eq!((none.shown(), none.in_words()), (Vec::new(), "nothing to wait for in 2 seeds".to_owned()));
    }

    #[test]
    fn words_are_told_with_what_is_not_known() {
        let words = |values: &[Measured]| Spread::of("outcome", values.iter()).in_words();
        let contained = || Measured::Exact(Value::Word("contained"));
        let unknown = || Measured::unknown("x");
        assert_eq!(words(&[contained(), contained()]), "contained in 2 seeds");
        assert_eq!(words(&[contained(), unknown()]), "contained in 1 seed, not known in 1 seed");
        assert_eq!(words(&[unknown(), unknown(), unknown()]), "not known in 3 seeds");
    }

    #[test]
    fn a_tally_counts_what_meets_the_claim() {
        let demand = Demand::AtLeast(Expected::Count(3));
        let claim = Claim { measure: "reach".into(), demand, over: Some(share(1.0, 0.0)) };
        let values: Vec<Measured> = (0..5).map(Measured::count).chain([Measured::unknown("x")]).collect();
        assert_eq!(Tally::of(&claim, values.iter()), Tally { held: 2, untold: 1, of: 6 });
    }
}
