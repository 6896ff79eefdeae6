//! `run.json`: the result of a run for machines.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::measure::{
    Contagion, Door, Lag, Measured, Measures, Seeds, Spread, Tally, Value as Measurement, classes, registry, services,
};
use crate::model::Plan;
use crate::model::expect::Claim;
use crate::verdict::demanded;
use crate::wire::Tick;

use super::names::{credential_of_run, hop_line};
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
    /// SHA-256 of the canonical journal.
    pub journal_digest: String,
    pub complete: bool,
    pub measures: Map<String, Value>,
    pub services: Vec<Value>,
    pub classes: Vec<Value>,
    pub matrix: Vec<Value>,
    pub collateral: Vec<Value>,
    pub chain: Vec<String>,
    pub timeline: Vec<(u64, u64)>,
    /// How an instruction went from agent to agent, where agents do what they read.
    pub spread: Option<Value>,
    /// The same scenario under several seeds, where it was repeated.
    pub seeds: Option<Value>,
    pub repeat: String,
}

impl RunReport {
    /// Builds the report of a summary.
    pub fn of(summary: &Summary<'_>, digest: &str) -> RunReport {
        let (plan, measures) = (summary.plan, summary.measures);
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
            journal_digest: digest.to_owned(),
            complete: measures.complete,
            measures: measures.values().map(|(m, v)| (m.key.to_owned(), measured(m.unit, v))).collect(),
            services: services(plan, measures, summary.events).iter().map(|row| service(plan, row)).collect(),
            classes: classes(plan, measures)
                .iter()
                .map(|row| json!({"class": plan.classes[row.class.index()], "effect": row.effect.name(), "excess": row.excess}))
                .collect(),
            matrix: measures.doors.iter().take(MOST).map(|door| matrix_row(plan, measures, door)).collect(),
            collateral: measures
                .collateral
                .by
                .iter()
                .map(|(by, hit)| json!({"by": by, "refused": hit.refused, "delayed": hit.delayed}))
                .collect(),
            chain: measures.closure.chain().iter().map(|hop| hop_line(plan, &measures.closure, hop)).collect(),
            timeline: thinned(&measures.reach.curve),
            spread: (measures.contagion.susceptible > 0).then(|| spread_of(&measures.contagion)),
            seeds: summary.references.seeds.as_ref().map(|seeds| over_seeds(plan, seeds)),
            repeat: format!("runaway run {} --plane {} --seed {}", summary.title(), summary.plane, plan.seed),
        }
    }
}

