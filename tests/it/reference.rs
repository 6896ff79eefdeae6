//! `docs/reference` is what the registries say, and every fault says what it is. `UPDATE=1` writes the pages anew.

use std::fs;
use std::path::Path;

use runaway::agent::faults;
use runaway::model::catalogue::{DETECTIONS, PREVENTIONS, REMEDIES};
use runaway::run::measurable;
use runaway::scenario::{Overrides, Source, parse, parts};

use crate::binary::runaway;

#[test]
fn the_pages_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    for name in ["format", "targets", "faults", "detectors", "responses", "measures", "containment"] {
        let printed = String::from_utf8(runaway(["reference", name]).stdout).unwrap();
        let page = folder.join(format!("{name}.md"));
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(page, printed).unwrap();
        } else {
            assert_eq!(fs::read_to_string(page).unwrap(), printed, "UPDATE=1 writes {name}.md anew");
        }
    }
}

#[test]
fn every_fault_of_the_format_says_what_it_models_its_incident_and_its_limits() {
    let pages = faults();
    for page in &pages {
        for part in [&page.summary, &page.models, &page.incident, &page.limits] {
            assert!(part.ends_with('.') && part.len() > 20, "{}: {page:#?}", page.name);
        }
    }
    let names: std::collections::BTreeSet<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    let eight = [
        "harvest",
        "injected",
        "over-broad",
        "runaway-loop",
        "spread",
        "stale-plan",
        "wrong-credential",
        "wrong-target",
    ];
    assert!(names.iter().copied().eq(eight) && pages.len() == 8, "a page for each, once: {names:?}");
    let agent = parts().into_iter().find(|part| part.name == "agent").unwrap();
    let fault = agent.fields().iter().find(|field| field.name == "fault").unwrap();
    for page in &pages {
        let word = format!("`{}`", page.name);
        assert!(fault.shape.describe().contains(&word), "{word} can be written: {}", fault.shape.describe());
    }
}

#[test]
fn every_kind_of_the_catalogue_can_be_written_and_is_the_only_one_that_can() {
    let named = |part: &str| parts().into_iter().find(|known| known.name == part).unwrap();
    let written = |part: &str, key: &str| named(part).fields().iter().any(|field| field.name == key);
    assert!(DETECTIONS.iter().all(|kind| written("detector", kind.key)));
    assert!(REMEDIES.iter().all(|kind| written("step", kind.key)));
    assert!(PREVENTIONS.iter().all(|kind| written("control", kind.key)));
    for page in ["detectors", "responses"] {
        let listed = String::from_utf8(runaway(["list", page]).stdout).unwrap();
        let keys: Vec<&str> = match page {
            "detectors" => DETECTIONS.iter().map(|kind| kind.key).collect(),
            _ => REMEDIES.iter().map(|kind| kind.key).chain(PREVENTIONS.iter().map(|kind| kind.key)).collect(),
        };
        let missing = keys.iter().find(|key| !listed.lines().any(|line| line.split(' ').next() == Some(key)));
        assert_eq!(missing, None, "{listed}");
    }
}

#[test]
fn an_entry_of_a_registry_is_shown_by_its_name() {
    let shown = |name: &str| String::from_utf8(runaway(["show", name]).stdout).unwrap();
    assert!(shown("fault:runaway-loop").contains("The incident"));
    assert!(shown("runaway-loop").contains("run it: runaway run runaway-loop"), "a scenario goes first");
    assert_eq!(shown("harvest"), shown("fault:harvest"), "one entry of that name");
    let both = format!("{}\n{}", shown("detector:after_reading"), shown("response:after_reading"));
    assert_eq!(shown("after_reading"), both, "two of that name");
    let unknown = runaway(["show", "detector:requets"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("did you mean `detector:requests`?"));
}

#[test]
fn every_example_of_the_catalogue_is_read_as_it_stands() {
    let text = include_str!("../formats/defence.yaml");
    let detectors = DETECTIONS.iter().map(|kind| ("detect", kind.key, kind.example));
    let steps = REMEDIES.iter().map(|kind| ("steps", kind.key, kind.example));
    let controls = PREVENTIONS.iter().map(|kind| ("controls", kind.key, kind.example));
    for (under, key, example) in detectors.chain(steps).chain(controls) {
        assert!(example.contains(&format!("{key}:")), "{example}");
        let with_it = text.replace(&format!("\n{under}:\n"), &format!("\n{under}:\n  example: {example}\n"));
        assert_ne!(with_it, text, "{under}");
        let source = Source { name: "defence.yaml".into(), text: with_it.into() };
        let resolved = parse(source, &measurable()).and_then(|read| read.resolve(None, &Overrides::default()));
        assert!(resolved.is_ok(), "{under}: {example}\n{}", resolved.err().unwrap());
    }
}
