//! How commands end: exit codes, interruptions, full disks, readers that go away. Nothing that was known is lost.

#![expect(clippy::disallowed_methods, reason = "waits for other processes, by the wall clock")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::binary::{run_into, runaway};

const ENDLESS: &str = "
runaway: 1
name: endless
story: An agent reads one page for ever.
time: {horizon: 1000000h}
services: {api: {accepts: gateway, latency: 1ms, operations: {list: GET /things -> things records}}}
identities: {bot: {kind: agent}}
credentials: {key: {of: bot, kind: api-key, scopes: ['api:*']}}
data: {things: {count: 3, class: pii}}
agents:
  bot: {is: bot, holds: [key], knows: [api.list], told: [], fault: over-broad, then: [{do: api.list, endless: yes}]}
";

/// Twenty seconds by the wall clock.
const SLOW: &str = "
runaway: 1
name: slow
story: An agent reads ten records a second.
time: {horizon: 20s}
services: {api: {accepts: gateway, latency: 1ms, operations: {list: GET /things -> things ids, read: 'GET /things/{id} -> things records'}}}
identities: {bot: {kind: agent}}
credentials: {key: {of: bot, kind: api-key, scopes: ['api:*']}}
data: {things: {count: 500, class: pii}}
agents:
  bot:
    {is: bot, holds: [key], knows: ['api.*'], told: [], fault: over-broad, pace: {rate: 10/s},
     then: [{do: api.list, pages: all}, {do: api.read, on: each listed things}]}
limits: {excess: 1_000}
";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder of our own")
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file in a folder of our own");
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn every_exit_code_means_what_it_says() {
    let here = folder();
    let out = |name: &str| text(&here.path().join(name)).to_owned();
    let no_limits = file(here.path(), "no-limits.yaml", &SLOW.replace("limits: {excess: 1_000}", ""));
    let wrong = file(here.path(), "wrong.yaml", "runaway: 1\nname: wrong\nservces: {}\n");
    let ends: [(&[&str], i32); 11] = [
        (&["run", "moltbook@hardened", "--out", &out("holds")], 0),
        (&["run", "moltbook", "--out", &out("broken")], 1),
        (&["run", "moltbook@hardend"], 2),
        (&["run", "nothing-of-this-name"], 2),
        (&["check", text(&wrong)], 2),
        (&["run", text(&wrong)], 2),
        (&["run", "wiper", "--plane", "mock", "--clock", "wall"], 2),
        (&["run", "wiper", "--clock", "wall"], 2),
        (&["replay", text(&wrong)], 2),
        (&["run", "moltbook", "--plane", "staging"], 2),
        (&["run", text(&no_limits), "--out", &out("inconclusive")], 4),
    ];
    for (args, code) in ends {
        let ran = runaway(args.iter().copied());
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{args:?}: {said}");
        assert!(args[0] == "check" || code < 2 || code == 4 || said.starts_with("error: "), "{args:?}: {said}");
    }
}

/// A child that is ended by its own process id.
struct Running(Child);

