//! Two million requests over HTTP on loopback: by how much does resident memory grow?
//!
//! `cargo bench --bench soak`; `REQUESTS=5000000` for a longer one.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

mod support;

use std::io;
use std::process::ExitCode;
use std::time::Instant;

use runaway::model::Baseline;
use runaway::plane::driver::{Sink, Stop};
use runaway::run::{Behaviour, Plane, RunOptions, run_on};
use runaway::wire::Event;

use support::orders;

/// So many requests come before the first look: connections, buffers and one generation of mocks are there by then.
const WARM: u64 = 50_000;
const BAR_KIB: u64 = 50 * 1_024;

struct Soak {
    requests: u64,
    wanted: u64,
    warm_kib: Option<u64>,
    stop: Stop,
}

impl Sink for Soak {
    fn events(&mut self, events: &[Event]) -> io::Result<()> {
        let before = self.requests;
        self.requests += events.iter().filter(|event| matches!(event, Event::Asked { .. })).count() as u64;
        if self.requests >= WARM {
            self.warm_kib.get_or_insert_with(resident_kib);
        }
        let tenth = self.wanted / 10;
        if self.requests / tenth > before / tenth {
            println!("{} requests: {} KiB resident", self.requests, resident_kib());
        }
        if self.requests >= self.wanted {
            self.stop.now();
        }
        Ok(())
    }
}

/// What this process keeps in memory: proc(5), `VmRSS`.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of it");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn main() -> ExitCode {
    let wanted = std::env::var("REQUESTS").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000_000);
    let (plan, stop) = (orders(16, "10h"), Stop::default());
    let mut soak = Soak { requests: 0, wanted, warm_kib: None, stop: stop.clone() };
    let (plane, nothing, since) = (Plane::Live { scale: 1.0 }, Baseline::empty(&plan), Instant::now());
    run_on(plane, &plan, &nothing, Behaviour::Faulty, RunOptions::default(), &stop, &mut soak).expect("a run");
    let (end, warm) = (resident_kib(), soak.warm_kib.unwrap_or_default());
    println!(
        "{} requests in {:.0} s: {warm} KiB when warm, {end} KiB at the end; grown by {} KiB (bar {BAR_KIB})",
        soak.requests,
        since.elapsed().as_secs_f64(),
        end.saturating_sub(warm),
    );
    ExitCode::from(u8::from(end > warm + BAR_KIB))
}
