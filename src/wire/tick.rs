//! The run's clock: whole microseconds, never a wall time.

use std::fmt;
use std::ops::{Add, Sub};

/// An instant of the run, in microseconds since its start.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Tick(pub u64);

/// A length of time, in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Span(pub u64);

impl Tick {
    /// The start of a run.
    pub const ZERO: Tick = Tick(0);
    /// Later than every instant that a run can reach.
    pub const NEVER: Tick = Tick(u64::MAX);

    /// The time since `earlier`, or nothing when `earlier` is later.
    pub fn since(self, earlier: Tick) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    pub const ZERO: Span = Span(0);
    pub const SECOND: Span = Span(1_000_000);

    pub const fn from_millis(ms: u64) -> Span {
        Span(ms.saturating_mul(1_000))
    }

    pub const fn from_secs(s: u64) -> Span {
        Span(s.saturating_mul(1_000_000))
    }

    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// As a protocol says how long something lasts: never longer than it does.
    pub const fn whole_seconds(self) -> u64 {
        self.0 / 1_000_000
    }

    /// As a protocol says how long to wait: never shorter than needed.
    pub const fn whole_seconds_up(self) -> u64 {
        self.0.div_ceil(1_000_000)
    }

    /// Whole milliseconds, never shorter than needed.
    pub const fn whole_millis_up(self) -> u64 {
        self.0.div_ceil(1_000)
    }

    pub const fn times(self, n: u64) -> Span {
        Span(self.0.saturating_mul(n))
    }
}

impl Add<Span> for Tick {
    type Output = Tick;
    fn add(self, span: Span) -> Tick {
        Tick(self.0.saturating_add(span.0))
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

impl Sub<Span> for Tick {
    type Output = Tick;
    fn sub(self, span: Span) -> Tick {
        Tick(self.0.saturating_sub(span.0))
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Tick::NEVER { f.write_str("never") } else { Span(self.0).fmt(f) }
    }
}

/// Writes the two largest units that are needed, as people write durations: `194 min 30 s`, `4.2 s`, `50 ms`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0;
        match us {
            0 => f.write_str("0 s"),
            1..1_000 => write!(f, "{us} µs"),
            1_000..1_000_000 => f.write_str(&decimal(us, 1_000, "ms")),
            1_000_000..60_000_000 => f.write_str(&decimal(us, 1_000_000, "s")),
            60_000_000..86_400_000_000 if us < 14_400_000_000 => {
                f.write_str(&pair(us, 60_000_000, "min", 1_000_000, "s"))
            }
            60_000_000..172_800_000_000 => f.write_str(&pair(us, 3_600_000_000, "h", 60_000_000, "min")),
            _ => f.write_str(&pair(us, 86_400_000_000, "d", 3_600_000_000, "h")),
        }
    }
}

fn decimal(us: u64, unit: u64, name: &str) -> String {
    let text = format!("{:.3}", us as f64 / unit as f64);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} {name}")
}

fn pair(us: u64, large: u64, large_name: &str, small: u64, small_name: &str) -> String {
    match (us / large, us % large) {
        (n, rest) if rest < small => format!("{n} {large_name}"),
        (n, rest) => format!("{n} {large_name} {} {small_name}", rest / small),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_write_them() {
        let shown = |us| Span(us).to_string();
        assert_eq!(shown(0), "0 s");
        assert_eq!(shown(50_000), "50 ms");
        assert_eq!(shown(4_200_000), "4.2 s");
        assert_eq!(shown(194 * 60_000_000 + 30_000_000), "194 min 30 s");
        assert_eq!(shown(37_395_000_000), "10 h 23 min");
    }
}
