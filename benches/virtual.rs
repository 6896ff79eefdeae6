//! Steps per second in virtual time, everything on: agent, driver, world, detectors, census, digest of the journal.
//!
//! `cargo bench --bench virtual`; with names behind `--`, only the rows that contain one of them. `ROUNDS=3` for a look.

mod support;

use std::cell::{LazyCell, RefCell};
use std::fs::File;
use std::io::{self, BufWriter};
use std::sync::Arc;

use runaway::generate::{chain, grid};
use runaway::journal::{Digest, Writer};
use runaway::model::{Baseline, Plan};
use runaway::plane::driver::{Sink, Stop};
use runaway::run::{Behaviour, Simulator};
use runaway::wire::Event;

use support::allocations::{self, Counting};
use support::clock::taken;
use support::rounds::{Measured, Row, table};
use support::{plan, writer};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A scenario that is ready to run.
struct World {
    plan: Arc<Plan>,
    baseline: Baseline,
    simulator: RefCell<Simulator>,
}

impl World {
    fn of(text: String, sets: &[(&str, &str)]) -> World {
        World::running(plan(text, sets))
    }

    fn with_seed(&self, seed: u64) -> World {
        let mut plan = Plan::clone(&self.plan);
        plan.seed = seed;
        World::running(Arc::new(plan))
    }

    fn running(plan: Arc<Plan>) -> World {
        World { baseline: Baseline::empty(&plan), plan, simulator: RefCell::default() }
    }

    /// Runs to the end, into a sink.
    fn run(&self, sink: &mut dyn Sink) {
        let mut simulator = self.simulator.borrow_mut();
        let end = simulator.run(&self.plan, &self.baseline, Behaviour::Faulty, &Stop::default(), sink);
        end.expect("a run in memory");
    }

    /// Runs to the digest, `times` over, resets included.
    fn to_digest(&self, times: u32) -> Measured {
        let (steps, cpu) = taken(|| (0..times).map(|_| self.digested()).sum());
        Measured { steps, cpu }
    }

    fn digested(&self) -> u64 {
        let mut folded = Folded { digest: digest(), steps: Steps::default() };
        self.run(&mut folded);
        assert_eq!(folded.digest.finish().len(), 64);
        folded.steps.0
    }

    fn to_disk(&self) -> Measured {
        let (steps, cpu) = taken(|| {
            let mut written = Written { writer: writer(&self.plan), steps: Steps::default() };
            self.run(&mut written);
            written.writer.finish(serde_json::Value::Null).expect("a trailer");
            written.steps.0
        });
        Measured { steps, cpu }
    }

    /// Runs with two seeds at once.
    fn on_two_threads(&self) -> Measured {
        let worlds = [self.with_seed(1), self.with_seed(2)];
        let both = std::thread::scope(|scope| {
            worlds.map(|world| scope.spawn(move || world.to_digest(1))).map(|thread| thread.join().expect("a run"))
        });
        // Two threads that do not hinder each other make twice as many steps in the CPU time that one of them takes.
        Measured { steps: both[0].steps + both[1].steps, cpu: (both[0].cpu + both[1].cpu) / 2 }
    }

    /// Allocations in each step of a run for which one before it made room: of the whole run, in which the agent learns
    /// what there is, and of its second half, when it knows.
    fn allocations_per_step(&self) -> [f64; 2] {
        let half = self.digested() / 2;
        let begun = allocations::calls();
        let mut marks = Marks { half, steps: Steps::default(), at_half: None, last: None };
        self.run(&mut marks);
        let each = |from: Option<(u64, u64)>| {
            let ((before, then), (steps, calls)) = from.zip(marks.last)?;
            Some((calls - then) as f64 / (steps - before) as f64)
        };
        [Some((0, begun)), marks.at_half].map(|from| each(from).unwrap_or(f64::NAN))
    }
}

/// Counts the requests among the events.
#[derive(Default)]
struct Steps(u64);

impl Steps {
    fn count(&mut self, events: &[Event]) {
        self.0 += events.iter().filter(|event| matches!(event, Event::Asked { .. })).count() as u64;
    }
}

struct Folded {
    digest: Digest,
    steps: Steps,
}

impl Sink for Folded {
    fn events(&mut self, events: &[Event]) -> io::Result<()> {
        self.digest.events(events);
        self.steps.count(events);
        Ok(())
    }
}

struct Written {
    writer: Writer<BufWriter<File>>,
    steps: Steps,
}

impl Sink for Written {
    fn events(&mut self, events: &[Event]) -> io::Result<()> {
        self.steps.count(events);
        self.writer.events(events)
    }
}

