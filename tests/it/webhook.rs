//! Their detection calls us: who is listened to, what counts, and when.
#![expect(clippy::disallowed_methods, reason = "real time passes on the staging plane")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::Value;

use crate::drills::{Api, Ran, always, at_once, command, finished, targets_text};

const FINE: &str = "200 OK";
const SECRET: &str = "hook-secret-0123456789";

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A drill that waits for a call on a port, then revokes.
fn waiting(folder: &Path, api: &Api, port: u16, hook: &str) -> Child {
    waiting_with(folder, api, port, hook, SECRET)
}

fn waiting_with(folder: &Path, api: &Api, port: u16, hook: &str, secret: &str) -> Child {
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
    command.env("HOOK", secret).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
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

/// The secret itself never travels: a call is signed with it.
#[test]
fn calls_that_are_signed_raise_the_alarm_and_others_are_told() {
    let tag = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
    let hub = |key: &[u8], body: &str| {
        let hex: String = tag(key, body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("X-Hub-Signature-256: sha256={hex}\r\n")
    };
    let body = "{\"alert\":7}";
    let api = Api::start(at_once, always, FINE);
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let child = waiting(folder.path(), &api, port, ", with: hook, signed: x-hub-signature-256");
    listened(port);
    let other = hub(SECRET.as_bytes(), "{\"alert\":8}");
    for wrong in ["".to_owned(), hub(b"guess", body), other, format!("x-hook-secret: {SECRET}\r\n")] {
        assert_eq!(call(port, "POST", "/alarm", &wrong, body), Some(401), "{wrong}");
    }
    let ran = ended(folder.path(), child);
    assert!(!step(&ran) && alarms(folder.path()).is_empty(), "{}", ran.shown());
    assert!(ran.says("no alarm within 3 s; 4 calls without the secret, or not signed with it"), "{}", ran.shown());
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let child = waiting(folder.path(), &api, port, ", with: hook, signed: x-hub-signature-256");
    listened(port);
    assert_eq!(call(port, "POST", "/alarm", &hub(SECRET.as_bytes(), body), body), Some(204));
    assert!(step(&ended(folder.path(), child)));

    let standard = |key: &[u8], at: i64| {
        let tag = STANDARD.encode(tag(key, &format!("msg_1.{at}.{body}")));
        format!("webhook-id: msg_1\r\nwebhook-timestamp: {at}\r\nwebhook-signature: v1,{tag}\r\n")
    };
    let key = b"0123456789abcdef01234567";
    let secret = format!("whsec_{}", STANDARD.encode(key));
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let child = waiting_with(folder.path(), &api, port, ", with: hook, signed: standard-webhooks", &secret);
    listened(port);
    let now = jiff::Timestamp::now().as_second();
    assert_eq!(call(port, "POST", "/alarm", &standard(key, now - 400), body), Some(401), "it is old");
    assert_eq!(call(port, "POST", "/alarm", &standard(b"guess", now), body), Some(401));
    assert_eq!(call(port, "POST", "/alarm", &standard(key, now), body), Some(204));
    assert!(step(&ended(folder.path(), child)));
    let folder = tempfile::tempdir().unwrap();
    let ran =
        ended(folder.path(), waiting(folder.path(), &api, free_port(), ", with: hook, signed: standard-webhooks"));
    assert_eq!(ran.code(), 4, "{}", ran.shown());
    assert!(ran.says("the shared secret is none of Standard Webhooks"), "{}", ran.shown());
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
