//! What a limit tolerates, as far as two states of it can be held against each other.

use serde::{Deserialize, Serialize};

use crate::model::expect::{Claim, Demand, Value};
use crate::verdict::{claimed, demanded};

/// What a limit tolerates.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerated {
    /// As people read it: `at most 10 s`.
    pub told: String,
    /// The least and the most that is tolerated, in the unit of the measure; nothing where there is no such bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<f64>,
    /// The word that it has to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// In what share of the seeds it has to be so; else in the scenario's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}

impl Tolerated {
    pub fn of(claim: &Claim) -> Tolerated {
        let number = |value: &Value| match value {
            Value::Count(n) | Value::Money(n) => Some(*n as f64),
            Value::Share(number) | Value::Number(number) => Some(*number),
            Value::Time(span) => Some(span.0 as f64),
            // As a bound it bounds nothing.
            Value::Word(_) | Value::Never => None,
        };
        let (least, most) = match &claim.demand {
            Demand::Is(value) => (number(value), number(value)),
            Demand::AtLeast(least) => (number(least), None),
            Demand::AtMost(most) => (None, number(most)),
            Demand::Between { least, most } => (number(least), number(most)),
        };
        let word = match &claim.demand {
            Demand::Is(Value::Word(word)) | Demand::AtMost(Value::Word(word)) => Some(word.clone()),
            // The least that is tolerated is what never comes.
            Demand::Is(Value::Never) | Demand::AtLeast(Value::Never) => Some("never".to_owned()),
            _ => None,
        };
        let told = demanded(&claim.demand);
        let told = claim.over.map_or(told.clone(), |over| format!("{told} in {}", claimed(over)));
        Tolerated { told, least, most, word, share: claim.over.map(|over| over.probability) }
    }

    /// Whether something is tolerated that `before` did not tolerate. What cannot be told apart from that is.
    pub fn is_looser_than(&self, before: &Tolerated) -> bool {
        let more = before.most.is_some_and(|most| self.most.is_none_or(|now| now > most));
        let less = before.least.is_some_and(|least| self.least.is_none_or(|now| now < least));
        let rarer = match (before.share, self.share) {
            (Some(before), Some(now)) => now < before,
            (None, Some(now)) => now < 1.0,
            // It was so in many seeds, and has to be so in one.
            (Some(_), None) => true,
            (None, None) => false,
        };
        let other = before.word.is_some() && self.word != before.word;
        more || less || rarer || other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::expect::OverSeeds;
    use crate::wire::Span;

    fn tolerated(demand: Demand, probability: Option<f64>) -> Tolerated {
        let over = probability.map(|probability| OverSeeds { seeds: 50, probability, give_or_take: 0.0 });
        Tolerated::of(&Claim { measure: "closed".to_owned(), demand, over })
    }

    fn most(seconds: u64) -> Tolerated {
        tolerated(Demand::AtMost(Value::Time(Span::from_secs(seconds))), None)
    }

    #[test]
    fn more_is_looser_and_less_is_not() {
        assert!(most(11).is_looser_than(&most(10)));
        assert!(!most(10).is_looser_than(&most(10)));
        assert!(!most(9).is_looser_than(&most(10)));
        assert!(tolerated(Demand::AtMost(Value::Never), None).is_looser_than(&most(10)));
        assert!(!most(10).is_looser_than(&tolerated(Demand::AtMost(Value::Never), None)));
    }

    #[test]
    fn a_bound_that_is_gone_is_looser() {
        let between = |least, most| Demand::Between { least: Value::Count(least), most: Value::Count(most) };
        let both = tolerated(between(2, 5), None);
        assert!(tolerated(Demand::AtMost(Value::Count(5)), None).is_looser_than(&both));
        assert!(tolerated(Demand::AtLeast(Value::Count(2)), None).is_looser_than(&both));
        assert!(tolerated(between(1, 5), None).is_looser_than(&both));
        assert!(!tolerated(between(3, 4), None).is_looser_than(&both));
    }

    #[test]
    fn fewer_seeds_that_must_agree_are_looser() {
        let over = |share| tolerated(Demand::AtMost(Value::Count(5)), share);
        assert!(over(Some(0.9)).is_looser_than(&over(Some(0.95))));
        assert!(over(Some(0.9)).is_looser_than(&over(None)));
        assert!(over(None).is_looser_than(&over(Some(0.9))));
        assert!(!over(Some(0.99)).is_looser_than(&over(Some(0.95))));
    }

    #[test]
    fn another_word_is_looser() {
        let word = |word: &str| tolerated(Demand::AtMost(Value::Word(word.to_owned())), None);
        assert!(word("not-contained").is_looser_than(&word("contained")));
        assert!(!word("contained").is_looser_than(&word("contained")));
    }
}
