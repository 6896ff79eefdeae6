//! Drills, from the command line: against servers of our own that behave badly, and against real ones.
#![expect(clippy::disallowed_methods, reason = "real time passes on the staging plane")]

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::staging::moments::Moments;
use crate::staging::oidc::Oidc;
use crate::staging::real::curl;
use crate::staging::servers::{Server, answer};

/// A small API with tokens. `POST /token` issues one, `POST /revoke` is told to the behaviour.
pub struct Api {
    pub server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    issued: u32,
    /// When, and up to which token.
    revoked: Option<(Instant, u32)>,
    restored: bool,
    asked: u32,
}

/// How a service answers a request with a good token, so long after the revocation.
pub type Behaviour = fn(Option<Duration>, u32) -> &'static str;

const FINE: &str = "200 OK";
const REFUSED: &str = "401 Unauthorized";
/// So long after the revocation nobody learns anything at `/fleeting` any more.
const FLEETING: Duration = Duration::from_millis(400);

impl Api {
    pub fn start(behaviour: Behaviour, others: Behaviour, revocation: &'static str) -> Api {
        Api::issuing(always, behaviour, others, revocation)
    }

    /// With a token endpoint that has a behaviour of its own.
    pub fn issuing(tokens: Behaviour, behaviour: Behaviour, others: Behaviour, revocation: &'static str) -> Api {
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = state.clone();
        let server = Server::start("127.0.0.1:0", move |head, stream| {
            let mut state = shared.lock().unwrap();
            let path = head.split(' ').nth(1).unwrap_or_default();
            let status = match path {
                "/token" => {
                    let status = tokens(state.revoked.map(|(at, _)| at.elapsed()), state.asked);
                    if status != FINE {
                        return reply(stream, status);
                    }
                    state.issued += 1;
                    let body = format!("{{\"access_token\":\"agent-secret-{:04}-of-a-token\"}}", state.issued);
                    return answer(stream, FINE, "Content-Type: application/json\r\n", &body);
                }
                "/revoke" => {
                    if revocation == FINE {
                        let issued = state.issued;
                        state.revoked.get_or_insert_with(|| (Instant::now(), issued));
                    }
                    let body = "{\"error\":\"unsupported_token_type\"}";
                    return answer(stream, revocation, "", body);
                }
                "/restore" => {
                    state.restored = true;
                    state.revoked = None;
                    FINE
                }
                "/open" => FINE,
                "/closed" => REFUSED,
                "/desk" if state.revoked.is_some() => REFUSED,
                _ => {
                    state.asked += 1;

                    let head = head.to_lowercase();
                    let bearer = head.split("authorization: bearer ").nth(1).unwrap_or_default();
                    let number = bearer.get(13..17).and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
                    let since = state.revoked.filter(|(_, up_to)| number <= *up_to).map(|(at, _)| at.elapsed());
                    let goes_down = path == "/fleeting" && since.is_some_and(|since| since > FLEETING);
                    match bearer.get(..13) {
                        Some(_) if goes_down => "503 Busy",
                        Some("agent-secret-") if path == "/fleeting" => FINE,
                        Some("agent-secret-") => behaviour(since, state.asked),
                        Some("control-secre") => others(since, state.asked),
                        _ if behaviour(None, 0) == "200 anybody" => FINE,
                        _ if behaviour(None, 0) == "302 login" => "302 Found",
                        _ => REFUSED,
                    }
                }
            };
            drop(state);
            reply(stream, status);
        });
        Api { server, state }
    }
}

fn reply(stream: &mut TcpStream, status: &str) {
    match status {
        "hang" => std::thread::sleep(Duration::from_secs(3)),
        "reset" => {}
        "200 anybody" | "302 login" => answer(stream, FINE, "", "{\"id\":1}"),
        "302 Found" => answer(stream, status, "Location: /login\r\n", ""),
        "200 error" => answer(stream, FINE, "", "{\"error\":\"internal\"}"),
        _ => answer(stream, status, "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n", "{\"id\":1}"),
    }
}

pub const SECRETS: [&str; 3] =
    ["agent-secret-0001-of-a-token", "control-secret-of-a-token", "runbook-secret-of-a-person"];

pub fn targets_text(origin: &str, more: &str) -> String {
    format!(
        "targets: 1\nname: fake\norigins: {{api: {origin}}}\nwrites: [\"POST api:/token\", \"POST api:/revoke\", \"POST api:/restore\"]\n\
         provider: {{token: \"api:/token\", revocation: \"api:/revoke\"}}\n\
         credentials:\n  token: {{from: {{request: \"POST api:/token\", take: /access_token}}, lives: 1h}}\n  \
         other: {{from: {{env: CONTROL}}}}\n  runbook: {{from: {{file: runbook.secret}}}}\n\
         identity: {{name: ticket-agent, credentials: token}}\ncontrol: other\ncleanup: runbook\n\
         services: {{api: {{probe: {{http: \"GET api:/tickets/1\", accepted: {{json: /id}}}}}}}}\n\
         caps: {{requests: 2_000, rate: 200/s, at_once: 16, writes: 20, duration: 20s}}\n\
         {}\ndrill:\n  steps: [{{revoke: token, with: runbook}}]\n  cadence: 50ms\n  steady: 300ms\n  settle: 500ms\n  \
         deadline: 3s\n  patience: 500ms\n  {}\n  {}\n",
        more.lines().filter(|line| !line.starts_with("drill ")).collect::<Vec<_>>().join("\n"),
        more.lines().filter_map(|line| line.strip_prefix("drill ")).collect::<Vec<_>>().join("\n  "),
        if more.contains("drill phases") { "" } else { "phases: 1" },
    )
}

pub struct Ran {
    output: Output,
    pub json: Value,
    pub files: String,
}

impl Ran {
    pub fn code(&self) -> i32 {
        self.output.status.code().unwrap_or(-1)
    }

    pub fn shown(&self) -> String {
        format!("{}\n{}", String::from_utf8_lossy(&self.output.stdout), String::from_utf8_lossy(&self.output.stderr))
    }

    fn row(&self) -> &Value {
        &self.json["matrix"][0]
    }

