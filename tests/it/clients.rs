//! Clients that nobody here wrote, against `runaway mock`: curl, and an OAuth library.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A `runaway mock` that is ended by its own process id.
struct Mock {
    process: Child,
    out: BufReader<ChildStdout>,
}

impl Mock {
    fn start(args: &[&str]) -> Mock {
        let mut process = Command::new(env!("CARGO_BIN_EXE_runaway"))
            .arg("mock")
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let out = BufReader::new(process.stdout.take().expect("a pipe"));
        Mock { process, out }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        assert!(!line.is_empty(), "the server ended early");
        line
    }

    /// Lines up to the first one that `last` accepts.
    fn lines_until(&mut self, last: impl Fn(&str) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| last(line)) {
            lines.push(self.line());
        }
        lines
    }

    /// Ctrl-C, and what it says then.
    fn interrupt(mut self) -> (i32, String) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill runs").success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("text");
        (self.process.wait().expect("it ends").code().unwrap_or(-1), rest)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // It may have ended by itself, after Ctrl-C.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn every_line_that_mock_suggests_works_with_curl() {
    for scenario in ["moltbook", "volume-delete", "tests/fixtures/oauth.yaml"] {
        let mut mock = Mock::start(&[scenario]);
        let welcome = mock.lines_until(|line| line.trim().starts_with("curl"));
        let export = welcome.iter().find(|l| l.contains("export TOKEN=")).expect("a first token").trim().to_owned();
        let curl = welcome.last().expect("a line").trim().to_owned();
        let ran = Command::new("bash")
            .args(["-c", &format!("{export}; {} --fail-with-body", curl)])
            .output()
            .expect("bash and curl are installed");
        let body = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(ran.status.success(), "{scenario}: {curl}: {body}");
        let json: serde_json::Value = serde_json::from_str(&body).unwrap_or_else(|e| panic!("{e}: {body}"));
        assert!(json.is_object(), "{body}");
        let logged = mock.lines_until(|line| line.contains("  200  ")).concat();
        assert!(logged.contains("accepted"), "{logged}");
        let (code, rest) = mock.interrupt();
        assert_eq!((code, rest.lines().last()), (0, Some("stopped")), "{scenario}");
    }
}

#[test]
fn unknown_paths_methods_and_tokens_are_told_apart() {
    let mut mock = Mock::start(&["tests/fixtures/oauth.yaml", "--format", "json"]);
    let world: serde_json::Value = serde_json::from_str(&mock.line()).expect("a line of JSON");
    let books = world["services"]["books"].as_str().expect("a URL").to_owned();
    let status = |args: &[&str]| {
        let ran = Command::new("curl")
            .args(["-s", "-o", "/dev/null", "-w", "%{http_code}"])
            .args(args)
            .output()
            .expect("curl is installed");
        String::from_utf8_lossy(&ran.stdout).into_owned()
    };
    assert_eq!(status(&[&format!("{books}/nothing")]), "404");
    assert_eq!(status(&["-X", "DELETE", &format!("{books}/invoices")]), "405");
    assert_eq!(status(&[&format!("{books}/invoices")]), "401");
    assert_eq!(status(&["-H", "Authorization: Bearer rwk_00", &format!("{books}/invoices")]), "401");
    assert_eq!(status(&["-d", "grant_type=password", &world_url(&world, "idp", "/oauth/token")]), "400");
}

