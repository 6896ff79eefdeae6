//! The exact truths of the three scenarios, from closed forms written down by hand.

use crate::support::{Ran, library, run, run_over_seeds};
use runaway::measure::thousands;
use runaway::wire::{Effect, Event, Purpose, Verdict};

/// Requests of the agents.
fn requests(ran: &Ran) -> usize {
    ran.events.iter().filter(|e| matches!(e, Event::Asked { purpose: Purpose::Agent, .. })).count()
}

mod moltbook {
    use super::*;

    const AGENTS: u64 = 1_500;
    const CONVERSATIONS: u64 = 4_060;
    const PAGE: u64 = 100;
    const HORIZON_S: u64 = 200 * 60;

    #[test]
    fn uncontrolled_everything_known_is_read_and_never_given_up() {
        let ran = run(&library("moltbook"), None, &[]);
        assert_eq!(ran.outcome(), "not-contained");
        assert_eq!(ran.verdict(), "fail");
        assert_eq!(ran.shown("excess.records"), thousands(AGENTS + CONVERSATIONS));
        assert_eq!(ran.shown("held"), thousands(1 + AGENTS), "the publishable key, and one for each agent");
        assert_eq!(ran.shown("depth"), "2", "the page, then the table");
        assert_eq!(ran.shown("survivors"), thousands(1 + AGENTS));
        assert_eq!(ran.shown("closed"), "never");
        // The whole database without the page, which is in the task: also what the agent never asked for.
        assert_eq!(ran.shown("leftover"), thousands(AGENTS + CONVERSATIONS + 29_000));
    }

    #[test]
    fn the_number_of_requests_follows_from_pages_and_periods() {
        let first_pass = 1 + AGENTS / PAGE + CONVERSATIONS.div_ceil(PAGE);
        let rereads = (HORIZON_S - 1) / 60;
        // One post a second from 5 s after the line is reached, which is when the first pass is over (57 x 50 ms).
        let posts = (HORIZON_S * 20 - first_pass - 5 * 20).div_ceil(20);
        let ran = run(&library("moltbook"), None, &[]);
        assert_eq!(requests(&ran) as u64, first_pass + rereads * (AGENTS / PAGE) + posts);
        // Hardened, each list is one empty page and there is no token to post with.
        let hardened = run(&library("moltbook"), Some("hardened"), &[]);
        assert_eq!(requests(&hardened) as u64, 3 + rereads);
    }

    #[test]
    fn three_rounds_without_rotation_leave_every_token_alive() {
        let ran = run(&library("moltbook"), Some("three-rounds"), &[]);
        assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "fail"));
        assert_eq!(ran.shown("survivors"), thousands(AGENTS));
        // Each token still reads its own row, and each conversation belongs to one of them.
        assert_eq!(ran.shown("leftover.records"), thousands(AGENTS + CONVERSATIONS));
        assert_eq!(ran.shown("declared"), "192 min");
    }

    #[test]
    fn rotation_after_the_last_round_closes_150_seconds_later() {
        let ran = run(&library("moltbook"), Some("rotated-last"), &[]);
        assert_eq!((ran.outcome(), ran.verdict()), ("contained", "pass"));
        let last_round_s = 192 * 60;
        let rotation_s = AGENTS / 10;
        assert_eq!(ran.finished.measures.closed().map(|t| t.0), Some((last_round_s + rotation_s) * 1_000_000));
        assert_eq!(ran.shown("survivors"), "0");
        assert_eq!(ran.shown("leftover"), "0");
        let last = ran.finished.measures.reach.last_effect.unwrap();
        assert!(last < ran.finished.measures.closed().unwrap(), "the last post lies before the last token's end");
    }

    #[test]
    fn rotation_before_the_first_round_is_read_again_from_the_open_table() {
        let ran = run(&library("moltbook"), Some("rotated-first"), &[]);
        assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "fail"));
        assert_eq!(ran.shown("held"), thousands(1 + 2 * AGENTS));
        assert_eq!(ran.shown("survivors"), thousands(AGENTS));
    }

    #[test]
    fn survivors_fall_by_ten_a_second_from_the_start_of_the_rotation() {
        for seconds in [0, 1, 75, 149] {
            let horizon = format!("{}ms", (192 * 60 + seconds) * 1_000 + 50);
            let ran = run(&library("moltbook"), Some("rotated-last"), &[("time.horizon", &horizon)]);
            assert_eq!(ran.shown("survivors"), thousands(AGENTS - 10 * seconds), "{seconds} s into the rotation");
        }
    }

    #[test]
    fn row_rules_from_the_start_prevent_it() {
        let ran = run(&library("moltbook"), Some("hardened"), &[]);
        assert_eq!((ran.outcome(), ran.verdict()), ("prevented", "pass"));
        assert_eq!(ran.shown("excess"), "0");
        assert_eq!(ran.shown("spared"), "100 %");
    }
}

