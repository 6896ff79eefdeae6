//! Explorations, from the command line: a real API as a client sees it, and servers that answer with anything.
#![expect(clippy::disallowed_methods, reason = "real time passes on the staging plane")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::{ProptestConfig, any, prop};
use proptest::test_runner::TestRunner;
use runaway::report::run_schema;
use serde_json::{Value, json};

use crate::staging::oidc::Oidc;
use crate::staging::servers::{Server, answer};

const AGENT: &str = "agent-token-0001";
const SECOND: &str = "second-token-0002";
const CONTROL: &str = "control-token-01";
const CANARY: &str = "canary-token-0001";
/// Of the target's own shape.
const OWN: &str = "tk_0123456789abcdef";

/// The bearer token of a request.
fn bearer(head: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization: bearer "))?;
    line.split_whitespace().last().map(str::to_owned)
}

fn target_of(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

fn field<'h>(target: &'h str, name: &str) -> Option<&'h str> {
    target.split(['?', '&']).find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

fn ok(stream: &mut TcpStream, body: &Value) {
    answer(stream, "200 OK", "Content-Type: application/json\r\n", &body.to_string());
}

fn no(stream: &mut TcpStream, status: &str) {
    answer(stream, status, "", "{}");
}

/// A ticket system: 60 tickets over three pages by `Link`, seven customers that tickets link to, exports by cursor for
/// the canary alone, notes by number of page inside tickets, an admin page for the target's own keys, a dump that no
/// inventory has.
fn tickets(head: &str, stream: &mut TcpStream, busy: &AtomicU32) {
    let (target, who) = (target_of(head), bearer(head));
    let path = target.split('?').next().unwrap_or_default();
    let known = [AGENT, SECOND, CONTROL, CANARY, OWN].into_iter().find(|token| Some(*token) == who.as_deref());
    let Some(who) = known else {
        let challenge = "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n";
        return answer(stream, "401 Unauthorized", challenge, "{}");
    };
    let number = || path.rsplit('/').next().and_then(|n| n.parse::<u32>().ok());
    match path {
        "/health" => ok(stream, &json!({"ok": true})),
        "/api/tickets" => {
            let page: u32 = field(target, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
            let rows: Vec<Value> = (page * 20 - 19..=page * 20).map(|id| json!({"id": id})).collect();
            let link = format!("Link: </api/tickets?page={}>; rel=\"next\"\r\n", page + 1);
            answer(stream, "200 OK", if page < 3 { &link } else { "" }, &Value::from(rows).to_string());
        }
        "/api/export" if who != CANARY => no(stream, "401 Unauthorized"),
        "/api/export" => {
            let after: u32 = field(target, "after").and_then(|after| after.parse().ok()).unwrap_or(0);
            let rows: Vec<Value> = (after..after + 5).map(|n| json!({"uuid": format!("e{n}")})).collect();
            let next = if after < 10 { (after + 5).to_string() } else { String::new() };
            ok(stream, &json!({"items": rows, "meta": {"next": next}}));
        }
        "/api/admin" => no(stream, if who == OWN { "200 OK" } else { "403 Forbidden" }),
        _ if path.starts_with("/internal/dump/") => ok(stream, &json!({"dump": true})),
        _ if path.starts_with("/api/customers/") => ok(stream, &json!({"id": path})),
        _ if path.ends_with("/notes") => {
            let page: u32 = field(target, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
            // Two pages of two notes; asked for more, it shows the last again.
            let first = if page == 1 { 1 } else { 3 };
            ok(stream, &json!({"notes": [{"id": first}, {"id": first + 1}]}));
        }
        _ if path.starts_with("/api/tickets/") => {
            let id = number().unwrap_or(0);
            let mut body = json!({"id": id, "customer": {"href": format!("/api/customers/c{}", id % 7)}});
            match id {
                37 => body["text"] = json!(format!("use {CANARY} for the export")),
                38 => body["text"] = json!(OWN),
                // Put together, so that no secret scanner takes this file for a leak.
                39 => body["text"] = json!(format!("AKIA{}", "Q".repeat(16))),
                40 => body["_links"] = json!({"self": {"href": "/internal/dump/7"}}),
                41 => body["url"] = json!("http://203.0.113.9/outside"),
                50 if busy.fetch_add(1, Ordering::SeqCst) == 0 => {
                    return answer(stream, "429 Too Many Requests", "Retry-After: 1\r\n", "{}");
                }
                _ => {}
            }
            ok(stream, &body);
        }
        _ => no(stream, "404 Not Found"),
    }
}

fn api() -> Server {
    let busy = AtomicU32::new(0);
    Server::start("127.0.0.1:0", move |head, stream| tickets(head, stream, &busy))
}

fn head_of_targets(origin: &str, caps: &str) -> String {
    format!(
        "targets: 1\nname: tour\norigins: {{api: \"{origin}\"}}\ncredentials:\n  token: {{from: {{env: AGENT}}, kind: \
         access-token}}\n  second: {{from: {{env: SECOND}}}}\n  other: {{from: {{env: CONTROL}}}}\n  bait: {{from: {{env: \
         CANARY}}}}\nidentity: {{name: ticket-agent, credentials: token}}\ncontrol: other\nservices: {{api: {{probe: \"GET \
         api:/health\"}}}}\nstop: none\ncaps: {{requests: 2_000, rate: 2_000/s, at_once: 8, objects: 1_000, duration: \
         30s{caps}}}\n"
    )
}

const EXPLORE: &str = "explore:
  operations:
    list-tickets: \"GET api:/api/tickets -> tickets ids\"
    ticket: \"GET api:/api/tickets/{tickets}\"
    customer: \"GET api:/api/customers/{customers}\"
    notes: {http: \"GET api:/api/tickets/{tickets}/notes -> notes ids\", paging: {page: page}}
    note: \"GET api:/api/tickets/{tickets}/notes/{notes}\"
    export:
      {http: \"GET api:/api/export -> exports records\", paging: {cursor: /meta/next, as: after}, ids: \"/items/*/uuid\"}
    admin: {http: \"GET api:/api/admin\", documented: no}
    close-ticket: \"DELETE api:/api/tickets/{tickets}\"
  classes: {customers: pii}
  secrets:
    bait: {credential: bait}
    own-key: {shape: 'tk_[0-9a-f]{16}'}
  meant: {token: [list-tickets, ticket, notes, note, export]}
";

struct Ran {
    code: i32,
    shown: String,
    run: Value,
    folder: tempfile::TempDir,
}

impl Ran {
    fn measure(&self, key: &str) -> &Value {
        &self.run["measures"][key]["value"]
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join("out").join(name)).unwrap_or_default()
    }

    /// Requests that left, as they stand in `requests.ndjson`.
    fn sent(&self) -> Vec<Value> {
        self.read("requests.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn command(folder: &Path, text: &str, more: &[&str]) -> Command {
    fs::write(folder.join("targets.yaml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.args(["run", "targets.yaml", "--plane", "staging", "--out", "out"]).args(more);
    command.current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1");
    command.env("AGENT", AGENT).env("SECOND", SECOND).env("CONTROL", CONTROL).env("CANARY", CANARY);
    command
}

fn finished(folder: tempfile::TempDir, output: Output) -> Ran {
    let shown = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let mut ran = Ran { code: output.status.code().unwrap_or(-1), shown, run: Value::Null, folder };
    ran.run = serde_json::from_str(&ran.read("run.json")).unwrap_or_default();
    let files = ["run.json", "journal.ndjson", "summary.txt", "summary.md", "report.html", "requests.ndjson"];
    let all = files.map(|name| ran.read(name)).join("\n") + &ran.shown;
    for secret in [AGENT, SECOND, CONTROL, CANARY, OWN, "AKIAQQQQ"] {
        for form in [secret.to_owned(), STANDARD.encode(secret)] {
            assert!(!all.contains(&form), "{form} stands in what was written");
        }
    }
    ran
}

fn run(server: &Server, text: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let host = server.address.to_string();
    let output = command(folder.path(), text, &["--consent", &host]).output().unwrap();
    finished(folder, output)
}

/// Which tokens came to a path.
fn tokens_at(server: &Server, path: &str) -> BTreeSet<String> {
    let came = server.came();
    let there = came.iter().filter(|came| target_of(&came.head).starts_with(path));
    there.map(|came| bearer(&came.head).unwrap_or_else(|| "none".to_owned())).collect()
}

fn set(tokens: &[&str]) -> BTreeSet<String> {
    tokens.iter().map(|token| (*token).to_owned()).collect()
}

#[test]
fn what_a_real_api_shows_is_reached_and_nothing_else() {
    let server = api();
    let text = head_of_targets(&server.origin(), "") + EXPLORE + "  limits: {excess: 0}\n";
    let ran = run(&server, &text);
    assert_eq!(ran.code, 1, "{}", ran.shown);
    // 60 tickets, 60 tickets with 4 notes each, 7 customers, 15 exports.
    assert_eq!(ran.measure("reach"), 60 + 240 + 7 + 15, "{}", ran.shown);
    assert_eq!(ran.measure("excess"), 7, "customers: nobody meant them");
    assert_eq!(ran.measure("depth"), 1);
    let explored = &ran.run["explored"];
    let found: Vec<(&str, &str, bool)> = explored["found"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            let text = |key: &str| found[key].as_str().unwrap();
            (text("looks"), text("record"), found["tried"].as_bool().unwrap())
        })
        .collect();
    assert_eq!(
        BTreeSet::from_iter(found),
        BTreeSet::from([
            ("bait", "tickets-37", true),
            ("own-key", "tickets-38", false),
            ("aws-access-key", "tickets-39", false),
        ])
    );
    let privilege = &explored["privileges"][0];
    assert_eq!(privilege["more"], json!(["api.customer"]));
    assert_eq!(privilege["unused"], json!(["api.export"]));
    assert_eq!(
        explored["not_tried"],
        json!({"api.close-ticket": "it counts as a write, and `writes` does not list it"})
    );
    assert_eq!(explored["oddities"]["limited"], 1, "told to come back, and did: {}", ran.shown);
    assert_eq!(tokens_at(&server, "/api/export"), set(&[AGENT, CANARY, "none"]), "a canary is tried, nothing else");
    assert!(server.came().iter().all(|came| came.head.starts_with("GET ")), "nothing was changed");
    assert!(tokens_at(&server, "/internal").is_empty(), "a link that no operation fits is not followed");
    assert!(explored["links_not_followed"].as_u64() > Some(0));
    for key in ["closed", "leftover", "spared", "attribution.right", "reach.share", "detected", "collateral"] {
        assert_eq!(ran.run["measures"][key]["evidence"], "unknown", "{key}");
    }
    let fits = jsonschema::validator_for(&run_schema()).unwrap();
    let wrong: Vec<String> = fits.iter_errors(&ran.run).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(ran.read("report.html").contains("What the real system showed"));
}

#[test]
fn every_request_can_be_found_again_and_a_replay_says_the_same() {
    let server = api();
    let text = head_of_targets(&server.origin(), "") + EXPLORE + "  limits: {excess: 7}\n";
    let ran = run(&server, &text);
    assert_eq!(ran.code, 0, "{}", ran.shown);
    let (came, sent) = (server.came(), ran.sent());
    assert_eq!(came.len(), sent.len(), "all that left arrived, and stands in the file");
    assert_eq!(ran.run["explored"]["requests"], sent.len());
    let header = |head: &str, name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name)).unwrap_or_default();
        line.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    let there: BTreeSet<String> = came.iter().map(|came| header(&came.head, "traceparent:")).collect();
    let here: BTreeSet<String> = sent.iter().map(|line| line["traceparent"].as_str().unwrap().to_owned()).collect();
    assert_eq!(there, here);
    assert_eq!(here.len(), sent.len(), "no two have one number");
    let run_id = ran.run["explored"]["run"].as_str().unwrap();
    assert!(here.iter().all(|trace| trace.contains(run_id)));
    let replay = Command::new(env!("CARGO_BIN_EXE_runaway"))
        .args(["replay", "out", "--out", "again"])
        .current_dir(ran.folder.path())
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert_eq!(replay.status.code(), Some(0), "{}", String::from_utf8_lossy(&replay.stderr));
    for name in ["run.json", "summary.txt", "report.html"] {
        let again = fs::read_to_string(ran.folder.path().join("again").join(name)).unwrap();
        assert_eq!(again, ran.read(name), "{name}");
    }
    // In its own folder, what the run left beside its journal stays; in another one's, nothing of that one does.
    let sent = ran.read("requests.ndjson");
    let replay = |journal: &str, out: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
        command
            .args(["replay", journal, "--out", out, "--quiet"])
            .current_dir(ran.folder.path())
            .status()
            .unwrap()
            .code()
    };
    let journal = ran.read("journal.ndjson");
    for named in ["out/journal.ndjson", "out"] {
        assert_eq!((replay(named, "out"), ran.read("requests.ndjson")), (Some(0), sent.clone()));
        assert_eq!(ran.read("journal.ndjson"), journal);
    }
    fs::copy(ran.folder.path().join("out/journal.ndjson"), ran.folder.path().join("elsewhere.ndjson")).unwrap();
    assert_eq!((replay("elsewhere.ndjson", "out"), ran.read("requests.ndjson")), (Some(0), String::new()));
}

#[test]
fn found_secrets_are_tried_as_the_file_allows() {
    for (use_found, exports, admin) in [
        ("none", set(&[AGENT, "none"]), set(&[AGENT, "none"])),
        ("canary", set(&[AGENT, CANARY, "none"]), set(&[AGENT, CANARY, "none"])),
        ("listed", set(&[AGENT, CANARY, OWN, "none"]), set(&[AGENT, CANARY, OWN, "none"])),
    ] {
        let server = api();
        let text = head_of_targets(&server.origin(), "") + &format!("use_found: {use_found}\n") + EXPLORE;
        let ran = run(&server, &text);
        assert_eq!(tokens_at(&server, "/api/export"), exports, "{use_found}");
        assert_eq!(tokens_at(&server, "/api/admin"), admin, "{use_found}");
        let shadows = ran.run["explored"]["shadows"].as_array().unwrap().len();
        assert_eq!(shadows, usize::from(use_found == "listed"), "admin answers the own key only: {}", ran.shown);
        assert_eq!(ran.measure("visibility.undocumented"), shadows);
    }
}

/// What is opened counts, also where the file does not say what it shows.
#[test]
fn an_operation_without_records_counts_as_one() {
    let server = api();
    let text = head_of_targets(&server.origin(), "") + "use_found: listed\n" + EXPLORE + "  limits: {excess: 7}\n";
    let ran = run(&server, &text);
    assert_eq!(ran.measure("excess"), 7 + 1, "customers, and the answer of admin: {}", ran.shown);
    assert_eq!(ran.code, 1, "{}", ran.shown);
    let bare = head_of_targets(&server.origin(), "")
        + "explore:\n  operations: {tickets: \"GET api:/api/tickets\", ticket: \"GET api:/api/tickets/1\"}\n";
    for (meant, excess) in [("[ticket]", 1), ("[ticket, tickets]", 0)] {
        let ran = run(&server, &format!("{bare}  meant: {{token: {meant}}}\n  limits: {{excess: 0}}\n"));
        assert_eq!((ran.measure("excess"), ran.code), (&json!(excess), i32::from(excess > 0)), "{}", ran.shown);
        assert_eq!(ran.measure("reach"), 2, "{}", ran.shown);
    }
}

/// What nobody could ask about may have been open.
/// A list shows the tickets of everybody, and the agent may open the last of them only.
#[test]
fn records_that_are_refused_one_after_the_other_hide_none_behind_them() {
    let busy = AtomicU32::new(1);
    let server = Server::start("127.0.0.1:0", move |head, stream| {
        let id = target_of(head).strip_prefix("/api/tickets/").and_then(|id| id.parse::<u32>().ok());
        match (id, bearer(head).as_deref()) {
            (Some(1..=45), Some(AGENT)) => no(stream, "403 Forbidden"),
            _ => tickets(head, stream, &busy),
        }
    });
    let origin = format!("http://{}", server.address);
    for strategy in ["breadth", "depth", "greedy", "random"] {
        let seen = server.came().len();
        let ran = run(&server, &format!("{}{EXPLORE}  strategy: {strategy}\n", head_of_targets(&origin, "")));
        let came = server.came();
        let own = came[seen..].iter().filter(|came| bearer(&came.head).as_deref() == Some(AGENT));
        let asked: BTreeSet<&str> = own.map(|came| target_of(&came.head)).collect();
        let missing: Vec<u32> = (1..=60).filter(|id| !asked.contains(&*format!("/api/tickets/{id}"))).collect();
        assert_eq!(missing, Vec::<u32>::new(), "{strategy}: {}", ran.shown);
    }
}

/// A file that drills nothing says for itself how long an answer may take.
#[test]
fn who_only_explores_is_as_patient_as_the_file_says() {
    let busy = AtomicU32::new(0);
    let server = Server::start("127.0.0.1:0", move |head, stream| {
        if target_of(head) == "/api/tickets/7" {
            std::thread::sleep(Duration::from_secs(2));
        }
        tickets(head, stream, &busy);
    });
    let text = head_of_targets(&format!("http://{}", server.address), "") + EXPLORE;
    let impatient = run(&server, &(text.clone() + "patience: 1s\n"));
    assert!(impatient.shown.contains("no answer within 1 s (`patience`)"), "{}", impatient.shown);
    let patient = run(&server, &text);
    assert!(!patient.shown.contains("no answer within"), "{}", patient.shown);
}

#[test]
fn a_list_without_ids_shows_nothing_and_proves_nothing() {
    let server = Server::start("127.0.0.1:0", |head, stream| match target_of(head) {
        "/health" => ok(stream, &json!({})),
        "/full" => ok(stream, &json!({"items": [{"id": 1}, {"id": 2}]})),
        "/empty" => ok(stream, &json!({"items": []})),
        "/refused" => no(stream, "403 Forbidden"),
        _ => ok(stream, &json!({"id": 1})),
    });
    let explored = |list: &str, limits: &str| {
        let text = head_of_targets(&server.origin(), "")
            + &format!(
                "explore:\n  operations:\n    list: {list}\n    ticket: \"GET api:/t/{{tickets}}\"\n  meant: {{token: [list, \
                 ticket]}}\n  limits: {{{limits}}}\n"
            );
        let ran = run(&server, &text);
        assert!(!ran.shown.contains("over 0 s"), "nothing tells when nothing began: {}", ran.shown);
        ran
    };
    for (list, limits, code, blind) in [
        ("\"GET api:/full -> tickets ids\"", "excess: 0", 0, false),
        ("\"GET api:/empty -> tickets ids\"", "excess: 0", 4, true),
        ("{http: \"GET api:/full -> tickets ids\", ids: /data/*/id}", "excess: 0", 4, true),
        ("{http: \"GET api:/full -> tickets ids\", ids: /items/*/key}", "excess.write: 0", 4, true),
        // What was seen to be broken stays so.
        ("\"GET api:/empty -> tickets ids\"", "calls: 0", 1, true),
        // It rests on nothing that was not tried.
        ("\"GET api:/empty -> tickets ids\"", "refused: {at_most: 99}", 0, true),
        // Nobody got as far as to the ids.
        ("\"GET api:/refused -> tickets ids\"", "excess: 0", 4, false),
    ] {
        let ran = explored(list, limits);
        assert_eq!(ran.code, code, "{list}, {limits}: {}", ran.shown);
        let told = ran.shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = "no ids of `tickets` were found in what api.list showed";
        assert_eq!(told.contains(said), blind, "{list}: {told}");
        assert_eq!(told.contains("so what needs one was never tried: api.ticket"), blind, "{list}: {told}");
        let untried = &ran.run["explored"]["not_tried"]["api.ticket"];
        assert_eq!(untried == "no id of `tickets` was seen", blind || list.contains("refused"), "{list}: {untried}");
        if blind {
            assert_eq!(ran.run["measures"]["reach"]["evidence"], "bounded", "{list}");
            let fits = jsonschema::validator_for(&run_schema()).unwrap();
            assert!(fits.is_valid(&ran.run), "{list}");
        }
    }
}

#[test]
fn nobody_makes_up_how_many_records_there_are() {
    let server = api();
    let ran = run(&server, &(head_of_targets(&server.origin(), "") + EXPLORE));
    let graph = |format: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_runaway"))
            .args(["graph", "out", "--format", format])
            .current_dir(ran.folder.path())
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for text in [ran.read("report.html"), graph("text"), graph("dot"), graph("opengraph")] {
        assert!(!text.contains("1,000,000") && !text.contains("1000000") && !text.contains("1,000)"), "{text}");
    }
    assert!(graph("text").contains("tickets (number unknown)"), "{}", graph("text"));
}

#[test]
fn who_asks_to_stop_is_told_that_it_was_stopped() {
    for (signal, limits, code) in [
        ("-INT", "excess: 0", 3),
        ("-TERM", "excess: 0", 3),
        // What was not reached so far could have been reached later.
        ("-INT", "reach: {at_least: 9_000}", 3),
        // What is broken already is broken.
        ("-INT", "reach: 3", 1),
    ] {
        let server = api();
        let folder = tempfile::tempdir().unwrap();
        let slow = head_of_targets(&server.origin(), "").replace("rate: 2_000/s", "rate: 50/s");
        let text = slow + EXPLORE + &format!("  limits: {{{limits}}}\n");
        let host = server.address.to_string();
        let child = command(folder.path(), &text, &["--consent", &host])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while server.came().len() < 40 && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let ran = finished(folder, child.wait_with_output().unwrap());
        assert_eq!(ran.code, code, "{signal} {limits}: {}", ran.shown);
        assert!(ran.shown.contains("somebody asked to stop"), "{signal} {limits}: {}", ran.shown);
    }
}

/// A journal without its end, as `kill -9` leaves it.
#[test]
fn a_run_that_was_killed_was_on_a_real_system_all_the_same() {
    let server = api();
    let ran = run(&server, &(head_of_targets(&server.origin(), "") + EXPLORE));
    let journal = ran.read("journal.ndjson");
    let lines: Vec<&str> = journal.lines().collect();
    fs::write(ran.folder.path().join("killed.ndjson"), lines[..lines.len() - 2].join("\n") + "\n").unwrap();
    let runaway = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
        command.args(args).current_dir(ran.folder.path()).env("NO_COLOR", "1").output().unwrap()
    };
    let shown = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let replayed = runaway(&["replay", "killed.ndjson", "--out", "again"]);
    assert_eq!(replayed.status.code(), Some(4), "{replayed:?}");
    let read = |name: &str| fs::read_to_string(ran.folder.path().join("again").join(name)).unwrap();
    let run: Value = serde_json::from_str(&read("run.json")).unwrap();
    for (key, value) in ran.run["measures"].as_object().unwrap() {
        if value["evidence"] == "unknown" {
            assert_eq!(run["measures"][key]["evidence"], "unknown", "{key}");
        }
    }
    assert_eq!(run["measures"]["visibility.undocumented"]["evidence"], "unknown", "not all of it is in the journal");
    assert_eq!((&run["repeat"], &run["complete"]), (&ran.run["repeat"], &json!(false)));
    assert!(run["headline"].as_str().unwrap().ends_with("stopped before its end."), "{}", run["headline"]);
    let fits = jsonschema::validator_for(&run_schema()).unwrap();
    assert!(fits.is_valid(&run) && run.get("explored").is_none(), "{run}");
    let texts = [shown(&replayed), read("summary.txt"), read("summary.md"), read("report.html")];
    for text in texts {
        for claim in ["simulation", "no real system", "never open", "--seed", "carried the id"] {
            assert!(!text.contains(claim), "{claim}: {text}");
        }
    }
    assert!(read("report.html").contains("On a real system."));
    assert!(!ran.folder.path().join("again/audit.ndjson").exists(), "what it logged, the target knows");
    let story = shown(&runaway(&["explain", "killed.ndjson"]));
    assert!(story.contains("What anybody did about it is not known."), "{story}");
}

/// A target that has no time says neither yes nor no.
#[test]
fn what_is_no_plain_answer_refuses_nothing() {
    let busy = AtomicU32::new(0);
    let server = Server::start("127.0.0.1:0", move |head, stream| match bearer(head) {
        Some(who) if who == CANARY => no(stream, "500 Internal Server Error"),
        _ => tickets(head, stream, &busy),
    });
    let ran = run(&server, &(head_of_targets(&server.origin(), "") + EXPLORE));
    let journal = ran.read("journal.ndjson");
    let verdicts = |wanted: &[&str]| {
        let is_wanted = |line: &&str| wanted.iter().any(|verdict| line.contains(&format!("\"verdict\":\"{verdict}\"")));
        journal.lines().filter(is_wanted).count()
    };
    assert!(verdicts(&["failed"]) > 0 && verdicts(&["limited"]) > 0, "{}", ran.shown);
    let refused = verdicts(&["unauthenticated", "forbidden", "missing"]);
    assert_eq!(ran.run["services"][0]["refused"], refused, "{}", ran.shown);
    assert_eq!(ran.measure("refused"), refused);
    let told = ran.shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("tried, and no answer told whether it opens anything"), "{told}");
}

#[test]
fn only_what_was_written_is_named() {
    let server = Server::start("127.0.0.1:0", |_, stream| ok(stream, &json!([])));
    let folder = tempfile::tempdir().unwrap();
    let text =
        head_of_targets(&server.origin(), "") + "explore: {operations: {list: \"GET api:/list -> things ids\"}}\n";
    let host = server.address.to_string();
    let free = command(folder.path(), &text, &["--consent", &host]);
    let args: Vec<&str> = free.get_args().map(|arg| arg.to_str().unwrap()).collect();
    // Room for all but the report.
    let script = format!("trap '' XFSZ; ulimit -f 50; exec {} {}", env!("CARGO_BIN_EXE_runaway"), args.join(" "));
    let mut full = Command::new("bash");
    full.args(["-c", &script]).current_dir(folder.path()).stdin(Stdio::null()).env("NO_COLOR", "1");
    full.envs(free.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = finished(folder, full.output().unwrap());
    assert!(ran.shown.contains("report.html cannot be written"), "{}", ran.shown);
    let files = "written to out\n  summary.md, summary.txt, run.json, journal.ndjson, requests.ndjson\n";
    assert!(ran.shown.contains(files), "{}", ran.shown);
}

#[test]
fn honest_work_is_looked_at_while_agents_explore() {
    let asked = AtomicU32::new(0);
    let server = Server::start("127.0.0.1:0", move |head, stream| match target_of(head) {
        "/health" => ok(stream, &json!({})),
        "/honest" if asked.load(Ordering::SeqCst) > 5 => no(stream, "503 Busy"),
        "/honest" => ok(stream, &json!({})),
        "/t" => ok(stream, &(0..400).map(|id| json!({"id": id})).collect()),
        _ => {
            asked.fetch_add(1, Ordering::SeqCst);
            ok(stream, &json!({}));
        }
    });
    let text = head_of_targets(&server.origin(), "").replace("rate: 2_000/s", "rate: 20/s")
        + "sentinels: {helpdesk: {with: other, probe: \"GET api:/honest\"}}\nexplore: {operations: {list: \"GET api:/t -> \
           tickets ids\", one: \"GET api:/t/{tickets}\"}}\n";
    let ran = run(&server, &text);
    assert_eq!(ran.code, 3, "{}", ran.shown);
    let told = ran.shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("helpdesk did not go on while the agents explored (status 503)"), "{told}");
    assert!(server.came().len() < 200, "it is stopped long before its end");
}

#[test]
fn a_story_of_a_real_system_says_what_is_not_known() {
    let server = api();
    let ran = run(&server, &(head_of_targets(&server.origin(), "") + EXPLORE));
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    let output = command.args(["explain", "out"]).current_dir(ran.folder.path()).output().unwrap();
    let story = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for said in ["the targets file names no `alarm`", "What anybody did about it is not known"] {
        assert!(story.contains(said), "{said}: {story}");
    }
    assert!(!story.contains("Nobody"), "{story}");
    assert!(!ran.shown.contains("seed 1"), "{}", ran.shown);
}

#[test]
fn links_lead_to_what_no_inventory_has_where_they_are_followed() {
    let server = api();
    let text = head_of_targets(&server.origin(), "") + EXPLORE + "  links: all\n";
    let ran = run(&server, &text);
    let shadow = &ran.run["explored"]["shadows"][0];
    assert_eq!(shadow["operation"], "GET api:/internal/dump/{id}", "{}", ran.shown);
    assert_eq!(tokens_at(&server, "/internal/dump/7"), set(&[AGENT, CANARY, "none"]));
}

#[test]
fn a_description_is_the_inventory_and_says_what_scopes_open() {
    let server = api();
    let scoped = |scope: &str| json!([{"oauth": [scope]}]);
    let list = json!({"200": {"description": "x", "content": {"application/json": {"schema": {"type": "array",
        "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}}}}});
    let one = json!({"200": {"description": "x", "content": {"application/json": {"schema": {"type": "object",
        "properties": {"id": {"type": "integer"}}}}}}});
    let id = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let described = json!({
        "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "components": {"securitySchemes": {"oauth": {"type": "oauth2", "flows": {"clientCredentials":
            {"tokenUrl": "/t", "scopes": {"tickets": "", "customers": "", "export": ""}}}}}},
        "paths": {
            "/api/tickets": {"get": {"operationId": "listTickets", "security": scoped("tickets"), "responses": list}},
            "/api/tickets/{id}": {
                "get": {"operationId": "getTicket", "security": scoped("tickets"), "parameters": id, "responses": one},
                "delete": {"operationId": "deleteTicket", "security": scoped("tickets"), "parameters": id, "responses": one},
            },
            "/api/customers/{id}":
                {"get": {"operationId": "getCustomer", "security": scoped("customers"), "parameters": id, "responses": one}},
            "/api/export": {"get": {"operationId": "export", "security": scoped("export"), "responses": list}},
            "/api/search": {"get": {"operationId": "search", "responses": list, "parameters":
                [{"name": "q", "in": "query", "required": true, "schema": {"type": "string"}}]}},
        },
    });
    // As it is written, and behind a gateway that puts something before its paths.
    let behind: Value = serde_json::from_str(&described.to_string().replace("\"/api/", "\"/")).unwrap();
    for (described, more) in [(described, ""), (behind, ", prefix: /api")] {
        says_what_scopes_open(&server, &described, more);
    }
}

fn says_what_scopes_open(server: &Server, described: &Value, more: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("api.json"), described.to_string()).unwrap();
    let text = head_of_targets(&server.origin(), "")
        + &format!("explore:\n  openapi: {{file: api.json, origin: api{more}}}\n")
        + "  operations: {dump: \"GET api:/internal/dump/7\"}\n  meant: {token: {scopes: [tickets, export]}}\n";
    let host = server.address.to_string();
    let output = command(folder.path(), &text, &["--consent", &host]).output().unwrap();
    let ran = finished(folder, output);
    let explored = &ran.run["explored"];
    assert_eq!(explored["shadows"], json!([{"operation": "api.dump", "accepted": 1}]), "{}", ran.shown);
    let privilege = &explored["privileges"][0];
    assert_eq!(privilege["more"], json!(["api.dump", "api.get-customer"]));
    assert_eq!((&privilege["unused"], &privilege["unused_scopes"]), (&json!(["api.export"]), &json!(["export"])));
    let not_tried = explored["not_tried"].as_object().unwrap();
    assert_eq!(not_tried.keys().collect::<Vec<_>>(), ["api.delete-ticket", "api.search"]);
    assert_eq!(ran.measure("reach"), 60 + 7 + 1, "tickets, customers and the dump: {}", ran.shown);
}

#[test]
fn a_run_widens_only_while_the_checks_hold() {
    for holds in [true, false] {
        let busy = AtomicU32::new(0);
        let server = Server::start("127.0.0.1:0", move |head, stream| {
            // Whoever explores is banned, and the control with it.
            let banned = !holds && target_of(head) == "/health" && busy.load(Ordering::SeqCst) > 0;
            if banned { no(stream, "403 Forbidden") } else { tickets(head, stream, &busy) }
        });
        let text = head_of_targets(&server.origin(), "") + EXPLORE + "  also: {second-agent: second}\n";
        let ran = run(&server, &text);
        let seconds = server.came().iter().filter(|came| bearer(&came.head).as_deref() == Some(SECOND)).count();
        // One request of the steady state is made for everybody before anything is tried.
        assert_eq!(seconds > 1, holds, "{}", ran.shown);
        let stages = ran.run["explored"]["stages"].as_array().unwrap();
        assert_eq!(stages.len(), if holds { 2 } else { 1 });
        if !holds {
            assert_eq!(ran.code, 3, "{}", ran.shown);
            assert!(ran.shown.contains("the control at api is not accepted"), "{}", ran.shown);
        }
    }
}

#[test]
fn nothing_begins_where_the_control_is_refused() {
    let server = Server::start("127.0.0.1:0", |_, stream| no(stream, "403 Forbidden"));
    let text = head_of_targets(&server.origin(), "") + EXPLORE;
    let ran = run(&server, &text);
    assert_eq!((ran.code, ran.run["verdict"].as_str()), (4, Some("inconclusive")), "{}", ran.shown);
    assert!(server.came().iter().all(|came| target_of(&came.head) == "/health"));
    let not_tried = &ran.run["explored"]["not_tried"];
    assert_eq!(not_tried["api.list-tickets"], "the run ended before", "{not_tried}");
    assert_eq!(not_tried["api.ticket"], "no id of `tickets` was seen", "{not_tried}");
}

#[test]
fn caps_and_the_kill_file_end_a_run() {
    let server = api();
    let text = head_of_targets(&server.origin(), "").replace("requests: 2_000", "requests: 40") + EXPLORE;
    let ran = run(&server, &text);
    assert_eq!((ran.code, ran.run["verdict"].as_str()), (3, Some("aborted")), "{}", ran.shown);
    assert_eq!(server.came().len(), 40, "exactly so many arrive");
    assert!(ran.shown.contains("the cap on requests is used up"), "{}", ran.shown);

    let server = api();
    let folder = tempfile::tempdir().unwrap();
    let text =
        head_of_targets(&server.origin(), "").replace("rate: 2_000/s", "rate: 50/s") + EXPLORE + "kill_file: stop\n";
    let host = server.address.to_string();
    let mut child = command(folder.path(), &text, &["--consent", &host])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while server.came().len() < 20 && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    fs::write(folder.path().join("stop"), "").unwrap();
    let thrown = Instant::now();
    child.wait().unwrap();
    let ran = finished(folder, child.wait_with_output().unwrap());
    assert_eq!(ran.code, 3, "{}", ran.shown);
    let late = server.came().iter().filter(|came| came.at > thrown + Duration::from_millis(100)).count();
    assert_eq!(late, 0, "requests that came 100 ms after the file");
    assert!(ran.run["complete"].as_bool().unwrap(), "the journal has its end");

    // One that is there from the beginning.
    let server = api();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stop"), "").unwrap();
    let text = head_of_targets(&server.origin(), "") + EXPLORE + "kill_file: stop\n";
    let host = server.address.to_string();
    let output = command(folder.path(), &text, &["--consent", &host]).output().unwrap();
    assert_eq!((finished(folder, output).code, server.connections()), (3, 0));
}

/// A run that is stopped early has found what it never presented to anybody.
#[test]
fn a_secret_counts_as_tried_when_it_was_sent() {
    let mut waited = 0;
    for requests in [50, 70, 90, 110, 130, 150, 170] {
        let server = api();
        let cap = format!("requests: {requests}");
        let ran = run(&server, &(head_of_targets(&server.origin(), "").replace("requests: 2_000", &cap) + EXPLORE));
        let found = ran.run["explored"]["found"].as_array().unwrap();
        let Some(bait) = found.iter().find(|found| found["looks"] == "bait") else { continue };
        let came = server.came().iter().any(|came| bearer(&came.head).as_deref() == Some(CANARY));
        assert_eq!(bait["tried"], came, "{requests}: {}", ran.shown);
        waited += u32::from(!came);
    }
    assert!(waited > 0, "it was always sent");
}

#[test]
fn a_dry_run_sends_nothing() {
    let server = api();
    let folder = tempfile::tempdir().unwrap();
    let text = head_of_targets(&server.origin(), "") + EXPLORE;
    let output = command(folder.path(), &text, &["--dry-run"]).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && shown.ends_with("nothing was sent\n"), "{shown}");
    for said in ["GET api.ticket", "not DELETE api.close-ticket: it counts as a write", "with token and with nothing"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let output = command(folder.path(), &text, &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "nobody agreed");
    assert_eq!(server.connections(), 0);
    assert!(!folder.path().join("out").exists());
}

/// What a hostile server may answer.
fn hostile(stream: &mut TcpStream, kind: u8, outside: &str) {
    let evil = format!(
        "{{\"items\":[{{\"id\":\"{outside}/x\"}},{{\"id\":\"../../y\"}},{{\"id\":\"a b%2f\\u0000\"}}],\"next\":\"{outside}\"}}"
    );
    let raw = |stream: &mut TcpStream, bytes: &[u8]| drop(stream.write_all(bytes));
    match kind % 16 {
        0 => answer(stream, "200 OK", "", &evil),
        1 => answer(stream, "200 OK", &format!("Link: <{outside}/p>; rel=next\r\n"), "[1,2,3]"),
        2 => answer(stream, "302 Found", &format!("Location: {outside}/r\r\n"), ""),
        3 => raw(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{\"a\":"),
        4 => raw(stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n"),
        5 => answer(stream, "429 Too Many Requests", "Retry-After: 99999999999999999999\r\n", ""),
        6 => answer(stream, "429 Too Many Requests", "Retry-After: 0\r\n", ""),
        7 => answer(stream, "503 Busy", "Retry-After: Sat, 31 Jan 2026 12:00:00 GMT\r\n", ""),
        8 => answer(stream, "200 OK", "Content-Encoding: gzip\r\n", "not gzip at all"),
        9 => {
            let mut packed = GzEncoder::new(Vec::new(), Compression::best());
            packed.write_all(&vec![b'['; 9_000_000]).unwrap();
            let packed = packed.finish().unwrap();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
            raw(stream, head.as_bytes());
            raw(stream, &packed);
        }
        10 => answer(stream, "200 OK", "", &"[".repeat(200_000)),
        11 => answer(stream, "200 OK", "", &format!("{{\"next\":\"{}\",\"data\":[{{\"id\":{{}}}}]}}", "/loop")),
        12 => raw(stream, b"\x00\xff\xfe garbage\r\n\r\n"),
        13 => answer(stream, "200 OK", "Alt-Svc: h2=\"127.0.0.1:1\"\r\nRefresh: 0;url=/z\r\n", "\u{feff}<html>"),
        14 => answer(stream, "500 Oh", "Set-Cookie: a=b\r\n", "{\"href\":\"//evil.test/\",\"url\":\"http://x@y/\"}"),
        _ => {}
    }
}

#[test]
fn no_answer_is_worth_a_crash_and_none_leads_outside() {
    let outside = Server::fine("127.0.0.1:0");
    let mut runner = TestRunner::new(ProptestConfig { cases: 12, ..ProptestConfig::default() });
    let answers = prop::collection::vec(any::<u8>(), 1..40);
    runner
        .run(&answers, |kinds| {
            let (at, elsewhere) = (AtomicU32::new(0), outside.origin());
            let server = Server::start("127.0.0.1:0", move |head, stream| {
                if target_of(head) == "/health" {
                    return ok(stream, &json!({}));
                }
                let n = at.fetch_add(1, Ordering::SeqCst) as usize;
                hostile(stream, kinds[n % kinds.len()], &elsewhere);
            });
            let text = head_of_targets(&server.origin(), "")
                .replace("requests: 2_000", "requests: 150")
                .replace("duration: 30s", "duration: 4s")
                + EXPLORE
                + "  links: all\n";
            let ran = run(&server, &text);
            assert!([3, 4].contains(&ran.code), "{}", ran.shown);
            assert!(!ran.shown.contains("panicked"), "{}", ran.shown);
            assert!(ran.run["complete"].as_bool().unwrap_or(false), "{}", ran.shown);
            assert!(server.came().len() <= 150);
            Ok(())
        })
        .unwrap();
    assert_eq!(outside.connections(), 0, "nothing left the list");
}

#[test]
fn real_servers_are_explored_too() {
    let Some(oidc) = Oidc::start(60) else { return };
    let each = oidc.services[3].1.clone();
    let token = oidc.token(None);
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "targets: 1\nname: real\norigins: {{issuer: \"{}\", each: \"{each}\"}}\ncredentials:\n  token: {{from: {{env: AGENT}}, \
         kind: access-token}}\n  other: {{from: {{env: CONTROL}}}}\nidentity: {{name: ticket-agent, credentials: \
         token}}\ncontrol: other\nservices: {{each: {{probe: \"GET each:/api/ticket.json\"}}}}\nstop: [{{errors: 50%, of: \
         10}}]\nexplore:\n  operations:\n    ticket: \"GET each:/api/ticket.json\"\n    none: \"GET each:/api/none\"\n    keys: \
         \"GET issuer:/jwks\"\n    clients: \"GET issuer:/reg/ticket-agent\"\n  meant: {{token: [ticket]}}\n",
        oidc.issuer
    );
    let hosts = [oidc.issuer.trim_start_matches("http://"), each.trim_start_matches("http://")];
    let mut command = command(folder.path(), &text, &["--consent", hosts[0], "--consent", hosts[1]]);
    let output = command.env("AGENT", &token).env("CONTROL", oidc.token(None)).output().unwrap();
    let ran = finished(folder, output);
    let statuses: BTreeSet<(String, Option<String>, u64)> = ran
        .sent()
        .iter()
        .filter(|line| line["purpose"] == "explore")
        .map(|line| {
            let credential = line["credential"].as_str().map(str::to_owned);
            (line["path"].as_str().unwrap().to_owned(), credential, line["status"].as_u64().unwrap())
        })
        .collect();
    let with = |path: &str, status| (path.to_owned(), Some("token".to_owned()), status);
    let without = |path: &str, status| (path.to_owned(), None, status);
    for expected in [
        with("/api/ticket.json", 200),
        with("/api/none", 404),
        with("/jwks", 200),
        without("/api/ticket.json", 401),
        without("/jwks", 200),
    ] {
        assert!(statuses.contains(&expected), "{expected:?} of {statuses:?}");
    }
    assert!(!ran.read("journal.ndjson").contains(&token));
    assert_eq!(ran.run["explored"]["privileges"][0]["more"], json!(["issuer.keys"]), "{}", ran.shown);
}
