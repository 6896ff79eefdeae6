//! A real message broker: what a user of its management API reaches, and when each way to contain that user works.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::drills::{self, ACCEPTED, Ran, Sample, curled};
use crate::staging::rabbitmq::{NOTES, RabbitMq, TICKETS};
use crate::staging::real::curl;

const DRILL: &str = include_str!("../targets/rabbitmq/drill.yaml");
const EXPLORE: &str = include_str!("../targets/rabbitmq/explore.yaml");

/// An exploration: its exit code, what it showed, and all that it wrote.
struct Explored {
    code: Option<i32>,
    run: Value,
    requests: Vec<Value>,
    journal: Vec<Value>,
    all: String,
}

fn explore(broker: &RabbitMq, text: &str) -> Explored {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("targets.yaml"), text.replace("https://broker.test", &broker.origin)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_runaway"))
        .args(["run", "targets.yaml", "--plane", "staging", "--out", "out", "--consent", broker.host()])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .env("NO_COLOR", "1")
        .env("TICKET_AGENT", format!("ticket-agent:{}", broker.ticket_agent))
        .env("DESK", format!("desk:{}", broker.desk))
        .output()
        .unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap_or_default();
    let lines = |text: &str| text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let names = ["run.json", "journal.ndjson", "summary.txt", "summary.md", "report.html", "requests.ndjson"];
    let all = names.map(read).join("\n") + &shown;
    for secret in [&broker.ticket_agent, &broker.desk, &broker.operator, &broker.admin] {
        assert!(!all.contains(secret.as_str()), "a password was written");
    }
    println!("{shown}");
    Explored {
        code: output.status.code(),
        run: serde_json::from_str(&read("run.json")).unwrap_or_else(|_| panic!("{shown}")),
        requests: lines(&read("requests.ndjson")),
        journal: lines(&read("journal.ndjson")),
        all,
    }
}

impl Explored {
    fn measure(&self, key: &str) -> &Value {
        &self.run["measures"][key]["value"]
    }

    /// What was asked with that credential, with the status.
    fn asked(&self, credential: &str) -> BTreeSet<(String, u64)> {
        let asked =
            self.requests.iter().filter(|line| line["purpose"] == "explore" && line["credential"] == credential);
        asked.map(|line| (line["path"].as_str().unwrap().to_owned(), line["status"].as_u64().unwrap())).collect()
    }
}

/// The rule by which the pair in the note is recognised.
const HANDED_OVER: &str = "{shape: '(?<user>[a-z-]+) / (?<secret>[0-9a-f]{48})'}";

/// What the agent reads as itself: two answers, the one virtual host, two queues, and all that lies in them.
const OWN_REACH: usize = 2 + 1 + 2 + TICKETS + NOTES;
/// What the operator opens beyond it: an answer, a way past the exchange, four users and four permissions.
const MORE: usize = 1 + 1 + 4 + 4;

