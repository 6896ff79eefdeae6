//! One request through the world: who asks, may they, what happens, what is written down.

use crate::model::service::{Denial, Operation, Role};
use crate::wire::{
    Alarm, Arg, Audit, Body, CredId, Envelope, Event, IdentityId, Log, OpId, Presented, Reason, Response, Slot, Span,
    Tick, Vantage, Verdict,
};

use super::detect::Line;
use super::effects::Done;
use super::limits::Counted;
use super::records::Caller;
use super::{World, alarm_event};

/// A caller that got past authentication.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admitted {
    pub cred: Option<CredId>,
    pub principal: Option<IdentityId>,
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
}

impl World {
    /// Decides a request that arrives at `now`. The variable part of the answer goes into `slot`.
    pub fn handle(&mut self, now: Tick, envelope: &Envelope, slot: &mut Slot, log: &mut Log) -> Response {
        slot.clear();
        let request = &envelope.request;
        let route = self.plan.route(request.route);
        if let Some(to) = route.redirects {
            self.write(
                now,
                envelope,
                Asked { op: None, ..Asked::refused(Verdict::Missing, Reason::NoSuchRoute, 307) },
                log,
            );
            return Response::with(307, Body::Link(to));
        }
        let Some(op) = route.answers else {
            self.write(
                now,
                envelope,
                Asked { op: None, ..Asked::refused(Verdict::Missing, Reason::NoSuchRoute, 404) },
                log,
            );
            return Response::bare(404);
        };
        let cred = request.presented.and_then(|p| self.credentials.find(p.text));
        let principal = cred.and_then(|c| self.credentials.get(c).principal);
        let asked = log.events.len();
        // The decision is known only after the effects, and stands before them in the journal.
        log.push(Event::Gap { at: now });
        let decided = self.admit(now, op, request.presented, cred, request.from).and_then(|admitted| {
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
        self.audit(now, op, cred, principal, request.from, &decision, &done, log);
        response
    }

    fn write(&mut self, now: Tick, envelope: &Envelope, asked: Asked, log: &mut Log) {
        let cred = envelope.request.presented.and_then(|p| self.credentials.find(p.text));
        let principal = cred.and_then(|c| self.credentials.get(c).principal);
        log.push(asked.event(now, envelope, cred, principal));
    }

    /// Authentication, scopes, blocks, limits: everything that is decided before records are looked at.
    pub(super) fn admit(
        &mut self,
        now: Tick,
        op: OpId,
        presented: Option<Presented>,
        cred: Option<CredId>,
        from: Vantage,
    ) -> Result<Admitted, Refusal> {
        let spec = self.plan.operation(op);
        let denies = spec.denies;
        if let Some(step) = self.closed_by.filter(|_| self.closed.contains(op.number())) {
            return Err(Refusal::denied(denies, Reason::Blocked(step)));
        }
        let reason = if self.plan.access.open.contains(op.number()) {
            Reason::OpenDoor
        } else {
            self.authenticate(now, op, presented, cred, from)?
        };
        let principal = cred.and_then(|c| self.credentials.get(c).principal);
        let counted = self.counted(cred, principal);
        if let Some(refused) = self.limits.refuses(now, op, counted) {
            let verdict = if refused.again.is_some() { Verdict::Limited } else { Verdict::Exhausted };
            // RFC 9110 section 10.2.3 counts in whole seconds.
            let retry_after = refused.again.map(|again| Span::from_secs(again.since(now).whole_seconds_up()));
            let response = Response { status: refused.status, retry_after, body: Body::Empty };
            if refused.again.is_none() {
                self.changes.everything = true;
            }
            return Err(Refusal { verdict, reason: Reason::Limit(refused.limit), response });
        }
        Ok(Admitted { cred, principal, reason })
    }

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
        if let Some(step) = self.blocked_by.filter(|_| self.blocked.contains(&(cred, spec.service))) {
            return Err(Refusal::denied(spec.denies, Reason::Blocked(step)));
        }
        let validated =
            super::validate::validate(&self.plan, &self.credentials, &mut self.caches, now, spec.service, cred)
                .map_err(unauthenticated)?;
        if validated.window_moved {
            self.changes.credentials.push(cred);
        }
        let row = self.credentials.get(cred);
        if row.bound.is_some_and(|network| network != from.network) {
            return Err(unauthenticated(Reason::BoundElsewhere));
        }
        if !self.plan.access.unlocks(row.family, op) {
            return Err(Refusal::denied(spec.denies, Reason::Scope));
        }
        Ok(validated.reason)
    }

    pub(super) fn counted(&self, cred: Option<CredId>, principal: Option<IdentityId>) -> Counted {
        Counted { cred, principal, owner: principal.map(|p| self.plan.owner_of(p)) }
    }

    pub(super) fn caller(&self, principal: Option<IdentityId>) -> Caller {
        Caller { principal, tenant: principal.and_then(|p| self.plan.tenant_of(p)) }
    }

    #[expect(clippy::too_many_arguments, reason = "one line of the audit log has as many parts")]
    fn audit(
        &mut self,
        now: Tick,
        op: OpId,
        cred: Option<CredId>,
        principal: Option<IdentityId>,
        from: Vantage,
        asked: &Asked,
        done: &Done,
        log: &mut Log,
    ) {
        let spec: &Operation = self.plan.operation(op);
        let service = self.plan.service(spec.service);
        if service.role == Role::Administration || (!self.audited && self.detectors.is_empty()) {
            return;
        }
        let allowed = asked.verdict == Verdict::Accepted;
        let line = Audit {
            at: now,
            op,
            principal: principal.filter(|_| service.audit.principal),
            cred: cred.filter(|_| service.audit.credential),
            from,
            allowed,
            rows: done.rows,
            objects: done.objects,
        };
        let owner = line.principal.map(|p| self.plan.owner_of(p));
        let family = line.cred.map(|c| self.credentials.get(c).family);
        let alarms: &mut Vec<Alarm> = &mut self.alarms;
        self.detectors.feed(&self.plan, Line { audit: &line, family, owner }, |alarm| {
            log.push(alarm_event(alarm));
            alarms.push(alarm);
        });
        if self.audited {
            self.audit.push(Audit { objects: line.objects.filter(|_| service.audit.object), ..line });
        }
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
    fn refused(verdict: Verdict, reason: Reason, status: u16) -> Asked {
        Asked { op: None, verdict, reason, status }
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
