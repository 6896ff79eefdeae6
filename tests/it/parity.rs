//! With one seed, the simulator and lock-step HTTP give the same journal, event for event.

use std::fmt::Write as _;

use runaway::generate::random_world;
use runaway::plane::driver::Stop;
use runaway::run::{Kept, Plane, Prepared, RunOptions, prepare};
use runaway::scenario::{Document, Overrides};
use runaway::wire::Event;

use crate::support::{document, library};

/// Longer runs are left out; one of them is compared at night.
const MOST_REQUESTS: usize = 50_000;

/// Runs on both planes; says where they part, or how many requests they agree on.
pub fn compare(document: &Document, variant: Option<&str>) -> Result<Option<usize>, String> {
    compare_up_to(MOST_REQUESTS, document, variant)
}

fn compare_up_to(most: usize, document: &Document, variant: Option<&str>) -> Result<Option<usize>, String> {
    let stop = Stop::default();
    let prepared = prepare(document, variant, &Overrides::default(), &stop).map_err(|e| e.to_string())?;
    let simulated = simulated(&prepared, &stop);
    let requests = simulated.iter().filter(|e| matches!(e, Event::Asked { .. })).count();
    if requests > most {
        return Ok(None);
    }
    let mut over_http = Kept::default();
    prepared.run(Plane::Mock, RunOptions::default(), &stop, &mut over_http).map_err(|e| e.to_string())?;
    match first_difference(&simulated, &over_http.0) {
        None => Ok(Some(requests)),
        Some(difference) => Err(difference),
    }
}

fn simulated(prepared: &Prepared, stop: &Stop) -> Vec<Event> {
    let mut kept = Kept::default();
    prepared.simulate(stop, &mut kept).expect("a run in memory");
    kept.0
}

fn first_difference(left: &[Event], right: &[Event]) -> Option<String> {
    let parts = left.iter().zip(right).position(|(a, b)| a != b);
    let at = parts.or((left.len() != right.len()).then_some(left.len().min(right.len())))?;
    let mut out = format!("event {at} of {} and {}\n", left.len(), right.len());
    for near in at.saturating_sub(3)..at + 2 {
        let _ = writeln!(out, "  sim  {:?}\n  http {:?}", left.get(near), right.get(near));
    }
    Some(out)
}

#[test]
fn the_library_gives_one_journal_on_both_planes() {
    for entry in runaway::library::SCENARIOS {
        let document = library(entry.name);
        let variants = document.variants();
        for variant in std::iter::once(None).chain(variants.iter().map(|v| Some(v.name.as_str()))) {
            let compared = compare(&document, variant);
            assert!(!matches!(compared, Ok(Some(0)) | Err(_)), "{}@{variant:?}: {compared:?}", entry.name);
        }
    }
}

#[test]
#[ignore = "half a million requests over HTTP: at night"]
fn a_day_of_a_loop_gives_one_journal_on_both_planes() {
    let compared = compare_up_to(usize::MAX, &library("runaway-loop"), None);
    assert_eq!(compared, Ok(Some(3 * 172_800)), "a question, a paid call and a search, twice a second for a day");
}

#[test]
fn two_hundred_random_worlds_give_one_journal_on_both_planes() {
    let mut requests = 0;
    for seed in 0..200 {
        match compare(&document(&random_world(seed)), None) {
            Ok(n) => requests += n.unwrap_or(0),
            Err(difference) => panic!("random world {seed}: {difference}"),
        }
    }
    assert!(requests > 10_000, "the worlds are too quiet to compare anything: {requests} requests");
}
