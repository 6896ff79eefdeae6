//! As many agents as one run takes.

use crate::support::{document, library, run};
use runaway::scenario::Overrides;

const MEMBERS: &str = "identities.member.count";

/// The worm among 2,000: all are turned, and each writes once with each of six heartbeats.
#[test]
fn a_crowd_is_turned_to_the_last() {
    let ran = run(&library("heartbeat-worm"), None, &[(MEMBERS, "2_000")]);
    assert_eq!(ran.shown("turned"), "2,000");
    assert_eq!(ran.shown("excess.creations"), "12,000");
}

/// The same among a hundred thousand, which takes a while: `.ci/nightly` does it.
#[test]
#[ignore = "minutes"]
fn a_hundred_thousand_agents_run() {
    let ran = run(&library("heartbeat-worm"), None, &[(MEMBERS, "100_000")]);
    assert_eq!(ran.shown("turned"), "100,000");
    // Six each, but for who begins within a latency of the end of the first four hours.
    let created: u32 = ran.shown("excess.creations").replace(',', "").parse().unwrap();
    assert!((599_990..=600_000).contains(&created), "{created}");
}

/// Whose each credential is, is looked up for each of a crowd: the credentials of 60,000 are no reason to wait.
#[test]
fn a_large_crowd_is_read_in_reasonable_time() {
    let overrides = Overrides { sets: vec![(MEMBERS.into(), "60_000".into())], seed: None };
    let plan = library("heartbeat-worm").resolve(None, &overrides).unwrap().plan;
    assert_eq!((plan.agents.len(), plan.benign.len()), (60_000, 60_000));
    let last = plan.agents.last().unwrap();
    let (family, index) = last.holds[0];
    assert_eq!((plan.credential_name(family, index), last.holds.len()), ("feed-token-60000".to_owned(), 1));
    assert_eq!(plan.agents[29].holds.len(), 3, "the thirtieth has a token of each family");
    let beyond = Overrides { sets: vec![(MEMBERS.into(), "100_001".into())], seed: None };
    assert!(document(runaway::library::find("heartbeat-worm").unwrap().text).resolve(None, &beyond).is_err());
}
