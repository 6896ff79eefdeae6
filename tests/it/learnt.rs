//! Operations that recordings of traffic teach: shown before anything is sent, reads alone usable, secrets nowhere.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::staging::servers::{Server, answer};

const SECRET: &str = "agent-token-0001-of-somebody";

fn targets(origin: &str, learnt: &str, more: &str) -> String {
    format!(
        "targets: 1\nname: learnt\norigins: {{api: \"{origin}\"}}\n{more}credentials:\n  token: {{from: {{env: AGENT}}}}\n  other: \
         {{from: {{env: CONTROL}}}}\nidentity: {{name: agent, credentials: token}}\ncontrol: other\nservices: {{api: {{probe: \
         \"GET api:/health\"}}}}\nstop: none\ncaps: {{requests: 300, rate: 1_000/s, objects: 300, duration: 20s}}\n\
         explore:\n  learnt: {learnt}\n"
    )
}

/// A HAR file as browsers write them, with secrets wherever they lie in life.
fn har(origin: &str) -> Value {
    let entry = |method: &str, path: &str, status: i64| {
        json!({
            "startedDateTime": "2026-01-31T12:00:00Z",
            "request": {
                "method": method, "url": format!("{origin}{path}"), "httpVersion": "HTTP/1.1",
                "headers": [{"name": "Authorization", "value": format!("Bearer {SECRET}")}],
                "cookies": [{"name": "session", "value": SECRET}],
                "queryString": [{"name": "token", "value": SECRET}],
                "postData": {"mimeType": "text/plain", "text": SECRET},
            },
            "response": {"status": status, "headers": [], "content": {"text": SECRET}},
        })
    };
    let mut entries = vec![
        entry("GET", "/api/v1/tickets", 200),
        entry("GET", "/api/v1/tickets?token=agent-token-0001-of-somebody", 200),
        entry("HEAD", "/api/v1/tickets/3", 200),
        entry("GET", "/api/v1/tickets/1", 200),
        entry("GET", "/api/v1/tickets/2", 304),
        entry("GET", &format!("/api/v1/reset/{SECRET}/x"), 200),
        entry("POST", "/api/v1/tickets", 201),
        entry("DELETE", "/api/v1/tickets/2", 204),
        entry("GET", "/api/v1/nowhere", 404),
        entry("GET", "/api/v1/unanswered", 0),
        entry("GET", "/assets/app.js", 200),
        entry("OPTIONS", "/api/v1/tickets", 204),
    ];
    let mut elsewhere = entry("GET", "/x", 200);
    elsewhere["request"]["url"] = json!(format!("https://user:{SECRET}@elsewhere.example/api/v1/others"));
    entries.push(elsewhere);
    json!({"log": {"version": "1.2", "creator": {"name": "a browser"}, "entries": entries}})
}

fn runaway(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1");
    command.env("AGENT", "agent-token-0001").env("CONTROL", "control-token-01").output().unwrap()
}

fn shown(output: &Output) -> String {
    let all = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!all.contains("agent-token") && !all.contains("of-somebody"), "{all}");
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn api() -> Server {
    Server::start("127.0.0.1:0", |head, stream| {
        let target = head.split(' ').nth(1).unwrap_or_default();
        match target {
            "/health" => answer(stream, "200 OK", "", "{}"),
            "/api/v1/tickets" => answer(stream, "200 OK", "", "[{\"id\":1},{\"id\":2},{\"id\":3},{\"id\":4}]"),
            _ if target.starts_with("/api/v1/tickets/") => answer(stream, "200 OK", "", "{\"id\":1}"),
            _ => answer(stream, "404 Not Found", "", "{}"),
        }
    })
}

#[test]
fn what_a_recording_shows_is_shown_and_its_reads_are_explored() {
    let (api, folder) = (api(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("traffic.har"), har(&api.origin()).to_string()).unwrap();
    let text =
        targets(&api.origin(), "{file: traffic.har, origin: api}", "writes: [\"DELETE api:/api/v1/tickets/*\"]\n");
    fs::write(folder.path().join("targets.yaml"), text).unwrap();
    let check = runaway(folder.path(), &["check", "targets.yaml"]);
    let told = shown(&check);
    assert_eq!(check.status.code(), Some(0), "{told}");
    for line in [
        "learnt from traffic.har",
        "GET api:/api/v1/tickets/{tickets}, 3 times",
        "GET api:/api/v1/tickets, 2 times",
        "GET api:/api/v1/reset/{reset}/x, 1 time",
        "POST api:/api/v1/tickets, 1 time; not tried: it counts as a write, and `writes` does not list it",
        "DELETE api:/api/v1/tickets/{tickets}, 1 time; not tried: it counts as a write, and nothing says how it is undone",
        "left out: 1 requests to other origins",
        "left out: 1 requests of which no answer is told",
        "left out: 1 requests that were refused or failed",
        "left out: 1 files of web pages",
        "left out: 1 requests by methods that no agent uses",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(!told.contains("elsewhere"), "{told}");
    let staging = ["run", "targets.yaml", "--plane", "staging", "--out", "out"];
    let dry = runaway(folder.path(), &[&staging[..], &["--dry-run"]].concat());
    assert!(shown(&dry).contains("GET api:/api/v1/tickets/{tickets}, 3 times"), "{}", shown(&dry));
    assert_eq!(api.connections(), 0);
    let host = api.address.to_string();
    let ran = runaway(folder.path(), &[&staging[..], &["--consent", &host]].concat());
    let told = shown(&ran);
    assert_eq!(ran.status.code(), Some(4), "nothing was expected: {told}");
    let run: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("out/run.json")).unwrap()).unwrap();
    assert_eq!(run["measures"]["reach"]["value"], 4, "all that the list shows: {told}");
    assert!(api.came().iter().all(|came| came.head.starts_with("GET ")), "it only reads");
    for entry in fs::read_dir(folder.path().join("out")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("of-somebody"), "{text}");
    }
}

