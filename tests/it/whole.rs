//! Random worlds in which everything occurs that a scenario can say: they check without a finding, and what they run is
//! the same on both planes, again, and from the journal.

use std::collections::BTreeMap;

use crate::parity::compare;
use crate::support::{document, run};
use runaway::generate::random_whole_world;
use runaway::wire::Event;

const WORLDS: u64 = 150;

#[test]
fn a_whole_world_checks_without_a_finding() {
    let mut found = Vec::new();
    for seed in 0..500 {
        let yaml = random_whole_world(seed);
        let document = document(&yaml);
        if let Err(rejected) = document.resolve(None, &runaway::scenario::Overrides::default()) {
            found.push(format!("world {seed}: {rejected}"));
        }
    }
    assert!(found.is_empty(), "{} of 500\n{}", found.len(), found[..found.len().min(12)].join("\n"));
}

#[test]
fn whole_worlds_give_one_journal_on_both_planes() {
    let mut requests = 0;
    for seed in 0..WORLDS {
        match compare(&document(&random_whole_world(seed)), None) {
            Ok(n) => requests += n.unwrap_or(0),
            Err(difference) => panic!("whole world {seed}: {difference}"),
        }
    }
    assert!(requests > 10_000, "the worlds are too quiet to compare anything: {requests} requests");
}

/// Everything that the generator can draw happens somewhere, or it proves nothing.
#[test]
fn whole_worlds_are_lively() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..WORLDS {
        let ran = run(&document(&random_whole_world(seed)), None, &[]);
        for event in &ran.events {
            let name = match event {
                Event::Obeyed { .. } => "obeyed",
                Event::Turned { .. } => "turned",
                Event::Consulted { .. } => "consulted",
                Event::Said { .. } => "said",
                Event::Alarm { .. } => "alarm",
                Event::Acted { worked: true, .. } => "acted",
                Event::Acted { worked: false, .. } => "failed",
                Event::Cancelled { .. } => "cancelled",
                Event::Minted { actor: Some(_), .. } => "delegated",
                _ => continue,
            };
            *seen.entry(name).or_default() += 1;
        }
    }
    for name in ["obeyed", "turned", "consulted", "said", "alarm", "acted", "failed", "cancelled", "delegated"] {
        assert!(seen.get(name).is_some_and(|n| *n >= 3), "{name}: {seen:?}");
    }
}