    pub fn says(&self, text: &str) -> bool {
        // Lines are wrapped.
        self.shown().split_whitespace().collect::<Vec<_>>().join(" ").contains(text)
    }

    /// The lag, at least and at most.
    pub fn lag(&self) -> (Duration, Duration) {
        let of = |key: &str| Duration::from_micros(self.row()["lag_us"][key].as_u64().expect("a lag"));
        (of("at_least"), of("at_most"))
    }
}

pub fn command(folder: &Path, text: &str, consent: &str) -> Command {
    fs::write(folder.join("targets.yaml"), text).unwrap();
    fs::write(folder.join("runbook.secret"), format!("{}\n", SECRETS[2])).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.args(["drill", "targets.yaml", "--out", "out"]).current_dir(folder).stdin(Stdio::null());
    command.args(consent.split_whitespace().flat_map(|host| ["--consent", host]));
    command.env("CONTROL", SECRETS[1]).env("NO_COLOR", "1");
    command
}

pub fn finished(folder: &Path, output: Output) -> Ran {
    let read = |name: &str| fs::read_to_string(folder.join("out").join(name)).unwrap_or_default();
    let files = ["drill.json", "journal.ndjson", "summary.txt"].map(read).join("\n");
    let ran = Ran { json: serde_json::from_str(&read("drill.json")).unwrap_or_default(), output, files };
    let all = ran.files.clone() + &ran.shown();
    for secret in SECRETS {
        for form in [secret.to_owned(), secret[..14].to_owned(), STANDARD.encode(secret)] {
            assert!(!all.contains(&form), "{form} stands in what was written: {all}");
        }
    }
    ran
}

pub fn run(api: &Api, more: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let text = targets_text(&api.server.origin(), more);
    let output = command(folder.path(), &text, &api.server.address.to_string()).output().unwrap();
    finished(folder.path(), output)
}

pub fn always(_: Option<Duration>, _: u32) -> &'static str {
    FINE
}

pub fn at_once(since: Option<Duration>, _: u32) -> &'static str {
    if since.is_some() { REFUSED } else { FINE }
}

pub fn after_a_second(since: Option<Duration>, _: u32) -> &'static str {
    if since.is_some_and(|since| since >= Duration::from_secs(1)) { REFUSED } else { FINE }
}

fn flapping(since: Option<Duration>, asked: u32) -> &'static str {
    match since {
        Some(since) if since > Duration::from_secs(1) || asked.is_multiple_of(3) => REFUSED,
        _ => FINE,
    }
}

const PROMISED: &str = "stop: none\ndrill promised: 500ms\ndrill may_remint: yes";

#[test]
fn a_prompt_revocation_holds_its_promise() {
    let api = Api::start(at_once, always, FINE);
    let ran = run(&api, PROMISED);
    assert_eq!(ran.code(), 0, "{}", ran.shown());
    assert_eq!(ran.json["verdict"], "pass");
    let (at_least, at_most) = ran.lag();
    assert!(at_least < Duration::from_millis(60) && at_most < Duration::from_millis(300), "{at_least:?} {at_most:?}");
    assert_eq!(ran.row()["challenge"], "invalid_token");
    assert!(ran.says("token by its own request: issued again"), "{}", ran.shown());
}

#[test]
fn a_lag_is_measured_between_two_requests_and_held_against_the_promise() {
    let api = Api::start(after_a_second, always, FINE);
    let ran = run(&api, PROMISED);
    assert_eq!(ran.code(), 1, "{}", ran.shown());
    let (at_least, at_most) = ran.lag();
    let truth = Duration::from_secs(1);
    assert!(at_least <= truth && truth <= at_most + Duration::from_millis(20), "{at_least:?} {at_most:?}");
    assert!(at_most - at_least < Duration::from_millis(400), "{at_least:?} {at_most:?}");
    assert!(ran.row()["accepted_after_declared"].as_u64() >= Some(8), "{}", ran.shown());
}

#[test]
fn what_never_stops_or_can_be_had_again_breaks_the_promise() {
    let ran = run(&Api::start(always, always, FINE), PROMISED);
    assert_eq!((ran.code(), ran.row()["ended"].as_str()), (1, Some("never-stopped")), "{}", ran.shown());
    let ran = run(&Api::start(at_once, always, FINE), "stop: none\ndrill promised: 500ms");
    assert_eq!(ran.code(), 1, "{}", ran.shown());
    assert!(ran.says("a new credential was issued after the drill, accepted by api"), "{}", ran.shown());
}

#[test]
fn a_failed_step_declares_nothing() {
    let ran = run(&Api::start(at_once, always, "400 Bad Request"), PROMISED);
    assert_eq!(ran.code(), 1, "{}", ran.shown());
    assert_eq!(ran.row()["declared_us"], Value::Null);
    assert!(ran.says("failed with 400 unsupported_token_type"), "{}", ran.shown());
}

#[test]
fn acceptance_that_comes_back_is_seen() {
    let ran = run(&Api::start(flapping, always, FINE), "stop: none\ndrill promised: 2s\ndrill may_remint: yes");
    assert_eq!((ran.code(), &ran.row()["flapping"]), (0, &Value::Bool(true)), "{}", ran.shown());
}

#[test]
fn a_probe_that_anybody_passes_proves_nothing() {
    let ran = run(&Api::start(|_, _| "200 anybody", always, FINE), PROMISED);
    assert!(ran.says("is accepted without a credential: it proves nothing"), "{}", ran.shown());
    assert_eq!(ran.code(), 4, "{}", ran.shown());
    // Beside one that proves something it is neither a broken promise nor a survivor.
    let api = Api::start(at_once, always, FINE);
    let folder = tempfile::tempdir().unwrap();
    let text = targets_text(&api.server.origin(), PROMISED)
        .replace("services: {", "services: {open: {probe: \"GET api:/open\"}, ");
    let output = command(folder.path(), &text, &api.server.address.to_string()).output().unwrap();
    let ran = finished(folder.path(), output);
    let ended: BTreeSet<_> = ran.json["matrix"].as_array().unwrap().iter().map(|row| row["ended"].as_str()).collect();
    assert_eq!((ran.code(), ended), (4, BTreeSet::from([Some("stopped"), Some("unknown")])), "{}", ran.shown());
    assert!(
        ran.says("nothing was accepted after containment was declared; 1 of 2 doors shut, of 1 it is not known"),
        "{}",
        ran.shown()
    );
    assert_eq!(ran.json["broken"], json!([]));
    assert_eq!(ran.json["survivors"], json!(["token by its own request: issued again, accepted by api"]));
    // A server that refuses with a redirect to its login page refuses.
    let login: Behaviour = |since, _| if since.is_some() { "302 Found" } else { "302 login" };
    let ran = run(&Api::start(login, always, FINE), PROMISED);
    assert_eq!((ran.code(), ran.row()["status"].as_u64()), (0, Some(302)), "{}", ran.shown());
}

