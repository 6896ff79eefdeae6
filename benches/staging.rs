//! Requests per second of an exploration of a real API, as it is shipped: guard, agent, parsing, recogniser, journal and
//! log on disk, beside `wrk` and `oha` on the same server in turns. The server is not the limit for any of them.
//!
//! `cargo bench --bench staging`. Who of the two is missing is said. `ROUNDS=3` for a look.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

#[path = "support/median.rs"]
mod median;
#[path = "support/records.rs"]
mod records;

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use median::median;
use records::CONNECTIONS;

const SECONDS: usize = 5;
const ITEMS: usize = 60_000;
/// Bars of the design: of `wrk`, and of `oha`.
const BARS: [(&str, f64); 2] = [("wrk", 0.70), ("oha", 1.1)];

/// When requests for single records came: the first, the last, and how many.
type Came = Arc<Mutex<Option<(Instant, Instant, u64)>>>;

fn server(came: Came) -> SocketAddr {
    records::server(ITEMS, move || {
        let now = Instant::now();
        let mut came = came.lock().expect("a lock");
        let (first, _, n) = came.unwrap_or((now, now, 0));
        *came = Some((first, now, n + 1));
    })
}

/// Requests per second of the shipped program, between the first record and the last.
fn exploration(at: SocketAddr, came: &Came) -> f64 {
    *came.lock().expect("a lock") = None;
    let folder = tempfile::tempdir().expect("a folder");
    let output = records::exploration(folder.path(), at).output().expect("the program");
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
