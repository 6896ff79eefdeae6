//! Draws from one seeded stream.

use crate::model::{Draws, Stream};

/// What a stream of the generator is drawn for: a change in one part shifts no draw of another.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Part {
    Cast,
    Services,
    People,
    Data,
    Agents,
    Defence,
    /// What only whole worlds have.
    Whole,
}

pub struct Dice(Stream);

impl Dice {
    pub fn new(seed: u64, part: Part) -> Dice {
        Dice(Stream::new(seed, Draws::Generation, part as u32))
    }

    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: u32, most: u32) -> u32 {
        least + self.0.below(u64::from(most - least) + 1) as u32
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u32) -> bool {
        self.between(1, times) == 1
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.between(0, from.len() as u32 - 1) as usize]
    }

    /// From one to `most` different ones, in order.
    pub fn some<'a, T>(&mut self, from: &'a [T], most: u32) -> Vec<&'a T> {
        let mut wanted = self.between(1, most.min(from.len() as u32));
        let mut left = from.len() as u32;
        let mut taken = Vec::new();
        for item in from {
            if self.between(1, left) <= wanted {
                taken.push(item);
                wanted -= 1;
            }
            left -= 1;
            if wanted == 0 {
                break;
            }
        }
        taken
    }
}
