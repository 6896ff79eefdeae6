//! A tiny driver that answers by a closure.

use std::collections::{BTreeMap, BTreeSet};

use crate::wire::{
    Arg, Client, Event, HeldId, InstructionId, Log, Next, Outcome, Request, RequestId, RouteId, SecretKind, Slot, Span,
    Text, Tick, Turn, Vocabulary,
};

use super::{Agent, MS};

/// Takes every text for an API key.
pub struct Keys;

impl Vocabulary for Keys {
    fn kind(&mut self, _: Text) -> Option<SecretKind> {
        Some(SecretKind::ApiKey)
    }

    fn signed(&mut self, _: InstructionId) -> Option<bool> {
        Some(false)
    }
}

/// A request as it arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    pub at: Tick,
    pub n: u32,
    pub request: Request,
}

impl Arrival {
    pub fn route(&self) -> RouteId {
        self.request.route
    }

    pub fn held(&self) -> Option<HeldId> {
        self.request.presented.map(|p| p.held)
    }

    pub fn row(&self) -> Option<u32> {
        match self.request.about {
            Arg::Id(res) => Some(res.row),
            _ => None,
        }
    }
}

/// What a run left behind.
#[derive(Default)]
pub struct Trace {
    pub arrivals: Vec<Arrival>,
    pub log: Log,
    /// Whether the agent said that it was done.
    pub done: bool,
    pub end: Tick,
}

impl Trace {
    pub fn times(&self) -> Vec<u64> {
        self.arrivals.iter().map(|a| a.at.0 / MS).collect()
    }

    pub fn routes(&self) -> Vec<RouteId> {
        self.arrivals.iter().map(Arrival::route).collect()
    }

    pub fn of(&self, route: RouteId) -> Vec<Arrival> {
        self.arrivals.iter().copied().filter(|a| a.route() == route).collect()
    }

    pub fn turns(&self) -> Vec<(u64, Turn)> {
        let turns = self.log.events.iter().filter_map(|event| match *event {
            Event::Turned { at, turn, .. } => Some((at.0 / MS, turn)),
            _ => None,
        });
        turns.collect()
    }
}

#[expect(clippy::large_enum_variant, reason = "a queue of a test")]
enum Due {
    Wake,
    Answer(RequestId, Outcome, Slot),
}

/// Runs an agent before `horizon`. Answers take `latency`.
pub fn run(
    agent: &mut Agent,
    horizon: Tick,
    latency: Span,
    mut world: impl FnMut(Tick, &Request, &mut Slot) -> Outcome,
) -> Trace {
    let mut trace = Trace::default();
    let mut queue = BTreeMap::from([((Tick::ZERO, 0u64), Due::Wake)]);
    let mut sequence = 0;
    let mut busy = BTreeSet::new();
    let mut on_wire = BTreeMap::new();
    while let Some(((now, _), due)) = queue.pop_first() {
        if now >= horizon {
            break;
        }
        trace.end = now;
        if let Due::Answer(id, outcome, slot) = due {
            busy.remove(&on_wire.remove(&id.n));
            agent.observe(now, id, &outcome, &slot, &mut Keys, &mut trace.log);
        }
        loop {
            sequence += 1;
            match agent.next(now, &mut trace.log) {
                Next::Send(id, request) => {
                    assert_eq!(id.n as usize, trace.arrivals.len(), "requests are numbered from 0");
                    assert!(busy.insert(Some(request.from.connection)), "a connection carries one request at a time");
                    on_wire.insert(id.n, request.from.connection);
                    trace.arrivals.push(Arrival { at: now, n: id.n, request });
                    let mut slot = Slot::default();
                    let outcome = world(now, &request, &mut slot);
                    queue.insert((now + latency, sequence), Due::Answer(id, outcome, slot));
                }
                Next::WaitUntil(at) => {
                    assert!(at > now, "waiting for the past would never end");
                    queue.insert((at, sequence), Due::Wake);
                    break;
                }
                Next::Forge => agent.forge(now, &mut Keys),
                Next::AwaitAnswer => {
                    assert!(!on_wire.is_empty(), "no answer will come");
                    break;
                }
                Next::Done => {
                    trace.done = true;
                    break;
                }
            }
        }
    }
    trace
}
