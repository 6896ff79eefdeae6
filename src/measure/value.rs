//! A measured value, and how well it is known.

use std::cmp::Ordering;

use crate::model::expect::{Demand, Value as Expected};
use crate::planted::Mistake;
use crate::wire::Span;

/// A value with its evidence.
#[derive(Clone, PartialEq, Debug)]
pub enum Measured {
    Exact(Value),
    /// Between these, both included: something was queued, or never answered. Up to [`NO_BOUND`] is any number.
    Bounded {
        lo: u64,
        hi: u64,
    },
    /// From a sample: its mean, and the interval that holds the true one in 95 of 100 cases.
    Sampled {
        mean: f64,
        lo: f64,
        hi: f64,
    },
    /// It did not come within the run.
    Never,
    Unknown {
        why: String,
    },
}

#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Count(u64),
    Share(f64),
    Time(Span),
    Word(&'static str),
    /// How many times; `at_least` where the other pace achieved nothing.
    Factor {
        times: f64,
        at_least: bool,
    },
    Money(u64),
}

impl Measured {
    pub fn count(n: u64) -> Measured {
        Measured::Exact(Value::Count(n))
    }

    pub fn unknown(why: impl Into<String>) -> Measured {
        Measured::Unknown { why: why.into() }
    }

    /// A time that may never come.
    pub fn time(at: Option<crate::wire::Tick>) -> Measured {
        at.map_or(Measured::Never, |at| Measured::Exact(Value::Time(Span(at.0))))
    }

    /// Makes a count one that is known from below only.
    pub fn open_ended(&mut self) {
        if let Measured::Exact(Value::Count(lo)) | Measured::Bounded { lo, .. } = *self {
            *self = Measured::Bounded { lo, hi: NO_BOUND };
        }
    }

    pub const fn evidence(&self) -> &'static str {
        match self {
            Measured::Exact(_) => "exact",
            Measured::Bounded { .. } => "bounded",
            Measured::Sampled { .. } => "sampled",
            Measured::Never => "censored",
            Measured::Unknown { .. } => "unknown",
        }
    }

    /// Whether the value is as demanded; nothing where that cannot be told.
    pub fn meets(&self, demand: &Demand) -> Option<bool> {
        match demand {
            Demand::Is(value) => self.equals(value),
            Demand::AtMost(most) => self.within(most),
            Demand::AtLeast(least) => self.reaches(least),
            Demand::Between { least, most } => match (self.reaches(least), self.within(most)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
        }
    }

    /// Whether the value is what was expected; nothing where that cannot be told.
    pub fn equals(&self, expected: &Expected) -> Option<bool> {
        match (self, expected) {
            (Measured::Unknown { .. }, _) => None,
            (Measured::Never, expected) => Some(*expected == Expected::Never),
            (Measured::Bounded { lo, hi }, Expected::Count(n)) if lo == hi => Some(lo == n),
            (Measured::Bounded { lo, hi }, Expected::Count(n)) if n < lo || n > hi => Some(false),
            (Measured::Bounded { .. }, _) => None,
            (Measured::Sampled { lo, hi, .. }, expected) => {
                Some(number(expected).is_some_and(|n| *lo <= n + ROUNDING && n <= *hi + ROUNDING))
            }
            (Measured::Exact(Value::Factor { times, .. }), Expected::Count(n)) => Some(times.round() == *n as f64),
            (Measured::Exact(value), expected) => Some(value.beside(expected) == Some(Ordering::Equal)),
        }
    }

    /// Whether the value stays within a limit; nothing where that cannot be told. What never came within the run is
    /// beyond any limit of time.
    pub fn within(&self, limit: &Expected) -> Option<bool> {
        match (self, limit) {
            (Measured::Unknown { .. }, _) => None,
            (Measured::Never, _) if Mistake::NeverIsInTime.here() => Some(true),
            (Measured::Never, Expected::Never) => Some(true),
            (Measured::Never, _) | (Measured::Exact(_), Expected::Never) => Some(false),
            (Measured::Bounded { lo, .. }, Expected::Count(n)) if Mistake::BoundsAreCertain.here() => Some(lo <= n),
            (Measured::Bounded { hi, .. }, Expected::Count(n)) if hi <= n => Some(true),
            (Measured::Bounded { lo, .. }, Expected::Count(n)) if lo > n => Some(false),
            (Measured::Bounded { .. }, _) => None,
            (Measured::Sampled { lo, hi, .. }, limit) => match number(limit)? + ROUNDING {
                most if *hi <= most => Some(true),
                most if *lo > most => Some(false),
                _ => None,
            },
            (Measured::Exact(Value::Word(a)), Expected::Word(b)) => Some(a == b),
            (Measured::Exact(value), limit) if Mistake::LimitsHoldBelow.here() => {
                value.beside(limit).map(|order| order == Ordering::Less)
            }
            (Measured::Exact(value), limit) => value.beside(limit).map(|order| order != Ordering::Greater),
        }
    }

    /// Whether the value is no less; nothing where that cannot be told. What never came within the run is later than
    /// any time.
    fn reaches(&self, least: &Expected) -> Option<bool> {
        match (self, least) {
            (Measured::Unknown { .. }, _) => None,
            (Measured::Never, _) => Some(true),
            (Measured::Exact(_), Expected::Never) => Some(false),
            (Measured::Bounded { lo, .. }, Expected::Count(n)) if lo >= n => Some(true),
            (Measured::Bounded { hi, .. }, Expected::Count(n)) if hi < n => Some(false),
            (Measured::Bounded { .. }, _) => None,
            (Measured::Sampled { lo, hi, .. }, least) => match number(least)? - ROUNDING {
                least if *lo >= least => Some(true),
                least if *hi < least => Some(false),
                _ => None,
            },
            (Measured::Exact(value), least) => value.beside(least).map(|order| order != Ordering::Less),
        }
    }
}