#[test]
fn a_password_in_a_note_opens_what_the_agent_may_not() {
    let Some(broker) = RabbitMq::start(false) else { return };
    let ran = explore(&broker, EXPLORE);
    assert_eq!((ran.code, ran.measure("depth")), (Some(1), &json!(1)), "{}", ran.all);
    assert_eq!(ran.measure("reach"), OWN_REACH + MORE, "{}", ran.run["explored"]);
    assert_eq!(ran.measure("excess"), MORE);
    assert!(EXPLORE.contains(HANDED_OVER));
    let found = ran.run["explored"]["found"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["name"], "found.password-1", "as the path calls it");
    assert_eq!((&found[0]["looks"], &found[0]["tried"]), (&json!("handed-over"), &json!(true)));
    assert_eq!(found[0]["operation"], "broker.messages");
    // The queue `handover` is listed before `tickets`: the seventh message is the seventh note.
    assert_eq!(found[0]["record"], "messages-7");
    let path = |end: &str| format!("/api/{end}");
    let past = path("exchanges/drill/amq.default/publish");
    let denied = ["users", "permissions", "definitions"].map(path);
    let (as_agent, as_operator) = (ran.asked("agent"), ran.asked("found.password-1"));
    for path in &denied {
        assert!(as_agent.contains(&(path.clone(), 401)) && as_operator.contains(&(path.clone(), 200)), "{path}");
    }
    assert!(as_agent.contains(&(past.clone(), 400)) && as_operator.contains(&(past, 200)), "{as_agent:?}");
    // A 401 from a server that says it for "not you" is no end of the credential, and 400 no failure of the server.
    let verdicts: BTreeSet<&str> = ran.journal.iter().filter_map(|line| line["verdict"].as_str()).collect();
    assert!(verdicts.contains("forbidden") && !verdicts.contains("failed"), "{verdicts:?}");
    assert_eq!(ran.run["explored"]["oddities"], json!({}));

    for use_found in ["canary", "none"] {
        let ran = explore(&broker, &EXPLORE.replace("use_found: listed", &format!("use_found: {use_found}")));
        assert_eq!((ran.code, ran.measure("reach")), (Some(0), &json!(OWN_REACH)), "{}", ran.run["explored"]);
        assert_eq!(ran.run["explored"]["found"][0]["tried"], false, "it is told, and not tried");
        assert_eq!(ran.asked("found.password-1"), BTreeSet::new());
    }

    // The operator's own credential, laid out as a canary: its password is recognised, whatever stands around it.
    let bait = broker.running.file("bait");
    fs::write(&bait, format!("operator:{}", broker.operator)).unwrap();
    let bait =
        format!("credentials:\n  bait: {{from: {{file: \"{}\"}}, present: basic, kind: password}}\n", bait.display());
    let canary = EXPLORE
        .replace("use_found: listed", "use_found: canary")
        .replace("credentials:\n", &bait)
        .replace(HANDED_OVER, "{credential: bait, kind: password}");
    let ran = explore(&broker, &canary);
    assert_eq!(ran.measure("reach"), OWN_REACH + MORE, "{}", ran.run["explored"]);

    // Somebody else was handed over, who may less: the 401 that he gets first is not his end.
    let password = broker.another_agent("clerk");
    broker.hand_over(&format!("ask clerk / {password}"));
    let first = "  operations:\n    nodes: \"GET broker:/api/nodes\"\n";
    let ran = explore(&broker, &EXPLORE.replace("  operations:\n", first));
    assert!(!ran.all.contains(&password), "a password was written");
    let as_clerk = ran.asked("found.password-2");
    for (end, status) in
        [("nodes", 401), ("users", 401), ("whoami", 200), ("queues/drill", 200), ("queues/drill/tickets/get", 200)]
    {
        assert!(as_clerk.contains(&(path(end), status)), "{end}: {as_clerk:?}");
    }

    let ports = broker.ports;
    let ids = broker.running.ids();
    drop(broker);
    for port in ports {
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "something still listens at {port}");
    }
    for id in ids {
        assert!(!fs::exists(format!("/proc/{id}")).unwrap(), "{id} still runs");
    }
}

/// What a team may do to a user.
struct Action {
    user: &'static str,
    /// In place of the steps of the file.
    steps: &'static str,
    /// Each service, and whether it ends the user there; he is refused with one of these statuses.
    ends: &'static [(&'static str, bool)],
    statuses: &'static [u16],
}

const EVERYWHERE: &[(&str, bool)] = &[("whoami", true), ("list", true), ("read", true), ("write", true)];
const BUT_WHOAMI: &[(&str, bool)] = &[("whoami", false), ("list", true), ("read", true), ("write", true)];

