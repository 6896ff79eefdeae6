//! One request through the world: who asks, may they, what happens, what is written down.

use crate::model::service::{Denial, Role};
use crate::planted::Mistake;
use crate::wire::{
    Alarm, Arg, Audit, Body, Cargo, Conversation, CredId, Envelope, Event, FamilyId, IdentityId, Log, OpId, Presented,
    Purpose, Reason, Response, Slot, Span, Text, Tick, Vantage, Verdict,
};

use super::detect::{Line, Run, masked};
use super::effects::Done;
use super::limits::Refused;
use super::records::Caller;
use super::validate::{Check, validate};
use super::{World, alarm_event};

/// A caller that got past authentication.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admitted {
    pub cred: Option<CredId>,
    pub principal: Option<IdentityId>,
    pub conversation: Option<Conversation>,
    pub reason: Reason,
}

/// Why not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub verdict: Verdict,
    pub reason: Reason,
    pub response: Response,
}

impl Refusal {
    pub(super) fn new(verdict: Verdict, reason: Reason, status: u16) -> Refusal {
        Refusal { verdict, reason, response: Response::bare(status) }
    }

    pub(super) fn denied(denies: Denial, reason: Reason) -> Refusal {
        Refusal::new(Verdict::Forbidden, reason, denies.status())
    }

    pub(super) fn limited(now: Tick, refused: Refused) -> Refusal {
        let verdict = if refused.again.is_some() { Verdict::Limited } else { Verdict::Exhausted };
        let retry_after = refused.again.map(|again| Span::from_millis(again.since(now).whole_millis_up()));
        let response = Response { status: refused.status, retry_after, body: Body::Empty };
        Refusal { verdict, reason: Reason::Limit(refused.limit), response }
    }
}

impl World {
    /// Decides a request that arrives at `now`. The variable part of the answer goes into `slot`.
    pub fn handle(&mut self, now: Tick, envelope: &Envelope, slot: &mut Slot, log: &mut Log) -> Response {
        slot.clear();
        let request = &envelope.request;
        let route = self.plan.route(request.route);
        if let Some(to) = route.redirects {
            self.write(now, envelope, Asked::nowhere(307), log);
            return Response::with(307, Body::Link(to));
        }
        let Some(op) = route.answers else {
            self.write(now, envelope, Asked::nowhere(404), log);
            return Response::bare(404);
        };
        if let Some(Presented { text: text @ Text::Forged { .. }, .. }) = request.presented {
            self.notice_forged(now, envelope.id, text, log);
        }
        let cred = request.presented.and_then(|p| self.credentials.find(p.text));
        let principal = cred.and_then(|c| self.credentials.get(c).principal);
        let asked = log.events.len();
        // The decision is known only after the effects, and stands before them in the journal.
        log.push(Event::Gap { at: now });
        let decided = self.admit(now, op, request.presented, cred, request.from).and_then(|admitted| {
            self.in_order(op)?;
            self.approved(now, op, admitted, envelope, log)?;
            let done = self.perform(now, op, admitted, envelope, slot, log)?;
            Ok((admitted, done))
        });
        let (decision, response, done) = match decided {
            Ok((admitted, done)) => {
                let decision = Asked {
                    op: Some(op),
                    verdict: Verdict::Accepted,
                    reason: admitted.reason,
                    status: done.response.status,
                };
                (decision, done.response, done)
            }
            Err(refusal) => {
                let (verdict, reason, status) = (refusal.verdict, refusal.reason, refusal.response.status);
                (Asked { op: Some(op), verdict, reason, status }, refusal.response, Done::nothing(refusal.response))
            }
        };
        log.events[asked] = decision.event(now, envelope, cred, principal);
        if decision.verdict == Verdict::Accepted {
            self.knock(now, op, envelope);
        }
        let is_watched = self.audited || !self.detectors.is_empty();
        if is_watched && (request.from.purpose != Purpose::Probe || Mistake::ProbesAreLogged.here()) {
            let line = Audit {
                at: now,
                op,
                principal,
                cred,
                from: Some(request.from.network),
                allowed: decision.verdict == Verdict::Accepted,
                status: decision.status,
                rows: done.rows,
                objects: None,
            };
            self.audit(envelope, &slot.cargo, line, asked + 1, log);
        }
        response
    }

