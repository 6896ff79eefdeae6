//! `explain`: a true story, each sentence of which names the lines of the journal that show it.

use std::fs;

use serde_json::Value;

use crate::binary::{run_into, runaway};

struct Told {
    chapters: Vec<Value>,
    /// The lines of the journal, header and trailer included.
    journal: Vec<String>,
}

impl Told {
    fn written(text: &str) -> Told {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let file = folder.path().join("written.yaml");
        fs::write(&file, text).unwrap();
        Told::of(file.to_str().unwrap())
    }

    fn of(scenario: &str) -> Told {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let out = folder.path().join("run");
        let ran = run_into(scenario, &out);
        assert!(ran.status.code().is_some_and(|code| code < 2), "{scenario}: {ran:?}");
        let told = runaway(["explain", "--format", "json", out.to_str().unwrap()]);
        assert_eq!(told.status.code(), Some(0), "{told:?}");
        let value: Value = serde_json::from_slice(&told.stdout).unwrap();
        let journal = fs::read_to_string(out.join("journal.ndjson")).unwrap();
        Told {
            chapters: value["chapters"].as_array().unwrap().clone(),
            journal: journal.lines().map(str::to_owned).collect(),
        }
    }

    fn sentences(&self) -> impl Iterator<Item = &Value> {
        self.chapters.iter().flat_map(|chapter| chapter["sentences"].as_array().unwrap())
    }

    /// The sentence that contains these words, and the lines that it stands on.
    fn sentence(&self, words: &str) -> (String, Vec<&str>) {
        let text = |s: &Value| s["text"].as_str().unwrap().to_owned();
        let found = self.sentences().find(|s| text(s).contains(words));
        let found = found.unwrap_or_else(|| panic!("no sentence has `{words}`: {:#?}", self.chapters));
        let run = |run: &Value| (run[0].as_u64().unwrap() as usize, run[1].as_u64().unwrap() as usize);
        let runs = found["lines"].as_array().unwrap().iter().map(run);
        let lines = runs.flat_map(|(first, last)| self.journal[first - 1..last].iter().map(String::as_str));
        (text(found), lines.collect())
    }
}

#[test]
fn every_sentence_stands_on_lines_that_are_there() {
    for scenario in runaway::library::SCENARIOS {
        for variant in ["uncontrolled", "hardened", "near-miss"] {
            let told = Told::of(&format!("{}@{variant}", scenario.name));
            assert!(told.chapters.len() > 3, "{}@{variant}", scenario.name);
            for sentence in told.sentences() {
                let lines = sentence["lines"].as_array().unwrap();
                assert!(!lines.is_empty(), "{sentence}");
                for run in lines {
                    let (first, last) = (run[0].as_u64().unwrap(), run[1].as_u64().unwrap());
                    assert!(1 <= first && first <= last && last < told.journal.len() as u64, "{sentence}");
                }
            }
        }
    }
}

#[test]
fn the_hop_of_a_found_token_is_told_with_its_request_and_its_place() {
    let told = Told::of("volume-delete@near-miss");
    let (text, lines) = told.sentence("came out of");
    assert!(text.contains("repo.search") && text.contains("domains-cli") && text.contains("files-1"), "{text}");
    assert!(lines[0].contains("\"asked\"") && lines[0].contains("repo.search"), "{lines:?}");
    assert!(lines[1].contains("\"got\""), "{lines:?}");
    let (text, _) = told.sentence("With api-key");
    assert!(text.contains("38,015 of 38,016"), "a volume, 14 backups and 38,000 rows, beside one file: {text}");
    let (_, lines) = told.sentence("The last effect");
    assert!(lines[0].contains("delete") && lines[0].contains("100000"), "{lines:?}");
}

/// A hundred tokens lie in the hub, and each opens 90 records: no single one is what made it an incident.
const TOKENS: &str = r#"runaway: 1
name: tokens
time: {horizon: 1min}
services:
  hub: {accepts: gateway, operations: {dump: GET /tokens -> tokens records}}
  api: {accepts: gateway, rows: owner, operations: {mine: GET /mine -> items records}}
