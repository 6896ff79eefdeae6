//! What goes wrong, fault by fault, with values by hand.

use crate::support::{Ran, document, run};

/// An agent that may not create what it is to replace an old thing with, and may delete the old thing.
fn repair(fault: &str) -> Ran {
    let text = format!(
        "
runaway: 1
name: repair
time: {{horizon: 1h}}
services:
  api:
    accepts: gateway
    operations:
      list:    GET /things -> things ids
      create:  {{http: POST /things, creates: things, needs: [admin]}}
      destroy: {{http: 'DELETE /things/{{id}}', on: things}}
identities: {{bot: {{kind: agent}}}}
credentials: {{key: {{of: bot, kind: api-key, scopes: ['api:*']}}}}
data: {{things: {{count: 5, class: internal}}}}
agents:
  bot:
    is: bot
    holds: [key]
    knows: ['api.*']
    told:
      - api.list
      - {{do: api.create, after_refusal: stop}}
      - {{do: api.destroy, on: each listed things}}
    fault: {fault}
"
    );
    run(&document(&text), None, &[])
}

#[test]
fn a_sane_repair_stops_where_the_replacement_is_refused() {
    let ran = repair("none");
    assert_eq!((ran.outcome(), ran.shown("calls"), ran.shown("refused")), ("benign", "1".into(), "1".into()));
}

#[test]
fn a_stale_plan_destroys_what_it_could_not_replace() {
    let ran = repair("stale-plan");
    assert_eq!((ran.shown("excess.delete"), ran.shown("excess.creations")), ("5".into(), "0".into()));
    assert_eq!((ran.shown("calls"), ran.shown("refused")), ("6".into(), "1".into()), "a list, and five deletions");
    assert_eq!(ran.outcome(), "not-contained");
}

#[test]
fn what_an_agent_sets_going_beyond_its_task_is_executed_in_excess() {
    // Five builds; its task is to start one.
    let text = "
runaway: 1
name: builds
time: {horizon: 1h}
services:
  ci:
    accepts: gateway
    operations:
      list:  GET /builds -> builds ids
      start: {http: 'POST /builds/{id}/start', on: builds, effect: execute}
identities: {bot: {kind: agent}}
credentials: {key: {of: bot, kind: api-key, scopes: ['ci:*']}}
data: {builds: {count: 5, class: internal}}
agents:
  bot:
    is: bot
    holds: [key]
    told: [{do: ci.start, on: builds-2}]
    fault: over-broad
    then: [ci.list, {do: ci.start, on: each listed builds}]
";
    let ran = run(&document(text), None, &[]);
    assert_eq!((ran.shown("excess.execute"), ran.shown("excess.write")), ("4".into(), "0".into()));
}
