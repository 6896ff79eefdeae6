//! Same scenario, same seed: the same bytes, whatever the number of threads, in every run and in every process.

use std::fs;

use rayon::prelude::*;

use crate::binary::{files, random_file, run_into, runaway};
use crate::support::{LONG, document, library, run};
use runaway::generate::{random_whole_world, random_world};
use runaway::journal::Digest;
use runaway::scenario::Document;

/// The digest of a run, as the trailer of its journal has it.
fn digest(document: &Document, variant: Option<&str>) -> String {
    let ran = run(document, variant, &[]);
    let plan = &ran.prepared.plan;
    let mut digest = Digest::new(document.name(), variant, plan.seed, &ran.comparison.resolved.document);
    digest.events(&ran.events);
    digest.finish()
}

fn digests_on(threads: usize, seeds: std::ops::Range<u64>) -> Vec<String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        seeds
            .into_par_iter()
            .flat_map(|seed| [random_world(seed), random_whole_world(seed)])
            .map(|yaml| digest(&document(&yaml), None))
            .collect()
    })
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let alone = digests_on(1, 0..100);
    for threads in [1, 2, 8] {
        assert_eq!(digests_on(threads, 0..100), alone, "{threads} threads");
    }
}

/// The same by the program: two variants of each story, in a process for each number of threads.
#[test]
fn the_number_of_threads_changes_no_story() {
    let stories = runaway::library::SCENARIOS.iter().map(|scenario| scenario.name).filter(|name| !LONG.contains(name));
    let cases: Vec<String> =
        stories.flat_map(|name| [format!("{name}@uncontrolled"), format!("{name}@near-miss")]).collect();
    let folder = tempfile::tempdir().unwrap();
    let digests = |threads: &str| -> Vec<String> {
        let out = folder.path().join(threads);
        let args = ["test", "-q", "--jobs", threads, "--json", out.to_str().unwrap()];
        let ran = runaway(args.into_iter().chain(cases.iter().map(String::as_str)));
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
        let results: serde_json::Value = serde_json::from_slice(&fs::read(out).unwrap()).unwrap();
        let cases = results["cases"].as_array().unwrap();
        cases.iter().map(|case| format!("{} {}", case["name"], case["journal_digest"].as_str().unwrap())).collect()
    };
    let alone = digests("1");
    assert_eq!(alone.len(), cases.len());
    for threads in ["2", "8"] {
        assert_eq!(digests(threads), alone, "{threads} threads");
    }
}

#[test]
fn another_seed_is_another_run() {
    let digests = digests_on(2, 0..100);
    let distinct: std::collections::BTreeSet<&String> = digests.iter().collect();
    assert_eq!(distinct.len(), 200, "a small world and a whole one for each");
}

#[test]
fn two_processes_write_the_same_files_and_a_replay_writes_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let random = |seed| random_file(seed, folder.path()).to_str().unwrap().to_owned();
    let mut scenarios: Vec<String> = (0..8).map(random).collect();
    scenarios.extend(["volume-delete@in-time", "wiper@at-once", "moltbook@rotated-first"].map(str::to_owned));
    for (at, scenario) in scenarios.iter().enumerate() {
        let [first, second, again] = ["a", "b", "c"].map(|run| folder.path().join(format!("{at}{run}")));
        let ran = run_into(scenario, &first);
        assert_eq!(run_into(scenario, &second).status, ran.status, "{scenario}");
        let wrote = files(&first);
        let names: Vec<&str> = wrote.iter().map(|(name, _)| name.as_str()).collect();
        let expected = ["audit.ndjson", "journal.ndjson", "report.html", "run.json", "summary.md", "summary.txt"];
        assert_eq!(names, expected, "{scenario}");
        assert!(files(&second) == wrote, "{scenario}: two processes differ");

        let journal = first.join("journal.ndjson");
        let replayed = runaway(["replay", journal.to_str().unwrap(), "--out", again.to_str().unwrap()]);
        assert_eq!(replayed.status, ran.status, "{scenario}: {}", String::from_utf8_lossy(&replayed.stderr));
        let told: Vec<_> = wrote.into_iter().filter(|(name, _)| name != "journal.ndjson").collect();
        assert!(files(&again) == told, "{scenario}: the replay differs from the run");
    }
}

#[test]
fn the_program_writes_the_digest_that_a_run_in_memory_has() {
    let folder = tempfile::tempdir().unwrap();
    run_into("wiper@lag-7s", folder.path());
    let journal = fs::read_to_string(folder.path().join("journal.ndjson")).unwrap();
    let trailer: serde_json::Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    let expected = digest(&library("wiper"), Some("lag-7s"));
    assert!(trailer.to_string().contains(&expected), "{expected} is not in {trailer}");
}
