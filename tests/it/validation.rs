//! When does a dead credential stop working? Six ways to validate, six ways to end it: the first instant that refuses.

use crate::support::{Ran, document, run};
use runaway::wire::{Event, Purpose, Verdict};

/// Everything happens at 25 s. The agent asks each second from 0 on, so caches were filled at 0 s, or at 0, 12 and 24.
const SCENARIO: &str = r#"
runaway: 1
name: ends
time: {horizon: 200s}
services:
  api:
    accepts: ACCEPTS
    latency: 10ms
    operations:
      list: GET /files -> files records
identities:
  owner: {kind: human}
  bot:   {kind: agent, of: owner}
credentials:
  token: {of: bot, kind: access-token, scopes: ["api:*"], lives: 100s}
data:
  files: {count: 10, class: internal}
agents:
  bot:
    is: bot
    holds: [token]
    knows: [api.list]
    told: []
    fault: runaway-loop
    then: [{do: api.list, as: token, every: 1s}]
    pace: {machine: 1}
steps:
  revoke:  {revoke: every token}
  disable: {disable: bot}
  rotate:  {rotate: every token, hand_over: never}
  block:   {block: every token, at: [api]}
  unbind:  {bind: every token, to: office}
"#;

const MODES: [(&str, &str); 6] = [
    ("none", "none"),
    ("gateway", "gateway"),
    ("jwt", "{mode: jwt, leeway: 2s}"),
    ("introspect", "{mode: introspect, cache: 30s}"),
    ("push", "{mode: push, delay: 7s}"),
    ("api-key", "{mode: api-key, cache: 12s}"),
];

/// The first refusing second, mode by mode in the order above. An open door refuses nobody. A signature is good until
/// `exp` at 100 s and its leeway of 2 s. The cache of 30 s was filled at 0 s, that of 12 s for the third time at 24 s.
/// A gateway can block at once, before any of them.
const ENDS: [(&str, [Option<u64>; 6]); 6] = [
    ("revoke", [None, Some(25), Some(102), Some(30), Some(32), Some(36)]),
    ("disable", [None, Some(25), Some(102), Some(30), Some(32), Some(36)]),
    ("rotate", [None, Some(25), Some(102), Some(30), Some(32), Some(36)]),
    // `exp` is known to whoever checked the token, so a cache keeps to it.
    ("expire", [None, Some(25), Some(27), Some(25), Some(25), Some(25)]),
    ("block", [None, Some(25), Some(25), Some(25), Some(25), Some(25)]),
    ("unbind", [None, Some(25), Some(102), Some(30), Some(32), Some(36)]),
];

fn ended(how: &str, accepts: &str) -> Ran {
    let yaml = SCENARIO.replace("ACCEPTS", accepts);
    let yaml = match how {
        "expire" => yaml.replace("lives: 100s", "lives: 25s"),
        step => format!("{yaml}respond: {{{step}: 25s}}\n"),
    };
    run(&document(&yaml), None, &[])
}

/// The instants at which the agent was refused, and those at which it was let in.
fn asked(ran: &Ran, wanted: impl Fn(Verdict) -> bool) -> Vec<u64> {
    let of_agent = |e: &Event| match *e {
        Event::Asked { at, purpose: Purpose::Agent, verdict, .. } if wanted(verdict) => Some(at.0),
        _ => None,
    };
    ran.events.iter().filter_map(of_agent).collect()
}

#[test]
fn every_mode_refuses_every_end_at_its_instant() {
    for (how, seconds) in ENDS {
        for ((mode, accepts), second) in MODES.iter().zip(seconds) {
            let ran = ended(how, accepts);
            let first = asked(&ran, |v| v != Verdict::Accepted).first().copied();
            assert_eq!(first, second.map(|s| s * 1_000_000), "{how} at {mode}: the first refusal");
            let later = asked(&ran, |v| v == Verdict::Accepted).into_iter().filter(|at| first.is_some_and(|f| *at > f));
            assert_eq!(later.count(), 0, "{how} at {mode}: refused once, refused for good");
            let closed = ran.finished.measures.closed().map(|t| t.0);
            assert_eq!(closed, first, "{how} at {mode}: the census knows the same instant");
            let outcome = if second.is_some() { "contained" } else { "not-contained" };
            assert_eq!(ran.outcome(), outcome, "{how} at {mode}");
        }
    }
}

#[test]
fn what_was_bound_when_it_was_issued_is_known_everywhere() {
    for (mode, accepts) in MODES {
        let yaml = SCENARIO.replace("ACCEPTS", accepts).replace("lives: 100s", "lives: 100s, bound: {network: office}");
        let ran = run(&document(&yaml), None, &[]);
        let expected = if mode == "none" { "not-contained" } else { "unknown" };
        assert_eq!(ran.outcome(), expected, "{mode}: nothing is accepted from elsewhere, in the control neither");
    }
}