impl Running {
    fn start(args: &[&str]) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
        Running(command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts"))
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.0.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits until the journal has so many lines.
    fn wrote(&mut self, journal: &Path, lines: usize) {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            let written = fs::File::open(journal).map_or(0, |file| BufReader::new(file).lines().count());
            if written >= lines {
                return;
            }
            assert!(self.0.try_wait().expect("a child").is_none(), "it ended early");
            assert!(Instant::now() < patience, "{written} lines after a minute");
            std::thread::yield_now();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn control_c_keeps_what_is_known() {
    let here = folder();
    for (scenario, more) in [(SLOW, &["--plane", "mock", "--clock", "wall"][..]), (ENDLESS, &[])] {
        let out = here.path().join(if more.is_empty() { "sim" } else { "live" });
        let scenario = file(here.path(), "scenario.yaml", scenario);
        let mut args = vec!["run", text(&scenario), "--out", text(&out)];
        args.extend(more);
        let mut running = Running::start(&args);
        let journal = out.join("journal.ndjson");
        if more.is_empty() {
            // It runs against an endless positive control first: nothing is written yet.
            std::thread::park_timeout(Duration::from_millis(500));
        } else {
            running.wrote(&journal, 20);
        }
        let asked = Instant::now();
        running.signal("-INT");
        let code = running.0.wait().expect("it ends").code();
        assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
        assert_eq!(code, Some(3), "{more:?}");
        if !more.is_empty() {
            let run: serde_json::Value =
                serde_json::from_slice(&fs::read(out.join("run.json")).expect("results")).expect("JSON");
            assert_eq!(run["verdict"], "aborted");
            let replayed = runaway(["replay", text(&journal)]);
            assert_eq!(replayed.status.code(), Some(3));
            assert!(String::from_utf8_lossy(&replayed.stdout).contains("verdict: ABORTED"));
        }
    }
}

/// The run itself is over at once; what was stopped is what it is compared with.
#[test]
fn a_run_that_is_stopped_among_its_seeds_is_not_complete() {
    let here = folder();
    let out = here.path().join("seeds");
    let mut running = Running::start(&["run", "volume-delete@hardened", "--seeds", "1000000", "--out", text(&out)]);
    running.wrote(&out.join("journal.ndjson"), 10);
    std::thread::park_timeout(Duration::from_millis(500));
    let asked = Instant::now();
    running.signal("-INT");
    let code = running.0.wait().expect("it ends").code();
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(code, Some(3));
    let run: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("run.json")).expect("results")).expect("JSON");
    assert_eq!((&run["verdict"], &run["complete"]), (&"aborted".into(), &false.into()));
    let replayed = runaway(["replay", text(&out.join("journal.ndjson"))]);
    assert_eq!(replayed.status.code(), Some(3));
}

/// Waits until the results of a run say this.
fn comes_to(running: &mut Running, out: &Path, key: &str, value: &serde_json::Value) {
    let patience = Instant::now() + Duration::from_secs(60);
    let said = || {
        let run: serde_json::Value = serde_json::from_slice(&fs::read(out.join("run.json")).ok()?).ok()?;
        Some(run[key] == *value)
    };
    while said() != Some(true) {
        assert!(running.0.try_wait().expect("a child").is_none(), "it ended early");
        assert!(Instant::now() < patience, "{key} did not become {value} in a minute");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn a_watched_scenario_runs_again_when_it_changes_until_somebody_stops_it() {
    let here = folder();
    let story = runaway::library::find("volume-delete").expect("a scenario of the library").text;
    let with_seed = |seed: u64| format!("seed: {seed}\n{story}");
    let scenario = file(here.path(), "scenario.yaml", &with_seed(5));
    let out = here.path().join("out");
    let mut running = Running::start(&["run", text(&scenario), "--watch", "--out", text(&out)]);
    comes_to(&mut running, &out, "seed", &5.into());
    fs::write(&scenario, "runaway: 1\nnam").expect("a file in a folder of our own");
    std::thread::park_timeout(Duration::from_millis(500));
    assert!(running.0.try_wait().expect("a child").is_none(), "what is half written is waited for");
    // An editor puts a new file in the place of the old one.
    let new = file(here.path(), "scenario.yaml~", &with_seed(6));
    fs::rename(&new, &scenario).expect("the same folder");
    comes_to(&mut running, &out, "seed", &6.into());
    running.signal("-INT");
    assert_eq!(running.0.wait().expect("it ends").code(), Some(1), "the verdict of the last run");
    let library = runaway(["run", "moltbook", "--watch"]);
    assert_eq!(library.status.code(), Some(2), "only a file changes: {library:?}");
}

/// What cannot be written whole is not written at all.
#[test]
fn an_accepted_baseline_outlives_a_full_disk() {
    let here = folder();
    let (kept, journal) = (here.path().join("kept.json"), here.path().join("new.yaml"));
    let baseline = ["baseline", "accept", "volume-delete", "--baseline", text(&kept)];
    assert_eq!(runaway(baseline).status.code(), Some(0));
    let before = fs::read(&kept).expect("a baseline");
    let limited = |args: &[&str]| {
        let script = format!("trap '' XFSZ; ulimit -f 1; exec {} {}", env!("CARGO_BIN_EXE_runaway"), args.join(" "));
        Command::new("bash").args(["-c", &script]).output().expect("bash runs")
    };
    let ran = limited(&baseline);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(4), "{said}");
    assert!(said.contains("kept.json cannot be written"), "{said}");
    assert!(fs::read(&kept).expect("a baseline") == before);
    assert_eq!(limited(&["init", "moltbook", "--out", text(&journal)]).status.code(), Some(4));
    let left: Vec<_> =
        fs::read_dir(here.path()).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    assert_eq!(left, [kept]);
}

#[test]
fn a_run_that_is_killed_leaves_a_journal_that_says_so() {
    let here = folder();
    let out = here.path().join("killed");
    let scenario = file(here.path(), "slow.yaml", SLOW);
    let journal = out.join("journal.ndjson");
    let mut running =
        Running::start(&["run", text(&scenario), "--out", text(&out), "--plane", "mock", "--clock", "wall"]);
    running.wrote(&journal, 20);
    running.signal("-KILL");
    assert_eq!(running.0.wait().expect("it ends").signal(), Some(9));
    let replayed = runaway(["replay", text(&journal)]);
    let said = String::from_utf8_lossy(&replayed.stdout).into_owned();
    assert_eq!(replayed.status.code(), Some(4), "{said}");
    assert!(said.contains("the journal is incomplete"), "{said}");
}

#[test]
fn damaged_journals_are_told_apart_from_incomplete_ones() {
    let here = folder();
    let out = here.path().join("run");
    assert_eq!(runaway(["run", "volume-delete", "--out", text(&out)]).status.code(), Some(1));
    let journal = fs::read_to_string(out.join("journal.ndjson")).expect("a journal");
    let lines: Vec<&str> = journal.lines().collect();
    let without_end = lines[..lines.len() - 1].join("\n") + "\n";
    let cut = &journal[..journal.len() * 2 / 3];
    let changed = journal.replacen("\"status\":200", "\"status\":403", 1);
    let forged = journal.replacen("\"faulty\":true", "\"faulty\":false", 2);
    let boundless = boundless(&journal);
    for (name, text_of, code) in [
        ("whole", journal.as_str(), 1),
        ("without-end", &without_end, 1),
        ("cut", cut, 4),
        ("changed", &changed, 2),
        ("forged", &forged, 2),
        ("boundless", &boundless, 2),
        ("followed by an event", &format!("{journal}{}\n", lines[1]), 2),
        ("followed by half a line", &format!("{journal}{{\"at"), 2),
        ("empty", "", 2),
        ("foreign", "{\"hello\": 1}\n", 2),
        ("binary", "\u{0}\u{1}\u{2}\n", 2),
    ] {
        let path = file(here.path(), &format!("{name}.ndjson"), text_of);
        let ran = runaway(["replay", text(&path)]);
        let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert_eq!(ran.status.code(), Some(code), "{name}: {said}");
        assert_eq!(name == "cut" || name == "without-end", said.contains("incomplete"), "{name}: {said}");
    }
}

/// A journal of an older version, without a digest of its references, that speaks of four thousand million records.
fn boundless(journal: &str) -> String {
    let (events, trailer) = journal.trim_end().rsplit_once('\n').expect("lines");
    let mut trailer: serde_json::Value = serde_json::from_str(trailer).expect("JSON");
    trailer["references_digest"] = serde_json::Value::Null;
    trailer["references"]["control_excess"] = serde_json::json!([[0, 0, 0, 4_294_967_295u32]]);
    format!("{events}\n{trailer}\n")
}

#[test]
fn a_story_that_breaks_off_is_told_as_one() {
    let here = folder();
    let out = here.path().join("run");
    runaway(["run", "volume-delete", "--out", text(&out)]);
    assert_eq!(runaway(["explain", text(&out)]).status.code(), Some(0));
    let journal = out.join("journal.ndjson");
    let whole = fs::read_to_string(&journal).expect("a journal");
    let half: Vec<&str> = whole.lines().take(whole.lines().count() / 2).collect();
    fs::write(&journal, half.join("\n") + "\n").expect("a file");
    for (command, code) in [("explain", 4), ("graph", 4), ("reconstruct", 0)] {
        let ran = runaway([command, text(&out)]);
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{command}: {said}");
        assert!(said.contains("incomplete"), "{command}: {said}");
    }
}

#[test]
fn a_log_is_compared_with_its_own_journal_only() {
    let here = folder();
    let (ours, theirs) = (here.path().join("ours"), here.path().join("theirs"));
    runaway(["run", "volume-delete", "--out", text(&ours)]);
    runaway(["run", "volume-delete", "--set", "services.repo.latency=70ms", "--out", text(&theirs)]);
    let compared = |expected: bool| {
        let ran = runaway(["reconstruct", text(&ours), "--format", "json"]);
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(0), "{said}");
        let told: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("JSON");
        assert_eq!(told["scored"].is_null(), !expected, "{told}");
        assert_eq!(said.contains("is of another run"), !expected, "{said}");
    };
    compared(true);
    // Deleted lines are what a log may lack.
    let log = fs::read_to_string(ours.join("audit.ndjson")).expect("a log");
    let calls = log.lines().filter(|line| !line.contains("\"class_uid\":6003") || line.contains("\"sequence\":1,"));
    fs::write(ours.join("audit.ndjson"), calls.collect::<Vec<_>>().join("\n") + "\n").expect("a file");
    compared(true);
    fs::copy(theirs.join("journal.ndjson"), ours.join("journal.ndjson")).expect("a file");
    fs::write(ours.join("audit.ndjson"), log).expect("a file");
    compared(false);
}

#[test]
fn probes_without_number_are_refused() {
    let ran = runaway(["run", "wiper", "--probe", "1us"]);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{said}");
    assert!(said.contains("39,600,000,000 rounds") && said.contains("--probe 39.6 ms"), "{said}");
}

#[test]
fn a_full_disk_is_said_and_is_no_pass() {
    let here = folder();
    let out = here.path().join("full");
    fs::create_dir(&out).expect("a folder");
    std::os::unix::fs::symlink("/dev/full", out.join("journal.ndjson")).expect("a link");
    let ran = runaway(["run", "moltbook@hardened", "--out", text(&out)]);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(4), "{said}");
    assert!(said.contains("journal.ndjson") && said.contains("No space left"), "{said}");
}

