//! What an exploration writes is undone: at its end, after Ctrl-C, and after it was killed at any moment.
#![expect(clippy::disallowed_methods, reason = "real time passes on the staging plane")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::staging::moments::Moments;
use crate::staging::servers::{Came, Server, answer};
use crate::target_faults::{Fault, misbehave};

/// How the server answers writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Fine,
    /// It does what the agent asks with its credential, and says nothing about it.
    Silent,
    /// It removes nothing.
    KeepsAll,
    /// A search finds nothing.
    Blind,
    /// The same, and it removes nothing, whatever it says.
    Claims,
    /// A search finds everything.
    Deaf,
    /// It tells versions, and lets nothing be put back without the one that stands there. Somebody else changes ticket 2.
    Versioned,
    /// It tells no versions. When the first write is undone, somebody else has changed tickets 2 and 3: the one keeps the title
    /// that the run gave it, the other does not.
    Shared,
    /// It lets the agent change nothing.
    Refuses,
    /// It is gone once the agent has changed something.
    Dies,
    /// It undoes nothing until somebody lets it go on.
    Hangs,
    /// It does what the agent asks after a while, when nobody waits for an answer any more.
    Late,
    /// After the agent's sixth request it does what it is asked, and answers badly.
    Faulty(Fault),
}

type Tickets = BTreeMap<u32, Value>;

/// Tickets in memory. Ids are the server's; a title may be looked for.
pub struct Desk {
    server: Server,
    tickets: Arc<Mutex<Tickets>>,
    /// Writes whose undoing was not on the disk when they came.
    unprepared: Arc<Mutex<Vec<String>>>,
    is_faulty: bool,
    /// How long an answer of it may take.
    patience: &'static str,
}

fn body_of(head: &str, stream: &mut TcpStream) -> Value {
    let lower = head.to_ascii_lowercase();
    let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    let _ = stream.read_exact(&mut body);
    serde_json::from_slice(&body).unwrap_or_default()
}

fn marker_in(text: &str) -> Option<&str> {
    let at = text.find("runaway-")?;
    text[at..].split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next()
}

/// What a write does.
fn change(tickets: &mut Tickets, method: &str, target: &str, body: &Value) {
    let id = target.rsplit('/').next().and_then(|id| id.parse::<u32>().ok());
    match (method, id) {
        ("POST", _) => {
            let id = tickets.keys().max().copied().unwrap_or(0) + 1;
            tickets.insert(id, json!({"id": id, "title": body["title"]}));
        }
        ("PUT", Some(id)) if tickets.contains_key(&id) => {
            tickets.insert(id, json!({"id": id, "title": body["title"]}));
        }
        ("DELETE", Some(id)) => drop(tickets.remove(&id)),
        _ => {}
    }
}

/// A ticket with its version, which is its text.
fn versioned(
    tickets: &mut Tickets,
    (method, id, agent): (&str, Option<u32>, bool),
    head: &str,
    body: &Value,
    stream: &mut TcpStream,
) {
    let Some(there) = id.and_then(|id| tickets.get_mut(&id)) else { return answer(stream, "404 Not Found", "", "{}") };
    let version = |ticket: &Value| format!("\"{}\"", marker_in(&ticket.to_string()).unwrap_or("first"));
    let now = version(there);
    let condition = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().starts_with("if-match: ").then(|| line[10..].to_owned()));
    let etag = |ticket: &Value| format!("ETag: {}\r\n", version(ticket));
    match method {
        "GET" => answer(stream, "200 OK", &etag(there), &there.to_string()),
        "PUT" if !agent && condition.is_none() => answer(stream, "428 Precondition Required", "", "{}"),
        "PUT" if condition.is_some_and(|condition| condition != now) => answer(stream, "412 No", "", "{}"),
        "PUT" => {
            *there = json!({"id": id, "title": body["title"]});
            answer(stream, "200 OK", &etag(there), "{}");
            if agent && id == Some(2) {
                *there = json!({"id": 2, "title": "of somebody else"});
            }
        }
        _ => answer(stream, "403 Forbidden", "", "{}"),
    }
}

