//! Their detection calls us: who is listened to, what counts, and when.
#![expect(clippy::disallowed_methods, reason = "real time passes on the staging plane")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::drills::{Api, Ran, always, at_once, command, finished, targets_text};

const FINE: &str = "200 OK";
const SECRET: &str = "hook-secret-0123456789";

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A drill that waits for a call on a port, then revokes.
fn waiting(folder: &Path, api: &Api, port: u16, hook: &str) -> Child {
    let more = format!(
        "alarm: {{webhook: {{listen: {port}, path: /alarm{hook}}}}}\nstop: none\ndrill promised: 500ms\ndrill may_remint: yes"
    );
    let text = targets_text(&api.server.origin(), &more).replace(
        "steps: [{revoke: token, with: runbook}]",
        "steps: [{wait_for: alarm, at_most: 3s, covers: []}, {revoke: token, with: runbook}]",
    );
    let text =
        text.replace("  other: {from", "  hook: {from: {env: HOOK}, present: {header: x-hook-secret}}\n  other: {from");
    let mut command = command(folder, &text, &api.server.address.to_string());
    command.env("HOOK", SECRET).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(folder: &Path, child: Child) -> Ran {
    let ran = finished(folder, child.wait_with_output().unwrap());
    assert!(!ran.shown().contains(SECRET) && !ran.json.to_string().contains(SECRET), "{}", ran.shown());
    ran
}

/// What a call is answered with; nothing where nobody listens.
fn call(port: u16, method: &str, path: &str, headers: &str, body: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    let text = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
    // Whoever is refused early may find the other end closed.
    let _ = stream.write_all(text.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}

fn listened(port: u16) {
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10), "nobody listens");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn alarms(folder: &Path) -> Vec<u64> {
    let journal = std::fs::read_to_string(folder.join("out/journal.ndjson")).unwrap();
    let events = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.filter(|event| event["event"] == "alarm").map(|event| event["at"].as_u64().unwrap()).collect()
}

fn step(ran: &Ran) -> bool {
    ran.json["steps"][0]["ok"].as_bool().unwrap()
}

#[test]
fn the_first_call_that_matches_is_the_alarm() {
    let (api, folder, port) = (Api::start(at_once, always, FINE), tempfile::tempdir().unwrap(), free_port());
    let child = waiting(folder.path(), &api, port, ", matching: {json: /alert/id, body: ticket-agent}");
    listened(port);
    assert_eq!(call(port, "GET", "/alarm", "", ""), Some(405));
    assert_eq!(call(port, "POST", "/other", "", "{}"), Some(404));
    assert_eq!(call(port, "POST", "/alarm", "", "{\"alert\":{\"id\":7,\"who\":\"somebody\"}}"), Some(202));
    assert_eq!(call(port, "POST", "/alarm", "", "ticket-agent"), Some(202));
    assert_eq!(call(port, "POST", "/alarm", "", &"x".repeat(70_000)), Some(413), "no more than a little is read");
    let before = Instant::now();
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(call(port, "POST", "/alarm", "", "{\"alert\":{\"id\":7,\"who\":\"ticket-agent\"}}"), Some(204));
    let ran = ended(folder.path(), child);
    assert!(step(&ran), "{}", ran.shown());
    assert_eq!(ran.code(), 0, "{}", ran.shown());
    let alarms = alarms(folder.path());
    assert_eq!(alarms.len(), 1);
    let began: u64 = ran.json["steps"][0]["at"].as_u64().unwrap();
    assert!(began.abs_diff(alarms[0]) < 300_000, "the step ends with the alarm: {began} {alarms:?}");
    assert!(before.elapsed() > Duration::from_millis(700));
}

#[test]
fn who_does_not_know_the_secret_raises_no_alarm() {
    let (api, folder, port) = (Api::start(at_once, always, FINE), tempfile::tempdir().unwrap(), free_port());
    let child = waiting(folder.path(), &api, port, ", with: hook");
    listened(port);
    for wrong in ["", "x-hook-secret: guess\r\n", "x-hook-secret: hook-secret-012345678\r\n"] {
        assert_eq!(call(port, "POST", "/alarm", wrong, "{}"), Some(401), "{wrong}");
    }
    let ran = ended(folder.path(), child);
    assert!(!step(&ran) && alarms(folder.path()).is_empty(), "{}", ran.shown());
    assert!(ran.says("no alarm within 3 s"), "{}", ran.shown());
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let child = waiting(folder.path(), &api, port, ", with: hook");
    listened(port);
    assert_eq!(call(port, "POST", "/alarm", &format!("X-Hook-Secret: {SECRET}\r\n"), "{}"), Some(204));
    // It is listened to from the start: a call that comes before anybody waits for it counts.
    assert!(step(&ended(folder.path(), child)));
}

#[test]
fn callers_that_say_nothing_keep_nobody_out() {
    let (api, folder, port) = (Api::start(at_once, always, FINE), tempfile::tempdir().unwrap(), free_port());
    let child = waiting(folder.path(), &api, port, "");
    listened(port);
    let silent: Vec<TcpStream> = (0..12).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    assert_eq!(call(port, "POST", "/alarm", "", ""), Some(204));
    assert!(step(&ended(folder.path(), child)));
    drop(silent);
}

#[test]
fn nothing_is_sent_where_nobody_can_be_listened_to() {
    let (api, folder) = (Api::start(at_once, always, FINE), tempfile::tempdir().unwrap());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ran = ended(folder.path(), waiting(folder.path(), &api, port, ""));
    assert_eq!(ran.code(), 4, "{}", ran.shown());
    assert!(ran.says(&format!("no alarm can be heard at 127.0.0.1:{port}")), "{}", ran.shown());
    assert_eq!(api.server.connections(), 0);
}
