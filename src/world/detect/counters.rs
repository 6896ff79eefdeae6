//! What is counted within a window, by key.

use std::collections::VecDeque;

use foldhash::fast::FixedState;
use indexmap::IndexMap;
use indexmap::map::Entry;

use crate::model::Bits;
use crate::planted::Mistake;
use crate::wire::{Audit, Key, OpId, Span, Tick};

/// What a rule has counted.
pub enum Counters {
    Sliding(Windows<Sliding>),
    /// Of different operations.
    Distinct(Windows<Tumbling>),
}

/// One window for each key. Dense keys are places in a table, and a new one gets the room of one whose window has passed;
/// of sparse ones there may be any number, so they are looked up, and forgotten when their window has passed. What one
/// caller says lies together: it says much in a row.
pub enum Windows<T> {
    Dense {
        table: Vec<T>,
        /// The places whose windows have room.
        roomy: VecDeque<usize>,
    },
    Sparse {
        by_caller: Vec<IndexMap<Sparse, T, FixedState>>,
        kept: usize,
        sweep_at: usize,
    },
}

/// Whom a record counts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The place of a dense key in its table.
    pub at: usize,
    pub sparse: Sparse,
}

/// A key of which there may be any number: whom a record counts for, and what it said where that counts too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Sparse {
    pub key: Key,
    pub said: Option<(OpId, u64)>,
}

/// A window whose memory can pass to another.
pub trait Room: Default {
    /// Whether the next record needs memory that it has not got.
    fn wants_room(&self) -> bool;

    /// As new, but for its room.
    fn clear(&mut self);

    /// Takes over the room of a window that has passed.
    fn take_room(&mut self, passed: &mut Self);
}

/// How many windows are looked at for room.
const LOOKED_AT: usize = 4;
/// How many sparse windows are kept before the first sweep.
const FIRST_SWEEP: usize = 1_024;

/// A sliding window.
#[derive(Default)]
pub struct Sliding {
    /// The instants and weights in the window, oldest first.
    window: Window,
    total: u64,
    quiet_until: Tick,
}

/// Instants and weights, oldest first. The oldest needs no memory of its own: most sparse keys come once and never again.
#[derive(Default)]
struct Window {
    oldest: Option<(Tick, u64)>,
    later: VecDeque<(Tick, u64)>,
}

/// A tumbling window of different operations.
#[derive(Default)]
pub struct Tumbling {
    distinct: Bits,
    opened: Tick,
}

impl Counters {
    /// Nothing was counted yet.
    pub fn clear(&mut self) {
        match self {
            Counters::Sliding(windows) => windows.clear(),
            Counters::Distinct(windows) => windows.clear(),
        }
    }

    /// Adds a record; the instant of the first one in the window when the threshold is reached.
    pub fn add(&mut self, audit: &Audit, place: Place, weight: u64, (threshold, within): (u64, Span)) -> Option<Tick> {
        match self {
            Counters::Sliding(windows) => {
                let window = windows.at(place, |window| window.is_over(audit.at, within));
                window.add(audit.at, weight, threshold, within)
            }
            Counters::Distinct(windows) => {
                let is_over =
                    |window: &Tumbling| audit.at.since(window.opened) >= within && !Mistake::FanOutNeverForgets.here();
                let window = windows.at(place, is_over);
                window.add(audit, threshold, within)
            }
        }
    }
}

impl<T: Room> Windows<T> {
    pub fn dense() -> Windows<T> {
        Windows::Dense { table: Vec::new(), roomy: VecDeque::new() }
    }

    pub fn sparse() -> Windows<T> {
        Windows::Sparse { by_caller: Vec::new(), kept: 0, sweep_at: FIRST_SWEEP }
    }

    fn clear(&mut self) {
        match self {
            Windows::Dense { table, roomy: _ } => table.iter_mut().for_each(T::clear),
            Windows::Sparse { by_caller, kept, sweep_at } => {
                by_caller.iter_mut().for_each(IndexMap::clear);
                (*kept, *sweep_at) = (0, FIRST_SWEEP);
            }
        }
    }

