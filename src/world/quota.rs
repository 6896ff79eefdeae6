//! How limits and approvals meet requests: what a call takes, what it uses up, whose doors that shuts.
//!
//! Most operations meet none of them. The gates that say so are inlined, so that what a request was admitted with is not
//! copied for a question that nobody asks; what lies behind them is not.

use crate::model::Share;
use crate::model::control::Asking;
use crate::model::service::{Act, Answer};
use crate::planted::Mistake;
use crate::wire::{
    ApprovalId, Body, CollId, CredId, Effect, Envelope, IdentityId, Key, Log, OpId, Reason, Response, Span, Tick,
    Verdict,
};

use super::World;
use super::approvals::{Consent, Wanted};
use super::handle::{Admitted, Refusal, named};
use super::limits::{Counted, Use};

impl World {
    /// Whether every limit lets one more call of `op` through.
    #[inline(always)]
    pub(super) fn within_limits(&self, now: Tick, op: OpId, admitted: Admitted) -> Result<(), Refusal> {
        if !self.limits.watch(op) || Mistake::LimitsNotAsked.here() { Ok(()) } else { self.asked(now, op, admitted) }
    }

    #[inline(never)]
    fn asked(&self, now: Tick, op: OpId, admitted: Admitted) -> Result<(), Refusal> {
        let refused = self.limits.refuses(now, op, self.counted_as(admitted), self.least_records(op));
        refused.map_or(Ok(()), |refused| Err(Refusal::limited(now, refused)))
    }

    /// Whether a limit on records lets so many be touched.
    #[inline(always)]
    pub(super) fn within_records(
        &self,
        now: Tick,
        op: OpId,
        admitted: Admitted,
        records: impl FnOnce() -> u32,
    ) -> Result<(), Refusal> {
        if self.limits.watch(op) { self.asked_for_records(now, op, admitted, records()) } else { Ok(()) }
    }

    #[inline(never)]
    fn asked_for_records(&self, now: Tick, op: OpId, admitted: Admitted, records: u32) -> Result<(), Refusal> {
        let refused = self.limits.refuses_records(now, op, self.counted_as(admitted), records);
        refused.map_or(Ok(()), |refused| Err(Refusal::limited(now, refused)))
    }

    /// How many records this caller may still touch.
    #[inline(always)]
    pub(super) fn records_left(&self, now: Tick, op: OpId, admitted: Admitted) -> u32 {
        if self.limits.watch(op) { self.asked_what_is_left(now, op, admitted) } else { u32::MAX }
    }

    #[inline(never)]
    fn asked_what_is_left(&self, now: Tick, op: OpId, admitted: Admitted) -> u32 {
        self.limits.records_left(now, op, self.counted_as(admitted))
    }

    fn counted_as(&self, admitted: Admitted) -> Counted {
        Counted { conversation: admitted.conversation, ..self.counted(admitted.cred, admitted.principal) }
    }

    /// Counts a use, and tells the census whose doors it shut for good.
    #[inline(always)]
    pub(super) fn use_up(&mut self, now: Tick, op: OpId, admitted: Admitted, what: Use) {
        if self.limits.watch(op) {
            self.count(now, op, admitted, what);
        }
    }

    #[inline(never)]
    fn count(&mut self, now: Tick, op: OpId, admitted: Admitted, what: Use) {
        for key in self.limits.count(now, op, self.counted_as(admitted), what) {
            self.changed_for(key);
        }
    }

    /// Whether nothing that the caller has read stands in the way.
    #[inline(always)]
    pub(super) fn may_follow(&self, op: OpId, admitted: Admitted) -> Result<(), Refusal> {
        if self.flows.are_idle() { Ok(()) } else { self.follows(op, admitted) }
    }

    #[inline(never)]
    fn follows(&self, op: OpId, admitted: Admitted) -> Result<(), Refusal> {
        let refused = self.flows.refuses(op, self.counted_as(admitted));
        refused.map_or(Ok(()), |(flow, status)| Err(Refusal::new(Verdict::Forbidden, Reason::Flow(flow), status)))
    }

    /// Notes that a caller has read from a collection, and tells the census whose doors that shuts.
    #[inline(always)]
    pub(super) fn note_reading(&mut self, coll: CollId, admitted: Admitted) {
        if self.flows.watch(coll) {
            self.count_reading(coll, admitted);
        }
    }

    #[inline(never)]
    fn count_reading(&mut self, coll: CollId, admitted: Admitted) {
        for key in self.flows.note(coll, self.counted_as(admitted)) {
            self.changed_for(key);
        }
    }

