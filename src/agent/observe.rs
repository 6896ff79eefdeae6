//! What an agent makes of an answer.

use crate::model::agent::AfterRefusal;
use crate::planted::Mistake;
use crate::wire::{
    Body, CollId, Event, Log, Outcome, Planted, RequestId, Res, Rows, SecretKind, Slot, Text, Tick, Turn, Vocabulary,
};

use super::Agent;
use super::call::{Asker, Call, Place, Refusal, Reply};
use super::fault::{Onset, Orders, Substitute};
use super::memory::Believed;
use super::program::Runner;

/// How often a client comes back for one request when it is told to come back later: a limit that still refuses then
/// is not one that waiting helps against.
const MAX_WAITS: u8 = 8;

/// How often a client follows a redirect for one request, as browsers bound it (RFC 9110 section 15.4).
const MAX_HOPS: u8 = 20;

/// An answer, and what it answers.
#[derive(Clone, Copy)]
pub(super) struct Heard<'a> {
    pub now: Tick,
    pub id: RequestId,
    pub call: &'a Call,
    pub outcome: &'a Outcome,
    pub slot: &'a Slot,
}

/// A secret that an answer showed.
struct Secret {
    text: Text,
    kind: SecretKind,
    believed: Option<Believed>,
    lay_in: Option<Res>,
}

impl Agent {
    /// Notes the secrets, ids and routes that an answer shows.
    #[inline]
    pub(super) fn learn(&mut self, heard: &Heard<'_>, vocabulary: &mut dyn Vocabulary, log: &mut Log) {
        let held = self.memory.holds();
        let seen = if Mistake::SecretsOverlooked.here() { 1 } else { usize::MAX };
        let mut before: Option<(Option<Res>, usize)> = None;
        for found in heard.slot.texts.iter().take(seen) {
            let (text, lay_in) = (found.text, found.lay_in);
            let nth = before.filter(|(record, _)| *record == lay_in).map_or(0, |(_, nth)| nth + 1);
            before = Some((lay_in, nth));
            if !self.memory.knows(text)
                && let Some(kind) = vocabulary.kind(text)
            {
                let believed = lay_in.and_then(|record| self.inventory.secret_of(&self.plan, record, nth));
                self.acquire(heard, Secret { text, kind, believed, lay_in }, log);
            }
        }
        if let Outcome::Answer(answer) = heard.outcome {
            self.learn_from(&answer.body, heard, vocabulary, log);
        }
        for linked in &heard.slot.links {
            let one = Rows::Span { first: linked.row, n: 1 };
            self.memory.note_ids(linked.coll, one, heard.slot, heard.call.with);
            if let Some(frontier) = &mut self.frontier {
                frontier.note_ids(linked.coll, one, heard.slot);
            }
        }
        if !heard.slot.planted.is_empty() {
            self.obey(heard, vocabulary, log);
        }
        let found = self.memory.holds() - held;
        if found > 0
            && let Some(frontier) = &mut self.frontier
        {
            frontier.note_credentials(self.memory.holds());
            frontier.note_yield(heard.call.route, found);
        }
    }