identities: {bot: {kind: agent}, user: {kind: human, count: 100}}
credentials:
  key: {of: bot, kind: api-key, scopes: ["hub:*"]}
  token: {one_per: user, kind: access-token, scopes: ["api:*"]}
data:
  tokens: {count: 100, class: secret, holds: "token-{n}"}
  items: {count: 9_000, class: pii, owner: "user-{n div 90}"}
agents:
  bot:
    is: bot
    holds: [key]
    knows: [hub.*, api.*]
    told: []
    fault: over-broad
    then: [hub.dump, {do: api.mine, as: each token in turn, times: 100}]
detect:
  burst: {records: 100, within: 1min, by: principal}
steps:
  key-off: {revoke: every key}
  found-off: {revoke: exposed}
respond:
  burst: {after: 10s, do: [key-off, found-off]}
limits: {excess: 10_000}
"#;

#[test]
fn what_was_found_together_is_told_together() {
    let told = Told::written(TOKENS);
    let (text, lines) = told.sentence("With access-token");
    assert!(text.contains("and 99 more of token came 9,000 of 9,100 effects"), "{text}");
    assert_eq!(lines.iter().filter(|line| line.contains("\"got\"")).count(), 100, "{lines:?}");
}

#[test]
fn a_step_that_found_nothing_says_so() {
    let told = Told::written(TOKENS);
    let (text, lines) = told.sentence("found-off");
    assert_eq!(text, "The step found-off found nothing to act on.");
    assert!(lines.len() == 1 && lines[0].contains("\"responding\""), "{lines:?}");
}

#[test]
fn what_came_after_the_declaration_is_counted_and_shown() {
    let told = Told::of("wiper@lag-60s");
    let (text, lines) = told.sentence("after it was declared contained");
    assert!(
        text.starts_with("2,999 calls with an effect"),
        "50 a second for a minute, less the one at its end: {text}"
    );
    assert_eq!(lines.len(), 2_999);
    assert!(lines.iter().all(|line| line.contains("\"touched\"") && line.contains("delete")));
    let (text, _) = told.sentence("went on accepting");
    assert!(text.contains("59.999 s"), "a minute from the alarm, which the action took a millisecond of: {text}");
}

#[test]
fn what_came_after_the_alarm_leaves_out_what_set_it_off() {
    let told = Told::of("wiper@near-miss");
    let (text, _) = told.sentence("after the first alarm");
    assert!(text.starts_with("7,474 calls with an effect"), "7,479 deletions less the five that were counted: {text}");
    let (text, _) = told.sentence("No hop was needed");
    assert!(text.contains("profile-prod-admin") && text.contains("3,027 of 7,479"), "16 + 3,000 + 11: {text}");
}

#[test]
fn an_incomplete_journal_is_told_as_far_as_it_goes() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let out = folder.path().join("run");
    run_into("volume-delete", &out);
    let path = out.join("journal.ndjson");
    let text = fs::read_to_string(&path).unwrap();
    let half: Vec<&str> = text.lines().take(12).collect();
    fs::write(&path, half.join("\n")).unwrap();
    let told = runaway(["explain", path.to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(4), "a story without its end is inconclusive: {told:?}");
    assert!(String::from_utf8(told.stdout).unwrap().contains("not known"), "the end is missing, and that is said");
}

#[test]
fn what_an_agent_read_and_obeyed_is_told_with_the_reading() {
    let told = Told::of("ticket-service-role");
    let (text, lines) = told.sentence("and obeyed");
    assert!(text.starts_with("At 50 ms, support read `ticket` in tickets-1"), "{text}");
    assert!(lines[0].contains("\"asked\"") && lines[0].contains("desk.read-tickets"), "{lines:?}");
    assert!(lines[1].contains("\"obeyed\""), "{lines:?}");
}
