//! Live: many connections at once, by the wall clock. The world's mutex puts what happens in order, and `now` is read
//! inside it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tokio::runtime::Runtime;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};

use crate::lanes::{Carry, Lanes};
use crate::model::Plan;
use crate::plane::{Passed, Transport};
use crate::vocabulary::Scribe;
use crate::wire::{ActorId, Cargo, CredId, Envelope, Log, OpId, Outcome, ServiceId, Slot, Span, Text, Tick};
use crate::world::World;

use super::ask::Asking;
use super::clock::Clock;
use super::host::Shared;
use super::line::{Answered, Line};
use super::names::SharedNames;
use super::server::{Server, request_id_text, start_all};

/// Real HTTP on loopback, in real time.
pub struct Live {
    runtime: Runtime,
    shared: Arc<Shared>,
    names: SharedNames,
    /// They listen until they are dropped.
    _servers: Vec<Server>,
    lines: BTreeMap<Connection, Line>,
    lanes: Lanes<'static, Wire>,
    /// What leaves when answers are next waited for: a lane that is woken outside the runtime costs a call of the system.
    departures: Vec<Departure>,
    in_flight: u32,
    clock: Clock,
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

/// A request that leaves, with the connection that carries it.
struct Departure {
    flight: u32,
    op: OpId,
    connection: Connection,
    line: Line,
    asking: Asking,
    id: HeaderValue,
}

/// An answer, with the connection that brought it.
struct Landed {
    flight: u32,
    op: OpId,
    connection: Connection,
    line: Line,
    answered: io::Result<Answered>,
}

impl Carry for Wire {
    type Departure = Departure;
    type Landed = Landed;

    async fn carry(&self, departure: Departure) -> Landed {
        let Departure { flight, op, connection, mut line, asking, id } = departure;
        let answered = line.exchange(asking, id).await;
        Landed { flight, op, connection, line, answered }
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
            lines: BTreeMap::new(),
            lanes: Lanes::new(Wire),
            departures: Vec::new(),
            in_flight: 0,
            clock,
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
        let id = HeaderValue::try_from(request_id_text(envelope.id)).ok()?;
        let connection = (envelope.id.by, envelope.request.from.connection, service);
        let to = self.shared.origins.address(service)?;
        let line = self.lines.remove(&connection).unwrap_or_else(|| Line::to(to));
        self.shared.note(envelope);
        self.departures.push(Departure { flight, op, connection, line, asking, id });
        self.in_flight += 1;
        Some(())
    }

    /// The present, with everything that has happened before it.
    fn look(&mut self, log: &mut Log) -> Tick {
        let mut host = self.shared.host();
        let at = host.drain(log);
        (self.due, self.quiet) = (host.world.due(), host.world.is_quiet());
        at
    }

    fn hear(&mut self, landed: Landed) -> (Outcome, Slot) {
        let Landed { op, connection, line, answered, .. } = landed;
        self.in_flight -= 1;
        self.lines.insert(connection, line);
        let mut slot = Slot::default();
        let outcome = answered.ok().and_then(|answered| {
            let body = std::str::from_utf8(&answered.body).ok()?;
            let names = &mut self.names.lock();
            let read = self.shared.answerer.read(answered.status, &answered.headers, body, op, names, &mut slot);
            Some(Outcome::Answer(read))
        });
        (outcome.unwrap_or(Outcome::NoAnswer), slot)
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
        let now = self.clock.now();
        let hands_over = gathered >= CHUNK || gathered > 0 && self.clock.real(now.since(self.handed_over)) >= PATIENCE;
        if hands_over || gathered == 0 {
            self.handed_over = now;
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
        match landed {
            Some(landed) => {
                let flight = landed.flight;
                let (outcome, slot) = self.hear(landed);
                Passed::Answer { flight, at, outcome, slot }
            }
            _ => Passed::Time(at),
        }
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
