//! The JSON Schema of `drill.json`.

use serde_json::{Value, json};

use super::report::SCHEMA;

/// The JSON Schema of `drill.json`.
pub fn drill_schema() -> Value {
    let micros = |doc: &str| json!({"type": ["integer", "null"], "minimum": 0, "description": doc});
    let text = |doc: &str| json!({"type": "string", "description": doc});
    let texts = |doc: &str| json!({"type": "array", "items": {"type": "string"}, "description": doc});
    let count = |doc: &str| json!({"type": "integer", "minimum": 0, "description": doc});
    let row = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "credential": text("as the targets file names it"),
            "instance": count("which of the fresh ones, from 1"),
            "service": text("as the targets file names it"),
            "ended": {"enum": ["stopped", "never-stopped", "never-allowed", "unknown"], "description": "how acceptance ended"},
            "last_accepted_us": micros("when the last request that was accepted was sent, since the start"),
            "first_refused_us": micros("when the first one after it that was refused was sent"),
            "declared_us": micros("when the last successful step that covers it had returned"),
            "lag_us": {
                "type": ["object", "null"],
                "description": "how long it was accepted after that",
                "properties": {"at_least": micros("no less than this"), "at_most": micros("no more than this; null without an end")},
            },
            "bound_us": micros("how long after that it ends by itself"),
            "outlived_bound": {"type": "boolean", "description": "it was accepted for longer than that: `cached` or `lives` in the targets file is wrong"},
            "accepted_after_declared": count("so many requests that were sent after that were accepted"),
            "flapping": {"type": "boolean", "description": "it was refused, and then accepted again"},
            "lived_out": {"type": "boolean", "description": "it ended about when its life did: nothing shows that a step did anything"},
            "unknown": count("so many answers said nothing"),
            "widest_gap_us": micros("the longest time between two answers that said something"),
            "status": {"type": ["integer", "null"], "description": "how it was refused"},
            "challenge": {"type": ["string", "null"], "description": "the error of WWW-Authenticate (RFC 6750 section 3)"},
        },
    });
    let range = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "credential": text("as the targets file names it"),
            "service": text("as the targets file names it"),
            "phases": count("so many fresh ones were declared, and seen to end or not to"),
            "at_least_us": micros("the first of them was accepted so long after that, at least"),
            "at_most_us": micros("the last of them so long, at most; null without an end"),
            "bound_us": micros("no longer than this by their lives, or by what the service trusts; null where nobody knows"),
            "longer_when_probed_rarely_us": micros("so much longer the one that was probed rarely"),
        },
    });
    let honest = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "sentinel": text("as the targets file names it"),
            "requests": count("so many were sent"),
            "refused": count("so many of them were refused while the control was accepted"),
            "unknown": count("so many answers said nothing"),
        },
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://runaway.invalid/schemas/drill.schema.json",
        "title": "runaway drill, version 1",
        "type": "object",
        "additionalProperties": false,
        "required": ["schema", "plane", "targets", "identity", "run", "started", "verdict", "headline", "matrix", "steps"],
        "properties": {
            "schema": {"const": SCHEMA, "description": "the version of this file"},
            "plane": {"const": "staging", "description": "where requests were answered"},
            "targets": text("the name of the targets file"),
            "identity": text("who was drilled"),
            "run": text("on every request: header runaway-run, trace id"),
            "started": text("date and time, RFC 3339"),
            "verdict": {"enum": ["pass", "fail", "inconclusive", "aborted"], "description": "what it comes to"},
            "headline": text("what it comes to, in a sentence"),
            "matrix": {"type": "array", "items": row, "description": "the revocation matrix"},
            "ranges": {"type": "array", "items": range, "description": "over fresh credentials of one kind, at one service"},
            "steps": {"type": "array", "items": {"type": "object"}, "description": "the steps, as the journal has them"},
            "broken": texts("promises that do not hold"),
            "survivors": texts("what was still accepted, or issued again"),
            "collateral": {"type": "array", "items": honest, "description": "honest work from the first step on"},
            "unsure": texts("why it says less than it should"),
            "stopped": {"type": ["string", "null"], "description": "why it was stopped"},
            "requests": count("so many were sent"),
            "writes": count("so many of them may have changed something"),
        },
    })
}
