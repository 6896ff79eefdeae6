//! Tokens that are revoked by their id, which only the answer that issued them tells: personal tokens of GitLab, Gitea, JupyterHub.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::drills::{Ran, command, finished};
use crate::staging::servers::{Server, answer};

#[derive(Default)]
struct State {
    issued: u32,
    revoked: BTreeSet<u32>,
    /// Every revocation that came, by the id.
    asked: Vec<String>,
}

/// Token 1 has the id 101: who revokes by anything but the id ends nothing.
fn server(state: Arc<Mutex<State>>) -> Server {
    Server::start("127.0.0.1:0", move |head, stream| {
        let mut state = state.lock().unwrap();
        let mut words = head.split(' ');
        match (words.next().unwrap_or_default(), words.next().unwrap_or_default()) {
            ("POST", "/tokens") => {
                state.issued += 1;
                let n = state.issued;
                answer(
                    stream,
                    "201 Created",
                    "",
                    &format!("{{\"id\":{},\"token\":\"agent-secret-number-{n}\"}}", n + 100),
                );
            }
            ("DELETE", path) => {
                let id = path.trim_start_matches("/tokens/").to_owned();
                let n = id
                    .parse::<u32>()
                    .ok()
                    .and_then(|id| id.checked_sub(100))
                    .filter(|n| (1..=state.issued).contains(n));
                state.revoked.extend(n);
                state.asked.push(id);
                answer(stream, if n.is_some() { "204 No Content" } else { "404 Not Found" }, "", "");
            }
            _ => {
                let token =
                    head.split("agent-secret-number-").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
                let is_good =
                    token.is_some_and(|n: u32| !state.revoked.contains(&n)) || head.contains("control-secret");
                answer(stream, if is_good { "200 OK" } else { "401 Unauthorized" }, "", "{}");
            }
        }
    })
}

fn drilled(state: &Arc<Mutex<State>>, phases: u32, told_at: &str) -> Ran {
    let (folder, server) = (tempfile::tempdir().unwrap(), server(state.clone()));
    let text = format!(
        "
targets: 1
name: issued
origins: {{api: \"{}\"}}
writes: [\"POST api:/tokens\", \"DELETE api:/tokens/*\"]
credentials:
  admin: {{from: {{file: runbook.secret}}}}
  token: {{from: {{request: {{http: \"POST api:/tokens\", with: admin, captures: {{token-id: {told_at}}}}}, take: /token}}}}
  other: {{from: {{env: CONTROL}}}}
identity: {{name: bob, credentials: token}}
control: other
services: {{api: {{probe: \"GET api:/me\", cached: 0s}}}}
caps: {{requests: 2_000, rate: 200/s, at_once: 16, writes: 20, duration: 20s}}
stop: none
drill:
  steps: [{{http: \"DELETE api:/tokens/{{token-id}}\", with: admin}}]
  cadence: 50ms
  steady: 300ms
  settle: 300ms
  deadline: 3s
  promised: 2s
  phases: {phases}
  may_remint: yes
",
        server.origin()
    );
    let output = command(folder.path(), &text, &server.address.to_string()).output().unwrap();
    let ran = finished(folder.path(), output);
    assert!(!ran.shown().contains("secret-number") && !ran.files.contains("secret-number"), "{}", ran.shown());
    ran
}

#[test]
fn each_token_of_a_drill_is_revoked_by_its_own_id() {
    for phases in [1, 3] {
        let state: Arc<Mutex<State>> = Arc::default();
        let ran = drilled(&state, phases, "/id");
        assert_eq!((ran.code(), ran.json["matrix"][0]["ended"].as_str()), (0, Some("stopped")), "{}", ran.shown());
        let ids: Vec<String> = (0..phases).map(|n| (101 + n).to_string()).collect();
        assert_eq!(state.lock().unwrap().asked, ids, "{}", ran.shown());
    }
}

/// What should stand beside the token does not: the drill has nothing to revoke it by, and does not begin.
#[test]
fn an_answer_without_the_id_begins_no_drill() {
    let state: Arc<Mutex<State>> = Arc::default();
    let ran = drilled(&state, 1, "/uid");
    assert!(ran.code() == 4 && ran.says("token was not issued: the answer has nothing at /uid"), "{}", ran.shown());
    assert!(state.lock().unwrap().asked.is_empty());
}
