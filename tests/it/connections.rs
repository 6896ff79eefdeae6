//! Connections of the staging plane: in which version of HTTP, which are used again, and what bad ones do.
#![expect(clippy::disallowed_methods, reason = "real time passes on the staging plane")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::Method;
use runaway::staging::client::{Broken, Client, Outgoing, Sent, SentLine, SentLog, Told};
use runaway::staging::guard::{Kill, Refused, Stopped};
use runaway::wire::Span;
use serde_json::Value;

use crate::staging::servers::{Server, head_of};
use crate::staging::tls::{Tls, certificate, tls_server};
use crate::staging::{client, get, read, request, targets};

const HOST: &str = "api.staging.example";
const CAPS: &str =
    "writes: [\"POST api:/*\"]\ncaps: {requests: 100, rate: 1_000/s, objects: 100, writes: 100, duration: 1h}\n";

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// A client of one server under TLS.
async fn over_tls(port: u16, pem: &str) -> Client {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ca.pem"), pem).unwrap();
    let text = format!(
        "targets: 1\nname: test\norigins: {{api: {{url: \"https://{HOST}:{port}\", address: 127.0.0.1, ca: ca.pem}}}}\n\
         credentials: {{held: {{from: {{env: HELD}}}}, other: {{from: {{env: OTHER}}}}}}\nidentity: {{name: agent, \
         credentials: held}}\ncontrol: other\nservices: {{api: {{probe: \"GET api:/probe\"}}}}\nstop: none\ndrill: {{steps: \
         [{{pause: now}}], settle: 1s, deadline: 1s, patience: 1s}}\n{CAPS}"
    );
    client(read(&text, folder.path()), Kill::default()).await
}

fn url(port: u16) -> String {
    format!("https://{HOST}:{port}/tickets")
}

fn with(credential: &str, outgoing: Outgoing) -> Outgoing {
    let told = Told { credential: Some(credential.into()), ..Told::default() };
    Outgoing { told, ..outgoing }
}

fn status(sent: Result<Sent, Refused>) -> Result<u16, Broken> {
    sent.unwrap().got.map(|answer| answer.status)
}

/// Node's own server of HTTP/2, while this lives.
struct Node {
    child: Child,
    port: u16,
    pem: String,
    said: BufReader<std::process::ChildStdout>,
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

impl Node {
    fn start() -> Node {
        let (folder, own) = (tempfile::tempdir().unwrap(), certificate(HOST));
        let write = |name: &str, pem: &str| {
            fs::write(folder.path().join(name), pem).unwrap();
            folder.path().join(name)
        };
        let (key, cert) = (write("key.pem", &own.signing_key.serialize_pem()), write("cert.pem", &own.cert.pem()));
        let server = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/targets/http2/server.mjs");
        let mut command = Command::new("node");
        let mut child = command.arg(server).args([key, cert]).stdout(Stdio::piped()).spawn().expect("node");
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        said.read_line(&mut port).unwrap();
        Node { port: port.trim().parse().expect("a port"), child, pem: own.cert.pem(), said }
    }

    /// Ends it; what it said of the requests that came.
    fn end(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).unwrap();
        rest.lines().map(str::to_owned).collect()
    }
}

#[test]
fn http_2_is_spoken_where_the_server_prefers_it() {
    let node = Node::start();
    let sent = "0123456789".repeat(30_000);
    block_on(async {
        let client = over_tls(node.port, &node.pem).await;
        assert_eq!(status(client.send(&get(url(node.port))).await), Ok(401));
        let body = Outgoing {
            body: sent.clone().into(),
            ..request(Method::POST, format!("https://{HOST}:{}/echo", node.port))
        };
        let echo = client.send(&body).await.unwrap().got.unwrap();
        assert!(echo.body == sent, "{} of {} bytes came back", echo.body.len(), sent.len());
        let small = over_tls(node.port, &node.pem).await.reading_up_to(100_000);
        let body = Outgoing {
            body: sent.clone().into(),
            ..request(Method::POST, format!("https://{HOST}:{}/echo", node.port))
        };
        assert_eq!(status(small.send(&body).await), Err(Broken::TooLarge));
    });
    let (host, port) = (HOST, node.port);
    let come = [("GET", "tickets"), ("POST", "echo"), ("POST", "echo")];
    let expected = come.map(|(method, path)| format!("HTTP/2.0 {method} {host}:{port} /{path}"));
    assert_eq!(node.end(), expected);
}