impl Desk {
    pub fn start(manner: Manner, undo_file: PathBuf) -> Desk {
        let before: Tickets = (1..=5).map(|id| (id, json!({"id": id, "title": format!("ticket {id}")}))).collect();
        let (tickets, unprepared) = (Arc::new(Mutex::new(before)), Arc::new(Mutex::new(Vec::new())));
        let (asked, gone) = (AtomicUsize::new(0), AtomicBool::new(false));
        let (shared, early) = (tickets.clone(), unprepared.clone());
        let beside = undo_file.ancestors().nth(2).expect("the folder of the run's").to_owned();
        let server = Server::start("127.0.0.1:0", move |head, stream| {
            if manner == Manner::Hangs && head.contains("janitor") && !head.starts_with("GET ") {
                fs::write(beside.join("begun"), "").unwrap();
                wait_until("it may go on", || beside.join("go-on").exists());
            }
            let mut words = head.split(' ');
            let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let body = body_of(head, stream);
            let agent = head.contains("agent-token-0001");
            if method != "GET" && agent {
                let kept = fs::read_to_string(&undo_file).unwrap_or_default();
                let marker = marker_in(&body.to_string()).or(marker_in(target)).unwrap_or_default().to_owned();
                let prepared = match method {
                    "DELETE" => kept.contains("\"operation\":\"close\""),
                    _ => !marker.is_empty() && kept.contains(&marker),
                };
                if !prepared {
                    early.lock().unwrap().push(format!("{method} {target} {body}"));
                }
            }
            if manner == Manner::Late && agent && method != "GET" {
                std::thread::sleep(Duration::from_millis(1_500));
                change(&mut shared.lock().unwrap(), method, target, &body);
                return;
            }
            let mut tickets = shared.lock().unwrap();
            let nth = if agent { asked.fetch_add(1, Ordering::SeqCst) } else { 0 };
            if let Manner::Faulty(fault) = manner
                && nth >= 6
            {
                // A ban lets nothing happen; what is restarting does not even say so, for a while.
                if !matches!(fault, Fault::Bans | Fault::Restarts) {
                    change(&mut tickets, method, target, &body);
                }
                drop(tickets);
                return match fault {
                    Fault::Restarts if nth < 40 => {}
                    fault => misbehave(fault, stream),
                };
            }
            let id = target.rsplit('/').next().and_then(|id| id.parse::<u32>().ok());
            let fine = |stream: &mut TcpStream, body: &Value| answer(stream, "200 OK", "", &body.to_string());
            let silent = manner == Manner::Silent && agent;
            if manner == Manner::Refuses && method != "GET" && !head.contains("janitor") {
                return answer(stream, "403 Forbidden", "", "{}");
            }
            if manner == Manner::Versioned && target.starts_with("/tickets/") {
                return versioned(&mut tickets, (method, id, agent), head, &body, stream);
            }
            let undoes = method != "GET" && head.contains("janitor") && !matches!(id, Some(2 | 3));
            if manner == Manner::Shared && undoes && tickets[&2].get("assignee").is_none() {
                tickets.get_mut(&2).expect("nobody removes it")["assignee"] = json!("somebody else");
                tickets.insert(3, json!({"id": 3, "title": "of somebody else"}));
            }
            let is_dead = manner == Manner::Dies && gone.load(Ordering::SeqCst);
            gone.fetch_or(method != "GET" && agent, Ordering::SeqCst);
            if is_dead {
                return;
            }
            match (method, id) {
                ("GET", _) if target == "/health" => fine(stream, &json!({})),
                ("GET", None) => {
                    let title = target.split("title=").nth(1);
                    let fits = |ticket: &&Value| match (title, manner) {
                        (None, _) | (Some(_), Manner::Deaf) => true,
                        (Some(_), Manner::Blind | Manner::Claims) => false,
                        (Some(title), _) => ticket["title"] == title,
                    };
                    fine(stream, &tickets.values().filter(fits).cloned().collect());
                }
                ("GET", Some(id)) => match tickets.get(&id) {
                    Some(ticket) => fine(stream, ticket),
                    None => answer(stream, "404 Not Found", "", "{}"),
                },
                ("POST", _) => {
                    let id = tickets.keys().max().copied().unwrap_or(0) + 1;
                    let ticket = json!({"id": id, "title": body["title"]});
                    tickets.insert(id, ticket.clone());
                    if !silent {
                        answer(stream, "201 Created", "", &ticket.to_string());
                    }
                }
                ("PUT", Some(id)) if tickets.contains_key(&id) => {
                    tickets.insert(id, json!({"id": id, "title": body["title"]}));
                    if !silent {
                        fine(stream, &json!({}));
                    }
                }
                ("DELETE", _) if manner == Manner::KeepsAll => answer(stream, "500 No", "", "{}"),
                ("DELETE", _) if manner == Manner::Claims && !head.contains("janitor") => {
                    answer(stream, "403 Forbidden", "", "{}")
                }
                ("DELETE", _) if manner == Manner::Claims => fine(stream, &json!({})),
                ("DELETE", Some(id)) if tickets.remove(&id).is_some() => fine(stream, &json!({})),
                _ => answer(stream, "404 Not Found", "", "{}"),
            }
        });
        let is_faulty = matches!(manner, Manner::Faulty(_));
        let patience = if is_faulty || manner == Manner::Hangs { "5s" } else { "1s" };
        Desk { server, tickets, unprepared, is_faulty, patience }
    }

