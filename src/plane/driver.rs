//! The driver: asks each client what it wants, puts requests on the wire, delivers answers, lets time pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::agent::Agent;
use crate::model::service::Latency;
use crate::model::{Baseline, Draws, Plan, Stream};
use crate::planted::Mistake;
use crate::responder::Responder;
use crate::wire::{
    ActorId, Client, Envelope, Event, IdentityId, Knock, Log, Next, Outcome, Presented, Purpose, RequestId, Slot,
    Snapshot, Span, Tick, Vocabulary, Watcher,
};

use crate::world::HandedOver;

use super::census::Census;
use super::probe::Prober;
use super::queue::{Class, Due, Queue};
use super::sim::Direct;
use super::snapshot::Leftovers;
use super::{Passed, Transport};

/// Receives the events of a run, in order, chunk by chunk.
pub trait Sink {
    /// The events since the last call. An error ends the run as aborted.
    fn events(&mut self, events: &[Event]) -> std::io::Result<()>;
}

/// An agent of a run, and what class of the queue it belongs to.
pub struct Seat {
    pub client: Agent,
    pub purpose: Purpose,
    /// Whose work it does.
    pub identity: Option<IdentityId>,
    pub starts: Tick,
}

/// What ends a run beside its own course.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Ends the run at its next step, with what is known so far.
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs on one transport, one at a time.
pub struct Driver<T, V> {
    plan: Arc<Plan>,
    /// What is no excess in this run.
    baseline: Baseline,
    transport: T,
    vocabulary: V,
    seats: Vec<Seat>,
    responder: Option<Responder>,
    prober: Option<Prober>,
    queue: Queue,
    flights: Vec<Flight>,
    free: Vec<u32>,
    parcels: Vec<HandedOver>,
    /// Messages on their way, and the places of those that have arrived.
    knocks: Vec<Knock>,
    knocked: Vec<u32>,
    /// The earliest wake-up that is already in the queue, by seat; the responder's and the prober's are the last.
    wakes: Vec<Tick>,
    latencies: Vec<Stream>,
    /// When the last agent starts: until then, nothing has settled.
    all_started: Tick,
    census: Census,
    leftovers: Leftovers,
    log: Log,
}

/// A request whose answer is on its way.
struct Flight {
    client: u32,
    id: RequestId,
    presented: Option<Presented>,
    outcome: Outcome,
    slot: Slot,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    pub at: Tick,
    /// The census had been shut for the settling time, with nothing queued.
    pub settled: bool,
    pub aborted: bool,
}

/// When agents start of themselves.
fn starts(plan: &Plan) -> impl Iterator<Item = Tick> + '_ {
    plan.agents.iter().map(|agent| agent.starts).filter(|starts| *starts != Tick::NEVER)
}

/// The latency of a route that no operation answers.
const LOST: Latency = Latency { least: Span::from_millis(1), most: Span::from_millis(1) };

/// The defence of a plan that has one.
fn responder(plan: &Arc<Plan>, seat: usize) -> Option<Responder> {
    (!plan.controls.responses.is_empty()).then(|| Responder::new(plan.clone(), ActorId::at(seat)))
}

/// Each actor draws from a stream of its own.
fn latencies(plan: &Plan, actors: usize) -> impl Iterator<Item = Stream> {
    let seed = plan.seed;
    (0..actors as u32).map(move |actor| Stream::new(seed, Draws::Latency, actor))
}

impl<V: Vocabulary> Driver<Direct, V> {
    /// Begins anew, with these agents in the place of those of the run before. What it made room for is kept.
    pub fn reseat(&mut self, seats: impl FnOnce() -> Vec<Seat>) {
        self.seats = Vec::new();
        self.seats = seats();
        self.reset();
    }

    /// Begins anew, with the same agents.
    pub fn restart(&mut self) {
        self.seats.iter_mut().for_each(|seat| seat.client.reset());
        self.reset();
    }

