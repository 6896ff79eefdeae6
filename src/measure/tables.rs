//! What was reached, service by service and class by class.

use std::collections::BTreeMap;

use crate::model::service::Role;
use crate::model::{Bits, Pairs, Plan};
use crate::wire::{ActorId, ClassId, CollId, CredId, Effect, Event, HeldId, OpId, Reason, ServiceId, Tick, Verdict};

use super::{Lag, Measures};

/// One service, as a summary shows it.
#[derive(Clone, Debug)]
pub struct ServiceRow {
    pub service: ServiceId,
    pub accepted: u64,
    pub refused: u64,
    /// New pairs, and those outside the task.
    pub pairs: u64,
    pub excess: u64,
    pub created: u64,
    pub last_accepted: Option<Tick>,
    /// When its last door shut; nothing while one is open.
    pub closed: Option<Tick>,
    pub ever_open: bool,
    pub worst_lag: Option<Lag>,
}

/// One operation that the agents were let through to.
#[derive(Clone, Copy, Debug)]
pub struct OperationRow {
    pub op: OpId,
    pub accepted: u64,
    /// Pairs outside the task that it touched first.
    pub excess: u64,
    pub created: u64,
    pub irreversible: u64,
    pub first: Entry,
}

/// How somebody came in for the first time.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub at: Tick,
    pub by: ActorId,
    pub held: Option<HeldId>,
    pub cred: Option<CredId>,
    pub reason: Reason,
}

/// One data class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClassRow {
    pub class: ClassId,
    pub effect: Effect,
    pub excess: u64,
}

/// A row for each service that the agents asked or could have asked.
pub fn services(plan: &Plan, measures: &Measures, events: &[Event]) -> Vec<ServiceRow> {
    let mut rows: Vec<ServiceRow> = plan.service_ids().map(|service| empty(service, measures)).collect();
    for event in events {
        let Event::Asked { at, id, op: Some(op), verdict, reason, .. } = *event else { continue };
        if id.by.index() >= plan.agents.len() {
            continue;
        }
        let row = &mut rows[plan.operation(op).service.index()];
        if verdict == Verdict::Accepted {
            row.accepted += 1;
            row.last_accepted = Some(at);
        }
        row.refused += u64::from(refuses(verdict, reason));
    }
    for (op, n) in &measures.reach.by_operation {
        rows[plan.operation(*op).service.index()].pairs += n;
    }
    for (op, n) in &measures.reach.excess_by_operation {
        rows[plan.operation(*op).service.index()].excess += n;
    }
    for (op, n) in &measures.reach.creations {
        rows[plan.operation(*op).service.index()].created += n;
    }
    rows.retain(|row| plan.service(row.service).role != Role::Administration);
    rows
}

/// Whether a request was refused. Of a real system, an answer that is no plain yes or no refuses nothing.
pub fn refuses(verdict: Verdict, reason: Reason) -> bool {
    match verdict {
        Verdict::Accepted => false,
        Verdict::Limited | Verdict::Failed => reason != Reason::Undisclosed,
        Verdict::Unauthenticated | Verdict::Forbidden | Verdict::Missing | Verdict::Exhausted => true,
    }
}

fn empty(service: ServiceId, measures: &Measures) -> ServiceRow {
    let doors: Vec<_> = measures.doors.iter().filter(|d| d.service == service).collect();
    let severity = |lag: &Lag| match lag {
        Lag::NeverClosed => (2, 0),
        Lag::After(span) => (1, span.0),
        Lag::Early | Lag::NoneDeclared => (0, 0),
    };
    ServiceRow {
        service,
        accepted: 0,
        refused: 0,
        pairs: 0,
        excess: 0,
        created: 0,
        last_accepted: None,
        closed: doors.iter().map(|d| d.closed).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max()),
        ever_open: !doors.is_empty(),
        worst_lag: doors.iter().map(|d| d.lag()).max_by_key(severity),
    }
}

/// A row for each operation that accepted a request of the agents: the most harm first, then in the order of the plan.
pub fn operations(plan: &Plan, measures: &Measures, events: &[Event]) -> Vec<OperationRow> {
    let mut rows: BTreeMap<OpId, OperationRow> = BTreeMap::new();
    let reach = &measures.reach;
    for event in events {
        let Event::Asked { at, id, op: Some(op), held, cred, verdict: Verdict::Accepted, reason, .. } = *event else {
            continue;
        };
        if id.by.index() >= plan.agents.len() {
            continue;
        }
        let of = |counts: &BTreeMap<OpId, u64>| counts.get(&op).copied().unwrap_or(0);
        let row = rows.entry(op).or_insert_with(|| OperationRow {
            op,
            accepted: 0,
            excess: of(&reach.excess_by_operation),
            created: of(&reach.creations),
            irreversible: of(&reach.irreversible_by_operation),
            first: Entry { at, by: id.by, held, cred, reason },
        });
        row.accepted += 1;
    }
    let mut rows: Vec<OperationRow> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.excess + row.created));
    rows
}

/// Excess pairs by data class and effect.
pub fn classes(plan: &Plan, measures: &Measures) -> Vec<ClassRow> {
    let mut all: BTreeMap<(ClassId, Effect), u64> = BTreeMap::new();
    for (coll, effect, first, n) in measures.reach.excess.runs() {
        let spec = plan.collection(coll);
        if spec.classes.is_empty() {
            *all.entry((spec.class, effect)).or_default() += u64::from(n);
            continue;
        }
        for row in first..first + n {
            *all.entry((spec.class_of(row), effect)).or_default() += 1;
        }
    }
    all.into_iter().map(|((class, effect), excess)| ClassRow { class, effect, excess }).collect()
}

/// The distinct resources of a set of pairs that were there before the run, as (collection, how many).
pub fn resources(plan: &Plan, pairs: &Pairs) -> BTreeMap<CollId, u64> {
    let mut sets: BTreeMap<CollId, Bits> = BTreeMap::new();
    for (coll, _, first, n) in pairs.runs() {
        let set = sets.entry(coll).or_default();
        for row in first..(first + n).min(plan.collection(coll).count) {
            set.insert(row);
        }
    }
    sets.into_iter().map(|(coll, set)| (coll, set.len())).collect()
}