const ACTIONS: [Action; 5] = [
    Action {
        user: "deleted",
        steps: "    - {http: \"DELETE broker:/api/users/deleted\", with: admin}\n",
        ends: EVERYWHERE,
        // Where it remembers who may log in, the way to the exchange can shut before.
        statuses: &[401, 400],
    },
    Action {
        user: "renewed",
        steps: "    - {http: \"PUT broker:/api/users/renewed\", with: admin, json: '{\"password\": \"{fresh}\", \"tags\": \"management\"}'}\n",
        ends: EVERYWHERE,
        statuses: &[401],
    },
    Action {
        user: "unpermitted",
        steps: "    - {http: \"DELETE broker:/api/permissions/drill/unpermitted\", with: admin}\n",
        ends: BUT_WHOAMI,
        // Where it remembers, the way to the queues can be open still when the exchange shuts.
        statuses: &[401, 400],
    },
    Action {
        user: "untagged",
        // Without the hash, he would lose his password as well.
        steps: "    - http: \"GET broker:/api/users/untagged\"\n      with: admin\n      captures: {hash: /password_hash, algorithm: /hashing_algorithm}\n    - http: \"PUT broker:/api/users/untagged\"\n      with: admin\n      json: '{\"password_hash\": \"{hash}\", \"hashing_algorithm\": \"{algorithm}\", \"tags\": \"\"}'\n",
        ends: EVERYWHERE,
        statuses: &[401],
    },
    Action {
        user: "narrowed",
        steps: "    - {http: \"PUT broker:/api/permissions/drill/narrowed\", with: admin, json: '{\"configure\": \"\", \"write\": \"\", \
                \"read\": \"^(tickets|handover)$\"}'}\n",
        ends: &[("whoami", false), ("list", false), ("read", false), ("write", true)],
        // With `403 ACCESS_REFUSED` in the body: the file says what that means.
        statuses: &[400],
    },
];

const STEPS: &str = "    - {http: \"DELETE broker:/api/users/ticket-agent\", with: admin}\n";
const CADENCE: Duration = Duration::from_millis(400);

/// The seconds for which the broker believes what it was told of a user, and how the file is changed for it.
fn targets(broker: &RabbitMq, action: &Action, cached: u32) -> String {
    let text = DRILL
        .replace(STEPS, action.steps)
        .replace("ticket-agent", action.user)
        .replace("credentials:   ", "credentials:\n  fresh: {from: {env: FRESH}}\n#")
        .replace("https://broker.test", &broker.origin);
    assert!(text.contains(action.steps) && text.contains("fresh:"), "{text}");
    if cached == 0 {
        return text;
    }
    text.replace("cached: 0s", &format!("cached: {cached}s"))
        .replace("deadline: 6s", &format!("deadline: {}s", cached + 6))
        .replace("promised: 3s", &format!("promised: {}s", cached + 3))
}

/// How curl asks what the file's probes ask.
fn asking(broker: &RabbitMq, user: &str, password: &str, service: &str) -> (String, String) {
    let (path, body) = match service {
        "whoami" => ("whoami", None),
        "list" => ("queues/drill/tickets", None),
        "read" => {
            ("queues/drill/tickets/get", Some(json!({"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"})))
        }
        _ => (
            "exchanges/drill/nowhere/publish",
            Some(json!({"properties": {}, "routing_key": "", "payload": "curl", "payload_encoding": "string"})),
        ),
    };
    let data = body.map_or(String::new(), |body| format!("data = {}\n", Value::from(body.to_string())));
    (format!("{}/api/{path}", broker.origin), format!("user = \"{user}:{password}\"\n{data}"))
}

/// Drills one way to contain a user, with a loop of curl beside each probe, and holds them against each other.
fn drilled(broker: &RabbitMq, action: &Action, cached: u32) {
    let password = broker.another_agent(action.user);
    let folder = tempfile::tempdir().unwrap();
    let mut command = drills::command(folder.path(), &targets(broker, action, cached), broker.host());
    command
        .env("TICKET_AGENT", format!("{}:{password}", action.user))
        .env("TICKET_AGENT_PASSWORD", &password)
        .env("FRESH", "another-password")
        .env("DESK", format!("desk:{}", broker.desk))
        .env("ADMIN", format!("admin:{}", broker.admin));
    let asked = action.ends.iter().map(|(service, _)| asking(broker, action.user, &password, service));
    let asked: Vec<(String, String)> = asked.collect();
    let is_over = AtomicBool::new(false);
    let (output, curls) = std::thread::scope(|scope| {
        let is_over = &is_over;
        let curling =
            |(url, config): &'_ (String, String)| curled(url, config, CADENCE, || is_over.load(Ordering::SeqCst));
        let loops: Vec<_> = asked.iter().map(|asked| scope.spawn(move || curling(asked))).collect();
        let output = command.output();
        is_over.store(true, Ordering::SeqCst);
        (output.unwrap(), loops.into_iter().map(|samples| samples.join().unwrap()).collect::<Vec<_>>())
    });
    let ran = drills::finished(folder.path(), output);
    println!("{}: {}", action.user, ran.shown());
    let negatives = ran.files.lines().filter(|line| line.contains("\"negative\""));
    assert!(negatives.clone().count() == 8 && negatives.into_iter().all(|line| line.contains("\"status\":401")));
    for secret in [&password, &broker.desk, &broker.admin] {
        assert!(
            !ran.files.contains(secret.as_str()) && !ran.shown().contains(secret.as_str()),
            "a password was written"
        );
    }
    for ((service, ends), samples) in action.ends.iter().zip(&curls) {
        agrees(&ran, service, ends.then_some(action.statuses), cached, samples);
    }
    let everywhere = action.ends.iter().all(|(_, ends)| *ends);
    assert_eq!(ran.code(), i32::from(!everywhere), "{}", ran.shown());
    assert_eq!(ran.says("survives: agent at whoami"), !everywhere, "{}", ran.shown());
    // Put back, by what the drill says and by curl.
    for ((service, _), (url, config)) in action.ends.iter().zip(&asked) {
        assert!(ran.says(&format!("restored: agent works again at {service}")), "{}", ran.shown());
        let status = curl(&["-s", "-o", "/dev/null", "-w", "%{http_code}", "--config", "-", url], config);
        assert_eq!(status, "200", "{service}");
    }
}

