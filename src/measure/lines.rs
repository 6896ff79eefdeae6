//! The audit log of a run, line by line, as the detectors saw it: read back from the journal.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::model::agent::AgentPlan;
use crate::model::service::Act;
use crate::wire::{ActorId, Audit, CredId, Event, FamilyId, Message, OpId, Purpose, RequestId, Verdict};
use crate::world::detect::{Line, Run, masked};

/// Shows every line about requests of a purpose, in order.
pub fn lines(plan: &Plan, events: &[Event], of: impl Fn(Purpose) -> bool, mut show: impl FnMut(Line<'_>)) {
    let mut pending: Option<Pending> = None;
    let mut minted = Minted::default();
    for event in events {
        match *event {
            Event::Asked { at, id, purpose, op: Some(op), cred, principal, verdict, status, .. } => {
                finish(plan, &minted, pending.take(), &mut show);
                minted.asked(id, op);
                let from = client(plan, id.by).map(|client| client.network);
                let allowed = verdict == Verdict::Accepted;
                let audit = Audit { at, op, principal, cred, from, allowed, status, rows: 0, objects: None };
                let message = Message::default();
                pending = of(purpose).then_some(Pending { id, audit, message, objects: Vec::new() });
            }
            Event::Fired { .. } => finish(plan, &minted, pending.take(), &mut show),
            Event::Minted { id, cred, .. } => minted.issued(plan, id, cred),
            Event::Forged { cred, family, .. } => _ = minted.families.insert(cred, family),
            Event::Touched { id, coll, first, n, .. } => note(&mut pending, id, (coll, first, n)),
            Event::Created { id, coll, row, .. } => note(&mut pending, id, (coll, row, 1)),
            Event::Said { id, message, .. } => {
                if let Some(pending) = pending.as_mut().filter(|p| p.id == id) {
                    pending.message = message;
                }
            }
            _ => {}
        }
    }
    finish(plan, &minted, pending, &mut show);
}

/// The families of what was issued in the run: the token first, then what renews it.
#[derive(Default)]
struct Minted {
    families: BTreeMap<CredId, FamilyId>,
    /// The request that is being read, and whether it has issued something.
    by: Option<(RequestId, OpId, bool)>,
}

impl Minted {
    fn asked(&mut self, id: RequestId, op: OpId) {
        self.by = Some((id, op, false));
    }

    fn issued(&mut self, plan: &Plan, id: RequestId, cred: CredId) {
        let Some((_, op, again)) = self.by.as_mut().filter(|(by, ..)| *by == id) else { return };
        let Act::Mint { family, refresh, .. } = plan.operation(*op).act else { return };
        let renews = refresh.filter(|_| std::mem::replace(again, true));
        self.families.insert(cred, renews.unwrap_or(family));
    }

    fn family(&self, plan: &Plan, cred: CredId) -> Option<FamilyId> {
        if cred.number() < plan.credentials() {
            Some(plan.origin_of(cred).0)
        } else {
            self.families.get(&cred).copied()
        }
    }
}

fn client(plan: &Plan, by: ActorId) -> Option<&AgentPlan> {
    plan.agents.get(by.index()).or_else(|| plan.benign.get(by.index().checked_sub(plan.agents.len())?))
}

/// A request whose effects are still being read.
struct Pending {
    id: RequestId,
    audit: Audit,
    message: Message,
    objects: Vec<Run>,
}

fn note(pending: &mut Option<Pending>, id: RequestId, run: Run) {
    if let Some(pending) = pending.as_mut().filter(|p| p.id == id) {
        pending.audit.rows += run.2;
        pending.objects.push(run);
    }
}

fn finish(plan: &Plan, minted: &Minted, line: Option<Pending>, show: &mut impl FnMut(Line<'_>)) {
    let Some(Pending { audit, message, mut objects, .. }) = line else { return };
    let Some(logs) = plan.operation(audit.op).audit else { return };
    let audit = masked(logs, audit);
    if !logs.object {
        objects.clear();
    }
    let family = audit.cred.and_then(|cred| minted.family(plan, cred));
    show(Line { audit: &audit, objects: &objects, family, message });
}
