//! What a bad target does to a drill and to an exploration: the verdict says that nothing was proven, what was changed is put
//! back, and the journal can be read.
#![expect(clippy::disallowed_methods, reason = "real time passes on the staging plane")]

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::drills::{Ran, SECRETS, command, finished, targets_text, undo};
use crate::staging::servers::{answer, head_of};
use crate::writes::{Desk, Manner};

/// What goes wrong from the moment on at which the token was revoked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nobody listens any more.
    Refuses,
    /// Requests are taken, and never answered.
    Hangs,
    /// The connection breaks in the middle of an answer.
    CutsOff,
    /// The answer is 200, and says that it went wrong.
    ErrorInside,
    /// The answer comes byte by byte, and never ends.
    SlowLoris,
    /// Nobody listens for more than a second.
    Restarts,
    /// Everything that we send is forbidden.
    Bans,
    /// Its clock is an hour ahead: what it issued has expired, and always had.
    ExpiresEarly,
    /// Its clock is an hour ahead, and that is all.
    ClockAhead,
    /// What contains is never answered.
    SilentStep,
    /// A refusal takes its time: nobody knows when within it the token was looked at.
    Dawdles,
}

/// Writes an answer that a client makes nothing of.
pub fn misbehave(fault: Fault, stream: &mut TcpStream) {
    match fault {
        Fault::Hangs | Fault::SilentStep => std::thread::sleep(Duration::from_secs(3)),
        Fault::CutsOff => {
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"id\":1,\"text\":\"half of"))
        }
        Fault::ErrorInside => answer(stream, "200 OK", "", "{\"error\":\"internal\",\"id\":null}"),
        Fault::SlowLoris => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n";
            let slow = head.iter().chain(std::iter::repeat_n(&b' ', 30));
            for byte in slow {
                if stream.write_all(&[*byte]).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(60));
            }
        }
        _ => answer(stream, "403 Forbidden", "", "{}"),
    }
}

#[derive(Default)]
struct State {
    revoked: Option<Instant>,
    restored: bool,
    healed: bool,
}

impl State {
    fn listens(&self, fault: Fault) -> bool {
        match (fault, self.revoked) {
            _ if self.healed => true,
            (Fault::Refuses, Some(_)) => false,
            (Fault::Restarts, Some(at)) => at.elapsed() > Duration::from_millis(1_300),
            _ => true,
        }
    }
}

/// An API with one token, that can stop to listen and come back.
struct Target {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Target {
    fn start(fault: Fault) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target { address: listener.local_addr().unwrap(), state: Arc::default() };
        let (state, address) = (target.state.clone(), target.address);
        std::thread::spawn(move || {
            let mut listener = Some(listener);
            loop {
                if !state.lock().unwrap().listens(fault) {
                    listener = None;
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                }
                let Ok(open) = listener.take().map_or_else(|| TcpListener::bind(address), Ok) else { continue };
                open.set_nonblocking(true).unwrap();
                match open.accept() {
                    Ok((mut stream, _)) => {
                        stream.set_nonblocking(false).unwrap();
                        let state = state.clone();
                        std::thread::spawn(move || {
                            let head = head_of(&mut stream);
                            serve(fault, &head, &mut stream, &state);
                        });
                    }
                    Err(_) => std::thread::sleep(Duration::from_millis(2)),
                }
                listener = Some(open);
            }
        });
        target
    }
}