/// A door that was open when it was last seen is told of beside those that shut.
#[test]
fn a_door_of_which_nobody_saw_the_end_is_in_the_headline() {
    for (behaviour, begins) in [
        (at_once as Behaviour, "FAIL: ticket-agent: token at fleeting was accepted"),
        (after_a_second, "FAIL: ticket-agent: token at api was accepted until"),
    ] {
        let api = Api::start(behaviour, always, FINE);
        let folder = tempfile::tempdir().unwrap();
        let text = targets_text(&api.server.origin(), "stop: none\ndrill promised: 100ms")
            .replace("services: {", "services: {fleeting: {probe: \"GET api:/fleeting\"}, ");
        let ran =
            finished(folder.path(), command(folder.path(), &text, &api.server.address.to_string()).output().unwrap());
        let said = ran.says(begins) && ran.says("nobody saw when it stopped; 1 of 2 doors shut, of 1 it is not known");
        assert!(said, "{}", ran.shown());
    }
}

/// Where nothing could be shown, nothing is revoked.
#[test]
fn a_drill_that_could_show_nothing_does_nothing() {
    let never: Behaviour = |_, _| REFUSED;
    let away: Behaviour = |_, _| "503 Busy";
    let of_others: [(Behaviour, Behaviour, &str, &[&str]); 5] = [
        (always, never, PROMISED, &["the control `other` is not accepted by api (status 401)"]),
        (always, away, PROMISED, &["the control `other` is not accepted by api (status 503"]),
        (
            always,
            |_, asked| if asked > 4 { REFUSED } else { FINE },
            PROMISED,
            &["the control `other` is not accepted by api"],
        ),
        (never, always, PROMISED, &["`token` is not accepted by api (status 401): nothing was there to be contained"]),
        (|_, _| "200 anybody", always, PROMISED, &["every probe (api) is accepted without a credential"]),
    ];
    for (drilled, others, more, said) in of_others {
        let api = Api::start(drilled, others, FINE);
        let more = format!("{more}\ndrill restore: [{{http: \"POST api:/restore\"}}]");
        let ran = run(&api, &more);
        assert_eq!((ran.code(), ran.json["verdict"].as_str()), (4, Some("inconclusive")), "{}", ran.shown());
        assert!(said.iter().all(|said| ran.says(said)), "{said:?}: {}", ran.shown());
        assert!(ran.says("did not begin: nothing was done to it") && ran.says("nothing was done:"), "{}", ran.shown());
        let came = api.server.came();
        let changes = came.iter().filter(|came| came.head.contains("/revoke") || came.head.contains("/restore"));
        assert_eq!(changes.count(), 0, "{}", ran.shown());
    }
    let demanding = "stop: none\ndrill promised: 500ms";
    let api = Api::start(never, always, FINE);
    let folder = tempfile::tempdir().unwrap();
    let text = targets_text(&api.server.origin(), demanding)
        .replace("accepted: {json: /id}}}", "accepted: {json: /id}}, credentials: token}");
    let ran = finished(folder.path(), command(folder.path(), &text, &api.server.address.to_string()).output().unwrap());
    assert!(ran.code() == 4 && ran.says("`token` is not accepted by api (status 401)"), "{}", ran.shown());
    assert!(api.state.lock().unwrap().revoked.is_none());
}

