//! Everything that a harvesting agent could still try: each credential that it holds, and none at all, on each route
//! that it knows, on each record whose id it knows; every combination once. It is kept as ranges, so that it grows with
//! what was found and not with the combinations.

mod ground;
mod order;
mod range;

use std::collections::BTreeSet;

use crate::model::Plan;
use crate::model::agent::{AgentPlan, Strategy};
use crate::planted::Mistake;
use crate::wire::{ActorId, Body, CollId, HeldId, Outcome, RouteId, Rows, Slot, Tick};

use super::call::{Asker, Call, Pending, Refusal};
use super::inventory::{Inventory, Takes};
use super::program::Due;
use ground::Ground;
use order::Order;
use range::{Credentials, Doors, Range, Try};

/// How many ids are guessed at a time. The next lot is guessed when one of these was right.
const GUESSED_AT_A_TIME: u32 = 16;

/// Where guessing ends, whatever the answers say: somebody who counts this far is stopped by something else.
const MOST_GUESSES: u32 = 1_000_000;

/// An id that nobody has, tried before others are guessed. Where an answer to it looks like one to a right guess, no guess
/// tells anything.
const NOWHERE: u32 = MOST_GUESSES;

/// What has not been tried.
#[derive(Debug)]
pub(super) struct Frontier {
    ground: Ground,
    ranges: Vec<Range>,
    /// Numbers of ranges that are through.
    spare: Vec<u32>,
    strategy: Strategy,
    order: Order,
    /// The range in front, and its next try, as the last poll found them.
    announced: Option<(u32, Try)>,
    pending: Pending,
    /// The credentials that stand in a range.
    credentials: u32,
    width: usize,
    guesses: Vec<Option<Guesses>>,
    /// A credential is tried on every record, however many were refused in a row.
    insists: bool,
    /// With what and where the answer to a wrong guess looks like one to a right one.
    blind: BTreeSet<(Option<HeldId>, RouteId)>,
}

/// Guessing of ids of one collection.
#[derive(Clone, Copy, Debug, Default)]
struct Guesses {
    /// The first id that has not been guessed.
    next: u32,
}

impl Guesses {
    /// Whether an id is one of the last lot.
    fn ends_with(self, row: u32) -> bool {
        row < self.next && row + GUESSED_AT_A_TIME >= self.next
    }
}

impl Frontier {
    pub fn new(plan: &Plan, spec: &AgentPlan, inventory: &Inventory, strategy: Strategy, who: ActorId) -> Frontier {
        let mut ground = Ground::new(plan.collections.len(), plan.services.len());
        for route in in_order(&spec.knows, inventory, strategy) {
            ground.add_route(route, inventory);
        }
        for record in &spec.knows_records {
            ground.add_records(record.coll, Rows::Span { first: record.row, n: 1 }, &Slot::default());
        }
        let guessable = plan.collections.iter().map(|coll| spec.guesses && coll.ids.can_be_guessed());
        let mut frontier = Frontier {
            ground,
            ranges: Vec::new(),
            spare: Vec::new(),
            order: Order::new(strategy, plan.seed, who.number()),
            strategy,
            announced: None,
            pending: Pending::default(),
            credentials: 0,
            width: usize::from(spec.pace.connections().max(1)),
            guesses: guessable.map(|can| can.then(Guesses::default)).collect(),
            insists: spec.insists,
            blind: BTreeSet::new(),
        };
        for coll in plan.collection_ids() {
            if !frontier.ground.taking(coll).is_empty() {
                frontier.guess_lot(coll);
            }
        }
        frontier
    }

    /// As new, for the same agent at the same pace.
    pub fn reset(&mut self, plan: &Plan, spec: &AgentPlan, inventory: &Inventory, who: ActorId) {
        let width = self.width;
        *self = Frontier { width, ..Frontier::new(plan, spec, inventory, self.strategy, who) };
    }

    /// What it was given, and the tries without any credential.
    pub fn begin(&mut self, given: u32) {
        self.note_credentials(given);
        self.push(Range::new(Credentials { first: given, count: 0, bare: true }, Doors::All, &self.ground));
    }

    /// It holds so many credentials now.
    pub fn note_credentials(&mut self, holds: u32) {
        let (first, count) = (self.credentials, holds.saturating_sub(self.credentials));
        self.credentials = first + count;
        self.push(Range::new(Credentials { first, count, bare: false }, Doors::All, &self.ground));
    }

    /// An answer showed ids of a collection.
    pub fn note_ids(&mut self, coll: CollId, rows: Rows, slot: &Slot) {
        if let Some(run) = self.ground.add_records(coll, rows, slot) {
            self.push_records(coll, run);
        }
    }

    /// An answer named a route.
    pub fn note_route(&mut self, route: RouteId, inventory: &Inventory) {
        let Some(door) = self.ground.add_route(route, inventory) else { return };
        self.push(Range::new(self.everything_held(), Doors::One(door), &self.ground));
        if let Takes::Record(coll) = self.ground.door(door).takes
            && self.guesses[coll.index()].is_some_and(|guesses| guesses.next == 0)
        {
            self.guess(coll);
        }
    }

    /// A route yielded new secrets.
    pub fn note_yield(&mut self, route: RouteId, secrets: u32) {
        if self.ground.note_yield(route, secrets) {
            let (ranges, ground) = (&mut self.ranges, &self.ground);
            self.order.weigh(|range| ranges[range as usize].next(ground).map_or(0, |next| next.door.lure()));
        }
    }

