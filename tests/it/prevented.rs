//! Runs in which nothing happens beyond the task, or less than it seems: limits on times that never had to come, the honest work
//! of variants, and who is out of work.

use crate::support::{Ran, document, run};

/// An agent with one key reads what it should not, until the key is revoked three minutes after the start.
const CLOSED: &str = r#"
runaway: 1
name: closed-limit
time: {horizon: 30min}
services: {api: {accepts: gateway, operations: {list: GET /docs -> docs records}}}
identities: {x: {kind: agent}}
credentials: {k: {of: x, kind: api-key, scopes: ["api:*"]}}
data: {docs: {count: 100, class: pii}}
agents: {x: {is: x, holds: [k], knows: [api.list], told: [], fault: harvest}}
detect: {tip: {report: 2min}}
steps: {kill: {revoke: every k}}
respond: {tip: {after: 1min, do: [kill]}}
limits: {closed: 5min, last_effect: 1min, detection: 3min, lag: 10s}
variants:
  hardened: {set: {credentials.k.scopes: ["other:read"], respond: {}}}
  idle: {set: {respond: {}}}
"#;

fn times(ran: &Ran) -> [String; 7] {
    ["closed", "closed.since_t0", "last_effect", "detection", "detected", "declared", "lag"].map(|key| ran.shown(key))
}

#[test]
fn what_never_was_needed_is_within_every_limit() {
    let document = document(CLOSED);
    let base = run(&document, None, &[]);
    assert_eq!((base.outcome(), base.verdict()), ("contained", "pass"), "{:?}", base.finished.judgement.reasons);

    let hardened = run(&document, Some("hardened"), &[]);
    assert_eq!((hardened.outcome(), hardened.verdict()), ("prevented", "pass"), "{:?}", times(&hardened));
    let never = "never open";
    assert_eq!(times(&hardened)[..4], [never, never, "never", "nothing to detect"], "{:?}", times(&hardened));
    assert_eq!(times(&hardened)[5..], ["nothing to declare", never]);

    // Where nothing is wrong, a door may stand open.
    let sane = run(&document, Some("idle"), &[("agents.x.fault", "none")]);
    assert_eq!((sane.outcome(), sane.verdict()), ("benign", "pass"), "{:?}", times(&sane));
    assert_eq!(times(&sane)[0], "nothing to contain");

    // Where a door stays open, never is late.
    let idle = run(&document, Some("idle"), &[]);
    assert_eq!((idle.outcome(), idle.verdict()), ("not-contained", "fail"), "{:?}", times(&idle));
    assert_eq!([&times(&idle)[0], &times(&idle)[6]], ["never", "never"]);
}

#[test]
fn measures_with_dots_in_their_names_can_be_set() {
    let document = document(&CLOSED.replace("limits: {closed: 5min", "limits: {excess.read: 0, closed: 5min"));
    assert_eq!(run(&document, None, &[]).verdict(), "fail");
    assert_eq!(run(&document, None, &[("limits.excess.read", "100")]).verdict(), "pass");
    assert_eq!(run(&document, None, &[("limits.excess.read", "100"), ("limits.excess.write", "0")]).verdict(), "pass");
    assert_eq!(
        run(&document, None, &[("limits.excess.read", "100"), ("limits.excess.records", "9")]).verdict(),
        "fail"
    );
}

/// The agent obeys nobody: it reads the newest posts every ten minutes, and a variant has more of them written.
const FEED: &str = r#"
runaway: 1
name: feed
time: {horizon: 1h}
services:
  feed:
    accepts: {mode: api-key, cache: 0s}
    operations:
      read: {http: GET /posts -> posts records, order: newest first, page: 25}
      post: {http: POST /posts, creates: posts}
identities: {reader: {kind: agent}, writer: {kind: human}}
credentials:
  rk: {of: reader, kind: api-key, scopes: ["feed:read"]}
  wk: {of: writer, kind: api-key, scopes: ["feed:*"]}
data: {posts: {count: 5, class: public, plants: {evil: 5}, writers: writer}}
instructions: {evil: {signed: no, says: [{do: feed.post}]}}
agents:
  a: {is: reader, holds: [rk], knows: [feed.*], told: [{do: feed.read, as: rk, every: 10min}], fault: injected, obeys: nobody}
benign:
  w: {is: writer, holds: [wk], knows: [feed.post], told: [{do: feed.post, as: wk, every: 20min, first: 1min}]}
limits: {excess: 0}
variants:
  more: {set: {benign.w.told.0.every: 5min}}
  nofault: {set: {benign.w.told.0.every: 5min, agents.a.fault: none}}
"#;

#[test]
fn other_honest_work_is_no_harm() {
    let document = document(FEED);
    let more = run(&document, Some("more"), &[]);
    assert_eq!((more.shown("excess"), more.shown("t0")), ("0".into(), "never".into()));
    let sane = run(&document, Some("nofault"), &[]);
    assert_eq!((sane.outcome(), sane.verdict(), sane.shown("excess")), ("benign", "pass", "0".into()));
    let set = run(&document, None, &[("benign.w.told.0.every", "5min")]);
    assert_eq!(set.shown("reach"), more.shown("reach"), "the same work by another way");
}

/// One agent is done at once, the other reads every five minutes.
const TWO: &str = r#"
runaway: 1
name: two
time: {horizon: 30min}
services: {api: {accepts: gateway, operations: {list: GET /docs -> docs records, notes: GET /notes -> notes records}}}
identities: {a: {kind: agent}, b: {kind: agent}}
credentials:
  ka: {of: a, kind: api-key, scopes: ["api:*"]}
  kb: {of: b, kind: api-key, scopes: ["api:*"]}
data: {docs: {count: 10, class: pii}, notes: {count: 10, class: pii}}
agents:
  a: {is: a, holds: [ka], knows: [api.list], told: [], fault: over-broad, then: [api.list]}
  b: {is: b, holds: [kb], knows: [api.notes], told: [], fault: over-broad, then: [{do: api.notes, every: 5min, first: 5min}]}
limits: {excess: 100}
"#;

#[test]
fn agents_are_out_of_work_when_all_of_them_are() {
    assert_eq!(run(&document(TWO), None, &[]).shown("exhausted_at"), "never");
    let once = TWO.replace("every: 5min, first: 5min", "first: 5min");
    let ran = run(&document(&once), None, &[]);
    let at = ran.finished.measures.exhausted_at.expect("both are done").0;
    assert!((300_000_000..300_200_000).contains(&at), "{at}: the one that was done last");
}
