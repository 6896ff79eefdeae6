//! When the next request may leave.

use crate::model::agent::Pace;
use crate::planted::Mistake;
use crate::wire::{Span, Tick};

/// Whether a request may leave now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gate {
    Open,
    Until(Tick),
    /// Not before an answer.
    Shut,
}

/// Keeps the time of one client.
///
/// In virtual time a client is woken exactly when it asked to be. On a wall clock it wakes a little late, so the pacer
/// counts from the time that was *meant*: a late wake delays one request, not all that follow, and a rate keeps its
/// grid.
#[derive(Debug)]
pub(super) struct Pacer {
    pace: Pace,
    starts: Tick,
    /// The first instant at which the pace, leaving the connections aside, allows a request.
    next: Tick,
    /// When the client asked to be woken.
    promised: Tick,
    /// The instant that this activation was meant for.
    meant: Tick,
}

impl Pacer {
    pub fn new(pace: Pace, starts: Tick) -> Pacer {
        Pacer { pace, starts, next: starts, promised: starts, meant: starts }
    }

    /// As new.
    pub fn reset(&mut self, starts: Tick) {
        *self = Pacer::new(self.pace, starts);
    }

    /// The client will be woken at `at`, or by an answer.
    pub fn promise(&mut self, at: Tick) {
        self.promised = at;
    }

    pub fn woken(&mut self, now: Tick) {
        if self.promised <= now {
            self.meant = self.promised;
            self.promised = Tick::NEVER;
        }
    }

    /// A message came, which is as good a reason to send as any.
    pub fn knocked(&mut self, now: Tick) {
        if self.promised == Tick::NEVER {
            self.promised = now;
        }
    }

    /// Its first message starts it.
    pub fn begin(&mut self, now: Tick) {
        self.reset(now);
    }

    /// An answer came to a request that had left `late`.
    pub fn landed(&mut self, now: Tick, late: Span) {
        self.meant = now - late;
        self.promised = Tick::NEVER;
    }

    /// Whether a request may leave. At a rate, a slot of the grid in which there was no work or no connection is gone.
    pub fn gate(&mut self, now: Tick, a_connection_is_free: bool) -> Gate {
        if !a_connection_is_free {
            return Gate::Shut;
        }
        if let Pace::Rate { every, .. } = self.pace {
            self.next = self.next.max(self.slot_from(self.meant, every));
        }
        if self.next <= now { Gate::Open } else { Gate::Until(self.next) }
    }

    /// A request leaves. Returns how much later than it was meant to.
    pub fn sent(&mut self, now: Tick) -> Span {
        let meant = self.next.max(self.meant);
        match self.pace {
            Pace::Machine { .. } => {}
            Pace::Rate { every, .. } => self.next = self.next + step(every),
            Pace::Human { every } => self.next = meant + every.unless(Mistake::PeopleDoNotWait),
        }
        now.since(meant)
    }

    fn slot_from(&self, at: Tick, every: Span) -> Tick {
        let slots = at.since(self.starts).0.div_ceil(step(every).0);
        self.starts + step(every).times(slots)
    }
}

/// A grid needs a width: a rate above one request in a microsecond is one in each.
fn step(every: Span) -> Span {
    every.max(Span(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000;

    fn rate() -> Pacer {
        Pacer::new(Pace::Rate { every: Span(20 * MS), connections: 1 }, Tick(5 * MS))
    }

    #[test]
    fn a_rate_sends_on_its_grid_and_a_missed_slot_is_gone() {
        let mut pacer = rate();
        pacer.woken(Tick(5 * MS));
        assert_eq!(pacer.gate(Tick(5 * MS), true), Gate::Open);
        assert_eq!(pacer.sent(Tick(5 * MS)), Span::ZERO);
        assert_eq!(pacer.gate(Tick(5 * MS), false), Gate::Shut);
        pacer.landed(Tick(30 * MS), Span::ZERO);
        assert_eq!(pacer.gate(Tick(30 * MS), true), Gate::Until(Tick(45 * MS)), "the slot at 25 ms passed");
    }

    #[test]
    fn a_late_wake_does_not_move_the_grid() {
        let mut pacer = rate();
        pacer.woken(Tick(5 * MS));
        pacer.gate(Tick(5 * MS), true);
        pacer.sent(Tick(5 * MS));
        pacer.landed(Tick(15 * MS), Span::ZERO);
        assert_eq!(pacer.gate(Tick(15 * MS), true), Gate::Until(Tick(25 * MS)));
        pacer.promise(Tick(25 * MS));
        pacer.woken(Tick(50 * MS));
        assert_eq!(pacer.gate(Tick(50 * MS), true), Gate::Open, "the slot of 25 ms, 25 ms late");
        assert_eq!(pacer.sent(Tick(50 * MS)), Span(25 * MS));
        pacer.landed(Tick(60 * MS), Span(25 * MS));
        assert_eq!(pacer.gate(Tick(60 * MS), true), Gate::Open, "the slot of 45 ms");
        assert_eq!(pacer.sent(Tick(60 * MS)), Span(15 * MS));
    }

    #[test]
    fn an_answer_before_a_promised_wake_breaks_the_promise() {
        let mut pacer = rate();
        pacer.promise(Tick(25 * MS));
        pacer.landed(Tick(20 * MS), Span::ZERO);
        pacer.woken(Tick(20 * MS));
        pacer.landed(Tick(31 * MS), Span::ZERO);
        pacer.woken(Tick(31 * MS));
        assert_eq!(pacer.gate(Tick(31 * MS), true), Gate::Until(Tick(45 * MS)), "not the slot of 25 ms");
    }

    #[test]
    fn a_human_waits_after_the_request_before() {
        let mut pacer = Pacer::new(Pace::Human { every: Span::from_secs(5) }, Tick::ZERO);
        pacer.woken(Tick::ZERO);
        assert_eq!(pacer.gate(Tick::ZERO, true), Gate::Open);
        pacer.sent(Tick::ZERO);
        pacer.landed(Tick(10 * MS), Span::ZERO);
        assert_eq!(pacer.gate(Tick(10 * MS), true), Gate::Until(Tick(5_000 * MS)));
    }
}
