//! `run.json`: the result of a run for machines.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::graph::{Class, Node, actual, classes as classes_reached, label, labels, reason};
use crate::measure::{
    Contagion, Door, Explored, Lag, LagRow, Measured, Measures, OperationRow, Seeds, Spread, Tally,
    Value as Measurement, classes, lags, operations, registry, services,
};
use crate::model::Plan;
use crate::model::expect::Claim;
use crate::verdict::demanded;
use crate::wire::Tick;

use super::clean::clean;
use super::names::{HopWords, credential_of_run, hop_line, kind_label};
use super::summary::Summary;

/// The version of `run.json`. A field may be added under the same version, never changed.
pub const SCHEMA: &str = "runaway.run/1";
/// So many points of the curve and rows of the matrix are kept; the journal has all.
const MOST: usize = 2_000;

/// The result of a run.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    pub schema: &'static str,
    pub tool: &'static str,
    pub scenario: String,
    pub variant: Option<String>,
    pub seed: u64,
    pub plane: String,
    pub outcome: &'static str,
    pub verdict: &'static str,
    pub reasons: Vec<String>,
    pub headline: String,
    /// What the numbers stand for, where they are not those of the incident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<String>,
    /// SHA-256 of the canonical journal.
    pub journal_digest: String,
    pub complete: bool,
    pub measures: Map<String, Value>,
    pub services: Vec<Value>,
    pub operations: Vec<Value>,
    pub classes: Vec<Value>,
    pub matrix: Vec<Value>,
    /// So many rows the whole matrix has.
    pub matrix_rows: usize,
    /// The matrix in short: by family and service.
    pub revocation: Vec<Value>,
    pub collateral: Vec<Value>,
    pub chain: Vec<String>,
    /// The same, in parts.
    pub hops: Vec<HopWords>,
    /// What agents were told by what they read, and did.
    pub orders: Vec<String>,
    pub timeline: Vec<(u64, u64)>,
    /// How an instruction went from agent to agent, where agents do what they read.
    pub spread: Option<Value>,
    /// The same scenario under several seeds, where it was repeated.
    pub seeds: Option<Value>,
    /// The shortest ways of the run to each class of data, and what all of them went through.
    pub ways: Vec<Value>,
    pub choke_points: Vec<String>,
    /// What to fix first, where it was tried.
    pub fixes: Option<Value>,
    /// What was seen beside the events, where the run was on a real system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explored: Option<Explored>,
    pub repeat: String,
}

impl RunReport {
    /// Builds the report of a summary.
    pub fn of(summary: &Summary<'_>, digest: &str) -> RunReport {
        let (plan, measures) = (summary.plan, summary.measures);
        let graph = actual(plan, summary.events);
        RunReport {
            schema: SCHEMA,
            tool: concat!("runaway ", env!("CARGO_PKG_VERSION")),
            scenario: plan.meta.name.clone(),
            variant: plan.meta.variant.clone(),
            seed: plan.seed,
            plane: summary.plane.to_owned(),
            outcome: measures.outcome.name(),
            verdict: summary.judgement.verdict.name(),
            reasons: summary.judgement.reasons.clone(),
            headline: summary.headline(),
            scale: plan.meta.scale.clone(),
            journal_digest: digest.to_owned(),
            complete: measures.complete,
            measures: measures.values().map(|(m, v)| (m.key.to_owned(), measured(m.unit, v))).collect(),
            services: services(plan, measures, summary.events).iter().map(|row| service(plan, row)).collect(),
            operations: operations(plan, measures, summary.events).iter().map(|row| operation(plan, row)).collect(),
            classes: classes(plan, measures)
                .iter()
                .map(|row| json!({"class": plan.classes[row.class.index()], "effect": row.effect.name(), "excess": row.excess}))
                .collect(),
            matrix: of_most_weight(measures).map(|door| matrix_row(plan, measures, door)).collect(),
            matrix_rows: measures.doors.len(),
            revocation: lags(plan, measures, summary.events).iter().map(|row| revocation(plan, row)).collect(),
            collateral: measures
                .collateral
                .by
                .iter()
                .map(|(by, hit)| json!({"by": by, "refused": hit.refused, "delayed": hit.delayed}))
                .collect(),
            chain: measures.closure.chain().iter().map(|hop| hop_line(plan, &measures.closure, hop)).collect(),
            hops: measures.closure.chain().iter().map(|hop| HopWords::of(plan, &measures.closure, hop)).collect(),
            orders: measures.orders.iter().take(MOST).map(|o| format!("at {}: {}", o.at, o.told(plan))).collect(),
            timeline: thinned(&measures.reach.curve),
            spread: (measures.contagion.susceptible > 0).then(|| spread_of(&measures.contagion)),
            seeds: summary.references.seeds.as_ref().map(|seeds| over_seeds(plan, seeds)),
            ways: classes_reached(plan, &graph).iter().map(|class| way_to(plan, class)).collect(),
            choke_points: names(plan, &graph.choke_points(plan)),
            fixes: summary.fixes.and_then(|fixes| serde_json::to_value(fixes).ok()),
            repeat: match &summary.references.explored {
                None => {
                    let fix = if summary.fixes.is_some() { " --fix" } else { "" };
                    format!("runaway run {} --plane {} --seed {}{fix}", summary.title(), summary.plane, plan.seed)
                }
                Some(_) => "runaway run TARGETS --plane staging".to_owned(),
            },
            explored: summary.references.explored.clone().filter(|explored| !explored.is_cut_off()),
        }
    }
}