fn serve(fault: Fault, head: &str, stream: &mut TcpStream, state: &Mutex<State>) {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (revoked, healed) = {
        let state = state.lock().unwrap();
        (state.revoked.is_some(), state.healed)
    };
    let ahead = if fault == Fault::ClockAhead {
        let date = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        format!("Date: {}\r\n", date.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    } else {
        String::new()
    };
    let banned = fault == Fault::Bans && revoked && !healed;
    match path {
        "/health" => answer(stream, "200 OK", "", "{}"),
        _ if banned => answer(stream, "403 Forbidden", "", "{}"),
        "/token" => answer(stream, "200 OK", &ahead, &format!("{{\"access_token\":\"{}\"}}", SECRETS[0])),
        "/revoke" => {
            state.lock().unwrap().revoked.get_or_insert_with(Instant::now);
            if fault == Fault::SilentStep { misbehave(fault, stream) } else { answer(stream, "200 OK", &ahead, "") }
        }
        "/restore" => {
            let mut state = state.lock().unwrap();
            (state.restored, state.revoked) = (true, None);
            answer(stream, "200 OK", &ahead, "");
        }
        _ => {
            let token = SECRETS.iter().position(|secret| head.contains(secret));
            let expired = fault == Fault::ExpiresEarly && token == Some(0);
            let broken = [Fault::Hangs, Fault::CutsOff, Fault::ErrorInside, Fault::SlowLoris].contains(&fault);
            match token {
                None => answer(stream, "401 Unauthorized", "", "{}"),
                Some(_) if expired => answer(stream, "401 Unauthorized", "", "{}"),
                Some(_) if broken && revoked => misbehave(fault, stream),
                Some(0) if revoked => {
                    if fault == Fault::Dawdles {
                        std::thread::sleep(Duration::from_millis(900));
                    }
                    answer(stream, "401 Unauthorized", &ahead, "{}");
                }
                Some(_) => answer(stream, "200 OK", &ahead, "{\"id\":1}"),
            }
        }
    }
}

const PUT_BACK: &str = "drill promised: 500ms\ndrill may_remint: yes\ndrill restore: [{http: \"POST api:/restore\"}]";

fn drill(target: &Target, folder: &Path, stop: &str) -> Ran {
    let text = targets_text(&format!("http://{}", target.address), &format!("stop: {stop}\n{PUT_BACK}"));
    finished(folder, command(folder, &text, &target.address.to_string()).output().unwrap())
}

/// Every line is whole, the first heads it, and the last one ends it.
fn is_readable(folder: &Path) {
    let journal = fs::read_to_string(folder.join("out/journal.ndjson")).unwrap();
    assert!(journal.ends_with('\n'), "{journal}");
    let events: Vec<Value> = journal.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    assert_eq!(events.first().map(|event| &event["event"]), Some(&Value::from("header")));
    assert!(events.iter().any(|event| event["event"] == "ended"), "{journal}");
}

/// Drills a target with a fault, and looks for the verdict, for its reason, and for what became of the undoing.
fn faulty(fault: Fault, stop: &str, (verdict, why): (&str, &str), put_back_at_once: bool) {
    let folder = tempfile::tempdir().unwrap();
    let target = Target::start(fault);
    let ran = drill(&target, folder.path(), stop);
    assert_eq!(ran.json["verdict"], verdict, "{fault:?}: {}", ran.shown());
    assert!(ran.says(why), "{fault:?} should say {why}: {}", ran.shown());
    assert_eq!(ran.code(), if verdict == "aborted" { 3 } else { 4 }, "{fault:?}");
    is_readable(folder.path());
    assert_eq!(target.state.lock().unwrap().restored, put_back_at_once, "{fault:?}: {}", ran.shown());
    assert_eq!(ran.says("not put back"), !put_back_at_once, "{fault:?}: {}", ran.shown());
    target.state.lock().unwrap().healed = true;
    while TcpStream::connect(target.address).is_err() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let again = undo(folder.path(), &target.address.to_string());
    let said = String::from_utf8_lossy(&again.stdout).into_owned() + &String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(0), "{fault:?}: {said}");
    let expected = if put_back_at_once { "was put back already" } else { "everything is as it was" };
    assert!(said.contains(expected), "{fault:?}: {said}");
    assert!(target.state.lock().unwrap().restored, "{fault:?}: {said}");
    is_readable(folder.path());
}

const NOTHING_TOLD: &str = "after it was last accepted, no answer told anything";

#[test]
fn a_target_that_does_not_answer_proves_nothing() {
    std::thread::scope(|scope| {
        for fault in [Fault::Hangs, Fault::CutsOff, Fault::ErrorInside, Fault::SlowLoris] {
            scope.spawn(move || faulty(fault, "none", ("inconclusive", NOTHING_TOLD), true));
        }
    });
}

#[test]
fn a_target_that_suffers_ends_the_drill() {
    std::thread::scope(|scope| {
        for fault in [Fault::Hangs, Fault::CutsOff, Fault::SlowLoris] {
            let why = ("aborted", "of the last 10 requests failed");
            scope.spawn(move || faulty(fault, "[{errors: 30%, of: 10}]", why, true));
        }
        // A restart is short: a health check that may fail for long enough outlives it.
        let why = ("aborted", "the health check failed 3 times in a row");
        scope.spawn(move || faulty(Fault::Refuses, "[{health: \"GET api:/health\", every: 100ms}]", why, false));
    });
}

#[test]
fn a_target_that_is_gone_or_bans_us_is_put_back_later() {
    std::thread::scope(|scope| {
        for fault in [Fault::Refuses, Fault::Bans] {
            scope.spawn(move || faulty(fault, "none", ("inconclusive", NOTHING_TOLD), false));
        }
    });
}

#[test]
fn a_gap_that_is_longer_than_the_promise_keeps_no_promise() {
    faulty(Fault::Restarts, "none", ("inconclusive", "no request in between says which"), true);
}

#[test]
fn an_answer_that_takes_its_time_widens_the_interval() {
    let folder = tempfile::tempdir().unwrap();
    let target = Target::start(Fault::Dawdles);
    let text = targets_text(&format!("http://{}", target.address), &format!("stop: none\n{PUT_BACK}"));
    let text = text.replace("patience: 500ms", "patience: 2s");
    let ran = finished(folder.path(), command(folder.path(), &text, &target.address.to_string()).output().unwrap());
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (4, Some("inconclusive")), "{}", ran.shown());
    assert!(ran.says("no request in between says which"), "{}", ran.shown());
}

#[test]
fn a_containment_that_was_never_answered_may_have_happened() {
    faulty(Fault::SilentStep, "none", ("inconclusive", "it may or may not have happened"), true);
}