    /// Tells the census whose doors may have shut.
    pub(super) fn changed_for(&mut self, key: Key) {
        let of = |is: &dyn Fn(IdentityId) -> bool| -> Vec<CredId> {
            self.credentials.ids().filter(|c| self.credentials.get(*c).principal.is_some_and(is)).collect()
        };
        match key {
            Key::Credential(cred) => self.changes.credentials.push(cred),
            Key::Principal(who) => self.changes.credentials.extend(of(&|principal| principal == who)),
            Key::Owner(who) => self.changes.credentials.extend(of(&|principal| self.plan.owner_of(principal) == who)),
            Key::Conversation(_) => {}
            Key::Global => self.changes.everything = true,
        }
    }

    /// Whether everybody has said yes who must.
    #[inline(always)]
    pub(super) fn approved(
        &mut self,
        now: Tick,
        op: OpId,
        admitted: Admitted,
        envelope: &Envelope,
        log: &mut Log,
    ) -> Result<(), Refusal> {
        if self.approvals.watch(op) { self.consulted(now, op, admitted, envelope, log) } else { Ok(()) }
    }

    #[inline(never)]
    fn consulted(
        &mut self,
        now: Tick,
        op: OpId,
        admitted: Admitted,
        envelope: &Envelope,
        log: &mut Log,
    ) -> Result<(), Refusal> {
        let who = self.asking(admitted.principal, admitted.cred.and_then(|cred| self.credentials.get(cred).actor));
        let wanted = Wanted { id: envelope.id, op, about: named(&envelope.request), who };
        let (consent, turned_down) = self.approvals.consent(now, wanted, log);
        if turned_down {
            self.changed_for(admitted.principal.map_or(Key::Global, Key::Principal));
        }
        match consent {
            Consent::Given => Ok(()),
            Consent::Awaited(approval, answers) => Err(awaited(now, approval, answers)),
            Consent::Denied(approval) => {
                let status = self.plan.controls.approvals[approval.index()].status;
                Err(Refusal::new(Verdict::Forbidden, Reason::Approval(approval), status))
            }
        }
    }

    /// How many records an accepted call touches at the least.
    pub(super) fn least_records(&self, op: OpId) -> u32 {
        let spec = self.plan.operation(op);
        u32::from(match spec.act {
            Act::List { answer, .. } => answer == Answer::Records,
            Act::One { answer } => answer == Answer::Records || spec.effect != Effect::Read,
            Act::All | Act::Create { .. } | Act::Mint { .. } => true,
            _ => false,
        })
    }

    /// Whether a limit, an approval or what was read shuts this operation for good, or it never works.
    #[inline(always)]
    pub(super) fn shut_for_good(
        &self,
        now: Tick,
        op: OpId,
        cred: Option<CredId>,
        principal: Option<IdentityId>,
        actor: Option<IdentityId>,
    ) -> bool {
        self.hindered.contains(op.number()) && self.hinders_for_good(now, op, cred, principal, actor)
    }

    #[inline(never)]
    fn hinders_for_good(
        &self,
        now: Tick,
        op: OpId,
        cred: Option<CredId>,
        principal: Option<IdentityId>,
        actor: Option<IdentityId>,
    ) -> bool {
        self.plan.operation(op).fails == Share::WHOLE
            || self.approvals.watch(op) && self.approvals.shut(op, self.asking(principal, actor))
            || self.flows.refuses(op, self.counted(cred, principal)).is_some()
            || self.exhausted(now, op, cred, principal)
    }

    /// Who asks for an approval. Without an actor of its own, a credential's principal acts.
    pub(super) fn asking(&self, principal: Option<IdentityId>, actor: Option<IdentityId>) -> Asking {
        Asking { subject: principal, actor: actor.or(principal) }
    }

    fn exhausted(&self, now: Tick, op: OpId, cred: Option<CredId>, principal: Option<IdentityId>) -> bool {
        if !self.limits.watch(op) {
            return false;
        }
        let counted = self.counted(cred, principal);
        let spec = self.plan.operation(op);
        let records = match (spec.act, spec.target) {
            (Act::All, Some(coll)) => {
                let rows = self.records.original(self.rules[op.index()], self.caller(principal, cred), coll);
                rows.len().max(1)
            }
            _ => self.least_records(op),
        };
        self.limits.refuses(now, op, counted, records).is_some_and(|refused| refused.again.is_none())
    }

    fn counted(&self, cred: Option<CredId>, principal: Option<IdentityId>) -> Counted {
        Counted { cred, principal, owner: principal.map(|p| self.plan.owner_of(p)), conversation: None }
    }
}

/// Held back until somebody has answered: not done yet, and no `no` either.
fn awaited(now: Tick, approval: ApprovalId, answers: Tick) -> Refusal {
    let retry_after = Some(Span::from_millis(answers.since(now).whole_millis_up()));
    let response = Response { status: 202, retry_after, body: Body::Empty };
    Refusal { verdict: Verdict::Limited, reason: Reason::Approval(approval), response }
}