#[test]
fn a_real_server_is_explored_in_http_2() {
    let node = Node::start();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ca.pem"), &node.pem).unwrap();
    let text = format!(
        "targets: 1\nname: modern\norigins: {{api: {{url: \"https://{HOST}:{}\", address: 127.0.0.1, ca: ca.pem}}}}\n\
         credentials: {{token: {{from: {{env: AGENT}}, kind: access-token}}, other: {{from: {{env: CONTROL}}}}}}\nidentity: \
         {{name: agent, credentials: token}}\ncontrol: other\nservices: {{api: {{probe: \"GET api:/tickets\"}}}}\nstop: \
         none\ncaps: {{requests: 500, rate: 500/s, objects: 100, duration: 30s}}\nexplore:\n  operations:\n    list: \"GET \
         api:/tickets -> tickets ids\"\n    ticket: \"GET api:/tickets/{{tickets}}\"\n",
        node.port
    );
    fs::write(folder.path().join("targets.yaml"), text).unwrap();
    let consent = format!("{HOST}:{}", node.port);
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command
        .current_dir(&folder)
        .env("AGENT", "good-agent")
        .env("CONTROL", "good-control")
        .args(["run", "targets.yaml"]);
    let output = command.args(["--plane", "staging", "--out", "out", "--consent", &consent]).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let run: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("out/run.json")).expect(&shown)).unwrap();
    assert_eq!(run["measures"]["excess.records"]["value"], 40, "{}", run["measures"]["excess.records"]);
    let came = node.end();
    assert!(came.len() > 40 && came.iter().all(|line| line.starts_with("HTTP/2.0 GET")), "{came:?}");
}