    fn reset(&mut self) {
        let Driver {
            plan,
            baseline: _,
            transport,
            vocabulary: _,
            seats,
            responder,
            prober,
            queue,
            flights,
            free,
            parcels,
            knocks,
            knocked,
            wakes,
            latencies,
            all_started: _,
            census,
            leftovers,
            log,
        } = self;
        transport.reset();
        *responder = self::responder(plan, seats.len());
        *prober = None;
        queue.clear();
        free.clear();
        free.extend(0..flights.len() as u32);
        parcels.clear();
        knocks.clear();
        knocked.clear();
        wakes.fill(Tick::NEVER);
        latencies.clear();
        latencies.extend(self::latencies(plan, wakes.len()));
        census.reset();
        leftovers.reset();
        log.events.clear();
    }
}

impl<T: Transport, V: Vocabulary> Driver<T, V> {
    pub fn new(plan: &Arc<Plan>, seats: Vec<Seat>, mut transport: T, vocabulary: V) -> Self {
        let actors = seats.len() + 2;
        let index = transport.world(|world| world.index().clone());
        Driver {
            baseline: Baseline::default(),
            transport,
            vocabulary,
            responder: responder(plan, seats.len()),
            prober: None,
            queue: Queue::default(),
            flights: Vec::new(),
            free: Vec::new(),
            parcels: Vec::new(),
            knocks: Vec::new(),
            knocked: Vec::new(),
            all_started: starts(plan).max().unwrap_or(Tick::ZERO),
            wakes: vec![Tick::NEVER; actors],
            latencies: latencies(plan, actors).collect(),
            census: Census::new(plan),
            leftovers: Leftovers::new(plan.clone(), index),
            log: Log::default(),
            seats,
            plan: plan.clone(),
        }
    }

    /// Probes every credential of the closure so often.
    pub fn probing(mut self, plan: &Arc<Plan>, every: Span) -> Self {
        self.prober = Some(Prober::new(plan, ActorId::at(self.prober_seat()), every));
        self
    }

    fn responder_seat(&self) -> usize {
        self.seats.len()
    }

    fn prober_seat(&self) -> usize {
        self.seats.len() + 1
    }

    /// Runs to the end. Events reach the sink as they happen.
    pub fn run(&mut self, baseline: &Baseline, stop: &Stop, sink: &mut dyn Sink) -> std::io::Result<End> {
        self.baseline.clone_from(baseline);
        let (census, log) = (&mut self.census, &mut self.log);
        self.transport.world(|world| census.start(Tick::ZERO, world, baseline, log));
        for seat in 0..self.seats.len() {
            self.wake(seat, self.seats[seat].starts);
        }
        self.wake(self.responder_seat(), Tick::ZERO);
        if self.prober.is_some() {
            self.wake(self.prober_seat(), Tick::ZERO);
        }
        let end = self.turn(stop, sink)?;
        self.finish(end);
        sink.events(&self.log.events)?;
        Ok(end)
    }

    /// The main loop.
    fn turn(&mut self, stop: &Stop, sink: &mut dyn Sink) -> std::io::Result<End> {
        let mut now = Tick::ZERO;
        loop {
            if self.transport.hands_over(self.log.events.len()) {
                sink.events(&self.log.events)?;
                self.log.events.clear();
            }
            if stop.wanted() {
                return Ok(End { at: now, settled: false, aborted: true });
            }
            let (timer, queued) = (self.transport.due(), self.queue.next());
            let next = match (timer, queued) {
                (Some(timer), Some(client)) => Some(timer.min(client)),
                (timer, client) => timer.or(client),
            };
            if !self.transport.in_flight()
                && let Some(end) = self.over(now, next)
            {
                return Ok(end);
            }
            let horizon = self.plan.time.horizon.unwrap_or(Tick::NEVER);
            let next = next.unwrap_or(Tick::NEVER).min(horizon);
            match self.transport.pass(next, &mut self.log) {
                Passed::Answer { flight, at } => {
                    now = at;
                    self.land(now, flight);
                    continue;
                }
                Passed::Time(at) => now = at,
            }
            if now >= horizon {
                return Ok(End { at: horizon, settled: false, aborted: false });
            }
            let stirred = self.transport.in_flight() && !self.transport.is_quiet();
            if stirred && !Mistake::AlarmsWaitForAnswers.here() || timer.is_some_and(|timer| timer <= now) {
                self.transport.advance(now, &mut self.log);
                self.look_round(now);
            } else if queued.is_some_and(|due| due <= now)
                && let Some((at, due)) = self.queue.pop()
            {
                self.serve(now, at, due);
            }
        }
    }

