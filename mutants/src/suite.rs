//! The tests one by one, without a mutant: how long each takes, and which mutants it reaches.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde::{Deserialize, Serialize};

use crate::copy::Places;
use crate::edit::Id;
use crate::process::{Ended, run};

/// A test that takes longer is left out.
const SECONDS: f64 = 20.0;

/// Files of tests that need servers, a browser or the wall clock, or that look at the source.
const LEFT_OUT: [&str; 28] = [
    "browser",
    "clients",
    "connections",
    "crowd",
    "discovery",
    "drills",
    "endings",
    "explore",
    "footprint",
    "guard",
    "known",
    "learnt",
    "live",
    "minted",
    "openapi",
    "passwords",
    "planted",
    "rabbitmq",
    "reconcile",
    "runbook",
    "schemas",
    "serve",
    "silence",
    "staging",
    "target_faults",
    "tidy",
    "webhook",
    "writes",
];

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Test {
    pub binary: String,
    pub name: String,
    pub seconds: f64,
    /// `passed`, `failed`, `too long` or `left out`.
    pub state: String,
    pub reached: BTreeSet<Id>,
}

/// All tests with what they reach. What an earlier start found out is not found out again.
pub fn measured(places: &Places, binaries: &[(String, PathBuf)], workers: usize) -> Vec<Test> {
    let file = places.work.join("tests.jsonl");
    let known: BTreeMap<(String, String), Test> =
        lines::<Test>(&file).into_iter().map(|test| ((test.binary.clone(), test.name.clone()), test)).collect();
    let open: Vec<(&str, &Path, String)> = binaries
        .iter()
        .flat_map(|(binary, program)| {
            names(places, program).into_iter().map(move |name| (&binary[..], program.as_path(), name))
        })
        .filter(|(binary, _, name)| !known.contains_key(&((*binary).to_owned(), name.clone())))
        .collect();
    println!("{} tests to be measured", open.len());
    each(&open, workers, &file, |worker, (binary, program, name)| measure(places, worker, binary, program, name));
    lines(&file)
}

fn names(places: &Places, program: &Path) -> Vec<String> {
    let listed = Command::new(program).args(["--list", "--format", "terse"]).current_dir(places.copy()).output();
    let listed = String::from_utf8(listed.expect("a test binary").stdout).expect("names of tests");
    let ignored =
        Command::new(program).args(["--list", "--format", "terse", "--ignored"]).current_dir(places.copy()).output();
    let ignored = String::from_utf8(ignored.expect("a test binary").stdout).expect("names of tests");
    let ignored: BTreeSet<&str> = ignored.lines().collect();
    listed
        .lines()
        .filter(|line| !ignored.contains(line))
        .filter_map(|line| line.strip_suffix(": test"))
        .map(str::to_owned)
        .collect()
}

fn measure(places: &Places, worker: usize, binary: &str, program: &Path, name: &str) -> Test {
    let room = name.split("::").next().unwrap_or_default();
    let test = |state: &str, seconds, reached| Test {
        binary: binary.to_owned(),
        name: name.to_owned(),
        seconds,
        state: state.to_owned(),
        reached,
    };
    if LEFT_OUT.contains(&room) {
        return test("left out", 0.0, BTreeSet::new());
    }
    let scratch = places.work.join(format!("scratch-{worker}"));
    let seen = places.work.join(format!("seen-{worker}"));
    let _ = fs::remove_dir_all(&seen);
    fs::create_dir_all(&seen).expect("a folder under target");
    let variables = [("RUNAWAY_MUTANTS_SEEN", seen.to_str().expect("a plain path"))];
    let ran = run(&places.copy(), &scratch, program, &["--exact", name, "--test-threads", "1"], &variables, SECONDS);
    let state = match ran.ended {
        Ended::Well => "passed",
        Ended::Badly => "failed",
        Ended::OutOfTime => "too long",
    };
    test(state, ran.seconds, reached(&seen))
}

/// What all processes of a test came by.
fn reached(seen: &Path) -> BTreeSet<Id> {
    let files = fs::read_dir(seen).into_iter().flatten().filter_map(Result::ok);
    let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
    texts.flat_map(|text| text.lines().filter_map(|line| line.parse().ok()).collect::<Vec<Id>>()).collect()
}

pub fn lines<T: for<'a> Deserialize<'a>>(file: &Path) -> Vec<T> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// What comes of each, in the order in which it is known, behind what the file holds.
pub fn each<T: Sync, R: Serialize>(all: &[T], workers: usize, file: &Path, of: impl Fn(usize, &T) -> R + Sync) {
    let log = Mutex::new(File::options().create(true).append(true).open(file).expect("a file under target"));
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 0..workers {
            let (next, log, of) = (&next, &log, &of);
            scope.spawn(move || {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    append(log, &of(worker, one));
                }
            });
        }
    });
}

fn append<T: Serialize>(log: &Mutex<File>, value: &T) {
    let mut line = serde_json::to_string(value).expect("plain data");
    line.push('\n');
    log.lock().expect("nobody panics with it").write_all(line.as_bytes()).expect("room on the disk");
}
