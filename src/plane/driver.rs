//! The driver: asks each client what it wants, puts requests on the wire, delivers answers, lets time pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::service::Latency;
use crate::model::{Baseline, Draws, Plan, Stream};
use crate::planted::Mistake;
use crate::responder::Responder;
use crate::wire::{
    ActorId, Client, Envelope, Event, IdentityId, Knock, Log, Next, Outcome, Purpose, RequestId, Slot, Snapshot, Span,
    Tick, Vocabulary, Watcher,
};

use crate::world::HandedOver;

use super::census::Census;
use super::probe::Prober;
use super::queue::{Class, Due, Queue};
use super::snapshot::Leftovers;
use super::{Passed, Transport};

/// Receives the events of a run, in order, chunk by chunk.
pub trait Sink {
    /// The events since the last call. An error ends the run as aborted.
    fn events(&mut self, events: &[Event]) -> std::io::Result<()>;
}

/// A client of a run, and what class of the queue it belongs to.
pub struct Seat {
    pub client: Box<dyn Client>,
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

/// One run on one transport.
pub struct Driver<'a, T, V> {
    plan: &'a Plan,
    baseline: &'a Baseline,
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
    leftovers: Leftovers<'a>,
    log: Log,
}

/// A request whose answer is on its way.
struct Flight {
    client: u32,
    id: RequestId,
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

impl<'a, T: Transport, V: Vocabulary> Driver<'a, T, V> {
    pub fn new(plan: &'a Arc<Plan>, baseline: &'a Baseline, seats: Vec<Seat>, transport: T, vocabulary: V) -> Self {
        let actors = seats.len() as u32 + 2;
        let responder =
            (!plan.controls.responses.is_empty()).then(|| Responder::new(plan.clone(), ActorId::at(seats.len())));
        Driver {
            baseline,
            transport,
            vocabulary,
            responder,
            prober: None,
            queue: Queue::default(),
            flights: Vec::new(),
            free: Vec::new(),
            parcels: Vec::new(),
            knocks: Vec::new(),
            knocked: Vec::new(),
            all_started: starts(plan).max().unwrap_or(Tick::ZERO),
            wakes: vec![Tick::NEVER; actors as usize],
            latencies: (0..actors).map(|actor| Stream::new(plan.seed, Draws::Latency, actor)).collect(),
            census: Census::new(plan),
            leftovers: Leftovers::new(plan, baseline),
            log: Log::default(),
            seats,
            plan,
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
    pub fn run(mut self, stop: &Stop, sink: &mut dyn Sink) -> std::io::Result<(End, T)> {
        let (census, baseline, log) = (&mut self.census, self.baseline, &mut self.log);
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
        Ok((end, self.transport))
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
            let timer = self.transport.due();
            let next = match (timer, self.queue.next()) {
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
                Passed::Answer { flight, at, outcome, slot } => {
                    now = at;
                    self.land(now, flight, outcome, slot);
                    continue;
                }
                Passed::Time(at) => now = at,
            }
            if now >= horizon {
                return Ok(End { at: horizon, settled: false, aborted: false });
            }
            if timer.is_some_and(|timer| timer <= now) {
                self.transport.advance(now, &mut self.log);
                self.look_round(now);
            } else if self.queue.next().is_some_and(|due| due <= now)
                && let Some((at, due)) = self.queue.pop()
            {
                self.serve(now, at, due);
            }
        }
    }

    /// Whether the run is over before `next`, the next thing that would happen.
    fn over(&mut self, now: Tick, next: Option<Tick>) -> Option<End> {
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
    fn land(&mut self, now: Tick, flight: u32, outcome: Outcome, slot: Slot) {
        let landed = &mut self.flights[flight as usize];
        (landed.outcome, landed.slot) = (outcome, slot);
        if outcome == Outcome::NoAnswer {
            self.log.push(Event::Lost { at: now, id: landed.id });
        }
        self.look_round(now);
        self.deliver(now, flight);
    }

    fn deliver(&mut self, now: Tick, flight: u32) {
        let seat = self.arrive(now, flight);
        self.act(now, seat);
        if seat == self.responder_seat() && self.responder.as_ref().is_some_and(Responder::idle) {
            self.snapshot(now, Snapshot::Declared);
        }
    }

    fn arrive(&mut self, now: Tick, flight: u32) -> usize {
        let Driver { flights, seats, vocabulary, log, responder, prober, leftovers, .. } = self;
        let Flight { client, id, outcome, slot } = &flights[flight as usize];
        let seat = *client as usize;
        if seats.get(seat).is_some_and(|s| s.purpose == Purpose::Agent) {
            leftovers.learn(outcome, slot);
        }
        let logged = log.events.len();
        if let Some(client) = client_at(seat, seats, responder, prober) {
            client.observe(now, *id, outcome, slot, vocabulary, log);
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
            let Some(client) = client_at(seat, seats, responder, prober) else { return };
            let next = client.next(now, log);
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

    fn send(&mut self, now: Tick, seat: usize, mut envelope: Envelope) {
        let answers = self.plan.route(envelope.request.route).answers;
        let latency = answers.map_or(LOST, |op| self.plan.operation(op).latency);
        let stream = if Mistake::LatencyIsShared.here() { 0 } else { seat };
        envelope.back = self.latencies[stream].span(latency.least, latency.most).max(Span(1));
        let flight = self.free.pop().unwrap_or_else(|| {
            let (id, outcome) = (envelope.id, Outcome::NoAnswer);
            self.flights.push(Flight { client: 0, id, outcome, slot: Slot::default() });
            self.flights.len() as u32 - 1
        });
        let taken = &mut self.flights[flight as usize];
        taken.client = seat as u32;
        taken.id = envelope.id;
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
    fn look_round(&mut self, now: Tick) {
        let Driver { transport, census, baseline, log, .. } = self;
        let told = transport.world(|world| {
            if world.is_quiet() {
                return None;
            }
            census.update(now, world, baseline, log);
            Some((world.wants_attention(), world.take_handed_over(), world.take_knocks()))
        });
        let Some((alarmed, parcels, knocks)) = told else { return };
        for parcel in parcels {
            let due = Due::HandOver { parcel: self.parcels.len() as u32 };
            self.queue.push(parcel.arrives, Class::Responder, due);
            self.parcels.push(parcel);
        }
        knocks.into_iter().for_each(|knock| self.post(knock));
        if alarmed && self.responder.is_some() {
            self.feed(now);
            self.wake(self.responder_seat(), now);
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
        if let Some(responder) = responder {
            transport.world(|world| {
                let (audit, alarms) = world.tail();
                responder.feed(now, &audit, &alarms, world, log);
            });
        }
    }

    fn wake(&mut self, seat: usize, at: Tick) {
        if at < self.wakes[seat] {
            self.wakes[seat] = at;
            self.queue.push(at, self.class(seat), Due::Wake { client: seat as u32 });
        }
    }

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
        let Driver { transport, census, log, leftovers, .. } = self;
        transport.world(|world| leftovers.take(now, world, census.held(), which, log));
    }

    fn finish(&mut self, end: End) {
        self.snapshot(end.at, Snapshot::Deadline);
        let Driver { transport, census, log, .. } = self;
        transport.world(|world| {
            let open = census.survivors(end.at);
            for cred in &open {
                let root = !world.parent_among(*cred, &open) || Mistake::EverySurvivorIsARoot.here();
                log.push(Event::Survivor { at: end.at, cred: *cred, root });
            }
        });
        self.log.push(Event::Ended { at: end.at, settled: end.settled, aborted: end.aborted });
    }

    /// Names the rows behind the secrets that a client has just come to hold, and shows them to the census.
    fn identify(&mut self, logged: usize, now: Tick, seat: usize) {
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
        None => Some(seats[seat].client.as_mut()),
        Some(0) => responder.as_mut().map(|r| r as &mut dyn Client),
        Some(_) => prober.as_mut().map(|p| p as &mut dyn Client),
    }
}
