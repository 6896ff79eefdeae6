//! Live: many connections at once, by the wall clock. The world's mutex puts what happens in order, and `now` is read
//! inside it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};

use crate::lanes::{Carry, Lanes};
use crate::model::Plan;
use crate::plane::{Passed, Transport};
use crate::vocabulary::Scribe;
use crate::wire::{ActorId, Cargo, CredId, Envelope, Log, OpId, Outcome, RequestId, ServiceId, Slot, Span, Text, Tick};
use crate::world::World;

use super::ask::Asking;
use super::clock::Clock;
use super::host::Shared;
use super::line::{Answered, Line};
use super::names::SharedNames;
use super::server::{Server, start_all};

/// Real HTTP on loopback, in real time.
pub struct Live {
    runtime: Runtime,
    shared: Arc<Shared>,
    names: SharedNames,
    /// They listen until they are dropped.
    _servers: Vec<Server>,
    /// Those that are not on their way.
    trips: BTreeMap<Connection, Option<Box<Trip>>>,
    lanes: Lanes<'static, Wire>,
    /// What leaves when answers are next waited for: a lane that is woken outside the runtime costs a call of the system.
    departures: Vec<(Box<Trip>, Asking)>,
    /// What came back last, until it is heard.
    landed: Option<Landed>,
    in_flight: u32,
    clock: Clock,
    /// The time when something was last looked at.
    present: Tick,
    handed_over: Tick,
    /// The world's next timer, as it was when it was last looked at: after every answer, and every so often.
    due: Option<Tick>,
    /// Whether nothing had happened then that anybody looks at.
    quiet: bool,
}

/// One of the connections that an actor keeps to a service.
type Connection = (ActorId, u16, ServiceId);

/// What brings requests to the servers.
#[derive(Clone)]
struct Wire;

/// A connection, with the request that it carries or has carried.
struct Trip {
    connection: Connection,
    line: Line,
    flight: u32,
    op: OpId,
    id: RequestId,
}

/// What came of a trip.
type Landed = (Box<Trip>, io::Result<Answered>);

impl Carry for Wire {
    type Departure = (Box<Trip>, Asking);
    type Landed = Landed;

    async fn carry(&self, (mut trip, asking): Self::Departure) -> Landed {
        let answered = trip.line.exchange(asking, trip.id).await;
        (trip, answered)
    }
}

/// A wait is cut into slices, so that Ctrl-C is heard and the journal is written while nothing happens.
const SLICE: Duration = Duration::from_millis(50);

/// So long the thread looks for an answer before it sleeps: on loopback, to be woken takes longer than to be answered.
const ALERT: Duration = Duration::from_micros(50);

/// So many events gather, or for so long, before they are handed to the journal.
const CHUNK: usize = 512;
const PATIENCE: Span = Span::from_millis(50);

impl Live {
    /// Starts the servers, then the clock. Time in the world passes `scale` times as fast as outside.
    pub fn start(plan: Arc<Plan>, scale: f64) -> io::Result<Live> {
        let shared = Shared::new(Scribe::new(plan.clone()), plan, Clock::Virtual(Tick::ZERO));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let servers = runtime.block_on(start_all(&shared, 0))?;
        let names = SharedNames::new(&shared.plan, shared.scribe.clone());
        let clock = Clock::wall(scale);
        shared.host().clock = clock;
        let due = shared.host().world.due();
        Ok(Live {
            due,
            quiet: false,
            runtime,
            shared,
            names,
            _servers: servers,
            trips: BTreeMap::new(),
            lanes: Lanes::new(Wire),
            departures: Vec::new(),
            landed: None,
            in_flight: 0,
            clock,
            present: Tick::ZERO,
            handed_over: Tick::ZERO,
        })
    }

    /// How clients of this plane read bytes.
    pub fn vocabulary(&self) -> SharedNames {
        self.names.clone()
    }

    fn depart(&mut self, flight: u32, envelope: &Envelope, cargo: &Cargo) -> Option<()> {
        let (service, op) = self.shared.answerer.answers(envelope.request.route)?;
        let asking = self.shared.asker.write(op, envelope, cargo, &mut self.names.lock());
        let connection = (envelope.id.by, envelope.request.from.connection, service);
        let mut trip = match self.trips.entry(connection).or_default().take() {
            Some(trip) => trip,
            None => {
                let line = Line::to(self.shared.origins.address(service)?);
                Box::new(Trip { connection, line, flight, op, id: envelope.id })
            }
        };
        (trip.flight, trip.op, trip.id) = (flight, op, envelope.id);
        self.shared.note(envelope);
        self.departures.push((trip, asking));
        self.in_flight += 1;
        Some(())
    }

