//! Detectors: they see the audit log and nothing else, and count by what the log records.
//!
//! After an alarm, a detector is quiet about that key until its window has passed; one that watches for something new
//! knows it from then on.

mod counters;
mod habits;
mod readings;
mod watching;
mod windows;

use std::collections::VecDeque;

use crate::model::control::{Detector, KeyKind, Watches};
use crate::model::service::{Answer, AuditFields};
use crate::model::{Plan, Routine};
use crate::planted::Mistake;
use crate::wire::{Alarm, Audit, CollId, Effect, FamilyId, Key, Message, OpId, RuleId, Span, Tick};

use counters::Counters;
use habits::{Habits, Homes};
use readings::Readings;
use watching::Watching;
use windows::{Place, Said};

/// What is seen once is enough, and has no window.
const ONCE: (u64, Span) = (1, Span::ZERO);

/// A record of the audit log, with what a detector may look up about it.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub audit: &'a Audit,
    /// Which records it names, as runs: none where the service does not log objects.
    pub objects: &'a [Run],
    pub family: Option<FamilyId>,
    /// What was said, and in which conversation. Looked at only where a detector does.
    pub message: Message,
}

/// Records side by side: the first, and how many.
pub type Run = (CollId, u32, u32);

/// Leaves out what a service does not log.
pub fn masked(logs: AuditFields, audit: Audit) -> Audit {
    Audit {
        principal: audit.principal.filter(|_| logs.principal || Mistake::LogTellsEverything.here()),
        cred: audit.cred.filter(|_| logs.credential),
        from: audit.from.filter(|_| logs.address),
        objects: audit.objects.filter(|_| logs.object),
        ..audit
    }
}

/// All detectors of a plan, with what each has counted.
pub struct Detectors {
    rules: Vec<Rule>,
    watching: Watching,
    /// Alarms whose delay has not passed, in the order of their time.
    pending: VecDeque<Alarm>,
    /// The next instant at which an alarm comes by itself.
    due: Option<Tick>,
    read_messages: bool,
}

struct Rule {
    spec: Detector,
    id: RuleId,
    /// Whether one alarm is enough for a while.
    is_quiet: bool,
    /// From how much on, and within what time.
    threshold: (u64, Span),
    known: Known,
}

/// What a rule has seen so far.
enum Known {
    Counted(Counters),
    Habits(Habits),
    Homes(Homes),
    Readings(Readings),
    /// Whether somebody has told.
    Told(bool),
}

impl Known {
    fn before(spec: &Detector, id: RuleId, plan: &Plan, routine: &Routine) -> Known {
        let sparse = spec.reads_messages();
        match spec.watches {
            Watches::Report { .. } => Known::Told(false),
            Watches::Flow => Known::Readings(Readings::default()),
            Watches::NeverSeen => Known::Habits(Habits::of(routine, id)),
            Watches::NotOwner(_) => Known::Homes(Homes::of(plan)),
            Watches::FanOut { .. } => Known::Counted(Counters::distinct(sparse)),
            _ => Known::Counted(Counters::sliding(sparse)),
        }
    }
}

impl Detectors {
    /// Before the run, with what the plan says that they know.
    pub fn new(plan: &Plan) -> Detectors {
        Detectors::knowing(plan, &plan.routine)
    }

    /// The same, with what they learnt elsewhere.
    pub fn knowing(plan: &Plan, routine: &Routine) -> Detectors {
        Detectors::of(&plan.controls.detectors, plan, routine)
    }

    /// These detectors in the place of the plan's.
    pub fn of(all: &[Detector], plan: &Plan, routine: &Routine) -> Detectors {
        let rule = |(at, spec): (usize, &Detector)| {
            let id = RuleId::at(at);
            let threshold = spec.watches.threshold().unwrap_or(ONCE);
            Rule { spec: spec.clone(), id, is_quiet: true, threshold, known: Known::before(spec, id, plan, routine) }
        };
        let read_messages = all.iter().any(Detector::reads_messages);
        let watching = Watching::new(plan, all);
        let rules = all.iter().enumerate().map(rule).collect();
        let mut detectors = Detectors { rules, watching, pending: VecDeque::new(), due: None, read_messages };
        detectors.look_ahead();
        detectors
    }

    /// The same, raising an alarm at each record with which what they watch for is reached.
    pub fn never_quiet(mut self) -> Detectors {
        self.rules.iter_mut().for_each(|rule| rule.is_quiet = false);
        self
    }

