//! CPU time, and the yardstick that goes with a machine that is faster at one time than at another.

use std::hint::black_box;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};
use rustix::time::{ClockId, clock_gettime};

/// How long this thread has had a processor.
pub fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The CPU time of something.
pub fn taken<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let before = thread_cpu();
    let result = work();
    (result, thread_cpu() - before)
}

/// One `next_u64` of ChaCha8.
pub fn one_draw() -> Duration {
    const DRAWS: u32 = 100_000_000;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (sum, cpu) = taken(|| (0..DRAWS).fold(0u64, |sum, _| sum.wrapping_add(rng.next_u64())));
    black_box(sum);
    cpu / DRAWS
}