    /// Whether the run is over before `next`, the next thing that would happen.
    #[inline]
    fn over(&mut self, now: Tick, next: Option<Tick>) -> Option<End> {
        let goes_on = |next: Tick| self.plan.time.horizon.is_none_or(|horizon| next < horizon);
        let busy = next.is_some_and(goes_on) && !self.queue.only_probes() && !self.census.may_settle();
        if busy { None } else { self.ends(now, next) }
    }

    /// The same, where it may be over.
    fn ends(&mut self, now: Tick, next: Option<Tick>) -> Option<End> {
        let horizon = self.plan.time.horizon.unwrap_or(Tick::NEVER);
        let Driver { census, transport, .. } = self;
        let settles = census
            .settles(self.plan.time.settle.unless(Mistake::SettlesAtOnce), || transport.world(|world| world.pending()));
        let settles = settles.filter(|_| now >= self.all_started || Mistake::SettlesBeforeAllStarted.here());
        if let Some(at) = settles.filter(|at| *at <= horizon && next.is_none_or(|next| next > *at)) {
            return Some(End { at: at.max(now), settled: true, aborted: false });
        }
        let idle = next.is_none() || self.queue.only_probes() && self.transport.due().is_none() && settles.is_none();
        match next {
            Some(next) if next < horizon && !(idle && horizon == Tick::NEVER) => None,
            _ if idle && horizon == Tick::NEVER => Some(End { at: now, settled: false, aborted: false }),
            _ => Some(End { at: horizon, settled: false, aborted: false }),
        }
    }

    /// Does what was due `at` an instant that has come.
    #[inline]
    fn serve(&mut self, now: Tick, at: Tick, due: Due) {
        match due {
            Due::Wake { client } => {
                let seat = client as usize;
                if self.wakes[seat] == at {
                    self.wakes[seat] = Tick::NEVER;
                    self.act(now, seat);
                }
            }
            Due::HandOver { parcel } => {
                let HandedOver { to, old, new, .. } = self.parcels[parcel as usize];
                let (old, new) = (self.transport.as_client_knows(old), self.transport.as_client_knows(new));
                for seat in 0..self.seats.len() {
                    if self.seats[seat].identity == Some(to) {
                        let logged = self.log.events.len();
                        self.seats[seat].client.handed(now, old, new, &mut self.log);
                        self.identify(logged, now, seat);
                        self.act(now, seat);
                    }
                }
            }
            Due::Knock { knock } => {
                self.knocked.push(knock);
                let Knock { to: (first, n), conversation, .. } = self.knocks[knock as usize];
                for seat in first.index()..first.index() + n as usize {
                    self.seats[seat].client.woken(now, conversation);
                    self.act(now, seat);
                }
            }
            Due::Arrive { flight } => self.deliver(now, flight),
        }
    }

    /// An answer came off the wire.
    fn land(&mut self, now: Tick, flight: u32) {
        let landed = &mut self.flights[flight as usize];
        landed.outcome = self.transport.hear(&mut landed.slot);
        if landed.outcome == Outcome::NoAnswer {
            self.log.push(Event::Lost { at: now, id: landed.id });
        }
        self.look_round(now);
        self.deliver(now, flight);
    }

    #[inline]
    fn deliver(&mut self, now: Tick, flight: u32) {
        let seat = self.arrive(now, flight);
        self.act(now, seat);
        if seat == self.responder_seat() && self.responder.as_ref().is_some_and(Responder::idle) {
            self.snapshot(now, Snapshot::Declared);
        }
    }

