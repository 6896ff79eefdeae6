//! Responses that take the time that people take, and actions that come to nothing.

use crate::support::{Ran, document, run, run_seed};
use runaway::wire::{Event, Snapshot, Target};

/// An agent that reads for an hour, a canary that tells at once, and a runbook.
fn scenario(steps: &str, respond: &str) -> String {
    format!(
        r#"
runaway: 1
name: responses
time: {{horizon: 3h}}
identities:
  bot: {{kind: agent}}
  member: {{kind: human, count: 5}}
credentials:
  token: {{of: bot, kind: access-token, scopes: ["*"]}}
  key:   {{one_per: member, kind: api-key, scopes: ["*"]}}
data:
  files: {{count: 10, class: internal, canary: 10}}
services:
  store:
    accepts: gateway
    latency: 100ms
    audit: all
    operations:
      list: GET /files -> files ids
      read: GET /files/{{id}} -> files records
agents:
  bot:
    is: bot
    holds: [token]
    knows: [store.*]
    told: [store.list]
    fault: over-broad
    then: [{{do: store.read, on: files-1, every: 10s}}]
detect: {{touched: {{canary: records}}}}
steps: {{{steps}}}
respond: {{{respond}}}
"#
    )
}

fn ran(steps: &str, respond: &str) -> Ran {
    run(&document(&scenario(steps, respond)), None, &[])
}

/// Each action: when, on which credential, and whether it worked.
fn acted(ran: &Ran) -> Vec<(u64, Option<u32>, bool)> {
    let of = |e: &Event| match *e {
        Event::Acted { at, target, worked, .. } => {
            let cred = if let Target::Credential(cred) = target { Some(cred.number()) } else { None };
            Some((at.0 / 1_000, cred, worked))
        }
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

#[test]
fn a_pager_is_answered_within_its_quantiles() {
    // Alarmed at 0 s; 300 people are paged, one for each seed.
    const SEEDS: u64 = 300;
    let yaml =
        document(&scenario("end: {revoke: every token}", "touched: {after: {median: 4min, p95: 20min}, do: [end]}"));
    let closed: Vec<u64> = (1..=SEEDS)
        .map(|seed| run_seed(&yaml, None, &[], Some(seed)).finished.measures.closed().expect("in three hours").0)
        .collect();
    let within = |s: u64| closed.iter().filter(|at| **at <= s * 1_000_000).count() as f64;
    let is_share = |found: f64, p: f64| {
        let n = SEEDS as f64;
        assert!((found - n * p).abs() < 4.0 * (n * p * (1.0 - p)).sqrt(), "{found} of {n} is not {p}");
    };
    is_share(within(240), 0.50);
    is_share(within(1_200), 0.95);
    // A quarter of all is faster than 240 s / 5^(0.67449 / 1.64485) = 124.04 s.
    is_share(within(124), 0.25);
}

#[test]
fn the_times_of_two_responses_are_drawn_apart() {
    let both = "touched: {after: {median: 4min, p95: 20min}, do: [end]}";
    let alone = ran("end: {revoke: every token}", both);
    let beside = ran("end: {revoke: every token}, shut: {close: [store.list]}", &format!("{both}, shut: 1s"));
    assert_eq!(acted(&alone)[0].0, acted(&beside)[1].0, "another response shifts no draw");
}

#[test]
fn targets_come_in_the_order_that_the_step_says() {
    let order = |order: &str| -> Vec<u32> {
        let ran = ran(&format!("end: {{revoke: every key, every: 1s, order: {order}}}"), "end: 5s");
        acted(&ran).into_iter().filter_map(|(_, cred, _)| cred).collect()
    };
    assert_eq!(order("by number"), [1, 2, 3, 4, 5]);
    assert_eq!(order("newest first"), [5, 4, 3, 2, 1]);
    let mut random = order("random");
    assert_eq!(random, order("random"), "by the seed");
    random.sort_unstable();
    assert_eq!(random, [1, 2, 3, 4, 5]);
}

#[test]
fn each_order_is_as_likely_as_another() {
    // Which of five comes first, over 500 seeds: 100 each, within four standard deviations of 8.94.
    let yaml = document(&scenario("end: {revoke: every key, every: 1s, order: random}", "end: 5s"));
    let mut first = [0u32; 6];
    for seed in 1..=500 {
        let ran = run_seed(&yaml, None, &[], Some(seed));
        first[acted(&ran)[0].1.unwrap() as usize] += 1;
    }
    assert!(first[1..].iter().all(|n| (64..=136).contains(n)), "{first:?}");
}

#[test]
fn an_action_that_fails_leaves_its_target_alone() {
    // Five keys over 200 seeds at 30 %: 300 of 1,000 fail, within four standard deviations of 14.5.
    let yaml = document(&scenario("end: {revoke: every key, fails: 30%}", "end: 5s"));
    let failed = (1..=200)
        .map(|seed| acted(&run_seed(&yaml, None, &[], Some(seed))).iter().filter(|(_, _, worked)| !worked).count())
        .sum::<usize>();
    assert!((242..=358).contains(&failed), "{failed} of 1,000");
}

#[test]
fn what_always_fails_declares_nothing() {
    let ran = ran("end: {revoke: every token, fails: 100%}", "end: 5s");
    assert_eq!((ran.outcome(), ran.shown("declared")), ("not-contained", "never".into()));
    assert_eq!(acted(&ran), [(5_000, Some(0), false)]);
}

#[test]
fn what_the_provider_cannot_do_declares_nothing() {
    let ran = ran("end: {revoke: every token, supported: no}", "end: 5s");
    assert_eq!((ran.outcome(), ran.shown("declared")), ("not-contained", "never".into()));
}

/// How much was left over when the last action had returned, and how often that was looked at.
fn left_over(respond: &str) -> (String, usize) {
    let detect = "detect: {first: {report: 10s}, second: {report: 20s}}";
    let yaml = scenario("keys: {revoke: every key}, end: {revoke: every token}", respond);
    let ran = run(&document(&yaml.replace("detect: {touched: {canary: records}}", detect)), None, &[]);
    let looked = |event: &&Event| matches!(event, Event::Left { snapshot: Snapshot::Declared, .. });
    let told = ran.finished.measures.get("leftover.declared").expect("a measure").to_string();
    (told, ran.events.iter().filter(looked).count())
}

#[test]
fn what_is_left_over_is_that_after_the_last_action() {
    // The token reads ten files. The keys that nobody holds are no way to them.
    let (after_both, looked) = left_over("first: {after: 0s, do: [keys]}, second: {after: 0s, do: [end]}");
    assert_eq!((after_both.as_str(), looked), ("0", 1));
    let (after_both, looked) = left_over("first: {after: 0s, do: [end]}, second: {after: 0s, do: [keys]}");
    assert_eq!((after_both.as_str(), looked), ("0", 0));
    let (the_first, looked) = left_over("first: {after: 0s, do: [keys]}, end: 5h");
    assert_eq!((the_first.as_str(), looked), ("10", 1), "the end of the token is planned behind the end of the run");
}

#[test]
fn what_is_left_over_is_looked_at_once_when_all_is_done() {
    // Five keys are revoked at one instant.
    assert_eq!(left_over("first: {after: 0s, do: [keys]}"), ("10".to_owned(), 1));
}
