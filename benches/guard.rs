//! What the guard takes of a request: the judgement, the caps, the switch, up to the leave to send. Nothing is sent.
//!
//! `cargo bench --bench guard`. `ROUNDS=3` for a look. The caps let a request start each microsecond at most, so the bench
//! waits between two, and takes off what looking at the clock takes, measured in the same rounds.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::hint::black_box;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use http::{HeaderMap, Method};
use runaway::scenario::Source;
use runaway::staging::guard::{Agreement, Ask, Consent, Kill, Proposal};
use runaway::staging::targets;

/// Requests of a round.
const REQUESTS: usize = 50_000;
/// Different URLs, as many as the usual cap allows.
const OBJECTS: usize = 50;
const BAR: f64 = 0.3;

const TARGETS: &str = "targets: 1
name: bench
origins: {api: http://127.0.0.1:8080, id: http://127.0.0.1:8081}
writes: [\"POST id:/token\", \"POST api:/tickets*\"]
provider: {token: \"id:/token\", revocation: \"id:/revoke\"}
credentials: {held: {from: {env: HELD}}, other: {from: {env: OTHER}}}
identity: {name: agent, credentials: held}
control: other
services: {api: {probe: \"GET api:/tickets/1\"}}
stop: none
caps: {requests: 1_000_000_000, rate: 1_000_000/s, at_once: 16, objects: 50, duration: 10min}
drill: {steps: [{pause: now}], settle: 1s, deadline: 1s}
";

async fn consent() -> Consent {
    let source = Source { name: "bench".into(), text: TARGETS.into() };
    let (targets, _) = targets::read(source, Path::new(".")).unwrap_or_else(|rejected| panic!("{rejected}"));
    let nobody = async |host: &str, _: u16| -> io::Result<Vec<IpAddr>> { Err(io::Error::other(host.to_owned())) };
    let proposal = Proposal::resolve(Arc::new(targets), nobody).await.expect("addresses");
    proposal.agree(&Agreement::AllShown, Kill::default(), Kill::default()).expect("consent").run
}

/// Waits until the next request may start.
fn pause() {
    let since = Instant::now();
    while since.elapsed() < Duration::from_nanos(1_500) {
        std::hint::spin_loop();
    }
}

/// What each of many takes, in microseconds.
fn mean(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6 / REQUESTS as f64
}

async fn guarded(consent: &Consent, urls: &[String], headers: &HeaderMap) -> f64 {
    let mut took = Duration::ZERO;
    for n in 0..REQUESTS {
        pause();
        let ask = Ask { method: &Method::GET, url: &urls[n % urls.len()], headers, body: b"", told: "" };
        let since = Instant::now();
        let permit = consent.admit(black_box(&ask)).await;
        took += since.elapsed();
        black_box(permit.expect("leave"));
    }
    mean(took)
}

fn nothing() -> f64 {
    let mut took = Duration::ZERO;
    for _ in 0..REQUESTS {
        pause();
        let since = Instant::now();
        took += since.elapsed();
    }
    mean(took)
}

fn main() {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(7);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let least = runtime.block_on(async {
        let consent = consent().await;
        let urls: Vec<String> = (0..OBJECTS).map(|n| format!("http://127.0.0.1:8080/api/tickets/{n}")).collect();
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer 0123456789abcdef0123456789abcdef"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let (mut least, mut least_clock) = (f64::INFINITY, f64::INFINITY);
        for round in 1..=rounds {
            let clock = nothing();
            let all = guarded(&consent, &urls, &headers).await;
            println!("round {round}: {:.3} us, of which the clock takes {clock:.3} us", all);
            (least, least_clock) = (least.min(all), least_clock.min(clock));
        }
        least - least_clock
    });
    let met = if least < BAR { "met" } else { "missed" };
    println!("\nthe guard, least of {rounds} rounds of {REQUESTS} requests: {least:.3} us (bar {BAR}, {met})");
}
