//! Requests per second of an exploration of a real API, as it is shipped: guard, agent, parsing, recogniser, journal and
//! log on disk, beside `wrk` and `oha` on the same server in turns. The server is not the limit for any of them.
//!
//! `cargo bench --bench staging`. Who of the two is missing is said. `ROUNDS=3` for a look.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

#[path = "support/median.rs"]
mod median;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use median::median;

const CONNECTIONS: usize = 16;
const SECONDS: usize = 5;
const ITEMS: usize = 60_000;
const PAGE: usize = 1_000;
/// Bars of the design: of `wrk`, and of `oha`.
const BARS: [(&str, f64); 2] = [("wrk", 0.70), ("oha", 1.1)];

/// When requests for single records came: the first, the last, and how many.
type Came = Arc<Mutex<Option<(Instant, Instant, u64)>>>;

/// Serves a list in pages, and records of 300 bytes, on a thread of its own.
fn server(came: Came) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let at = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let _ = stream.set_nodelay(true);
                let came = came.clone();
                let service = service_fn(move |request| std::future::ready(answer(&request, &came)));
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::task::spawn_local(connection);
            }
        });
    });
    at
}

fn answer(request: &Request<Incoming>, came: &Came) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = match request.uri().path().strip_prefix("/items/") {
        None if request.uri().path() == "/items" => page(request.uri().query().unwrap_or_default()),
        None => "{\"ok\":true}".to_owned(),
        Some(id) => {
            let now = Instant::now();
            let mut came = came.lock().expect("a lock");
            let (first, _, n) = came.unwrap_or((now, now, 0));
            *came = Some((first, now, n + 1));
            format!("{{\"id\":\"{id}\",\"title\":\"an order of twelve\",\"note\":\"{}\"}}", "x".repeat(230))
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    Ok(response)
}

fn page(query: &str) -> String {
    let n: usize = query.strip_prefix("page=").and_then(|n| n.parse().ok()).unwrap_or(1);
    let ids = (n - 1) * PAGE..(n * PAGE).min(ITEMS);
    let rows: Vec<String> = ids.map(|id| format!("{{\"id\":\"item-{id}\"}}")).collect();
    format!("{{\"items\":[{}]}}", rows.join(","))
}

fn targets(at: SocketAddr) -> String {
    format!(
        "targets: 1
name: bench
origins: {{api: \"http://{at}\"}}
credentials: {{token: {{from: {{env: AGENT}}, kind: access-token}}, other: {{from: {{env: CONTROL}}}}}}
identity: {{name: agent, credentials: token}}
control: other
services: {{api: {{probe: \"GET api:/health\"}}}}
stop: [{{errors: 50%, of: 100}}]
caps: {{requests: 200_000, rate: 1_000_000/s, at_once: {CONNECTIONS}, objects: 200_000, bytes: 1_000_000_000, duration: 1min}}
explore:
  connections: {CONNECTIONS}
  operations:
    items: {{http: \"GET api:/items -> items ids\", paging: {{page: page}}}}
    item: \"GET api:/items/{{items}}\"
"
    )
}

/// Requests per second of the shipped program, between the first record and the last.
fn exploration(at: SocketAddr, came: &Came) -> f64 {
    *came.lock().expect("a lock") = None;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("targets.yaml"), targets(at)).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.current_dir(&folder).env("AGENT", "agent-0123456789abcdef").env("CONTROL", "control-0123456789abcdef");
    command.args([
        "run",
        "targets.yaml",
        "--plane",
        "staging",
        "--out",
        "out",
        "--quiet",
        "--consent",
        &at.to_string(),
    ]);
    let output = command.output().expect("the program");
    let (first, last, n) = came.lock().expect("a lock").expect("requests");
    assert!(n >= ITEMS as u64, "only {n} requests came: {}", String::from_utf8_lossy(&output.stdout));
    n as f64 / (last - first).as_secs_f64()
}

/// What another client makes of the same server.
fn other(client: &str, at: SocketAddr) -> Option<f64> {
    let (connections, lasts) = (CONNECTIONS.to_string(), format!("{SECONDS}s"));
    let args: &[&str] = match client {
        "wrk" => &["-t1", "-c", &connections, "-d", &lasts],
        _ => &["--no-tui", "-c", &connections, "-z", &lasts],
    };
    let output = Command::new(client).args(args).arg(format!("http://{at}/items/item-7")).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:")?.trim().parse().ok())
}

fn main() {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(7);
    let came = Came::default();
    let at = server(came.clone());
    let (mut ours, mut ratios) = (Vec::new(), BARS.map(|_| Vec::new()));
    for round in 1..=rounds {
        let us = exploration(at, &came);
        ours.push(us);
        print!("round {round}: exploration {us:.0}/s");
        for ((client, _), ratios) in BARS.iter().zip(&mut ratios) {
            match other(client, at) {
                Some(them) => {
                    ratios.push(us / them);
                    print!(", {client} {them:.0}/s");
                }
                None => print!(", {client} is missing"),
            }
        }
        println!();
    }
    println!("\nexploration, {CONNECTIONS} connections, everything on: {:.0} requests/s", median(&mut ours));
    for ((client, bar), mut ratios) in BARS.into_iter().zip(ratios).filter(|(_, ratios)| !ratios.is_empty()) {
        println!("beside {client}, median of the rounds: {:.2} (bar {bar})", median(&mut ratios));
    }
}