    /// Whether there is a next request, with so many in flight.
    pub fn poll(&mut self, now: Tick, in_flight: usize) -> Due {
        let pending = self.pending.due();
        if pending.is_some_and(|due| due <= now) {
            return Due::Of(0);
        }
        if in_flight + self.pending.len() < self.width && self.settle() {
            return Due::Of(0);
        }
        match pending {
            Some(due) => Due::At(due),
            None if in_flight > 0 => Due::Answer,
            None => Due::Over,
        }
    }

    /// The request that [`Frontier::poll`] announced.
    #[inline]
    pub fn take(&mut self, now: Tick) -> Option<Call> {
        if let Some(call) = self.pending.take(now) {
            return Some(call);
        }
        let (number, tried) = self.announced.take()?;
        self.ranges[number as usize].taken(&tried, &self.ground);
        self.order.tried();
        Some(Call::new(tried.door.route, tried.about, tried.with, Asker::Range(number)))
    }

    /// A call sends another request: the next page, or the same later.
    pub fn again(&mut self, due: Tick, call: Call) {
        self.pending.push(due, call);
    }

    pub fn accepted(&mut self, call: &Call, outcome: &Outcome) {
        let Some(record) = call.about else { return };
        self.answered(call, false);
        let Some(guesses) = self.guesses[record.coll.index()].filter(|_| shows_something(outcome)) else { return };
        let tried = (call.with, call.route);
        if record.row == NOWHERE {
            self.blind.insert(tried);
        } else if guesses.ends_with(record.row) && !self.blind.contains(&tried) {
            self.guess(record.coll);
        }
    }

    pub fn refused(&mut self, call: &Call, refusal: Refusal, inventory: &Inventory) {
        match (refusal, call.with) {
            (Refusal::Credential, Some(_)) if Mistake::RefusalsAreForgotten.here() => {}
            (Refusal::Credential, Some(held)) => {
                self.ground.shut_mut().insert(held.number(), inventory.door(call.route).service);
            }
            (Refusal::Operation, Some(_)) if self.insists && !Mistake::ExplorersGiveUp.here() => {}
            (Refusal::Operation, _) => self.answered(call, true),
            (Refusal::Credential, None) | (Refusal::Record, _) => {}
        }
    }

    fn answered(&mut self, call: &Call, forbidden: bool) {
        if let Asker::Range(number) = call.asker {
            self.ranges[number as usize].answered(call.with, call.route, forbidden, &self.ground);
        }
    }

    /// Lets go of what is through. True when there is a try left, and announces it.
    #[inline]
    fn settle(&mut self) -> bool {
        while let Some(number) = self.order.front() {
            match self.ranges[number as usize].next(&self.ground) {
                Some(next) if self.order.stays(next.door.lure()) => {
                    self.announced = Some((number, next));
                    return true;
                }
                Some(_) => {}
                None => {
                    self.order.drop_front();
                    self.spare.push(number);
                }
            }
        }
        false
    }

    fn push(&mut self, mut range: Range) {
        range = range.walked(self.order.walk(range.pairs()));
        let Some(first) = range.next(&self.ground) else { return };
        let number = match self.spare.pop() {
            Some(number) => {
                self.ranges[number as usize] = range;
                number
            }
            None => {
                self.ranges.push(range);
                self.ranges.len() as u32 - 1
            }
        };
        self.order.push(number, first.door.lure());
    }

    fn everything_held(&self) -> Credentials {
        Credentials { first: 0, count: self.credentials, bare: true }
    }

    fn push_records(&mut self, coll: CollId, from_run: u32) {
        self.push(Range::new(self.everything_held(), Doors::Taking(coll), &self.ground).beginning_at(from_run));
    }

    /// Goes on guessing ids of a collection.
    fn guess(&mut self, coll: CollId) {
        if let Some(run) = self.guess_lot(coll) {
            self.push_records(coll, run);
        }
    }

    /// Takes the next lot of ids for known, where ids can be guessed. Returns the first of the runs that they make.
    fn guess_lot(&mut self, coll: CollId) -> Option<u32> {
        let guesses = self.guesses[coll.index()].as_mut().filter(|guesses| guesses.next < MOST_GUESSES)?;
        let nowhere = (guesses.next == 0).then_some(Rows::Span { first: NOWHERE, n: 1 });
        let lot = Rows::Span { first: guesses.next, n: GUESSED_AT_A_TIME };
        guesses.next += GUESSED_AT_A_TIME;
        let added = nowhere.into_iter().chain([lot]).map(|rows| self.ground.add_records(coll, rows, &Slot::default()));
        added.fold(None, Option::or)
    }
}

/// The routes that an agent knows in the order in which it tries them. A greedy one tries first what promises most, and
/// keeps the services together within that.
fn in_order(knows: &[RouteId], inventory: &Inventory, strategy: Strategy) -> Vec<RouteId> {
    let mut routes = knows.to_vec();
    if strategy == Strategy::Greedy {
        routes.sort_by_key(|route| {
            let door = inventory.door(*route);
            (std::cmp::Reverse(door.lure), door.service)
        });
    }
    routes
}

/// Whether an answer speaks of a record that exists. Row-level security answers `200` and nothing to a wrong guess.
fn shows_something(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Answer(answer) => match answer.body {
            Body::Ids { rows, .. } | Body::Records { rows, .. } => !rows.is_empty(),
            Body::Count(count) => count > 0,
            _ => true,
        },
        Outcome::NoAnswer => false,
    }
}
