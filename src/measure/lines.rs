//! The audit log of a run, line by line, as the detectors saw it: read back from the journal.

use crate::model::Plan;
use crate::model::agent::AgentPlan;
use crate::wire::{ActorId, Audit, Event, Message, Purpose, RequestId, Verdict};
use crate::world::detect::{Line, Run, masked};

/// Shows every line about requests of a purpose, in order.
pub fn lines(plan: &Plan, events: &[Event], of: impl Fn(Purpose) -> bool, mut show: impl FnMut(Line<'_>)) {
    let mut pending: Option<Pending> = None;
    for event in events {
        match *event {
            Event::Asked { at, id, purpose, op: Some(op), cred, principal, verdict, status, .. } => {
                finish(plan, pending.take(), &mut show);
                let from = client(plan, id.by).map(|client| client.network);
                let allowed = verdict == Verdict::Accepted;
                let audit = Audit { at, op, principal, cred, from, allowed, status, rows: 0, objects: None };
                let message = Message::default();
                pending = of(purpose).then_some(Pending { id, audit, message, objects: Vec::new() });
            }
            Event::Fired { .. } => finish(plan, pending.take(), &mut show),
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
    finish(plan, pending, &mut show);
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

fn finish(plan: &Plan, line: Option<Pending>, show: &mut impl FnMut(Line<'_>)) {
    let Some(Pending { audit, message, mut objects, .. }) = line else { return };
    let Some(logs) = plan.operation(audit.op).audit else { return };
    let audit = masked(logs, audit);
    if !logs.object {
        objects.clear();
    }
    let family = audit.cred.filter(|c| c.number() < plan.credentials()).map(|c| plan.origin_of(c).0);
    show(Line { audit: &audit, objects: &objects, family, message });
}
