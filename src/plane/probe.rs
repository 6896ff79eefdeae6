//! The prober: is each credential of the closure still accepted? It asks at a cadence, with every operation that only
//! lists, as itself: its requests are marked, and no measure of reach or detection counts them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::model::Plan;
use crate::model::service::{Act, Role};
use crate::wire::{
    ActorId, Arg, Client, Effect, HeldId, Log, Next, Outcome, PlaceId, Presented, Purpose, Request, RequestId, RouteId,
    Scheme, Slot, Span, Text, Tick, Vantage, Vocabulary,
};

/// Probes a run.
pub struct Prober {
    who: ActorId,
    every: Span,
    from: PlaceId,
    /// What it asks.
    routes: Vec<RouteId>,
    /// The credentials that it watches, by its own numbers.
    watched: Vec<Text>,
    numbers: BTreeMap<Text, HeldId>,
    /// Whether one of the agents has the key that each may be bound to.
    proven: Vec<bool>,
    /// When the next round begins.
    round: Tick,
    /// What is left of this round. Being without a credential is watched too.
    left: VecDeque<(Option<HeldId>, RouteId)>,
    sent: u32,
}

impl Prober {
    pub fn new(plan: &Arc<Plan>, who: ActorId, every: Span) -> Prober {
        let lists = |route: &RouteId| {
            plan.route(*route).answers.is_some_and(|op| {
                let spec = plan.operation(op);
                let administers = plan.service(spec.service).role == Role::Administration;
                matches!(spec.act, Act::List { inside: None, .. }) && spec.effect == Effect::Read && !administers
            })
        };
        Prober {
            who,
            every: every.max(Span(1)),
            from: plan.agent_networks().first().copied().unwrap_or(PlaceId::new(0)),
            routes: (0..plan.routes.len()).map(RouteId::at).filter(lists).collect(),
            watched: Vec::new(),
            numbers: BTreeMap::new(),
            proven: Vec::new(),
            round: Tick::ZERO,
            left: VecDeque::new(),
            sent: 0,
        }
    }

    /// The closure came to hold this.
    pub fn watch(&mut self, text: Text, proven: bool) {
        let fresh = HeldId::at(self.watched.len());
        let held = *self.numbers.entry(text).or_insert(fresh);
        if held == fresh {
            self.watched.push(text);
            self.proven.push(proven);
        } else {
            self.proven[held.index()] |= proven;
        }
    }

    fn begin_round(&mut self) {
        let held = std::iter::once(None).chain((0..self.watched.len()).map(|at| Some(HeldId::at(at))));
        self.left.extend(held.flat_map(|held| self.routes.iter().map(move |route| (held, *route))));
        self.round = self.round + self.every;
    }
}

impl Client for Prober {
    fn next(&mut self, now: Tick, _: &mut Log) -> Next {
        if self.left.is_empty() && self.round <= now {
            self.begin_round();
        }
        let Some((held, route)) = self.left.pop_front() else { return Next::WaitUntil(self.round) };
        let id = RequestId { by: self.who, n: self.sent };
        self.sent += 1;
        let presented = held.and_then(|held| {
            Some(Presented {
                scheme: Scheme::Bearer,
                text: self.text_of(held)?,
                held,
                proven: self.proven.get(held.index()) == Some(&true),
            })
        });
        let from = Vantage { network: self.from, connection: 0, purpose: Purpose::Probe, conversation: None };
        Next::Send(id, Request { route, about: Arg::None, page: Arg::None, presented, carries: false, from })
    }

    fn observe(&mut self, _: Tick, _: RequestId, _: &Outcome, _: &Slot, _: &mut dyn Vocabulary, _: &mut Log) {}

    fn text_of(&self, held: HeldId) -> Option<Text> {
        self.watched.get(held.index()).copied()
    }
}
