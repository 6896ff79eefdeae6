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
