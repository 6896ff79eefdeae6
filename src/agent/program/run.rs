//! Carries a program out: which line may send next, and what an answer means to it.

use crate::agent::call::{Asker, Call, Place};
use crate::agent::memory::Memory;
use crate::model::Stream;
use crate::model::agent::{AfterRefusal, Forge, Load, Repeat};
use crate::wire::{FamilyId, OpId, Tick};

use super::line::{Line, Phase};
use super::{Code, Deed, Op};

/// What the next request would be, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::agent) enum Due {
    /// This line or range may send.
    Of(usize),
    /// Nothing before this time, or an answer.
    At(Tick),
    /// Nothing before an answer.
    Answer,
    /// Nothing any more.
    Over,
}

impl Due {
    /// Whichever comes first of what two of them wait for.
    pub fn or(self, other: Due) -> Due {
        match (self, other) {
            (Due::Of(line), _) | (_, Due::Of(line)) => Due::Of(line),
            (Due::At(one), Due::At(other)) => Due::At(one.min(other)),
            (Due::At(at), _) | (_, Due::At(at)) => Due::At(at),
            (Due::Answer, _) | (_, Due::Answer) => Due::Answer,
            (Due::Over, Due::Over) => Due::Over,
        }
    }
}

/// A program on its way.
#[derive(Debug)]
pub(in crate::agent) struct Runner {
    code: Code,
    lines: Vec<Line>,
    /// How many connections a step may use that goes through a listing.
    width: usize,
    /// What its random times are drawn from, where it has such.
    pub dice: Option<Box<Stream>>,
    /// Whether this round of the main line sent anything.
    round_sent: bool,
    /// How many tasks of their own its timed steps have begun.
    tasks: u32,
    stopped: bool,
    /// Whether it has come to something that a sane agent would not do.
    pub deviated: bool,
    /// What it has come to say of itself: how often it called each operation.
    pub said: Vec<(OpId, u32)>,
}

impl Runner {
    /// A program at its start. `dice` is asked for only where something is done at random times.
    pub fn new(code: Code, connections: u16, dice: impl FnOnce() -> Box<Stream>) -> Runner {
        let mut lines: Vec<Line> = code.lines.iter().map(|_| Line::default()).collect();
        lines[0].start();
        let dice = code.is_at_random().then(dice);
        Runner {
            code,
            lines,
            width: usize::from(connections.max(1)),
            dice,
            round_sent: false,
            tasks: 0,
            stopped: false,
            deviated: false,
            said: Vec::new(),
        }
    }

    /// The same program at its start.
    pub fn reset(&mut self, dice: impl FnOnce() -> Box<Stream>) {
        let Runner { code, lines, width: _, dice: own, round_sent, tasks, stopped, deviated, said } = self;
        code.reset();
        lines.iter_mut().for_each(Line::reset);
        lines[0].start();
        *own = own.is_some().then(dice);
        (*round_sent, *tasks, *stopped, *deviated) = (false, 0, false, false);
        said.clear();
    }

    /// Ends it where it stands: what is in flight may still be answered.
    pub fn stop(&mut self) {
        self.stopped = true;
        for line in &mut self.lines {
            *line = Line { in_flight: line.in_flight, ..Line::default() };
        }
    }

    /// Begins anew, unless it was ended.
    pub fn restart(&mut self) -> bool {
        if !self.stopped {
            self.lines[0].start();
        }
        !self.stopped
    }

    /// Whether the step at a place goes on to the next page, and what it makes of a refusal.
    #[inline]
    pub fn manners(&self, place: Place) -> (bool, AfterRefusal) {
        self.deed(place).map_or((false, AfterRefusal::GoOn), |deed| (deed.all_pages, deed.after_refusal))
    }

    /// What the step at a place writes down.
    pub fn carries(&self, place: Place) -> &[Load] {
        self.deed(place).map_or(&[], |deed| &deed.carries)
    }

    /// Of which family the token is that the step at a place has exchanged, where it presents another one.
    pub fn subject(&self, place: Place) -> Option<FamilyId> {
        self.deed(place)?.subject
    }

    #[inline]
    fn deed(&self, place: Place) -> Option<&Deed> {
        match self.code.lines.get(place.line as usize)?.get(place.step as usize)? {
            Op::Do(deed) => Some(deed),
            Op::Fork(_) | Op::Forge(_) | Op::Claim(_) => None,
        }
    }

    /// Whose turn it is: the line whose next call has been due longest, and of those the first.
    pub fn poll(&mut self, now: Tick, memory: &Memory) -> Due {
        if let [_] = self.lines[..] {
            return match self.settle(0, now, memory) {
                Some(due) if due <= now => Due::Of(0),
                Some(due) => Due::At(due),
                None if self.lines[0].in_flight > 0 => Due::Answer,
                None => Due::Over,
            };
        }
        self.poll_all(now, memory)
    }

    fn poll_all(&mut self, now: Tick, memory: &Memory) -> Due {
        let mut earliest: Option<(Tick, usize)> = None;
        while self.settle_all(now, memory, &mut earliest) {
            earliest = None;
        }
        match earliest {
            Some((due, line)) if due <= now => Due::Of(line),
            Some((due, _)) => Due::At(due),
            None if self.lines.iter().any(|line| line.in_flight > 0) => Due::Answer,
            None => Due::Over,
        }
    }