    fn write(&mut self, now: Tick, envelope: &Envelope, asked: Asked, log: &mut Log) {
        let cred = envelope.request.presented.and_then(|p| self.credentials.find(p.text));
        let principal = cred.and_then(|c| self.credentials.get(c).principal);
        log.push(asked.event(now, envelope, cred, principal));
    }

    /// Authorization and limits: everything that is decided before records are looked at.
    #[inline(always)]
    fn admit(
        &mut self,
        now: Tick,
        op: OpId,
        presented: Option<Presented>,
        cred: Option<CredId>,
        from: Vantage,
    ) -> Result<Admitted, Refusal> {
        let admitted = self.authorize(now, op, presented, cred, from)?;
        self.may_follow(op, admitted)?;
        self.within_limits(now, op, admitted)?;
        Ok(admitted)
    }

    /// Authentication, scopes and blocks.
    #[inline(always)]
    pub(super) fn authorize(
        &mut self,
        now: Tick,
        op: OpId,
        presented: Option<Presented>,
        cred: Option<CredId>,
        from: Vantage,
    ) -> Result<Admitted, Refusal> {
        let denies = self.plan.operation(op).denies;
        if let Some(step) =
            self.closed_by.filter(|_| self.closed.contains(op.number()) && !Mistake::ClosedOperationAnswers.here())
        {
            return Err(Refusal::denied(denies, Reason::Blocked(step)));
        }
        let reason = if self.plan.access.open.contains(op.number()) {
            Reason::OpenDoor
        } else {
            self.authenticate(now, op, presented, cred, from)?
        };
        let principal = cred.and_then(|c| self.credentials.get(c).principal);
        Ok(Admitted { cred, principal, conversation: from.conversation, reason })
    }

    #[inline(always)]
    fn authenticate(
        &mut self,
        now: Tick,
        op: OpId,
        presented: Option<Presented>,
        cred: Option<CredId>,
        from: Vantage,
    ) -> Result<Reason, Refusal> {
        let unauthenticated = |reason| Refusal::new(Verdict::Unauthenticated, reason, 401);
        let spec = self.plan.operation(op);
        let cred = match (presented, cred) {
            (_, Some(cred)) => cred,
            (None, None) => return Err(unauthenticated(Reason::NoCredential)),
            (Some(_), None) => return Err(unauthenticated(Reason::UnknownCredential)),
        };
        if let Some(step) = self.blocked_by.filter(|_| self.blocks(cred, spec.service) && !Mistake::BlockIgnored.here())
        {
            return Err(Refusal::denied(spec.denies, Reason::Blocked(step)));
        }
        if self.is_bound_to_key(cred) && !presented.is_some_and(|p| p.proven) {
            return Err(unauthenticated(Reason::NoProof));
        }
        let asked = Check { service: spec.service, cred, from: from.network };
        let validated =
            validate(&self.plan, &self.credentials, &mut self.caches, now, asked).map_err(unauthenticated)?;
        if validated.window_moved {
            self.changes.credentials.push(cred);
        }
        let row = self.credentials.get(cred);
        if !self.plan.access.unlocks(row.rights, op) && !Mistake::ScopeIgnored.here() {
            let taken = self.plan.access.takes(spec.service, row.family) || Mistake::AudienceTakenForScope.here();
            let trusted = self.plan.service(spec.service).keys.trusts(self.plan.family(row.family).signed_by);
            return Err(match (taken, trusted) {
                (true, _) => Refusal::denied(spec.denies, Reason::Scope),
                (false, true) => unauthenticated(Reason::Audience),
                (false, false) => unauthenticated(Reason::UntrustedKey),
            });
        }
        Ok(validated.reason)
    }

