//! Every bad scenario has its golden message: what is wrong, where, and what to do. `UPDATE=1` writes them anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use runaway::scenario::Code;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")
}

/// The names of the bad scenarios, without their ending.
fn names() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned)).collect();
    names.sort();
    names
}

fn check(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.arg("check").args(args).current_dir(folder()).env("NO_COLOR", "1").output().unwrap()
}

fn printed(args: &[&str]) -> String {
    String::from_utf8(check(args).stdout).expect("findings are UTF-8")
}

fn rows(args: &[&str]) -> Vec<serde_json::Value> {
    let json: serde_json::Value = serde_json::from_str(&printed(&[args, &["--format", "json"]].concat())).unwrap();
    json["findings"].as_array().unwrap().clone()
}

#[test]
fn every_bad_scenario_gets_its_message() {
    let mut differing = Vec::new();
    for name in names() {
        let file = format!("{name}.yaml");
        let output = check(&[&file]);
        let printed = String::from_utf8(output.stdout).expect("findings are UTF-8");
        assert_eq!(output.status.code(), Some(2), "{file}: {printed}");
        assert!(output.stderr.is_empty(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        let golden = folder().join(format!("{name}.txt"));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(golden, printed).unwrap();
        } else if fs::read_to_string(golden).unwrap_or_default() != printed {
            differing.push(format!("== {name}\n{printed}"));
        }
    }
    assert!(differing.is_empty(), "UPDATE=1 writes these anew; read them first\n{}", differing.join("\n"));
}

#[test]
fn every_golden_message_has_its_scenario() {
    let names = names();
    for entry in fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if let Some(name) = file.strip_suffix(".txt") {
            assert!(names.iter().any(|known| known == name), "{file} belongs to no scenario");
        }
    }
}

#[test]
fn every_finding_says_what_where_and_what_to_do() {
    for name in names() {
        let file = format!("{name}.yaml");
        let found = rows(&[&file]);
        assert!(found.iter().any(|row| row["severity"] == "error"), "{file}: {found:?}");
        for row in found {
            assert_eq!(row["file"], file.as_str());
            assert!(row["line"].as_u64() >= Some(1) && row["column"].as_u64() >= Some(1), "{file}: {row}");
            assert!(row["message"].as_str().is_some_and(|m| m.len() > 10), "{file}: {row}");
            assert!(row["help"].as_str().is_some_and(|h| h.len() > 5), "{file} has no help: {row}");
        }
    }
}

#[test]
fn one_mistake_is_one_finding() {
    const SEVERAL: &[&str] = &[
        "five-mistakes",
        "identities-too-many",
        // Beside the mistake stands what this version does not run.
        "runbook-require",
    ];
    for name in names() {
        let found = rows(&[&format!("{name}.yaml")]);
        let errors = found.iter().filter(|row| row["severity"] == "error").count();
        if !SEVERAL.contains(&name.as_str()) {
            assert_eq!(errors, 1, "{name}: {found:#?}");
        }
    }
}

#[test]
fn every_code_has_a_bad_scenario() {
    let files: Vec<String> = names().iter().map(|name| format!("{name}.yaml")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let found: BTreeSet<String> = rows(&files).iter().map(|row| row["code"].as_str().unwrap().to_owned()).collect();
    let known: BTreeSet<String> = Code::ALL.iter().map(|code| code.name().to_owned()).collect();
    assert_eq!(found, known);
}

#[test]
fn all_findings_of_all_files_are_shown() {
    let both = printed(&["word-misspelt.yaml", "nothing-there.yaml", "key-misspelt.yaml"]);
    for part in ["error[unknown-word]", "error[unreadable]", "error[unknown-key]", "nothing-there.yaml: wrong"] {
        assert!(both.contains(part), "{part}: {both}");
    }
    let library = "../../scenarios/moltbook.yaml";
    let output = check(&[library, "word-misspelt.yaml"]);
    assert_eq!(output.status.code(), Some(2), "one bad file is enough");
    assert!(String::from_utf8_lossy(&output.stdout).contains("moltbook.yaml: fine"));
}

#[test]
fn one_variant_is_checked_by_name() {
    let library = "../../scenarios/moltbook.yaml";
    assert_eq!(check(&[&format!("{library}@hardened")]).status.code(), Some(0));
    let misspelt = printed(&[&format!("{library}@hardend")]);
    assert!(misspelt.contains("error[unknown-variant]: there is no variant `hardend`"), "{misspelt}");
    assert!(misspelt.contains("did you mean `hardened`?"), "{misspelt}");
}
