//! Detectors: they see the audit log and nothing else, and count by what the log records.
//!
//! After an alarm, a detector is quiet about that key until its window has passed.

use std::collections::VecDeque;

use crate::model::control::{Detector, KeyKind, Watches};
use crate::model::service::{Answer, AuditFields};
use crate::model::{Bits, Plan};
use crate::wire::{Alarm, Audit, CollId, Effect, FamilyId, Key, RuleId, Span, Tick};

/// A record of the audit log, with what a detector may look up about it.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub audit: &'a Audit,
    /// Which records it names, as runs: none where the service does not log objects.
    pub objects: &'a [Run],
    pub family: Option<FamilyId>,
}

/// Records side by side: the first, and how many.
pub type Run = (CollId, u32, u32);

/// Leaves out what a service does not log.
pub fn masked(logs: AuditFields, audit: Audit) -> Audit {
    Audit {
        principal: audit.principal.filter(|_| logs.principal),
        cred: audit.cred.filter(|_| logs.credential),
        from: audit.from.filter(|_| logs.address),
        objects: audit.objects.filter(|_| logs.object),
        ..audit
    }
}

/// All detectors of a plan, with what each has counted.
pub struct Detectors {
    rules: Vec<Rule>,
    /// Alarms whose delay has not passed, in the order of their time.
    pending: VecDeque<Alarm>,
    /// The next instant at which an alarm comes by itself.
    due: Option<Tick>,
}

struct Rule {
    spec: Detector,
    id: RuleId,
    keys: Counters,
    reported: bool,
}

/// What a rule has counted, by key.
enum Counters {
    Sliding(Vec<Sliding>),
    Tumbling(Vec<Tumbling>),
    Reading(Vec<Reading>),
}

/// A sliding window.
#[derive(Default)]
struct Sliding {
    /// The instants and weights in the window, oldest first.
    window: VecDeque<(Tick, u32)>,
    total: u64,
    quiet_until: Tick,
}

/// When somebody last read what a rule is about.
#[derive(Default)]
struct Reading(Option<Tick>);

/// A tumbling window of different operations.
#[derive(Default)]
struct Tumbling {
    distinct: Bits,
    opened: Tick,
}

impl Detectors {
    pub fn new(plan: &Plan) -> Detectors {
        let rules = plan
            .controls
            .detectors
            .iter()
            .enumerate()
            .map(|(at, spec)| {
                let keys = match spec.watches {
                    Watches::FanOut { .. } => Counters::Tumbling(Vec::new()),
                    Watches::Flow { .. } => Counters::Reading(Vec::new()),
                    _ => Counters::Sliding(Vec::new()),
                };
                Rule { spec: spec.clone(), id: RuleId::at(at), keys, reported: false }
            })
            .collect();
        let mut detectors = Detectors { rules, pending: VecDeque::new(), due: None };
        detectors.look_ahead();
        detectors
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The next instant at which an alarm comes by itself.
    pub fn due(&self) -> Option<Tick> {
        self.due
    }

    fn look_ahead(&mut self) {
        let reports = self.rules.iter().filter(|r| !r.reported).filter_map(|rule| match rule.spec.watches {
            Watches::Report { at } => Some(at + rule.spec.delay),
            _ => None,
        });
        self.due = reports.chain(self.pending.front().map(|a| a.at)).min();
    }

    /// The alarms that have become known by `now`.
    pub fn advance(&mut self, now: Tick, mut raise: impl FnMut(Alarm)) {
        for rule in &mut self.rules {
            let Watches::Report { at } = rule.spec.watches else { continue };
            if !rule.reported && at + rule.spec.delay <= now {
                rule.reported = true;
                raise(Alarm { at: now, rule: rule.id, key: Key::Global, since: at });
            }
        }
        while self.pending.front().is_some_and(|alarm| alarm.at <= now) {
            if let Some(alarm) = self.pending.pop_front() {
                raise(alarm);
            }
        }
        self.look_ahead();
    }

    /// Feeds one record. Alarms of detectors without delay are raised at once.
    pub fn feed(&mut self, plan: &Plan, line: Line<'_>, mut raise: impl FnMut(Alarm)) {
        for rule in &mut self.rules {
            let Some(alarm) = rule.feed(plan, line) else { continue };
            if alarm.at <= line.audit.at {
                raise(alarm);
            } else {
                let after = self.pending.partition_point(|a| a.at <= alarm.at);
                self.pending.insert(after, alarm);
                self.due = Some(self.due.map_or(alarm.at, |due| due.min(alarm.at)));
            }
        }
    }
}

impl Rule {
    fn feed(&mut self, plan: &Plan, line: Line<'_>) -> Option<Alarm> {
        let audit = line.audit;
        let op = plan.operation(audit.op);
        let reads = op.effect == Effect::Read;
        let (threshold, within, weight) = match self.spec.watches {
            Watches::Requests { at_least, within } => (at_least, within, 1),
            Watches::FanOut { at_least, within } => (at_least, within, 0),
            Watches::RecordsRead { at_least, within } if audit.allowed && reads && shows_records(op.act) => {
                (at_least, within, audit.rows)
            }
            Watches::Destruction { at_least, within } if audit.allowed && op.effect == Effect::Delete => {
                (at_least, within, 1)
            }
            Watches::Flow { .. } if audit.allowed => (1, Span::ZERO, 1),
            Watches::CanaryRecord if audit.allowed && reads && touches_canary(plan, line.objects) => (1, Span::ZERO, 1),
            Watches::CanaryCredential(family) if line.family == Some(family) => (1, Span::ZERO, 1),
            _ => return None,
        };
        let (at, key) = self.key(plan, line.audit)?;
        let since = match &mut self.keys {
            Counters::Tumbling(windows) => at_key(windows, at).add(audit, threshold, within),
            Counters::Reading(readings) => at_key(readings, at).follow(plan, audit, &self.spec.watches),
            Counters::Sliding(windows) => at_key(windows, at).add(audit.at, weight, threshold, within),
        }?;
        Some(Alarm { at: audit.at + self.spec.delay, rule: self.id, key, since })
    }