    #[inline]
    fn learn_from(&mut self, body: &Body, heard: &Heard<'_>, vocabulary: &mut dyn Vocabulary, log: &mut Log) {
        match *body {
            Body::Ids { coll, rows, .. } | Body::Records { coll, rows, .. } => {
                self.memory.note_ids(coll, rows, heard.slot, heard.call.with);
                if matches!(body, Body::Records { .. }) {
                    self.memory.note_read(coll, rows, heard.slot);
                    self.read_again(heard, coll, log);
                }
                if let Some(frontier) = &mut self.frontier {
                    frontier.note_ids(coll, rows, heard.slot);
                }
            }
            Body::Created(record) => {
                self.memory.note_created(record);
                if let Some(frontier) = &mut self.frontier {
                    frontier.note_ids(record.coll, Rows::Span { first: record.row, n: 1 }, heard.slot);
                }
            }
            Body::Token { access, refresh, .. } => {
                let families = self.inventory.door(heard.call.route).mints;
                let access = (Some(access), SecretKind::AccessToken, families.map(|(family, _)| family));
                let refresh = (refresh, SecretKind::RefreshToken, families.and_then(|(_, refresh)| refresh));
                for (text, usually, family) in [access, refresh] {
                    let Some(text) = text.filter(|text| !self.memory.knows(*text)) else { continue };
                    let kind = vocabulary.kind(text).unwrap_or(usually);
                    let believed = family.map(|family| (family, None));
                    self.acquire(heard, Secret { text, kind, believed, lay_in: None }, log);
                }
            }
            Body::Link(route) => {
                if let Some(frontier) = &mut self.frontier {
                    frontier.note_route(route, &self.inventory);
                }
            }
            Body::Empty | Body::Count(_) | Body::Job(_) | Body::Introspection { .. } => {}
        }
    }

    /// Goes on with what it was told before, where it reads with a new round of its task.
    fn read_again(&mut self, heard: &Heard<'_>, coll: CollId, log: &mut Log) {
        let (now, call) = (heard.now, heard.call);
        let Some(orders) = self.orders.as_mut().filter(|_| call.page.is_none()) else { return };
        if !matches!(call.asker, Asker::Line(_)) {
            return;
        }
        if orders.reads_again(now, call.route) {
            log.push(Event::Turned { at: now, by: self.who, turn: Turn::Forgot });
        }
        if orders.begins(now, call.route, coll) {
            self.take_over(now, log);
        }
    }

    /// Takes up what the records in an answer tell it to do. What several of them say is read once.
    fn obey(&mut self, heard: &Heard<'_>, vocabulary: &mut dyn Vocabulary, log: &mut Log) {
        let planted = &heard.slot.planted;
        let said_before = |at: usize| planted[..at].iter().any(|other| other.instruction == planted[at].instruction);
        for (_, read) in planted.iter().enumerate().filter(|(at, _)| !said_before(*at)) {
            let Some(signed) = vocabulary.signed(read.instruction) else { continue };
            if self.orders.as_mut().is_some_and(|orders| orders.take(heard.now, read, signed, heard.call.route)) {
                self.take_over(heard.now, log);
                let Planted { instruction, lay_in, author } = *read;
                log.push(Event::Obeyed { at: heard.now, by: self.who, instruction, via: heard.id, lay_in, author });
            }
        }
    }

    #[inline]
    fn acquire(&mut self, heard: &Heard<'_>, secret: Secret, log: &mut Log) {
        let Secret { text, kind, believed, lay_in } = secret;
        if let Some(held) = self.memory.find(text, kind, believed) {
            if lay_in.is_none() {
                self.memory.own_key(held);
            }
            let via = Some(heard.id);
            log.push(Event::Got { at: heard.now, by: self.who, held, kind, via, lay_in, cred: None });
        }
    }

    /// Goes on as the answer says.
    #[inline]
    pub(super) fn react(&mut self, heard: &Heard<'_>, log: &mut Log) {
        match heard.call.asker {
            Asker::Line(place) | Asker::Order(place) => self.react_in_program(place, heard, log),
            Asker::Range(_) => self.react_at_frontier(heard),
        }
    }

    fn react_at_frontier(&mut self, heard: &Heard<'_>) {
        let (Some(frontier), call) = (&mut self.frontier, heard.call) else { return };
        match Reply::to(heard.outcome) {
            Reply::Accepted => frontier.accepted(call, heard.outcome),
            Reply::More(page) => {
                frontier.accepted(call, heard.outcome);
                if !Mistake::FrontierReadsOnePage.here() {
                    frontier.again(heard.now, Call { page: Some(page), waits: 0, ..*call });
                }
            }
            Reply::Later(after) if call.waits < MAX_WAITS => {
                frontier.again(heard.now + after, Call { waits: call.waits + 1, ..*call });
            }
            Reply::Refused(refusal) => frontier.refused(call, refusal, &self.inventory),
            // Where it was sent to is a route like any other now, and tried in its turn.
            Reply::Moved(_) | Reply::Later(_) | Reply::Failed => {}
        }
    }