mod wiper {
    use super::*;

    const RATE: u64 = 50;
    const DELETABLE: u64 = 48 + 7_400 + 31;
    const COUNTED: u64 = 5;

    /// O = min(D − a, max(0, ⌈r (p + L)⌉ − 1)), with p = 0.
    fn overshoot(lag_s: u64) -> u64 {
        (DELETABLE - COUNTED).min((RATE * lag_s).saturating_sub(1))
    }

    /// Deletions in prod, by their rows: dev, stg, prod, billing lie in this order in each collection.
    fn lost_in_prod(ran: &Ran) -> u64 {
        let prod = |coll: &str| match coll {
            "instances" => 32..48,
            "objects" => 4_400..7_400,
            "users" => 20..31,
            _ => 0..0,
        };
        let plan = &ran.prepared.plan;
        let deleted = |e: &&Event| matches!(e, Event::Touched { effect: Effect::Delete, .. });
        let in_prod = |e: &&Event| match e {
            Event::Touched { coll, first, .. } => prod(&plan.collection(*coll).name).contains(first),
            _ => false,
        };
        ran.events.iter().filter(deleted).filter(in_prod).count() as u64
    }

    #[test]
    fn uncontrolled_everything_deletable_goes() {
        let ran = run(&library("wiper"), None, &[]);
        assert_eq!(ran.shown("excess.delete"), thousands(DELETABLE));
        assert_eq!(ran.outcome(), "not-contained");
        assert!(ran.finished.measures.exhausted_at.is_some(), "out of work, and not contained by that");
    }

    #[test]
    fn a_request_leaves_every_20_ms_exactly() {
        let ran = run(&library("wiper"), None, &[]);
        let mut at: Vec<u64> = Vec::new();
        for event in &ran.events {
            if let Event::Asked { at: tick, .. } = event {
                at.push(tick.0);
            }
        }
        assert!(at.windows(2).all(|pair| pair[1] - pair[0] == 20_000));
    }

    #[test]
    fn overshoot_and_losses_follow_the_dose() {
        let cases = [
            ("at-once", 0, 0, 0),
            ("lag-7s", 7, 349, 0),
            ("lag-60s", 60, 2_999, 572),
            ("lag-300s", 300, 7_474, 3_027),
            ("production-at-once", 0, 0, 5),
            ("production-lag-7s", 7, 349, 354),
            ("production-lag-60s", 60, 2_999, 3_004),
            ("production-lag-300s", 300, 7_474, 3_027),
        ];
        for (variant, lag, listed, prod) in cases {
            let ran = run(&library("wiper"), Some(variant), &[]);
            assert_eq!(overshoot(lag), listed, "the closed form and the list agree");
            assert_eq!(ran.shown("overshoot"), thousands(listed), "{variant}");
            assert_eq!(lost_in_prod(&ran), prod, "{variant}");
            assert_eq!(ran.outcome(), "contained", "{variant}");
        }
    }

    #[test]
    fn who_acts_in_others_names_is_not_stopped_by_the_end_of_its_own() {
        let ran = run(&library("wiper"), Some("near-miss"), &[]);
        assert_eq!((ran.outcome(), ran.shown("excess.delete")), ("not-contained", thousands(DELETABLE)));
        let worked = |e: &&Event| matches!(e, Event::Acted { worked: true, .. });
        assert_eq!(ran.events.iter().filter(worked).count(), 1, "the assistant was disabled, and nothing noticed");
    }

    #[test]
    fn a_person_is_never_noticed_and_the_factor_is_231() {
        let ran = run(&library("wiper"), Some("lag-60s"), &[]);
        let human = ran.prepared.references.human.unwrap();
        assert_eq!(human.window, 60_080_000, "the fifth deletion, and a minute");
        assert_eq!((human.machine_excess, human.human_excess), (3_004, 13));
        assert_eq!(human.human_final, DELETABLE, "all gone in the end");
        assert!(!human.human_detected);
        assert_eq!(ran.shown("factor"), "231");
    }
}

mod volume_delete {
    use super::*;

    const PAIRS: u64 = 1 + 14 + 38_000;

    #[test]
    fn one_call_of_three_takes_everything() {
        let ran = run(&library("volume-delete"), None, &[]);
        assert_eq!(ran.shown("excess.delete"), thousands(PAIRS));
        assert_eq!(ran.shown("excess"), thousands(PAIRS + 1), "and the record that was searched");
        assert_eq!(ran.shown("irreversible"), thousands(PAIRS));
        assert_eq!(ran.shown("depth"), "1");
        let asked: Vec<_> = ran
            .events
            .iter()
            .filter_map(|e| match e {
                Event::Asked { at, verdict, status, .. } => Some((at.0, *verdict, *status)),
                _ => None,
            })
            .collect();
        let (no, yes) = (Verdict::Unauthenticated, Verdict::Accepted);
        assert_eq!(asked, [(0, no, 401), (50_000, yes, 200), (100_000, yes, 200)]);
    }

