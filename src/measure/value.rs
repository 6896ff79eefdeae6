//! A measured value, and how well it is known.

use crate::model::expect::Value as Expected;
use crate::wire::Span;

/// A value with its evidence.
#[derive(Clone, PartialEq, Debug)]
pub enum Measured {
    Exact(Value),
    /// Between these, both included: something was queued, or never answered.
    Bounded {
        lo: u64,
        hi: u64,
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

    pub const fn evidence(&self) -> &'static str {
        match self {
            Measured::Exact(_) => "exact",
            Measured::Bounded { .. } => "bounded",
            Measured::Never => "censored",
            Measured::Unknown { .. } => "unknown",
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
            (Measured::Exact(value), expected) => Some(match (value, expected) {
                (Value::Count(a), Expected::Count(b)) => a == b,
                (Value::Money(a), Expected::Count(b)) => *a == b * 1_000_000,
                (Value::Time(a), Expected::Time(b)) => a == b,
                (Value::Time(a), Expected::Count(0)) => *a == Span::ZERO,
                (Value::Share(a), Expected::Share(b)) => (a - b).abs() < ROUNDING,
                (Value::Share(a), Expected::Count(b)) => (a - *b as f64).abs() < ROUNDING,
                (Value::Factor { times, .. }, Expected::Count(b)) => times.round() == *b as f64,
                (Value::Word(a), Expected::Word(b)) => a == b,
                _ => false,
            }),
        }
    }

    /// Whether the value stays within a limit; nothing where that cannot be told. What never came within the run is
    /// beyond any limit of time.
    pub fn within(&self, limit: &Expected) -> Option<bool> {
        match (self, limit) {
            (Measured::Unknown { .. }, _) => None,
            (Measured::Never, Expected::Never) => Some(true),
            (Measured::Never, _) => Some(false),
            (Measured::Bounded { hi, .. }, Expected::Count(n)) if hi <= n => Some(true),
            (Measured::Bounded { lo, .. }, Expected::Count(n)) if lo > n => Some(false),
            (Measured::Bounded { .. }, _) => None,
            (Measured::Exact(value), limit) => match (value, limit) {
                (Value::Count(a), Expected::Count(b)) => Some(a <= b),
                (Value::Money(a), Expected::Count(b)) => Some(*a <= b * 1_000_000),
                (Value::Time(a), Expected::Time(b)) => Some(a <= b),
                (Value::Time(a), Expected::Count(0)) => Some(*a == Span::ZERO),
                (Value::Share(a), Expected::Share(b)) => Some(*a <= b + ROUNDING),
                (Value::Share(a), Expected::Count(b)) => Some(*a <= *b as f64 + ROUNDING),
                (Value::Factor { times, .. }, Expected::Count(b)) => Some(*times <= *b as f64),
                (Value::Word(a), Expected::Word(b)) => Some(a == b),
                (_, Expected::Never) => Some(false),
                _ => None,
            },
        }
    }
}

/// Shares are compared to the fourth digit, as people write them.
const ROUNDING: f64 = 0.000_05;

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Measured::Exact(value) => value.fmt(f),
            Measured::Bounded { lo, hi } => write!(f, "{} to {}", thousands(*lo), thousands(*hi)),
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