#[test]
fn a_server_that_speaks_http_2_without_tls_proves_nothing() {
    // What a server of HTTP/2 says first: an empty SETTINGS frame (RFC 9113 section 3.4).
    let server = Server::start("127.0.0.1:0", |_, stream| {
        drop(std::io::Write::write_all(stream, b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"));
    });
    let folder = tempfile::tempdir().unwrap();
    let text = targets_text(&server.origin(), PROMISED);
    let ran = finished(folder.path(), command(folder.path(), &text, &server.address.to_string()).output().unwrap());
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (4, Some("inconclusive")), "{}", ran.shown());
    assert!(ran.says("no answer in HTTP/1.1, nor in HTTP/2 under TLS"), "{}", ran.shown());
}

/// What is no run of an agent, and no file of a drill, says so.
#[test]
fn drills_and_explorations_are_not_mistaken_for_each_other() {
    let api = Api::start(at_once, always, FINE);
    let folder = tempfile::tempdir().unwrap();
    let text =
        targets_text(&api.server.origin(), &format!("{PROMISED}\ndrill restore: [{{http: \"POST api:/restore\"}}]"));
    let output = command(folder.path(), &text, &api.server.address.to_string()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let explored = text.split("drill:\n").next().unwrap().to_owned() + "explore: {operations: {a: \"GET api:/a\"}}\n";
    fs::write(folder.path().join("explored.yaml"), explored).unwrap();
    for (args, said, code) in [
        ("explain out", "is the journal of a drill", 2),
        ("replay out/journal.ndjson", "is the journal of a drill", 2),
        ("graph out", "drill.json beside it", 2),
        ("undo out", "everything was put back already", 0),
        ("run targets.yaml --plane staging --dry-run", "it is the file of a drill, which `runaway drill FILE` runs", 2),
        ("drill explored.yaml --dry-run", "which `runaway run FILE --plane staging` runs", 2),
        ("run explored.yaml", "or `runaway run FILE --plane staging`", 2),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
        let output = command.args(args.split(' ')).current_dir(folder.path()).env("NO_COLOR", "1").output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!((output.status.code(), told.contains(said)), (Some(code), true), "{args}: {told}");
    }
}

#[test]
fn refusals_beside_a_refused_control_are_unknown() {
    let ran = run(&Api::start(at_once, at_once, FINE), PROMISED);
    assert_eq!((ran.code(), ran.row()["ended"].as_str()), (4, Some("unknown")), "{}", ran.shown());
}

#[test]
fn a_bad_target_is_no_proof() {
    let broken: [Behaviour; 3] = [
        |since, _| if since.is_some() { "reset" } else { FINE },
        |since, _| if since.is_some() { "503 Busy" } else { FINE },
        |since, _| if since.is_some() { "200 error" } else { FINE },
    ];
    for behaviour in broken {
        let ran = run(&Api::start(behaviour, always, FINE), PROMISED);
        assert_eq!((ran.code(), ran.row()["ended"].as_str()), (4, Some("unknown")), "{}", ran.shown());
    }
    let nobody = Api::start(always, always, FINE);
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = targets_text(&nobody.server.origin(), PROMISED);
    let text = text.replace(&nobody.server.origin(), &format!("http://{free}"));
    let ran = finished(folder.path(), command(folder.path(), &text, &free.to_string()).output().unwrap());
    assert_eq!(ran.code(), 4, "{}", ran.shown());
    assert!(ran.says("the control `other` is not accepted by api (no connection)"), "{}", ran.shown());
}

#[test]
fn stop_conditions_and_caps_end_a_drill() {
    let errors = "stop: [{errors: 30%, of: 20}]\ndrill promised: 500ms";
    let failing: Behaviour = |since, _| if since.is_some() { "503 Busy" } else { FINE };
    let ran = run(&Api::start(failing, failing, FINE), errors);
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (3, Some("aborted")), "{}", ran.shown());
    assert!(ran.says("of the last 20 requests failed"), "{}", ran.shown());
    let health = "stop: [{health: \"GET api:/health\", every: 100ms, fails: 2}]\ndrill promised: 500ms";
    let ran = run(&Api::start(at_once, always, FINE), health);
    assert!(ran.says("the health check failed 2 times in a row"), "{}", ran.shown());
    let api = Api::start(always, always, FINE);
    let folder = tempfile::tempdir().unwrap();
    let text = targets_text(&api.server.origin(), PROMISED).replace("requests: 2_000", "requests: 30");
    let ran = finished(folder.path(), command(folder.path(), &text, &api.server.address.to_string()).output().unwrap());
    // What is under way when the drill stops is dropped.
    let came = api.server.came().len();
    assert!(ran.code() == 3 && (20..=30).contains(&came), "{came}: {}", ran.shown());
    assert!(ran.says("the cap on requests is used up"), "{}", ran.shown());
}

#[test]
fn a_file_or_ctrl_c_stops_all_and_everything_is_put_back() {
    for by_file in [true, false] {
        let api = Api::start(always, always, FINE);
        let folder = tempfile::tempdir().unwrap();
        let more = "stop: none\nkill_file: halt\ndrill promised: 500ms\ndrill restore: [{http: \"POST api:/restore\"}]";
        let running =
            command(folder.path(), &targets_text(&api.server.origin(), more), &api.server.address.to_string())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
        let begun = Instant::now();
        while api.state.lock().unwrap().revoked.is_none() && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(20));
        }
        if by_file {
            fs::write(folder.path().join("halt"), "").unwrap();
        } else {
            assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
        }
        let thrown = Instant::now();
        let ran = finished(folder.path(), running.wait_with_output().unwrap());
        assert_eq!(ran.code(), 3, "{}", ran.shown());
        let late = api.server.came().into_iter().filter(|came| came.at > thrown + Duration::from_millis(100));
        let late: BTreeSet<String> =
            late.map(|came| came.head.split(' ').nth(1).unwrap_or_default().to_owned()).collect();
        if by_file {
            assert_eq!(late, BTreeSet::new(), "the file stops everything, restoring too");
        } else {
            assert!(api.state.lock().unwrap().restored, "{}", ran.shown());
            assert!(ran.says("restored: token works again at api"), "{}", ran.shown());
        }
    }
}

/// The first Ctrl-C stops the attack, and restoring begins; the second one stops that too, and says what is left to do.
#[test]
fn a_second_ctrl_c_stops_putting_back_and_says_how_it_is_done_later() {
    let api = Api::start(always, always, FINE);
    let folder = tempfile::tempdir().unwrap();
    // Restoring hangs, until somebody lets it go on.
    let more = "stop: none\ndrill promised: 500ms\n\
                drill restore: [{command: [sh, -c, \"touch begun; test -e go-on || exec sleep 60\"]}, {http: \"POST api:/restore\"}]";
    let consent = api.server.address.to_string();
    let running = command(folder.path(), &targets_text(&api.server.origin(), more), &consent)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let wait_until = |what: &str, holds: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let interrupt_of =
        |pid: u32| assert!(Command::new("kill").args(["-INT", &pid.to_string()]).status().unwrap().success());
    let pid = running.id();
    let interrupt = || interrupt_of(pid);
    wait_until("it revokes", &|| api.state.lock().unwrap().revoked.is_some());
    interrupt();
    let first = Instant::now();
    wait_until("it restores", &|| folder.path().join("begun").exists());
    interrupt();
    let second = Instant::now();
    let ran = finished(folder.path(), running.wait_with_output().unwrap());
    assert!(second.elapsed() < Duration::from_secs(2), "{:?}", second.elapsed());
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (3, Some("aborted")), "{}", ran.shown());
    let came = api.server.came();
    let late = came.iter().filter(|came| came.at > first + Duration::from_millis(100)).count();
    assert_eq!(late, 0, "nothing was sent after the first: {}", ran.shown());
    assert!(!api.state.lock().unwrap().restored, "{}", ran.shown());
    assert!(ran.says("to put back the rest: runaway undo out"), "{}", ran.shown());
    assert!(!ran.says("works again"), "{}", ran.shown());
    // So it is while `undo` is at it; and nobody else undoes the same beside it.
    fs::remove_file(folder.path().join("begun")).unwrap();
    let undoing = undo_command(folder.path(), &consent).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("it restores again", &|| folder.path().join("begun").exists());
    let beside = undo(folder.path(), &consent);
    let told = String::from_utf8_lossy(&beside.stderr).into_owned();
    assert!(beside.status.code() == Some(3) && told.contains("a run is still writing to out"), "{told}");
    interrupt_of(undoing.id());
    let stopped = undoing.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&stopped.stdout).into_owned();
    assert!(stopped.status.code() == Some(3) && told.contains("not everything is as it was"), "{told}");
    fs::write(folder.path().join("go-on"), "").unwrap();
    let output = undo(folder.path(), &consent);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && api.state.lock().unwrap().restored, "{told}");
    assert!(told.contains("everything is as it was"), "{told}");
}