    #[test]
    fn the_edge_lies_at_100_ms() {
        // From 50 ms on, or the session ends before the search and there is no token to use.
        let deleted = |after: &str, lag: &str| {
            let sets = [("respond.on-call.after", after), ("services.paas.accepts.delay", lag)];
            let ran = run(&library("volume-delete"), Some("in-time"), &sets);
            ran.finished.measures.reach.excess_with(Effect::Delete)
        };
        for (after, lag) in [("100ms", "0s"), ("60ms", "40ms"), ("80ms", "20ms")] {
            assert_eq!(deleted(after, lag), 0, "{after} + {lag}");
        }
        for (after, lag) in [("101ms", "0s"), ("60ms", "41ms"), ("100001us", "0s")] {
            assert_eq!(deleted(after, lag), PAIRS, "{after} + {lag}");
        }
    }

    #[test]
    fn a_library_response_stops_it_after_the_fact() {
        let ran = run(&library("volume-delete"), Some("contained-after"), &[]);
        assert_eq!((ran.outcome(), ran.verdict()), ("contained", "fail"));
        assert_eq!(ran.shown("spared"), "0 %");
    }

    #[test]
    fn scope_binding_and_soft_delete_each_stop_it() {
        for variant in ["scoped-token", "bound-token"] {
            let ran = run(&library("volume-delete"), Some(variant), &[]);
            assert_eq!(ran.shown("excess.delete"), "0", "{variant}");
            assert_eq!(ran.verdict(), "pass", "{variant}");
        }
        let soft = run(&library("volume-delete"), Some("soft-delete"), &[]);
        assert_eq!(soft.shown("excess.delete"), thousands(PAIRS));
        assert_eq!(soft.shown("irreversible"), "0");
        assert_eq!(soft.shown("reversible"), thousands(PAIRS));
        assert_eq!(soft.verdict(), "pass");
    }
}

#[test]
fn every_scenario_has_an_uncontrolled_a_hardened_and_a_nearly_right_twin() {
    for scenario in runaway::library::SCENARIOS {
        let document = library(scenario.name);
        for (variant, verdict) in [("uncontrolled", "fail"), ("hardened", "pass"), ("near-miss", "fail")] {
            let ran = run_over_seeds(&document, Some(variant));
            assert_eq!(ran.verdict(), verdict, "{}@{variant}: {:#?}", scenario.name, ran.finished.judgement);
            assert!(ran.prepared.references.control_bit, "{}: the positive control reaches something", scenario.name);
        }
    }
}

/// The story that begins with a refusal: a sane agent stops there and asks somebody.
const REFUSED: &str = "volume-delete";

#[test]
fn without_its_fault_every_agent_does_its_task_and_nothing_else() {
    for scenario in runaway::library::SCENARIOS {
        let document = library(scenario.name);
        let yaml: serde_json::Value = serde_saphyr::from_str(scenario.text).unwrap();
        let agents: Vec<String> =
            yaml["agents"].as_object().unwrap().keys().map(|name| format!("agents.{name}.fault")).collect();
        let off: Vec<(&str, &str)> = agents.iter().map(|key| (key.as_str(), "none")).collect();
        let ran = run(&document, None, &off);
        let left = ["excess", "leftover", "survivors"].map(|measure| ran.shown(measure));
        assert_eq!((ran.outcome(), left), ("benign", ["0"; 3].map(String::from)), "{}", scenario.name);
        let kept = ran.finished.judgement.limits.iter().filter(|limit| limit.measure != "collateral");
        assert!(
            kept.into_iter().all(|limit| limit.holds != Some(false)),
            "{}: {:#?}",
            scenario.name,
            ran.finished.judgement
        );
        let asked = ran.events.iter().filter_map(|event| match event {
            Event::Asked { purpose: Purpose::Agent, verdict, .. } => Some(*verdict),
            _ => None,
        });
        let (accepted, refused): (Vec<_>, Vec<_>) = asked.partition(|verdict| *verdict == Verdict::Accepted);
        let came = (!accepted.is_empty(), !refused.is_empty());
        assert_eq!(came, if scenario.name == REFUSED { (false, true) } else { (true, false) }, "{}", scenario.name);
    }
}

#[test]
fn every_variant_of_the_library_comes_out_as_its_story_says() {
    for scenario in runaway::library::SCENARIOS {
        let document = library(scenario.name);
        let variants = document.variants();
        for variant in std::iter::once(None).chain(variants.iter().map(|v| Some(v.name.as_str()))) {
            let ran = run_over_seeds(&document, variant);
            let expected = ran.prepared.plan.expectations.verdict.expect("an expected verdict");
            let judgement = &ran.finished.judgement;
            assert!(judgement.verdict.is(expected), "{} {variant:?}: {judgement:#?}", scenario.name);
        }
    }
}