impl Value {
    /// Where it lies beside what was expected; nothing where the two are not of one kind, and for words that differ.
    fn beside(&self, expected: &Expected) -> Option<Ordering> {
        match (self, expected) {
            (Value::Count(a), Expected::Count(b)) => Some(a.cmp(b)),
            (Value::Money(a), Expected::Money(b)) => Some(a.cmp(b)),
            (Value::Time(a), Expected::Time(b)) => Some(a.cmp(b)),
            (Value::Time(a), Expected::Count(0)) => Some(a.cmp(&Span::ZERO)),
            (Value::Share(a), expected) | (Value::Factor { times: a, .. }, expected) => match number(expected)? {
                b if (a - b).abs() < ROUNDING => Some(Ordering::Equal),
                b => a.partial_cmp(&b),
            },
            (Value::Word(a), Expected::Word(b)) => (a == b).then_some(Ordering::Equal),
            _ => None,
        }
    }
}

/// A number without a unit.
fn number(expected: &Expected) -> Option<f64> {
    match expected {
        Expected::Count(n) => Some(*n as f64),
        Expected::Share(share) => Some(*share),
        Expected::Number(number) => Some(*number),
        Expected::Time(_) | Expected::Money(_) | Expected::Word(_) | Expected::Never => None,
    }
}

/// The upper end of what has none.
pub const NO_BOUND: u64 = u64::MAX;
/// Shares are compared to the fourth digit, as people write them.
const ROUNDING: f64 = 0.000_05;

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Measured::Exact(value) => value.fmt(f),
            Measured::Bounded { lo, hi: NO_BOUND } => write!(f, "at least {}", thousands(*lo)),
            Measured::Bounded { lo, hi } => write!(f, "{} to {}", thousands(*lo), thousands(*hi)),
            Measured::Sampled { mean, lo, hi } => write!(f, "{mean:.2} ({lo:.2} to {hi:.2})"),
            Measured::Never => f.write_str("never"),
            Measured::Unknown { why } => write!(f, "unknown: {why}"),
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Count(n) => f.write_str(&thousands(*n)),
            Value::Share(share) => write!(f, "{}", percent(*share)),
            Value::Time(span) => span.fmt(f),
            Value::Word(word) => f.write_str(word),
            Value::Factor { times, at_least: true } => write!(f, "at least {}", thousands(*times as u64)),
            Value::Factor { times, .. } => write!(f, "{times:.0}"),
            Value::Money(millionths) => write!(f, "{:.2}", *millionths as f64 / 1e6),
        }
    }
}

