//! `runaway serve`: the runs of a folder on a local page. It reads, and changes nothing.
//!
//! It listens on loopback and answers who came for that very address: a page of somebody else, whose name was turned to
//! 127.0.0.1, is sent away by its `Host`. A run is found among the folders that are there and never by a path, and its
//! page runs no script, whatever stands in it.

mod page;

use std::convert::Infallible;
use std::fs::{self, File};
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::{Args, ValueHint};
use form_urlencoded::parse;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tokio::net::TcpListener;

use super::failure::Failure;
use super::interrupt::stop_on_interrupt;
use super::output;
use super::test::changes;
use crate::gate::{Baseline, NoFiles, compare};
use crate::plane::driver::Stop;
use crate::verdict::Exit;

/// What of a run is shown, and as what.
const FILES: [(&str, &str); 4] = [
    ("report.html", "text/html; charset=utf-8"),
    ("run.json", "application/json"),
    ("summary.txt", "text/plain; charset=utf-8"),
    ("summary.md", "text/plain; charset=utf-8"),
];
/// A report has at most 1 MB; what is larger than this was not made by a run.
const MOST_BYTES: u64 = 64 << 20;
/// So many runs are listed, the latest first.
const MOST_RUNS: usize = 500;
/// So long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a wish to end is looked for.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Debug, Args)]
pub struct Serve {
    /// The folder of the runs
    #[arg(default_value = "reports", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// Where it listens, on loopback [default: a port that is free]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub port: u16,
}

/// Serves until Ctrl-C.
pub fn serve(args: &Serve) -> Result<Exit, Failure> {
    let root = fs::canonicalize(&args.dir).ok().filter(|root| root.is_dir());
    let Some(root) = root else {
        let message = format!("there is no folder {}", args.dir.display());
        return Err(Failure::input(
            message,
            Some("name the folder of the runs: reports, unless they have --out".into()),
        ));
    };
    let stop = stop_on_interrupt()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await.map_err(|error| {
            let help = "choose another --port, or leave it out for one that is free";
            Failure::input(format!("cannot listen on loopback: {error}"), Some(help.into()))
        })?;
        let address = listener.local_addr()?;
        output::text(&format!("http://{address}/ shows the runs of {}, until Ctrl-C\n", args.dir.display()))?;
        listen(listener, Arc::new(Desk { root, address }), &stop).await;
        output::text("stopped\n")
    })
}

async fn listen(listener: TcpListener, desk: Arc<Desk>, stop: &Stop) {
    while !stop.wanted() {
        let stream = match tokio::time::timeout(LOOK, listener.accept()).await {
            Err(_) => continue,
            Ok(Ok((stream, _))) => stream,
            Ok(Err(_)) => {
                // There may be no descriptors left, for a while.
                tokio::time::sleep_until(tokio::time::Instant::now() + LOOK).await;
                continue;
            }
        };
        let desk = desk.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = desk.answer(request.method(), request.headers(), request.uri());
            async { Ok::<_, Infallible>(answer) }
        });
        let mut server = http1::Builder::new();
        let connection = server
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(stream), service);
        // Who hangs up in the middle has read enough.
        tokio::spawn(async { _ = connection.await });
    }
}

/// A run of the folder, as far as the list tells.
struct Run {
    name: String,
    made: SystemTime,
    /// Nothing for a drill.
    told: Option<Value>,
}

/// The folder, and where it is served.
struct Desk {
    root: PathBuf,
    address: SocketAddr,
}