/// RFC 6749 section 5.2, RFC 6750 section 3.1, RFC 7009 section 2.1, RFC 8414 section 2.
#[test]
fn what_is_missing_in_a_protocol_is_named_as_it_says() {
    let mut mock = Mock::start(&["tests/fixtures/oauth.yaml", "--format", "json"]);
    let world: serde_json::Value = serde_json::from_str(&mock.line()).expect("a line of JSON");
    let secret = world["credential"]["secret"].as_str().expect("a secret");
    let user = format!("reporting-client:{secret}");
    let asked = |args: &[&str], path: &str| {
        let url = world_url(&world, "idp", path);
        let ran = Command::new("curl").args(["-s", "-i", "-u", &user]).args(args).arg(&url).output();
        String::from_utf8_lossy(&ran.expect("curl is installed").stdout).into_owned()
    };
    let error = |args: &[&str], path: &str| {
        let told = asked(args, path);
        let body = told.split("\r\n\r\n").last().unwrap_or_default();
        let json: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {told}"));
        assert!(told.starts_with("HTTP/1.1 400"), "{told}");
        json["error"].as_str().unwrap_or_default().to_owned()
    };
    let token = "/oauth/token";
    assert_eq!(error(&["-d", "grant_type=password"], token), "unsupported_grant_type");
    assert_eq!(error(&["-d", "x=y"], token), "invalid_request");
    assert_eq!(error(&["-d", "grant_type=refresh_token"], token), "invalid_request");
    assert_eq!(error(&["-d", "grant_type=refresh_token&refresh_token=made-up"], token), "invalid_grant");
    assert_eq!(error(&["-d", "x=y"], "/oauth/revoke"), "invalid_request");
    assert_eq!(error(&["-d", "x=y"], "/oauth/impersonate"), "invalid_request");
    let metadata = asked(&[], "/.well-known/oauth-authorization-server");
    let metadata: serde_json::Value =
        serde_json::from_str(metadata.split("\r\n\r\n").last().unwrap_or_default()).expect("metadata");
    let grants = metadata["grant_types_supported"].as_array().expect("a list");
    let known: std::collections::BTreeSet<&str> = grants.iter().filter_map(|grant| grant.as_str()).collect();
    assert_eq!(known.len(), grants.len(), "each once: {grants:?}");
    assert!(metadata["token_endpoint"].as_str().is_some_and(|url| url.ends_with(token)), "{metadata}");

    let challenge = |args: &[&str]| {
        let url = world_url(&world, "books", "/invoices");
        let ran = Command::new("curl").args(["-s", "-i"]).args(args).arg(&url).output().expect("curl is installed");
        let told = String::from_utf8_lossy(&ran.stdout).to_lowercase();
        told.lines().find_map(|line| line.strip_prefix("www-authenticate: ").map(str::to_owned)).expect("a challenge")
    };
    assert_eq!(challenge(&[]), "bearer");
    assert_eq!(challenge(&["-H", "Authorization: Bearer rwk_00"]), "bearer error=\"invalid_token\"");
}

/// A world that mock serves, asked with curl; each answer with its head in small letters.
struct Asked {
    _mock: Mock,
    world: serde_json::Value,
}

impl Asked {
    fn of(scenario: &str) -> Asked {
        let mut mock = Mock::start(&[scenario, "--format", "json"]);
        let world = serde_json::from_str(&mock.line()).expect("a line of JSON");
        Asked { _mock: mock, world }
    }

    fn secret(&self) -> &str {
        self.world["credential"]["secret"].as_str().expect("a secret")
    }

    /// Status, head and body.
    fn ask(&self, args: &[&str], service: &str, path: &str) -> (String, String, String) {
        let url = world_url(&self.world, service, path);
        let ran = Command::new("curl").args(["-s", "-i", "--path-as-is"]).args(args).arg(&url).output();
        let told = String::from_utf8_lossy(&ran.expect("curl is installed").stdout).into_owned();
        let (head, body) = told.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{args:?}: {told}"));
        let status = head.split(' ').nth(1).unwrap_or_default().to_owned();
        (status, head.to_lowercase(), body.to_owned())
    }

    /// What the token endpoint answers: never kept, and JSON that a client of OAuth understands.
    fn token(&self, args: &[&str]) -> (String, String, serde_json::Value) {
        let (status, head, body) = self.ask(args, "idp", "/oauth/token");
        let json: serde_json::Value = serde_json::from_str(&body).unwrap_or_else(|e| panic!("{e}: {body}"));
        assert!(head.contains("cache-control: no-store"), "{head}");
        assert!(head.contains("content-type: application/json"), "{head}");
        assert_eq!(status != "200", json["error"].is_string(), "{args:?}: {status} {json}");
        (status, head, json)
    }
}

