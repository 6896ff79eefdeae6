//! Detection: which alarms the closure caused. An alarm that honest work alone would have raised is a false one.

use std::collections::BTreeMap;

use crate::model::control::Watches;
use crate::model::{Plan, Routine};
use crate::planted::Mistake;
use crate::wire::{Alarm, Event, Key, Purpose, RuleId, Tick};
use crate::world::detect::Detectors;

use super::References;
use super::lines::lines;

/// The alarms of a run.
#[derive(Clone, Debug, Default)]
pub struct Alarms {
    /// The first alarm that the closure caused, and by which rule.
    pub first: Option<(Tick, RuleId)>,
    /// The first one of each rule.
    pub first_of: BTreeMap<RuleId, Tick>,
    /// It was told from outside: a declaration, not a measurement.
    pub by_report: bool,
    pub caused: u64,
    pub false_alarms: u64,
}

impl Alarms {
    /// Tells caused alarms from false ones by counting again without the closure's records. Where nothing is wrong with the
    /// agents, there is no closure that could have caused any.
    pub fn of(plan: &Plan, references: &References, events: &[Event]) -> Alarms {
        let raised: Vec<(Tick, RuleId, Key)> = events
            .iter()
            .filter_map(|event| match *event {
                Event::Alarm { at, rule, key, .. } => Some((at, rule, key)),
                _ => None,
            })
            .collect();
        if !references.faulty {
            let watched = |(_, rule, _): &&(Tick, RuleId, Key)| !is_report(plan, *rule);
            return Alarms { false_alarms: raised.iter().filter(watched).count() as u64, ..Alarms::default() };
        }
        let honest = if plan.benign.is_empty() || raised.is_empty() {
            Vec::new()
        } else {
            without_closure(plan, &references.routine, events)
        };
        let mut all = Alarms::default();
        for (at, rule, key) in raised {
            let report = is_report(plan, rule);
            if !report
                && !Mistake::FalseAlarmsDetect.here()
                && honest.iter().any(|a| a.rule == rule && a.key == key && a.at == at)
            {
                all.false_alarms += 1;
                continue;
            }
            all.caused += 1;
            all.first_of.entry(rule).or_insert(at);
            if all.first.is_none() {
                all.first = Some((at, rule));
                all.by_report = report;
            }
        }
        all
    }
}

fn is_report(plan: &Plan, rule: RuleId) -> bool {
    matches!(plan.controls.detectors[rule.index()].watches, Watches::Report { .. })
}

/// The alarms that the same detectors raise on the same log without the closure's records.
fn without_closure(plan: &Plan, routine: &Routine, events: &[Event]) -> Vec<Alarm> {
    let mut detectors = Detectors::knowing(plan, routine);
    let mut raised = Vec::new();
    lines(
        plan,
        events,
        |purpose| purpose == Purpose::Benign,
        |line| {
            detectors.feed(plan, line, |alarm| raised.push(alarm));
        },
    );
    detectors.advance(Tick::NEVER, |alarm| raised.push(alarm));
    raised
}

/// What the detectors of new operations learn from honest work.
pub fn routine(plan: &Plan, events: &[Event]) -> Routine {
    let mut detectors = Detectors::new(plan);
    let honest = |purpose| matches!(purpose, Purpose::Agent | Purpose::Benign);
    lines(plan, events, honest, |line| {
        // What is issued in a run has another number in the next.
        if line.audit.cred.is_none_or(|cred| cred.number() < plan.credentials()) {
            detectors.feed(plan, line, |_| {});
        }
    });
    detectors.routine()
}
