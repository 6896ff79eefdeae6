//! The sample reports are what the program writes today.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use regex::Regex;
use runaway::plane::driver::Stop;
use runaway::plane::mock::Served;
use runaway::scenario::Overrides;
use runaway::wire::{FamilyId, ServiceId};
use serde_json::Value;

use crate::binary::runaway;
use crate::support::library;

#[test]
fn samples_are_fresh() {
    for plane in ["sim", "mock"] {
        let folder = tempfile::tempdir().expect("a folder of our own");
        let out = folder.path().to_str().expect("a plain path");
        runaway(["run", "moltbook@three-rounds", "--plane", plane, "--fix", "--out", out]);
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports").join(format!("sample-{plane}"));
        let [written, sample] = [folder.path(), kept.as_path()].map(|folder| {
            move |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
        });
        for name in ["report.html", "summary.md"] {
            assert!(written(name) == sample(name), "{plane}: {name} is stale: scripts/samples --picture");
        }
        let json = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
        assert!(json(written("run.json")) == json(sample("run.json")), "{plane}: run.json is stale: scripts/samples");
    }
}

/// Explores the world of `runaway mock ticket-attachments` as if nobody here had made it.
fn explored(folder: &Path) {
    let overrides = Overrides { sets: Vec::new(), seed: None };
    let plan =
        Arc::new(library("ticket-attachments").resolve(None, &overrides).expect("a scenario of the library").plan);
    let served = Served::start(plan.clone(), 0).expect("free ports");
    let named = |name: &str| plan.services.iter().position(|service| service.name == name).expect("a service");
    let secret = |name: &str, index| {
        let family = plan.families.iter().position(|family| family.name == name).expect("a credential");
        served.credential(FamilyId::at(family), index)
    };
    let mut text = include_str!("../fixtures/staging-sample.yaml").to_owned();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.args(["run", "targets.yaml", "--plane", "staging", "--quiet", "--out", "out"]);
    for name in ["cases", "admin", "wiki"] {
        let url = served.url(ServiceId::at(named(name)));
        text = text.replace(&format!("http://{name}.test"), &url);
        command.args(["--consent", url.trim_start_matches("http://")]);
    }
    fs::write(folder.join("targets.yaml"), text).expect("a file");
    command.env("INDEXER", secret("indexer-key", 0)).env("WATCH", secret("session", 0));
    command.env("READER", secret("service-token", 0)).env("NO_COLOR", "1").current_dir(folder).stdin(Stdio::null());
    let stop = Stop::default();
    let output = std::thread::scope(|scope| {
        scope.spawn(|| served.run(&stop, |_| Ok::<(), io::Error>(())));
        let output = command.output();
        stop.now();
        output.expect("the program runs")
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
}

/// What is the same in every run: without addresses, ids of runs, digests, and all that time decides.
fn without_what_varies(text: &str) -> String {
    let pictures = Regex::new(r"(?s)<svg.*?</svg>").expect("a pattern");
    let numbers = [
        (r"127\.0\.0\.1:\d+", "HOST"),
        (r"\b[0-9a-f]{32,64}\b", "ID"),
        (r"\d{4}-\d\d-\d\d[T ][0-9:.]+( UTC|Z)", "WHEN"),
        (r"\b\d{5,}\b", "N"),
        (r"\b\d[\d,.]*( |&nbsp;|\u{a0})?(us|µs|ms|s|min|h)\b", "TIME"),
    ];
    let mut text = pictures.replace_all(text, "PICTURE").into_owned();
    for (pattern, with) in numbers {
        text = Regex::new(pattern).expect("a pattern").replace_all(&text, with).into_owned();
    }
    text
}

#[test]
fn the_sample_of_a_real_system_is_fresh() {
    let folder = tempfile::tempdir().expect("a folder of our own");
    explored(folder.path());
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/sample-staging");
    for name in ["report.html", "summary.md", "run.json"] {
        let written = fs::read_to_string(folder.path().join("out").join(name)).expect("a result");
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&kept).expect("a folder");
            fs::write(kept.join(name), &written).expect("a file");
        }
        let sample = fs::read_to_string(kept.join(name)).unwrap_or_default();
        let [now, then] = [&written, &sample].map(|text| without_what_varies(text));
        assert!(now == then, "{name} is stale: scripts/samples\n{}", first_difference(&now, &then));
    }
}

fn first_difference(now: &str, then: &str) -> String {
    let lines = now.lines().zip(then.lines());
    lines.filter(|(now, then)| now != then).take(3).map(|(now, then)| format!("now  {now}\nthen {then}\n")).collect()
}
