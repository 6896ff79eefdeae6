//! What is said over many seeds: shares against theory, the same whatever the order, kept in the journal.

use std::fs;
use std::sync::Arc;

use rayon::ThreadPoolBuilder;

use crate::binary::{files, run_into, runaway};
use crate::support::{document, library, run, run_over_seeds};
use runaway::measure::registry::{MEASURES, Measure, Needs};
use runaway::measure::{Seeds, claimed};
use runaway::plane::driver::Stop;
use runaway::run::{Comparison, prepare};
use runaway::scenario::{Document, Overrides};

const TWO_AGENTS: &str = include_str!("../formats/seeds.yaml");

/// A scenario under so many seeds from one on.
fn over(document: &Document, variant: Option<&str>, first: u64, seeds: u32, measures: &[&'static Measure]) -> Seeds {
    let overrides = Overrides { seed: Some(first), ..Overrides::default() };
    let stop = Stop::default();
    let comparison = Comparison::of(document, variant, &overrides).unwrap();
    let mut prepared = comparison.prepare(&stop).unwrap();
    Arc::make_mut(&mut prepared.plan).expectations.over(seeds);
    prepared.repeat_over_seeds(&comparison, measures, &stop).unwrap();
    prepared.references.seeds.expect("more than one seed")
}

fn of_claims(document: &Document, first: u64, seeds: u32) -> Seeds {
    over(document, None, first, seeds, &claimed(&run(document, None, &[]).prepared.plan))
}

/// Each of two agents is in time with a chance of 1/4: both are in 1/16, at least one is late in 15/16.
#[test]
fn shares_follow_from_the_chance_of_a_start_in_time() {
    let ran = run_over_seeds(&document(TWO_AGENTS), None);
    assert_eq!(ran.verdict(), "pass", "{:#?}", ran.finished.judgement.reasons);
    let seeds = ran.prepared.references.seeds.as_ref().unwrap();
    assert_eq!((seeds.first, seeds.count), (1, 800));
    let [both, late, all] = seeds.tallies[..] else { panic!("three claims: {:?}", seeds.tallies) };
    assert_eq!((both.of, late.of, all.of), (800, 40, 40), "each over as many as it says");
    let (lo, hi) = both.interval();
    assert!(lo < 1.0 / 16.0 && 1.0 / 16.0 < hi, "{lo} to {hi}");
    assert!((lo..hi).contains(&(f64::from(both.held) / 800.0)) && hi - lo < 0.05);
    assert_eq!(all.held, 40);
    // 9/16, 6/16 and 1/16 of the seeds have 0, 1 and 2, so the median is 0 and 95 % have at most 2.
    let excess = seeds.spreads.iter().find(|spread| spread.measure == "excess").unwrap();
    assert_eq!(excess.shown(), ["0", "0", "0", "2", "2"]);
}

#[test]
fn a_share_that_cannot_be_true_contradicts_the_scenario() {
    for (written, probability) in [("6.25%", "9%"), ("6.25%", "4%")] {
        let wrong = TWO_AGENTS.replace(written, probability);
        let ran = run_over_seeds(&document(&wrong), None);
        assert_eq!(ran.verdict(), "inconclusive", "{probability}");
        let reasons = &ran.finished.judgement.reasons;
        assert!(reasons.iter().any(|why| why.starts_with("contradicts its truth: excess is 2 in ")), "{reasons:?}");
    }
}

#[test]
fn a_limit_over_seeds_is_broken_held_or_open() {
    let verdict = |limit: &str| {
        let text = TWO_AGENTS.replace("limits: {excess: {at_most: 2, probability: 100%}}", limit);
        run_over_seeds(&document(&text), None).verdict()
    };
    // At most 1 in 15/16 of the seeds.
    assert_eq!(verdict("limits: {excess: {at_most: 1, probability: 70%}}"), "pass");
    assert_eq!(verdict("limits: {excess: {at_most: 1, probability: 100%, seeds: 400}}"), "fail");
    assert_eq!(verdict("limits: {excess: {at_most: 1, probability: 93%, seeds: 10}}"), "inconclusive");
    assert_eq!(verdict("limits: {excess: {at_least: 1, probability: 90%}}"), "fail", "in 7/16 only");
}

#[test]
fn a_seed_counts_the_same_alone_and_in_a_row() {
    let document = document(TWO_AGENTS);
    let excess = MEASURES.iter().find(|measure| measure.key == "excess").unwrap();
    let row = over(&document, None, 7, 12, &[excess]);
    let alone = |seed: u64| {
        let overrides = Overrides { seed: Some(seed), ..Overrides::default() };
        let stop = Stop::default();
        let prepared = prepare(&document, None, &overrides, &stop).unwrap();
        let mut events = runaway::run::Kept::default();
        prepared.simulate(&stop, &mut events).unwrap();
        prepared.finish(&events.0, false).measures.reach.excess.len() as f64
    };
    let mut alone: Vec<f64> = (7..19).map(alone).collect();
    alone.sort_by(f64::total_cmp);
    let quantiles = &row.spreads[0].quantiles;
    assert_eq!((quantiles[0], quantiles[2], quantiles[4]), (Some(alone[0]), Some(alone[5]), Some(alone[11])));
    let both = alone.iter().filter(|excess| **excess == 2.0).count();
    assert_eq!(row.tallies[0].held as usize, both);
}

#[test]
fn the_number_of_threads_changes_no_share() {
    let document = document(TWO_AGENTS);
    let on = |threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| of_claims(&document, 1, 60))
    };
    let alone = on(1);
    assert_eq!(on(2), alone);
    assert_eq!(on(8), alone);
    assert_ne!(of_claims(&document, 2, 60), alone);
}

