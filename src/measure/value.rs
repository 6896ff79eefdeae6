//! A measured value, and how well it is known.

use std::cmp::Ordering;

use crate::model::expect::{Demand, Value as Expected};
use crate::planted::Mistake;
use crate::wire::Span;

/// A value with its evidence.
#[derive(Clone, PartialEq, Debug)]
pub enum Measured {
    Exact(Value),
    /// Between these, both included: something was queued, or never answered, or there was nothing to divide by. Up to
    /// [`NO_BOUND`] is any number.
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
    /// It did not come, and there was nothing for which it should have: nothing to detect, no door to shut. In so many words.
    Moot(&'static str),
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
    /// How many times.
    Factor(f64),
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
            Measured::Never | Measured::Moot(_) => "censored",
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
            (Measured::Never | Measured::Moot(_), expected) => Some(*expected == Expected::Never),
            (Measured::Bounded { lo, hi }, expected) => match number(expected)? {
                n if n < *lo as f64 || n > *hi as f64 => Some(false),
                _ => (lo == hi).then_some(true),
            },
            (Measured::Sampled { lo, hi, .. }, expected) => {
                Some(number(expected).is_some_and(|n| *lo <= n + ROUNDING && n <= *hi + ROUNDING))
            }
            (Measured::Exact(Value::Factor(times)), Expected::Count(n)) => Some(times.round() == *n as f64),
            (Measured::Exact(value), expected) => Some(value.beside(expected) == Some(Ordering::Equal)),
        }
    }

    /// Whether the value stays within a limit; nothing where that cannot be told. What never came within the run is
    /// beyond any limit of time, unless there was nothing for which it should have come.
    pub fn within(&self, limit: &Expected) -> Option<bool> {
        match (self, limit) {
            (Measured::Unknown { .. }, _) => None,
            (Measured::Never, _) if Mistake::NeverIsInTime.here() => Some(true),
            (Measured::Never, Expected::Never) => Some(true),
            (Measured::Moot(_), _) => Some(!Mistake::PreventedIsLate.here()),
            (Measured::Never, _) | (Measured::Exact(_), Expected::Never) => Some(false),
            (Measured::Bounded { lo, hi }, limit) => match number(limit)? {
                most if Mistake::BoundsAreCertain.here() => Some(*lo as f64 <= most),
                most if *hi as f64 <= most => Some(true),
                most if *lo as f64 > most => Some(false),
                _ => None,
            },
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
            (Measured::Never | Measured::Moot(_), _) => Some(true),
            (Measured::Exact(_), Expected::Never) => Some(false),
            (Measured::Bounded { lo, hi }, least) => match number(least)? {
                least if *lo as f64 >= least => Some(true),
                least if (*hi as f64) < least => Some(false),
                _ => None,
            },
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
            (Value::Share(a) | Value::Factor(a), expected) => match number(expected)? {
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
            Measured::Moot(why) => f.write_str(why),
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
            Value::Factor(times) => write!(f, "{times:.0}"),
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
mod tests;
