//! Users with passwords (HTTP Basic), at a server of our own that is as particular as real ones are.
#![expect(clippy::disallowed_methods, reason = "the server keeps when a user was made again")]

use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::drills;
use crate::staging::servers::{Server, answer};

const AGENT: &str = "agent:pw-0000000000000001";
const DESK: &str = "desk:pw-0000000000000002";
const ADMIN: &str = "admin:pw-0000000000000003";
const CLERK: &str = "clerk:pw-0000000000000004";

/// It goes on refusing a user so long after he was made again.
const REMEMBERS: Duration = Duration::from_millis(700);

#[derive(Default)]
struct Users {
    is_deleted: bool,
    made_again: Option<Instant>,
}

/// What stands in `Authorization: Basic`.
fn presented(head: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization: basic "))?;
    String::from_utf8(STANDARD.decode(line.rsplit(' ').next()?).ok()?).ok()
}

/// 400 where there is no user in what is presented, 401 for whom it does not know and for who may not.
fn server() -> Server {
    let users: Arc<Mutex<Users>> = Arc::default();
    Server::start("127.0.0.1:0", move |head, stream| {
        let mut users = users.lock().unwrap();
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let remembered = users.made_again.is_some_and(|at| at.elapsed() < REMEMBERS);
        let who = presented(head);
        let (status, body) = match (who.as_deref(), method, path) {
            (Some(text), ..) if !text.contains(':') => ("400 Bad Request", ""),
            (Some(AGENT), ..) if users.is_deleted || remembered => ("401 Unauthorized", ""),
            (Some(AGENT | DESK), "GET", "/tickets/1") => ("200 OK", "{\"id\": 1}"),
            (Some(AGENT), "GET", "/notes") => {
                ("200 OK", "[{\"id\": 1, \"text\": \"ask clerk / pw-0000000000000004 for the keys\"}]")
            }
            (Some(CLERK), "GET", "/keys") => ("200 OK", "{}"),
            (Some(ADMIN), "GET", "/users/agent") => ("200 OK", "{\"tag\": \"management\"}"),
            (Some(ADMIN), "DELETE", "/users/agent") => {
                users.is_deleted = true;
                ("204 No Content", "")
            }
            (Some(ADMIN), "PUT", "/users/agent") => {
                *users = Users { is_deleted: false, made_again: Some(Instant::now()) };
                ("201 Created", "")
            }
            _ => ("401 Unauthorized", ""),
        };
        drop(users);
        answer(stream, status, "WWW-Authenticate: Basic realm=\"desk\"\r\n", body);
    })
}

fn head_of_targets(server: &Server) -> String {
    format!(
        "targets: 1\nname: passwords\norigins: {{api: \"{}\"}}\ncredentials:\n  agent: {{from: {{env: AGENT}}, present: basic, \
         kind: password}}\n  desk: {{from: {{env: DESK}}, present: basic}}\n  admin: {{from: {{env: ADMIN}}, present: \
         basic}}\nidentity: {{name: agent, credentials: agent}}\ncontrol: desk\nstop: none\nservices: {{api: {{probe: \"GET \
         api:/tickets/1\", cached: 2s}}}}\n",
        server.origin()
    )
}

fn drill(server: &Server, steps: &str) -> drills::Ran {
    let text = format!(
        "{}cleanup: admin\nwrites: [\"DELETE api:/users/agent\", \"PUT api:/users/agent\", \"POST api:/users/agent\"]\n\
         caps: {{requests: 500, rate: 200/s, at_once: 8, writes: 5, duration: 20s}}\ndrill:\n  steps: [{{http: \"GET \
         api:/users/agent\", with: admin, captures: {{tag: /tag}}}}, {steps}]\n  restore: [{{http: \"PUT api:/users/agent\", \
         json: '{{\"tag\": \"management\"}}'}}]\n  cadence: 50ms\n  steady: 300ms\n  settle: 300ms\n  deadline: 1s\n  promised: \
         500ms\n",
        head_of_targets(server)
    );
    let folder = tempfile::tempdir().unwrap();
    let mut command = drills::command(folder.path(), &text, &server.address.to_string());
    let output = command.env("AGENT", AGENT).env("DESK", DESK).env("ADMIN", ADMIN).output().unwrap();
    drills::finished(folder.path(), output)
}

#[test]
fn a_user_is_deleted_and_made_again_where_answers_are_remembered() {
    let server = server();
    let ran = drill(&server, "{http: \"DELETE api:/users/agent\", with: admin}");
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (0, Some("pass")), "{}", ran.shown());
    assert!(ran.says("restored: agent works again at api"), "{}", ran.shown());
    let nobody = |text: &str| text.starts_with("nobody:") && text.len() > 20;
    assert!(server.came().iter().filter_map(|came| presented(&came.head)).any(|text| nobody(&text)));
    // Nothing was malformed, so a later 400 would be no refusal.
    let came: Vec<String> = server.came().iter().filter_map(|came| presented(&came.head)).collect();
    assert!(came.iter().all(|text| text.contains(':')), "{came:?}");
}

#[test]
fn a_step_that_only_reads_declares_nothing() {
    let ran = drill(&server(), "{http: \"POST api:/users/agent\", with: admin}");
    assert_eq!(ran.json["matrix"][0]["declared_us"], Value::Null, "{}", ran.shown());
    assert!(ran.code() == 1 && ran.says("nothing was declared, since `POST api:/users/agent` failed with 401"));
}

#[test]
fn a_found_pair_opens_what_its_user_may_whatever_it_is_refused() {
    let server = server();
    let text = format!(
        "{}use_found: listed\ncaps: {{requests: 200, rate: 200/s, objects: 50, duration: 20s}}\nexplore:\n  operations:\n    first: \
         \"GET api:/first\"\n    notes: \"GET api:/notes -> notes records\"\n    keys: \"GET api:/keys\"\n    last: \"GET \
         api:/last\"\n  secrets: {{handed-over: {{shape: '(?<user>[a-z]+) / (?<secret>pw-[0-9]{{16}})'}}}}\n",
        head_of_targets(&server)
    );
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("targets.yaml"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_runaway"))
        .args(["run", "targets.yaml", "--plane", "staging", "--out", "out", "--consent", &server.address.to_string()])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .env("NO_COLOR", "1")
        .env("AGENT", AGENT)
        .env("DESK", DESK)
        .env("ADMIN", ADMIN)
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let asked = |path: &str| {
        let came = server.came();
        came.iter().any(|came| came.head.contains(path) && presented(&came.head).as_deref() == Some(CLERK))
    };
    for path in ["/first", "/keys", "/last"] {
        assert!(asked(path), "{path} was not tried: {shown}");
    }
    let run: Value = serde_json::from_slice(&fs::read(folder.path().join("out/run.json")).unwrap()).unwrap();
    assert_eq!(run["explored"]["found"][0]["accepted_by"], serde_json::json!(["api.keys"]), "{shown}");
    for name in ["run.json", "journal.ndjson", "requests.ndjson", "summary.txt", "report.html"] {
        let text = fs::read_to_string(folder.path().join("out").join(name)).unwrap();
        assert!(!text.contains("pw-0000"), "a password stands in {name}");
    }
}
