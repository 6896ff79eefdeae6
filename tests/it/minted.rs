//! OAuth clients that lie in records, and the tokens that they are changed for: at a real authorization server, and at one of
//! our own.
#![expect(clippy::disallowed_methods, reason = "a server takes its time")]

use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::staging::oidc::{CUSTOMERS, EXPORTED, HANDS_OVER, Oidc, TICKETS};
use crate::staging::servers::{Server, answer};

struct Ran {
    code: Option<i32>,
    /// All that was printed or written.
    all: String,
    run: Value,
    requests: Vec<Value>,
}

impl Ran {
    fn measure(&self, key: &str) -> &Value {
        &self.run["measures"][key]["value"]
    }

    /// The statuses of the token requests.
    fn mints(&self) -> Vec<u64> {
        let mints = self.requests.iter().filter(|line| line["purpose"] == "mint");
        mints.map(|line| line["status"].as_u64().expect("an answer")).collect()
    }
}

fn explore(text: &str, consent: &[&str], agent: &str, control: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("targets.yaml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command
        .args(["run", "targets.yaml", "--plane", "staging", "--out", "out"])
        .current_dir(&folder)
        .stdin(Stdio::null());
    command.args(consent.iter().flat_map(|host| ["--consent", host]));
    let output = command.env("NO_COLOR", "1").env("AGENT", agent).env("CONTROL", control).output().unwrap();
    let mut all = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let read =
        |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap_or_else(|_| panic!("{all}"));
    let (run, sent, journal) = (read("run.json"), read("requests.ndjson"), read("journal.ndjson"));
    let requests = sent.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ran = serde_json::from_str(&run).unwrap();
    all += &[run, sent, journal, read("report.html")].concat();
    Ran { code: output.status.code(), all, run: ran, requests }
}

#[test]
fn a_client_in_a_ticket_opens_the_export_of_a_real_system() {
    let Some(oidc) = Oidc::start(60) else { return };
    let each = &oidc.services[3].1;
    let text = |use_found: &str| {
        format!(
            "targets: 1\nname: real\norigins: {{issuer: \"{}\", each: \"{each}\"}}\nwrites: \"POST issuer:/token\"\nprovider: \
             {{token: \"issuer:/token\"}}\ncredentials:\n  token: {{from: {{env: AGENT}}, kind: access-token}}\n  other: {{from: \
             {{env: CONTROL}}}}\nidentity: {{name: ticket-agent, credentials: token}}\ncontrol: other\nservices: {{each: \
             {{probe: \"GET each:/api/ticket.json\"}}}}\nuse_found: {use_found}\nstop: [{{errors: 50%, of: 40}}]\ncaps: \
             {{requests: 2_000, rate: 1_000/s, objects: 1_000, writes: 5, duration: 1min}}\nexplore:\n  operations:\n    tickets: \
             \"GET each:/api/tickets -> tickets ids\"\n    ticket: \"GET each:/api/tickets/{{tickets}}\"\n    customers: \"GET \
             each:/api/customers -> customers records\"\n    export: \"GET each:/api/export -> exports records\"\n  secrets:\n    \
             client:\n      shape: 'client_id (?<user>[a-z-]+), client_secret (?<secret>[0-9a-f]{{48}})'\n      mints: {{http: \"POST \
             provider:token\", form: {{grant_type: client_credentials, scope: export.read}}}}\n  meant: {{token: [tickets, ticket, \
             customers]}}\n  limits: {{excess: 0}}\n",
            oidc.issuer
        )
    };
    let hosts = [oidc.issuer.trim_start_matches("http://"), each.trim_start_matches("http://")];
    let (token, control) = (oidc.token_with("tickets.read customers.read", None), oidc.token(None));

    let ran = explore(&text("listed"), &hosts, &token, &control);
    assert_eq!(ran.measure("reach"), TICKETS + CUSTOMERS + EXPORTED, "{}", ran.run["explored"]);
    assert_eq!((ran.code, ran.measure("excess"), ran.measure("depth")), (Some(1), &json!(EXPORTED), &json!(1)));
    assert_eq!(ran.mints(), [200], "one token for all that is tried");
    let found = &ran.run["explored"]["found"];
    assert_eq!(
        (&found[0]["name"], &found[0]["record"]),
        (&json!("found.oauth-client-1"), &json!(format!("tickets-{HANDS_OVER}")))
    );
    assert!(found[0]["accepted_by"].as_array().unwrap().contains(&json!("each.export")), "{found}");
    assert!(!ran.all.contains(&oidc.export) && !ran.all.contains(&token), "a secret was written");

    let ran = explore(&text("canary"), &hosts, &token, &control);
    assert_eq!((ran.code, ran.measure("reach")), (Some(0), &json!(TICKETS + CUSTOMERS)), "{}", ran.run["explored"]);
    assert_eq!((ran.mints(), &ran.run["explored"]["found"][0]["tried"]), (vec![], &json!(false)));
}

const SECRET: &str = "cs-0123456789abcdef";

/// A desk of 24 notes, whose authorization server answers `token` to each request for a token.
fn desk(token: (&'static str, &'static str)) -> Server {
    let minted = AtomicUsize::new(0);
    Server::start("127.0.0.1:0", move |head, stream| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let bearer = |with: &str| head.contains(&format!("uthorization: Bearer {with}"));
        let known = bearer("agent-0001") || bearer("control-01") || bearer("minted-");
        let (status, body) = match path {
            "/token" => {
                let n = minted.fetch_add(1, Ordering::SeqCst);
                (token.0, token.1.replace("{n}", &n.to_string()))
            }
            _ if !known => ("401 Unauthorized", "{}".to_owned()),
            "/notes" => {
                let notes: Vec<Value> = (0..24).map(|n| json!({"id": format!("n-{n}")})).collect();
                ("200 OK", json!(notes).to_string())
            }
            "/notes/n-0" => ("200 OK", json!({"text": format!("client export with {SECRET}")}).to_string()),
            // Whoever asks is told their own token, as the id of a session.
            "/sessions" => {
                let own = head.split("Bearer ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default();
                ("200 OK", json!([{"id": own}]).to_string())
            }
            _ => {
                std::thread::sleep(Duration::from_millis(if bearer("minted-") { 60 } else { 0 }));
                ("200 OK", "{}".to_owned())
            }
        };
        answer(stream, status, "", &body);
    })
}

fn at_the_desk(server: &Server) -> Ran {
    let text = the_file(server);
    explore(&text, &[&server.address.to_string()], "agent-0001", "control-01")
}

fn the_file(server: &Server) -> String {
    format!(
        "targets: 1\nname: desk\norigins: {{api: \"{}\"}}\nwrites: \"POST api:/token\"\nprovider: {{token: \
         \"api:/token\"}}\ncredentials: {{token: {{from: {{env: AGENT}}}}, other: {{from: {{env: CONTROL}}}}}}\nidentity: {{name: \
         agent, credentials: token}}\ncontrol: other\nservices: {{api: {{probe: \"GET api:/probe\"}}}}\nuse_found: listed\nstop: \
         none\ncaps: {{requests: 500, rate: 500/s, objects: 100, writes: 50, duration: 30s}}\nexplore:\n  operations: {{notes: \
         \"GET api:/notes -> notes ids\", note: \"GET api:/notes/{{notes}}\", sessions: \"GET api:/sessions -> sessions \
         ids\", session: \"GET api:/sessions/{{sessions}}\"}}\n  secrets:\n    client: {{shape: 'client \
         (?<user>[a-z]+) with (?<secret>cs-[0-9a-f]{{16}})', mints: {{http: \"POST provider:token\", form: {{grant_type: \
         client_credentials}}}}}}\n",
        server.origin()
    )
}

#[test]
fn a_token_is_renewed_when_half_of_its_life_is_over() {
    let server = desk(("200 OK", "{\"access_token\": \"minted-{n}\", \"token_type\": \"Bearer\", \"expires_in\": 1}"));
    let ran = at_the_desk(&server);
    let mints = ran.mints();
    assert!((2..10).contains(&mints.len()) && mints.iter().all(|status| *status == 200), "{mints:?} of 25 requests");
    let paths: Vec<&Value> = ran.requests.iter().map(|line| &line["path"]).collect();
    assert!(paths.contains(&&json!("/sessions/{secret}")), "{paths:?}");
    assert!(!ran.all.contains(SECRET) && !ran.all.contains("minted-"), "a secret was written");
    let basic = server.came().into_iter().filter(|came| came.head.starts_with("POST /token"));
    // `export:cs-0123456789abcdef`
    assert!(basic.clone().count() == mints.len());
    assert!(basic.into_iter().all(|came| came.head.contains("Basic ZXhwb3J0OmNzLTAxMjM0NTY3ODlhYmNkZWY=")));
}

#[test]
fn a_client_that_gets_no_token_is_told_and_not_asked_again() {
    for (status, body, said) in [
        ("401 Unauthorized", "{\"error\": \"invalid_client\"}", "401 invalid_client"),
        ("200 OK", "{\"id_token\": \"minted-{n}\"}", "the answer has nothing at /access_token"),
    ] {
        let ran = at_the_desk(&desk((status, body)));
        assert_eq!(ran.mints().len(), 1, "{said}");
        let told = format!("a token for found.oauth-client-1 was not issued: {said}");
        assert!(ran.run["explored"].to_string().contains(&told), "{}", ran.run["explored"]);
    }
}

/// What is not sent then is a read, and no write.
#[test]
fn where_no_write_is_left_for_another_token_that_is_told() {
    let server = desk(("200 OK", "{\"access_token\": \"minted-{n}\", \"token_type\": \"Bearer\", \"expires_in\": 1}"));
    let text = the_file(&server).replace("writes: 50", "writes: 1");
    let ran = explore(&text, &[&server.address.to_string()], "agent-0001", "control-01");
    assert_eq!(ran.mints(), [200], "{}", ran.run["explored"]);
    let not_sent = ran.run["explored"]["not_sent"].as_object().unwrap();
    let told: Vec<&str> = not_sent.keys().map(String::as_str).collect();
    assert_eq!(told, ["a token for found.oauth-client-1 was not issued: the cap on writes is used up"]);
    assert!(not_sent.values().all(|n| n.as_u64() > Some(1)), "all that would have needed it: {not_sent:?}");
}

#[test]
fn a_plan_speaks_of_tokens_where_found_clients_are_tried_and_nowhere_else() {
    let server = desk(("200 OK", "{}"));
    for (use_found, told) in [("listed", true), ("canary", false), ("none", false)] {
        let folder = tempfile::tempdir().unwrap();
        let text = the_file(&server).replace("use_found: listed", &format!("use_found: {use_found}"));
        fs::write(folder.path().join("targets.yaml"), text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
        let args = ["run", "targets.yaml", "--plane", "staging", "--dry-run"];
        let plan = command.args(args).current_dir(&folder).stdin(Stdio::null()).output().unwrap();
        let plan = String::from_utf8_lossy(&plan.stdout).into_owned();
        assert!(plan.contains("found secrets that are tried"), "{plan}");
        assert_eq!(
            plan.contains("found clients are changed for tokens by POST api:/token"),
            told,
            "{use_found}: {plan}"
        );
    }
}