/// Room for what a run wrote so far, and not for its report.
#[test]
fn only_what_was_written_is_named() {
    let here = folder();
    let out = here.path().join("out");
    let program = env!("CARGO_BIN_EXE_runaway");
    let script = format!("trap '' XFSZ; ulimit -f 50; exec {program} run volume-delete --out {}", text(&out));
    let ran = Command::new("bash").args(["-c", &script]).output().expect("bash runs");
    let (said, failed) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(failed.contains("report.html cannot be written"), "{failed}");
    let shown = format!("written to {}\n  summary.md, summary.txt, run.json, journal.ndjson\n", out.display());
    assert!(said.contains(&shown), "{said}");
}

/// What an earlier run came to stays until the next one is complete.
#[test]
fn an_earlier_run_outlives_one_that_fails() {
    let here = folder();
    let out = here.path().join("out");
    assert_eq!(runaway(["run", "volume-delete", "--out", text(&out)]).status.code(), Some(1));
    let before = crate::binary::files(&out);
    let program = env!("CARGO_BIN_EXE_runaway");
    let script = format!("trap '' XFSZ; ulimit -f 1; exec {program} run moltbook --out {}", text(&out));
    let ran = Command::new("bash").args(["-c", &script]).output().expect("bash runs");
    assert_eq!(ran.status.code(), Some(4), "{ran:?}");
    assert!(crate::binary::files(&out) == before);
    assert_eq!(runaway(["run", "moltbook@hardened", "--out", text(&out)]).status.code(), Some(0));
    let after = crate::binary::files(&out);
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    assert!(after.iter().zip(&before).all(|(new, old)| new != old), "each file is of the new run");
    // A journal that is replayed into its own folder stays.
    let journal = out.join("journal.ndjson");
    assert_eq!(runaway(["replay", text(&journal), "--out", text(&out)]).status.code(), Some(0));
    assert!(crate::binary::files(&out) == after);
}

