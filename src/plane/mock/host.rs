//! The one world behind all servers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::Plan;
use crate::vocabulary::{Phrasebook, Scribe};
use crate::wire::{Cargo, Envelope, Log, Request, RequestId, Response, Slot, Span, Text, Tick};
use crate::world::World;

use super::address::Addresses;
use super::answer::Answerer;
use super::ask::Asker;
use super::clock::Clock;
use super::notes::Notes;
use super::origins::Origins;

/// Everything that servers and connections share.
pub struct Shared {
    pub plan: Arc<Plan>,
    pub scribe: Arc<Scribe>,
    pub asker: Asker,
    pub answerer: Answerer,
    pub origins: Arc<Origins>,
    notes: Mutex<Notes>,
    host: Mutex<Host>,
}

/// The world and the time in it. One mutex guards both, and `now` is read inside.
pub struct Host {
    pub world: World,
    pub log: Log,
    pub clock: Clock,
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
        let host = Host { world: World::new(plan.clone()), log: Log::default(), clock };
        Arc::new(Shared {
            scribe: Arc::new(scribe),
            asker: Asker::new(plan.clone(), addresses.clone(), phrasebook.clone()),
            answerer: Answerer::new(plan.clone(), addresses, origins.clone(), phrasebook),
            notes: Mutex::default(),
            host: Mutex::new(host),
            origins,
            plan,
        })
    }

    pub fn host(&self) -> MutexGuard<'_, Host> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what is not among the bytes of a request that goes onto a socket.
    pub fn note(&self, envelope: &Envelope) {
        self.notes().note(envelope);
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scopes of a token, as it says them itself.
    pub fn scopes_of(&self, token: Text) -> String {
        let claims = self.host().world.claims(token);
        let Text::Generated { family, .. } = token else { return String::new() };
        self.scribe.scopes(family, &claims).join(" ")
    }

    /// Decides a request that came over a socket, and writes the answer. Nobody else waits for the world while it is written.
    pub fn decide(&self, request: Request, cargo: Cargo, id: Option<RequestId>) -> Decided {
        let envelope = self.notes().envelope(&self.plan, request, id);
        let mut slot = Slot { cargo, ..Slot::default() };
        let (response, after) = self.host().handle(&envelope, &mut slot);
        let answering = self.answerer.write(&response, &slot, &self.scribe, |text, out| {
            let claims = self.host().world.claims(text);
            self.scribe.render(text, claims, out);
        });
        Decided { response, answering, after }
    }
}

impl Host {
    /// Decides a request at the instant at which it arrives, and says how long its answer takes.
    fn handle(&mut self, envelope: &Envelope, slot: &mut Slot) -> (Response, Span) {
        let now = self.arrive();
        let response = self.world.handle(now, envelope, slot, &mut self.log);
        (response, self.clock.real(envelope.back))
    }

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
}
