//! The wall clock of this machine jumps by hours, to and fro, while a real system is drilled or explored: no cap, no deadline
//! and no lag goes by it.
#![expect(clippy::disallowed_methods, reason = "real time passes on the staging plane")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::drills::{self, Api, Ran, after_a_second, always, targets_text};
use crate::staging::real::{fetched, libraries};
use crate::staging::servers::{Server, answer};

/// Where the clock jumps to, one after the other; back from each is a jump as well.
const JUMPS: [&str; 6] = ["+5h", "-7h", "+2d", "-30m", "-400d", "+1h"];
const HOUR: i64 = 3_600;

/// A clock that can be set for one program and for those that it starts.
struct Clock {
    library: PathBuf,
    offset: PathBuf,
}

impl Clock {
    /// `None` where the library is not there; that is a failure where tests must all run.
    fn of(folder: &Path) -> Option<Clock> {
        let [unpacked] = fetched(["faketime/root"])?;
        let clock =
            Clock { library: libraries(&unpacked).join("faketime/libfaketimeMT.so.1"), offset: folder.join("offset") };
        clock.set(JUMPS[0]);
        let shown = clock.of_command(Command::new("date").arg("+%s")).output().unwrap().stdout;
        let ahead = String::from_utf8(shown).unwrap().trim().parse::<i64>().unwrap() - wall();
        assert!((5 * HOUR - 60..=5 * HOUR + 60).contains(&ahead), "the clock that is set is {ahead} s ahead");
        Some(clock)
    }

    fn of_command<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.offset)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    }

    fn set(&self, offset: &str) {
        let fresh = self.offset.with_extension("next");
        fs::write(&fresh, format!("{offset}\n")).unwrap();
        fs::rename(fresh, &self.offset).unwrap();
    }

    /// Runs a program whose clock jumps every 70 ms until it ends, and says how long it really took.
    fn jumps_for(&self, command: &mut Command) -> (Output, Duration) {
        let begun = Instant::now();
        let running =
            self.of_command(command).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut running = running.spawn().unwrap();
        // It begins five hours ahead, and tells so.
        std::thread::sleep(Duration::from_millis(150));
        for offset in JUMPS.iter().cycle() {
            if running.try_wait().unwrap().is_some() {
                break;
            }
            self.set(offset);
            std::thread::sleep(Duration::from_millis(70));
        }
        (running.wait_with_output().unwrap(), begun.elapsed())
    }
}

fn wall() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Of the requests that left as many came, over no more than the time that really passed, and the first by a clock that was
/// five hours ahead. What is given up on its way may come or not.
fn as_many_as_came(out: &Path, server: &Server, took: Duration) {
    let lines = fs::read_to_string(out.join("requests.ndjson")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered = lines.iter().filter(|line| line["status"].is_u64()).count();
    assert!(
        (answered..=lines.len()).contains(&server.connections()),
        "{} came, {answered} answered",
        server.connections()
    );
    let mut times: Vec<jiff::Timestamp> =
        lines.iter().map(|line| line["time"].as_str().unwrap().parse().unwrap()).collect();
    times.sort();
    let (first, last) = (times[0], times[times.len() - 1]);
    let ahead = first.as_second() - wall();
    assert!((4 * HOUR..6 * HOUR).contains(&ahead), "the first left {ahead} s ahead");
    assert!(last.duration_since(first).unsigned_abs() <= took, "{first} to {last}, in {took:?}");
}

/// A drill of an API while the clock jumps, with how long it really took. Nothing comes to its neighbour.
fn drilled(behaviour: drills::Behaviour, changed: impl Fn(String) -> String) -> Option<(Ran, Duration, usize)> {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::of(folder.path())?;
    let api = Api::start(behaviour, always, "200 OK");
    let neighbour = Server::fine(&format!("127.0.0.2:{}", api.server.address.port()));
    let more = "stop: none\ndrill promised: 500ms\ndrill may_remint: yes";
    let text = changed(targets_text(&api.server.origin(), more));
    let mut command = drills::command(folder.path(), &text, &api.server.address.to_string());
    let (output, took) = clock.jumps_for(&mut command);
    let ran = drills::finished(folder.path(), output);
    as_many_as_came(&folder.path().join("out"), &api.server, took);
    assert_eq!(neighbour.connections(), 0, "{}", ran.shown());
    Some((ran, took, api.server.connections()))
}

#[test]
fn a_lag_is_what_it_was_by_a_clock_that_nobody_sets() {
    let Some((ran, ..)) = drilled(after_a_second, |text| text) else { return };
    assert_eq!(ran.code(), 1, "{}", ran.shown());
    let ((at_least, at_most), truth) = (ran.lag(), Duration::from_secs(1));
    assert!(at_least <= truth && truth <= at_most + Duration::from_millis(20), "{at_least:?} {at_most:?}");
    assert!(at_most - at_least < Duration::from_millis(400), "{at_least:?} {at_most:?}");
}

#[test]
fn a_deadline_is_neither_sooner_nor_later() {
    let Some((ran, took, _)) = drilled(always, |text| text.replace("deadline: 3s", "deadline: 1500ms")) else { return };
    assert_eq!((ran.code(), &ran.json["matrix"][0]["ended"]), (1, &"never-stopped".into()), "{}", ran.shown());
    // At a request in 50 ms.
    let after = ran.json["matrix"][0]["accepted_after_declared"].as_u64();
    assert!((Some(10)..=Some(31)).contains(&after), "{after:?}: {}", ran.shown());
    assert!((Duration::from_millis(1_800)..Duration::from_secs(10)).contains(&took), "{took:?}");
}

#[test]
fn the_cap_on_the_duration_is_met_when_so_much_time_has_passed() {
    let changed = |text: String| {
        let text = text.replace("duration: 20s", "duration: 2s").replace("deadline: 3s", "deadline: 15s");
        text.replace("promised: 500ms", "promised: 14s")
    };
    let Some((ran, took, _)) = drilled(always, changed) else { return };
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (3, Some("aborted")), "{}", ran.shown());
    assert!(ran.says("the cap on the duration"), "{}", ran.shown());
    assert!((Duration::from_secs(2)..Duration::from_secs(8)).contains(&took), "{took:?}");
}