impl Desk {
    fn answer(&self, method: &Method, headers: &HeaderMap, uri: &http::Uri) -> Response<Full<Bytes>> {
        if !self.is_meant(headers) {
            return plain(StatusCode::MISDIRECTED_REQUEST, "this is not the host that was asked for");
        }
        if !matches!(*method, Method::GET | Method::HEAD) {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "nothing can be changed here");
        }
        let parts: Option<Vec<String>> = uri
            .path()
            .split('/')
            .skip(1)
            .map(|part| percent_decode_str(part).decode_utf8().ok().map(String::from))
            .collect();
        let parts = parts.unwrap_or_default();
        match &parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [""] => html(page::list(&self.runs())),
            ["compare"] => self.compare(uri.query().unwrap_or_default()),
            ["runs", run, file] => self.file(run, file),
            _ => missing(),
        }
    }

    /// Whether a client came for this server: its `Host` is ours, and no other page sent it.
    fn is_meant(&self, headers: &HeaderMap) -> bool {
        let port = self.address.port();
        let ours = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| ours.iter().any(|our| our == host))
    }

    /// The folders with a report, the latest first. A link may lead anywhere, and is none of them.
    fn runs(&self) -> Vec<Run> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let run = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let report = fs::symlink_metadata(entry.path().join("report.html")).ok().filter(fs::Metadata::is_file)?;
            Some(Run { name, made: report.modified().unwrap_or(SystemTime::UNIX_EPOCH), told: None })
        };
        let mut runs: Vec<Run> = folders.filter_map(run).collect();
        runs.sort_by(|one, other| (other.made, &one.name).cmp(&(one.made, &other.name)));
        runs.truncate(MOST_RUNS);
        for run in &mut runs {
            let text = read(&self.root.join(&run.name).join("run.json"));
            run.told = text.and_then(|text| serde_json::from_slice(&text).ok());
        }
        runs
    }

    /// A file of a run that is there.
    fn read(&self, run: &str, file: &str) -> Option<Vec<u8>> {
        let mut entries = fs::read_dir(&self.root).ok()?.flatten();
        let there =
            |entry: &fs::DirEntry| entry.file_name() == *run && entry.file_type().is_ok_and(|kind| kind.is_dir());
        let (known, _) = FILES.iter().find(|(known, _)| *known == file)?;
        read(&entries.find(there)?.path().join(known))
    }

    fn file(&self, run: &str, file: &str) -> Response<Full<Bytes>> {
        let kind = FILES.iter().find(|(known, _)| *known == file).map(|(_, kind)| *kind);
        match (kind, self.read(run, file)) {
            (Some(kind), Some(bytes)) => {
                let mut answer = with(StatusCode::OK, kind, bytes);
                // Whoever made it: no script, no form, nothing of this server's origin.
                let sandboxed = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
                answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, sandboxed);
                answer
            }
            _ => missing(),
        }
    }

    /// What got better and worse between two runs.
    fn compare(&self, query: &str) -> Response<Full<Bytes>> {
        let named =
            |wanted: &str| parse(query.as_bytes()).find(|(key, _)| key == wanted).map(|(_, run)| run.into_owned());
        let (Some(before), Some(now)) = (named("before"), named("now")) else { return missing() };
        let state = |run: &str| {
            let text = self.read(run, "run.json").and_then(|bytes| String::from_utf8(bytes).ok());
            text.and_then(|text| Baseline::read(&text).ok())
        };
        let told = match state(&before).zip(state(&now)).map(|(was, is)| was.beside(is)) {
            Some((was, is)) if !was.shares_a_case_with(&is) => "They are runs of different scenarios.".to_owned(),
            Some((was, is)) => match changes(&compare(&was, &is, &NoFiles)) {
                same if same.is_empty() => "Nothing is different.".to_owned(),
                changes => changes.trim_start_matches('\n').to_owned(),
            },
            None => return plain(StatusCode::NOT_FOUND, "one of the two is no run with a run.json"),
        };
        html(page::compared(&before, &now, &told))
    }
}

/// A file that is one, and not too large.
fn read(path: &Path) -> Option<Vec<u8>> {
    let there = fs::symlink_metadata(path).ok()?;
    if !there.is_file() || there.len() > MOST_BYTES {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn with(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

fn html(page: maud::Markup) -> Response<Full<Bytes>> {
    with(StatusCode::OK, "text/html; charset=utf-8", page.into_string())
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    with(status, "text/plain; charset=utf-8", text)
}

fn missing() -> Response<Full<Bytes>> {
    plain(StatusCode::NOT_FOUND, "there is no such page")
}
