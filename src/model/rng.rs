//! Seeded streams: one per entity, so that a change in one shifts no draw of another.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use crate::wire::Span;

/// What a stream is drawn for. Each purpose has its own streams.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Draws {
    Latency,
    Replica,
    Exploration,
    Response,
    Generation,
    Start,
    Approval,
    Order,
    Action,
    Failure,
}

/// A portable stream of numbers. ChaCha8 is chosen for being the same on every machine and in every release.
#[derive(Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of one entity for one purpose.
    pub fn new(seed: u64, draws: Draws, entity: u32) -> Stream {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream((u64::from(draws as u8) << 32) | u64::from(entity));
        Stream(rng)
    }

    /// A number below `n`, without bias (Lemire, 2019). Zero for `n` = 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n < 2 {
            return 0;
        }
        let threshold = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.0.next_u64()) * u128::from(n);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// A number of the standard normal distribution, by the polar method (Marsaglia and Bray, 1964), with functions that
    /// are the same on every machine.
    pub fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (self.signed_unit(), self.signed_unit());
            let square = u * u + v * v;
            if square > 0.0 && square < 1.0 {
                return u * libm::sqrt(-2.0 * libm::log(square) / square);
            }
        }
    }

    /// A number from -1 on, below 1.
    fn signed_unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// Puts a row into an order in which each is equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, row: &mut [T]) {
        for last in (1..row.len()).rev() {
            row.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// A span from `least` to `most`, both included.
    pub fn span(&mut self, least: Span, most: Span) -> Span {
        Span(least.0 + self.below(most.0.saturating_sub(least.0) + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answer: a change of it changes every run.
    const KNOWN: [u64; 8] = [402, 80, 596, 219, 283, 710, 461, 152];

    #[test]
    fn streams_are_the_same_for_ever() {
        let mut stream = Stream::new(1, Draws::Latency, 0);
        let drawn: Vec<u64> = (0..8).map(|_| stream.below(1_000)).collect();
        assert_eq!(drawn, KNOWN);
    }

    #[test]
    fn entities_draw_from_streams_of_their_own() {
        let first = |entity| Stream::new(1, Draws::Latency, entity).below(u64::MAX);
        assert_ne!(first(0), first(1));
    }
}
