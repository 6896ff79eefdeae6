//! When a process is killed: at drawn moments, one in each of equal parts of a span.

use std::fmt;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

/// The moments, with what draws the same again: the environment variable `KILL_SEED`.
pub struct Moments {
    seed: u64,
    pub all: Vec<Duration>,
}

impl Moments {
    pub fn drawn(times: u32, span: Duration) -> Moments {
        let given = std::env::var("KILL_SEED").ok().map(|seed| seed.parse().expect("KILL_SEED is a number"));
        let seed = given.unwrap_or_else(|| u64::from(jiff::Timestamp::now().subsec_nanosecond().unsigned_abs()));
        let (mut rng, part) = (ChaCha8Rng::seed_from_u64(seed), span / times.max(1));
        let all = (0..times).map(|n| part * n + part.mul_f64(rng.random_range(0.0..1.0))).collect();
        Moments { seed, all }
    }
}

impl fmt::Display for Moments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KILL_SEED={}", self.seed)
    }
}