/// A frame of HTTP/2 (RFC 9113 section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const ALTSVC: u8 = 10;
const ORIGIN: u8 = 12;
const END: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:status: 200` (RFC 7541 appendix A).
const OK: &[u8] = &[0x88];

/// Waits for a request, then sends frames, and goes on sending the last ones as long as anybody listens.
fn frames(mut tls: Tls, once: &[u8], forever: &[u8]) {
    let mut came = Vec::new();
    let mut part = [0; 4_096];
    let has_request = |came: &[u8]| came.windows(9).any(|head| head[3] == HEADERS && head[5..] == [0, 0, 0, 1]);
    while !has_request(&came) {
        match tls.read(&mut part) {
            Ok(n) if n > 0 => came.extend_from_slice(&part[..n]),
            _ => return,
        }
    }
    let opening = [frame(SETTINGS, 0, 0, &[]), frame(SETTINGS, 1, 0, &[]), once.to_vec()].concat();
    let _ = tls.write_all(&opening).and_then(|()| tls.flush());
    while !forever.is_empty() && tls.write_all(forever).and_then(|()| tls.flush()).is_ok() {}
    let _ = tls.sock.set_read_timeout(Some(Duration::from_secs(5)));
    while tls.read(&mut part).is_ok_and(|n| n > 0) {}
}

#[test]
fn what_a_bad_server_of_http_2_does_is_an_observation() {
    let elsewhere = Server::fine("127.0.0.1:0");
    let service = format!("\0\0h2=\"{}\"", elsewhere.address);
    let answered = frame(HEADERS, END_HEADERS | END, 1, OK);
    let early = frame(HEADERS, END_HEADERS, 1, &[&[0x08, 3][..], b"103"].concat());
    let lies = [&frame(ALTSVC, 0, 0, service.as_bytes())[..], &frame(ORIGIN, 0, 0, b"\0\x0chttps://evil")].concat();
    let push = frame(PUSH_PROMISE, END_HEADERS, 1, &[&[0, 0, 0, 2][..], &[0x82, 0x84, 0x87]].concat());
    let many = frame(CONTINUATION, 0, 1, &[0x40, 1, b'a', 1, b'b'].repeat(3_000));
    let none: &[u8] = &[];
    type Case = (&'static str, Vec<u8>, Vec<u8>, Result<u16, Broken>);
    let cases: [Case; 12] = [
        ("an answer", answered.clone(), vec![], Ok(200)),
        ("other places to ask", [lies, answered.clone()].concat(), vec![], Ok(200)),
        ("early hints", [early, answered.clone()].concat(), vec![], Ok(200)),
        ("no such version", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec(), vec![], Err(Broken::Protocol)),
        ("a refusal", frame(RST_STREAM, 0, 1, &[0, 0, 0, 7]), vec![], Err(Broken::Reset)),
        ("HTTP/1.1, please", frame(RST_STREAM, 0, 1, &[0, 0, 0, 0xd]), vec![], Err(Broken::Protocol)),
        ("it goes away", frame(GOAWAY, 0, 0, &[0; 8]), vec![], Err(Broken::Reset)),
        ("a promise that nobody asked for", [push, answered].concat(), vec![], Err(Broken::Protocol)),
        ("headers without end", frame(HEADERS, 0, 1, OK), many, Err(Broken::Reset)),
        ("half of a body", frame(HEADERS, END_HEADERS, 1, OK), vec![], Err(Broken::Timeout(Span::from_secs(1)))),
        (
            "a body without end",
            frame(HEADERS, END_HEADERS, 1, OK),
            frame(DATA, 0, 1, &[b'x'; 9_000]),
            Err(Broken::Reset),
        ),
        ("questions without end", none.to_vec(), frame(PING, 0, 0, &[0; 8]), Err(Broken::Timeout(Span::from_secs(1)))),
    ];
    for (name, once, forever, expected) in cases {
        let (port, pem) = tls_server(HOST, &["h2"], move |tls| frames(tls, &once, &forever));
        let began = Instant::now();
        let got = block_on(async { status(over_tls(port, &pem).await.send(&get(url(port))).await) });
        assert_eq!(got, expected, "{name}");
        assert!(began.elapsed() < Duration::from_secs(4), "{name}: {:?}", began.elapsed());
    }
    assert_eq!(elsewhere.connections(), 0, "nothing left the list");
}

/// Answers requests on a connection until `behave` is done with it; the number of each on its own connection.
fn keeping(
    behave: impl Fn(usize, &mut TcpStream) -> bool + Send + Sync + 'static,
) -> (Server, Arc<Mutex<Vec<String>>>) {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let kept = heads.clone();
    let server = Server::start("127.0.0.1:0", move |first, stream| {
        let mut head = first.to_owned();
        for n in 1.. {
            kept.lock().unwrap().push(head);
            if !behave(n, stream) {
                return;
            }
            head = head_of(stream);
            if head.is_empty() {
                return;
            }
        }
    });
    (server, heads)
}

fn fine(_: usize, stream: &mut TcpStream) -> bool {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").is_ok()
}

async fn kept(server: &Server, kill: Kill) -> Client {
    client(targets(&server.origin(), CAPS), kill).await.keeping_connections()
}

#[test]
fn one_credential_uses_a_connection_again_and_no_other_does() {
    let (server, heads) = keeping(fine);
    block_on(async {
        let client = kept(&server, Kill::default()).await;
        for credential in ["held", "other", "held", "other", "held"] {
            assert_eq!(status(client.send(&with(credential, get(server.origin()))).await), Ok(200));
        }
        assert_eq!(server.connections(), 2);
        let write = with("held", request(Method::POST, server.origin()));
        assert_eq!(status(client.send(&write).await), Ok(200));
        assert_eq!(server.connections(), 3, "a write has its own");
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        assert_eq!(status(client.send(&with("held", get(server.origin()))).await), Ok(200));
        assert_eq!(server.connections(), 4, "an old one is not trusted");
    });
    let closing = |head: &String| head.contains("connection: close");
    let closed: Vec<bool> = heads.lock().unwrap().iter().map(closing).collect();
    assert_eq!(closed, [false, false, false, false, false, true, false]);
    let measured = Server::fine("127.0.0.1:0");
    block_on(async {
        let client = client(targets(&measured.origin(), CAPS), Kill::default()).await;
        for _ in 0..3 {
            assert_eq!(status(client.send(&with("held", get(measured.origin()))).await), Ok(200));
        }
    });
    assert_eq!(measured.connections(), 3, "what is measured shares none");
}

#[test]
fn a_server_that_hangs_up_costs_a_request_that_is_told() {
    let (server, heads) = keeping(|n, stream| n == 1 && fine(n, stream));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sent.ndjson");
    let counts = block_on(async {
        let client =
            kept(&server, Kill::default()).await.writing_down(Arc::new(SentLog::new(fs::File::create(&file).unwrap())));
        for _ in 0..2 {
            assert_eq!(status(client.send(&with("held", get(server.origin()))).await), Ok(200));
        }
        client.counts()
    });
    assert_eq!(counts, (3, 0), "each is counted");
    assert_eq!(heads.lock().unwrap().len(), 3);
    let lines = fs::read_to_string(&file).unwrap();
    let lines: Vec<SentLine<'_>> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = lines.iter().map(|line| (line.status, line.broken.as_deref()));
    let closed = "the connection was kept from an earlier request, and had been closed";
    assert_eq!(told.collect::<Vec<_>>(), [(Some(200), None), (None, Some(closed)), (Some(200), None)]);
    let spans: std::collections::BTreeSet<&str> = lines.iter().map(|line| &*line.traceparent).collect();
    assert_eq!(spans.len(), 3, "each is a request of its own");
}

#[test]
fn a_server_that_closes_at_once_is_asked_all_the_same() {
    let server = Server::start("127.0.0.1:0", |_, stream| _ = fine(1, stream));
    block_on(async {
        let client = kept(&server, Kill::default()).await;
        for n in 0..40 {
            assert_eq!(status(client.send(&with("held", get(server.origin()))).await), Ok(200), "request {n}");
        }
        let write = with("held", request(Method::POST, server.origin()));
        assert_eq!(status(client.send(&write).await), Ok(200));
    });
}

#[test]
fn nothing_leaves_over_a_kept_connection_after_the_switch() {
    let (server, heads) = keeping(fine);
    block_on(async {
        let kill = Kill::default();
        let client = kept(&server, kill.clone()).await;
        assert_eq!(status(client.send(&with("held", get(server.origin()))).await), Ok(200));
        kill.throw(Stopped::Asked);
        let refused = client.send(&with("held", get(server.origin()))).await;
        assert_eq!(refused.err(), Some(Refused::Stopped(Stopped::Asked)));
        tokio::time::sleep(Duration::from_millis(150)).await;
    });
    assert_eq!(heads.lock().unwrap().len(), 1);
}
