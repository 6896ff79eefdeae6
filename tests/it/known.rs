//! Known faults of the engine, each as the smallest scenario that shows it. `cargo test -- --ignored known` runs them; a
//! test that passes moves to `mended.rs`.

use crate::support::{document, run};
use runaway::wire::Event;

/// A world of one service, with what a test puts in.
pub fn scenario(operations: &str, data: &str, agent: &str, rest: &str) -> String {
    format!(
        "
runaway: 1
name: known
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
#[ignore = "an answer without content counts as a right guess: where refusals look like that, guessing goes on to 1,000,000"]
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

#[test]
#[ignore = "the leftover forgets the ids that the agents have listed: with the list closed, they seem out of reach"]
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
#[ignore = "an agent that has not started is not of the closure: a run may settle as contained before it begins"]
fn an_agent_that_starts_later_is_not_contained_before() {
    let text = "
runaway: 1
name: known
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
#[ignore = "rotating a secret that was rotated before issues the same successor twice: two rows, one text, and the first lives on"]
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
