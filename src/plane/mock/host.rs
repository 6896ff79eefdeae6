//! The one world behind all servers, and what the journal knows beside the bytes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::Plan;
use crate::vocabulary::{Phrasebook, Scribe};
use crate::wire::{
    ActorId, Cargo, Envelope, HeldId, Log, Presented, Purpose, Request, RequestId, Response, Slot, Span, Tick,
};
use crate::world::World;

use super::address::Addresses;
use super::answer::Answerer;
use super::ask::Asker;
use super::clock::Clock;
use super::origins::Origins;

/// Everything that servers and connections share.
pub struct Shared {
    pub plan: Arc<Plan>,
    pub scribe: Arc<Scribe>,
    pub asker: Asker,
    pub answerer: Answerer,
    pub origins: Arc<Origins>,
    host: Mutex<Host>,
}

/// The world, the time in it, and the journal's notes about what is on the wire. One mutex guards all of it, and `now`
/// is read inside.
pub struct Host {
    pub world: World,
    pub log: Log,
    pub clock: Clock,
    slot: Slot,
    notes: BTreeMap<RequestId, Note>,
    visits: u32,
}

/// What the journal knows of a request, and no service may decide by: it is not among the bytes.
#[derive(Clone, Copy, Debug)]
struct Note {
    held: Option<HeldId>,
    connection: u16,
    purpose: Purpose,
    back: Span,
}

/// What a server has to send, and when.
pub struct Decided {
    pub response: Response,
    pub answering: super::answer::Answering,
    pub after: Span,
}

impl Shared {
    pub fn new(scribe: Scribe, plan: Arc<Plan>, clock: Clock) -> Arc<Shared> {
        let addresses = Arc::new(Addresses::of(&plan));
        let origins = Arc::new(Origins::default());
        let phrasebook = Arc::new(Phrasebook::of(&plan));
        let host = Host {
            world: World::new(plan.clone()),
            log: Log::default(),
            slot: Slot::default(),
            notes: BTreeMap::new(),
            visits: 0,
            clock,
        };
        Arc::new(Shared {
            scribe: Arc::new(scribe),
            asker: Asker::new(plan.clone(), addresses.clone(), phrasebook.clone()),
            answerer: Answerer::new(plan.clone(), addresses, origins.clone(), phrasebook),
            host: Mutex::new(host),
            origins,
            plan,
        })
    }

    pub fn host(&self) -> MutexGuard<'_, Host> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides a request that came over a socket, and writes the answer.
    pub fn decide(&self, request: Request, cargo: Cargo, id: Option<RequestId>) -> Decided {
        let mut host = self.host();
        let envelope = host.envelope(&self.plan, request, id);
        let now = host.arrive();
        let Host { world, log, slot, .. } = &mut *host;
        slot.cargo = cargo;
        let response = world.handle(now, &envelope, slot, log);
        let answering = self.answerer.write(&response, slot, &self.scribe, |text, out| {
            self.scribe.render(text, world.claims(text), out);
        });
        Decided { response, answering, after: host.clock.real(envelope.back) }
    }
}

impl Host {
    /// The instant at which something arrives. Whatever was due before has happened.
    pub fn arrive(&mut self) -> Tick {
        let now = self.clock.now();
        while let Some(due) = self.world.due().filter(|due| *due <= now) {
            self.world.advance(due, &mut self.log);
        }
        now
    }

    /// The present, and everything that happened before it.
    pub fn drain(&mut self, log: &mut Log) -> Tick {
        let now = self.arrive();
        log.events.append(&mut self.log.events);
        now
    }

    /// Notes what is not among the bytes of a request that goes onto a socket.
    pub fn note(&mut self, envelope: &Envelope) {
        let Envelope { id, request, back } = envelope;
        let held = request.presented.map(|p| p.held);
        let (connection, purpose) = (request.from.connection, request.from.purpose);
        self.notes.insert(*id, Note { held, connection, purpose, back: *back });
    }

    fn envelope(&mut self, plan: &Plan, mut request: Request, id: Option<RequestId>) -> Envelope {
        let noted = id.and_then(|id| Some((id, self.notes.remove(&id)?)));
        let Some((id, note)) = noted else {
            self.visits += 1;
            let id = RequestId { by: visitor(plan), n: self.visits };
            let answers = plan.route(request.route).answers;
            let back = answers.map_or(Span::ZERO, |op| plan.operation(op).latency.least);
            return Envelope { id, request, back };
        };
        request.from.connection = note.connection;
        request.from.purpose = note.purpose;
        request.presented = request.presented.map(|p| Presented { held: note.held.unwrap_or(p.held), ..p });
        Envelope { id, request, back: note.back }
    }
}

/// Somebody with curl: no client of the run.
fn visitor(plan: &Plan) -> ActorId {
    ActorId::at(plan.agents.len() + plan.benign.len() + 1)
}
