//! The JSON Schema of `run.json`.

use serde_json::{Map, Value, json};

use crate::measure::registry;

use super::fixes::FIXES;
use super::json::SCHEMA;

/// What every `run.json` of this version goes by.
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
            "moot": {"const": true, "description": "it did not come, and there was nothing for which it should have"},
            "lo": bound, "hi": bound,
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
        "required": ["measure", "quantiles", "never", "moot", "untold", "words"],
        "properties": {
            "measure": {"type": "string"},
            "quantiles": {"type": "array", "items": {"type": ["number", "null"]},
                "description": "least, 5 %, median, 95 %, most; null where it never came"},
            "never": number, "moot": number, "untold": number,
            "words": {"type": "object", "additionalProperties": number},
        },
    });
    let operations = json!({"type": "array", "description": "operations that let the agents through: the most harm first",
                "items": {"type": "object", "required": ["operation", "accepted", "excess", "created", "irreversible", "first"],
                    "properties": {"operation": {"type": "string"}, "accepted": number, "excess": number, "created": number, "irreversible": number, "first": number}}});
    let revocation = json!({"type": "array", "description": "the matrix by family of credentials and service: how many doors there were, and how long those stayed open that somebody had declared shut",
                "items": {"type": "object", "required": ["family", "service", "open", "late", "early", "undeclared", "median", "longest"],
                    "properties": {"family": {"type": "string"}, "service": {"type": "string"}, "open": number, "late": number, "early": number, "undeclared": number, "median": number, "longest": number}}});
    let contagion = json!({"type": ["object", "null"], "required": ["susceptible", "turned", "generations", "ratios"],
    "description": "who did what records told them: how many could, how many had by when, how many in each generation, and each over the one before",
    "properties": {
        "susceptible": number,
        "turned": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}},
        "generations": {"type": "array", "items": number},
        "ratios": {"type": "array", "items": {"type": "number"}},
    }});
    let seeds = json!({"type": ["object", "null"], "required": ["first", "count", "claims", "spreads"],
                "description": "the run repeated in virtual time under so many seeds, from the first on",
                "properties": {"first": number, "count": number, "claims": {"type": "array", "items": claim}, "spreads": {"type": "array", "items": spread}}});
    let step = json!({"type": "object", "required": ["at", "why", "first"],
        "properties": {"at": {"type": "string"}, "why": {"type": "string"}, "first": number}});
    let ways = json!({"type": "array", "description": "the shortest way of the run to each class of data, and when the quickest had been gone",
        "items": {"type": "object", "required": ["class", "steps", "first", "through"],
            "properties": {"class": {"type": "string"}, "steps": {"type": "array", "items": step}, "first": number,
                "through": {"type": "array", "items": {"type": "string"}}}}});
    let hop = json!({
        "type": "object",
        "required": ["at", "with", "operation", "why", "found", "place"],
        "properties": {
            "at": number, "with": {"type": "string"}, "operation": {"type": "string"}, "why": {"type": "string"},
            "found": {"type": ["string", "null"]}, "place": {"type": ["string", "null"]},
        },
    });
    let measures: Map<String, Value> = registry::MEASURES
        .iter()
        .map(|m| (m.key.to_owned(), json!({"allOf": [{"$ref": "#/$defs/measure"}], "description": m.definition})))
        .collect();
    let matrix = json!({"type": "array", "items": {"type": "object", "required": ["credential", "service", "closed", "declared", "kind"],
        "properties": {"kind": {"enum": ["late", "early", "none-declared", "never-closed"]}, "closed": number, "declared": number, "lag": number}}});
    let rows = json!({"type": "integer", "minimum": 0,
        "description": "so many the whole matrix has: at most 2,000 stand here, first those that survive or never shut"});
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://runaway.invalid/schemas/run.schema.json",
        "title": "run.json of runaway, version 1",
        "type": "object",
        "$defs": {"measure": measure},
        "required": ["schema", "tool", "scenario", "variant", "seed", "plane", "outcome", "verdict", "reasons", "headline",
            "journal_digest", "complete", "measures", "services", "operations", "classes", "matrix", "revocation", "collateral", "chain", "hops", "orders", "timeline", "spread", "seeds", "ways", "choke_points", "fixes", "repeat"],
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
            "scale": {"type": "string", "description": "what the numbers stand for, where they are not those of the incident"},
            "journal_digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "complete": {"type": "boolean"},
            "measures": {"type": "object", "required": keys, "properties": measures, "additionalProperties": false},
            "services": {"type": "array", "items": {"type": "object", "required": ["service", "accepted", "refused"]}},
            "operations": operations,
            "classes": {"type": "array", "items": {"type": "object", "required": ["class", "effect", "excess"]}},
            "matrix": matrix,
            "revocation": revocation,
            "collateral": {"type": "array", "description": "honest requests that the controls hit, by control",
                "items": {"type": "object", "required": ["by", "refused", "delayed"],
                    "properties": {"by": {"type": "string"}, "refused": number, "delayed": number}}},
            "chain": {"type": "array", "items": {"type": "string"}},
            "hops": {"type": "array", "items": hop, "description": "the chain in parts"},
            "orders": {"type": "array", "items": {"type": "string"}, "description": "what agents were told by what they read, and did"},
            "timeline": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}},
            "spread": contagion,
            "seeds": seeds,
            "ways": ways,
            "choke_points": {"type": "array", "items": {"type": "string"}, "description": "what every way to data that is not public went through, in this order"},
            "fixes": {"anyOf": [{"type": "null"}, fixes()]},
            "explored": explored(),
            "repeat": {"type": "string"},
        },
        "additionalProperties": false,
    });
    schema["properties"]["matrix_rows"] = rows;
    schema
}

