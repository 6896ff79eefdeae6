//! The checked-in schemas are the ones that the program prints, and they fit.

use std::fs;
use std::path::Path;

use crate::support::{LONG, library, run};
use runaway::report::{RunReport, Summary, run_schema};
use runaway::scenario::schema;
use runaway::staging::targets;
use serde_json::Value;

fn checked_in(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    serde_json::from_str(&fs::read_to_string(&path).unwrap_or_default()).unwrap_or(Value::Null)
}

#[test]
fn checked_in_schemas_are_fresh() {
    let command =
        "cargo run -- schema > schemas/scenario.schema.json; cargo run -- schema run > schemas/run.schema.json";
    assert_eq!(checked_in("scenario.schema.json"), schema(), "make it anew: {command}");
    assert_eq!(checked_in("run.schema.json"), run_schema(), "make it anew: {command}");
    let command = "cargo run -- schema results > schemas/results.schema.json";
    assert_eq!(checked_in("results.schema.json"), runaway::gate::results_schema(), "make it anew: {command}");
    let command = "cargo run -- schema drill > schemas/drill.schema.json";
    assert_eq!(checked_in("drill.schema.json"), runaway::staging::drill::drill_schema(), "make it anew: {command}");
    let command = "cargo run -- schema targets > schemas/targets.schema.json";
    assert_eq!(checked_in("targets.schema.json"), targets::grammar::schema(), "make it anew: {command}");
}

#[test]
fn the_library_fits_the_scenario_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for scenario in runaway::library::SCENARIOS {
        let value: Value = serde_saphyr::from_str(scenario.text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", scenario.name);
    }
}

/// Every key of a schema that an editor would offer without a word about it.
fn undescribed(schema: &Value, at: &str, found: &mut Vec<String>) {
    for (key, below) in schema["properties"].as_object().into_iter().flatten() {
        if below["description"].as_str().is_none_or(str::is_empty) {
            found.push(format!("{at}.{key}"));
        }
    }
    let parts = schema.as_object().into_iter().flatten().map(|(key, below)| (key.as_str(), below));
    let items = schema.as_array().into_iter().flatten().map(|below| ("", below));
    for (key, below) in parts.chain(items) {
        undescribed(below, &format!("{at}.{key}"), found);
    }
}

#[test]
fn editors_can_say_what_every_key_means() {
    let mut found = Vec::new();
    undescribed(&schema(), "scenario", &mut found);
    undescribed(&targets::grammar::schema(), "targets", &mut found);
    undescribed(&runaway::staging::drill::drill_schema(), "drill", &mut found);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_misspelt_key_does_not_fit() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let text = runaway::library::find("moltbook").unwrap().text.replace("horizon:", "horizont:");
    let value: Value = serde_saphyr::from_str(&text).unwrap();
    assert!(!validator.is_valid(&value));
}

#[test]
fn every_run_json_fits_its_schema() {
    let validator = jsonschema::validator_for(&run_schema()).unwrap();
    for scenario in runaway::library::SCENARIOS {
        let document = library(scenario.name);
        for variant in document.variants() {
            if LONG.contains(&format!("{}@{}", scenario.name, variant.name).as_str()) {
                continue;
            }
            let ran = run(&document, Some(&variant.name), &[]);
            let summary = Summary {
                fixes: None,
                plan: &ran.prepared.plan,
                references: &ran.prepared.references,
                measures: &ran.finished.measures,
                judgement: &ran.finished.judgement,
                events: &ran.events,
                plane: "sim",
            };
            let report = serde_json::to_value(RunReport::of(&summary, &"0".repeat(64))).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&report).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{}@{}: {errors:#?}", scenario.name, variant.name);
        }
    }
}

#[test]
fn targets_files_fit_their_schema() {
    let validator = jsonschema::validator_for(&targets::grammar::schema()).unwrap();
    let text = include_str!("../fixtures/targets.yaml");
    let value: Value = serde_saphyr::from_str(text).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let misspelt: Value = serde_saphyr::from_str(&text.replace("deadline:", "deadlin:")).unwrap();
    assert!(!validator.is_valid(&misspelt));
}
