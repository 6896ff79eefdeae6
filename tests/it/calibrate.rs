//! Thresholds from benign work whose peaks are known by hand, and the rates that they are worth.

use std::process::{Command, Output};

use crate::support::document;
use runaway::plane::driver::Stop;
use runaway::run::{Calibration, Wanted, calibrate};
use runaway::scenario::Overrides;
use runaway::wire::Span;

/// A clerk lists once a minute for an hour; the agent, when something is wrong with it, lists ten times a second.
const STORY: &str = r#"
runaway: 1
name: office
time: {horizon: 1h}
identities:
  bot:   {kind: agent}
  clerk: {kind: human}
credentials:
  token: {of: bot, kind: access-token, scopes: ["*"]}
  key:   {of: clerk, kind: api-key, scopes: ["*"]}
data:
  files: {count: 5, class: internal}
services:
  store:
    accepts: gateway
    latency: 10ms
    operations:
      list: GET /files -> files ids
      read: {http: "GET /files/{id} -> files records", costs: $0.01}
agents:
  bot:
    is: bot
    holds: [token]
    knows: [store.*]
    told: [store.list]
    fault: over-broad
    then: [{do: store.list, every: 100ms, times: 100}, {do: store.read, on: each listed files}]
benign:
  clerk:
    is: clerk
    holds: [key]
    knows: [store.*]
    starts: STARTS
    told: [{together: [[{do: store.list, every: 1min}], [{do: store.read, on: files-1, every: 10min}]]}]
detect:
  burst:   {requests: 100, within: 5min}
  invoice: {cost: $100, within: 1h}
  new:     {never_seen: yes}
limits: {excess: 0}
"#;

fn calibrated(starts: &str, budget: (u64, Span), seeds: u32) -> Calibration {
    let wanted = Wanted { alarms: budget.0, per: budget.1, seeds };
    let document = document(&STORY.replace("STARTS", starts));
    calibrate(&document, None, &Overrides::default(), wanted, &Stop::default()).unwrap_or_else(|e| panic!("{e}"))
}

const HOUR: Span = Span::from_secs(3_600);
const WEEK: Span = Span::from_secs(7 * 86_400);

#[test]
fn a_threshold_lies_just_above_what_benign_work_reaches() {
    let found = calibrated("0s", (1, WEEK), 3);
    let burst = &found.rules[0];
    // In five minutes five lists and, in the first, a read: at 0 s, 0 s, 60, 120, 180 and 240 s.
    assert_eq!((burst.detector.name.as_str(), burst.before, burst.after()), ("burst", Some(100), Some(7)));
    assert_eq!((burst.trained, burst.checked), (0, 0));
    // The fault lists at 0, 100, … ms: the seventh at 600 ms.
    assert_eq!(burst.detects.map(|at| at.0), Some(600_000));
    // Six reads in an hour at a cent each; the sixth at 50 min.
    let invoice = &found.rules[1];
    assert_eq!((invoice.after(), invoice.trained), (Some(60_001), 0));
    assert_eq!(invoice.detects, None, "five reads cost less");
}

#[test]
fn a_larger_budget_lets_a_detector_see_more() {
    // From two requests on, the clerk would be told of at 0 s, and once in each five minutes: twelve times an hour. From
    // one on, the one list of the task is the thirteenth.
    let found = |alarms| calibrated("0s", (alarms, HOUR), 1).rules[0].after();
    assert_eq!(found(13), Some(1));
    assert_eq!(found(12), Some(2));
    assert_eq!(found(11), Some(6), "the sixth is a read, once in ten minutes");
    assert_eq!(found(5), Some(7), "and it is there six times an hour");
}

#[test]
fn a_detector_without_threshold_is_measured_all_the_same() {
    let found = calibrated("0s", (1, WEEK), 2);
    let new = &found.rules[2];
    assert_eq!((new.before, new.after(), new.checked), (None, None, 0), "every day is like the one before");
    // The task lists; reading is new, when the hundred lists are through.
    assert_eq!(new.detects.map(|at| at.0), Some(9_910_000));
}

#[test]
fn exposure_is_counted() {
    let found = calibrated("0s", (1, WEEK), 4);
    assert_eq!((found.trained, found.checked.seeds), (found.checked, 4));
    assert_eq!(found.trained.time, HOUR.times(4));
    // Sixty lists and six reads an hour, and the one list of the task.
    assert_eq!(found.trained.requests, 4 * 67);
}

fn program(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("office.yaml"), STORY.replace("STARTS", "0s..1min")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.args(args).current_dir(folder.path()).env("NO_COLOR", "1").output().unwrap()
}

#[test]
fn the_same_seeds_give_the_same_thresholds() {
    let run = || program(&["calibrate", "office.yaml", "--seeds", "8", "--format", "json"]).stdout;
    let first = run();
    assert_eq!(first, run());
    let json: serde_json::Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(json["set"]["detect.burst.requests"], "7");
    assert_eq!(json["set"]["detect.invoice.cost"], "$0.060001");
    let rate = &json["detectors"][0]["rate"];
    // Nothing in eight hours: at most 3.6889 in eight of 168 hours, 77.467 a week.
    assert_eq!((rate["mean"].as_f64(), rate["lo"].as_f64()), (Some(0.0), Some(0.0)));
    assert!((rate["hi"].as_f64().unwrap() - 77.467).abs() < 0.001, "{rate}");
}

#[test]
fn it_says_what_to_write_and_how_little_it_knows() {
    let output = program(&["calibrate", "office.yaml", "--seeds", "8"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for line in [
        "at most 1 false alarm in 7 d",
        "8 seeds, 8 h of benign work, 536 requests: 0.019 a second",
        "requests 100 -> 7 within 5 min",
        "    detect.burst.requests: 7",
        "too little benign work",
        "the fault     told at 600 ms of the run",
    ] {
        assert!(text.contains(line), "`{line}` is missing:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn what_is_wrong_is_said() {
    let stderr = |args: &[&str]| {
        let output = program(args);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(stderr(&["calibrate", "office.yaml", "--budget", "seldom"]).contains("`seldom` is no budget"));
    assert!(stderr(&["calibrate", "office.yaml", "--budget", "0 per 7d"]).contains("`0 per 7d` is no budget"));
    assert!(stderr(&["calibrate", "volume-delete"]).contains("no detector that could raise a false alarm"));
    let idle = ["--set", "benign.clerk.starts=2h", "--set", "agents.bot.starts=2h"];
    let told = stderr(&[&["calibrate", "office.yaml", "--seeds", "2"][..], &idle].concat());
    assert!(told.contains("no honest work is logged in `office.yaml`") && told.contains("`benign:`"), "{told}");
}