    #[inline]
    fn arrive(&mut self, now: Tick, flight: u32) -> usize {
        let Driver { flights, seats, vocabulary, log, responder, prober, leftovers, .. } = self;
        let Flight { client, id, presented, outcome, slot } = &flights[flight as usize];
        let seat = *client as usize;
        if seats.get(seat).is_some_and(|s| s.purpose == Purpose::Agent) {
            leftovers.learn(outcome, slot);
            // What an agent made itself is a credential from its first answer on. A probe is never the first to show it.
            if let (Some(prober), Some(shown), Outcome::Answer(_)) = (prober.as_mut(), presented, outcome)
                && !Mistake::ForgedTokensAreNotProbed.here()
            {
                prober.watch(shown.text, shown.proven);
            }
        }
        let logged = log.events.len();
        match seats.get_mut(seat) {
            Some(seat) => seat.client.observe(now, *id, outcome, slot, vocabulary, log),
            None => {
                if let Some(client) = client_at(seat, seats, responder, prober) {
                    client.observe(now, *id, outcome, slot, vocabulary, log);
                }
            }
        }
        self.free.push(flight);
        self.identify(logged, now, seat);
        seat
    }

    /// Asks a client for all that it wants to do now.
    fn act(&mut self, now: Tick, seat: usize) {
        if seat == self.responder_seat() {
            self.feed(now);
        }
        loop {
            let logged = self.log.events.len();
            let Driver { seats, responder, prober, log, .. } = self;
            let next = match seats.get_mut(seat) {
                Some(seat) => seat.client.next(now, log),
                None => match client_at(seat, seats, responder, prober) {
                    Some(client) => client.next(now, log),
                    None => return,
                },
            };
            self.identify(logged, now, seat);
            match next {
                Next::Send(id, request) => self.send(now, seat, Envelope { id, request, back: Span::ZERO }),
                Next::WaitUntil(at) => return self.wake(seat, at),
                Next::Forge => self.forge(now, seat),
                Next::AwaitAnswer | Next::Done => return,
            }
        }
    }

    fn forge(&mut self, now: Tick, seat: usize) {
        let Driver { seats, responder, prober, vocabulary, .. } = self;
        if let Some(client) = client_at(seat, seats, responder, prober) {
            client.forge(now, vocabulary);
        }
    }

    #[inline]
    fn send(&mut self, now: Tick, seat: usize, mut envelope: Envelope) {
        let answers = self.plan.route(envelope.request.route).answers;
        let latency = answers.map_or(LOST, |op| self.plan.operation(op).latency);
        let stream = if Mistake::LatencyIsShared.here() { 0 } else { seat };
        envelope.back = self.latencies[stream].span(latency.least, latency.most).max(Span(1));
        let flight = self.free.pop().unwrap_or_else(|| {
            let (id, outcome) = (envelope.id, Outcome::NoAnswer);
            self.flights.push(Flight { client: 0, id, presented: None, outcome, slot: Slot::default() });
            self.flights.len() as u32 - 1
        });
        let taken = &mut self.flights[flight as usize];
        taken.client = seat as u32;
        taken.id = envelope.id;
        taken.presented = envelope.request.presented;
        taken.slot.clear();
        taken.slot.cargo.clear();
        if envelope.request.carries
            && let Some(client) = client_at(seat, &mut self.seats, &mut self.responder, &mut self.prober)
        {
            client.pack(envelope.id, &mut taken.slot.cargo);
            envelope.request.carries = !taken.slot.cargo.is_empty();
        }
        let Some(outcome) = self.transport.exchange(now, flight, &envelope, &mut taken.slot, &mut self.log) else {
            return;
        };
        taken.outcome = outcome;
        if outcome == Outcome::NoAnswer {
            self.log.push(Event::Lost { at: now, id: envelope.id });
        }
        let arrives = now + envelope.back + Span(Mistake::AnswersAreLate.slip());
        self.queue.push(arrives, self.class(seat), Due::Arrive { flight });
        self.look_round(now);
    }

    /// After anything that may have changed the world: the census, and the responder's feed.
    #[inline]
    fn look_round(&mut self, now: Tick) {
        if !self.transport.is_quiet() {
            self.take_note(now);
        }
    }

    fn take_note(&mut self, now: Tick) {
        let Driver { transport, census, baseline, log, .. } = self;
        let (alarmed, parcels, knocks) = transport.world(|world| {
            census.update(now, world, baseline, log);
            (world.wants_attention(), world.take_handed_over(), world.take_knocks())
        });
        for parcel in parcels {
            let due = Due::HandOver { parcel: self.parcels.len() as u32 };
            self.queue.push(parcel.arrives, Class::Responder, due);
            self.parcels.push(parcel);
        }
        knocks.into_iter().for_each(|knock| self.post(knock));
        if alarmed {
            self.feed(now);
            if self.responder.is_some() {
                self.wake(self.responder_seat(), now);
            }
        }
    }

