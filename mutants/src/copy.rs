//! The copy of the project in which every mutant lies behind its switch, and its build.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::edit::{Edit, Id, Rendered, render};
use crate::operators::{Mutant, mutate};

/// What the oracle is made of.
pub const ROOMS: [&str; 4] = ["world", "agent", "responder", "measure"];
const NOT_COPIED: [&str; 2] = ["target", ".git"];
const SWITCH: &str = include_str!("../switch.rs");

pub struct Source {
    name: String,
    text: String,
    edits: Vec<Edit>,
}

/// Where everything lies, under `target/mutants`.
pub struct Places {
    pub project: PathBuf,
    pub work: PathBuf,
}

impl Places {
    pub fn copy(&self) -> PathBuf {
        self.work.join("copy")
    }
}

pub fn copied(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type()?.is_dir() {
            if !NOT_COPIED.iter().any(|left_out| name == *left_out) {
                copied(&path, &to.join(&name))?;
            }
        } else {
            fs::copy(&path, to.join(&name))?;
        }
    }
    Ok(())
}

/// All mutants of the rooms, in the order of the files.
pub fn discover(project: &Path) -> (Vec<Source>, Vec<Mutant>) {
    let (mut sources, mut mutants) = (Vec::new(), Vec::new());
    for room in ROOMS {
        let mut open = vec![format!("src/{room}/mod.rs")];
        while let Some(name) = open.pop() {
            let text = fs::read_to_string(project.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            let file = mutate(&name, &text, &mut mutants).unwrap_or_else(|error| panic!("{name}: {error}"));
            let folder = name.strip_suffix("/mod.rs").or_else(|| name.strip_suffix(".rs")).unwrap_or(&name);
            for module in &file.modules {
                let beside = format!("{folder}/{module}.rs");
                let is_file = project.join(&beside).exists();
                open.push(if is_file { beside } else { format!("{folder}/{module}/mod.rs") });
            }
            let edits = file.edits;
            sources.push(Source { name, text, edits });
        }
    }
    (sources, mutants)
}

/// Builds the copy, over and over, until no mutant is left in it that does not compile. Gives the test binaries.
pub fn build(places: &Places, sources: &mut [Source], mutants: &mut [Mutant]) -> Vec<(String, PathBuf)> {
    let copy = places.copy();
    fs::write(copy.join("src/mutants.rs"), SWITCH).expect("the copy can be written");
    let library = fs::read_to_string(places.project.join("src/lib.rs")).expect("the library");
    let library = library.replace("#![forbid(unsafe_code)]", "") + "pub mod mutants;\n";
    fs::write(copy.join("src/lib.rs"), library).expect("the copy can be written");
    let mut dropped: BTreeSet<Id> = BTreeSet::new();
    loop {
        let rendered: Vec<(String, Rendered)> = sources
            .iter_mut()
            .map(|source| (source.name.clone(), render(&source.text, &mut source.edits, &dropped)))
            .collect();
        for (name, file) in &rendered {
            fs::write(copy.join(name), &file.text).expect("the copy can be written");
        }
        let (errors, _) = cargo(places, &["--bins"]);
        if errors.is_empty() {
            break;
        }
        let unviable: BTreeSet<Id> = errors.iter().flat_map(|error| blamed(error, &rendered)).collect();
        println!("{} errors, {} mutants do not compile", errors.len(), unviable.len());
        for mutant in mutants.iter_mut().filter(|mutant| unviable.contains(&mutant.id)) {
            mutant.without = Some("does not compile".into());
        }
        let before = dropped.len();
        dropped.extend(unviable);
        let told: String = errors.iter().filter_map(|error| error["rendered"].as_str()).collect();
        assert!(dropped.len() > before, "errors that no mutant explains:\n{told}");
    }
    let (errors, binaries) = cargo(places, &["--lib", "--bins", "--test", "it"]);
    assert!(errors.is_empty(), "the tests do not compile: {:#}", errors[0]);
    binaries
}

/// The mutants that an error is about: those whose own code it points at, else all of the place that it points into.
fn blamed(error: &Value, rendered: &[(String, Rendered)]) -> BTreeSet<Id> {
    let spans: Vec<(&Rendered, usize, usize, bool)> = spans_of(error, rendered);
    for primary_only in [true, false] {
        let pointed = spans.iter().filter(|span| span.3 || !primary_only);
        let own: BTreeSet<Id> = pointed
            .flat_map(|(file, start, end, _)| {
                file.traces.iter().filter(|trace| {
                    trace.own.start < *end && *start < trace.own.end && within(&trace.own, *start, *end)
                })
            })
            .map(|trace| trace.mutant)
            .collect();
        if !own.is_empty() {
            return own;
        }
    }
    spans
        .iter()
        .filter_map(|(file, start, end, _)| {
            let around = file.traces.iter().filter(|trace| within(&trace.whole, *start, *end));
            let narrowest = around.min_by_key(|trace| trace.whole.len())?.whole.clone();
            Some(file.traces.iter().filter(move |trace| trace.whole == narrowest).map(|trace| trace.mutant))
        })
        .flatten()
        .collect()
}

fn within(place: &std::ops::Range<usize>, start: usize, end: usize) -> bool {
    place.start <= start && end <= place.end
}

/// The places that an error points at, in files that were mutated; whether they are its own.
fn spans_of<'a>(error: &Value, rendered: &'a [(String, Rendered)]) -> Vec<(&'a Rendered, usize, usize, bool)> {
    let mut found = Vec::new();
    for span in error["spans"].as_array().into_iter().flatten() {
        let name = span["file_name"].as_str().unwrap_or_default();
        let Some((_, file)) = rendered.iter().find(|(known, _)| known == name) else { continue };
        let number = |key: &str| span[key].as_u64().unwrap_or_default() as usize;
        found.push((file, number("byte_start"), number("byte_end"), span["is_primary"] == true));
    }
    found
}

/// Builds, and gives the errors and the test binaries.
fn cargo(places: &Places, what: &[&str]) -> (Vec<Value>, Vec<(String, PathBuf)>) {
    let mut child = Command::new("cargo")
        .args(["test", "--no-run", "--locked", "--quiet", "--message-format", "json"])
        .args(what)
        .current_dir(places.copy())
        .env("CARGO_TARGET_DIR", places.work.join("build"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        // The tests run thousands of times.
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "3")
        .env("CARGO_PROFILE_DEV_INCREMENTAL", "false")
        .env("RUSTFLAGS", "--cap-lints=allow")
        .stdout(Stdio::piped())
        .spawn()
        .expect("cargo starts");
    let (mut errors, mut binaries) = (Vec::new(), Vec::new());
    let output = child.stdout.take().expect("a pipe");
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let Ok(said) = serde_json::from_str::<Value>(&line) else { continue };
        if said["message"]["level"] == "error"
            && said["message"]["spans"].as_array().is_some_and(|spans| !spans.is_empty())
        {
            errors.push(said["message"].clone());
        }
        if let (Some(program), true) = (said["executable"].as_str(), said["profile"]["test"] == true) {
            let name = if said["target"]["kind"][0] == "test" { "it" } else { "unit" };
            if said["target"]["kind"][0] != "bin" {
                binaries.push((name.to_owned(), PathBuf::from(program)));
            }
        }
    }
    let status = child.wait().expect("cargo ends");
    assert!(status.success() || !errors.is_empty(), "cargo failed");
    (errors, binaries)
}
