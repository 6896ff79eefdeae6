//! One line of a program: where it stands, and what it waits for.

use crate::agent::call::Pending;
use crate::agent::memory::Memory;
use crate::model::Stream;
use crate::model::agent::Repeat;
use crate::wire::{Span, Tick};

use super::Op;
use super::target::{Progress, Target};

/// A line of steps that are done one after the other.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub step: usize,
    pub phase: Phase,
    /// When its step was reached.
    pub reached: Tick,
    /// How often the step was due before.
    pub occurrence: u64,
    pub progress: Progress,
    /// The next call, as far as it was known when the line was last looked at.
    pub next: Option<Target>,
    /// Since when the next call could go.
    pub ready: Tick,
    /// Whether this occurrence sent anything.
    pub sent: bool,
    pub in_flight: usize,
    /// Which task of its own it is at.
    pub task: u32,
    pub pending: Pending,
    pub moments: Moments,
}

/// The times at which a step is due that is done at random: those that are left of a window, the last one first.
#[derive(Debug, Default)]
pub(super) struct Moments {
    left: Vec<Tick>,
    /// When the next window begins.
    next: Tick,
}

impl Moments {
    fn next(&mut self, times: u32, per: Span, dice: &mut Stream) -> Option<Tick> {
        if self.left.is_empty() {
            let begins = self.next;
            self.left.extend((0..times).map(|_| begins + Span(dice.below(per.0))));
            self.left.sort_unstable_by(|one, other| other.cmp(one));
            self.next = begins + per;
        }
        self.left.pop()
    }
}

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Phase {
    /// Not started, or over.
    #[default]
    Idle,
    /// Comes to a step.
    Arriving,
    /// Waits for the time of the step.
    Due(Tick),
    /// Makes the calls of the step.
    Calling,
    /// Has as many calls of the step under way as may be at once: there is nothing to look for before an answer.
    Full,
    /// Waits for the lines that it started.
    Forked,
    /// Has nothing to send until the agent learns something: it knew this many things.
    Starved(u64),
}

impl Line {
    /// Not started.
    pub fn reset(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        pending.clear();
        *self = Line { pending, ..Line::default() };
    }

    #[inline]
    pub fn start(&mut self) {
        self.step = 0;
        self.phase = Phase::Arriving;
    }

    /// Calls that are not over.
    #[inline]
    pub fn open(&self) -> usize {
        self.in_flight + self.pending.len()
    }

    /// When the next call of its step is due, if there is one that need not wait for an answer.
    #[inline]
    pub fn next_call(&mut self, op: &Op, width: usize, memory: &Memory) -> Option<Tick> {
        self.next = None;
        let deed = match op {
            Op::Do(deed) => deed,
            Op::Forge(forge) => return (!self.sent && memory.first_of(forge.key).is_some()).then_some(self.ready),
            Op::Fork(_) | Op::Claim(_) => return None,
        };
        let width = if deed.goes_through().is_some() { width } else { 1 };
        let pending = self.pending.due();
        if self.open() < width {
            self.next = deed.target(self.progress, memory);
        } else if pending.is_none() {
            self.phase = Phase::Full;
        }
        if self.next.is_some() { Some(pending.map_or(self.ready, |due| due.min(self.ready))) } else { pending }
    }

    /// Comes to a step at `now`.
    #[inline]
    pub fn arrive(&mut self, repeat: Repeat, now: Tick, dice: Option<&mut Stream>) {
        self.reached = now;
        self.occurrence = 0;
        if let Repeat::AtRandom { times, per } = repeat {
            self.moments = Moments { left: Vec::new(), next: now };
            return self.wait_for_moment(times, per, dice);
        }
        self.phase = match repeat {
            Repeat::Every { times: Some(0), .. } | Repeat::Times(0) => return self.leave(),
            Repeat::Every { first, .. } => Phase::Due(now + first),
            Repeat::Once | Repeat::Times(_) | Repeat::Endless | Repeat::AtRandom { .. } => Phase::Due(now),
        };
    }

    /// Waits for the next of the times that are drawn. Moments that fell due while the line was busy are made up for.
    fn wait_for_moment(&mut self, times: u32, per: Span, dice: Option<&mut Stream>) {
        match dice.and_then(|dice| self.moments.next(times, per, dice)) {
            Some(moment) => self.phase = Phase::Due(moment),
            None => self.leave(),
        }
    }

    /// Begins the calls of an occurrence that was due at `due`.
    #[inline]
    pub fn begin(&mut self, due: Tick) {
        self.progress = Progress::default();
        self.ready = due;
        self.sent = false;
        self.phase = Phase::Calling;
    }

    #[inline]
    pub fn leave(&mut self) {
        self.step += 1;
        self.phase = Phase::Arriving;
    }

    /// What comes after an occurrence: the next one, or the next step. An occurrence that sent nothing is not tried
    /// again before something could have changed.
    #[inline]
    pub fn finish(&mut self, op: &Op, now: Tick, news: u64, dice: Option<&mut Stream>) {
        self.occurrence += 1;
        let Some(repeat) = op.repeat() else { return self.leave() };
        match repeat {
            Repeat::Once => self.leave(),
            Repeat::Times(n) if self.sent && self.occurrence < u64::from(n) => self.phase = Phase::Due(now),
            Repeat::Times(_) => self.leave(),
            Repeat::AtRandom { times, per } => self.wait_for_moment(times, per, dice),
            Repeat::Endless if self.sent => self.phase = Phase::Due(now),
            Repeat::Endless => self.phase = Phase::Starved(news),
            Repeat::Every { every, first, times } => {
                self.skip_overdue(op.is_done_by_the_latest(), self.reached + first, every, now);
                match times {
                    Some(times) if self.occurrence >= u64::from(times) => self.leave(),
                    _ => self.phase = Phase::Due(self.reached + first + every.times(self.occurrence)),
                }
            }
        }
    }

    /// Occurrences that fell due while the line was busy are made up for, one after the other. Two kinds are not: of
    /// reads to the end only the latest is, since it shows what the others would have shown; and what could not be
    /// sent then was not sent.
    fn skip_overdue(&mut self, latest_is_enough: bool, first: Tick, every: Span, now: Tick) {
        let begun = if every.0 == 0 || now < first { return } else { now.since(first).0 / every.0 };
        if !self.sent {
            self.occurrence = self.occurrence.max(begun + 1);
        } else if latest_is_enough {
            self.occurrence = self.occurrence.max(begun);
        }
    }
}