    /// Puts a message on its way.
    fn post(&mut self, knock: Knock) {
        let class = self.class(knock.to.0.index());
        let at = match self.knocked.pop() {
            Some(free) => {
                self.knocks[free as usize] = knock;
                free
            }
            None => {
                self.knocks.push(knock);
                self.knocks.len() as u32 - 1
            }
        };
        self.queue.push(knock.arrives, class, Due::Knock { knock: at });
    }

    fn feed(&mut self, now: Tick) {
        let Driver { transport, responder, log, .. } = self;
        transport.world(|world| {
            let (audit, alarms) = world.tail();
            if let Some(responder) = responder {
                responder.feed(now, &audit, &alarms, world, log);
            }
            world.seen(audit, alarms);
        });
    }

    fn wake(&mut self, seat: usize, at: Tick) {
        if at < self.wakes[seat] {
            self.wakes[seat] = at;
            self.queue.push(at, self.class(seat), Due::Wake { client: seat as u32 });
        }
    }

    #[inline]
    fn class(&self, seat: usize) -> Class {
        match self.seats.get(seat).map(|s| s.purpose) {
            None if seat == self.prober_seat() => Class::Probe,
            None if Mistake::DefenceWaitsItsTurn.here() => Class::Agent,
            None | Some(Purpose::Response) => Class::Responder,
            Some(Purpose::Probe) => Class::Probe,
            Some(Purpose::Benign) => Class::Benign,
            Some(Purpose::Agent) => Class::Agent,
        }
    }

    fn snapshot(&mut self, now: Tick, which: Snapshot) {
        let Driver { transport, census, log, leftovers, baseline, .. } = self;
        transport.world(|world| leftovers.take((now, which), world, baseline, census.held(), log));
    }

    fn finish(&mut self, end: End) {
        self.snapshot(end.at, Snapshot::Deadline);
        let Driver { transport, census, log, .. } = self;
        transport.world(|world| {
            let open = census.survivors(end.at);
            for cred in open {
                let root = !world.parent_among(*cred, open) || Mistake::EverySurvivorIsARoot.here();
                log.push(Event::Survivor { at: end.at, cred: *cred, root });
            }
        });
        self.log.push(Event::Ended { at: end.at, settled: end.settled, aborted: end.aborted });
    }

    /// Names the rows behind the secrets that a client has just come to hold, and shows them to the census.
    #[inline]
    fn identify(&mut self, logged: usize, now: Tick, seat: usize) {
        if self.log.events.len() > logged {
            self.identify_new(logged, now, seat);
        }
    }

    fn identify_new(&mut self, logged: usize, now: Tick, seat: usize) {
        let Driver { seats, transport, census, baseline, log, prober, .. } = self;
        let Some(seat) = seats.get(seat) else { return };
        for at in logged..log.events.len() {
            let Event::Got { held, cred: None, .. } = log.events[at] else { continue };
            let text = seat.client.text_of(held);
            let found = text.and_then(|text| transport.identify(text));
            if let Event::Got { cred, .. } = &mut log.events[at] {
                *cred = found;
            }
            if let (Some(text), Some(prober), Purpose::Agent) = (text, prober.as_mut(), seat.purpose) {
                prober.watch(text, seat.client.has_key(held));
            }
            let taken = seat.purpose == Purpose::Agent || Mistake::HonestClientsAreTaken.here();
            if let Some(cred) = found.filter(|_| taken) {
                transport.world(|world| census.hold(now, cred, world, baseline, log));
            }
        }
    }
}

/// The client of a seat: after those with a seat of their own come the responder and the prober.
fn client_at<'c>(
    seat: usize,
    seats: &'c mut [Seat],
    responder: &'c mut Option<Responder>,
    prober: &'c mut Option<Prober>,
) -> Option<&'c mut dyn Client> {
    match seat.checked_sub(seats.len()) {
        None => Some(&mut seats[seat].client),
        Some(0) => responder.as_mut().map(|r| r as &mut dyn Client),
        Some(_) => prober.as_mut().map(|p| p as &mut dyn Client),
    }
}
