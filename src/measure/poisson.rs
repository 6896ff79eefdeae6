//! How well a rate is known from a count.

use statrs::distribution::{ContinuousCDF as _, Gamma};

/// The exact interval of the mean of a Poisson distribution from which `n` was drawn, at 95 % (Garwood, 1936): half a
/// quantile of chi-square with 2n degrees of freedom, and with 2n + 2.
pub fn garwood(n: u64) -> (f64, f64) {
    let quantile = |shape: u64, p: f64| Gamma::new(shape as f64, 1.0).map_or(0.0, |gamma| gamma.inverse_cdf(p));
    (if n == 0 { 0.0 } else { quantile(n, 0.025) }, quantile(n + 1, 0.975))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the usual tables of exact Poisson limits.
    #[test]
    fn intervals_are_those_of_the_tables() {
        for (n, lo, hi) in [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (3, 0.6187, 8.7673), (10, 4.7954, 18.3904)] {
            let (low, high) = garwood(n);
            assert!((low - lo).abs() < 5e-5 && (high - hi).abs() < 5e-5, "{n}: {low} to {high}");
        }
        let (low, high) = garwood(100);
        assert!((low - 81.364).abs() < 5e-4 && (high - 121.627).abs() < 5e-4, "{low} to {high}");
    }
}