/// What to fix first: a part of `run.json`, and what `runaway fix --format json` prints.
pub fn fixes() -> Value {
    let number = json!({"type": ["integer", "null"], "minimum": 0});
    let over = json!({"type": "object", "required": ["least", "median", "most", "text"], "additionalProperties": false,
        "description": "a number over the seeds; null where it never came",
        "properties": {"least": number, "median": number, "most": number, "text": {"type": "string"}}});
    let numbers = ["leftover", "survivors", "excess", "cost", "irreversible", "collateral", "closed"];
    let mut after: Map<String, Value> = numbers.iter().map(|key| ((*key).to_owned(), over.clone())).collect();
    after.insert("contained".into(), json!({"type": "object", "required": ["held", "of", "lo", "hi"],
        "description": "under how many seeds it was contained, and the shares that go with it: 95 %, Clopper and Pearson"}));
    after.insert("outcomes".into(), json!({"type": "array", "description": "each outcome, and under how many seeds"}));
    let after = json!({"type": "object", "required": after.keys().collect::<Vec<_>>(), "properties": after});
    let effects = ["contains", "if-answered", "after-the-fact", "helps", "delays", "nothing", "worse"];
    let fix = json!({"type": "object", "required": ["kinds", "told", "effect", "after", "size", "name", "patch"],
        "properties": {"kinds": {"type": "array", "items": {"type": "string"}}, "told": {"type": "string"},
            "effect": {"enum": effects}, "after": after, "size": number,
            "name": {"type": "string"}, "patch": {"type": "string", "description": "a variant, as YAML"}}});
    let own = json!({"type": "object", "required": ["name", "effect", "after"],
        "properties": {"name": {"type": "string"}, "effect": {"enum": effects}, "after": after}});
    json!({"type": "object", "description": "changes of the scenario that were tried, the best first",
    "required": ["schema", "scenario", "variant", "seed", "seeds", "before", "singles", "pairs", "fixes", "impossible", "own"],
    "properties": {
        "schema": {"const": FIXES}, "scenario": {"type": "string"}, "variant": {"type": ["string", "null"]},
        "seed": number, "seeds": number, "before": after, "singles": number, "pairs": number,
        "fixes": {"type": "array", "items": fix}, "impossible": {"type": "array", "items": {"type": "string"}},
        "own": {"type": "array", "items": own},
        "already": {"type": ["string", "null"], "description": "that no limit is broken as it is, where that is so"},
    }})
}

/// What is there only where the run was on a real system.
fn explored() -> Value {
    let text = json!({"type": "string"});
    let maybe = json!({"type": ["string", "null"]});
    let texts = json!({"type": "array", "items": text});
    let number = json!({"type": "integer", "minimum": 0});
    let counts = json!({"type": "object", "additionalProperties": number});
    let record = |fields: Value| {
        let required: Vec<&str> =
            fields.as_object().map_or_else(Vec::new, |all| all.keys().map(String::as_str).collect());
        json!({"type": "object", "required": required, "properties": fields, "additionalProperties": false})
    };
    let list = |fields: Value| json!({"type": "array", "items": record(fields)});
    let mut explored = record(json!({
        "run": text, "started": text, "requests": number, "writes": number, "stopped": maybe,
        "listens": {"type": "boolean"}, "links_not_followed": number,
        "stages": list(json!({"identities": texts, "failed": texts})),
        "shadows": list(json!({"operation": text, "accepted": number})),
        "not_tried": {"type": "object", "additionalProperties": text},
        "no_ids": list(json!({"operation": text, "collection": text, "answers": number, "behind": texts})),
        "privileges": list(json!({"credential": text, "opened": number, "more": texts, "unused": texts, "unused_scopes": texts})),
        "found": list(json!({"name": text, "looks": text, "operation": text, "record": maybe, "times": number,
            "tried": {"type": "boolean"}, "accepted_by": texts})),
        "not_sent": counts, "withheld": number, "oddities": counts,
        "undo": {"oneOf": [{"type": "null"}, record(json!({"writes": number, "unanswered": number, "undone": number, "refused": number,
            "left": list(json!({"operation": text, "marker": text, "why": text, "by_hand": text})), "unsteady": texts}))]},
    }));
    // It is there only where it says something.
    if let Some(required) = explored["required"].as_array_mut() {
        required.retain(|key| key != "no_ids" && key != "withheld");
    }
    explored["description"] = json!("what was seen beside the events, where the run was on a real system");
    explored
}
