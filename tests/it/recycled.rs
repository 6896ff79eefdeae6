//! A simulator that has run other things writes the journals of a new one: nothing of a run is left for the next.

use std::sync::Arc;

use rayon::prelude::*;

use crate::support::{document, library};
use runaway::generate::{random_whole_world, random_world};
use runaway::journal::Digest;
use runaway::model::{Baseline, Draws, Plan, Stream};
use runaway::plane::driver::{Sink, Stop};
use runaway::run::{Behaviour, HUMAN, Kept, Simulator, prepare, simulate};
use runaway::scenario::{Document, Overrides};
use runaway::wire::{ActorId, CollId, Event, InstructionId};

/// One run, and the journal that a new simulator writes of it.
struct Run {
    name: String,
    plan: Arc<Plan>,
    baseline: Baseline,
    behaviour: Behaviour,
    digest: String,
}

/// Longer runs are left out.
const MOST_EVENTS: usize = 50_000;

fn digest(events: &[Event]) -> String {
    let mut digest = Digest::new("recycled", None, 1, &serde_json::Value::Null);
    digest.events(events);
    digest.finish()
}

/// What can be run of a scenario under a seed.
fn runs(name: &str, document: &Document, variant: Option<&str>, seed: u64) -> Vec<Run> {
    let overrides = Overrides { seed: Some(seed), ..Overrides::default() };
    let prepared = prepare(document, variant, &overrides, &Stop::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let (plan, baseline) = (prepared.plan, prepared.baseline);
    let mut behaviours = vec![Behaviour::Faulty, Behaviour::Sane, Behaviour::FaultyByHand(HUMAN)];
    if let Some(reads) = plan.collections.iter().position(|coll| !coll.plants.is_empty()) {
        let (agent, instruction) = (ActorId::new(0), InstructionId::new(0));
        behaviours.push(Behaviour::OneAlone { agent, instruction, reads: CollId::at(reads) });
    }
    let run = |behaviour| {
        let mut kept = Kept::default();
        simulate(&plan, &baseline, behaviour, &Stop::default(), &mut kept).expect("a run in memory");
        let name = format!("{name}@{variant:?} under {seed}, {behaviour:?}");
        let (plan, baseline, digest) = (plan.clone(), baseline.clone(), digest(&kept.0));
        (kept.0.len() <= MOST_EVENTS).then_some(Run { name, plan, baseline, behaviour, digest })
    };
    behaviours.into_iter().filter_map(run).collect()
}

/// Runs all of them again and again in an order that is drawn, on one simulator.
fn compare(runs: &[Run], order: u64) {
    let mut draws = Stream::new(order, Draws::Index, 0);
    let mut simulator = Simulator::default();
    for _ in 0..3 * runs.len() {
        let run = &runs[draws.below(runs.len() as u64) as usize];
        // Some are done twice in a row.
        for _ in 0..=draws.below(2) {
            let mut kept = Kept::default();
            let end = simulator.run(&run.plan, &run.baseline, run.behaviour, &Stop::default(), &mut kept);
            end.expect("a run in memory");
            assert_eq!(digest(&kept.0), run.digest, "{}", run.name);
        }
    }
}

#[test]
fn the_library_is_run_by_one_simulator_as_by_many() {
    runaway::library::SCENARIOS.par_iter().enumerate().for_each(|(at, entry)| {
        let document = library(entry.name);
        let variants = document.variants();
        let variants = std::iter::once(None).chain(variants.iter().map(|v| Some(v.name.as_str())));
        let all: Vec<Run> =
            variants.zip(1..).flat_map(|(variant, seed)| runs(entry.name, &document, variant, seed)).collect();
        assert!(!all.is_empty(), "{} is too long", entry.name);
        compare(&all, at as u64);
    });
}

#[test]
fn random_worlds_are_run_by_one_simulator_as_by_many() {
    (0..25u64).into_par_iter().for_each(|group| {
        let texts = (0..4).flat_map(|n| [random_world(4 * group + n), random_whole_world(4 * group + n)]);
        let all: Vec<Run> =
            texts.flat_map(|text| [1, 2].map(|seed| runs("random", &document(&text), None, seed))).flatten().collect();
        compare(&all, group);
    });
}

/// Ends a run when its first events come.
struct Stopping(Stop);

impl Sink for Stopping {
    fn events(&mut self, _: &[Event]) -> std::io::Result<()> {
        self.0.now();
        Ok(())
    }
}

#[test]
fn a_run_that_was_stopped_on_its_way_leaves_nothing() {
    let all = runs("moltbook", &library("moltbook"), Some("rotated-first"), 1);
    let mut simulator = Simulator::default();
    for run in &all {
        let stop = Stop::default();
        let end = simulator.run(&run.plan, &run.baseline, run.behaviour, &stop, &mut Stopping(stop.clone()));
        end.expect("a run in memory");
        let mut kept = Kept::default();
        let end = simulator.run(&run.plan, &run.baseline, run.behaviour, &Stop::default(), &mut kept);
        end.expect("a run in memory");
        assert_eq!(digest(&kept.0), run.digest, "{}", run.name);
    }
}