    pub fn now(&self) -> Tickets {
        self.tickets.lock().unwrap().clone()
    }

    pub fn writes(&self) -> usize {
        self.server.came().iter().filter(|came| !came.head.starts_with("GET ")).count()
    }
}

fn targets(origin: &str, rate: &str) -> String {
    format!(
        "targets: 1\nname: desk\norigins: {{api: \"{origin}\"}}\nwrites: [\"POST api:/tickets\", \"PUT api:/tickets/*\", \"DELETE \
         api:/tickets/*\"]\ncredentials:\n  token: {{from: {{env: AGENT}}}}\n  other: {{from: {{env: CONTROL}}}}\n  janitor: {{from: \
         {{env: JANITOR}}}}\nidentity: {{name: ticket-agent, credentials: token}}\ncontrol: other\ncleanup: janitor\nservices: \
         {{api: {{probe: \"GET api:/health\"}}}}\nstop: none\ncaps: {{requests: 400, rate: {rate}, at_once: 4, objects: 500, \
         writes: 30, duration: 20s}}\nexplore:\n  operations:\n    list: \"GET api:/tickets -> tickets ids\"\n    ticket: \"GET \
         api:/tickets/{{tickets}}\"\n    create:\n      http: \"POST api:/tickets\"\n      json: '{{\"title\": \
         \"{{marker}}\"}}'\n      creates: tickets\n      undo: {{find: \"GET api:/tickets?title={{marker}}\", ids: \"/*/id\", \
         delete: \"DELETE api:/tickets/{{id}}\"}}\n    rename:\n      http: \"PUT api:/tickets/{{tickets}}\"\n      json: \
         '{{\"title\": \"renamed {{marker}}\"}}'\n      undo: {{get: \"GET api:/tickets/{{tickets}}\"}}\n    close: {{http: \"DELETE \
         api:/tickets/{{tickets}}\", undo: own}}\n  connections: 2\n"
    )
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("NO_COLOR", "1").env("AGENT", "agent-token-0001").env("CONTROL", "control-token-01");
    command.env("JANITOR", "janitor-token-01");
    command
}