#[test]
fn access_logs_and_json_lines_teach_the_same() {
    let (api, folder) = (api(), tempfile::tempdir().unwrap());
    let asked = [
        ("GET", "/api/v1/tickets", 200),
        ("GET", "/api/v1/tickets/7?key=of-somebody", 200),
        ("PUT", "/api/v1/tickets/7", 200),
        ("GET", "/admin", 403),
    ];
    let log = asked.map(|(method, target, status)| {
        format!(
            "203.0.113.9 - ada [31/Jan/2026:12:00:00 +0000] \"{method} {target} HTTP/1.1\" {status} 12 \"-\" \"curl\"\n"
        )
    });
    fs::write(folder.path().join("access.log"), log.concat() + "half a line\n").unwrap();
    let lines = asked.map(|(method, target, status)| {
        json!({"ts": "2026-01-31T12:00:00Z", "m": method, "uri": target, "code": status}).to_string() + "\n"
    });
    fs::write(folder.path().join("access.ndjson"), lines.concat()).unwrap();
    for learnt in [
        "{file: access.log, origin: api}",
        "{file: access.ndjson, origin: api, fields: {method: /m, path: /uri, status: /code, time: /ts}}",
    ] {
        fs::write(folder.path().join("targets.yaml"), targets(&api.origin(), learnt, "")).unwrap();
        let told = shown(&runaway(folder.path(), &["check", "targets.yaml"]));
        for line in [
            "GET api:/api/v1/tickets, 1 time ",
            "GET api:/api/v1/tickets/{tickets}, 1 time ",
            "PUT api:/api/v1/tickets/{tickets}, 1 time; not tried",
        ] {
            assert!((told.clone() + " ").contains(line), "{learnt}: {line}: {told}");
        }
        assert!(!told.contains("admin"), "{told}");
    }
}

/// Of a row whose status is no number nobody knows whether it was answered.
#[test]
fn rows_without_a_status_that_can_be_read_teach_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "m,uri,code\nGET,/tickets,200\nGET,/wrong,oops\nGET,/silent,0\nGET,/empty,\n";
    fs::write(folder.path().join("access.csv"), rows).unwrap();
    for (fields, shown_too) in [("method: m, path: uri, status: code", false), ("method: m, path: uri", true)] {
        let learnt = format!("{{file: access.csv, origin: api, fields: {{{fields}}}}}");
        fs::write(folder.path().join("targets.yaml"), targets("http://127.0.0.1:9", &learnt, "")).unwrap();
        let told = shown(&runaway(folder.path(), &["check", "targets.yaml"]));
        assert!(told.contains("GET api:/tickets, 1 time"), "{told}");
        for path in ["wrong", "silent", "empty"] {
            assert_eq!(told.contains(&format!("GET api:/{path}")), shown_too, "{fields}: {told}");
        }
        assert_eq!(told.contains("left out: 3 requests of which no answer is told"), !shown_too, "{fields}: {told}");
    }
}

#[test]
fn what_cannot_be_learnt_from_is_said_without_what_stands_there() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, why) in [
        ("bad.har", format!("{{\"log\":{{\"entries\":[{{\"request\":\"{SECRET}\"}}]}}}}"), "it is no HAR file (line 1"),
        ("bad.ndjson", format!("{SECRET}\n"), "line 1 is neither JSON nor"),
        ("empty.log", "nothing of the kind\n".to_owned(), "shows no request"),
        ("other.har", har("https://elsewhere.example").to_string(), "shows nothing that could be asked of this origin"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        let learnt = format!("{{file: {name}, origin: api, fields: {{path: /uri}}}}");
        fs::write(folder.path().join("targets.yaml"), targets("http://127.0.0.1:9", &learnt, "")).unwrap();
        let check = runaway(folder.path(), &["check", "targets.yaml"]);
        assert_eq!(check.status.code(), Some(2), "{}", shown(&check));
        assert!(shown(&check).contains(why), "{why}: {}", shown(&check));
    }
}