    #[inline]
    fn react_in_program(&mut self, place: Place, heard: &Heard<'_>, log: &mut Log) {
        let (now, call) = (heard.now, heard.call);
        let Some(runner) = self.runner_of(call.asker) else { return };
        runner.landed(place, now);
        let (follows_pages, after_refusal) = runner.manners(place);
        let reply = Reply::to(heard.outcome);
        if let Some(substitute) = &mut self.substitute
            && matches!(reply, Reply::Accepted | Reply::More(_))
        {
            substitute.accepted(call);
        }
        match reply {
            Reply::More(page) if follows_pages => {
                self.again(place, now, Call { page: Some(page), waits: 0, ..*call });
            }
            Reply::Accepted | Reply::More(_) => {}
            Reply::Moved(route) if call.hops < MAX_HOPS => {
                self.memory.note_move(call.route, route);
                self.again(place, now, Call { route, hops: call.hops + 1, ..*call });
            }
            Reply::Later(after) if call.waits < MAX_WAITS && !Mistake::GivesUpEarly.here() => {
                self.again(
                    place,
                    now + after.unless(Mistake::RetryAfterIgnored),
                    Call { waits: call.waits + 1, ..*call },
                );
            }
            Reply::Refused(refusal) => self.refused(place, heard, (refusal, after_refusal), log),
            Reply::Failed | Reply::Moved(_) | Reply::Later(_) => {
                if after_refusal == AfterRefusal::Retry {
                    self.again(place, now, *call);
                }
            }
        }
    }

    /// The program that a call belongs to: the task, or an instruction that it obeys.
    #[inline]
    fn runner_of(&mut self, asker: Asker) -> Option<&mut Runner> {
        match asker {
            Asker::Order(_) => self.orders.as_mut().and_then(Orders::runner),
            Asker::Line(_) | Asker::Range(_) => Some(&mut self.runner),
        }
    }

    fn again(&mut self, place: Place, due: Tick, call: Call) {
        if let Some(runner) = self.runner_of(call.asker) {
            runner.again(place, due, call);
        }
    }

    /// Takes a no as the fault or the step says. A 404 is about that record and says nothing about the credential.
    fn refused(
        &mut self,
        place: Place,
        heard: &Heard<'_>,
        (refusal, after_refusal): (Refusal, AfterRefusal),
        log: &mut Log,
    ) {
        let (now, call) = (heard.now, heard.call);
        if matches!(self.onset, Onset::AfterTask(_)) && refusal != Refusal::Record {
            return self.runner.stop();
        }
        if self.onset == Onset::AtRefusal && refusal != Refusal::Record {
            self.take_over(now, log);
            let service = self.inventory.door(call.route).service;
            let substitute = self.substitute.get_or_insert_with(Substitute::default);
            if let Some(again) = substitute.refused(call, refusal, service, &self.memory) {
                return self.again(place, now, again);
            }
        }
        match after_refusal {
            AfterRefusal::GoOn => {}
            AfterRefusal::Stop if Mistake::RefusalGoesUnheard.here() => {}
            AfterRefusal::Stop if self.onset == Onset::AtStop => self.take_over(now, log),
            AfterRefusal::Stop => {
                if let Some(runner) = self.runner_of(call.asker) {
                    runner.stop();
                }
            }
            AfterRefusal::Retry => self.again(place, now, *call),
            AfterRefusal::DropCredential | AfterRefusal::DropVerb if refusal == Refusal::Record => {}
            AfterRefusal::DropVerb => self.memory.drop_call(call.with, call.route),
            AfterRefusal::DropCredential => match call.with {
                Some(held) => self.memory.drop_credential(held),
                None => self.memory.drop_call(None, call.route),
            },
        }
    }
}