/// An exploration that has not begun.
pub fn explore(folder: &Path, desk: &Desk, rate: &str) -> Command {
    let text = targets(&desk.server.origin(), rate) + &format!("patience: {}\n", desk.patience);
    let text = if desk.is_faulty { text.replace("duration: 20s", "duration: 5s") } else { text };
    fs::write(folder.join("targets.yaml"), text).unwrap();
    let host = desk.server.address.to_string();
    command(folder, &["run", "targets.yaml", "--plane", "staging", "--out", "out", "--consent", &host])
}

fn begun(folder: &Path, desk: &Desk, rate: &str) -> Child {
    explore(folder, desk, rate).spawn().unwrap()
}

pub fn shown(output: &Output) -> String {
    let text = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // Lines are wrapped.
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn run(folder: &Path, desk: &Desk) -> (Output, Value) {
    let output = begun(folder, desk, "1_000/s").wait_with_output().unwrap();
    let run = fs::read_to_string(folder.join("out/run.json")).unwrap_or_default();
    (output, serde_json::from_str(&run).unwrap_or_default())
}

fn undo(folder: &Path, desk: &Desk) -> Output {
    let host = desk.server.address.to_string();
    command(folder, &["undo", "out", "--consent", &host]).output().unwrap()
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The first Ctrl-C stops the agent, and undoing begins; the second one stops that too, and says what is left to do. Both
/// are sent to the program alone, and not to all that a terminal runs.
#[test]
fn a_second_ctrl_c_stops_undoing_and_says_how_it_is_done_later() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Hangs, folder.path().join("out/undo.ndjson"));
    let before = desk.now();
    let running = begun(folder.path(), &desk, "50/s");
    let pid = running.id().to_string();
    let interrupt = || assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    wait_until("it writes", || desk.now() != before);
    interrupt();
    let first = Instant::now();
    wait_until("it undoes", || folder.path().join("begun").exists());
    interrupt();
    let second = Instant::now();
    let output = running.wait_with_output().unwrap();
    assert!(second.elapsed() < Duration::from_secs(2), "{:?}", second.elapsed());
    assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
    let late = |came: &&Came| came.head.contains("agent-token") && came.at > first + Duration::from_millis(100);
    assert_eq!(desk.server.came().iter().filter(late).count(), 0, "the agent sends nothing after the first");
    assert!(shown(&output).contains("runaway undo out"), "{}", shown(&output));
    assert!(desk.now() != before, "nothing was undone");
    fs::write(folder.path().join("go-on"), "").unwrap();
    let undone = undo(folder.path(), &desk);
    assert_eq!((undone.status.code(), desk.now()), (Some(0), before), "{}", shown(&undone));
}

/// What was never answered may happen after the run has ended, and with it the agent.
#[test]
fn a_write_that_arrives_late_is_undone_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Late, folder.path().join("out/undo.ndjson"));
    let before = desk.now();
    let mut exploration = explore(folder.path(), &desk, "1_000/s");
    let file = folder.path().join("targets.yaml");
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("writes: 30", "writes: 6")).unwrap();
    let output = exploration.output().unwrap();
    let run: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("out/run.json")).unwrap()).unwrap();
    let undone = &run["explored"]["undo"];
    assert_eq!(undone["writes"], 6, "{}", shown(&output));
    assert!(undone["unanswered"].as_u64() > Some(2), "all but what it tries without a credential: {}", shown(&output));
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(desk.now(), before, "{}", shown(&output));
}

