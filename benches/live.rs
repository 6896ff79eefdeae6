//! Requests per second over HTTP on loopback: the live plane's own client, everything on, beside `wrk` on the same kind
//! of server, in turns.
//!
//! `cargo bench --bench live`. Without `wrk` it says so, and measures the client alone. `ROUNDS=3` for a look.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

mod support;

use std::io::{self, BufWriter};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use runaway::journal::Writer;
use runaway::model::{Baseline, Plan};
use runaway::plane::driver::{Sink, Stop};
use runaway::plane::mock::Served;
use runaway::run::{Behaviour, Plane, RunOptions, run_on};
use runaway::wire::{Event, FamilyId, OpId, ServiceId};

use support::median::median;
use support::{orders, writer};

const CONNECTIONS: u32 = 16;
const SECONDS: u32 = 5;

/// Requests per second of the live plane's client: agent, bytes, parsing, recogniser, census, journal to disk.
fn client(plan: &Arc<Plan>) -> f64 {
    let mut counted = Counted { writer: writer(plan), answered: 0, since: None, until: Instant::now() };
    let (plane, nothing) = (Plane::Live { scale: 1.0 }, Baseline::empty(plan));
    run_on(plane, plan, &nothing, Behaviour::Faulty, RunOptions::default(), &Stop::default(), &mut counted)
        .expect("a run on loopback");
    let since = counted.since.expect("a request");
    counted.answered as f64 / (counted.until - since).as_secs_f64()
}

struct Counted {
    writer: Writer<BufWriter<std::fs::File>>,
    answered: u64,
    since: Option<Instant>,
    until: Instant,
}

impl Sink for Counted {
    fn events(&mut self, events: &[Event]) -> io::Result<()> {
        let accepted = events.iter().filter(|e| matches!(e, Event::Asked { status: 200, .. })).count() as u64;
        if accepted > 0 {
            self.answered += accepted;
            self.until = Instant::now();
            self.since.get_or_insert(self.until);
        }
        self.writer.events(events)
    }
}

/// What `wrk` gets out of the same world.
fn wrk(plan: &Arc<Plan>) -> Option<f64> {
    let served = Served::start(plan.clone(), 0).expect("a server");
    let url = format!("{}{}", served.url(ServiceId::new(0)), served.path(OpId::new(0)));
    let key = format!("x-api-key: {}", served.credential(FamilyId::new(0), 0));
    let stop = Stop::default();
    std::thread::scope(|scope| {
        scope.spawn(|| served.run(&stop, |_| Ok::<(), io::Error>(())));
        let args = ["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{SECONDS}s"), "-H", &key, &url];
        let output = Command::new("wrk").args(args).output();
        stop.now();
        let text = String::from_utf8(output.ok()?.stdout).ok()?;
        assert!(!text.contains("Non-2xx"), "{text}");
        text.lines().find_map(|line| line.strip_prefix("Requests/sec:")?.trim().parse().ok())
    })
}

fn main() {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(7);
    let plan = orders(CONNECTIONS, &format!("{SECONDS}s"));
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        let us = client(&plan);
        let them = wrk(&plan);
        println!("round {round}: client {us:.0}/s, wrk {}", them.map_or("missing".to_owned(), |n| format!("{n:.0}/s")));
        ours.push(us);
        theirs.extend(them);
        ratios.extend(them.map(|them| us / them));
    }
    println!("\nclient, {CONNECTIONS} connections, journal to disk: {:.0} requests/s", median(&mut ours));
    if !theirs.is_empty() {
        println!("wrk, 1 thread, {CONNECTIONS} connections: {:.0} requests/s", median(&mut theirs));
        println!("ratio, median of the rounds: {:.2} (bar 0.8)", median(&mut ratios));
    }
}