    fn at(&mut self, place: Place, is_over: impl Fn(&T) -> bool) -> &mut T {
        match self {
            Windows::Dense { table, roomy } => {
                if table.len() <= place.at {
                    table.resize_with(place.at + 1, T::default);
                }
                if table[place.at].wants_room() {
                    let mut window = std::mem::take(&mut table[place.at]);
                    for _ in 0..LOOKED_AT.min(roomy.len()) {
                        let Some(other) = roomy.pop_front() else { break };
                        if is_over(&table[other]) {
                            window.take_room(&mut table[other]);
                            break;
                        }
                        roomy.push_back(other);
                    }
                    table[place.at] = window;
                    roomy.push_back(place.at);
                }
                &mut table[place.at]
            }
            Windows::Sparse { by_caller, kept, sweep_at } => {
                if by_caller.len() <= place.at {
                    by_caller.resize_with(place.at + 1, IndexMap::default);
                }
                if *kept >= *sweep_at {
                    *kept = by_caller.iter_mut().map(|windows| sweep(windows, &is_over)).sum();
                    *sweep_at = 2 * (*kept).max(by_caller.len()).max(FIRST_SWEEP / 2);
                }
                match by_caller[place.at].entry(place.sparse) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => {
                        *kept += 1;
                        new.insert(T::default())
                    }
                }
            }
        }
    }
}

/// Forgets the windows that have passed, and returns how many are left. Who says nothing any more takes no room.
fn sweep<T>(windows: &mut IndexMap<Sparse, T, FixedState>, is_over: impl Fn(&T) -> bool) -> usize {
    windows.retain(|_, window| !is_over(window));
    if windows.is_empty() {
        windows.shrink_to_fit();
    }
    windows.len()
}

impl Window {
    fn push(&mut self, record: (Tick, u64)) {
        match self.oldest {
            None => self.oldest = Some(record),
            Some(_) => self.later.push_back(record),
        }
    }

    fn pop_oldest(&mut self) {
        self.oldest = self.later.pop_front();
    }

    fn latest(&self) -> Option<(Tick, u64)> {
        self.later.back().copied().or(self.oldest)
    }

    fn clear(&mut self) {
        self.oldest = None;
        self.later.clear();
    }
}

impl Room for Sliding {
    fn wants_room(&self) -> bool {
        self.window.oldest.is_some() && self.window.later.capacity() == 0
    }

    fn clear(&mut self) {
        let Sliding { window, total, quiet_until } = self;
        window.clear();
        (*total, *quiet_until) = (0, Tick::ZERO);
    }

    fn take_room(&mut self, passed: &mut Sliding) {
        passed.window.clear();
        passed.total = 0;
        std::mem::swap(&mut self.window.later, &mut passed.window.later);
    }
}

impl Room for Tumbling {
    fn wants_room(&self) -> bool {
        !self.distinct.has_room()
    }

    fn clear(&mut self) {
        let Tumbling { distinct, opened } = self;
        distinct.clear();
        *opened = Tick::ZERO;
    }

    fn take_room(&mut self, passed: &mut Tumbling) {
        passed.distinct.clear();
        std::mem::swap(&mut self.distinct, &mut passed.distinct);
    }
}

impl Sliding {
    /// Adds a record; the instant of its first record when the threshold is reached.
    fn add(&mut self, now: Tick, weight: u64, threshold: u64, within: Span) -> Option<Tick> {
        self.window.push((now, weight));
        self.total += weight;
        while let Some((at, old)) = self.window.oldest {
            let beyond = now.since(at) >= within + Span(Mistake::WindowOneTickLonger.slip()) && within > Span::ZERO;
            let surplus = self.total - old >= threshold;
            if !beyond && !surplus {
                break;
            }
            self.window.pop_oldest();
            self.total -= old;
        }
        if self.total < threshold + Mistake::ThresholdOffByOne.slip() || now < self.quiet_until {
            return None;
        }
        self.quiet_until = now + within.max(Span(1)).unless(Mistake::AlarmsAreNeverQuiet);
        self.window.oldest.map(|(at, _)| at)
    }

    /// Whether nothing in it can count any more.
    fn is_over(&self, now: Tick, within: Span) -> bool {
        within > Span::ZERO
            && now >= self.quiet_until
            && self.window.latest().is_none_or(|(at, _)| now.since(at) >= within)
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

#[cfg(test)]
mod tests;
