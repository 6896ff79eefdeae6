//! Detection: which alarms the closure caused. An alarm that honest work alone would have raised is a false one.

use std::collections::BTreeMap;

use crate::model::control::Watches;
use crate::model::{Plan, Routine};
use crate::planted::Mistake;
use crate::wire::{Alarm, Event, Key, Purpose, RuleId, Span, Tick};
use crate::world::detect::Detectors;

use super::References;
use super::lines::lines;

/// By detector and key, when honest work alone had reached what it watches for, and since when: in the order of time.
type Honest = BTreeMap<(RuleId, Key), Vec<(Tick, Tick)>>;

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
            Honest::default()
        } else {
            without_closure(plan, &references.routine, events)
        };
        let mut all = Alarms::default();
        for (at, rule, key) in raised {
            let report = is_report(plan, rule);
            if !report && !Mistake::FalseAlarmsDetect.here() && would_have_been(plan, &honest, (rule, key), at) {
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

/// Whether what honest work alone left in a detector's window was enough for an alarm at `at`. It need not have been enough
/// in that very instant: an earlier alarm makes a detector quiet, and so decides when the next one comes.
fn would_have_been(plan: &Plan, honest: &Honest, whose: (RuleId, Key), at: Tick) -> bool {
    let reached = honest.get(&whose).map_or(&[][..], Vec::as_slice);
    let Some((last, since)) = reached[..reached.partition_point(|(then, _)| *then <= at)].last().copied() else {
        return false;
    };
    let spec = &plan.controls.detectors[whose.0.index()];
    let still_counts = spec.watches.threshold().is_some_and(|(_, within)| {
        let in_window = within == Span::ZERO || at.since(since) < within + spec.delay;
        in_window && !Mistake::FalseAlarmsMustCoincide.here()
    });
    last == at || still_counts
}

/// Where the same detectors, fed with the same log without the closure's records and quiet about nothing, have reached
/// what they watch for.
fn without_closure(plan: &Plan, routine: &Routine, events: &[Event]) -> Honest {
    let mut detectors = Detectors::knowing(plan, routine).never_quiet();
    let mut honest = Honest::default();
    let mut raise = |Alarm { at, rule, key, since }| honest.entry((rule, key)).or_default().push((at, since));
    lines(
        plan,
        events,
        |purpose| purpose == Purpose::Benign,
        |line| {
            detectors.feed(plan, line, &mut raise);
        },
    );
    detectors.advance(Tick::NEVER, &mut raise);
    honest
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
