//! Faults of the engine that were, each as the smallest scenario that showed it.

use crate::support::{document, run};
use runaway::run::prepare;
use runaway::scenario::Overrides;
use runaway::wire::{Effect, Event, Reason, Verdict};

/// A world of one service, with what a test puts in.
fn scenario(operations: &str, data: &str, agent: &str, rest: &str) -> String {
    format!(
        "
runaway: 1
name: mended
time: {{horizon: 100s}}
services:
  api:
    accepts: gateway
    operations: {operations}
identities: {{bot: {{kind: agent}}}}
credentials: {{key: {{of: bot, kind: api-key, scopes: ['api:*']}}}}
data: {data}
agents:
  bot: {{is: bot, holds: [key], knows: ['api.*'], {agent}}}
{rest}
"
    )
}

#[test]
fn a_scenario_with_a_throttle_step_runs() {
    let text = scenario(
        "{list: GET /things -> things records}",
        "{things: {count: 1, class: internal}}",
        "told: [], fault: over-broad, then: [api.list]",
        "
detect: {outsider: {report: 1s}}
steps: {slow-down: {throttle: slow}}
respond: {slow-down: 1s}
controls: {slow: {on: [api.list], at_most: 1 per 1h, armed: no}}
",
    );
    let document = document(&text);
    assert!(document.check(None).is_ok(), "the scenario itself is fine");
    assert!(prepare(&document, None, &Overrides::default(), &Default::default()).is_ok());
}

#[test]
fn a_revoked_credential_mints_nothing_and_is_no_survivor() {
    let text = "
runaway: 1
name: mended
time: {horizon: 100s}
services:
  idp: {accepts: jwt, operations: {mint: {http: POST /tokens, mints: token}}}
  api: {accepts: gateway, operations: {list: GET /things -> things records}}
identities: {bot: {kind: agent}}
credentials:
  key: {of: bot, kind: access-token, scopes: ['idp:*']}
  token: {count: 0, kind: api-key, scopes: ['api:*']}
data: {things: {count: 3, class: internal}}
agents:
  bot: {is: bot, holds: [key], knows: ['idp.*', 'api.*'], told: [], fault: over-broad, then: [{do: idp.mint, first: 2s}]}
detect: {outsider: {report: 1s}}
steps: {revoke: {revoke: every key}}
respond: {outsider: {after: 0s, do: [revoke]}}
";
    let ran = run(&document(text), None, &[]);
    assert_eq!(ran.shown("refused"), "1", "`invalid_grant`");
    assert_eq!((ran.shown("survivors"), ran.shown("leftover")), ("0".into(), "0".into()));
}

#[test]
fn an_open_operation_with_an_owner_rule_is_an_open_door() {
    let text = scenario(
        "{list: {http: GET /things -> things records, rows: owner, needs: []}}",
        "{things: {count: 3, class: internal, owner: bot}}",
        "told: [], fault: over-broad, then: [api.list]",
        "limits: {survivors: 0}",
    );
    let ran = run(&document(&text), None, &[]);
    assert_eq!(ran.shown("excess"), "3");
    assert_ne!((ran.shown("survivors").as_str(), ran.verdict()), ("0", "pass"), "the door is as open as it was");
}

#[test]
fn what_a_second_agent_opens_from_its_own_network_is_open() {
    let text = "
runaway: 1
name: mended
time: {horizon: 100s}
services:
  api: {accepts: gateway, operations: {list: GET /things -> things records}}
identities: {bot: {kind: agent, count: 2}}
credentials: {key: {of: bot-2, kind: api-key, scopes: ['api:*'], bound: {network: office}}}
data: {things: {count: 3, class: internal}}
agents:
  outside: {is: bot-1, holds: [], knows: ['api.*'], told: []}
  inside: {is: bot-2, holds: [key], knows: ['api.*'], told: [], fault: over-broad, then: [api.list], from: office}
";
    let ran = run(&document(text), None, &[]);
    assert_eq!((ran.shown("excess").as_str(), ran.shown("potential.uncontrolled").as_str()), ("3", "3"));
    assert_eq!((ran.shown("survivors").as_str(), ran.shown("leftover").as_str()), ("1", "3"));
}

#[test]
fn a_record_that_a_step_names_is_within_the_potential() {
    let text = scenario(
        "{delete: {http: 'DELETE /things/{id}', on: things}}",
        "{things: {count: 2, class: internal, ids: unguessable}}",
        "told: [], fault: over-broad, then: [{do: api.delete, on: [things-1]}]",
        "",
    );
    let ran = run(&document(&text), None, &[]);
    assert_eq!(ran.shown("excess.delete"), "1");
    assert_eq!(ran.shown("potential.uncontrolled"), "1");
}

const NESTED: &str = "{boxes: {count: 3, class: internal}, things: {count: 3, class: internal, inside: 'boxes-{n}'}, \
                      others: {count: 3, class: internal}}";
const LISTS: &str = "{list: GET /things -> things ids, inside: {http: 'GET /boxes/{id}/things -> things records', \
                     inside: boxes}}";

/// The records of `things` that were read.
fn read(text: &str) -> u32 {
    let ran = run(&document(text), None, &[]);
    let read = ran.events.iter().map(|e| match e {
        Event::Touched { effect: Effect::Read, n, .. } => *n,
        _ => 0,
    });
    read.sum()
}

