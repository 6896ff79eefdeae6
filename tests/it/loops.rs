//! The exact truths of `runaway-loop`, from closed forms written down by hand.
//!
//! A turn is a paid call (400 ms), a search (50 ms) and a question (50 ms), which arrives when its call returns: turn k
//! begins at k / 2 seconds, and its paid call costs 2,000 millionths of a dollar.

use crate::support::{Ran, library, run, run_over_seeds};
use runaway::wire::{Event, Purpose, Verdict};

/// The paid calls: when, in milliseconds, and how they were answered.
fn paid(ran: &Ran) -> Vec<(u64, Verdict)> {
    let of = |e: &Event| match *e {
        Event::Asked { at, purpose: Purpose::Agent, op: Some(op), verdict, .. }
            if ran.prepared.plan.operation(op).name == "complete" =>
        {
            Some((at.0 / 1_000, verdict))
        }
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

fn accepted(ran: &Ran) -> Vec<u64> {
    paid(ran).into_iter().filter(|(_, verdict)| *verdict == Verdict::Accepted).map(|(at, _)| at).collect()
}

fn of(variant: &str) -> Ran {
    run(&library("runaway-loop"), Some(variant), &[])
}

#[test]
fn a_day_has_172_800_paid_calls() {
    let ran = of("uncontrolled");
    let calls = accepted(&ran);
    assert_eq!(calls.len(), 172_800);
    assert!(calls.iter().zip(0..).all(|(at, k)| *at == 500 * k));
    assert_eq!((ran.shown("calls"), ran.shown("refused")), ("518,400".into(), "0".into()));
    assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "fail"));
    // The task pays for two calls, one by each; the third is the first in excess.
    assert_eq!((ran.shown("t0"), ran.shown("excess")), ("1 s".into(), "0".into()));
    assert_eq!(ran.shown("exhausted_at"), "never", "who waits for messages is never out of work");
}

#[test]
fn the_invoice_ends_it_half_an_hour_after_it_is_read() {
    let ran = of("on-the-invoice");
    // 23.5 hours are 84,600 s: turns 0 to 169,199.
    assert_eq!(accepted(&ran).len(), 169_200);
    assert_eq!((ran.outcome(), ran.verdict()), ("contained", "fail"));
    assert_eq!(ran.shown("closed"), "23 h 30 min");
    assert!(ran.finished.measures.alarms.by_report, "told from outside");
}

#[test]
fn five_dollars_are_2_500_calls() {
    let ran = of("hardened");
    let calls = paid(&ran);
    assert_eq!(accepted(&ran).len(), 2_500);
    assert_eq!(calls[2_499], (1_249_500, Verdict::Accepted));
    assert_eq!(calls[2_500], (1_250_000, Verdict::Exhausted));
    assert_eq!((ran.outcome(), ran.verdict()), ("contained", "pass"));
    // Of $345.596 beyond the task, $4.996 were spent.
    assert_eq!(ran.shown("spared"), "99 %");
    // Sixty seconds of settling: 119 whole turns without the paid call, and one more that is refused.
    assert_eq!((ran.shown("calls"), ran.shown("refused")), ("7,738".into(), "120".into()));
}

#[test]
fn one_call_a_second_costs_half_as_much_and_contains_nothing() {
    let ran = of("near-miss");
    let calls = accepted(&ran);
    assert_eq!(calls.len(), 86_400);
    // Refused at 0.5 s, told at 0.9 s to come back in half a second; from then on it comes once in each window.
    assert!(calls.iter().zip(0..).all(|(at, k)| *at == if k == 0 { 0 } else { 1_000 * k + 400 }));
    assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "fail"));
    assert_eq!(ran.shown("cost"), "172.80");
    assert_eq!(ran.shown("spared"), "50 %");
}

#[test]
fn a_step_cap_ends_a_conversation_and_shuts_no_door() {
    let ran = of("step-cap");
    // The question of turn 40 is the forty-first.
    assert_eq!(accepted(&ran).len(), 41);
    assert_eq!(ran.shown("last_effect"), "20 s", "the paid call of turn 40");
    assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "pass"));
    assert_eq!(ran.shown("survivors"), "2", "both keys would be accepted for more");
}

#[test]
fn who_repeats_is_told_of_with_the_fifth_turn() {
    let ran = run_over_seeds(&library("runaway-loop"), Some("loop-detected"));
    // The fifth paid call, at 2 s; the same conversation is answered once.
    let first = ran.finished.measures.alarms.first.map(|(at, _)| at.0);
    assert_eq!(first, Some(2_000_000));
    let responses = ran.events.iter().filter(|e| matches!(e, Event::Responding { .. })).count();
    assert_eq!(responses, 1);
    assert_eq!((ran.outcome(), ran.verdict()), ("contained", "pass"));
}

#[test]
fn a_dollar_pages_somebody() {
    let ran = of("money-alarm");
    // The five-hundredth call, at 249.5 s; ended at 489.5 s, before the call of turn 979.
    let first = ran.finished.measures.alarms.first.map(|(at, _)| at.0);
    assert_eq!(first, Some(249_500_000));
    assert_eq!(accepted(&ran).len(), 979);
    assert_eq!((ran.outcome(), ran.verdict()), ("contained", "pass"));
}

#[test]
fn a_fan_out_of_three_keeps_both_busy() {
    let ran = of("fan-out");
    // A program takes 600 ms. The planner begins at 0 s and, without a pause, from 1 s on; the writer from 0.5 s on. Of
    // 2,500 calls the first is the planner's; of 2,499 more, in turns, the writer's 1,250th is the last.
    let calls = accepted(&ran);
    assert_eq!(calls.len(), 2_500);
    assert_eq!(calls[..6], [0, 500, 1_000, 1_100, 1_600, 1_700]);
    assert_eq!(calls.last(), Some(&(500 + 600 * 1_249)));
    // The writer has answered 3 + 27 + 243 messages of turns 1, 3 and 5: this one is of turn 7, in which the sum of 3^k,
    // 3,280, passes 2,500; through turn 6 it is 1,093.
    assert!((273..273 + 2_187).contains(&1_249));
    assert_eq!((ran.outcome(), ran.verdict()), ("contained", "pass"));
}

#[test]
fn a_retry_storm_pays_for_what_works() {
    let ran = of("retry-storm");
    let calls = paid(&ran);
    let works = calls.iter().filter(|(_, verdict)| *verdict == Verdict::Accepted).count();
    // One in five fails: within four standard deviations of the binomial.
    let (n, four) = (calls.len() as f64, 4.0 * (calls.len() as f64 * 0.16).sqrt());
    assert!((works as f64 - 0.8 * n).abs() < four, "{works} of {n}");
    // A turn takes 500 ms and 400 ms for each failure, of which there are 1/4 on average, with a variance of 5/16: 600 ms.
    // So 144,000 turns, with a standard deviation of sqrt(144,000 * 0.05 / 0.36) = 141.4.
    assert!((works as f64 - 144_000.0).abs() < 4.0 * 141.4, "{works}");
    assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "fail"));
}
