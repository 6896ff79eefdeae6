//! Reports in Chromium: nothing asked for, nothing wrong by axe-core, numbers as in `run.json`, labels apart.
//!
//! Screenshots at 1280, 390 and the width of paper stay in `target/reports-seen`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::binary::{run_into, runaway};
use crate::pages::{SHOWN, hostile};

const MODULES: &str = "target/test-inputs/browser/node_modules";

/// Pages of every kind beside those of the library.
const KINDS: &[(&str, &[&str])] = &[
    ("fix", &["run", "moltbook", "--fix"]),
    ("fix-by-two", &["run", "saas-fanout", "--fix"]),
    ("fix-over-seeds", &["run", "heartbeat-worm", "--fix", "--seeds", "4"]),
    ("seeds", &["run", "build-postinstall", "--seeds", "5"]),
    ("mock", &["run", "ticket-attachments", "--plane", "mock"]),
    ("replay", &["replay", "JOURNAL"]),
];

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn reports_stand_up_in_a_browser() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    if !root.join(MODULES).exists() || !Path::new(&chromium).exists() {
        assert!(std::env::var_os("CI").is_none(), "scripts/test installs the browser");
        eprintln!("did not run: scripts/test installs the browser");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder of our own");
    let mut reports = Vec::new();
    let bases = runaway::library::SCENARIOS.iter().map(|scenario| (scenario.name, None));
    let variants = SHOWN.iter().copied().filter(|(_, variant)| variant.is_some());
    for (name, variant) in bases.chain(variants) {
        let scenario = variant.map_or(name.to_owned(), |variant| format!("{name}@{variant}"));
        let into = folder.path().join(&scenario);
        run_into(&scenario, &into);
        reports.push(format!("{}={}", scenario.replace('@', "-"), into.display()));
    }
    let journal = folder.path().join("wiper").join("journal.ndjson");
    for (name, args) in KINDS {
        let into = folder.path().join(name);
        let args = args.iter().map(|arg| if *arg == "JOURNAL" { text(&journal) } else { arg });
        runaway(args.chain(["--out", text(&into)]));
        reports.push(format!("{name}={}", into.display()));
    }
    let into = folder.path().join("hostile");
    fs::create_dir(&into).expect("a folder of our own");
    let (page, _, run) = hostile();
    fs::write(into.join("report.html"), page).expect("a page");
    fs::write(into.join("run.json"), run).expect("its numbers");
    reports.push(format!("hostile={}", into.display()));
    reports.push(format!("real-system={}", root.join("reports/sample-staging").display()));
    let checked = Command::new("node")
        .arg(root.join("tests/browser/check.cjs"))
        .arg(root.join("target/reports-seen"))
        .args(&reports)
        .env("NODE_PATH", root.join(MODULES))
        .output()
        .expect("node runs");
    let found = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && found.is_empty(), "{found}\n{}", String::from_utf8_lossy(&checked.stderr));
}