/// Runs `undo` on what a drill left in its folder.
pub fn undo(folder: &Path, consent: &str) -> Output {
    undo_command(folder, consent).output().unwrap()
}

fn undo_command(folder: &Path, consent: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.args(["undo", "out/journal.ndjson", "--consent", consent]).current_dir(folder).stdin(Stdio::null());
    command.env("CONTROL", SECRETS[1]).env("NO_COLOR", "1");
    command
}

/// A step that was answered with 200 and put nothing back is no all-clear.
#[test]
fn what_does_not_work_again_was_not_put_back() {
    let api = Api::start(at_once, always, FINE);
    let folder = tempfile::tempdir().unwrap();
    let more = format!("{PROMISED}\ndrill restore: [{{http: \"GET api:/open\"}}]");
    // A credential that is always the same one: it stays revoked.
    let text = targets_text(&api.server.origin(), &more)
        .replace("{request: \"POST api:/token\", take: /access_token}", "{env: AGENT}");
    let consent = api.server.address.to_string();
    api.state.lock().unwrap().issued = 1;
    let mut drill = command(folder.path(), &text, &consent);
    let ran = finished(folder.path(), drill.env("AGENT", SECRETS[0]).output().unwrap());
    assert!(ran.code() == 4 && ran.says("restored: token does not work again at api"), "{}", ran.shown());
    let journal = fs::read_to_string(folder.path().join("out/journal.ndjson")).unwrap();
    let header: Value = serde_json::from_str(journal.lines().next().unwrap()).unwrap();
    let from = header["folder"].as_str().unwrap();
    assert!(Path::new(from).is_absolute(), "`undo` works from anywhere: {from}");
    let undone = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
        command.args(["undo", "out", "--consent", &consent]).current_dir(folder.path()).stdin(Stdio::null());
        let output = command.env("CONTROL", SECRETS[1]).env("AGENT", SECRETS[0]).env("NO_COLOR", "1").output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for _ in 0..2 {
        let (code, told) = undone();
        assert!(code == Some(4) && told.contains("token does not work again at api"), "{told}");
        assert!(told.contains("not everything is known to be as it was") && !told.contains("FAILED"), "{told}");
    }
    // Where the file has no way to put anything back, nothing is looked at either.
    let written = fs::read_to_string(folder.path().join("out/journal.ndjson")).unwrap();
    let without = written.replace("restore: [{http: \\\"GET api:/open\\\"}]", "");
    assert_ne!(written, without);
    fs::write(folder.path().join("out/journal.ndjson"), without).unwrap();
    let (code, told) = undone();
    assert!(code == Some(0) && told.contains("says nothing under `restore`"), "{told}");
    fs::write(folder.path().join("out/journal.ndjson"), written).unwrap();
    api.state.lock().unwrap().revoked = None;
    let (code, told) = undone();
    assert!(code == Some(0) && told.contains("everything is as it was"), "{told}");
    let (code, told) = undone();
    assert!(code == Some(0) && told.contains("was put back already"), "{told}");
}

/// Kills drills at drawn moments, and puts back what each had begun. A drill takes about 1.2 s: some end before.
fn killed(times: u32) {
    let moments = Moments::drawn(times, Duration::from_millis(1_340));
    let mut begun = 0;
    for moment in &moments.all {
        let api = Api::start(always, always, FINE);
        let folder = tempfile::tempdir().unwrap();
        let more = "stop: none\ndrill promised: 500ms\ndrill restore: [{http: \"POST api:/restore\"}]";
        let text = targets_text(&api.server.origin(), more).replace("deadline: 3s", "deadline: 600ms");
        let consent = api.server.address.to_string();
        let mut running =
            command(folder.path(), &text, &consent).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(30) + *moment);
        running.kill().unwrap();
        running.wait().unwrap();
        let revoked = api.state.lock().unwrap().revoked.is_some();
        // The last line of what was sent may be cut off as well.
        let sent = folder.path().join("out/requests.ndjson");
        if let Ok(mut file) = fs::OpenOptions::new().append(true).open(sent) {
            std::io::Write::write_all(&mut file, b"{\"time\":").unwrap();
        }
        let output = undo(folder.path(), &consent);
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        if !folder.path().join("out/journal.ndjson").exists() || told.contains("does not begin with the header") {
            assert!(!revoked, "{moments} {told}");
            continue;
        }
        assert_eq!(output.status.code(), Some(0), "killed after {moment:?}: {moments} {told}");
        assert!(api.state.lock().unwrap().revoked.is_none(), "killed after {moment:?}: {moments} {told}");
        begun += u32::from(revoked);
        let sent = fs::read_to_string(folder.path().join("out/requests.ndjson")).unwrap();
        let all_whole = sent.lines().all(|line| serde_json::from_str::<Value>(line).is_ok());
        assert!(!revoked || all_whole, "no line is glued to one that was cut off: {moments} {sent}");
        assert!(
            !revoked || sent.contains("\"path\":\"/restore\""),
            "what undoes is written down too: {moments} {sent}"
        );
        // Once more changes nothing.
        let again = undo(folder.path(), &consent);
        let said = String::from_utf8_lossy(&again.stdout).into_owned();
        assert!(said.contains("was put back already") || said.contains("nothing was begun"), "{moments} {said}");
        let journal = fs::read_to_string(folder.path().join("out/journal.ndjson")).unwrap();
        assert!(SECRETS.iter().all(|secret| !(journal.clone() + &told).contains(&secret[..14])), "{journal}");
    }
    assert!(
        begun >= times * 3 / 20,
        "{begun} of {times} were killed between the revocation and its undoing: {moments}"
    );
}