/// A measured value for machines: number, unit, evidence, and how people read it.
pub fn measured(unit: registry::Unit, measured: &Measured) -> Value {
    let value = match measured {
        Measured::Exact(value) => match value {
            Measurement::Count(n) | Measurement::Money(n) => json!(n),
            Measurement::Share(share) => json!(share),
            Measurement::Time(span) => json!(span.0),
            Measurement::Word(word) => json!(word),
            Measurement::Factor(times) => json!(times),
        },
        _ => Value::Null,
    };
    let mut object =
        json!({"value": value, "unit": unit.name(), "evidence": measured.evidence(), "text": measured.to_string()});
    if let (Measured::Moot(_), Some(map)) = (measured, object.as_object_mut()) {
        map.insert("moot".into(), json!(true));
    }
    if let (Measured::Bounded { lo, hi }, Some(map)) = (measured, object.as_object_mut()) {
        map.insert("lo".into(), json!(lo));
        if *hi < crate::measure::NO_BOUND {
            map.insert("hi".into(), json!(hi));
        }
    }
    if let (Measured::Sampled { mean, lo, hi }, Some(map)) = (measured, object.as_object_mut()) {
        map.extend([("value", mean), ("lo", lo), ("hi", hi)].map(|(key, n)| (key.to_owned(), json!(n))));
    }
    object
}

fn service(plan: &Plan, row: &crate::measure::ServiceRow) -> Value {
    json!({
        "service": plan.service(row.service).name,
        "accepted": row.accepted,
        "refused": row.refused,
        "touched": row.pairs,
        "excess": row.excess,
        "created": row.created,
        "last_accepted": row.last_accepted.map(|t| t.0),
        "ever_open": row.ever_open,
        "closed": row.closed.map(|t| t.0),
    })
}

fn operation(plan: &Plan, row: &OperationRow) -> Value {
    json!({
        "operation": plan.operation_name(row.op),
        "accepted": row.accepted,
        "excess": row.excess,
        "created": row.created,
        "irreversible": row.irreversible,
        "first": row.first.at.0,
    })
}

fn revocation(plan: &Plan, row: &LagRow) -> Value {
    json!({
        "family": kind_label(plan, row.kind),
        "service": plan.service(row.service).name,
        "open": row.open,
        "late": row.late,
        "early": row.early,
        "undeclared": row.undeclared,
        "median": row.median.map(|lag| lag.0),
        "longest": row.longest.map(|lag| lag.0),
    })
}