    /// Settles every line. True when one ended, for which another may have waited.
    fn settle_all(&mut self, now: Tick, memory: &Memory, earliest: &mut Option<(Tick, usize)>) -> bool {
        let mut ended = false;
        for at in 0..self.lines.len() {
            if matches!(self.lines[at].phase, Phase::Idle | Phase::Full) {
                continue;
            }
            if let Some(due) = self.settle(at, now, memory)
                && earliest.is_none_or(|(first, _)| due < first)
            {
                *earliest = Some((due, at));
            }
            ended |= self.lines[at].phase == Phase::Idle;
        }
        ended
    }

    /// Moves a line on as far as it gets without sending, and says when its next call is due.
    #[inline]
    fn settle(&mut self, at: usize, now: Tick, memory: &Memory) -> Option<Tick> {
        loop {
            match self.lines[at].phase {
                Phase::Idle | Phase::Full => return None,
                Phase::Starved(news) if news == memory.news() => return None,
                Phase::Starved(_) => self.lines[at].phase = Phase::Arriving,
                Phase::Forked => {
                    let Some(Op::Fork(children)) = self.code.lines[at].get(self.lines[at].step) else { return None };
                    if children.iter().any(|child| self.lines[*child].phase != Phase::Idle) {
                        return None;
                    }
                    self.lines[at].leave();
                }
                Phase::Arriving => match self.code.lines[at].get(self.lines[at].step) {
                    Some(Op::Do(Deed { repeat, .. }) | Op::Forge(Forge { repeat, .. })) => {
                        self.lines[at].arrive(*repeat, now, self.dice.as_deref_mut());
                    }
                    _ => self.arrive(at, memory),
                },
                Phase::Due(due) if due > now => return Some(due),
                Phase::Due(due) => {
                    let line = &mut self.lines[at];
                    line.begin(due);
                    line.task = match self.code.lines[at].get(line.step) {
                        Some(Op::Do(Deed { repeat: Repeat::Every { .. }, .. })) => {
                            // What a step at times of its own does each time is a task of its own.
                            self.tasks += 1;
                            self.tasks
                        }
                        _ => 0,
                    };
                }
                Phase::Calling => {
                    let line = &mut self.lines[at];
                    let op = self.code.lines[at].get(line.step)?;
                    let due = line.next_call(op, self.width, memory);
                    if due.is_some() || line.in_flight > 0 {
                        return due;
                    }
                    line.finish(op, now, memory.news(), self.dice.as_deref_mut());
                }
            }
        }
    }

    /// Comes to what is done at once.
    fn arrive(&mut self, at: usize, memory: &Memory) {
        let step = self.lines[at].step;
        match self.code.lines[at].get(step) {
            Some(Op::Do(_) | Op::Forge(_)) => {}
            Some(Op::Fork(children)) => {
                self.lines[at].phase = Phase::Forked;
                for &child in children {
                    self.lines[child].start();
                }
            }
            Some(Op::Claim(said)) => {
                self.said.extend(said);
                self.lines[at].leave();
            }
            None if at == 0 && self.code.again => self.begin_again(memory),
            None => self.lines[at].phase = Phase::Idle,
        }
    }

    /// The main line is over and begins again, unless it would only go round without sending.
    fn begin_again(&mut self, memory: &Memory) {
        self.deviated = true;
        self.lines[0].start();
        if !std::mem::take(&mut self.round_sent) {
            self.lines[0].phase = Phase::Starved(memory.news());
        }
    }

    /// The next call of a line whose turn it is, as [`Runner::poll`] has just said.
    #[inline]
    pub fn take(&mut self, at: usize, now: Tick, memory: &Memory, asks: fn(Place) -> Asker) -> Option<Call> {
        let line = &mut self.lines[at];
        let Some(Op::Do(deed)) = self.code.lines[at].get_mut(line.step) else { return None };
        let asker = asks(Place { line: at as u32, step: line.step as u32 });
        let call = match line.pending.take(now) {
            Some(call) => call,
            None => {
                let target = line.next.take()?;
                line.progress = deed.advance(line.progress, target.with, memory);
                deed.turn = target.turn + 1;
                self.deviated |= deed.deviates;
                let call = Call::new(memory.address(deed.route), target.about, target.with, asker);
                Call { carries: !deed.carries.is_empty(), task: line.task, ..call }
            }
        };
        line.sent = true;
        line.in_flight += 1;
        self.round_sent = true;
        Some(call)
    }

    /// What a line makes whose turn it is, if it makes something.
    pub fn forge(&mut self, at: usize) -> Option<&Forge> {
        let line = &mut self.lines[at];
        let Some(Op::Forge(forge)) = self.code.lines[at].get(line.step) else { return None };
        line.sent = true;
        self.round_sent = true;
        self.deviated = true;
        Some(forge)
    }

    /// An answer came to a call of this line.
    #[inline]
    pub fn landed(&mut self, place: Place, now: Tick) {
        if let Some(line) = self.lines.get_mut(place.line as usize) {
            line.in_flight = line.in_flight.saturating_sub(1);
            line.ready = line.ready.max(now);
            if line.phase == Phase::Full {
                line.phase = Phase::Calling;
            }
        }
    }

    /// This call sends another request.
    pub fn again(&mut self, place: Place, due: Tick, call: Call) {
        if let Some(line) = self.lines.get_mut(place.line as usize).filter(|line| line.phase == Phase::Calling) {
            line.pending.push(due, call);
        }
    }
}