    /// Before the run again, with what the plan says that they know. What was made room for is kept.
    pub fn reset(&mut self, plan: &Plan) {
        let Detectors { rules, watching: _, pending, due: _, read_messages: _ } = self;
        for rule in rules {
            match &mut rule.known {
                Known::Counted(counters) => counters.clear(),
                known => *known = Known::before(&rule.spec, rule.id, plan, &plan.routine),
            }
        }
        pending.clear();
        self.look_ahead();
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether any of them looks at what is said, and in which conversation.
    pub fn read_messages(&self) -> bool {
        self.read_messages
    }

    /// The next instant at which an alarm comes by itself.
    pub fn due(&self) -> Option<Tick> {
        self.due
    }

    /// What the detectors of new operations have seen their callers do.
    pub fn routine(&self) -> Routine {
        let habits = self.rules.iter().filter_map(|rule| match &rule.known {
            Known::Habits(habits) => Some((rule.id, habits)),
            _ => None,
        });
        Routine(habits.flat_map(|(id, habits)| habits.runs(id)).collect())
    }

    fn look_ahead(&mut self) {
        let reports = self.rules.iter().filter_map(|rule| match (&rule.known, rule.spec.watches) {
            (Known::Told(false), Watches::Report { at }) => Some(at + rule.spec.delay),
            _ => None,
        });
        self.due = reports.chain(self.pending.front().map(|a| a.at)).min();
    }

    /// The alarms that have become known by `now`.
    pub fn advance(&mut self, now: Tick, mut raise: impl FnMut(Alarm)) {
        for rule in &mut self.rules {
            let (Watches::Report { at }, Known::Told(told)) = (rule.spec.watches, &mut rule.known) else { continue };
            if !*told && at + rule.spec.delay <= now {
                *told = true;
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
        for at in self.watching.rules(line.audit.op) {
            let Some(alarm) = self.rules[*at as usize].feed(plan, &line) else { continue };
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
    #[inline]
    fn feed(&mut self, plan: &Plan, line: &Line<'_>) -> Option<Alarm> {
        let audit = line.audit;
        let weight = weight(plan, self.spec.watches, line)?;
        let (at, key) = key(plan, self.spec.key, line)?;
        let since = match &mut self.known {
            Known::Habits(habits) => habits.is_new(audit.op, at).then_some(audit.at),
            Known::Homes(homes) => homes.is_elsewhere(audit, key).then_some(audit.at),
            Known::Readings(readings) => {
                self.spec.follows.as_ref().and_then(|follows| readings.follow(plan, audit, key, follows))
            }
            Known::Told(_) => None,
            Known::Counted(counters) => {
                let repeats = matches!(self.spec.watches, Watches::Repeats { .. });
                let what = repeats.then_some((audit.op, line.message.digest));
                let place = Place { at, said: Said { key, what } };
                let since = counters.add(audit, place, weight, self.threshold);
                if since.is_some() && !self.is_quiet {
                    counters.wake(audit.at, place, self.threshold.1);
                }
                since
            }
        }?;
        let delay = self.spec.delay.unless(Mistake::DetectorSeesTheFuture);
        Some(Alarm { at: audit.at + delay, rule: self.id, key, since })
    }
}

/// Whether lines about an operation can add to what a detector watches.
fn watches(plan: &Plan, spec: &Detector, id: OpId) -> bool {
    if spec.sees.as_ref().is_some_and(|sees| !sees.contains(id.number())) {
        return false;
    }
    let op = plan.operation(id);
    let reads = op.effect == Effect::Read;
    match spec.watches {
        Watches::RecordsRead { .. } => reads && shows_records(op.act),
        Watches::Destruction { .. } => op.effect == Effect::Delete,
        Watches::Spending { .. } => op.cost > 0,
        Watches::CanaryRecord => reads,
        Watches::Report { .. } => false,
        Watches::Flow => spec.follows.as_ref().is_some_and(|follows| {
            let reads = reads && op.target.is_some_and(|coll| follows.after_reading.contains(&coll));
            reads || follows.on.contains(&id)
        }),
        Watches::Requests { .. }
        | Watches::FanOut { .. }
        | Watches::Repeats { .. }
        | Watches::NeverSeen
        | Watches::Denials { .. }
        | Watches::CanaryCredential(_)
        | Watches::NotOwner(_) => true,
    }
}

/// How much a line about an operation that a detector watches adds to that; nothing where it is not about it.
#[inline]
fn weight(plan: &Plan, watches: Watches, line: &Line<'_>) -> Option<u64> {
    let audit = line.audit;
    let weight = match watches {
        Watches::Requests { .. } | Watches::FanOut { .. } | Watches::Repeats { .. } | Watches::NeverSeen => 1,
        Watches::RecordsRead { .. } if audit.allowed => u64::from(audit.rows),
        Watches::Destruction { .. } if audit.allowed || Mistake::RefusedDeletionsDestroy.here() => 1,
        Watches::Denials { .. } if is_denial(audit.status) => 1,
        Watches::Spending { .. } if audit.allowed => plan.operation(audit.op).cost,
        Watches::Flow if audit.allowed => 1,
        Watches::CanaryRecord if audit.allowed && touches_canary(plan, line.objects) => 1,
        Watches::CanaryCredential(family) | Watches::NotOwner(family) if line.family == Some(family) => 1,
        _ => return None,
    };
    Some(weight)
}

/// What a no looks like in a log: a row that row-level security hides is a `200` there like any other.
fn is_denial(status: u16) -> bool {
    matches!(status, 401..=404) || Mistake::OverloadIsADenial.here() && status >= 429
}

#[inline]
fn key(plan: &Plan, kind: KeyKind, line: &Line<'_>) -> Option<(usize, Key)> {
    let audit = line.audit;
    match kind {
        _ if Mistake::DetectorsCountTogether.here() => Some((0, Key::Global)),
        KeyKind::Credential => audit.cred.map(|c| (c.index(), Key::Credential(c))),
        KeyKind::Principal => audit.principal.map(|p| (p.index(), Key::Principal(p))),
        KeyKind::Owner => audit.principal.map(|p| plan.owner_of(p)).map(|o| (o.index(), Key::Owner(o))),
        KeyKind::Conversation => line.message.conversation.map(|c| (0, Key::Conversation(c))),
        KeyKind::Global => Some((0, Key::Global)),
    }
}

fn shows_records(act: crate::model::service::Act) -> bool {
    use crate::model::service::Act;
    matches!(act, Act::List { answer: Answer::Records, .. } | Act::One { answer: Answer::Records })
}

fn touches_canary(plan: &Plan, objects: &[Run]) -> bool {
    objects.iter().any(|(coll, first, n)| {
        plan.collection(*coll).canaries.is_some_and(|(from, many)| {
            *first < from + many - Mistake::CanaryOneTooFew.slip() as u32 && from < first + n
        })
    })
}