/// Steps and allocations when half of the steps were made, and when the last events came.
struct Marks {
    half: u64,
    steps: Steps,
    at_half: Option<(u64, u64)>,
    last: Option<(u64, u64)>,
}

impl Sink for Marks {
    fn events(&mut self, events: &[Event]) -> io::Result<()> {
        self.steps.count(events);
        let now = (self.steps.0, allocations::calls());
        if now.0 >= self.half {
            self.at_half.get_or_insert(now);
        }
        self.last = Some(now);
        Ok(())
    }
}

fn digest() -> Digest {
    Digest::new("bench", None, 1, &serde_json::Value::Null)
}

/// The same scenario with a detector of every kind: what it has counts by five of them.
fn watched(text: &str) -> String {
    const ALL: &str = "
detect:
  outsider: {report: 1h}
  refused:  {denials: 100_000, within: 1min, by: credential}
  again:    {repeats: 100_000, within: 1min, by: principal}
  invoice:  {cost: $5, within: 1h, by: owner}
  new:      {never_seen: yes}
  lent:     {not_owner: key-0}
  flow:     {after_reading: keys-0, on: [s0.o0], by: principal}
";
    text.replace("\ndetect:", ALL.trim_end())
}

const STRATEGY: &str = "agents.attacker.fault.harvest.strategy";

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));
    let rounds = std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(7);

    let links = LazyCell::new(|| World::of(chain(100), &[]));
    let broad = LazyCell::new(|| World::of(grid(1_000, 10_000), &[]));
    let greedy = LazyCell::new(|| World::of(grid(1_000, 10_000), &[(STRATEGY, "greedy")]));
    let watched = LazyCell::new(|| World::of(watched(&grid(1_000, 10_000)), &[]));
    let million = LazyCell::new(|| World::of(grid(1_000_000, 10), &[]));
    let scattered = LazyCell::new(|| World::of(grid(1_000_000, 10), &[(STRATEGY, "random")]));
    let small = LazyCell::new(|| World::of(grid(1_000, 10), &[]));

    let mut rows: Vec<Row<'_>> = vec![
        Row { name: "chain-100, resets included", bar: 5e6, run: Box::new(|| links.to_digest(2_000)) },
        Row { name: "1,000 x 10,000 breadth-first", bar: 4e6, run: Box::new(|| broad.to_digest(1)) },
        Row { name: "1,000 x 10,000, every detector", bar: 4e6, run: Box::new(|| watched.to_digest(1)) },
        Row { name: "1,000 x 10,000 greedy", bar: 2.5e6, run: Box::new(|| greedy.to_digest(1)) },
        Row { name: "1,000 x 10,000 journal to disk", bar: 2e6, run: Box::new(|| broad.to_disk()) },
        Row { name: "1,000 x 10 breadth-first", bar: 0.0, run: Box::new(|| small.to_digest(20)) },
        Row { name: "1,000,000 x 10 breadth-first", bar: 0.0, run: Box::new(|| million.to_digest(1)) },
        Row { name: "1,000,000 x 10 random", bar: 0.5e6, run: Box::new(|| scattered.to_digest(1)) },
        Row { name: "1,000 x 10,000 on two threads", bar: 0.0, run: Box::new(|| broad.on_two_threads()) },
    ];
    rows.retain(|row| is_wanted(row.name));
    let lines = table(&mut rows, rounds);
    let speed = |name: &str| lines.iter().find(|line| line.name == name).map(|line| line.per_second);
    println!();
    if let (Some(small), Some(large)) = (speed("1,000 x 10 breadth-first"), speed("1,000,000 x 10 breadth-first")) {
        println!("a step with 1,000,000 credentials takes {:.2} times as long as with 1,000 (bar 2)", small / large);
    }
    if let (Some(one), Some(two)) = (speed("1,000 x 10,000 breadth-first"), speed("1,000 x 10,000 on two threads")) {
        println!("two threads make {:.2} times the steps of one (bar 1.85)", two / one);
    }
    if is_wanted("memory") {
        let before = allocations::live();
        let (_world, peak) = allocations::peak_of(|| {
            let world = World::of(grid(1_000_000, 10), &[]);
            world.digested();
            world
        });
        println!("{} bytes for each of 1,000,000 credentials at the peak (bar 500)", (peak - before) / 1_000_000);
    }
    if is_wanted("allocations") {
        for (name, world) in [("breadth-first", &*broad), ("greedy", &*greedy)] {
            let [whole, second_half] = world.allocations_per_step();
            println!("allocations per step, {name}: {second_half:.6} in the second half (bar 0), {whole:.6} in all");
        }
    }
}
