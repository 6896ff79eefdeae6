//! The exact truths of the scenarios in which instructions spread, from closed forms written down by hand.

use crate::support::{library, run, run_over_seeds};
use runaway::measure::{Measured, thousands};
use runaway::plane::driver::Stop;
use runaway::run::prepare;
use runaway::scenario::Overrides;

mod heartbeat_worm {
    use super::*;

    const MEMBERS: u64 = 200;
    const WITH_TOKENS: u64 = 30;
    const CONTACTS: u64 = 30;
    const PAGE: f64 = 25.0;

    #[test]
    fn uncontrolled_everybody_is_turned_at_the_first_heartbeat_and_does_it_all() {
        let ran = run(&library("heartbeat-worm"), None, &[]);
        assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "fail"));
        assert_eq!(ran.shown("turned"), thousands(MEMBERS));
        assert_eq!(ran.shown("used"), thousands(MEMBERS + 2 * WITH_TOKENS), "feed, mail and storage tokens");
        assert_eq!(ran.shown("excess.send"), thousands(WITH_TOKENS * CONTACTS));
        // Who has been turned repeats it with every heartbeat of the day, six of them.
        assert_eq!(ran.shown("excess.creations"), thousands(MEMBERS * 6));
        let last = ran.finished.measures.contagion.curve.last().unwrap().0;
        assert!(last.0 < 4 * 3_600_000_000 + 1_000_000, "at its first heartbeat: {last}");
    }

    /// One post stands on the page until 25 newer ones have been written, 200 m of them in four hours, and 199 others
    /// read once in that time: 199 * 25 / (200 m).
    #[test]
    fn r0_of_one_post_is_the_page_over_what_is_written_in_a_heartbeat() {
        let document = library("heartbeat-worm");
        for (m, threshold) in [(5, None), (25, Some(1.0))] {
            let sets = [
                ("agents.members.fault.spread.repeats".to_owned(), "once".to_owned()),
                ("time.horizon".to_owned(), "8h".to_owned()),
                ("benign.writers.told.0.times".to_owned(), format!("{m} per 4h")),
            ];
            let overrides = Overrides { sets: sets.to_vec(), seed: None };
            let stop = Stop::default();
            let mut prepared = prepare(&document, None, &overrides, &stop).unwrap();
            prepared.count_offspring(60, &stop).unwrap();
            let r0 = prepared.references.offspring.as_ref().unwrap().r0();
            let Measured::Sampled { lo, hi, .. } = r0 else { panic!("a sample") };
            let theory = (MEMBERS - 1) as f64 * PAGE / (MEMBERS * m) as f64;
            assert!(lo <= theory && theory <= hi, "m = {m}: {r0}, not {theory}");
            if let Some(one) = threshold {
                assert!((theory - one).abs() < 0.01, "the threshold of dilution is a page for each member");
            }
        }
    }

    #[test]
    fn one_owner_is_a_tenth_of_the_agents_and_no_more() {
        let ran = run(&library("heartbeat-worm"), Some("near-miss"), &[]);
        assert_eq!(ran.verdict(), "fail");
        let turned = ran.finished.measures.contagion.turned();
        // The 180 of the other owners, and those of the twenty whose first heartbeat lay in the first hour.
        let early = ran
            .prepared
            .plan
            .agents
            .iter()
            .zip(1..)
            .filter(|(agent, n)| n % 10 == 1 && agent.starts.0 + 50_000 < 3_600_000_000)
            .count() as u64;
        assert_eq!(turned, MEMBERS - MEMBERS / 10 + early);
    }

    #[test]
    fn what_is_signed_or_removed_in_time_turns_nobody() {
        for variant in ["hardened", "post-removed"] {
            let ran = run_over_seeds(&library("heartbeat-worm"), Some(variant));
            assert_eq!(
                (ran.outcome(), ran.verdict(), ran.shown("turned")),
                ("prevented", "pass", "0".into()),
                "{variant}"
            );
        }
    }
}

mod build_postinstall {
    use super::*;

    const TEAMS: u64 = 12;
    const MINUTES_10: u64 = 600_000_000;

    /// Turned by t: min(12, 1 + t / 10 min), rounded down; an answer takes 50 ms.
    #[test]
    fn a_team_each_ten_minutes() {
        let ran = run(&library("build-postinstall"), None, &[]);
        let curve = &ran.finished.measures.contagion.curve;
        let expected: Vec<(u64, u64)> = (0..TEAMS).map(|k| (k * MINUTES_10 + 50_000, k + 1)).collect();
        assert_eq!(curve.iter().map(|(at, n)| (at.0, *n)).collect::<Vec<_>>(), expected);
        assert_eq!(ran.finished.measures.contagion.generations, [1; TEAMS as usize]);
    }

    #[test]
    fn each_team_loses_its_environment_its_objects_and_its_packages() {
        let ran = run(&library("build-postinstall"), None, &[]);
        assert_eq!(ran.shown("excess.read"), thousands(TEAMS * (1 + 400)));
        assert_eq!(ran.shown("excess.write"), thousands(TEAMS * 5));
        assert_eq!(ran.shown("held"), thousands(TEAMS * (1 + 3)), "the session of the job, and what lay there");
        assert_eq!(ran.verdict(), "fail");
    }

    #[test]
    fn after_fourteen_minutes_two_teams_have_published() {
        let ran = run(&library("build-postinstall"), Some("revoked-at-14min"), &[]);
        assert_eq!(ran.shown("excess.write"), thousands(2 * 5));
        assert_eq!(ran.shown("excess.read"), thousands(3 + 2 * 400), "the third reads an environment of dead keys");
        assert_eq!(ran.shown("turned"), "3");
    }

    #[test]
    fn what_keeps_it_from_publishing_ends_it_with_the_second_team() {
        for (variant, published) in [("hardened", 1), ("two-people", 0), ("cooldown", 0)] {
            let ran = run(&library("build-postinstall"), Some(variant), &[]);
            assert_eq!(
                (ran.shown("turned"), ran.shown("excess.write")),
                ("2".into(), published.to_string()),
                "{variant}"
            );
            assert_eq!(ran.verdict(), "pass", "{variant}");
        }
    }

    #[test]
    fn egress_keeps_the_secrets_inside_and_the_script_going() {
        let ran = run(&library("build-postinstall"), Some("near-miss"), &[]);
        assert_eq!((ran.shown("excess.creations"), ran.shown("excess.write")), ("0".into(), "60".into()));
        assert_eq!((ran.shown("turned"), ran.verdict()), ("12".into(), "fail"));
    }
}