#[test]
fn the_cap_on_requests_lets_as_many_through_and_no_more() {
    let changed = |text: String| {
        let text = text.replace("requests: 2_000, rate: 200/s", "requests: 40, rate: 50/s");
        text.replace("at_once: 16", "at_once: 1").replace("promised: 500ms", "promised: 2500ms")
    };
    let Some((ran, took, came)) = drilled(always, changed) else { return };
    assert_eq!((ran.code(), came), (3, 40), "{}", ran.shown());
    assert!(ran.says("the cap on requests is used up"), "{}", ran.shown());
    assert!(took >= Duration::from_millis(39 * 20), "40 starts at 50/s within {took:?}");
}

/// A hundred tickets, each to be read.
const TICKETS: &str = "targets: 1
name: tour
origins: {api: \"http://api.test\"}
credentials: {token: {from: {env: AGENT}}, other: {from: {env: CONTROL}}}
identity: {name: ticket-agent, credentials: token}
control: other
services: {api: {probe: \"GET api:/health\"}}
stop: none
caps: {requests: 60, rate: 50/s, at_once: 1, objects: 500, duration: 30s}
explore: {operations: {list: \"GET api:/tickets -> tickets ids\", ticket: \"GET api:/tickets/{tickets}\"}}
";

#[test]
fn an_exploration_keeps_its_caps_and_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let Some(clock) = Clock::of(folder.path()) else { return };
    let server = Server::start("127.0.0.1:0", |head, stream| {
        let all: Vec<Value> = (1..=100).map(|id| serde_json::json!({"id": id})).collect();
        let is_list = head.starts_with("GET /tickets ");
        answer(stream, "200 OK", "", &if is_list { Value::from(all).to_string() } else { "{\"id\":1}".to_owned() });
    });
    let neighbour = Server::fine(&format!("127.0.0.2:{}", server.address.port()));
    fs::write(folder.path().join("targets.yaml"), TICKETS.replace("http://api.test", &server.origin())).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.args([
        "run",
        "targets.yaml",
        "--plane",
        "staging",
        "--out",
        "out",
        "--consent",
        &server.address.to_string(),
    ]);
    command.current_dir(folder.path()).env("AGENT", "agent-token-0001").env("CONTROL", "control-token-01");
    let (output, took) = clock.jumps_for(&mut command);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), server.connections()), (Some(3), 60), "{shown}");
    assert!((Duration::from_millis(59 * 20)..Duration::from_secs(15)).contains(&took), "60 at 50/s within {took:?}");
    as_many_as_came(&folder.path().join("out"), &server, took);
    assert_eq!(neighbour.connections(), 0);
    let journal = fs::read_to_string(folder.path().join("out/journal.ndjson")).unwrap();
    let ticks: Vec<u64> =
        journal.lines().filter_map(|line| serde_json::from_str::<Value>(line).unwrap()["at"].as_u64()).collect();
    assert!(ticks.len() > 60 && ticks.is_sorted(), "{ticks:?}");
    assert!(Duration::from_micros(ticks[ticks.len() - 1]) <= took, "{ticks:?} in {took:?}");
}
