//! What is counted within a window, by key.

use std::collections::VecDeque;

use crate::model::Bits;
use crate::planted::Mistake;
use crate::wire::{Audit, Span, Tick};

use super::windows::{Dense, Forgetful, Place, Room, Sparse};

/// What a rule has counted.
pub enum Counters {
    Sliding(Dense<Sliding>),
    /// Of different operations.
    Distinct(Dense<Tumbling>),
    SparseSliding(Sparse<Seldom>),
    SparseDistinct(Sparse<Tumbling>),
}

/// A sliding window.
#[derive(Default)]
pub struct Sliding {
    /// The instants and weights in the window, oldest first.
    window: Window,
    total: u64,
    quiet_until: Tick,
}

/// Instants and weights, oldest first. The oldest needs no memory of its own.
#[derive(Default)]
struct Window {
    oldest: Option<(Tick, u64)>,
    later: VecDeque<(Tick, u64)>,
}

/// A sliding window of a sparse key: most of these come once and never again, and one record takes no window.
#[derive(Default)]
pub enum Seldom {
    #[default]
    Never,
    Once(Tick, u64),
    Often(Box<Sliding>),
}

/// A tumbling window of different operations.
#[derive(Default)]
pub struct Tumbling {
    distinct: Bits,
    opened: Tick,
}

impl Counters {
    pub fn sliding(sparse: bool) -> Counters {
        if sparse { Counters::SparseSliding(Sparse::default()) } else { Counters::Sliding(Dense::default()) }
    }

    /// Of different operations.
    pub fn distinct(sparse: bool) -> Counters {
        if sparse { Counters::SparseDistinct(Sparse::default()) } else { Counters::Distinct(Dense::default()) }
    }

    /// Nothing was counted yet.
    pub fn clear(&mut self) {
        match self {
            Counters::Sliding(windows) => windows.clear(),
            Counters::Distinct(windows) => windows.clear(),
            Counters::SparseSliding(windows) => windows.clear(),
            Counters::SparseDistinct(windows) => windows.clear(),
        }
    }

    /// Adds a record; the instant of the first one in the window when the threshold is reached.
    #[inline]
    pub fn add(&mut self, audit: &Audit, place: Place, weight: u64, (threshold, within): (u64, Span)) -> Option<Tick> {
        let now = audit.at;
        match self {
            Counters::Sliding(windows) => windows.at(place, now, within).add(now, weight, threshold, within),
            Counters::Distinct(windows) => windows.at(place, now, within).add(audit, threshold, within),
            Counters::SparseSliding(windows) => windows.at(place, now, within).add(now, weight, threshold, within),
            Counters::SparseDistinct(windows) => windows.at(place, now, within).add(audit, threshold, within),
        }
    }

    /// After an alarm, the next record may raise another one.
    pub fn wake(&mut self, now: Tick, place: Place, within: Span) {
        match self {
            Counters::Sliding(windows) => windows.at(place, now, within).quiet_until = Tick::ZERO,
            Counters::SparseSliding(windows) => {
                if let Seldom::Often(window) = windows.at(place, now, within) {
                    window.quiet_until = Tick::ZERO;
                }
            }
            // Told once for each window.
            Counters::Distinct(_) | Counters::SparseDistinct(_) => {}
        }
    }
}

/// Whether what was recorded then has left the window.
fn is_beyond(at: Tick, now: Tick, within: Span) -> bool {
    now.since(at) >= within + Span(Mistake::WindowOneTickLonger.slip()) && within > Span::ZERO
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

impl Forgetful for Sliding {
    /// Whether nothing in it can count any more.
    fn is_over(&self, now: Tick, within: Span) -> bool {
        within > Span::ZERO
            && now >= self.quiet_until
            && self.window.latest().is_none_or(|(at, _)| now.since(at) >= within)
    }
}

impl Forgetful for Tumbling {
    fn is_over(&self, now: Tick, within: Span) -> bool {
        now.since(self.opened) >= within && !Mistake::FanOutNeverForgets.here()
    }
}

impl Forgetful for Seldom {
    fn is_over(&self, now: Tick, within: Span) -> bool {
        match self {
            Seldom::Never => within > Span::ZERO,
            Seldom::Once(at, _) => within > Span::ZERO && now.since(*at) >= within,
            Seldom::Often(window) => window.is_over(now, within),
        }
    }
}

impl Sliding {
    /// With one record in it.
    fn of(at: Tick, weight: u64) -> Sliding {
        let window = Window { oldest: Some((at, weight)), later: VecDeque::new() };
        Sliding { window, total: weight, quiet_until: Tick::ZERO }
    }

    /// Adds a record; the instant of its first record when the threshold is reached.
    #[inline]
    fn add(&mut self, now: Tick, weight: u64, threshold: u64, within: Span) -> Option<Tick> {
        self.window.push((now, weight));
        self.total += weight;
        while let Some((at, old)) = self.window.oldest {
            let beyond = is_beyond(at, now, within);
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
}

impl Seldom {
    /// As a window adds a record. One that is alone and too little for an alarm is remembered, and nothing else.
    fn add(&mut self, now: Tick, weight: u64, threshold: u64, within: Span) -> Option<Tick> {
        let mut window = match *self {
            Seldom::Often(ref mut window) => return window.add(now, weight, threshold, within),
            Seldom::Once(at, before) if weight >= threshold || !is_beyond(at, now, within) => Sliding::of(at, before),
            Seldom::Never if weight >= threshold => Sliding::default(),
            Seldom::Never | Seldom::Once(..) => {
                *self = Seldom::Once(now, weight);
                return None;
            }
        };
        let since = window.add(now, weight, threshold, within);
        *self = Seldom::Often(Box::new(window));
        since
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
