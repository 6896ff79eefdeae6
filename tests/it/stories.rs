//! The fifteen stories: each in the library under its name, with all that a story has.

use jsonschema::validator_for;
use runaway::scenario::schema;
use serde_json::Value;

const STORIES: [&str; 15] = [
    "volume-delete",
    "wiper",
    "moltbook",
    "prod-freeze",
    "runaway-loop",
    "wrong-endpoint",
    "heartbeat-worm",
    "build-postinstall",
    "private-to-public",
    "ticket-service-role",
    "build-triage",
    "ticket-attachments",
    "saas-fanout",
    "deploy-recreate",
    "forged-issuer",
];

#[test]
fn there_are_fifteen_stories() {
    let embedded = runaway::library::SCENARIOS.iter().map(|scenario| scenario.name).collect::<Vec<_>>();
    assert_eq!(embedded.len(), STORIES.len());
    assert!(STORIES.iter().all(|name| embedded.contains(name)), "{embedded:?}");
}

#[test]
fn every_story_fits_the_schema_and_names_it_for_editors() {
    let validator = validator_for(&schema()).unwrap();
    for name in STORIES {
        let text = runaway::library::find(name).expect("a scenario of the library").text;
        let mut lines = text.lines();
        let line = "# yaml-language-server: $schema=../schemas/scenario.schema.json";
        assert_eq!(lines.next(), Some(line), "{name}");
        assert!(lines.next().is_some_and(|l| l.starts_with('#')), "{name}: the header tells the story");
        let value: Value = serde_saphyr::from_str(text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        for key in ["story", "based_on", "sources", "place", "tags", "truth", "limits", "variants"] {
            assert!(value.get(key).is_some(), "{name} has no {key}");
        }
        assert!(value["variants"].get("hardened").is_some(), "{name} has no hardened twin");
    }
}
