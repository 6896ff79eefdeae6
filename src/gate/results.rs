//! What a gate found, for machines.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::verdict::Exit;

use super::case::{Case, Standing};
use super::coverage::Coverage;
use super::delta::Delta;

/// The version of the results. A field may be added under the same version, never changed.
pub const SCHEMA: &str = "runaway.results/1";

/// Every case of a gate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Results {
    pub schema: String,
    pub tool: String,
    /// In the order in which they were named.
    pub cases: Vec<Case>,
    pub coverage: Coverage,
    /// What is wrong with the suppressions: those that have expired, and those about nothing.
    pub suppressions: Vec<String>,
    /// What is different from a baseline, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
}

/// The cases beside those of a baseline.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Compared {
    /// Whether the difference closes the gate.
    pub closes: bool,
    pub delta: Delta,
}

impl Results {
    pub fn of(cases: Vec<Case>, coverage: Coverage, suppressions: Vec<String>) -> Results {
        let tool = concat!("runaway ", env!("CARGO_PKG_VERSION")).to_owned();
        Results { schema: SCHEMA.to_owned(), tool, cases, coverage, suppressions, compared: None }
    }

    pub fn count(&self, standing: Standing) -> usize {
        self.cases.iter().filter(|case| case.standing == standing).count()
    }

    /// Broken limits that a suppression covers, as `case: measure`.
    pub fn excused(&self) -> BTreeSet<String> {
        let of = |case: &Case| {
            let excused = case.limits.iter().filter(|limit| limit.holds == Some(false) && limit.suppressed.is_some());
            excused.map(|limit| format!("{}: {}", case.name, limit.measure)).collect::<Vec<_>>()
        };
        self.cases.iter().flat_map(of).collect()
    }

    /// Whether the gate is closed beside what the cases say: it got worse, or something is wrong with the suppressions.
    pub fn is_closed(&self) -> bool {
        self.compared.as_ref().is_some_and(|compared| compared.closes) || !self.suppressions.is_empty()
    }

    /// The worst that came out: a broken limit before a stop, a stop before what says nothing.
    pub fn exit(&self) -> Exit {
        if self.is_closed() {
            return Exit::Broken;
        }
        let exits = || self.cases.iter().map(|case| case.standing.exit());
        [Exit::Broken, Exit::Stopped, Exit::Inconclusive]
            .into_iter()
            .find(|exit| exits().any(|other| other == *exit))
            .unwrap_or(Exit::Holds)
    }
}

/// The JSON Schema of the results.
pub fn results_schema() -> Value {
    let text = json!({"type": "string"});
    let line = json!({"type": "integer", "minimum": 1});
    let texts = json!({"type": "array", "items": text});
    let object = |required: &[&str], properties: Value| json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false});
    let number = json!({"type": "number"});
    let tolerated =
        object(&["told"], json!({"told": text, "least": number, "most": number, "word": text, "share": number}));
    let limit = object(
        &["measure", "holds", "told", "line", "suppressed"],
        json!({"measure": text, "holds": {"type": ["boolean", "null"]}, "told": text, "line": line,
            "suppressed": {"type": ["string", "null"]}, "tolerated": tolerated}),
    );
    let cause = object(&["path", "line", "told"], json!({"path": text, "line": line, "told": text}));
    let hop =
        object(&["at", "told", "line"], json!({"at": {"type": "integer", "minimum": 0}, "told": text, "line": line}));
    let case = object(
        &[
            "name",
            "scenario",
            "variant",
            "file",
            "line",
            "expected",
            "verdict",
            "standing",
            "headline",
            "reasons",
            "limits",
            "causes",
            "hops",
            "measures",
            "exercised",
            "journal_digest",
            "seconds",
        ],
        json!({
            "name": text, "scenario": text, "variant": {"type": ["string", "null"]}, "file": text, "line": line,
            "expected": {"enum": ["pass", "fail", "inconclusive"]},
            "verdict": {"enum": ["pass", "fail", "inconclusive", "aborted"]},
            "standing": {"enum": ["as-expected", "suppressed", "unexpected", "inconclusive", "aborted"]},
            "headline": text, "reasons": texts,
            "limits": {"type": "array", "items": limit},
            "causes": {"type": "array", "items": cause},
            "hops": {"type": "array", "items": hop},
            "measures": {"type": "object", "description": "as in run.json"},
            "exercised": texts, "journal_digest": text, "seconds": {"type": "number", "minimum": 0},
        }),
    );
    let exercised = object(
        &["of", "operations", "never"],
        json!({"of": text, "operations": {"type": "integer", "minimum": 0}, "never": texts}),
    );
    let change = object(
        &["case", "measure", "before", "after", "worse"],
        json!({"case": text, "measure": text, "before": text, "after": text, "worse": {"type": ["boolean", "null"]}}),
    );
    let weakened = object(
        &["of", "told", "file", "line"],
        json!({"of": text, "told": text, "file": {"type": ["string", "null"]},
            "line": {"type": ["integer", "null"], "minimum": 1}}),
    );
    let delta = object(
        &["changes", "newly_broken", "mended", "added", "removed", "settings"],
        json!({"changes": {"type": "array", "items": change}, "newly_broken": texts, "mended": texts, "added": texts,
            "removed": texts, "settings": texts,
            "weakened": {"type": "array", "items": weakened}, "widened": {"type": "array", "items": weakened}}),
    );
    let mut schema = object(
        &["schema", "tool", "cases", "coverage", "suppressions"],
        json!({
            "schema": {"const": SCHEMA}, "tool": text,
            "cases": {"type": "array", "items": case},
            "coverage": object(&["scenarios", "inventory"], json!({
                "scenarios": {"type": "array", "items": exercised},
                "inventory": {"anyOf": [{"type": "null"}, exercised]},
            })),
            "suppressions": texts,
            "compared": object(&["closes", "delta"], json!({"closes": {"type": "boolean"}, "delta": delta})),
        }),
    );
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$id"] = json!("https://runaway.invalid/schemas/results.schema.json");
    schema["title"] = json!("results.json of runaway test, version 1");
    schema
}
