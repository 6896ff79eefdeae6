//! Silence is no refusal: what is not answered, or not looked at for long enough, proves no containment.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::drills::{Api, always, at_once, run};

const FINE: &str = "200 OK";
const REFUSED: &str = "401 Unauthorized";
const BUSY: &str = "503 Busy";
const PROMISED: &str = "stop: none\ndrill promised: 500ms\ndrill may_remint: yes";
/// Nothing may be issued again.
const STRICT: &str = "stop: none\ndrill promised: 500ms";

fn then_busy(since: Option<Duration>, _: u32) -> &'static str {
    match since {
        None => FINE,
        Some(since) if since < Duration::from_millis(200) => REFUSED,
        Some(_) => BUSY,
    }
}

#[test]
fn what_falls_silent_was_not_refused_for_long_enough() {
    let ran = run(&Api::start(then_busy, always, FINE), PROMISED);
    assert_eq!(ran.code(), 4, "{}", ran.shown());
    assert!(
        ran.says("token at api: seen to be refused for") && ran.says("`settle` asks for 500 ms"),
        "{}",
        ran.shown()
    );
}

fn busy_after(since: Option<Duration>, _: u32) -> &'static str {
    if since.is_some() { BUSY } else { FINE }
}

fn limited_after(since: Option<Duration>, _: u32) -> &'static str {
    if since.is_some() { "429 Too Many Requests" } else { FINE }
}

#[test]
fn nobody_knows_what_would_be_issued_by_who_does_not_answer() {
    for silent in [busy_after, limited_after] {
        let ran = run(&Api::issuing(silent, at_once, always, FINE), STRICT);
        assert_eq!(ran.code(), 4, "{}", ran.shown());
        assert!(ran.says("nobody knows whether it would be issued again"), "{}", ran.shown());
        let allowed = run(&Api::issuing(silent, at_once, always, FINE), PROMISED);
        assert_eq!(allowed.code(), 0, "it may be issued again: {}", allowed.shown());
    }
    fn refuses(since: Option<Duration>, _: u32) -> &'static str {
        if since.is_some() { REFUSED } else { FINE }
    }
    let refused = run(&Api::issuing(refuses, at_once, always, FINE), STRICT);
    assert_eq!(refused.code(), 0, "{}", refused.shown());
}

/// A token that was issued again is answered `503` so many times.
fn slow_to_know(asked: &AtomicU32, busy: u32, since: Option<Duration>) -> &'static str {
    match since {
        Some(_) => {
            asked.store(1, Ordering::SeqCst);
            REFUSED
        }
        None if asked.load(Ordering::SeqCst) == 0 || asked.fetch_add(1, Ordering::SeqCst) > busy => FINE,
        None => BUSY,
    }
}

#[test]
fn a_service_that_says_nothing_of_a_new_token_is_asked_again() {
    static FOUR_TIMES: AtomicU32 = AtomicU32::new(0);
    static ALWAYS: AtomicU32 = AtomicU32::new(0);
    let ran = run(&Api::start(|since, _| slow_to_know(&FOUR_TIMES, 4, since), always, FINE), STRICT);
    assert_eq!(ran.code(), 1, "{}", ran.shown());
    assert!(ran.says("a new credential was issued after the drill, accepted by api"), "{}", ran.shown());
    let ran = run(&Api::start(|since, _| slow_to_know(&ALWAYS, 1_000, since), always, FINE), STRICT);
    assert_eq!(ran.code(), 4, "{}", ran.shown());
    assert!(ran.says("no answer of api tells whether it is accepted"), "{}", ran.shown());
}

#[test]
fn a_promise_is_not_broken_before_its_time() {
    let ran = run(&Api::start(always, always, FINE), "stop: none\ndrill promised: 5s\ndrill may_remint: yes");
    assert_eq!(ran.code(), 4, "{}", ran.shown());
    assert!(ran.says("when nobody looked any more; promised 5 s"), "{}", ran.shown());
    assert!(ran.says("5 s are promised, and nobody looks for longer than 3 s"), "{}", ran.shown());
}