#[test]
fn everything_that_was_written_is_undone_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Fine, folder.path().join("out/undo.ndjson"));
    let before = desk.now();
    let (output, run) = run(folder.path(), &desk);
    let undone = &run["explored"]["undo"];
    assert!(undone["writes"].as_u64() > Some(10), "{}", shown(&output));
    let came = undone["undone"].as_u64().zip(undone["refused"].as_u64()).map(|(undone, refused)| undone + refused);
    assert_eq!((came, &undone["left"], &undone["unsteady"]), (undone["writes"].as_u64(), &json!([]), &json!([])));
    assert_eq!(desk.now(), before, "{}", shown(&output));
    assert_eq!(*desk.unprepared.lock().unwrap(), Vec::<String>::new(), "each was on the disk before it was sent");
    assert!(run["measures"]["excess.creations"]["value"].as_u64() >= Some(1), "{}", shown(&output));
    assert!(run["measures"]["excess.write"]["value"].as_u64() >= Some(5), "{}", shown(&output));
    let removed = desk.server.came();
    let by_agent = removed.iter().filter(|came| came.head.starts_with("DELETE") && came.head.contains("agent-token"));
    for came in by_agent {
        let id: u32 = came.head.split([' ', '/']).nth(3).and_then(|id| id.parse().ok()).unwrap();
        assert!(id > 5, "an agent removes what its run made, and nothing else: {}", came.head);
    }
    let again = undo(folder.path(), &desk);
    assert!(shown(&again).contains("was undone already"), "{}", shown(&again));
}

/// What an earlier exploration came to stays until the next one is whole; the undo file of the next lies where `undo`
/// looks for it.
#[test]
fn an_earlier_exploration_outlives_one_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (out, kept) = (folder.path().join("out"), folder.path().join("out/earlier.partial"));
    let desk = Desk::start(Manner::Fine, out.join("undo.ndjson"));
    let at_first = desk.now();
    run(folder.path(), &desk);
    let before = crate::binary::files(&out);
    assert!(before.iter().any(|(name, _)| name == "report.html"));
    let mut running = begun(folder.path(), &desk, "20/s");
    let since = std::time::Instant::now();
    while desk.now() == at_first && since.elapsed() < std::time::Duration::from_secs(15) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(desk.now() != at_first, "it was killed between a write and its undoing");
    assert!(crate::binary::files(&kept) == before);
    let (owing, _) = run(folder.path(), &desk);
    assert_eq!(owing.status.code(), Some(2), "{}", shown(&owing));
    let undone = undo(folder.path(), &desk);
    assert_eq!(undone.status.code(), Some(0), "{}", shown(&undone));
    assert_eq!(desk.now(), at_first);
    assert!(crate::binary::files(&kept) == before);
    run(folder.path(), &desk);
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&crate::binary::files(&out)), names(&before));
}

#[test]
fn a_cap_of_nothing_lets_nothing_leave_though_writes_could_have_been_undone() {
    for cap in [0, 1] {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::start(Manner::Fine, folder.path().join("out/undo.ndjson"));
        let mut command = explore(folder.path(), &desk, "1_000/s");
        let file = folder.path().join("targets.yaml");
        let text = fs::read_to_string(&file).unwrap().replace("requests: 400", &format!("requests: {cap}"));
        fs::write(&file, text).unwrap();
        let output = command.output().unwrap();
        assert_eq!((output.status.code(), desk.server.came().len()), (Some(3), cap), "{}", shown(&output));
    }
}

#[test]
fn a_write_that_is_never_answered_is_looked_up() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Silent, folder.path().join("out/undo.ndjson"));
    let before = desk.now();
    let (output, run) = run(folder.path(), &desk);
    let undone = &run["explored"]["undo"];
    assert!(undone["unanswered"].as_u64() > Some(0), "{}", shown(&output));
    assert_eq!(undone["left"], json!([]), "{}", shown(&output));
    assert_eq!(desk.now(), before);
    assert_eq!(run["measures"]["reach"]["evidence"], "bounded");
}

#[test]
fn what_somebody_else_changed_since_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Versioned, folder.path().join("out/undo.ndjson"));
    let before = desk.now();
    let (output, run) = run(folder.path(), &desk);
    let after = desk.now();
    assert_eq!(after[&2]["title"], "of somebody else", "{}", shown(&output));
    for id in [1, 3, 4, 5] {
        assert_eq!(after[&id], before[&id], "{}", shown(&output));
    }
    let left = run["explored"]["undo"]["left"].as_array().unwrap();
    assert!(
        !left.is_empty()
            && left.iter().any(|left| left["why"] == "somebody else has changed it since, and it was not written over"),
        "{}",
        shown(&output)
    );
    assert_eq!(output.status.code(), Some(4), "{}", shown(&output));
}

