//! Which part of an agent sends next: an instruction that it obeys, its program, or the frontier.

use crate::wire::{Event, Log, Next, Text, Tick};

use super::call::{Asker, Call};
use super::fault::{Onset, Orders};
use super::program::Due;
use super::{Agent, Life};

/// Whose turn it is to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turns {
    /// A line of an instruction that it obeys.
    Order,
    /// A line of its program.
    Line,
    Range,
}

impl Agent {
    /// Whose turn it is: of what it was told by what it read, of the program's lines, and of the frontier when that is
    /// what is left.
    #[inline]
    pub(super) fn poll(&mut self, now: Tick, log: &mut Log) -> (Turns, Due) {
        let ordered = self.orders.as_mut().map_or(Due::Over, |orders| orders.poll(now, &self.memory));
        self.claim(now, log);
        if let Due::Of(line) = ordered {
            return (Turns::Order, Due::Of(line));
        }
        let (whose, due) = self.poll_own(now, ordered == Due::Over, log);
        (whose, due.or(ordered))
    }

    #[inline]
    fn poll_own(&mut self, now: Tick, unordered: bool, log: &mut Log) -> (Turns, Due) {
        if !self.roams {
            let due = self.runner.poll(now, &self.memory);
            self.claim(now, log);
            let ran_its_course = matches!(self.onset, Onset::AfterTask(_)) || self.life == Life::Taken && unordered;
            if due != Due::Over || self.frontier.is_none() || !ran_its_course {
                return (Turns::Line, due);
            }
            self.take_over(now, log);
            self.roams = true;
        }
        let in_flight = self.flights.len();
        (Turns::Range, self.frontier.as_mut().map_or(Due::Over, |frontier| frontier.poll(now, in_flight)))
    }

    /// The token that a call has exchanged, where that is not what it presents.
    pub(super) fn subject_of(&self, call: &Call) -> Option<Text> {
        let family = match call.asker {
            Asker::Line(place) => self.runner.subject(place),
            Asker::Order(place) => self.orders.as_ref().and_then(|orders| orders.subject(place)),
            Asker::Range(_) => None,
        };
        self.memory.text(self.memory.first_of(family?)?)
    }

    /// What it says of itself on its way.
    #[inline]
    fn claim(&mut self, now: Tick, log: &mut Log) {
        if !self.runner.said.is_empty() || self.orders.is_some() {
            self.say(now, log);
        }
    }

    fn say(&mut self, now: Tick, log: &mut Log) {
        let ordered = self.orders.iter_mut().flat_map(|orders| orders.said.drain(..));
        for (op, calls) in self.runner.said.drain(..).chain(ordered) {
            log.push(Event::Claimed { at: now, by: self.who, op, calls });
        }
    }

    /// Sends the request that [`Agent::poll`] announced.
    #[inline]
    pub(super) fn advance(&mut self, now: Tick, (whose, line): (Turns, usize), log: &mut Log) -> Next {
        let call = match whose {
            Turns::Range => self.frontier.as_mut().and_then(|frontier| frontier.take(now)),
            Turns::Order => self
                .orders
                .as_mut()
                .and_then(Orders::runner)
                .and_then(|runner| runner.take(line, now, &self.memory, Asker::Order)),
            Turns::Line => {
                let call = self.runner.take(line, now, &self.memory, Asker::Line);
                if self.runner.deviated {
                    self.take_over(now, log);
                }
                call
            }
        };
        match call {
            Some(call) => self.send(now, call),
            None => self.forges(whose, line),
        }
    }

    /// A line whose turn it is and that sends nothing makes something.
    fn forges(&mut self, whose: Turns, line: usize) -> Next {
        let runner = match whose {
            Turns::Range => None,
            Turns::Order => self.orders.as_mut().and_then(Orders::runner),
            Turns::Line => Some(&mut self.runner),
        };
        match runner.and_then(|runner| runner.forge(line)) {
            Some(forge) => {
                self.to_forge = Some(forge.clone());
                Next::Forge
            }
            None => Next::AwaitAnswer,
        }
    }
}
