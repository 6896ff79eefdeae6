//! The house stays tidy: who may use whom, what the core may not name, how long a file may be.

use std::fs;
use std::path::{Path, PathBuf};

/// What each room may use beside itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("model", &["wire"]),
    ("world", &["wire", "model", "analysis"]),
    ("agent", &["wire", "model"]),
    ("responder", &["wire", "model"]),
    ("analysis", &["wire", "model"]),
    ("vocabulary", &["wire", "model"]),
    ("import", &["wire", "model"]),
    ("scenario", &["wire", "model", "import"]),
    ("journal", &["wire", "model"]),
    ("audit", &["wire", "model"]),
    ("measure", &["wire", "model", "world", "analysis", "audit", "journal"]),
    ("verdict", &["wire", "model", "measure"]),
    ("report", &["wire", "model", "audit", "measure", "verdict", "journal", "graph"]),
    ("graph", &["wire", "model", "analysis", "measure"]),
    ("fix", &["wire", "model", "plane", "measure", "scenario", "report", "run"]),
    ("lanes", &[]),
    ("plane", &["wire", "model", "world", "agent", "responder", "analysis", "vocabulary", "journal", "lanes"]),
    ("staging", &["wire", "model", "agent", "import", "scenario", "measure", "verdict", "report", "lanes"]),
    ("gate", &["wire", "model", "measure", "verdict", "report", "scenario"]),
    ("library", &[]),
    ("generate", &["model"]),
    (
        "run",
        &[
            "wire",
            "model",
            "world",
            "agent",
            "analysis",
            "vocabulary",
            "plane",
            "measure",
            "verdict",
            "scenario",
            "journal",
        ],
    ),
];

/// Rooms that do no I/O and read no clock.
const CORE: &[&str] =
    &["wire", "model", "world", "agent", "responder", "analysis", "audit", "measure", "verdict", "graph"];

/// What the core may not name.
const NOT_IN_CORE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::io",
    "std::process",
    "Instant",
    "SystemTime",
    "tokio",
    "wiremock",
    "hyper::",
    "HashMap",
    "HashSet",
];

/// What nobody may leave behind.
const NOWHERE: &[&str] = &["todo!(", "unimplemented!(", "dbg!("];

/// A file that is longer has two jobs.
const MOST_LINES: usize = 600;
/// A file that is longer needs a reason.
const USUAL_LINES: usize = 300;
const LONGER: &[(&str, &str)] = &[
    ("src/wire/event.rs", "one enum, every kind of event with its doc"),
    ("src/agent/mod.rs", "one agent, from its start to its last request"),
    ("src/measure/registry.rs", "every measure with its definition"),
    ("src/measure/mod.rs", "the registry's values, key by key"),
    ("src/scenario/document.rs", "reading a file and choosing a variant"),
    ("src/scenario/lower/services.rs", "everything that an operation can say"),
    ("src/scenario/lower/agents.rs", "everything that an agent can be told"),
    ("src/scenario/lower/defence.rs", "everything that the defence can do"),
    ("src/scenario/lower/mod.rs", "the order of lowering"),
    ("src/plane/driver.rs", "the one driver"),
    ("src/analysis/mod.rs", "the one search"),
    ("src/cli/args.rs", "every verb with what may be said to it"),
    ("src/staging/explore/tour.rs", "the driver of an exploration"),
    ("src/staging/explore/model.rs", "one scenario from one targets file"),
    ("src/verdict/mod.rs", "every reason for a verdict, in its order"),
    ("src/report/summary.rs", "the parts of a summary in their order"),
    ("src/model/service.rs", "plain tables with their docs"),
    ("src/cli/show.rs", "the parts of a scenario in their order"),
    ("src/staging/targets/lower.rs", "the parts of a targets file in their order"),
    ("src/staging/drill/matrix.rs", "the fold and its cases"),
    ("src/planted.rs", "a line for each mistake"),
    ("src/world/credentials.rs", "the one table of credentials"),
    ("src/world/handle.rs", "one request, decided in its order"),
    ("src/world/records.rs", "the state of every record: what is shown, made, deleted"),
    ("src/measure/reach.rs", "one arm for each kind of event, and what they come to"),
    ("src/world/detect/mod.rs", "the way of one line through all detectors"),
    ("src/journal/fields.rs", "the fields of each kind of event"),
    ("src/journal/read.rs", "one arm for each kind of event"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn sources() -> Vec<(String, String)> {
    let mut open = vec![root().join("src")];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                files.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs")
        || name.contains("/tests/")
        || name.ends_with("/testing.rs")
        || name.contains("/testing/")
        || name.ends_with("hostile.rs")
}

/// The part of a file before its test module, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    text[..end].lines().enumerate().map(|(i, line)| (i + 1, before_comment(line)))
}

/// The two strokes of a URL begin no comment.
fn before_comment(line: &str) -> &str {
    let comment = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':'));
    comment.map_or(line, |(at, _)| &line[..at])
}

