//! What an accepted request does, and what its answer shows.

use std::num::NonZeroU32;

use crate::model::service::{Act, Answer, Denial, ObjectRule, Operation};
use crate::planted::Mistake;
use crate::wire::{
    Body, CollId, Effect, Envelope, Event, JobId, Log, OpId, Reason, Res, Response, Rows, Slot, Span, Tick, Verdict,
};

use super::World;
use super::handle::{Admitted, Refusal, named, page_start};
use super::jobs::Job;
use super::limits::Use;
use super::page::Window;
use super::touched::touch;

/// What came of an accepted request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    pub response: Response,
    /// How many records it read or changed.
    pub rows: u32,
}

impl Done {
    pub(super) fn nothing(response: Response) -> Done {
        Done { response, rows: 0 }
    }

    fn touching(response: Response, rows: Rows) -> Done {
        Done { response, rows: rows.len() }
    }
}

/// An admitted request that is being performed.
#[derive(Clone, Copy)]
struct Deed<'a> {
    now: Tick,
    op: OpId,
    admitted: Admitted,
    envelope: &'a Envelope,
}

impl World {
    /// Performs an admitted request, or queues it.
    #[inline(always)]
    pub(super) fn perform(
        &mut self,
        now: Tick,
        op: OpId,
        admitted: Admitted,
        envelope: &Envelope,
        slot: &mut Slot,
        log: &mut Log,
    ) -> Result<Done, Refusal> {
        let done = match self.plan.operation(op).effect_after {
            None => self.take_effect(now, op, admitted, envelope, slot, log)?,
            Some(after) => self.queue(now, op, admitted, envelope, (after, slot), log)?,
        };
        self.use_up(now, op, admitted, Use::Call);
        Ok(done)
    }

    fn queue(
        &mut self,
        now: Tick,
        op: OpId,
        admitted: Admitted,
        envelope: &Envelope,
        (after, slot): (Span, &Slot),
        log: &mut Log,
    ) -> Result<Done, Refusal> {
        if let Some(res) = named(&envelope.request) {
            self.reachable(op, admitted, res)?;
        }
        let fires = now + after.unless(Mistake::QueuedWorkHappensAtOnce);
        let job = self.jobs.add(Job { op, cred: admitted.cred, envelope: *envelope }, fires);
        if envelope.request.carries {
            self.jobs.load(job, &slot.cargo);
        }
        log.push(Event::Queued { at: now, id: envelope.id, job, fires });
        Ok(Done::nothing(Response::with(202, Body::Job(job))))
    }

    /// Lets a queued effect happen.
    pub(super) fn fire(&mut self, now: Tick, job: JobId, work: Job, log: &mut Log) {
        let principal = work.cred.and_then(|c| self.credentials.get(c).principal);
        let mut slot = std::mem::take(&mut self.scratch);
        slot.clear();
        slot.cargo = self.jobs.unload(job);
        let (id, request) = (work.envelope.id, &work.envelope.request);
        let admitted = if self.plan.operation(work.op).recheck && !Mistake::QueuedWorkNotChecked.here() {
            self.authorize(now, work.op, request.presented, work.cred, request.from)
        } else {
            let conversation = request.from.conversation;
            Ok(Admitted { cred: work.cred, principal, conversation, reason: Reason::Granted })
        };
        let fired = log.events.len();
        log.push(Event::Fired { at: now, id, job });
        let done =
            admitted.and_then(|admitted| self.take_effect(now, work.op, admitted, &work.envelope, &mut slot, log));
        if let Err(refusal) = done {
            log.events[fired] = Event::Cancelled { at: now, id, job, reason: refusal.reason };
        }
        self.scratch = slot;
    }

