//! Messages that wake agents, conversations, services that fail.

use crate::parity::compare;
use crate::support::{Ran, document, run, run_seed};
use runaway::wire::{Event, Purpose, Verdict};

/// Two agents: one asks, the other is woken and does its work.
fn scenario(asker: &str, answerer: &str, rest: &str) -> String {
    format!(
        r#"
runaway: 1
name: messages
time: {{horizon: 10s}}
identities:
  asker:    {{kind: agent}}
  answerer: {{kind: agent}}
credentials:
  asker-key:    {{of: asker, kind: api-key, scopes: ["*"]}}
  answerer-key: {{of: answerer, kind: api-key, scopes: ["*"]}}
data:
  files: {{count: 2, class: internal}}
services:
  work:
    accepts: gateway
    latency: 100ms
    operations:
      do: {{http: POST /do, effect: execute, costs: $1}}
  chat:
    accepts: gateway
    latency: 50ms
    operations:
      ask:    {{http: POST /ask, effect: execute, wakes: answerer}}
      answer: {{http: POST /answer, effect: execute, wakes: asker}}
agents:
  asker:
    is: asker
    holds: [asker-key]
    knows: [work.*, chat.*]
    told: []
    fault: runaway-loop
    then: {asker}
  answerer:
    is: answerer
    holds: [answerer-key]
    knows: [work.*, chat.*]
    starts: when woken
    told: []
    fault: runaway-loop
    then: {answerer}
{rest}"#
    )
}

fn ran(asker: &str, answerer: &str, rest: &str) -> Ran {
    run(&document(&scenario(asker, answerer, rest)), None, &[])
}

/// When which agent called an operation, in milliseconds, and how that was answered.
fn called(ran: &Ran, name: &str) -> Vec<(u32, u64, u16)> {
    let of = |e: &Event| match *e {
        Event::Asked { at, id, purpose: Purpose::Agent, op: Some(op), status, .. }
            if ran.prepared.plan.operation(op).name == name =>
        {
            Some((id.by.number(), at.0 / 1_000, status))
        }
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

#[test]
fn a_message_arrives_when_its_call_returns() {
    let ran = ran("[work.do, chat.ask]", "[work.do]", "");
    assert_eq!(called(&ran, "ask"), [(0, 100, 200)]);
    assert_eq!(called(&ran, "do"), [(0, 0, 200), (1, 150, 200)]);
}

#[test]
fn who_is_never_asked_never_starts() {
    let ran = ran("[work.do]", "[work.do]", "");
    assert_eq!(called(&ran, "do"), [(0, 0, 200)]);
    let started = ran.events.iter().filter(|e| matches!(e, Event::Turned { .. })).count();
    assert_eq!(started, 2, "the asker starts and its fault takes over, and it waits for messages");
}

#[test]
fn two_that_ask_each_other_do_not_end() {
    // 100 ms of work and 50 ms for the question: a turn each 150 ms, 67 of them in ten seconds.
    let ran = ran("[work.do, chat.ask]", "[work.do, chat.answer]", "");
    let work = called(&ran, "do");
    assert_eq!(work.len(), 67);
    assert!(work.iter().zip(0..).all(|(call, k)| *call == ((k % 2) as u32, 150 * k, 200)), "{work:?}");
    assert_eq!(ran.shown("cost"), "67.00");
}

#[test]
fn messages_wait_until_the_work_before_is_done() {
    // Asked at 0, 50 and 100 ms, which arrives at 50, 100 and 150 ms; each answer takes 100 ms.
    let ran = ran("[{do: chat.ask, times: 3}]", "[work.do]", "");
    assert_eq!(called(&ran, "do"), [(1, 50, 200), (1, 150, 200), (1, 250, 200)]);
}

#[test]
fn a_refused_call_wakes_nobody() {
    let ran = ran("[{do: chat.ask, times: 3}]", "[work.do]", "controls: {cap: {on: [chat.ask], at_most: 1}}");
    assert_eq!(called(&ran, "do").len(), 1);
}

#[test]
fn a_step_cap_is_for_each_conversation() {
    // Four messages are let through in each conversation; the asker begins one each five seconds.
    let cap =
        "controls: {cap: {on: [chat.*], by: conversation, at_most: 4}}".replace("chat.*", "chat.ask, chat.answer");
    let one = ran("[chat.ask]", "[chat.answer]", &cap);
    assert_eq!(called(&one, "ask").len() + called(&one, "answer").len(), 5, "the fifth is refused");
    assert_eq!(called(&one, "ask").last(), Some(&(0, 200, 429)));
    let two = ran("[{do: chat.ask, every: 5s, times: 2}]", "[work.do]", &cap);
    assert!(called(&two, "ask").iter().all(|call| call.2 == 200));
}

#[test]
fn a_service_fails_as_often_as_it_says() {
    // Two hundred calls in 20 s at 20 %: within four standard deviations of the binomial, 40 ± 22.6.
    let yaml = scenario("[{do: work.do, times: 200}]", "[work.do]", "")
        .replace("horizon: 10s", "horizon: 60s")
        .replace("costs: $1", "costs: $1, fails: 20%");
    let ran = run(&document(&yaml), None, &[]);
    let failed = called(&ran, "do").iter().filter(|call| call.2 == 500).count();
    assert!((18..=62).contains(&failed), "{failed} of 200");
    assert_eq!(ran.shown("cost"), format!("{}.00", 200 - failed), "what fails costs nothing");
    let unknown = |e: &Event| matches!(e, Event::Asked { verdict: Verdict::Failed, .. });
    assert_eq!(ran.events.iter().filter(|e| unknown(e)).count(), failed);
    let other = run_seed(&document(&yaml), None, &[], Some(2));
    assert_ne!(called(&ran, "do"), called(&other, "do"));
}

#[test]
fn a_retry_storm_asks_again_at_once() {
    // With half of the calls failing, a step that retries is done when it has been accepted.
    let yaml = scenario("[{do: work.do, times: 50, after_refusal: retry}]", "[work.do]", "")
        .replace("horizon: 10s", "horizon: 60s")
        .replace("  work:\n    accepts: gateway", "  work:\n    accepts: gateway\n    fails: 50%");
    let ran = run(&document(&yaml), None, &[]);
    let calls = called(&ran, "do");
    assert_eq!(calls.iter().filter(|call| call.2 == 200).count(), 50);
    // 100 calls on average; the number of failures before 50 successes has variance 50 (1 - p) / p² = 100.
    assert!((60..=140).contains(&calls.len()), "{}", calls.len());
    assert!(calls.iter().zip(0..).all(|(call, k)| call.1 == 100 * k), "without a pause");
}

#[test]
fn a_service_that_never_works_has_no_open_door() {
    let yaml = scenario("[{do: work.do, times: 3}]", "[work.do]", "").replace("costs: $1", "costs: $1, fails: 100%");
    let ran = run(&document(&yaml), None, &[]);
    assert_eq!((ran.shown("cost"), ran.shown("survivors")), ("0.00".into(), "0".into()));
}

#[test]
fn messages_and_failures_are_the_same_over_http() {
    let yaml = scenario(
        "[work.do, chat.ask]",
        "[work.do, chat.answer]",
        "detect: {again: {repeats: 3, within: 1min, by: conversation}}",
    );
    for (yaml, least) in [(yaml.clone(), 130), (yaml.replace("costs: $1", "costs: $1, fails: 30%"), 100)] {
        let compared = compare(&document(&yaml), None);
        assert!(matches!(compared, Ok(Some(n)) if n > least), "{compared:?}");
    }
}