/// The rooms that a line names: `crate::room`, and each of `crate::{room, other::Thing}`.
fn rooms_named(code: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()
    };
    let parts = code.split("crate::").skip(1);
    let named = parts.flat_map(|part| match part.strip_prefix('{') {
        Some(list) => list.split(',').map(word).collect::<Vec<_>>(),
        None => vec![word(part)],
    });
    named.collect()
}

fn room(name: &str) -> &str {
    let inside = name.strip_prefix("src/").unwrap_or(name);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// Uses that the table does not allow, as `file:line: …`.
fn forbidden_uses(files: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| !is_test(name)) {
        let Some((_, allowed)) = MAY_USE.iter().find(|(r, _)| *r == room(name)) else { continue };
        for (line, code) in code(text) {
            for used in rooms_named(code) {
                let known = MAY_USE.iter().any(|(r, _)| *r == used) || used == "cli";
                if known && used != room(name) && !allowed.contains(&used.as_str()) {
                    found.push(format!(
                        "{name}:{line}: `{}` may not use `{used}`: see MAY_USE in tests/it/tidy.rs",
                        room(name)
                    ));
                }
            }
        }
    }
    found
}

fn forbidden_names(files: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| !is_test(name)) {
        for (line, code) in code(text) {
            let core = CORE.contains(&room(name));
            for word in NOT_IN_CORE.iter().filter(|w| core && code.contains(**w)) {
                found.push(format!("{name}:{line}: the core may not name `{word}`: hand it in from a plane"));
            }
            for word in NOWHERE.iter().filter(|w| code.contains(**w)) {
                found.push(format!("{name}:{line}: `{word}` is no code: finish it or say so in the issue"));
            }
        }
    }
    found
}

#[test]
fn nobody_uses_what_lies_behind_them() {
    let found = forbidden_uses(&sources());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_core_does_no_io_and_reads_no_clock() {
    let found = forbidden_names(&sources());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn files_have_one_job() {
    let mut found = Vec::new();
    for (name, text) in sources().iter().filter(|(name, _)| !is_test(name)) {
        let lines = text.lines().count();
        if lines > MOST_LINES {
            found.push(format!("{name}: {lines} lines are two files"));
        } else if lines > USUAL_LINES && !LONGER.iter().any(|(file, _)| file == name) {
            found.push(format!("{name}: {lines} lines need a reason in LONGER, or another file"));
        }
    }
    let is_long = |file: &str| sources().iter().any(|(name, text)| name == file && text.lines().count() > USUAL_LINES);
    let stale = LONGER.iter().filter(|(file, _)| !is_long(file));
    found.extend(stale.map(|(file, _)| format!("{file} needs no reason in LONGER any more")));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_checks_find_what_is_planted() {
    let planted = |name: &str, text: &str| vec![(name.to_owned(), text.to_owned())];
    assert_eq!(forbidden_uses(&planted("src/agent/x.rs", "use crate::world::World;\n")).len(), 1);
    assert_eq!(forbidden_uses(&planted("src/agent/x.rs", "let a = crate::world::X;\n")).len(), 1);
    assert_eq!(forbidden_uses(&planted("src/agent/x.rs", "use crate::{wire, world::World, plane};\n")).len(), 2);
    assert_eq!(forbidden_names(&planted("src/world/x.rs", "f(\"https://a\", std::fs::read)\n")).len(), 1);
    assert_eq!(forbidden_uses(&planted("src/plane/x.rs", "use crate::world::World;\n")).len(), 0);
    assert_eq!(forbidden_names(&planted("src/world/x.rs", "use std::fs;\n")).len(), 1);
    assert_eq!(forbidden_names(&planted("src/world/x.rs", "// std::fs\n")).len(), 0);
    assert_eq!(forbidden_names(&planted("src/cli/x.rs", "todo!()\n")).len(), 1);
}

#[test]
fn the_top_level_is_what_was_asked_for() {
    for name in [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "scenarios",
        "tests",
        "reports",
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
    ] {
        assert!(root().join(name).exists(), "{name} is missing");
    }
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    assert!(lib.contains("#![forbid(unsafe_code)]"));
}

#[test]
fn scenarios_begin_with_the_line_that_editors_read() {
    for entry in fs::read_dir(root().join("scenarios")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "yaml") {
            let text = fs::read_to_string(&path).unwrap();
            let mut lines = text.lines();
            let schema = "# yaml-language-server: $schema=../schemas/scenario.schema.json";
            assert_eq!(lines.next(), Some(schema), "{}", path.display());
            assert!(lines.next().is_some_and(|l| l.starts_with('#')), "{}: the header tells the story", path.display());
        }
    }
}
