//! Drills of tokens that are had with a refresh token which is good once (RFC 9700 section 4.14.2).

use std::io::Read as _;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use crate::drills::{Ran, command, finished};
use crate::staging::servers::{Server, answer};

#[derive(Default)]
struct State {
    /// How often the refresh token was changed for another.
    refreshed: u32,
    /// Access tokens up to this one have ended.
    expired: u32,
    /// Whether the refresh token was revoked as well.
    revoked: bool,
}

fn body_of(head: &str, stream: &mut TcpStream) -> String {
    let length =
        head.to_lowercase().split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

/// An authorization server that takes each refresh token once, and an API.
fn server() -> Server {
    let state: Arc<Mutex<State>> = Arc::default();
    Server::start("127.0.0.1:0", move |head, stream| {
        let mut state = state.lock().unwrap();
        match head.split(' ').nth(1).unwrap_or_default() {
            "/token" => {
                let shown = format!("grant_type=refresh_token&refresh_token=refresh-secret-number-{}", state.refreshed);
                if state.revoked || body_of(head, stream) != shown {
                    return answer(stream, "400 Bad Request", "", "{\"error\":\"invalid_grant\"}");
                }
                state.refreshed += 1;
                let n = state.refreshed;
                let body = format!(
                    "{{\"access_token\":\"agent-secret-number-{n}\",\"refresh_token\":\"refresh-secret-number-{n}\"}}"
                );
                answer(stream, "200 OK", "", &body);
            }
            "/expire" => {
                state.expired = state.refreshed;
                answer(stream, "200 OK", "", "{}");
            }
            "/revoke" => {
                (state.expired, state.revoked) = (state.refreshed, true);
                answer(stream, "200 OK", "", "{}");
            }
            _ => {
                let token =
                    head.split("agent-secret-number-").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
                let is_good = token.is_some_and(|n: u32| n > state.expired) || head.contains("control-secret");
                let status = if is_good { "200 OK" } else { "401 Unauthorized" };
                answer(stream, status, "", if is_good { "{\"id\":1}" } else { "{}" });
            }
        }
    })
}

fn drilled(step: &str) -> Ran {
    let (folder, server) = (tempfile::tempdir().unwrap(), server());
    let text = format!(
        "
targets: 1
name: rotating
origins: {{api: \"{}\"}}
provider: {{token: \"api:/token\", revocation: \"api:/revoke\"}}
writes: [\"POST provider:token\", \"POST api:/expire\", \"POST api:/revoke\"]
credentials:
  refresh: {{from: {{file: refresh.secret}}}}
  token:
    from:
      request: {{http: \"POST provider:token\", form: {{grant_type: refresh_token, refresh_token: \"{{refresh}}\"}}}}
      take: /access_token
  other: {{from: {{env: CONTROL}}}}
identity: {{name: bob, credentials: [token, refresh]}}
control: other
services: {{api: {{probe: {{http: \"GET api:/me\", accepted: {{json: /id}}}}, cached: 0s}}}}
caps: {{requests: 2_000, rate: 200/s, at_once: 16, writes: 20, duration: 20s}}
stop: none
drill:
  steps: [{{http: \"POST api:/{step}\", covers: [token, refresh]}}]
  cadence: 50ms
  steady: 300ms
  settle: 300ms
  deadline: 3s
  promised: 1s
  phases: 1
",
        server.origin()
    );
    std::fs::write(folder.path().join("refresh.secret"), "refresh-secret-number-0").unwrap();
    let output = command(folder.path(), &text, &server.address.to_string()).output().unwrap();
    let ran = finished(folder.path(), output);
    let (shown, all) = (ran.shown(), &ran.files);
    assert!(!shown.contains("secret-number") && !all.contains("secret-number"), "no secret is written down: {shown}");
    ran
}

/// Access tokens were ended, and the refresh token that took the place of the file's lives: who has it has a new one.
#[test]
fn what_took_the_place_of_a_refresh_token_is_tried_at_the_end() {
    let ran = drilled("expire");
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (1, Some("fail")), "{}", ran.shown());
    assert!(ran.says("token by its own request: issued again, accepted by api"), "{}", ran.shown());
    assert!(ran.says("so whoever keeps `refresh` elsewhere is cut off"), "{}", ran.shown());
}

#[test]
fn a_refresh_token_that_was_revoked_gives_nothing() {
    let ran = drilled("revoke");
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (0, Some("pass")), "{}", ran.shown());
}