/// RFC 6749 sections 2.3.1 and 5.2, by header and in the form.
#[test]
fn a_secret_is_good_for_the_client_that_it_is_of_and_no_other() {
    let world = Asked::of("tests/fixtures/oauth.yaml");
    let secret = world.secret();
    for (name, status) in [("reporting-client", "200"), ("reporting", "200"), ("somebody", "401"), ("", "401")] {
        let user = format!("{name}:{secret}");
        let form = format!("grant_type=client_credentials&client_id={name}&client_secret={secret}");
        for args in [&["-u", &user, "-d", "grant_type=client_credentials"][..], &["-d", &form]] {
            let (got, head, body) = world.token(args);
            assert_eq!(got, status, "{name}: {head} {body}");
            let is_refused = status == "401";
            assert_eq!(head.contains("www-authenticate: basic realm="), is_refused, "{head}");
            assert_eq!(body["error"] == "invalid_client", is_refused, "{body}");
        }
    }
    let nameless = format!("grant_type=client_credentials&client_secret={secret}");
    assert_eq!(world.token(&["-d", &nameless]).0, "401");
    let bearer = world.token(&["-H", "Authorization: Bearer made-up", "-d", "grant_type=client_credentials"]);
    assert!(bearer.1.contains("www-authenticate: bearer error=\"invalid_token\""), "{}", bearer.1);
}

/// RFC 6749 sections 2.3, 3.2 and 3.3.
#[test]
fn what_a_form_says_twice_or_beyond_the_client_is_refused() {
    let world = Asked::of("tests/fixtures/oauth.yaml");
    let secret = world.secret();
    let user = format!("reporting-client:{secret}");
    let error = |form: &str| {
        let (status, _, body) = world.token(&["-u", &user, "-d", form]);
        (status, body["error"].as_str().unwrap_or_default().to_owned())
    };
    let refused = |why: &str| ("400".to_owned(), why.to_owned());
    let grant = "grant_type=client_credentials";
    assert_eq!(error(&format!("{grant}&{grant}")), refused("invalid_request"));
    assert_eq!(error(&format!("{grant}&grant_type=refresh_token")), refused("invalid_request"));
    assert_eq!(error(&format!("{grant}&scope=a&scope=b")), refused("invalid_request"));
    let both = format!("{grant}&client_id=reporting-client&client_secret={secret}");
    assert_eq!(error(&both), refused("invalid_request"));
    assert_eq!(error("grant_type=%22%C3%BC"), refused("unsupported_grant_type"));
    assert_eq!(error(""), refused("invalid_request"));
    assert_eq!(error(&format!("{grant}&audience=a&audience=b")), ("200".to_owned(), String::new()));

    assert_eq!(error(&format!("{grant}&scope=admin")), refused("invalid_scope"));
    assert_eq!(error(&format!("{grant}&scope=books:read%20admin")), refused("invalid_scope"));
    let issued = |form: &str| world.token(&["-u", &user, "-d", form]).2;
    let same = issued(&format!("{grant}&scope=books:read"));
    assert!(same["access_token"].is_string() && same.get("scope").is_none(), "{same}");
    assert_eq!(issued(&format!("{grant}&scope="))["scope"], "books:read", "an answer to other scopes says which it is");
}

/// RFC 3986 section 6.2.2, RFC 9110 section 9.3.2.
#[test]
fn a_path_may_be_written_in_other_ways_and_head_asks_for_what_get_does() {
    let world = Asked::of("tests/fixtures/oauth.yaml");
    let user = format!("reporting-client:{}", world.secret());
    let token = world.token(&["-u", &user, "-d", "grant_type=client_credentials"]).2;
    let bearer = format!("Authorization: Bearer {}", token["access_token"].as_str().expect("a token"));
    let get = world.ask(&["-H", &bearer], "books", "/invoices");
    assert_eq!(get.0, "200");
    assert_eq!(world.ask(&["-H", &bearer], "books", "/%69nvoic%65s").2, get.2);
    let head = world.ask(&["-I", "-H", &bearer], "books", "/invoices");
    assert_eq!((head.0.as_str(), head.2.as_str()), ("200", ""));
    assert!(head.1.contains(&format!("content-length: {}", get.2.len())), "{}", head.1);
    let (status, told, _) = world.ask(&["-X", "PUT"], "books", "/invoices");
    assert!(status == "405" && told.contains("allow: get, head"), "{told}");
    let (status, told, _) = world.ask(&["-I"], "idp", "/oauth/token");
    assert!(status == "405" && told.contains("allow: post\r"), "{told}");
}

