//! What an agent makes of an answer.

use crate::model::agent::AfterRefusal;
use crate::wire::{Body, Event, Log, Outcome, RequestId, Res, SecretKind, Slot, Text, Tick, Vocabulary};

use super::Agent;
use super::call::{Asker, Call, Refusal, Reply};
use super::fault::{Onset, Substitute};
use super::memory::Believed;

/// How often a client comes back for one request when it is told to come back later: a limit that still refuses then
/// is not one that waiting helps against.
const MAX_WAITS: u8 = 8;

/// How often a client follows a redirect for one request, as `curl` and browsers bound it (RFC 9110 section 15.4).
const MAX_HOPS: u8 = 20;

impl Agent {
    /// Notes the secrets and ids that an answer shows.
    #[expect(clippy::too_many_arguments, reason = "the parts of one answer, as the trait hands them over")]
    pub(super) fn learn(
        &mut self,
        now: Tick,
        id: RequestId,
        call: &Call,
        outcome: &Outcome,
        slot: &Slot,
        vocabulary: &mut dyn Vocabulary,
        log: &mut Log,
    ) {
        for found in &slot.texts {
            if !self.memory.knows(found.text)
                && let Some(kind) = vocabulary.kind(found.text)
            {
                let believed = found.lay_in.and_then(|record| self.inventory.secret_of(&self.plan, record));
                self.acquire(now, id, found.text, kind, believed, found.lay_in, log);
            }
        }
        let Outcome::Answer(answer) = outcome else { return };
        match answer.body {
            Body::Ids { coll, rows, .. } | Body::Records { coll, rows, .. } => {
                self.memory.note_ids(coll, rows, slot, call.with);
            }
            Body::Token { access, refresh, .. } => {
                let minted = self.inventory.door(call.route).mints;
                let tokens = [
                    (Some(access), SecretKind::AccessToken, minted.map(|(family, _)| family)),
                    (refresh, SecretKind::RefreshToken, minted.and_then(|(_, refresh)| refresh)),
                ];
                for (text, usually, family) in tokens {
                    let Some(text) = text.filter(|text| !self.memory.knows(*text)) else { continue };
                    let kind = vocabulary.kind(text).unwrap_or(usually);
                    self.acquire(now, id, text, kind, family.map(|family| (family, None)), None, log);
                }
            }
            _ => {}
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what there is to say of an acquisition")]
    fn acquire(
        &mut self,
        at: Tick,
        via: RequestId,
        text: Text,
        kind: SecretKind,
        believed: Option<Believed>,
        lay_in: Option<Res>,
        log: &mut Log,
    ) {
        if let Some(held) = self.memory.find(text, kind, believed) {
            log.push(Event::Got { at, by: self.who, held, kind, via: Some(via), lay_in, cred: None });
        }
    }

    /// Goes on as the answer says.
    pub(super) fn react(&mut self, now: Tick, call: &Call, outcome: &Outcome, log: &mut Log) {
        let Asker::Line { line, step } = call.asker else { return };
        self.runner.landed(line, now);
        let reply = Reply::to(outcome);
        if let Some(substitute) = &mut self.substitute
            && matches!(reply, Reply::Accepted | Reply::More(_))
        {
            substitute.accepted(call);
        }
        match reply {
            Reply::More(page) if self.runner.follows_pages(line, step) => {
                self.runner.again(line, now, Call { page, waits: 0, ..*call });
            }
            Reply::Accepted | Reply::More(_) => {}
            Reply::Moved(route) if call.hops < MAX_HOPS => {
                self.memory.note_move(call.route, route);
                self.runner.again(line, now, Call { route, hops: call.hops + 1, ..*call });
            }
            Reply::Later(after) if call.waits < MAX_WAITS => {
                self.runner.again(line, now + after, Call { waits: call.waits + 1, ..*call });
            }
            Reply::Refused(refusal) => self.refused(now, call, refusal, log),
            Reply::Failed | Reply::Moved(_) | Reply::Later(_) => {
                if self.runner.after_refusal(line, step) == AfterRefusal::Retry {
                    self.runner.again(line, now, *call);
                }
            }
        }
    }

    /// Takes a no as the fault or the step says. A 404 is about that record and says nothing about the credential.
    fn refused(&mut self, now: Tick, call: &Call, refusal: Refusal, log: &mut Log) {
        let Asker::Line { line, step } = call.asker else { return };
        if self.onset == Onset::AtRefusal && refusal != Refusal::Record {
            self.take_over(now, log);
            let service = self.inventory.door(call.route).service;
            let substitute = self.substitute.get_or_insert_with(Substitute::default);
            if let Some(again) = substitute.refused(call, refusal, service, &self.memory) {
                return self.runner.again(line, now, again);
            }
        }
        match self.runner.after_refusal(line, step) {
            AfterRefusal::GoOn => {}
            AfterRefusal::Stop => self.runner.stop(),
            AfterRefusal::Retry => self.runner.again(line, now, *call),
            AfterRefusal::DropCredential | AfterRefusal::DropVerb if refusal == Refusal::Record => {}
            AfterRefusal::DropVerb => self.memory.drop_call(call.with, call.route),
            AfterRefusal::DropCredential => match call.with {
                Some(held) => self.memory.drop_credential(held),
                None => self.memory.drop_call(None, call.route),
            },
        }
    }
}