/// One row of the matrix against what curl saw of it.
fn agrees(ran: &Ran, service: &str, refused_with: Option<&[u16]>, cached: u32, samples: &[Sample]) {
    let rows = ran.json["matrix"].as_array().unwrap_or_else(|| panic!("{}", ran.shown()));
    let row = rows.iter().find(|row| row["service"] == service).unwrap();
    let seconds = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{service}: {}", ran.shown())) / 1e6;
    let Some(statuses) = refused_with else {
        assert_eq!(row["ended"], "never-stopped", "{service}: {}", ran.shown());
        let others = samples.iter().filter(|(_, status)| *status != ACCEPTED).collect::<Vec<_>>();
        assert!(others.is_empty(), "{service}: curl was refused: {others:?}");
        return;
    };
    let with = row["status"].as_u64();
    let is_refusal = statuses.iter().any(|status| Some(u64::from(*status)) == with);
    assert!(row["ended"] == "stopped" && is_refusal, "{service}: {with:?}\n{}", ran.shown());
    let started: jiff::Timestamp = ran.json["started"].as_str().unwrap().parse().unwrap();
    let measured = started.as_microsecond() as f64 / 1e6 + seconds(&row["last_accepted_us"]);
    // Later it was put back.
    let refused = samples.iter().position(|(_, status)| *status != ACCEPTED).expect("curl was refused");
    let by_curl = samples[refused.checked_sub(1).expect("curl was accepted")].0;
    let widest = samples[..=refused].windows(2).map(|pair| pair[1].0 - pair[0].0).fold(0.0, f64::max);
    // Where this machine was slow, neither can know better than its widest gap.
    let gap = seconds(&row["widest_gap_us"]);
    let allowed = (2.0 * CADENCE.as_secs_f64()).max(widest).max(gap);
    let around = &samples[refused - 1..samples.len().min(refused + 6)];
    assert!(
        (measured - by_curl).abs() <= allowed,
        "{service}: {measured} by us, {by_curl} by curl, which went on {around:?}\n{}",
        ran.shown()
    );
    // It ends at once, or when what the broker remembers of the user does.
    let (at_least, bound) = (seconds(&row["lag_us"]["at_least"]), f64::from(cached));
    assert_eq!(seconds(&row["bound_us"]), bound);
    assert!(at_least <= bound + 2.0 * gap, "{service}: {at_least} s\n{}", ran.shown());
}

fn each_way_to_contain(cached: u32) {
    let Some(broker) = RabbitMq::start(cached > 0) else { return };
    std::thread::scope(|scope| {
        for action in &ACTIONS {
            let broker = &broker;
            scope.spawn(move || drilled(broker, action, cached));
        }
    });
}

#[test]
fn each_way_to_contain_a_user_is_measured_at_a_real_broker() {
    each_way_to_contain(0);
}

#[test]
fn so_it_is_where_a_real_broker_remembers_its_users() {
    each_way_to_contain(10);
}
