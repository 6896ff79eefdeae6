//! Scenarios that a rule writes: what they promise.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::support::{document, run};
use runaway::generate::{chain, random_world};
use runaway::model::Baseline;
use runaway::plane::driver::Stop;
use runaway::run::{Behaviour, Kept, simulate};
use runaway::scenario::Overrides;
use runaway::wire::{Event, Verdict};

/// How many identities the agent has acted as after each accepted action.
fn curve(links: u32) -> Vec<usize> {
    let ran = run(&document(&chain(links)), None, &[]);
    assert_eq!(ran.verdict(), "fail", "the truth of chain-{links} holds, and its limit does not");
    let mut principals = BTreeSet::new();
    let mut curve = Vec::new();
    for event in &ran.events {
        if let Event::Asked { verdict, principal, .. } = event {
            assert_eq!(*verdict, Verdict::Accepted);
            principals.extend(*principal);
            curve.push(principals.len());
        }
    }
    curve
}

#[test]
fn a_chain_of_four_links_is_taken_in_ten_actions() {
    assert_eq!(curve(4), [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
}

#[test]
fn a_chain_of_ten_links_has_the_published_curve() {
    let curve = curve(10);
    let published = [(2, 2), (4, 3), (6, 4), (8, 5), (10, 6), (12, 7), (14, 8), (16, 9), (18, 10), (20, 11), (22, 12)];
    for (actions, nodes) in published {
        assert_eq!(curve[actions - 1], nodes, "after {actions} actions");
    }
    assert_eq!(curve.len(), 22);
}

#[test]
fn longer_chains_take_two_actions_for_each_node() {
    for (links, nodes, actions) in [(20, 22, 42), (100, 102, 202)] {
        let plan = document(&chain(links)).resolve(None, &Overrides::default()).unwrap().plan;
        assert_eq!(plan.identities(), nodes);
        assert_eq!(plan.credentials(), nodes, "the foothold, and one for each other node");
        let curve = curve(links);
        assert_eq!((curve.len(), curve.last()), (actions, Some(&(nodes as usize))));
    }
}

#[test]
fn every_random_world_checks_without_a_finding() {
    for seed in 0..1_000 {
        let mut warnings = document(&random_world(seed)).check(None).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        // A drawn defence may be one that can do nothing in a drawn world, and a drawn operation one that refuses everybody.
        let inert = ["watches", "goes by what no log tells", "the run is over", "nobody may call"];
        warnings.retain(|warning| !inert.iter().any(|words| warning.message.contains(words)));
        assert!(warnings.is_empty(), "seed {seed}: {warnings:?}");
    }
}

#[test]
fn random_worlds_are_small_and_lively() {
    let (mut total, mut idle) = (0, 0);
    for seed in 0..1_000 {
        let plan = Arc::new(document(&random_world(seed)).resolve(None, &Overrides::default()).unwrap().plan);
        let mut kept = Kept::default();
        simulate(&plan, &Baseline::empty(&plan), Behaviour::Faulty, &Stop::default(), &mut kept).unwrap();
        let requests = kept.0.iter().filter(|e| matches!(e, Event::Asked { .. })).count();
        let touched = |e: &Event| matches!(e, Event::Touched { .. } | Event::Created { .. });
        assert!(requests <= 3_000, "seed {seed}: {requests} requests");
        total += requests;
        idle += usize::from(!kept.0.iter().any(touched));
    }
    assert!(total > 50_000, "{total} requests are too few to find anything");
    assert!(idle < 350, "in {idle} of 1,000 worlds nothing was touched");
}