    /// The present, with everything that has happened before it.
    fn look(&mut self, log: &mut Log) -> Tick {
        let mut host = self.shared.host();
        let at = host.drain(log);
        (self.due, self.quiet, self.present) = (host.world.due(), host.world.is_quiet(), at);
        at
    }

    fn read(&self, answered: &Answered, op: OpId, slot: &mut Slot) -> Option<Outcome> {
        let Answered { status, headers, body } = answered;
        let (body, names) = (std::str::from_utf8(body).ok()?, &mut self.names.lock());
        Some(Outcome::Answer(self.shared.answerer.read(*status, headers, body, op, names, slot)))
    }
}

/// The next answer that comes while it is waited for; looked for without sleep at first, and at least once.
async fn next(lanes: &mut Lanes<'static, Wire>, alert: Duration, wait: Duration) -> Option<Landed> {
    let since = Instant::now();
    loop {
        tokio::select! {
            biased;
            landed = lanes.next() => return Some(landed),
            () = yield_now() => {}
        }
        let waited = since.elapsed();
        if waited >= wait {
            return None;
        }
        if waited >= alert {
            return timeout_at(since + wait, lanes.next()).await.ok();
        }
    }
}

impl Transport for Live {
    fn hands_over(&mut self, gathered: usize) -> bool {
        let waited = self.present.since(self.handed_over);
        let hands_over = gathered >= CHUNK || gathered > 0 && self.clock.real(waited) >= PATIENCE;
        if hands_over || gathered == 0 {
            self.handed_over = self.present;
        }
        hands_over
    }

    fn exchange(
        &mut self,
        _now: Tick,
        flight: u32,
        envelope: &Envelope,
        slot: &mut Slot,
        _log: &mut Log,
    ) -> Option<Outcome> {
        match self.depart(flight, envelope, &slot.cargo) {
            Some(()) => None,
            None => Some(Outcome::NoAnswer),
        }
    }

    fn pass(&mut self, until: Tick, log: &mut Log) -> Passed {
        let landed = self.lanes.pop().or_else(|| {
            let wait = self.clock.until(until).min(SLICE);
            let alert = if self.in_flight > 0 { ALERT } else { Duration::ZERO };
            let (lanes, departures) = (&mut self.lanes, self.departures.drain(..));
            self.runtime.block_on(async {
                departures.for_each(|departure| lanes.depart(departure));
                next(lanes, alert, wait).await
            })
        });
        let at = self.look(log);
        self.landed = landed;
        match &self.landed {
            Some((trip, _)) => Passed::Answer { flight: trip.flight, at },
            None => Passed::Time(at),
        }
    }

    fn hear(&mut self, slot: &mut Slot) -> Outcome {
        let Some((trip, answered)) = self.landed.take() else { return Outcome::NoAnswer };
        self.in_flight -= 1;
        let outcome = answered.ok().and_then(|answered| self.read(&answered, trip.op, slot));
        self.trips.insert(trip.connection, Some(trip));
        outcome.unwrap_or(Outcome::NoAnswer)
    }

    fn in_flight(&self) -> bool {
        self.in_flight > 0
    }

    fn advance(&mut self, _now: Tick, log: &mut Log) {
        self.look(log);
    }

    fn due(&self) -> Option<Tick> {
        self.due
    }

    fn is_quiet(&mut self) -> bool {
        self.quiet
    }

    fn identify(&self, text: Text) -> Option<CredId> {
        let bytes = self.names.lock().bytes(text);
        let text = self.shared.scribe.read(&bytes)?;
        self.shared.host().world.find(text)
    }

    fn as_client_knows(&mut self, text: Text) -> Text {
        let claims = self.shared.host().world.claims(text);
        self.names.lock().as_client_knows(text, claims)
    }

    fn world<R>(&mut self, look: impl FnOnce(&mut World) -> R) -> R {
        look(&mut self.shared.host().world)
    }
}