/// Nothing but what stands there tells that somebody else was there.
#[test]
fn where_no_versions_are_told_what_somebody_else_changed_is_not_written_over_either() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Shared, folder.path().join("out/undo.ndjson"));
    let before = desk.now();
    let (output, run) = run(folder.path(), &desk);
    let theirs = |after: &Tickets| {
        assert_eq!(after[&2]["assignee"], "somebody else", "{}", shown(&output));
        assert!(after[&2]["title"].as_str().unwrap().contains("runaway-"), "{}", shown(&output));
        assert_eq!(after[&3]["title"], "of somebody else", "{}", shown(&output));
        for id in [1, 4, 5] {
            assert_eq!(after[&id], before[&id], "{}", shown(&output));
        }
        assert_eq!(after.len(), 5, "what the run made is gone: {}", shown(&output));
    };
    theirs(&desk.now());
    let left = run["explored"]["undo"]["left"].as_array().unwrap();
    assert!(!left.is_empty() && left.iter().all(|left| left["operation"] == "rename"), "{left:?}");
    for left in left {
        assert_eq!(left["why"], "somebody else has changed it since, and it was not written over");
        let by_hand = left["by_hand"].as_str().unwrap();
        assert!(by_hand.starts_with("curl -X GET") && by_hand.contains("leave what is theirs"), "{by_hand}");
    }
    assert_eq!(output.status.code(), Some(4), "{}", shown(&output));
    let again = undo(folder.path(), &desk);
    assert_eq!(again.status.code(), Some(4), "{}", shown(&again));
    theirs(&desk.now());
}

/// What was refused or never left did not happen, also where nobody lets it be looked up any more.
#[test]
fn what_never_happened_is_not_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Refuses, folder.path().join("out/undo.ndjson"));
    let (output, run) = run(folder.path(), &desk);
    let undone = &run["explored"]["undo"];
    assert!(undone["refused"].as_u64() > Some(3), "{}", shown(&output));
    assert_eq!((&undone["undone"], &undone["left"]), (&json!(0), &json!([])), "{}", shown(&output));
    assert!(shown(&output).contains("of them refused; 0 undone"), "{}", shown(&output));

    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Refuses, folder.path().join("out/undo.ndjson"));
    let child = begun(folder.path(), &desk, "30/s");
    while desk.writes() < 5 {
        std::thread::sleep(Duration::from_millis(5));
    }
    for _ in 0..2 {
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        std::thread::sleep(Duration::from_millis(30));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
    let run: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("out/run.json")).unwrap()).unwrap();
    let left = run["explored"]["undo"]["left"].as_array().unwrap();
    // What was under way at the first of the two may have happened, and nothing else.
    assert!(
        left.len() <= 4 && run["explored"]["undo"]["unanswered"].as_u64() >= Some(left.len() as u64),
        "{}",
        shown(&output)
    );
}

#[test]
fn a_target_that_is_gone_afterwards_is_no_write_that_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Dies, folder.path().join("out/undo.ndjson"));
    let (output, run) = run(folder.path(), &desk);
    let told = shown(&output);
    let left = run["explored"]["undo"]["left"].as_array().unwrap().len();
    assert!(!run["explored"]["undo"]["unsteady"].as_array().unwrap().is_empty(), "{told}");
    assert!(told.contains("afterwards the target is not as it was: the control at api is not accepted"), "{told}");
    assert_eq!(told.contains("could not be undone"), left > 0, "{told}");
    assert!(left == 0 || told.contains(&format!("{left} write")), "{told}");
}