    fn key(&self, plan: &Plan, audit: &Audit) -> Option<(usize, Key)> {
        match self.spec.key {
            KeyKind::Credential => audit.cred.map(|c| (c.index(), Key::Credential(c))),
            KeyKind::Principal => audit.principal.map(|p| (p.index(), Key::Principal(p))),
            KeyKind::Owner => audit.principal.map(|p| plan.owner_of(p)).map(|o| (o.index(), Key::Owner(o))),
            KeyKind::Global => Some((0, Key::Global)),
        }
    }
}

fn at_key<T: Default>(keys: &mut Vec<T>, at: usize) -> &mut T {
    if keys.len() <= at {
        keys.resize_with(at + 1, T::default);
    }
    &mut keys[at]
}

impl Sliding {
    /// Adds a record; the instant of its first record when the threshold is reached.
    fn add(&mut self, now: Tick, weight: u32, threshold: u32, within: Span) -> Option<Tick> {
        self.window.push_back((now, weight));
        self.total += u64::from(weight);
        while let Some(&(at, old)) = self.window.front() {
            let beyond = now.since(at) >= within && within > Span::ZERO;
            let surplus = self.total - u64::from(old) >= u64::from(threshold);
            if !beyond && !surplus {
                break;
            }
            self.window.pop_front();
            self.total -= u64::from(old);
        }
        if self.total < u64::from(threshold) || now < self.quiet_until {
            return None;
        }
        self.quiet_until = now + within.max(Span(1));
        self.window.front().map(|(at, _)| *at)
    }
}

impl Tumbling {
    /// Adds an operation; the beginning of the window when the threshold is reached.
    fn add(&mut self, audit: &Audit, threshold: u32, within: Span) -> Option<Tick> {
        if audit.at.since(self.opened) >= within {
            self.distinct.clear();
            self.opened = audit.at;
        }
        let fresh = self.distinct.insert(audit.op.number());
        (fresh && self.distinct.len() == u64::from(threshold)).then_some(self.opened)
    }
}

impl Reading {
    /// Follows what somebody does; when they read what they now carry on, if that is what the rule is about.
    fn follow(&mut self, plan: &Plan, audit: &Audit, watches: &Watches) -> Option<Tick> {
        let Watches::Flow { on, after_reading, within } = watches else { return None };
        let op = plan.operation(audit.op);
        let reads = op.effect == Effect::Read && shows_records(op.act) && audit.rows > 0;
        if reads && op.target.is_some_and(|coll| after_reading.contains(&coll)) {
            self.0 = Some(audit.at);
        }
        let in_time = |read: &Tick| within.is_none_or(|within| audit.at.since(*read) < within);
        self.0.filter(|read| on.contains(&audit.op) && in_time(read))
    }
}

fn shows_records(act: crate::model::service::Act) -> bool {
    use crate::model::service::Act;
    matches!(act, Act::List { answer: Answer::Records, .. } | Act::One { answer: Answer::Records })
}

fn touches_canary(plan: &Plan, objects: &[Run]) -> bool {
    objects.iter().any(|(coll, first, n)| {
        plan.collection(*coll).canaries.is_some_and(|(from, many)| *first < from + many && from < first + n)
    })
}