#[test]
fn the_clock_of_the_target_decides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let target = Target::start(Fault::ExpiresEarly);
    let ran = drill(&target, folder.path(), "none");
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (4, Some("inconclusive")), "{}", ran.shown());
    assert!(ran.says("nothing was there to be contained"), "{}", ran.shown());
    is_readable(folder.path());
    assert!(target.state.lock().unwrap().revoked.is_none(), "nothing is revoked that was never accepted");
    let folder = tempfile::tempdir().unwrap();
    let target = Target::start(Fault::ClockAhead);
    let ran = drill(&target, folder.path(), "none");
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (0, Some("pass")), "{}", ran.shown());
    assert!(ran.lag().1 < Duration::from_millis(500), "{}", ran.shown());
}

/// As on a disk with no more room than so many blocks of 512 bytes for each file.
fn with_little_room(command: &Command, blocks: u32) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -f \"$0\"; trap '' XFSZ; exec \"$@\"", &blocks.to_string()]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.current_dir(command.get_current_dir().unwrap()).stdin(Stdio::null());
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited
}

#[test]
fn a_disk_that_is_full_on_our_side_ends_a_drill_and_everything_is_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let target = Target::start(Fault::ClockAhead);
    let text = targets_text(&format!("http://{}", target.address), &format!("stop: none\n{PUT_BACK}"));
    // Probes go on for long enough to fill it, and the token is revoked before.
    let text = text.replace("steady: 300ms", "steady: 50ms").replace("settle: 500ms", "settle: 2900ms");
    let drill = command(folder.path(), &text, &target.address.to_string());
    let ran = finished(folder.path(), with_little_room(&drill, 12).output().unwrap());
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (3, Some("aborted")), "{}", ran.shown());
    assert!(ran.says("the journal cannot be written"), "{}", ran.shown());
    assert!(target.state.lock().unwrap().restored, "{}", ran.shown());
    let journal = fs::read_to_string(folder.path().join("out/journal.ndjson")).unwrap();
    assert!(journal.ends_with('\n'), "no part of a line stays: {journal}");
    assert!(journal.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{journal}");
    let again = undo(folder.path(), &target.address.to_string());
    let said = String::from_utf8_lossy(&again.stdout).into_owned() + &String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(0), "{said}");
    // Without any room nothing is begun.
    let full = tempfile::tempdir().unwrap();
    fs::create_dir(full.path().join("out")).unwrap();
    std::os::unix::fs::symlink("/dev/full", full.path().join("out/journal.ndjson")).unwrap();
    let nobody = Target::start(Fault::ClockAhead);
    let text = targets_text(&format!("http://{}", nobody.address), &format!("stop: none\n{PUT_BACK}"));
    let output = command(full.path(), &text, &nobody.address.to_string()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let state = nobody.state.lock().unwrap();
    assert!(state.revoked.is_none() && !state.restored, "{said}");
}

#[test]
fn an_exploration_of_a_bad_target_undoes_what_it_wrote() {
    let faults = [Fault::Hangs, Fault::CutsOff, Fault::ErrorInside, Fault::SlowLoris, Fault::Bans, Fault::Restarts];
    std::thread::scope(|scope| {
        for fault in faults {
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                let desk = Desk::start(Manner::Faulty(fault), folder.path().join("out/undo.ndjson"));
                let before = desk.now();
                let (output, run) = crate::writes::run(folder.path(), &desk);
                let shown = crate::writes::shown(&output);
                let code = output.status.code().unwrap();
                let verdict = if code == 3 { "aborted" } else { "inconclusive" };
                assert!([3, 4].contains(&code) && run["verdict"] == verdict, "{fault:?}: {code} {shown}");
                assert!(run["complete"].as_bool().unwrap_or(false), "{fault:?}: {shown}");
                let undone = &run["explored"]["undo"];
                assert!(undone["writes"].as_u64() > Some(2), "{fault:?}: {shown}");
                assert_eq!(undone["left"], Value::Array(Vec::new()), "{fault:?}: {shown}");
                assert_eq!(desk.now(), before, "{fault:?}: {shown}");
            });
        }
    });
}

#[test]
fn a_disk_that_is_full_on_our_side_ends_an_exploration_and_everything_is_undone() {
    for blocks in [14, 20, 26] {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::start(Manner::Fine, folder.path().join("out/undo.ndjson"));
        let before = desk.now();
        let command = crate::writes::explore(folder.path(), &desk, "1_000/s");
        let output = with_little_room(&command, blocks).output().unwrap();
        let shown = crate::writes::shown(&output);
        assert!([3, 4].contains(&output.status.code().unwrap()), "{blocks}: {shown}");
        assert!(shown.contains("cannot be written") || shown.contains("takes no more"), "{blocks}: {shown}");
        assert!(desk.writes() > 0, "{blocks}: {shown}");
        assert_eq!(desk.now(), before, "{blocks}: {shown}");
        let kept = fs::read_to_string(folder.path().join("out/undo.ndjson")).unwrap();
        assert!(kept.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{blocks}: {kept}");
    }
}
