//! What the summary says of numbers that are easily taken for others.

use runaway::measure::headline;

use crate::support::{Ran, document, run};

/// One agent that reads five records, writes them and deletes them, with one key.
const FIVE: &str = "
runaway: 1
name: five
time: {horizon: 1min}
services:
  api:
    accepts: gateway
    latency: 10ms
    operations:
      read:  GET /files -> files records
      write: {http: 'PUT /files/{id}', on: files}
      drop:  {http: 'DELETE /files/{id}', on: files}
identities: {bot: {kind: agent}}
credentials: {key: {of: bot, kind: api-key, scopes: ['api:*']}}
data: {files: {count: 5, class: pii}}
agents:
  bot:
    is: bot
    holds: [key]
    knows: [api.*]
    told: []
    fault: over-broad
    then: [api.read, {do: api.write, on: each listed files}, {do: api.drop, on: each listed files}]
limits: {excess: 15}
variants:
  prevented: {set: {credentials.key.scopes: []}}
";

fn five(variant: Option<&str>, sets: &[(&str, &str)]) -> Ran {
    run(&document(FIVE), variant, sets)
}

fn said(ran: &Ran) -> String {
    headline(&ran.prepared.plan, &ran.prepared.references, &ran.finished.measures)
}

#[test]
fn a_record_that_is_touched_in_three_ways_is_one_resource() {
    let ran = five(None, &[]);
    assert_eq!((ran.shown("excess"), ran.shown("reach.resources")), ("15".into(), "5".into()));
    assert!(said(&five(Some("prevented"), &[])).ends_with("the same instruction touches 5 resources"));
}

#[test]
fn a_service_that_only_fails_shows_nothing() {
    let down = [("services.api.operations.read.fails", "100%"), ("services.api.operations.write.fails", "100%")];
    let ran = five(None, &[&down[..], &[("services.api.operations.drop.fails", "100%")]].concat());
    let reasons = &ran.finished.judgement.reasons;
    assert_eq!(ran.verdict(), "inconclusive");
    assert!(reasons.iter().any(|reason| reason.contains("answered but by a failure")), "{reasons:#?}");
    // One that answers now and then has shown what it does.
    assert_eq!(five(None, &down[1..]).verdict(), "pass");
}