    /// Who asks for records. Of a credential that is yet to be minted only the family is known.
    #[inline]
    pub(super) fn caller(&self, principal: Option<IdentityId>, cred: Option<CredId>) -> Caller {
        let row = cred.map(|cred| self.credentials.get(cred)).filter(|row| row.narrow);
        let only = row.map(|row| (row.family, Some(row.index)));
        Caller { principal, tenant: principal.and_then(|p| self.plan.tenant_of(p)), only }
    }

    pub(super) fn caller_of(&self, principal: Option<IdentityId>, of: Option<(FamilyId, Option<u32>)>) -> Caller {
        let only = of.filter(|(family, _)| self.plan.family(*family).opens.is_some());
        Caller { principal, tenant: principal.and_then(|p| self.plan.tenant_of(p)), only }
    }

    /// Writes one line of the audit log, with what the service records of it, and shows it to the detectors. What the
    /// request touched stands in `log` from `effects` on.
    fn audit(&mut self, envelope: &Envelope, cargo: &Cargo, line: Audit, effects: usize, log: &mut Log) {
        let spec = self.plan.operation(line.op);
        let Some(logs) = spec.audit.filter(|_| self.plan.service(spec.service).role != Role::Administration) else {
            return;
        };
        self.objects.clear();
        if logs.object {
            self.objects.extend(log.events[effects..].iter().filter_map(run_of));
        }
        let line = masked(logs, line);
        let family = line.cred.map(|c| self.credentials.get(c).family);
        let message = self.said(line.at, envelope, cargo, log);
        let alarms: &mut Vec<Alarm> = &mut self.alarms;
        self.detectors.feed(&self.plan, Line { audit: &line, objects: &self.objects, family, message }, |alarm| {
            log.push(alarm_event(alarm));
            alarms.push(alarm);
        });
        if self.audited {
            let first = self.objects.first().copied();
            self.audit.push(Audit { objects: first, ..line });
            let more = self.objects.iter().skip(1).map(|run| Audit { objects: Some(*run), ..line });
            self.audit.extend(more);
        }
    }
}

/// The records of one effect.
fn run_of(event: &Event) -> Option<Run> {
    match *event {
        Event::Touched { coll, first, n, .. } => Some((coll, first, n)),
        Event::Created { coll, row, .. } => Some((coll, row, 1)),
        _ => None,
    }
}

/// A decision on its way to the journal.
#[derive(Clone, Copy)]
struct Asked {
    op: Option<OpId>,
    verdict: Verdict,
    reason: Reason,
    status: u16,
}

impl Asked {
    /// By a route that leads to no operation.
    fn nowhere(status: u16) -> Asked {
        Asked { op: None, verdict: Verdict::Missing, reason: Reason::NoSuchRoute, status }
    }

    fn event(self, now: Tick, envelope: &Envelope, cred: Option<CredId>, principal: Option<IdentityId>) -> Event {
        Event::Asked {
            at: now,
            id: envelope.id,
            purpose: envelope.request.from.purpose,
            route: envelope.request.route,
            op: self.op,
            held: envelope.request.presented.map(|p| p.held),
            cred,
            principal,
            verdict: self.verdict,
            reason: self.reason,
            status: self.status,
            back: envelope.back,
        }
    }
}

/// The record that a request names.
pub(super) fn named(request: &crate::wire::Request) -> Option<crate::wire::Res> {
    match request.about {
        Arg::Id(res) => Some(res),
        _ => None,
    }
}

/// Where the page begins that a request asks for.
pub(super) fn page_start(request: &crate::wire::Request) -> u32 {
    match request.page {
        Arg::Cursor(at) => at,
        _ => 0,
    }
}
