//! A first scenario from a description: a compromised agent with one scope on a real API.

use std::path::Path;

use super::openapi::{self, Description};

/// Why no scenario can be made.
#[derive(Debug, thiserror::Error)]
pub enum StarterError {
    #[error("the description has no operations that a service can have")]
    Empty,
    #[error("no operation is unlocked by the scope `{scope}` alone; some that are: {some}")]
    NoSuchScope { scope: String, some: String },
}

/// The name of a scenario and its YAML. `file` is the description, as seen from the scenario. Without a scope, the agent holds the one that unlocks most changes.
pub fn scenario(description: &Description, file: &Path, scope: Option<&str>) -> Result<(String, String), StarterError> {
    let mut description = description.clone();
    openapi::keep_served(&mut description);
    if description.operations.is_empty() {
        return Err(StarterError::Empty);
    }
    let reach = openapi::single_scope_reach(&description);
    let changes = openapi::single_scope_changes(&description);
    let widest = reach.iter().max_by_key(|(scope, r)| (changes.get(scope.as_str()), r.operations));
    let held = match scope {
        Some(scope) if !reach.is_empty() && !reach.contains_key(scope) => {
            let some = reach.keys().take(8).cloned().collect::<Vec<_>>().join(", ");
            return Err(StarterError::NoSuchScope { scope: scope.to_owned(), some });
        }
        Some(scope) => scope.to_owned(),
        None => widest.map_or_else(|| "api:*".to_owned(), |(scope, _)| scope.clone()),
    };
    let unlocked = reach.get(&held).map_or(description.operations.len(), |r| r.operations);
    let name = kebab(&description.title);
    let text = format!(
        r#"# yaml-language-server: $schema=https://runaway.invalid/schemas/scenario.schema.json
#
# Made by `runaway init --from openapi` from {title} {version}: {operations} operations, of which {unlocked} are
# unlocked by the one scope that the agent holds. Counts and validation are defaults: put in what is true of yours.
runaway: 1
name: {name}
story: >
  An agent with the scope {held} on {title} follows a bad instruction: it tries everything that it can.
  An alarm counts its requests, and its token is revoked a while later.
place: production-data
time: {{horizon: 10min, settle: 60s}}

services:
  api:
    accepts: {{mode: introspect, cache: 30s}}    # when does a revoked token stop working? look it up
    latency: 20ms
    openapi: {{file: {file}, counts: 25}}

identities:
  owner: {{kind: human}}
  bot:   {{kind: agent, of: owner}}

credentials:
  bot-token: {{of: bot, kind: access-token, scopes: [{scope}]}}

agents:
  bot:
    is: bot
    holds: [bot-token]
    knows: ["api.*"]
    told: []                                  # put its honest task here
    fault: {{harvest: {{strategy: breadth}}}}
    pace: {{machine: 4}}
{may}
detect:
  burst: {{requests: {requests}, within: 10s, by: principal}}

steps:
  revoke-bot: {{revoke: everything of the principal}}

respond:
  burst: {{after: 2s, do: [revoke-bot]}}

limits: {{survivors: 0, closed: 5min}}          # what may it do before it is stopped? say e.g. excess.delete: 0

variants:
  uncontrolled: {{story: Nobody answers., set: {{respond: {{}}}}, expect_verdict: fail}}
"#,
        title = one_line(&description.title),
        version = one_line(&description.version),
        operations = description.operations.len(),
        file = quoted(&file.display().to_string()),
        requests = alarmed(description.operations.len()),
        scope = quoted(&held),
        may = allowed(&description),
    );
    Ok((name, text))
}

/// So many requests raise the alarm: an agent that tries everything makes at least one for each operation.
fn alarmed(operations: usize) -> usize {
    (operations / 2).clamp(1, 50)
}

/// What the description lets anybody do is no excess.
fn allowed(description: &Description) -> String {
    let open = description.operations.iter().filter(|operation| operation.requires.admits_anybody());
    let names: Vec<String> = open.map(|operation| format!("api.{}", operation.id)).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "    may:                                      # the description opens these to anybody\n      - {}\n",
        names.join("\n      - ")
    )
}

fn kebab(title: &str) -> String {
    let lower: String =
        title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let joined = lower.split('-').filter(|part| !part.is_empty()).take(5).collect::<Vec<_>>().join("-");
    if joined.starts_with(|c: char| c.is_ascii_alphabetic()) { joined } else { format!("api-{joined}") }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(80).collect()
}

/// A YAML double-quoted scalar: JSON strings are such.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
