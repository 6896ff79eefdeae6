//! The fifteen stories of the format: each reads, and what this version does not run of it is listed here, so that
//! whoever teaches it deletes a line.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use runaway::measure::registry;
use runaway::scenario::{Code, Source, parse, schema};
use serde_json::Value;

/// What is refused of each story, base and variants, in the order of its first place.
const LATER: &[(&str, &[&str])] = &[(
    "forged-issuer",
    &[
        "`keys`, a service that trusts some signing keys",
        "`jwks_cache`, a cache of signing keys",
        "`kid`, a signing key with an id",
        "`signed_by`, a credential that can be forged",
        "`forge`, an agent that makes credentials itself",
    ],
)];

/// Stories that run already stand in the library.
const RUN: &[&str] = &[
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
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn stories() -> Vec<(String, PathBuf)> {
    let folder = root().join("tests/formats/stories");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: PathBuf| Some((path.file_stem()?.to_str()?.to_owned(), path));
    let mut all: Vec<_> = paths.filter_map(named).collect();
    all.sort();
    all
}

#[test]
fn there_are_fifteen_stories() {
    assert_eq!(stories().len() + RUN.len(), 15);
    for name in RUN {
        assert!(runaway::library::find(name).is_some(), "{name}");
    }
    let listed: BTreeSet<&str> = LATER.iter().map(|(name, _)| *name).collect();
    let written: Vec<String> = stories().into_iter().map(|(name, _)| name).collect();
    assert!(written.iter().map(String::as_str).eq(listed), "LATER has a list for each: {written:?}");
}

#[test]
fn every_story_reads_and_is_refused_for_what_is_later_only() {
    let mut differing = String::new();
    for (name, path) in stories() {
        let text = fs::read_to_string(&path).unwrap();
        let source = Source { name: path.display().to_string(), text: text.into() };
        let document = parse(source, &registry::keys()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(document.name(), name, "a story's file is named after it");
        let found = document.check(None).map_or_else(|rejected| rejected.findings, |_| Vec::new());
        let wrong: Vec<_> = found.iter().filter(|f| f.code != Code::NotAvailable).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
        let mut later: Vec<&str> = Vec::new();
        for what in found.iter().filter_map(|f| f.message.split(": the format").next()) {
            if !later.contains(&what) {
                later.push(what);
            }
        }
        let listed = LATER.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, list)| list);
        if later != listed {
            differing += &format!("    ({name:?}, &{later:#?}),\n");
        }
    }
    assert!(differing.is_empty(), "LATER should say:\n{differing}");
}

#[test]
fn every_story_fits_the_schema_and_names_it_for_editors() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (name, path) in stories() {
        let text = fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let line = "# yaml-language-server: $schema=../../../schemas/scenario.schema.json";
        assert_eq!(lines.next(), Some(line), "{name}");
        assert!(lines.next().is_some_and(|l| l.starts_with('#')), "{name}: the header tells the story");
        let value: Value = serde_saphyr::from_str(&text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        for key in ["story", "based_on", "sources", "place", "tags", "truth", "limits", "variants"] {
            assert!(value.get(key).is_some(), "{name} has no {key}");
        }
        assert!(value["variants"].get("hardened").is_some(), "{name} has no hardened twin");
    }
}
