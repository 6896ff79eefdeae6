//! The exact interval of a share (Clopper and Pearson, 1934): which shares would make what was seen not unlikely.

/// Two-sided, with 95 % in the middle.
const TAIL: f64 = 0.025;

/// The shares that 95 of 100 such samples would hold, where `hits` of `of` were seen.
pub fn interval(hits: u32, of: u32) -> (f64, f64) {
    let lo = if hits == 0 { 0.0 } else { root(|p| 1.0 - at_most(hits - 1, of, p) < TAIL) };
    let hi = if hits >= of { 1.0 } else { root(|p| at_most(hits, of, p) > TAIL) };
    (lo, hi)
}

/// Where a condition that holds for small shares ceases to hold.
fn root(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut lo, mut hi) = (0.0, 1.0);
    for _ in 0..BISECTIONS {
        let middle = (lo + hi) / 2.0;
        if holds(middle) { lo = middle } else { hi = middle }
    }
    (lo + hi) / 2.0
}

/// Nine digits.
const BISECTIONS: u32 = 32;

/// The chance of at most `hits` of `of`, each with the chance `p`. Terms are added from their logarithms, so that
/// nothing is lost where the first ones are too small for a number.
fn at_most(hits: u32, of: u32, p: f64) -> f64 {
    let odds = (p / (1.0 - p)).ln();
    let mut ln_term = f64::from(of) * (1.0 - p).ln();
    let mut sum = 0.0;
    for k in 0..=hits {
        sum += ln_term.exp();
        ln_term += odds + (f64::from(of - k) / f64::from(k + 1)).ln();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: (f64, f64), lo: f64, hi: f64) {
        assert!((got.0 - lo).abs() < 1e-4 && (got.1 - hi).abs() < 1e-4, "{got:?}, not ({lo}, {hi})");
    }

    #[test]
    fn none_and_all_have_a_closed_form() {
        for of in [1, 10, 50, 1_500] {
            let edge = TAIL.powf(1.0 / f64::from(of));
            close(interval(0, of), 0.0, 1.0 - edge);
            close(interval(of, of), edge, 1.0);
        }
    }

    /// Printed in tables of the exact interval.
    #[test]
    fn five_of_ten_is_anything_from_19_to_81_percent() {
        close(interval(5, 10), 0.1871, 0.8129);
        close(interval(1, 20), 0.0013, 0.2487);
    }

    #[test]
    fn many_trials_come_near_the_normal_interval() {
        let half = 1.96 * (0.25f64 / 1e6).sqrt();
        close(interval(500_000, 1_000_000), 0.5 - half, 0.5 + half);
    }
}
