//! The driver of an exploration: asks agents what they want, sends it through the guard, tells them what was answered.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{pending, ready};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout};

use super::Terrain;
use super::carry::{Carrier, Departure, Flight, Landed};
use super::hear::{Heard, Memory, Question};
use super::mint::Minted;
use super::model::Asked;
use super::secrets::Usable;
use super::tally::Tally;
use super::write::{Write, Writer};
use crate::agent::Agent;
use crate::lanes::Lanes;
use crate::planted::Mistake;
use crate::staging::client::{Client, Sent};
use crate::staging::drill::health::Health;
use crate::staging::drill::probe::Seen;
use crate::staging::drill::vault::{NoCredential, Vault};
use crate::staging::guard::{Cap, Refused, Stopped};
use crate::staging::targets::{Does, OperationIx, OriginIx};
use crate::wire::{
    ActorId, Client as _, Event, Log, Next, OpId, Outcome, Purpose, Reason, Request, RequestId, Res, RouteId, RuleId,
    Slot, Span, Text, Tick, Verdict,
};

/// Where events go.
pub type Sink<'s> = &'s mut (dyn FnMut(&[Event]) -> io::Result<()> + Send);

/// An exploration under way.
pub struct Tour<'t> {
    pub terrain: &'t Terrain,
    pub client: Arc<Client>,
    pub vault: Arc<Vault>,
    pub health: &'t Health,
    pub memory: Memory,
    pub tally: Tally,
    /// Where each credential was accepted.
    pub accepted: BTreeSet<(Option<Text>, OriginIx)>,
    /// Writes, where the file lets agents write.
    pub writer: Option<Arc<Writer>>,
    /// What found clients were changed for.
    minted: Arc<Minted>,
    /// What this run made: nothing else is removed.
    created: BTreeSet<Res>,
    agents: Vec<Agent>,
    wakes: BTreeMap<usize, Tick>,
    /// What leaves next.
    departures: Vec<Departure>,
    log: Log,
    begun: Instant,
    sink: Sink<'t>,
}

/// What is under way when the switch is thrown ends at once. What waits for a credential meanwhile is left alone.
const TO_END: Duration = Duration::from_millis(50);

