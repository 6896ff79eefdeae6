//! Detection: which alarms the closure caused. An alarm that honest work alone would have raised is a false one.

use crate::model::Plan;
use crate::model::agent::AgentPlan;
use crate::model::control::Watches;
use crate::wire::{ActorId, Alarm, Audit, Event, Key, Purpose, RequestId, RuleId, Tick, Verdict};
use crate::world::detect::{Detectors, Line, Run, masked};

/// The alarms of a run.
#[derive(Clone, Debug, Default)]
pub struct Alarms {
    /// The first alarm that the closure caused, and by which rule.
    pub first: Option<(Tick, RuleId)>,
    /// It was told from outside: a declaration, not a measurement.
    pub by_report: bool,
    pub caused: u64,
    pub false_alarms: u64,
}

/// Tells caused alarms from false ones by counting again without the closure's records. Where nothing is wrong with the
/// agents, there is no closure that could have caused any.
pub fn alarms(plan: &Plan, faulty: bool, events: &[Event]) -> Alarms {
    let raised: Vec<(Tick, RuleId, Key)> = events
        .iter()
        .filter_map(|event| match *event {
            Event::Alarm { at, rule, key, .. } => Some((at, rule, key)),
            _ => None,
        })
        .collect();
    if !faulty {
        let watched = |(_, rule, _): &&(Tick, RuleId, Key)| !is_report(plan, *rule);
        return Alarms { false_alarms: raised.iter().filter(watched).count() as u64, ..Alarms::default() };
    }
    let honest = if plan.benign.is_empty() || raised.is_empty() { Vec::new() } else { without_closure(plan, events) };
    let mut all = Alarms::default();
    for (at, rule, key) in raised {
        let report = is_report(plan, rule);
        if !report && honest.iter().any(|a| a.rule == rule && a.key == key && a.at == at) {
            all.false_alarms += 1;
            continue;
        }
        all.caused += 1;
        if all.first.is_none() {
            all.first = Some((at, rule));
            all.by_report = report;
        }
    }
    all
}

fn is_report(plan: &Plan, rule: RuleId) -> bool {
    matches!(plan.controls.detectors[rule.index()].watches, Watches::Report { .. })
}

/// The alarms that the same detectors raise on the same log without the closure's records.
fn without_closure(plan: &Plan, events: &[Event]) -> Vec<Alarm> {
    let mut detectors = Detectors::new(plan);
    let mut raised = Vec::new();
    let mut pending: Option<Pending> = None;
    for event in events {
        match *event {
            Event::Asked { at, id, purpose: Purpose::Benign, op: Some(op), cred, principal, verdict, .. } => {
                feed(plan, &mut detectors, pending.take(), &mut raised);
                let from = honest(plan, id.by).map(|client| client.network);
                let allowed = verdict == Verdict::Accepted;
                let audit = Audit { at, op, principal, cred, from, allowed, rows: 0, objects: None };
                pending = Some(Pending { id, audit, objects: Vec::new() });
            }
            Event::Fired { .. } => feed(plan, &mut detectors, pending.take(), &mut raised),
            Event::Touched { id, coll, first, n, .. } => note(&mut pending, id, (coll, first, n)),
            Event::Created { id, coll, row, .. } => note(&mut pending, id, (coll, row, 1)),
            _ => {}
        }
    }
    feed(plan, &mut detectors, pending, &mut raised);
    detectors.advance(Tick::NEVER, |alarm| raised.push(alarm));
    raised
}

fn honest(plan: &Plan, by: ActorId) -> Option<&AgentPlan> {
    plan.benign.get(by.index().checked_sub(plan.agents.len())?)
}

/// A request whose effects are still being read.
struct Pending {
    id: RequestId,
    audit: Audit,
    objects: Vec<Run>,
}

fn note(pending: &mut Option<Pending>, id: RequestId, run: Run) {
    if let Some(pending) = pending.as_mut().filter(|p| p.id == id) {
        pending.audit.rows += run.2;
        pending.objects.push(run);
    }
}

fn feed(plan: &Plan, detectors: &mut Detectors, line: Option<Pending>, raised: &mut Vec<Alarm>) {
    let Some(Pending { audit, mut objects, .. }) = line else { return };
    let Some(logs) = plan.operation(audit.op).audit else { return };
    let audit = masked(logs, audit);
    if !logs.object {
        objects.clear();
    }
    let family = audit.cred.filter(|c| c.number() < plan.credentials()).map(|c| plan.origin_of(c).0);
    detectors.feed(plan, Line { audit: &audit, objects: &objects, family }, |alarm| raised.push(alarm));
}