    #[inline(always)]
    fn take_effect(
        &mut self,
        now: Tick,
        op: OpId,
        admitted: Admitted,
        envelope: &Envelope,
        slot: &mut Slot,
        log: &mut Log,
    ) -> Result<Done, Refusal> {
        let spec = self.plan.operation(op);
        let (act, target, effect) = (spec.act, spec.target, spec.effect);
        let deed = Deed { now, op, admitted, envelope };
        self.within_records(now, op, admitted, || self.least_records(op))?;
        let done = match (act, target) {
            (Act::List { answer, inside }, Some(coll)) => self.list(deed, coll, (answer, inside), slot, log),
            (Act::One { answer }, Some(_)) => self.one(deed, answer, slot, log),
            (Act::All, Some(coll)) => self.all(deed, coll, slot, log),
            (Act::Create { inside }, Some(coll)) => self.create(deed, coll, inside, slot, log),
            (Act::Administer, _) => return self.administer(now, envelope, log),
            (Act::Mint { .. } | Act::RevokeToken | Act::IntrospectToken | Act::Metadata, _) => {
                self.protocol(now, op, admitted, envelope, log)
            }
            _ => Ok(Done::nothing(Response::bare(200))),
        }?;
        self.changes.everything |= self.records.take_stirred();
        self.use_up(now, op, admitted, Use::Records(done.rows));
        if let Some(coll) = target.filter(|_| effect == Effect::Read && done.rows > 0) {
            self.note_reading(coll, admitted);
        }
        Ok(done)
    }

    /// Whether the caller may touch the record that it names.
    fn reachable(&self, op: OpId, admitted: Admitted, res: Res) -> Result<(), Refusal> {
        let spec = self.plan.operation(op);
        if Some(res.coll) != spec.target || !self.records.exists(res) {
            return Err(Refusal::new(Verdict::Missing, Reason::NoSuchRecord, 404));
        }
        if self.records.permits(self.rules[op.index()], self.caller(admitted.principal, admitted.cred), res) {
            Ok(())
        } else {
            Err(Refusal::denied(spec.denies, Reason::ObjectRule))
        }
    }

    #[inline(always)]
    fn list(
        &self,
        deed: Deed<'_>,
        coll: CollId,
        (answer, inside): (Answer, Option<CollId>),
        slot: &mut Slot,
        log: &mut Log,
    ) -> Result<Done, Refusal> {
        let Deed { now, op, admitted, envelope } = deed;
        let Operation { page, newest_first, .. } = *self.plan.operation(op);
        let rule = self.rules[op.index()];
        let caller = self.caller(admitted.principal, admitted.cred);
        let parent = inside.map(|outer| self.parent(envelope, outer)).transpose()?;
        let most = match answer {
            Answer::Records => page.min(self.records_left(now, op, admitted)),
            _ => page,
        };
        let window = Window { inside: parent, cursor: page_start(&envelope.request), most, newest_first };
        let page = self.records.page(coll, rule, caller, window, slot);
        if page.hidden {
            let response = Response::with(200, shown(answer, coll, Rows::NONE, None));
            return Err(Refusal { verdict: Verdict::Forbidden, reason: Reason::ObjectRule, response });
        }
        let response = Response::with(200, shown(answer, coll, page.rows, page.next));
        if answer != Answer::Records {
            return Ok(Done::nothing(response));
        }
        self.show_contents(coll, page.rows, slot);
        touch(now, envelope.id, (coll, Effect::Read), page.rows, slot, log);
        Ok(Done::touching(response, page.rows))
    }

    /// The record whose contents a request asks for.
    fn parent(&self, envelope: &Envelope, outer: CollId) -> Result<Res, Refusal> {
        named(&envelope.request)
            .filter(|res| res.coll == outer && self.records.exists(*res))
            .ok_or_else(|| Refusal::new(Verdict::Missing, Reason::NoSuchRecord, 404))
    }

