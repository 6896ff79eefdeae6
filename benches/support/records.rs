//! A real API for explorations of any size: a list in pages, and records of 300 bytes, served faster than anybody asks; and
//! the program that is shipped, set out to explore it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

pub const CONNECTIONS: usize = 16;
const PAGE: usize = 1_000;

/// Serves so many records on a thread of its own, and tells when somebody asks for one.
pub fn server(records: usize, asked: impl Fn() + Clone + Send + 'static) -> SocketAddr {
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
                let asked = asked.clone();
                let service = service_fn(move |request| std::future::ready(answer(&request, records, &asked)));
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::task::spawn_local(connection);
            }
        });
    });
    at
}

fn answer(request: &Request<Incoming>, records: usize, asked: &impl Fn()) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = match request.uri().path().strip_prefix("/items/") {
        None if request.uri().path() == "/items" => page(records, request.uri().query().unwrap_or_default()),
        None => "{\"ok\":true}".to_owned(),
        Some(id) => {
            asked();
            format!("{{\"id\":\"{id}\",\"title\":\"an order of twelve\",\"note\":\"{}\"}}", "x".repeat(230))
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    Ok(response)
}

fn page(records: usize, query: &str) -> String {
    let n: usize = query.strip_prefix("page=").and_then(|n| n.parse().ok()).unwrap_or(1);
    let ids = (n - 1) * PAGE..(n * PAGE).min(records);
    let rows: Vec<String> = ids.map(|id| format!("{{\"id\":\"item-{id}\"}}")).collect();
    format!("{{\"items\":[{}]}}", rows.join(","))
}

/// An exploration of all of it, once with a credential and once with nothing, in a folder that is empty.
pub fn exploration(folder: &Path, at: SocketAddr) -> Command {
    let targets = format!(
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
    );
    std::fs::write(folder.join("targets.yaml"), targets).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.current_dir(folder).env("AGENT", "agent-0123456789abcdef").env("CONTROL", "control-0123456789abcdef");
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
    command
}
