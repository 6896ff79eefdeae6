//! Approvals against their closed forms: who always says no, who always says yes, who is tired.

use crate::parity::compare;
use crate::support::{Ran, document, run, run_seed};
use runaway::wire::{Event, Purpose, Verdict};

const SECOND: u64 = 1_000_000;

/// Eight resources, an agent that destroys them one by one, and a control over that.
fn scenario(approval: &str, rest: &str) -> String {
    format!(
        r#"
runaway: 1
name: approvals
time: {{horizon: 1h}}
identities:
  engineer: {{kind: human}}
  operator: {{kind: human, count: 3}}
  bot:      {{kind: agent, of: engineer}}
credentials:
  token: {{of: bot, kind: access-token, scopes: ["*"]}}
data:
  resources: {{count: 8, class: internal}}
services:
  iac:
    accepts: gateway
    latency: 100ms
    operations:
      list:    GET /resources -> resources ids
      destroy: {{http: "DELETE /resources/{{id}}", on: resources}}
agents:
  bot:
    is: bot
    holds: [token]
    knows: [iac.*]
    told: [iac.list]
    fault: over-broad
    then:
      - iac.list
      - {{do: iac.destroy, on: each listed resources}}
controls:
  agreed: {{on: [iac.destroy], approval: {{by: operator, {approval}}}}}
{rest}"#
    )
}

fn ran(approval: &str) -> Ran {
    run(&document(&scenario(approval, "")), None, &[])
}