#[test]
fn what_cannot_be_undone_is_told_with_what_a_person_does() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::KeepsAll, folder.path().join("out/undo.ndjson"));
    let (output, run) = run(folder.path(), &desk);
    assert_eq!(output.status.code(), Some(4), "{}", shown(&output));
    let left = &run["explored"]["undo"]["left"][0];
    assert_eq!(left["operation"], "create");
    assert!(left["by_hand"].as_str().unwrap().contains("curl -X DELETE"), "{left}");
    assert!(left["why"].as_str().unwrap().contains("500"), "{left}");
    let again = undo(folder.path(), &desk);
    assert_eq!(again.status.code(), Some(4), "{}", shown(&again));
    assert!(shown(&again).contains("left behind by create"), "{}", shown(&again));
    let (other, _) = self::run(folder.path(), &desk);
    assert_eq!(other.status.code(), Some(2), "{}", shown(&other));
    assert!(shown(&other).contains("and not put back"), "{}", shown(&other));
}

/// Many APIs take no notice of a query that they do not know.
#[test]
fn a_lookup_that_finds_everything_removes_what_this_run_made() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Deaf, folder.path().join("out/undo.ndjson"));
    let before = desk.now();
    let (output, run) = run(folder.path(), &desk);
    assert!(run["explored"]["undo"]["writes"].as_u64() > Some(10), "{}", shown(&output));
    assert_eq!(desk.now(), before, "{}", shown(&output));
    assert_eq!(run["explored"]["undo"]["left"], json!([]), "{}", shown(&output));
}

/// What a lookup does not find is removed by the id that the write was answered with.
#[test]
fn a_lookup_that_finds_nothing_of_what_was_accepted_is_no_proof() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Blind, folder.path().join("out/undo.ndjson"));
    let before = desk.now();
    let (output, run) = run(folder.path(), &desk);
    assert_eq!((desk.now(), &run["explored"]["undo"]["left"]), (before, &json!([])), "{}", shown(&output));

    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(Manner::Claims, folder.path().join("out/undo.ndjson"));
    let (output, run) = self::run(folder.path(), &desk);
    let left = &run["explored"]["undo"]["left"][0];
    let why = "no lookup finds it, and removing it is accepted again and again";
    assert_eq!(
        (output.status.code(), &left["why"]),
        (Some(4), &json!(why)),
        "{} {}",
        run["explored"]["undo"],
        shown(&output)
    );
    let by_hand = left["by_hand"].as_str().unwrap();
    assert!(by_hand.starts_with("curl -X DELETE") && !by_hand.contains("each"), "it has its id: {by_hand}");
}

/// Kills runs at drawn moments, from before their first request to after their last, and undoes each.
fn killed(times: u32) {
    let moments = Moments::drawn(times, Duration::from_millis(1_700));
    let mut interrupted = 0;
    for moment in &moments.all {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::start(Manner::Fine, folder.path().join("out/undo.ndjson"));
        let before = desk.now();
        let mut child = begun(folder.path(), &desk, "150/s");
        std::thread::sleep(Duration::from_millis(20) + *moment);
        child.kill().unwrap();
        child.wait().unwrap();
        if !folder.path().join("out/undo.ndjson").exists() {
            assert_eq!(desk.writes(), 0, "nothing is written before there is a file: {moments}");
            continue;
        }
        let output = undo(folder.path(), &desk);
        let text = shown(&output);
        // A file that was cut off before its first line was whole: nothing was sent on the strength of it.
        assert!(output.status.success() || desk.writes() == 0, "killed after {moment:?}: {moments} {text}");
        assert_eq!(desk.now(), before, "killed after {moment:?}: {moments} {text}");
        interrupted += u32::from(desk.writes() > 0 && !text.contains("undone already"));
        let again = undo(folder.path(), &desk);
        assert!(shown(&again).contains("undone already") || desk.writes() == 0, "{moments} {}", shown(&again));
    }
    assert!(
        interrupted >= times / 5,
        "{interrupted} of {times} were killed while something had to be undone: {moments}"
    );
}

#[test]
fn a_run_that_was_killed_leaves_nothing_once_it_is_undone() {
    killed(20);
}

#[test]
#[ignore = "takes minutes: cargo test -- --ignored writes::"]
fn a_run_that_was_killed_at_any_of_two_hundred_moments_leaves_nothing() {
    killed(200);
}