#[test]
fn a_folder_with_files_of_somebody_else_is_left_alone() {
    let here = folder();
    let out = here.path().join("docs");
    fs::create_dir(&out).expect("a folder");
    let foreign = ["run.json", "summary.md"].map(|name| file(&out, name, "{\"mine\": true}"));
    let ran = runaway(["run", "volume-delete", "--out", text(&out)]);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{said}");
    assert!(said.contains("run.json,") && said.contains("summary.md") && said.contains("help:"), "{said}");
    assert!(foreign.iter().all(|path| fs::read_to_string(path).is_ok_and(|text| text == "{\"mine\": true}")));
    assert_eq!(fs::read_dir(&out).expect("a folder").count(), 2);
}

#[test]
fn a_folder_that_cannot_be_one_is_said_before_anything_runs() {
    let here = folder();
    let taken = file(here.path(), "taken", "mine");
    let ran = runaway(["run", "moltbook", "--out", text(&taken)]);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{said}");
    assert!(said.contains("taken") && said.contains("help:"), "{said}");
    assert_eq!(fs::read_to_string(&taken).expect("the file"), "mine");
}

#[test]
fn a_reader_that_goes_away_changes_no_verdict() {
    let here = folder();
    for (scenario, code) in [("moltbook", 1), ("moltbook@hardened", 0)] {
        let script = format!(
            "set -o pipefail; {} run {scenario} --out {} 2>/dev/null | true",
            env!("CARGO_BIN_EXE_runaway"),
            text(&here.path().join(scenario))
        );
        let ended = Command::new("bash").args(["-c", &script]).status().expect("bash runs");
        assert_eq!(ended.code(), Some(code), "{scenario}");
    }
}

/// Without a writer, a pipe would never open.
#[test]
fn a_pipe_to_which_nobody_writes_ends_with_what_to_do() {
    let here = folder();
    let pipe = here.path().join("pipe.yaml");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    for command in ["run", "check", "replay"] {
        let output = runaway([command, text(&pipe)]);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("text").split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        assert!(said.contains("a pipe to which nobody writes"), "{command}: {said}");
    }
}

/// A journal without its last line says so beside any verdict.
#[test]
fn a_headline_says_that_the_journal_is_incomplete() {
    let here = folder();
    run_into("volume-delete", &here.path().join("run"));
    let journal = fs::read_to_string(here.path().join("run/journal.ndjson")).expect("a journal");
    let without_the_end = journal.trim_end().rsplit_once('\n').expect("lines").0;
    let cut = file(here.path(), "cut.ndjson", &format!("{without_the_end}\n"));
    let said = |path: &Path| {
        let output = runaway(["replay", text(path), "--quiet"]);
        String::from_utf8(output.stdout).expect("text").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(said(&cut).starts_with("fail: ") && said(&cut).ends_with("The journal is incomplete."), "{}", said(&cut));
    assert!(!said(&here.path().join("run")).contains("incomplete"));
}