impl<'t> Tour<'t> {
    pub fn new(
        terrain: &'t Terrain,
        client: Arc<Client>,
        vault: Arc<Vault>,
        health: &'t Health,
        agents: Vec<Agent>,
        sink: Sink<'t>,
    ) -> Tour<'t> {
        Tour {
            terrain,
            client,
            vault,
            health,
            memory: Memory::default(),
            tally: Tally::default(),
            accepted: BTreeSet::new(),
            writer: None,
            minted: Arc::default(),
            created: BTreeSet::new(),
            agents,
            wakes: BTreeMap::new(),
            departures: Vec::new(),
            log: Log::default(),
            begun: Instant::now(),
            sink,
        }
    }

    fn now(&self) -> Tick {
        Tick(u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Lets some of the agents loose until none of them has anything left to try, or the switch is thrown.
    ///
    /// # Errors
    ///
    /// The journal takes no more.
    pub async fn go(
        &mut self,
        agents: std::ops::Range<usize>,
        alarm: &mut Option<UnboundedReceiver<()>>,
    ) -> io::Result<()> {
        let carrier = Carrier {
            targets: self.terrain.targets.clone(),
            client: self.client.clone(),
            vault: self.vault.clone(),
            writer: self.writer.clone(),
            minted: self.minted.clone(),
        };
        let kill = self.client.kill().clone();
        let (mut thrown, mut under_way) = (pin!(kill.wait()), Lanes::new(&carrier));
        let mut written = Ok(());
        for agent in agents {
            self.ask(agent);
        }
        loop {
            self.departures.drain(..).for_each(|departure| under_way.depart(departure));
            if kill.thrown().is_some() {
                let ending = async {
                    while !under_way.is_empty() {
                        self.land(under_way.next().await);
                    }
                };
                let _ = timeout(TO_END, ending).await;
                return written.and_then(|()| self.flush());
            }
            if under_way.is_empty() && self.wakes.is_empty() {
                return self.flush();
            }
            let wake = self.wakes.values().min().copied();
            let until = wake.map(|at| self.begun + Duration::from_micros(at.0));
            tokio::select! {
                biased;
                _ = &mut thrown => {}
                Some(()) = heard(alarm) => self.alarmed(),
                landed = under_way.next() => self.land(landed),
                () = sleep_until(until.unwrap_or(self.begun)), if until.is_some() => {}
                // Nothing else is there: what was heard is written down before anything is waited for.
                () = ready(()), if !self.log.events.is_empty() => written = self.flush(),
            }
            let now = self.now();
            let due: Vec<usize> = self.wakes.iter().filter(|(_, at)| **at <= now).map(|(agent, _)| *agent).collect();
            for agent in due {
                self.wakes.remove(&agent);
                self.ask(agent);
            }
        }
    }

    /// Writes the end down.
    pub fn end(&mut self, aborted: bool) -> io::Result<()> {
        self.log.push(Event::Ended { at: self.now(), settled: false, aborted });
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.log.events.is_empty() {
            return Ok(());
        }
        let written = (self.sink)(&self.log.events);
        self.log.events.clear();
        written
            .inspect_err(|error| self.client.kill().throw(Stopped::Condition(format!("the journal is full: {error}"))))
    }

    fn alarmed(&mut self) {
        let at = self.now();
        self.log.push(Event::Alarm { at, rule: RuleId::new(0), key: crate::wire::Key::Global, since: at });
    }

    /// Asks an agent for all that it wants to do now.
    fn ask(&mut self, agent: usize) {
        loop {
            let (now, logged) = (self.now(), self.log.events.len());
            let next = self.agents[agent].next(now, &mut self.log);
            self.identify(logged, agent);
            match next {
                Next::Send(id, request) => self.depart(id, request),
                Next::WaitUntil(at) => {
                    self.wakes.insert(agent, at);
                    return;
                }
                Next::AwaitAnswer | Next::Done | Next::Forge => return,
            }
        }
    }

    fn depart(&mut self, id: RequestId, request: Request) {
        let writes = self.written_by(&request);
        let numbered = self.writer.as_ref().filter(|_| writes.is_some()).map(|writer| writer.log.next());
        let marker = numbered.as_ref().map(|(_, marker)| marker.as_str());
        let (outgoing, presenting, made) = match self.memory.make(self.terrain, &request, marker) {
            Ok(made) => made,
            Err(why) => {
                self.tally.not_sent(why);
                return self.answer_nothing(id);
            }
        };
        let write = match writes.zip(numbered) {
            None => None,
            Some((operation, _)) if self.is_foreign(operation, made.about) => {
                self.tally.not_sent("it would remove what this run did not make".to_owned());
                return self.answer_nothing(id);
            }
            Some((operation, (n, marker))) => {
                let record = made.about.and_then(|record| self.memory.ids.name(record)).cloned().unwrap_or_default();
                Some(Write { operation, n, marker, record })
            }
        };
        self.tally.asks(made.asked);
        self.departures.push(Departure { flight: Flight { id, request, made }, outgoing, presenting, write });
    }

    /// The operation behind a request that writes.
    fn written_by(&self, request: &Request) -> Option<OperationIx> {
        match self.terrain.modelled.asked(request.route)? {
            Asked::Listed(ix) if self.terrain.explore.operation(ix).undo.is_some() => Some(ix),
            _ => None,
        }
    }

    /// Whether it would remove what somebody else made.
    fn is_foreign(&self, operation: OperationIx, about: Option<Res>) -> bool {
        let removes = matches!(self.terrain.explore.operation(operation).does, Does::Remove { .. });
        removes && !about.is_some_and(|record| self.created.contains(&record))
    }

    fn land(&mut self, Landed { flight, url, sent, token }: Landed) {
        token.into_iter().for_each(|token| self.memory.secrets.know_minted(token));
        let id = flight.id;
        match sent {
            Err(NoCredential::Refused(refused)) => {
                match &refused {
                    Refused::Stopped(_) | Refused::UnderWay(_) => return,
                    // Without leave to write, an agent goes on reading.
                    Refused::Cap(Cap::Writes) => self.tally.withheld(),
                    Refused::Cap(_) => return self.client.give_up(&refused),
                    _ => self.tally.not_sent(refused.to_string()),
                }
                self.answer_nothing(id);
            }
            Err(missing) => {
                // A client that was found was tried where a token is asked for.
                self.tally.sent(flight.request.presented.map(|presented| presented.text));
                self.tally.not_sent(missing.to_string());
                self.answer_nothing(id);
            }
            Ok(sent) => {
                self.answered(&flight, &url, &sent);
                if Mistake::AnswersAreKept.here() {
                    std::mem::forget(sent);
                }
            }
        }
    }

    fn answered(&mut self, flight: &Flight, url: &str, sent: &Sent) {
        let with = flight.request.presented.map(|presented| presented.text);
        self.tally.sent(with);
        self.watch_health(sent);
        let Flight { id, request, made } = flight;
        let (id, at) = (*id, self.now());
        let heard = match &sent.got {
            Err(broken) => {
                self.tally.odd(&[broken.to_string()]);
                self.log.push(self.asked(at, id, request, (Verdict::Failed, 0), sent));
                if self.written_by(request).is_some() {
                    self.log.push(Event::Lost { at, id });
                }
                return self.deliver(at, id, &Outcome::NoAnswer, &Slot::default());
            }
            Ok(answer) => {
                let lasts = Span(self.terrain.targets.caps.duration.0.saturating_sub(at.0));
                let page = made.page.and_then(|page| self.memory.pages.get(page)).cloned();
                let question = Question {
                    asked: made.asked,
                    about: made.about,
                    page: page.as_ref(),
                    url,
                    accepted_before: self.accepted.contains(&(with, made.origin)),
                    left: lasts,
                };
                let heard = self.memory.hear(self.terrain, &question, answer);
                self.log.push(self.asked(at, id, request, (heard.verdict, answer.status), sent));
                heard
            }
        };
        self.note(at, flight, &heard);
        self.deliver(at, id, &heard.outcome, &heard.slot);
    }

    /// Keeps what an answer showed, for the journal and beside it.
    fn note(&mut self, at: Tick, flight: &Flight, heard: &Heard) {
        let Flight { id, request, made } = flight;
        let id = *id;
        let with = request.presented.map(|presented| presented.text);
        for (coll, first, n) in runs(&heard.touched) {
            self.log.push(Event::Touched { at, id, coll, effect: heard.effect, first, n });
        }
        if let Some(record) = heard.created {
            self.created.insert(record);
            self.log.push(Event::Created { at, id, coll: record.coll, row: record.row });
        }
        if heard.verdict == Verdict::Accepted {
            self.accepted.insert((with, made.origin));
            self.tally.accepted(self.terrain, &self.memory, made.asked, made.about, with);
        }
        let holds = |text: Text| Some(text) == with;
        for found in heard.slot.texts.iter().filter(|found| !holds(found.text)) {
            let place = (found.text, found.lay_in);
            self.tally.found(self.terrain, &self.memory, made.asked, made.about, place);
        }
        self.tally.odd(&heard.odd);
        self.tally.not_followed(heard.links_not_followed);
    }

    fn asked(
        &self,
        at: Tick,
        id: RequestId,
        request: &Request,
        (verdict, status): (Verdict, u16),
        sent: &Sent,
    ) -> Event {
        let text = request.presented.map(|presented| presented.text);
        let cred = text.and_then(|text| self.memory.secrets.row(&self.terrain.modelled, text));
        let principal = match text {
            Some(Text::Generated { family, index, .. }) => {
                self.terrain.modelled.plan.family(family).of.get(index).map(crate::wire::IdentityId::new)
            }
            _ => None,
        };
        Event::Asked {
            at,
            id,
            purpose: Purpose::Agent,
            route: request.route,
            op: operation_of(request.route),
            held: request.presented.map(|presented| presented.held),
            cred,
            principal,
            verdict,
            reason: Reason::Undisclosed,
            status,
            back: Span(u64::try_from(sent.back.saturating_duration_since(sent.at).as_micros()).unwrap_or(0)),
        }
    }

    fn answer_nothing(&mut self, id: RequestId) {
        self.deliver(self.now(), id, &Outcome::NoAnswer, &Slot::default());
    }

    fn deliver(&mut self, now: Tick, id: RequestId, outcome: &Outcome, slot: &Slot) {
        let (logged, agent) = (self.log.events.len(), id.by.index());
        let mut usable = Usable(&self.memory.secrets);
        self.agents[agent].observe(now, id, outcome, slot, &mut usable, &mut self.log);
        self.identify(logged, agent);
        self.wakes.insert(agent, now);
    }

    /// Names the rows behind the secrets that an agent has just come to hold.
    fn identify(&mut self, logged: usize, agent: usize) {
        for event in &mut self.log.events[logged..] {
            if let Event::Got { held, cred, .. } = event {
                let text = self.agents[agent].text_of(*held);
                *cred = text.and_then(|text| self.memory.secrets.row(&self.terrain.modelled, text));
            }
        }
    }

    fn watch_health(&self, sent: &Sent) {
        let seen = Seen {
            sent: sent.at,
            back: sent.back,
            reading: crate::staging::drill::event::Reading::Unknown,
            status: sent.got.as_ref().ok().map(|answer| answer.status),
            challenge: None,
            broken: sent.got.as_ref().err().map(ToString::to_string),
        };
        if let Some(why) = self.health.take(&seen) {
            self.client.kill().throw(Stopped::Condition(why));
        }
    }
}

/// An alarm, if any can be heard.
async fn heard(alarm: &mut Option<UnboundedReceiver<()>>) -> Option<()> {
    match alarm {
        Some(alarm) => alarm.recv().await,
        None => pending().await,
    }
}

/// Routes of an exploration are its operations, one for one.
fn operation_of(route: RouteId) -> Option<OpId> {
    Some(OpId::at(route.index()))
}

/// Records as runs of rows.
fn runs(records: &[Res]) -> Vec<(crate::wire::CollId, u32, u32)> {
    let mut runs: Vec<(crate::wire::CollId, u32, u32)> = Vec::new();
    for record in records {
        match runs.last_mut() {
            Some((coll, first, n)) if *coll == record.coll && *first + *n == record.row => *n += 1,
            _ => runs.push((record.coll, record.row, 1)),
        }
    }
    runs
}

/// The number of an agent among the clients of a run.
pub const fn actor(at: usize) -> ActorId {
    ActorId::new(at as u32)
}