    fn one(&mut self, deed: Deed<'_>, answer: Answer, slot: &mut Slot, log: &mut Log) -> Result<Done, Refusal> {
        let Deed { now, op, admitted, envelope } = deed;
        let Some(res) = named(&envelope.request) else {
            return Err(Refusal::new(Verdict::Missing, Reason::NoSuchRecord, 404));
        };
        self.reachable(op, admitted, res)?;
        let effect = self.plan.operation(op).effect;
        let rows = Rows::Span { first: res.row, n: 1 };
        let response = Response::with(200, shown(answer, res.coll, rows, None));
        if effect == Effect::Read && answer != Answer::Records {
            return Ok(Done::nothing(response));
        }
        if answer == Answer::Records {
            self.show_contents(res.coll, rows, slot);
        }
        touch(now, envelope.id, (res.coll, effect), rows, slot, log);
        match effect {
            Effect::Delete => self.records.delete(res),
            Effect::Read => {}
            _ if envelope.request.carries => {
                self.write_down(now, envelope.id, (res, admitted.principal), &slot.cargo, log);
            }
            _ => {}
        }
        Ok(Done::touching(response, rows))
    }

    #[inline(always)]
    fn all(&mut self, deed: Deed<'_>, coll: CollId, slot: &mut Slot, log: &mut Log) -> Result<Done, Refusal> {
        let Deed { now, op, admitted, envelope } = deed;
        let (effect, denies) = (self.plan.operation(op).effect, self.plan.operation(op).denies);
        let caller = self.caller(admitted.principal, admitted.cred);
        let page = self.records.page(coll, self.rules[op.index()], caller, Window::WHOLE, slot);
        if page.hidden {
            return Err(Refusal::denied(denies, Reason::ObjectRule));
        }
        self.within_records(now, op, admitted, || page.rows.len())?;
        touch(now, envelope.id, (coll, effect), page.rows, slot, log);
        if effect == Effect::Delete {
            for row in page.rows.iter(slot).collect::<Vec<_>>() {
                self.records.delete(Res { coll, row });
            }
        }
        let response = Response::with(200, Body::Count(page.rows.len()));
        Ok(Done::touching(response, page.rows))
    }

    fn create(
        &mut self,
        deed: Deed<'_>,
        coll: CollId,
        inside: Option<CollId>,
        slot: &Slot,
        log: &mut Log,
    ) -> Result<Done, Refusal> {
        let Deed { now, op, admitted, envelope } = deed;
        let refused = || Refusal::denied(hide_creation(self.plan.operation(op).denies), Reason::ObjectRule);
        let (rule, caller) = (self.rules[op.index()], self.caller(admitted.principal, admitted.cred));
        let parent = inside.map(|outer| self.parent(envelope, outer)).transpose()?;
        let may_enter = parent.is_none_or(|parent| self.records.permits(rule, caller, parent));
        if !may_enter || !self.may_create(op, admitted.principal) {
            return Err(refused());
        }
        let res = self.records.create(coll, rule, admitted.principal, parent);
        log.push(Event::Created { at: now, id: envelope.id, coll, row: res.row });
        if envelope.request.carries {
            self.write_down(now, envelope.id, (res, admitted.principal), &slot.cargo, log);
        }
        let response = Response::with(201, Body::Created(res));
        Ok(Done { response, rows: 1 })
    }

    /// Under a rule about owners or tenants, a record needs somebody who can own it: an outsider cannot.
    pub(super) fn may_create(&self, op: OpId, principal: Option<crate::wire::IdentityId>) -> bool {
        use crate::model::identity::IdentityKind;
        match self.rules[op.index()] {
            ObjectRule::Anyone => true,
            ObjectRule::Owner | ObjectRule::Tenant => {
                principal.is_some_and(|p| self.plan.population_of(p).kind != IdentityKind::Outsider)
            }
        }
    }
}

/// An insert that row-level security refuses is an error also where a select is merely empty.
fn hide_creation(denies: Denial) -> Denial {
    if denies == Denial::Empty { Denial::Forbidden } else { denies }
}

fn shown(answer: Answer, coll: CollId, rows: Rows, next: Option<u32>) -> Body {
    let next = next.and_then(NonZeroU32::new);
    match answer {
        Answer::Ids => Body::Ids { coll, rows, next },
        Answer::Records => Body::Records { coll, rows, next },
        Answer::Count => Body::Count(rows.len()),
        Answer::Nothing => Body::Empty,
    }
}
