//! What people and scripts read: widths, colours, names.

use unicode_width::UnicodeWidthStr as _;

use crate::binary::runaway;

const SPOKEN: &[&[&str]] = &[
    &["demo"],
    &["run", "moltbook", "--out", "DIR"],
    &["run", "moltbook@three-rounds", "--out", "DIR"],
    &["run", "moltbook@hardened", "--out", "DIR"],
    &["run", "wiper@lag-60s", "--out", "DIR"],
    &["run", "wiper@at-once", "--out", "DIR"],
    &["list"],
    &["list", "--measures"],
    &["show", "moltbook"],
    &["show", "wiper"],
    &["show", "volume-delete"],
    &["check", "scenarios/moltbook.yaml"],
    &["--help"],
    &["run", "--help"],
    &["demo", "--help"],
    &["check", "--help"],
    &["mock", "--help"],
    &["replay", "--help"],
    &["list", "--help"],
    &["show", "--help"],
    &["init", "--help"],
    &["schema", "--help"],
    &["run", "motlbook"],
    &["run", "moltbook@hardend"],
];

fn spoken(args: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder of our own");
    let folder = folder.path().to_str().expect("a plain path");
    let ran = runaway(args.iter().map(|arg| if *arg == "DIR" { folder } else { arg }));
    let both = [ran.stdout, ran.stderr].concat();
    String::from_utf8(both).expect("text").replace(folder, "DIR")
}

#[test]
fn eighty_columns_hold_and_pipes_get_no_colours() {
    let mut wide = Vec::new();
    for args in SPOKEN {
        let said = spoken(args);
        assert!(!said.is_empty(), "{args:?} says nothing");
        assert!(!said.contains('\u{1b}'), "{args:?} sends escape codes into a pipe");
        // What quotes a file is as wide as the file.
        wide.extend(
            said.lines()
                .filter(|line| line.width() > 80 && !line.contains(" | "))
                .map(|line| format!("{args:?}: {line}")),
        );
    }
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn misspelt_names_are_answered_with_the_near_one() {
    assert!(spoken(&["run", "motlbook"]).contains("did you mean `moltbook`?"));
    assert!(spoken(&["run", "moltbook@hardend"]).contains("did you mean `hardened`?"));
    assert!(spoken(&["shwo"]).contains("show"));
}

#[test]
fn scripts_find_the_names_that_they_rely_on() {
    let listed: serde_json::Value =
        serde_json::from_str(&spoken(&["list", "--format", "json"])).expect("JSON and nothing else");
    let scenarios = listed["scenarios"].as_array().expect("a list");
    assert_eq!(scenarios.len(), runaway::library::SCENARIOS.len());
    for scenario in scenarios {
        assert!(scenario["name"].is_string(), "{scenario}");
        assert!(scenario["variants"].as_array().is_some_and(|v| v.iter().all(|v| v["name"].is_string())), "{scenario}");
    }
    let folder = tempfile::tempdir().expect("a folder of our own");
    let ran = crate::binary::run_into("volume-delete@scoped-token", folder.path());
    assert_eq!(ran.status.code(), Some(0));
    let written = std::fs::read(folder.path().join("run.json")).expect("run.json");
    let run: serde_json::Value = serde_json::from_slice(&written).expect("JSON");
    for key in ["schema", "scenario", "variant", "seed", "plane", "outcome", "verdict", "journal_digest", "measures"] {
        assert!(!run[key].is_null(), "run.json has no {key}");
    }
    let journal = std::fs::read_to_string(folder.path().join("journal.ndjson")).expect("the journal");
    let last: serde_json::Value = serde_json::from_str(journal.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["digest"], run["journal_digest"]);
}

/// `UPDATE=1` writes it anew.
#[test]
fn the_output_in_the_readme_is_real() {
    const BEGIN: &str = "<!-- runaway demo -->\n```text\n";
    let readme = std::fs::read_to_string("README.md").expect("the README");
    let (before, rest) = readme.split_once(BEGIN).expect("README shows what `runaway demo` prints");
    let (block, after) = rest.split_once("```").expect("the end of the block");
    let real = spoken(&["demo"]);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write("README.md", format!("{before}{BEGIN}{real}```{after}")).expect("the README");
    } else {
        assert_eq!(block, real);
    }
}
