//! Endpoints as an issuer says them: asked through the guard, believed as far as RFC 8414 allows.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::drills::{SECRETS, command, finished, targets_text};
use crate::staging::servers::{Server, answer};

/// An issuer with its API. What it says of itself stands at `place`, with the names of its own address filled in.
fn issuer(place: &'static str, metadata: Value) -> Server {
    Server::start("127.0.0.1:0", move |head, stream| {
        let host = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("host: ").map(str::to_owned));
        let own = format!("http://{}", host.unwrap_or_default());
        let text = metadata.to_string().replace("OWN", &own);
        let path = head.split([' ', '?']).nth(1).unwrap_or_default();
        let is_token = SECRETS.iter().any(|secret| head.contains(secret));
        match path {
            path if path == place => answer(stream, "200 OK", "Content-Type: application/json\r\n", &text),
            "/oauth/token" | "/written/token" => {
                answer(stream, "200 OK", "", &format!("{{\"access_token\":\"{}\"}}", SECRETS[0]));
            }
            "/oauth/revoke" => answer(stream, "200 OK", "", ""),
            "/tickets/1" if is_token => answer(stream, "200 OK", "", "{\"id\":1}"),
            "/tickets/1" => answer(stream, "401 Unauthorized", "", "{}"),
            _ => answer(stream, "404 Not Found", "", "{}"),
        }
    })
}

const FIRST: &str = "/.well-known/oauth-authorization-server/tenant";
const SECOND: &str = "/tenant/.well-known/openid-configuration";

fn all(issuer: &str) -> Value {
    json!({"issuer": issuer, "token_endpoint": "OWN/oauth/token?tenant=1", "revocation_endpoint": "OWN/oauth/revoke"})
}

fn text(server: &Server, provider: &str) -> String {
    targets_text(&server.origin(), "stop: none\ndrill promised: 5s\ndrill may_remint: yes")
        .replace("provider: {token: \"api:/token\", revocation: \"api:/revoke\"}", provider)
        .replace("{from: {request: \"POST api:/token\"", "{from: {request: \"POST provider:token\"")
        .replace(
            "writes: [\"POST api:/token\", \"POST api:/revoke\"",
            "writes: [\"POST provider:token\", \"POST provider:revocation\"",
        )
        .replace("settle: 500ms", "settle: 300ms")
        .replace("deadline: 3s", "deadline: 400ms")
}

fn by_issuer(server: &Server) -> String {
    text(server, &format!("provider: {{issuer: \"{}/tenant\"}}", server.origin()))
}

fn paths(server: &Server) -> Vec<String> {
    let came = server.came();
    came.iter().map(|came| came.head.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
}

fn drilled(server: &Server, text: &str) -> (Output, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path(), text, &server.address.to_string()).output().unwrap();
    (output, folder)
}