fn measured(unit: registry::Unit, measured: &Measured) -> Value {
    let value = match measured {
        Measured::Exact(value) => match value {
            Measurement::Count(n) | Measurement::Money(n) => json!(n),
            Measurement::Share(share) => json!(share),
            Measurement::Time(span) => json!(span.0),
            Measurement::Word(word) => json!(word),
            Measurement::Factor { times, .. } => json!(times),
        },
        _ => Value::Null,
    };
    let mut object =
        json!({"value": value, "unit": unit.name(), "evidence": measured.evidence(), "text": measured.to_string()});
    if let (Measured::Bounded { lo, hi }, Some(map)) = (measured, object.as_object_mut()) {
        map.insert("lo".into(), json!(lo));
        map.insert("hi".into(), json!(hi));
    }
    if let (Measured::Sampled { mean, lo, hi }, Some(map)) = (measured, object.as_object_mut()) {
        map.extend([("value", mean), ("lo", lo), ("hi", hi)].map(|(key, n)| (key.to_owned(), json!(n))));
    }
    if let (Measured::Exact(Measurement::Factor { at_least: true, .. }), Some(map)) = (measured, object.as_object_mut())
    {
        map.insert("at_least".into(), json!(true));
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
            "measure": spread.measure, "quantiles": spread.quantiles, "never": spread.never, "untold": spread.untold,
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

/// The JSON Schema of `run.json`.
pub fn run_schema() -> Value {
    let number = json!({"type": ["integer", "null"], "minimum": 0});
    let bound = json!({"type": ["number", "null"], "minimum": 0});
    let keys: Vec<&str> = registry::keys();
    let measure = json!({
        "type": "object",
        "required": ["value", "unit", "evidence", "text"],
        "properties": {
            "value": {"type": ["integer", "number", "string", "null"]},
            "unit": {"type": "string"},
            "evidence": {"enum": ["exact", "sampled", "bounded", "censored", "unknown"]},
            "text": {"type": "string"},
            "lo": bound, "hi": bound,
            "at_least": {"type": "boolean"},
        },
        "additionalProperties": false,
    });
    let claim = json!({
        "type": "object",
        "required": ["measure", "demand", "held", "untold", "of", "lo", "hi"],
        "properties": {
            "measure": {"type": "string"}, "demand": {"type": "string"},
            "held": number, "untold": number, "of": number,
            "lo": {"type": "number", "description": "least share that goes with it: 95 %, Clopper and Pearson"},
            "hi": {"type": "number", "description": "greatest share that goes with it"},
        },
    });
    let spread = json!({
        "type": "object",
        "required": ["measure", "quantiles", "never", "untold", "words"],
        "properties": {
            "measure": {"type": "string"},
            "quantiles": {"type": "array", "items": {"type": ["number", "null"]},
                "description": "least, 5 %, median, 95 %, most; null where it never came"},
            "never": number, "untold": number,
            "words": {"type": "object", "additionalProperties": number},
        },
    });
    let measures: Map<String, Value> = registry::MEASURES
        .iter()
        .map(|m| (m.key.to_owned(), json!({"allOf": [{"$ref": "#/$defs/measure"}], "description": m.definition})))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://runaway.invalid/schemas/run.schema.json",
        "title": "run.json of runaway, version 1",
        "type": "object",
        "$defs": {"measure": measure},
        "required": ["schema", "tool", "scenario", "variant", "seed", "plane", "outcome", "verdict", "reasons", "headline",
            "journal_digest", "complete", "measures", "services", "classes", "matrix", "collateral", "chain", "timeline", "spread", "seeds", "repeat"],
        "properties": {
            "schema": {"const": SCHEMA},
            "tool": {"type": "string"},
            "scenario": {"type": "string"},
            "variant": {"type": ["string", "null"]},
            "seed": {"type": "integer", "minimum": 0},
            "plane": {"enum": ["sim", "mock", "staging"]},
            "outcome": {"enum": ["benign", "prevented", "contained", "not-contained", "unknown"]},
            "verdict": {"enum": ["pass", "fail", "inconclusive", "aborted"]},
            "reasons": {"type": "array", "items": {"type": "string"}},
            "headline": {"type": "string"},
            "journal_digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "complete": {"type": "boolean"},
            "measures": {"type": "object", "required": keys, "properties": measures, "additionalProperties": false},
            "services": {"type": "array", "items": {"type": "object", "required": ["service", "accepted", "refused"]}},
            "classes": {"type": "array", "items": {"type": "object", "required": ["class", "effect", "excess"]}},
            "matrix": {"type": "array", "items": {"type": "object", "required": ["credential", "service", "closed", "declared", "kind"],
                "properties": {"kind": {"enum": ["late", "early", "none-declared", "never-closed"]}, "closed": number, "declared": number, "lag": number}}},
            "collateral": {"type": "array", "description": "honest requests that the controls hit, by control",
                "items": {"type": "object", "required": ["by", "refused", "delayed"],
                    "properties": {"by": {"type": "string"}, "refused": number, "delayed": number}}},
            "chain": {"type": "array", "items": {"type": "string"}},
            "timeline": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}},
            "spread": {"type": ["object", "null"], "required": ["susceptible", "turned", "generations", "ratios"],
                "description": "who did what records told them: how many could, how many had by when, how many in each generation, and each over the one before",
                "properties": {
                    "susceptible": number,
                    "turned": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}},
                    "generations": {"type": "array", "items": number},
                    "ratios": {"type": "array", "items": {"type": "number"}},
                }},
            "seeds": {"type": ["object", "null"], "required": ["first", "count", "claims", "spreads"],
                "description": "the run repeated in virtual time under so many seeds, from the first on",
                "properties": {"first": number, "count": number, "claims": {"type": "array", "items": claim}, "spreads": {"type": "array", "items": spread}}},
            "repeat": {"type": "string"},
        },
        "additionalProperties": false,
    })
}