/// `1,412`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 record`, `1,412 records`.
pub fn counted(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", thousands(n)) }
}

/// `46 %`; never 0 % or 100 % of what is not none or all.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p > 0.0 && p < 0.1 => "under 0.1 %".to_owned(),
        p if p < 100.0 && p > 99.9 => "over 99.9 %".to_owned(),
        p if p.fract() == 0.0 || (10.0..99.5).contains(&p) => format!("{p:.0} %"),
        p => format!("{p:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_at_their_edge() {
        assert_eq!(Measured::count(5).within(&Expected::Count(5)), Some(true));
        assert_eq!(Measured::count(6).within(&Expected::Count(5)), Some(false));
        assert_eq!(Measured::Never.within(&Expected::Time(Span::SECOND)), Some(false));
        assert_eq!(Measured::unknown("x").within(&Expected::Count(5)), None);
        assert_eq!(Measured::Bounded { lo: 1, hi: 9 }.within(&Expected::Count(5)), None);
        assert_eq!(Measured::Bounded { lo: 6, hi: 9 }.within(&Expected::Count(5)), Some(false));
        assert_eq!(Measured::Bounded { lo: 1, hi: 5 }.within(&Expected::Count(5)), Some(true));
    }

    #[test]
    fn a_range_holds_at_both_edges() {
        let five_to_nine = Demand::Between { least: Expected::Count(5), most: Expected::Count(9) };
        let met: Vec<u64> = (0..20).filter(|n| Measured::count(*n).meets(&five_to_nine) == Some(true)).collect();
        assert_eq!(met, [5, 6, 7, 8, 9]);
        assert_eq!(Measured::Bounded { lo: 6, hi: 8 }.meets(&five_to_nine), Some(true));
        assert_eq!(Measured::Bounded { lo: 6, hi: 10 }.meets(&five_to_nine), None);
        assert_eq!(Measured::Bounded { lo: 10, hi: 12 }.meets(&five_to_nine), Some(false));
    }

    #[test]
    fn what_never_came_is_later_than_any_time() {
        let an_hour = Expected::Time(Span::from_secs(3_600));
        assert_eq!(Measured::Never.meets(&Demand::AtLeast(an_hour.clone())), Some(true));
        assert_eq!(Measured::Never.meets(&Demand::AtMost(an_hour)), Some(false));
    }

    #[test]
    fn a_sample_says_no_more_than_its_interval() {
        let sample = Measured::Sampled { mean: 2.0, lo: 1.8, hi: 2.2 };
        assert_eq!(sample.equals(&Expected::Count(2)), Some(true));
        assert_eq!(sample.equals(&Expected::Number(2.5)), Some(false));
        assert_eq!(sample.within(&Expected::Number(2.3)), Some(true));
        assert_eq!(sample.within(&Expected::Count(2)), None);
        assert_eq!(sample.within(&Expected::Share(0.99)), Some(false));
    }

    #[test]
    fn amounts_are_compared_with_their_fraction() {
        let half = Measured::Exact(Value::Money(500_000));
        assert_eq!(half.equals(&Expected::Money(500_000)), Some(true));
        assert_eq!(half.within(&Expected::Money(499_999)), Some(false));
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(thousands(1_412), "1,412");
        assert_eq!(thousands(412), "412");
        assert_eq!(counted(1, "PII record"), "1 PII record");
        assert_eq!(counted(0, "effect"), "0 effects");
        assert_eq!(counted(1_500, "credential"), "1,500 credentials");
        assert_eq!(percent(0.46), "46 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.0000001), "under 0.1 %");
        assert_eq!(percent(0.99999), "over 99.9 %");
    }
}