/// A measure is compared with no more than it needs when it is asked for alone, and comes out the same.
#[test]
fn a_measure_alone_is_what_it_is_among_all() {
    let all: Vec<&'static Measure> = MEASURES.iter().collect();
    for (document, variant) in [(document(TWO_AGENTS), None), (library("volume-delete"), Some("contained-after"))] {
        let together = over(&document, variant, 1, 2, &all);
        for (measure, spread) in all.iter().zip(&together.spreads).filter(|(m, _)| m.needs() < Needs::HumanPace) {
            let alone = over(&document, variant, 1, 2, &[measure]);
            assert_eq!(&alone.spreads[0], spread, "{}", measure.key);
        }
    }
}

#[test]
fn a_run_says_how_it_comes_out_under_other_seeds_and_its_replay_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let [yaml, out, again] = ["two.yaml", "out", "again"].map(|name| folder.path().join(name));
    fs::write(&yaml, TWO_AGENTS).unwrap();
    run_into(yaml.to_str().unwrap(), &out);
    let summary = fs::read_to_string(out.join("summary.txt")).unwrap();
    assert!(summary.contains("under 800 seeds, from 1 on"), "{summary}");
    assert!(summary.contains("excess: 2 in "), "{summary}");
    let journal = out.join("journal.ndjson");
    runaway(["replay", journal.to_str().unwrap(), "--out", again.to_str().unwrap()]);
    let wrote: Vec<_> = files(&out).into_iter().filter(|(name, _)| name != "journal.ndjson").collect();
    assert!(files(&again) == wrote, "the replay knows what the run knew");
}

#[test]
fn somebody_may_ask_for_more_seeds_than_the_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let ran = runaway(["run", "volume-delete", "--seeds", "5", "--out", out, "--quiet"]);
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
    let run: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("run.json")).unwrap()).unwrap();
    assert_eq!(run["seeds"]["count"], 5);
    let spreads = run["seeds"]["spreads"].as_array().unwrap();
    // Nothing is drawn in it: 38,016 pairs under every seed.
    let excess = spreads.iter().find(|spread| spread["measure"] == "excess").unwrap();
    assert_eq!(excess["quantiles"], serde_json::json!([38_016.0, 38_016.0, 38_016.0, 38_016.0, 38_016.0]));
    let outcome = spreads.iter().find(|spread| spread["measure"] == "outcome").unwrap();
    assert_eq!(outcome["words"], serde_json::json!({"not-contained": 5}));
}

/// What a seed decides is drawn anew: nothing else in a scenario depends on it, so one that is resolved once is resolved
/// for all seeds.
#[test]
fn a_scenario_under_another_seed_is_the_one_in_which_that_seed_is_written() {
    let mut drawn = 0;
    let random = (0..40).map(|n| document(&runaway::generate::random_world(n)));
    for document in runaway::library::SCENARIOS.iter().map(|story| document(story.text)).chain(random) {
        let as_written = document.resolve(None, &Overrides::default()).unwrap().plan;
        for seed in [0, 7, u64::MAX] {
            let overrides = Overrides { seed: Some(seed), ..Overrides::default() };
            let resolved = document.resolve(None, &overrides).unwrap().plan;
            assert_eq!(format!("{:?}", as_written.under(seed)), format!("{resolved:?}"), "{}", document.name());
        }
        drawn += as_written.agents.iter().chain(&as_written.benign).filter(|who| who.starts_within.is_some()).count();
    }
    assert!(drawn > 10, "{drawn} start at a time that the seed draws");
}
