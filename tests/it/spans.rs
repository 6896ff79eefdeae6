//! `--otlp`: what OpenTelemetry reads of a run, against the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::binary::runaway;

/// Every span that a run wrote.
fn spans(scenario: &str) -> (Vec<Value>, String) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (out, file) = (folder.path().join("run"), folder.path().join("spans.jsonl"));
    let ran = runaway(["run", scenario, "-q", "--out", out.to_str().unwrap(), "--otlp", file.to_str().unwrap()]);
    assert!(ran.status.code().is_some_and(|code| code < 2), "{ran:?}");
    let again = folder.path().join("again.jsonl");
    let journal = out.join("journal.ndjson");
    runaway(["replay", journal.to_str().unwrap(), "-q", "--otlp", again.to_str().unwrap()]);
    let text = fs::read_to_string(file).unwrap();
    assert_eq!(text, fs::read_to_string(again).unwrap(), "the journal says the same");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of = |line: Value| {
        let scope = line["resourceSpans"][0]["scopeSpans"][0].clone();
        assert_eq!(scope["scope"]["name"], "runaway");
        scope["spans"].as_array().unwrap().clone()
    };
    (lines.flat_map(of).collect(), fs::read_to_string(journal).unwrap())
}

fn attribute<'a>(span: &'a Value, key: &str) -> Option<&'a Value> {
    let found = span["attributes"].as_array()?.iter().find(|attribute| attribute["key"] == key)?;
    found["value"].as_object()?.values().next()
}

#[test]
fn every_request_is_a_span_in_a_tool_in_an_agent() {
    let (spans, journal) = spans("moltbook@three-rounds");
    let asked = journal.lines().filter(|line| line.contains("\"asked\"")).count();
    let by_id: BTreeMap<&str, &Value> = spans.iter().map(|span| (span["spanId"].as_str().unwrap(), span)).collect();
    assert_eq!(by_id.len(), spans.len(), "each has an id of its own");
    let http: Vec<&Value> =
        spans.iter().filter(|span| attribute(span, "http.response.status_code").is_some()).collect();
    assert_eq!(http.len(), asked);
    let mut agents = BTreeSet::new();
    for request in http {
        let tool = by_id[request["parentSpanId"].as_str().unwrap()];
        assert_eq!(attribute(tool, "gen_ai.operation.name").unwrap(), "execute_tool");
        let agent = by_id[tool["parentSpanId"].as_str().unwrap()];
        assert_eq!(attribute(agent, "gen_ai.operation.name").unwrap(), "invoke_agent");
        let of = |span: &Value, key: &str| span[key].as_str().unwrap().parse::<u64>().unwrap();
        assert!(of(agent, "startTimeUnixNano") <= of(request, "startTimeUnixNano"));
        assert!(of(request, "endTimeUnixNano") <= of(agent, "endTimeUnixNano"));
        assert!(request["traceId"] == tool["traceId"] && tool["traceId"] == agent["traceId"]);
        agents.insert(agent["name"].as_str().unwrap().to_owned());
        let status: u64 = attribute(request, "http.response.status_code").unwrap().as_str().unwrap().parse().unwrap();
        assert_eq!(request["status"]["code"] == 2, status >= 400, "{request}");
    }
    assert!(agents.contains("invoke_agent visitor") && agents.contains("invoke_agent responder"), "{agents:?}");
}

#[test]
fn the_alarm_and_the_fault_are_told_where_they_happened() {
    let (spans, _) = spans("wiper@lag-60s");
    let events = |name: &str| {
        let agent = spans.iter().find(|span| span["name"] == format!("invoke_agent {name}")).unwrap();
        let told = agent["events"].as_array().unwrap();
        told.iter().map(|event| event["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(events("assistant").contains(&"fault took over".to_owned()), "{:?}", events("assistant"));
    let response = events("responder");
    assert!(
        response.contains(&"alarm".to_owned()) && response.contains(&"step took effect".to_owned()),
        "{response:?}"
    );
}