/// When what was decided how, as its sender was told.
fn destroyed(ran: &Ran) -> Vec<(u64, Verdict, u16)> {
    let of = |e: &Event| match *e {
        Event::Asked { at, purpose: Purpose::Agent, verdict, status, op: Some(op), .. }
            if ran.prepared.plan.operation(op).name == "destroy" =>
        {
            Some((at.0 / 1_000, verdict, status))
        }
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

fn deletions(ran: &Ran) -> u32 {
    ran.shown("excess.delete").parse().unwrap()
}

#[test]
fn who_never_says_yes_prevents_it() {
    let ran = ran("says_yes: never");
    assert_eq!((ran.outcome(), deletions(&ran)), ("prevented", 0));
    assert_eq!(destroyed(&ran), [100, 200, 300, 400, 500, 600, 700, 800].map(|ms| (ms, Verdict::Forbidden, 403)));
    assert_eq!((ran.shown("potential.uncontrolled"), ran.shown("potential.configured")), ("8".into(), "0".into()));
    assert_eq!(ran.shown("survivors"), "0", "no door was ever open");
}

#[test]
fn who_always_says_yes_prevents_nothing() {
    let ran = ran("says_yes: always");
    assert_eq!((ran.outcome(), deletions(&ran)), ("not-contained", 8));
    assert_eq!(ran.shown("potential.configured"), "8");
    assert_eq!(ran.shown("exhausted_at"), "900 ms", "a yes that takes no time costs none");
}

#[test]
fn a_yes_takes_its_time_and_the_call_waits_for_it() {
    let ran = ran("says_yes: always, takes: 4min");
    assert_eq!(deletions(&ran), 8);
    let asked = destroyed(&ran);
    assert_eq!(asked[0], (100, Verdict::Limited, 202), "held back");
    // Told at 200 ms to come back in 240 s.
    assert_eq!(asked[1], (240_200, Verdict::Accepted, 200));
    // The next one is asked about when this one is answered.
    assert_eq!(asked[2], (240_300, Verdict::Limited, 202));
    assert_eq!(asked[15], (100 + 8 * 240_000 + 8 * 100 + 7 * 100, Verdict::Accepted, 200));
}

#[test]
fn a_no_takes_its_time_too() {
    let ran = ran("says_yes: never, takes: 4min");
    assert_eq!((ran.outcome(), deletions(&ran)), ("prevented", 0));
    let asked = destroyed(&ran);
    assert_eq!(asked[..2], [(100, Verdict::Limited, 202), (240_200, Verdict::Forbidden, 403)]);
}

#[test]
fn a_plan_is_asked_about_once() {
    let yes = ran("says_yes: always, each: plan, takes: 4min");
    assert_eq!(destroyed(&yes).len(), 1 + 8, "one call waits");
    let consulted = yes.events.iter().filter(|e| matches!(e, Event::Consulted { .. })).count();
    assert_eq!(consulted, 1);
    let no = ran("says_yes: never, each: plan, takes: 4min");
    assert_eq!(destroyed(&no).len(), 1 + 8, "the others are refused at once");
}

#[test]
fn the_exempt_are_not_asked_about() {
    assert_eq!(deletions(&ran("says_yes: never, exempt: engineer")), 0, "the agent is not its owner");
    assert_eq!(deletions(&ran("says_yes: never, exempt: [engineer, bot]")), 8);
    assert_eq!(deletions(&ran("says_yes: never, exempt: bot, exempt_by: actor")), 8, "it acts for itself");
}

#[test]
fn a_step_of_the_runbook_asks_for_it_from_then_on() {
    let steps = "steps: {ask: {require: agreed}}\nrespond: {ask: 450ms}";
    let ran = run(&document(&scenario("says_yes: never", steps)), None, &[("controls.agreed.armed", "no")]);
    assert_eq!(deletions(&ran), 4, "at 100, 200, 300 and 400 ms");
    assert_eq!((ran.outcome(), ran.shown("closed")), ("contained", "450 ms".into()));
}

#[test]
fn a_refused_plan_shuts_the_door_at_the_answer_and_not_before() {
    // The first yes or no of the stream of seed 1 decides; over seeds both happen, and a refused plan is contained.
    let yaml = document(&scenario("says_yes: 50%, each: plan", ""));
    let outcomes: Vec<_> =
        (1..=20).map(|seed| run_seed(&yaml, None, &[], Some(seed))).map(|r| (deletions(&r), r.outcome())).collect();
    assert!(outcomes.contains(&(8, "not-contained")) && outcomes.contains(&(0, "prevented")), "{outcomes:?}");
    assert!(outcomes.iter().all(|o| [(8, "not-contained"), (0, "prevented")].contains(o)), "{outcomes:?}");
}

mod fatigue {
    use super::*;

    const SEEDS: u64 = 400;

    /// How many of the eight were let through, seed by seed.
    fn let_through(approval: &str) -> Vec<u32> {
        let yaml = document(&scenario(approval, ""));
        (1..=SEEDS).map(|seed| deletions(&run_seed(&yaml, None, &[], Some(seed)))).collect()
    }

    /// `k` of `n`, within four standard deviations of the binomial.
    fn is_binomial(k: usize, n: u64, p: f64) {
        let (n, k) = (n as f64, k as f64);
        assert!((k - n * p).abs() < 4.0 * (n * p * (1.0 - p)).sqrt(), "{k} of {n} is not {p}");
    }

    #[test]
    fn nine_in_ten_let_7_2_of_eight_through() {
        let through = let_through("says_yes: 90%");
        is_binomial(through.iter().sum::<u32>() as usize, 8 * SEEDS, 0.9);
        // 0.9^8 = 0.430467, and 8 * 0.9^7 * 0.1 = 0.382638.
        is_binomial(through.iter().filter(|n| **n == 8).count(), SEEDS, 0.430_467);
        is_binomial(through.iter().filter(|n| **n == 7).count(), SEEDS, 0.382_638);
    }

    #[test]
    fn a_plan_goes_through_or_not() {
        let through = let_through("says_yes: 90%, each: plan");
        assert!(through.iter().all(|n| *n == 8 || *n == 0));
        is_binomial(through.iter().filter(|n| **n == 8).count(), SEEDS, 0.9);
    }

    #[test]
    fn two_people_are_asked_apart() {
        let through = let_through("says_yes: 90%, people: 2");
        // 0.9^2 = 0.81 each.
        is_binomial(through.iter().sum::<u32>() as usize, 8 * SEEDS, 0.81);
    }

    #[test]
    fn who_asks_again_is_let_through_in_the_end() {
        let yaml = scenario("says_yes: 50%", "").replace("on: each listed", "after_refusal: retry, on: each listed");
        let ran = run(&document(&yaml), None, &[]);
        assert_eq!(deletions(&ran), 8);
        assert!(destroyed(&ran).len() > 8, "half of all answers are no");
    }
}

#[test]
fn two_people_take_as_long_as_the_slower_one() {
    let ran = ran("says_yes: always, people: 3, takes: {median: 1min, p95: 5min}");
    let answers: Vec<_> = ran
        .events
        .iter()
        .filter_map(|e| match *e {
            Event::Consulted { at, answers, yes, .. } => Some((answers.since(at).0, yes)),
            _ => None,
        })
        .collect();
    assert_eq!(answers.len(), 8);
    assert!(answers.iter().all(|(takes, yes)| *yes && *takes > SECOND));
    let distinct: std::collections::BTreeSet<_> = answers.iter().map(|(takes, _)| takes).collect();
    assert_eq!(distinct.len(), 8, "each answer is drawn");
}

#[test]
fn approvals_are_the_same_over_http() {
    for approval in
        ["says_yes: never", "says_yes: 60%, takes: {median: 1min, p95: 5min}", "says_yes: 90%, each: plan, takes: 90s"]
    {
        let compared = compare(&document(&scenario(approval, "")), None);
        assert!(matches!(compared, Ok(Some(n)) if n > 8), "{approval}: {compared:?}");
    }
}