#[test]
fn undo_puts_everything_back_whenever_a_drill_was_killed() {
    killed(20);
}

#[test]
#[ignore = "takes minutes: cargo test -- --ignored drills::"]
fn undo_puts_everything_back_at_whichever_of_two_hundred_moments_a_drill_was_killed() {
    killed(200);
}

/// What an earlier drill came to stays until the next one is whole; and what is to be put back is never put aside.
#[test]
fn an_earlier_drill_outlives_one_that_does_not_come_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (out, kept) = (folder.path().join("out"), folder.path().join("out/earlier.partial"));
    let api = Api::start(at_once, always, FINE);
    let consent = api.server.address.to_string();
    let more =
        "stop: none\ndrill promised: 500ms\ndrill may_remint: yes\ndrill restore: [{http: \"POST api:/restore\"}]";
    let text = targets_text(&api.server.origin(), more);
    let drilled = || finished(folder.path(), command(folder.path(), &text, &consent).output().unwrap());
    let first = drilled();
    assert_eq!(first.code(), 0, "{}", first.shown());
    let before = crate::binary::files(&out);
    // Nobody says where the endpoints are: nothing was done, and all is as it was.
    let asks = text
        .replace("token: \"api:/token\", revocation: \"api:/revoke\"", &format!("issuer: \"{}\"", api.server.origin()));
    let refused = finished(folder.path(), command(folder.path(), &asks, &consent).output().unwrap());
    assert!(refused.code() > 1, "{}", refused.shown());
    assert!(crate::binary::files(&out) == before, "{}", refused.shown());
    // Killed between the revocation and its undoing: the traces of that one lie where `undo` looks for them.
    api.state.lock().unwrap().revoked = None;
    let mut running =
        command(folder.path(), &text, &consent).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while api.state.lock().unwrap().revoked.is_none() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(crate::binary::files(&kept) == before);
    let owing = drilled();
    assert_eq!(owing.code(), 2, "{}", owing.shown());
    assert!(owing.says("not put back") && crate::binary::files(&kept) == before, "{}", owing.shown());
    let undone = undo(folder.path(), &consent);
    assert_eq!(undone.status.code(), Some(0), "{}", String::from_utf8_lossy(&undone.stderr));
    assert!(api.state.lock().unwrap().revoked.is_none() && crate::binary::files(&kept) == before);
    let last = drilled();
    assert_eq!(last.code(), 0, "{}", last.shown());
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let after = crate::binary::files(&out);
    assert_eq!(names(&after), names(&before));
    assert!(after.iter().zip(&before).all(|(new, old)| new != old), "each file is of the last drill");
}

/// Whoever finds a drill in a log can see whom to ask.
#[test]
fn every_request_says_whom_to_ask() {
    let api = Api::start(at_once, always, FINE);
    let ran = run(&api, &format!("{PROMISED}\ncontact: soc@staging.example, +49 30 1"));
    assert_eq!(ran.code(), 0, "{}", ran.shown());
    let heads: Vec<String> = api.server.came().into_iter().map(|came| came.head).collect();
    assert!(heads.len() > 10 && heads.iter().all(|head| head.contains("; contact soc@staging.example, +49 30 1)\r\n")));
    let ran = run(&api, &format!("{PROMISED}\ncontact: a) b"));
    assert_eq!(ran.code(), 2, "{}", ran.shown());
    assert!(ran.says("a user agent cannot carry this contact"), "{}", ran.shown());
}

#[test]
fn nothing_is_sent_without_consent_or_in_a_dry_run() {
    let api = Api::start(always, always, FINE);
    let folder = tempfile::tempdir().unwrap();
    let text = targets_text(&api.server.origin(), PROMISED);
    let refused = command(folder.path(), &text, "").output().unwrap();
    assert_eq!(refused.status.code(), Some(3));
    let other = command(folder.path(), &text, "127.0.0.1:1").output().unwrap();
    assert_eq!(other.status.code(), Some(3));
    let told = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(told.contains(&format!("nobody agreed to {}", api.server.address)), "{told}");
    let dry = command(folder.path(), &text, "").arg("--dry-run").output().unwrap();
    let plan = String::from_utf8_lossy(&dry.stdout).into_owned();
    assert_eq!(dry.status.code(), Some(0), "{plan}");
    for part in [&format!("at {}", api.server.address), "POST api:/revoke", "nothing was sent", "2000 requests"] {
        assert!(plan.contains(part), "{part}: {plan}");
    }
    assert_eq!(api.server.connections(), 0);
}

#[test]
fn proxies_of_the_environment_are_not_asked() {
    let proxy = Server::fine("127.0.0.1:0");
    let api = Api::start(at_once, always, FINE);
    let folder = tempfile::tempdir().unwrap();
    let mut command =
        command(folder.path(), &targets_text(&api.server.origin(), PROMISED), &api.server.address.to_string());
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, proxy.origin());
    }
    let ran = finished(folder.path(), command.output().unwrap());
    assert_eq!((ran.code(), proxy.connections()), (0, 0), "{}", ran.shown());
}