#[test]
fn a_list_inside_no_record_is_not_found() {
    let told = "told: [api.list], fault: {wrong-target: {instead_of: api.list, calls: api.inside}}";
    assert_eq!(read(&scenario(LISTS, NESTED, told, "")), 0, "`/boxes/{{id}}/things` without an id");
}

#[test]
fn a_list_inside_a_record_of_another_collection_is_not_found() {
    let told = "told: [], fault: over-broad, then: [{do: api.inside, on: [others-2]}]";
    assert_eq!(read(&scenario(LISTS, NESTED, told, "")), 0, "`others-2` is no box");
}

#[test]
fn a_list_inside_a_deleted_record_is_not_found() {
    let operations = "{delete: {http: 'DELETE /boxes/{id}', on: boxes}, inside: {http: 'GET /boxes/{id}/things -> \
                      things records', inside: boxes}}";
    let told = "told: [], fault: over-broad, then: [{do: api.delete, on: [boxes-1]}, {do: api.inside, on: [boxes-1]}]";
    let ran = run(&document(&scenario(operations, NESTED, told, "")), None, &[]);
    let last = ran.events.iter().rev().find_map(|e| match e {
        Event::Asked { verdict, reason, .. } => Some((*verdict, *reason)),
        _ => None,
    });
    assert_eq!(last, Some((Verdict::Missing, Reason::NoSuchRecord)));
}

#[test]
fn a_door_that_shows_nothing_is_shut_also_where_calls_cost() {
    let text = scenario(
        "{list: {http: GET /things -> things records, rows: owner, costs: $1}}",
        "{things: {count: 3, class: internal, owner: caller}}",
        "told: [], fault: over-broad, then: [api.list]",
        "",
    );
    let ran = run(&document(&text), None, &[]);
    assert_eq!((ran.shown("calls"), ran.shown("survivors")), ("0".into(), "0".into()));
}

#[test]
fn ids_that_were_listed_stay_known() {
    let text = scenario(
        "{list: GET /things -> things ids, delete: {http: 'DELETE /things/{id}', on: things}}",
        "{things: {count: 3, class: internal, ids: unguessable}}",
        "told: [], fault: over-broad, then: [api.list, {do: api.delete, on: each listed things, every: 40s, first: 2s}]",
        "
detect: {outsider: {report: 1s}}
steps: {close: {close: [api.list]}}
respond: {outsider: {after: 0s, do: [close]}}
",
    );
    let ran = run(&document(&text), None, &[]);
    assert_eq!(ran.shown("excess.delete"), "3");
    assert_eq!(ran.shown("leftover"), "3", "each of the originals can be deleted by its id, list or no list");
}

#[test]
fn an_agent_that_starts_later_is_not_contained_before() {
    let text = "
runaway: 1
name: mended
time: {horizon: 200s}
services:
  api: {accepts: gateway, operations: {list: GET /things -> things records}}
identities: {bot: {kind: agent, count: 2}}
credentials: {key: {one_per: bot, kind: api-key, scopes: ['api:*']}}
data: {things: {count: 3, class: internal}}
agents:
  early: {is: bot-1, holds: [key-1], knows: ['api.*'], told: [], fault: over-broad, then: [api.list]}
  late: {is: bot-2, holds: [key-2], knows: ['api.*'], told: [], fault: over-broad, then: [api.list], starts: 90s}
detect: {outsider: {report: 1s}}
steps: {revoke: {revoke: bot-1}}
respond: {outsider: {after: 0s, do: [revoke]}}
";
    let ran = run(&document(text), None, &[]);
    assert_eq!((ran.outcome(), ran.shown("survivors").as_str()), ("not-contained", "1"), "nobody has taken key-2 away");
}

#[test]
fn a_secret_is_rotated_once() {
    let text = scenario(
        "{list: GET /things -> things records}",
        "{things: {count: 1, class: internal}}",
        "told: [{do: api.list, every: 400ms, times: 8}], fault: over-broad",
        "
detect: {one: {report: 0s}, other: {report: 500ms}}
steps: {rotate: {rotate: every key, first: 1s, hand_over: 0s}}
respond: {one: {after: 0s, do: [rotate]}, other: {after: 0s, do: [rotate]}}
",
    );
    let ran = run(&document(&text), None, &[]);
    let mut rows = std::collections::BTreeMap::new();
    for event in &ran.events {
        match *event {
            Event::Got { by, held, cred, .. } => _ = rows.insert((by, held), cred),
            Event::Asked { id, held: Some(held), cred, .. } if rows.contains_key(&(id.by, held)) => {
                assert_eq!(rows[&(id.by, held)], cred, "{held:?} is another credential than it was: {event:?}");
            }
            _ => {}
        }
    }
}

/// A refusal that looks like an answer says nothing of an id: it is no right guess.
#[test]
fn guessing_ends_where_every_answer_is_empty() {
    let text = scenario(
        "{delete: {http: 'DELETE /things/{id}', on: things, needs: [admin], denies: empty}}",
        "{things: {count: 3, class: internal, ids: sequential}}",
        "told: [], fault: harvest, guesses: yes",
        "",
    );
    let ran = run(&document(&text), None, &[]);
    let asked = ran.events.iter().filter(|e| matches!(e, Event::Asked { .. })).count();
    assert!(asked < 100, "{asked} requests to a collection of 3, all refused, until the horizon");
}