/// The rows of the matrix that are kept, in their order: where there are too many, first what survives and what never shut.
fn of_most_weight(measures: &Measures) -> impl Iterator<Item = &Door> {
    let mut kept: Vec<(usize, &Door)> = measures.doors.iter().enumerate().collect();
    if kept.len() > MOST {
        let survives = |door: &Door| door.cred.is_some_and(|cred| measures.leftover.survivors.contains_key(&cred));
        kept.sort_by_key(|(_, door)| (!survives(door), door.closed.is_some()));
        kept.truncate(MOST);
        kept.sort_by_key(|(at, _)| *at);
    }
    kept.into_iter().map(|(_, door)| door)
}

/// One row of the revocation matrix.
fn matrix_row(plan: &Plan, measures: &Measures, door: &Door) -> Value {
    let (kind, lag) = match door.lag() {
        Lag::After(span) => ("late", Some(span.0)),
        Lag::Early => ("early", Some(0)),
        Lag::NoneDeclared => ("none-declared", None),
        Lag::NeverClosed => ("never-closed", None),
    };
    let time = |at: Option<Tick>| at.map(|t| t.0);
    json!({
        "credential": credential_of_run(plan, &measures.closure, door.cred),
        "row": door.cred.map(|c| c.number()),
        "service": plan.service(door.service).name,
        "queued": door.queued.map(|id| id.n),
        "opened": door.opened.0,
        "closed": time(door.closed),
        "declared": time(door.declared),
        "kind": kind,
        "lag": lag,
        "survives": door.cred.is_some_and(|c| measures.leftover.survivors.contains_key(&c)),
    })
}

/// A longer name is cut: it stands in every way that goes through.
const MOST_LETTERS: usize = 200;

fn named(plan: &Plan, node: Node) -> String {
    clean(&label(plan, node), MOST_LETTERS)
}

/// The same of what lies behind each other.
fn names(plan: &Plan, nodes: &[Node]) -> Vec<String> {
    labels(plan, nodes).iter().map(|name| clean(name, MOST_LETTERS)).collect()
}

/// The way with the fewest steps to a class of data, and when the quickest had been gone.
fn way_to(plan: &Plan, class: &Class) -> Value {
    let steps = class.fewest_hops.hops.iter().map(|hop| {
        let why = clean(&reason(plan, hop.from, hop.to, &hop.edge), MOST_LETTERS);
        json!({"at": named(plan, hop.to), "why": why, "first": hop.edge.takes.0})
    });
    json!({
        "class": plan.classes[class.class.index()],
        "steps": steps.collect::<Vec<_>>(),
        "first": class.quickest.takes.0,
        "through": names(plan, &class.through),
    })
}

fn spread_of(contagion: &Contagion) -> Value {
    json!({
        "susceptible": contagion.susceptible,
        "turned": thinned(&contagion.curve),
        "generations": contagion.generations,
        "ratios": contagion.ratios(),
    })
}

/// How far each measure spread, and in how many seeds each claim held.
fn over_seeds(plan: &Plan, seeds: &Seeds) -> Value {
    let claims = plan.expectations.claims().filter(|claim| claim.over.is_some());
    let tally = |(claim, tally): (&Claim, &Tally)| {
        let (lo, hi) = tally.interval();
        json!({
            "measure": claim.measure, "demand": demanded(&claim.demand),
            "held": tally.held, "untold": tally.untold, "of": tally.of, "lo": lo, "hi": hi,
        })
    };
    let spread = |spread: &Spread| {
        json!({
            "measure": spread.measure, "quantiles": spread.quantiles, "never": spread.never, "moot": spread.moot, "untold": spread.untold,
            "words": spread.words,
        })
    };
    json!({
        "first": seeds.first,
        "count": seeds.count,
        "claims": claims.zip(&seeds.tallies).map(tally).collect::<Vec<_>>(),
        "spreads": seeds.spreads.iter().map(spread).collect::<Vec<_>>(),
    })
}

fn thinned(curve: &[(Tick, u64)]) -> Vec<(u64, u64)> {
    let step = curve.len().div_ceil(MOST).max(1);
    let mut points: Vec<(u64, u64)> = curve.iter().step_by(step).map(|(at, n)| (at.0, *n)).collect();
    if let Some((at, n)) = curve.last().filter(|(at, n)| points.last() != Some(&(at.0, *n))) {
        points.push((at.0, *n));
    }
    points
}