#[test]
fn fresh_credentials_give_a_range_and_commands_and_people_take_part() {
    let api = Api::start(after_a_second, always, FINE);
    let alarm = "alarm: {file: alarm}\nsentinels: {desk: {with: other, probe: \"GET api:/tickets/2\"}}\nstop: none\n";
    let steps = "drill promised: 2s\ndrill may_remint: yes\ndrill phases: 3\ndrill over: 600ms\ndrill sparse: 200ms";
    let folder = tempfile::tempdir().unwrap();
    let text = targets_text(&api.server.origin(), &format!("{alarm}{steps}")).replace(
        "steps: [{revoke: token, with: runbook}]",
        "steps:\n    - {command: [sh, -c, 'test -n \"$RUNAWAY_CREDENTIAL\" && touch alarm'], with: runbook}\n    - {wait_for: alarm}\n    - {pause: look}\n    - {revoke: token, with: runbook}",
    );
    let ran = finished(folder.path(), command(folder.path(), &text, &api.server.address.to_string()).output().unwrap());
    assert_eq!(ran.code(), 4, "a step failed: {}", ran.shown());
    assert_eq!(ran.json["matrix"].as_array().map(Vec::len), Some(3));
    assert_eq!(ran.json["steps"].as_array().map(Vec::len), Some(6), "a revocation for each token");
    let ok: Vec<&Value> = ran.json["steps"].as_array().unwrap().iter().map(|step| &step["ok"]).collect();
    assert_eq!(ok[..3], [true, true, false], "nobody was there to press Enter: {}", ran.shown());
    assert!(
        ran.says("token at api: 3 phases,") && ran.says("requests of honest work `desk` were refused"),
        "{}",
        ran.shown()
    );
    let schema = runaway::staging::drill::drill_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&ran.json).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// One of curl's requests: when it was sent, in seconds of the clock on the wall, and the status of its answer.
pub type Sample = (f64, u16);

pub const ACCEPTED: u16 = 200;

fn wall() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64()
}

/// Asks by curl, again and again.
fn curl_loop(url: &str, token: &str, every: Duration, until: Instant) -> Vec<Sample> {
    curled(url, &format!("header = \"Authorization: Bearer {token}\"\n"), every, || Instant::now() >= until)
}

/// Asks by curl until it is over.
pub fn curled(url: &str, config: &str, every: Duration, is_over: impl Fn() -> bool) -> Vec<Sample> {
    let mut samples = Vec::new();
    while !is_over() {
        let (sent, next) = (wall(), Instant::now() + every);
        let answer = curl(&["-s", "-m", "5", "-w", "\\n%{http_code}", "--config", "-", url], config);
        let (body, status) = answer.rsplit_once('\n').unwrap_or_default();
        // Everything else says nothing: no answer in curl's time (000), and what a broker says when a connection broke (500, 400).
        let says = matches!(status, "200" | "401" | "403") || body.contains("ACCESS_REFUSED");
        samples.extend(status.parse().ok().filter(|_| says).map(|status| (sent, status)));
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    samples
}

/// Gitea, JupyterHub and Django REST framework take `Authorization: token …`, and know no `Bearer`.
#[test]
fn a_credential_is_presented_under_its_own_scheme() {
    let revoked = std::sync::atomic::AtomicBool::new(false);
    let server = Server::start("127.0.0.1:0", move |head, stream| {
        let schemes: Vec<&str> = head.lines().filter_map(|line| line.strip_prefix("authorization: ")).collect();
        let says = |scheme: &str, secret: &str| schemes == [format!("{scheme} {secret}")];
        match head.split(' ').nth(1) {
            Some("/revoke") if says("Bearer", SECRETS[2]) => {
                revoked.store(true, std::sync::atomic::Ordering::SeqCst);
                reply(stream, FINE);
            }
            _ if says("Token", SECRETS[1]) => reply(stream, FINE),
            _ if says("Token", SECRETS[0]) && !revoked.load(std::sync::atomic::Ordering::SeqCst) => reply(stream, FINE),
            _ => reply(stream, REFUSED),
        }
    });
    let text = targets_text(&server.origin(), PROMISED)
        .replace(
            "token: {from: {request: \"POST api:/token\", take: /access_token}, lives: 1h}",
            "token: {from: {env: AGENT}, present: {scheme: Token}}",
        )
        .replace("{env: CONTROL}}", "{env: CONTROL}, present: {scheme: Token}}")
        .replace(
            "runbook: {from: {file: runbook.secret}}",
            "runbook: {from: {file: runbook.secret}, present: {scheme: bearer}}",
        );
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path(), &text, &server.address.to_string()).env("AGENT", SECRETS[0]).output().unwrap();
    let ran = finished(folder.path(), output);
    assert_eq!((ran.code(), ran.row()["ended"].as_str()), (0, Some("stopped")), "{}", ran.shown());
}

const CADENCE: Duration = Duration::from_millis(250);