fn world_url(world: &serde_json::Value, service: &str, path: &str) -> String {
    format!("{}{path}", world["services"][service].as_str().expect("a URL"))
}

/// A client that nobody here wrote, against a world. Nothing where it is not installed.
fn visited(world: &str, client: &str) -> Option<Mock> {
    let python = Path::new("target/test-inputs/clients/bin/python");
    if !python.exists() {
        assert!(std::env::var_os("CI").is_none(), "scripts/fetch-test-inputs installs the client");
        eprintln!("did not run: scripts/fetch-test-inputs installs the client");
        return None;
    }
    let mut mock = Mock::start(&[world, "--format", "json"]);
    let first = mock.line();
    let mut client = Command::new(python)
        .args(["-W", "ignore", client])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client starts");
    std::io::Write::write_all(&mut client.stdin.take().expect("a pipe"), first.as_bytes()).expect("the client reads");
    let ran = client.wait_with_output().expect("the client ends");
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "ok\n", "{}", String::from_utf8_lossy(&ran.stderr));
    Some(mock)
}

#[test]
fn an_oauth_library_fetches_checks_renews_exchanges_introspects_and_revokes_tokens() {
    visited("tests/fixtures/oauth.yaml", "tests/clients/oauth.py");
}

#[test]
fn a_jose_library_believes_the_keys_that_are_in_the_set_and_no_others() {
    let Some(mock) = visited("tests/fixtures/keys.yaml", "tests/clients/keys.py") else { return };
    let (_, log) = mock.interrupt();
    let of_the_forger: Vec<&str> = log.lines().filter(|line| line.contains("  forged #")).collect();
    assert!(of_the_forger.len() >= 5, "{log}");
    assert!(
        of_the_forger[0].contains("  200  strict.list  forged #") && of_the_forger[0].contains(": accepted, "),
        "{log}"
    );
    assert!(of_the_forger.last().is_some_and(|line| line.contains("  401  late.list  ")), "{of_the_forger:?}");
    assert!(log.contains("  200  strict.list  issued #1: accepted, "), "what was issued is called so: {log}");
}

#[test]
fn the_runbook_that_mock_shows_works_with_curl() {
    let mut mock = Mock::start(&["tests/fixtures/keys.yaml"]);
    let welcome = mock.lines_until(|line| line.contains("-d step=rotate "));
    let said = |what: &str| welcome.iter().find(|line| line.contains(what)).expect("a line").trim().to_owned();
    let ran = |script: &str| {
        let ran = Command::new("bash").args(["-c", script]).output().expect("bash and curl are installed");
        String::from_utf8_lossy(&ran.stdout).into_owned()
    };
    let idp = said("idp  http").split_whitespace().nth(1).expect("a URL").to_owned();
    let key_set = || ran(&format!("curl -s -i {idp}/.well-known/jwks.json"));
    let before = key_set();
    assert!(before.contains("\"kid\":\"first\"") && before.contains("cache-control: max-age=3\r\n"), "{before}");
    let script = format!("{}; {} -o /dev/null -w '%{{http_code}}'", said("export OPERATOR="), said("-d step=remove "));
    assert_eq!(ran(&script), "200", "{script}");
    let after = key_set();
    assert!(!after.contains("\"kid\":\"first\"") && after.contains("\"kid\":\"second\""), "{after}");
    let (_, log) = mock.interrupt();
    assert!(log.contains("administer  operator: accepted"), "{log}");
}
