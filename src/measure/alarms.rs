//! Detection: which alarms the closure caused. An alarm that honest work alone would have raised is a false one.

use crate::model::Plan;
use crate::model::control::Watches;
use crate::wire::{Alarm, Audit, Event, Key, RequestId, RuleId, Tick, Vantage, Verdict};
use crate::world::detect::{Detectors, Line};

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

/// Tells caused alarms from false ones by counting again without the closure's records.
pub fn alarms(plan: &Plan, events: &[Event]) -> Alarms {
    let raised: Vec<(Tick, RuleId, Key)> = events
        .iter()
        .filter_map(|event| match *event {
            Event::Alarm { at, rule, key, .. } => Some((at, rule, key)),
            _ => None,
        })
        .collect();
    let honest = if plan.benign.is_empty() || raised.is_empty() { Vec::new() } else { without_closure(plan, events) };
    let mut all = Alarms::default();
    for (at, rule, key) in raised {
        let report = matches!(plan.controls.detectors[rule.index()].watches, Watches::Report { .. });
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

/// The alarms that the same detectors raise on the same log without the closure's records.
fn without_closure(plan: &Plan, events: &[Event]) -> Vec<Alarm> {
    let mut detectors = Detectors::new(plan);
    let mut raised = Vec::new();
    let mut pending: Option<(RequestId, Audit)> = None;
    for event in events {
        match *event {
            Event::Asked { at, id, purpose, op: Some(op), cred, principal, verdict, .. } => {
                feed(plan, &mut detectors, pending.take(), &mut raised);
                if id.by.index() >= plan.agents.len() {
                    let service = plan.service(plan.operation(op).service);
                    let from = Vantage { network: crate::wire::PlaceId::new(0), connection: 0, purpose };
                    let audit = Audit {
                        at,
                        op,
                        principal: principal.filter(|_| service.audit.principal),
                        cred: cred.filter(|_| service.audit.credential),
                        from,
                        allowed: verdict == Verdict::Accepted,
                        rows: 0,
                        objects: None,
                    };
                    pending = Some((id, audit));
                }
            }
            Event::Touched { id, coll, first, n, .. } => {
                if let Some((_, audit)) = pending.as_mut().filter(|(p, _)| *p == id) {
                    audit.rows += n;
                    audit.objects.get_or_insert((coll, first, n));
                }
            }
            _ => {}
        }
    }
    feed(plan, &mut detectors, pending, &mut raised);
    detectors.advance(Tick::NEVER, |alarm| raised.push(alarm));
    raised
}

fn feed(plan: &Plan, detectors: &mut Detectors, line: Option<(RequestId, Audit)>, raised: &mut Vec<Alarm>) {
    let Some((_, audit)) = line else { return };
    let owner = audit.principal.map(|p| plan.owner_of(p));
    let family = audit.cred.filter(|c| c.number() < plan.credentials()).map(|c| plan.origin_of(c).0);
    detectors.feed(plan, Line { audit: &audit, family, owner }, |alarm| raised.push(alarm));
}
