//! Probes: real requests that only ask. They agree with the census within their cadence.

use std::collections::BTreeMap;

use crate::support::document;
use runaway::measure::{Measures, Probed, ProbedDoor, probed, probed_doors};
use runaway::plane::driver::Stop;
use runaway::run::{Kept, Plane, Prepared, RunOptions, prepare};
use runaway::scenario::Overrides;
use runaway::wire::{Event, OpId, Open, Purpose, Span, Tick};

/// Four services that learn of the revocation at 20 s in four ways; the fifth asks for nothing.
const SCENARIO: &str = r#"
runaway: 1
name: probed
time: {horizon: 120s, settle: 10s}
services:
  gate:   {accepts: gateway, operations: {list: GET /a -> files records}}
  told:   {accepts: {mode: push, delay: 7500ms}, operations: {list: GET /a -> files records}}
  signed: {accepts: {mode: jwt, leeway: 1s}, operations: {list: GET /a -> files records}}
  cached: {accepts: {mode: introspect, cache: 9s}, replicas: 2, operations: {list: GET /a -> files records}}
OPEN
identities:
  bot: {kind: agent}
credentials:
  token: {of: bot, kind: access-token, scopes: ["*"], lives: 60s}
data:
  files: {count: 10, class: internal}
agents:
  bot:
    is: bot
    holds: [token]
    knows: [gate.list, told.list, signed.list, cached.list]
    told: []
    fault: runaway-loop
    then:
      - {do: gate.list, as: token}
      - {do: cached.list, as: token, every: 4s, times: 5}
    pace: {machine: 1}
detect:
  crowd: {requests: 10, within: 10s, by: everyone}
steps:
  revoke: {revoke: every token}
respond: {revoke: 20s}
"#;

const CADENCE: Span = Span::from_secs(2);

fn prepared(open: &str) -> Prepared {
    let document = document(&SCENARIO.replace("OPEN", open));
    prepare(&document, None, &Overrides::default(), &Stop::default()).unwrap_or_else(|e| panic!("{e:?}"))
}

fn events(prepared: &Prepared, probes: Option<Span>) -> Vec<Event> {
    let mut kept = Kept::default();
    prepared.run(Plane::Sim, RunOptions { probes }, &Stop::default(), &mut kept).unwrap();
    kept.0
}

/// The last word of the census on each operation, as the instant from which it is shut.
fn census(events: &[Event]) -> BTreeMap<(Option<u32>, u32), Option<Tick>> {
    let mut shut = BTreeMap::new();
    for event in events {
        if let Event::Census { at, cred, op, open } = *event {
            let key = (cred.map(|c| c.number()), op.number());
            let before: Option<Tick> = shut.get(&key).copied().flatten();
            let instant = match open {
                Open::ForEver => None,
                Open::Until(until) => Some(until),
                Open::Shut => Some(before.map_or(at, |b| b.min(at))),
            };
            shut.insert(key, instant);
        }
    }
    shut
}

#[test]
fn probes_and_census_agree_within_the_cadence() {
    let prepared = prepared("");
    let events = events(&prepared, Some(CADENCE));
    let census = census(&events);
    let mut compared = 0;
    for ((cred, op), seen) in probed(&events) {
        let Some(last) = seen.last_accepted else { continue };
        let refused = seen.refused_from.expect("everything shuts within the run");
        assert_eq!(refused.since(last), CADENCE, "two neighbouring rounds");
        let shut = census[&(cred.map(|c| c.number()), op.number())].expect("shut");
        let name = prepared.plan.operation_name(op);
        assert!(last < shut && shut <= refused, "{name}: {last} < {shut} <= {refused}");
        compared += 1;
    }
    assert_eq!(compared, 4, "the token at four services");
}

#[test]
fn each_door_shuts_between_the_rounds_that_its_service_says() {
    let prepared = prepared("");
    let (plan, events) = (&prepared.plan, events(&prepared, Some(CADENCE)));
    let seconds = |row: Probed| (row.last_accepted.map(|t| t.0 / 1_000_000), row.refused_from.map(|t| t.0 / 1_000_000));
    let expected = [
        ("gate", (Some(18), Some(20)), "at once: the responder goes before the probe"),
        ("told", (Some(26), Some(28)), "7.5 s later"),
        ("signed", (Some(60), Some(62)), "`exp` at 60 s and a second of leeway"),
    ];
    let seen = probed(&events);
    let doors = probed_doors(plan, &Measures::of(plan, &prepared.references, &events), &events);
    for (service, between, why) in expected {
        let of = |op: &OpId| plan.operation_name(*op) == format!("{service}.list");
        let op = plan.operation_ids().find(of).unwrap();
        let (_, row) = seen.iter().find(|((cred, o), _)| *o == op && cred.is_some()).unwrap();
        assert_eq!(seconds(*row), between, "{why}");
        let of = |row: &&ProbedDoor| row.door.cred.is_some() && plan.service(row.door.service).name == service;
        let door = doors.iter().find(of).unwrap();
        assert_eq!(seconds(door.probed), between, "the door of {service}");
    }
}

#[test]
fn probes_count_nowhere_but_in_caches() {
    let prepared = prepared("");
    let (quiet, asked) = (events(&prepared, None), events(&prepared, Some(CADENCE)));
    let measures = |events: &[Event]| Measures::of(&prepared.plan, &prepared.references, events);
    let (quiet, probed) = (measures(&quiet), measures(&asked));
    for key in ["excess", "reach", "calls", "refused", "t0", "last_effect", "detected", "held", "used", "collateral"] {
        assert_eq!(quiet.get(key), probed.get(key), "{key}");
    }
    assert_eq!(probed.alarms.caused + probed.alarms.false_alarms, 0, "five requests of the agent, and many probes");
    assert!(asked.iter().filter(|e| matches!(e, Event::Asked { purpose: Purpose::Probe, .. })).count() > 100);
}

#[test]
fn an_open_door_is_never_seen_shut() {
    let open = "  open:   {accepts: none, operations: {list: GET /a -> files records}}";
    let prepared = prepared(open);
    let seen = probed(&events(&prepared, Some(CADENCE)));
    let op = prepared.plan.operation_ids().find(|op| prepared.plan.operation_name(*op) == "open.list").unwrap();
    let row = seen[&(None, op)];
    assert_eq!(row.last_accepted, Some(Tick(118_000_000)), "the last round before the horizon");
    assert_eq!(row.refused_from, None);
}