fn said(output: &Output) -> String {
    let all = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn endpoints_are_asked_of_the_issuer_in_both_ways() {
    for (place, before) in [(FIRST, 1), (SECOND, 2)] {
        let server = issuer(place, all("OWN/tenant"));
        let (output, folder) = drilled(&server, &by_issuer(&server));
        let ran = finished(folder.path(), output);
        let paths = paths(&server);
        assert_eq!(paths[..before], [format!("GET {FIRST}"), format!("GET {SECOND}")][..before]);
        assert!(paths[before..].iter().all(|path| !path.contains("well-known")), "it is asked once: {paths:?}");
        assert!(paths.contains(&"POST /oauth/token?tenant=1".to_owned()), "{paths:?}");
        assert!(paths.contains(&"POST /oauth/revoke".to_owned()), "{paths:?}: {}", ran.shown());
        assert_eq!(ran.json["matrix"][0]["ended"], "never-stopped", "{}", ran.shown());
        let sent = std::fs::read_to_string(folder.path().join("out/requests.ndjson")).unwrap();
        let run: Value = serde_json::from_str(sent.lines().next().unwrap()).unwrap();
        assert_eq!(run["purpose"], "discovery");
        assert!(run["traceparent"].as_str().unwrap().contains(ran.json["run"].as_str().unwrap()), "one run, one id");
        // After a crash nobody has to be asked again.
        let journal = std::fs::read_to_string(folder.path().join("out/journal.ndjson")).unwrap();
        assert!(journal.contains("\"endpoints\":{\"token\":\"api:/oauth/token?tenant=1\""), "{journal}");
    }
}

#[test]
fn what_is_written_stands_over_what_is_discovered() {
    let server = issuer(FIRST, all("OWN/tenant"));
    let provider = format!("provider: {{issuer: \"{}/tenant\", token: \"api:/written/token\"}}", server.origin());
    let (output, _folder) = drilled(&server, &text(&server, &provider));
    let paths = paths(&server);
    assert!(paths.contains(&"POST /written/token".to_owned()), "{paths:?}: {}", said(&output));
    assert!(paths.contains(&"POST /oauth/revoke".to_owned()), "{paths:?}");
    assert!(!paths.iter().any(|path| path.contains("/oauth/token")), "{paths:?}");
}

#[test]
fn metadata_that_cannot_be_believed_ends_it_before_anything_is_sent() {
    let outside = Server::fine("127.0.0.1:0");
    let elsewhere = json!({"issuer": "OWN/tenant", "token_endpoint": format!("{}/t", outside.origin())});
    let inside = |url: &str| json!({"issuer": "OWN/tenant", "token_endpoint": url});
    for (metadata, code, why) in [
        (all("https://id.example/tenant"), 3, "the metadata of another issuer"),
        (all("OWN/tenant/"), 3, "the metadata of another issuer"),
        (all("OWN"), 3, "the metadata of another issuer"),
        (elsewhere, 3, "which is not among the origins"),
        (inside("http://a@127.0.0.1/t"), 3, "it holds a user name"),
        (inside("/oauth/token"), 3, "it does not begin with"),
        (json!({"token_endpoint": "OWN/oauth/token"}), 4, "it names no issuer"),
        (json!("nothing"), 4, "it names no issuer"),
        (
            json!({"issuer": "OWN/tenant", "token_endpoint": "OWN/oauth/token"}),
            2,
            "nothing says where tokens are revoked",
        ),
    ] {
        let server = issuer(FIRST, metadata.clone());
        let (output, folder) = drilled(&server, &by_issuer(&server));
        assert_eq!(output.status.code(), Some(code), "{metadata}: {}", said(&output));
        assert!(said(&output).contains(why), "{metadata}: {}", said(&output));
        assert!(paths(&server).iter().all(|path| path.contains("well-known")), "{metadata}: {:?}", paths(&server));
        assert!(!folder.path().join("out/journal.ndjson").exists());
    }
    assert_eq!(outside.connections(), 0);
}

#[test]
fn nothing_is_asked_without_consent_in_a_dry_run_or_by_a_check() {
    let server = issuer(SECOND, all("OWN/tenant"));
    let folder = tempfile::tempdir().unwrap();
    let text = by_issuer(&server);
    let dry = command(folder.path(), &text, "").arg("--dry-run").output().unwrap();
    assert_eq!(dry.status.code(), Some(0), "{}", said(&dry));
    assert!(said(&dry).contains(&format!("asked first {}/tenant", server.origin())), "{}", said(&dry));
    let refused = command(folder.path(), &text, "127.0.0.1:1").output().unwrap();
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    let check = |more: &[&str]| -> Output { checked(folder.path(), more) };
    assert_eq!(check(&[]).status.code(), Some(0), "{}", said(&check(&[])));
    assert_eq!(check(&["--online"]).status.code(), Some(3), "{}", said(&check(&["--online"])));
    assert_eq!(server.connections(), 0);
    let online = check(&["--online", "--consent", &server.address.to_string()]);
    assert_eq!(online.status.code(), Some(0), "{}", said(&online));
    assert!(said(&online).contains("says revocation: api:/oauth/revoke"), "{}", said(&online));
    assert_eq!(paths(&server), [format!("GET {FIRST}"), format!("GET {SECOND}")]);
}

fn checked(folder: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.args(["check", "targets.yaml"]).args(more).current_dir(folder).stdin(Stdio::null());
    command.env("NO_COLOR", "1").output().unwrap()
}
