//! What is counted within a window, by key.

use std::collections::{BTreeMap, VecDeque};

use crate::model::Bits;
use crate::planted::Mistake;
use crate::wire::{Audit, Key, OpId, Span, Tick};

/// What a rule has counted.
pub enum Counters {
    Sliding(Windows<Sliding>),
    /// Of different operations.
    Distinct(Windows<Tumbling>),
}

/// One window for each key. Dense keys are places in a table; of sparse ones there may be any number, so they are looked
/// up, and forgotten when their window has passed.
pub enum Windows<T> {
    Dense(Vec<T>),
    Sparse { by_key: BTreeMap<Place, T>, sweep_at: usize },
}

/// Whom a record counts for, and what it said where that counts too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The place of a dense key in its table.
    pub at: usize,
    pub key: Key,
    pub said: Option<(OpId, u64)>,
}

/// How many sparse windows are kept before the first sweep.
const FIRST_SWEEP: usize = 1_024;

/// A sliding window.
#[derive(Default)]
pub struct Sliding {
    /// The instants and weights in the window, oldest first.
    window: VecDeque<(Tick, u64)>,
    total: u64,
    quiet_until: Tick,
}

/// A tumbling window of different operations.
#[derive(Default)]
pub struct Tumbling {
    distinct: Bits,
    opened: Tick,
}

impl Counters {
    /// Adds a record; the instant of the first one in the window when the threshold is reached.
    pub fn add(&mut self, audit: &Audit, place: Place, weight: u64, (threshold, within): (u64, Span)) -> Option<Tick> {
        match self {
            Counters::Sliding(windows) => {
                let window = windows.at(place, |window| window.is_over(audit.at, within));
                window.add(audit.at, weight, threshold, within)
            }
            Counters::Distinct(windows) => {
                let window = windows.at(place, |window| audit.at.since(window.opened) >= within);
                window.add(audit, threshold, within)
            }
        }
    }
}

impl<T: Default> Windows<T> {
    pub fn dense() -> Windows<T> {
        Windows::Dense(Vec::new())
    }

    pub fn sparse() -> Windows<T> {
        Windows::Sparse { by_key: BTreeMap::new(), sweep_at: FIRST_SWEEP }
    }

    fn at(&mut self, place: Place, is_over: impl Fn(&T) -> bool) -> &mut T {
        match self {
            Windows::Dense(table) => {
                if table.len() <= place.at {
                    table.resize_with(place.at + 1, T::default);
                }
                &mut table[place.at]
            }
            Windows::Sparse { by_key, sweep_at } => {
                if by_key.len() >= *sweep_at {
                    by_key.retain(|_, window| !is_over(window));
                    *sweep_at = 2 * by_key.len().max(FIRST_SWEEP / 2);
                }
                by_key.entry(place).or_default()
            }
        }
    }
}

impl Sliding {
    /// Adds a record; the instant of its first record when the threshold is reached.
    fn add(&mut self, now: Tick, weight: u64, threshold: u64, within: Span) -> Option<Tick> {
        self.window.push_back((now, weight));
        self.total += weight;
        while let Some(&(at, old)) = self.window.front() {
            let beyond = now.since(at) >= within + Span(Mistake::WindowOneTickLonger.slip()) && within > Span::ZERO;
            let surplus = self.total - old >= threshold;
            if !beyond && !surplus {
                break;
            }
            self.window.pop_front();
            self.total -= old;
        }
        if self.total < threshold + Mistake::ThresholdOffByOne.slip() || now < self.quiet_until {
            return None;
        }
        self.quiet_until = now + within.max(Span(1)).unless(Mistake::AlarmsAreNeverQuiet);
        self.window.front().map(|(at, _)| *at)
    }

    /// Whether nothing in it can count any more.
    fn is_over(&self, now: Tick, within: Span) -> bool {
        now >= self.quiet_until && self.window.back().is_none_or(|(at, _)| now.since(*at) >= within)
    }
}

impl Tumbling {
    /// Adds an operation; the beginning of the window when the threshold is reached.
    fn add(&mut self, audit: &Audit, threshold: u64, within: Span) -> Option<Tick> {
        if audit.at.since(self.opened) >= within && !Mistake::FanOutNeverForgets.here() {
            self.distinct.clear();
            self.opened = audit.at;
        }
        let fresh = self.distinct.insert(audit.op.number());
        (fresh && self.distinct.len() == threshold).then_some(self.opened)
    }
}
