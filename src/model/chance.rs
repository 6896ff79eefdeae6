//! What is left to chance: how likely something is, and how long it takes.

use std::fmt;

use crate::wire::Span;

use super::rng::Stream;

/// A share of a whole, in millionths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Share(u32);

impl Share {
    pub const NONE: Share = Share(0);
    pub const WHOLE: Share = Share(1_000_000);

    /// The nearest to `share`, which lies between 0 and 1.
    pub fn of(share: f64) -> Share {
        Share((share.clamp(0.0, 1.0) * 1e6).round() as u32)
    }

    /// Between 0 and 1.
    pub fn share(self) -> f64 {
        f64::from(self.0) / f64::from(Share::WHOLE.0)
    }

    /// Whether it happens this time. What is certain draws nothing.
    pub fn happens(self, stream: &mut Stream) -> bool {
        match self {
            Share::NONE => false,
            Share::WHOLE => true,
            Share(millionths) => stream.below(u64::from(Share::WHOLE.0)) < u64::from(millionths),
        }
    }
}

/// How long something takes that a person does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    Always(Span),
    /// The logarithm of the time is normally distributed, through these two quantiles: a time is
    /// `median * (p95 / median) ^ (z / z95)`, where `z` is standard normal and `z95` is its 95 % quantile.
    LogNormal {
        median: Span,
        p95: Span,
    },
}

/// The 95 % quantile of the standard normal distribution.
const Z95: f64 = 1.644_853_626_951_472_6;

impl Takes {
    pub const NOTHING: Takes = Takes::Always(Span::ZERO);

    /// The time that half of all do not exceed.
    pub const fn median(self) -> Span {
        match self {
            Takes::Always(span) | Takes::LogNormal { median: span, .. } => span,
        }
    }

    /// How long it takes this time, to the nearest microsecond.
    pub fn drawn(self, stream: &mut Stream) -> Span {
        match self {
            Takes::Always(span) => span,
            Takes::LogNormal { median, p95 } => {
                let (median, p95) = (median.0 as f64, p95.0 as f64);
                let time = median * libm::pow(p95 / median, stream.normal() / Z95);
                Span(time.round() as u64)
            }
        }
    }
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Takes::Always(span) => span.fmt(f),
            Takes::LogNormal { median, p95 } => write!(f, "{median} in the median, {p95} at p95,"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Draws;

    const PAGER: Takes = Takes::LogNormal { median: Span::from_secs(240), p95: Span::from_secs(1_200) };

    /// So many of `n` draws are no longer than `span`.
    fn no_longer(span: Span, n: u32) -> f64 {
        let mut stream = Stream::new(1, Draws::Response, 0);
        (0..n).filter(|_| PAGER.drawn(&mut stream) <= span).count() as f64
    }

    /// Within four standard deviations of the binomial.
    fn is_share(found: f64, n: u32, p: f64) {
        let (n, p) = (f64::from(n), p);
        let four = 4.0 * (n * p * (1.0 - p)).sqrt();
        assert!((found - n * p).abs() < four, "{found} of {n}, not {p}");
    }

    #[test]
    fn a_pager_keeps_its_quantiles() {
        const N: u32 = 40_000;
        is_share(no_longer(Span::from_secs(240), N), N, 0.50);
        is_share(no_longer(Span::from_secs(1_200), N), N, 0.95);
        // One standard deviation below the median: 240 s / 5^(1 / 1.64485) = 90.21 s, and 15.866 % lie below it.
        is_share(no_longer(Span::from_millis(90_210), N), N, 0.158_66);
        // 99 %: 240 s * 5^(2.32635 / 1.64485) = 2,337.6 s.
        is_share(no_longer(Span::from_millis(2_337_600), N), N, 0.99);
    }

    #[test]
    fn what_is_certain_draws_nothing() {
        let mut stream = Stream::new(1, Draws::Approval, 0);
        assert!(Share::of(1.0).happens(&mut stream) && !Share::of(0.0).happens(&mut stream));
        assert_eq!(Takes::Always(Span::SECOND).drawn(&mut stream), Span::SECOND);
        assert_eq!(stream.below(1 << 40), Stream::new(1, Draws::Approval, 0).below(1 << 40));
    }

    #[test]
    fn a_share_happens_as_often_as_it_says() {
        const N: u32 = 40_000;
        let mut stream = Stream::new(1, Draws::Approval, 0);
        let yes = (0..N).filter(|_| Share::of(0.9).happens(&mut stream)).count() as f64;
        is_share(yes, N, 0.9);
    }
}