#[test]
fn the_matrix_agrees_with_curl_at_real_servers() {
    let Some(oidc) = Oidc::start(15) else { return };
    let folder = tempfile::tempdir().unwrap();
    let jwt_service = oidc.services[2].1.clone();
    let (opaque, jwt) = (oidc.token(None), oidc.token(Some(&jwt_service)));
    fs::write(folder.path().join("opaque"), &opaque).unwrap();
    fs::write(folder.path().join("jwt"), &jwt).unwrap();
    let text = include_str!("../targets/oidc/targets.yaml");
    let all = [("issuer", oidc.issuer.clone())].into_iter().chain(oidc.services.clone());
    let text =
        all.clone().fold(text.to_owned(), |text, (name, url)| text.replace(&format!("http://{name}.test"), &url));
    let consent = all.map(|(_, url)| url.trim_start_matches("http://").to_owned()).collect::<Vec<_>>().join(" ");
    let until = Instant::now() + Duration::from_secs(20);
    let (output, curls) = std::thread::scope(|scope| {
        let loops: Vec<_> = oidc
            .services
            .iter()
            .map(|(name, url)| {
                let token = if *name == "jwt" { &jwt } else { &opaque };
                let url = format!("{url}/api/ticket.json");
                scope.spawn(move || curl_loop(&url, token, CADENCE, until))
            })
            .collect();
        let mut command = command(folder.path(), &text, &consent);
        let output = command.env("TICKET_AGENT", &oidc.agent).env("NIGHT_WATCH", &oidc.watch).output().unwrap();
        (output, loops.into_iter().map(|samples| samples.join().unwrap()).collect::<Vec<_>>())
    });
    let ran = finished(folder.path(), output);
    for secret in [&opaque, &jwt, &oidc.agent[13..].to_owned(), &oidc.watch[12..].to_owned()] {
        assert!(!ran.files.contains(secret) && !ran.shown().contains(secret.as_str()), "a secret was written");
    }
    println!("{}", ran.shown());
    let started: jiff::Timestamp =
        ran.json["started"].as_str().unwrap_or_else(|| panic!("{}", ran.shown())).parse().unwrap();
    let started = started.as_microsecond() as f64 / 1e6;
    let row = |credential: &str, service: &str| {
        let rows = ran.json["matrix"].as_array().unwrap();
        rows.iter().find(|row| row["credential"] == credential && row["service"] == service).unwrap().clone()
    };
    for ((name, _), samples) in oidc.services.iter().zip(&curls) {
        let credential = if *name == "jwt" { "jwt-token" } else { "opaque" };
        let measured = started
            + row(credential, name)["last_accepted_us"].as_f64().unwrap_or_else(|| panic!("{}", ran.shown())) / 1e6;
        let by_curl = samples.iter().rfind(|(_, status)| *status == ACCEPTED).expect("curl was accepted").0;
        let widest = samples.windows(2).map(|pair| pair[1].0 - pair[0].0).fold(0.0, f64::max);
        // Where this machine was slow, neither can know better than its widest gap.
        let gap = row(credential, name)["widest_gap_us"].as_f64().unwrap() / 1e6;
        let allowed = (2.0 * CADENCE.as_secs_f64()).max(widest).max(gap);
        assert!((measured - by_curl).abs() <= allowed, "{name}: {measured} by us, {by_curl} by curl\n{}", ran.shown());
    }
    let lag = |service: &str| row("opaque", service)["lag_us"]["at_least"].as_f64().expect("a lag") / 1e6;
    assert!((4.0..15.0).contains(&lag("cache")), "{}", ran.shown());
    assert!(lag("interval") <= 6.5, "{}", ran.shown());
    assert!(lag("each") <= 0.3, "{}", ran.shown());
    assert_eq!(row("jwt-token", "jwt")["declared_us"], Value::Null);
    assert_eq!(
        (row("opaque", "jwt")["ended"].as_str(), row("jwt-token", "each")["ended"].as_str()),
        (Some("never-allowed"), Some("never-allowed"))
    );
    assert_eq!(row("opaque", "each")["challenge"], "invalid_token");
    assert!(ran.says("failed with 400 unsupported_token_type"), "{}", ran.shown());
    assert!(ran.says("again: issued again, accepted by cache, interval, each"), "{}", ran.shown());
    assert_eq!(ran.code(), 1, "{}", ran.shown());
}

/// Drills five fresh tokens at three ways to check them.
const FRESH: &str = "targets: 1
name: fresh
origins: {issuer: \"http://issuer.test\", cache: \"http://cache.test\", interval: \"http://interval.test\", each: \"http://each.test\"}
writes: [\"POST provider:token\", \"POST provider:revocation\"]
provider: {issuer: \"http://issuer.test\"}
credentials:
  agent: {from: {env: TICKET_AGENT}, present: basic}
  watch: {from: {env: NIGHT_WATCH}, present: basic}
  token:
    from: {request: {http: POST provider:token, with: agent, form: {grant_type: client_credentials, scope: tickets.read}}, take: /access_token}
    lives: 18s
  other:
    from: {request: {http: POST provider:token, with: watch, form: {grant_type: client_credentials, scope: tickets.read}}, take: /access_token}
    lives: 18s
identity: {name: ticket-agent, credentials: token}
control: other
services:
  cache: {probe: \"GET cache:/api/ticket.json\"}
  interval: {probe: \"GET interval:/api/ticket.json\", cached: 5s}
  each: {probe: \"GET each:/api/ticket.json\", cached: 0s}
caps: {requests: 3_000, rate: 100/s, at_once: 16, writes: 40, duration: 1min}
stop: [{errors: 50%, of: 40}]
drill:
  steps: [{revoke: token, with: agent}]
  cadence: 300ms
  over: 5s
  steady: 1s
  settle: 1s
  deadline: 16s
  promised: 20s
  may_remint: yes
";

#[test]
fn fresh_tokens_at_spread_phases_give_the_range_of_real_caches() {
    let Some(oidc) = Oidc::start(18) else { return };
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<(&str, String)> = [("issuer", oidc.issuer.clone())].into_iter().chain(oidc.services.clone()).collect();
    let fill = |text: String, (name, url): &(&str, String)| text.replace(&format!("http://{name}.test"), url);
    let text = all.iter().fold(FRESH.to_owned(), fill);
    let consent: Vec<&str> = all.iter().map(|(_, url)| url.trim_start_matches("http://")).collect();
    let mut command = command(folder.path(), &text, &consent.join(" "));
    let output = command.env("TICKET_AGENT", &oidc.agent).env("NIGHT_WATCH", &oidc.watch).output().unwrap();
    let ran = finished(folder.path(), output);
    println!("{}", ran.shown());
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (0, Some("pass")), "{}", ran.shown());
    let range = |service: &str| {
        let all = ran.json["ranges"].as_array().unwrap();
        let range = all.iter().find(|range| range["service"] == service).unwrap_or_else(|| panic!("{}", ran.shown()));
        assert_eq!(range["phases"], 5, "five is what is usual: {}", ran.shown());
        let of = |key: &str| range[key].as_f64().unwrap() / 1e6;
        (of("at_least_us"), of("at_most_us"), of("bound_us"))
    };
    let widest = ran.json["matrix"].as_array().unwrap().iter().map(|row| row["widest_gap_us"].as_f64().unwrap() / 1e6);
    let gap = widest.fold(0.3, f64::max);
    // It asks each time.
    let (_, most, bound) = range("each");
    assert!(most <= bound + 2.0 * gap, "{most} {bound} {gap}");
    // It asks again every 5 s, from when it first saw a token: five phases see it ask at five moments.
    let (least, most, bound) = range("interval");
    assert_eq!(bound, 5.0);
    assert!(most <= bound + 2.0 * gap + 1.0 && most - least >= 2.0, "{least} to {most}");
    // It asks once, and believes that until the token ends by itself: the bound is the life that was left.
    let (least, most, bound) = range("cache");
    assert!(
        (least - bound).abs() <= 1.0 + gap && (most - bound).abs() <= 1.0 + 2.0 * gap,
        "{least} to {most}: {bound}"
    );
}
