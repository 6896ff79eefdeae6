//! Lock-step: the driver's clock, one request on the wire at a time. The same scenario and seed give the same journal
//! as in the simulator, byte for byte.

use std::io;
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::model::Plan;
use crate::plane::Transport;
use crate::vocabulary::Scribe;
use crate::wire::{CredId, Envelope, Log, Outcome, Slot, Text, Tick};
use crate::world::World;

use super::clock::Clock;
use super::host::Shared;
use super::line::Line;
use super::names::SharedNames;
use super::server::{Server, start_all};

/// Real HTTP on loopback, in virtual time.
pub struct Lockstep {
    runtime: Runtime,
    shared: Arc<Shared>,
    names: SharedNames,
    /// They listen until they are dropped.
    _servers: Vec<Server>,
    lines: Vec<Line>,
}

impl Lockstep {
    /// Starts the servers.
    pub fn start(plan: Arc<Plan>) -> io::Result<Lockstep> {
        let shared = Shared::new(Scribe::new(plan.clone()), plan, Clock::Virtual(Tick::ZERO));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let servers = runtime.block_on(start_all(&shared, 0))?;
        let lines = servers.iter().map(|server| Line::to(server.address())).collect();
        let names = SharedNames::new(&shared.plan, shared.scribe.clone());
        Ok(Lockstep { runtime, shared, names, _servers: servers, lines })
    }

    /// How clients of this plane read bytes.
    pub fn vocabulary(&self) -> SharedNames {
        self.names.clone()
    }

    fn send(&mut self, envelope: &Envelope, slot: &mut Slot) -> io::Result<Outcome> {
        let Some((service, op)) = self.shared.answerer.answers(envelope.request.route) else {
            return Ok(Outcome::NoAnswer);
        };
        let asking = self.shared.asker.write(op, envelope, &slot.cargo, &mut self.names.lock());
        let line = &mut self.lines[service.index()];
        let answered = self.runtime.block_on(line.exchange(asking, envelope.id))?;
        let body = std::str::from_utf8(&answered.body).map_err(io::Error::other)?;
        let names = &mut self.names.lock();
        let response = self.shared.answerer.read(answered.status, &answered.headers, body, op, names, slot);
        Ok(Outcome::Answer(response))
    }
}

impl Transport for Lockstep {
    fn exchange(
        &mut self,
        now: Tick,
        _flight: u32,
        envelope: &Envelope,
        slot: &mut Slot,
        log: &mut Log,
    ) -> Option<Outcome> {
        self.shared.host().clock = Clock::Virtual(now);
        self.shared.note(envelope);
        let outcome = self.send(envelope, slot).unwrap_or(Outcome::NoAnswer);
        log.events.append(&mut self.shared.host().log.events);
        Some(outcome)
    }

    fn advance(&mut self, now: Tick, log: &mut Log) {
        self.shared.host().world.advance(now, log);
    }

    fn due(&self) -> Option<Tick> {
        self.shared.host().world.due()
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
