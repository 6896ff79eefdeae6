//! The containment table, cell by cell: what each action does to each layer of credential, and what ends with what.
//! The world is the same over HTTP each time.

use crate::parity::compare;
use crate::support::{Ran, document, run};
use runaway::wire::{Event, Purpose, Verdict};

/// What happened to a credential at 20 s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Ended,
    /// Five seconds later: the grace.
    EndedLater,
    /// Refused from everywhere but the office.
    Bound,
    /// Refused at one of two services.
    Blocked,
    Lives,
}

use Fate::{Blocked, Bound, Ended, EndedLater, Lives};

/// Layer by layer: what revoke, disable, rotate, bind and block do to it.
const FATES: [(&str, [Fate; 5]); 10] = [
    ("api-key", [Ended, Ended, EndedLater, Bound, Blocked]),
    ("access-token", [Ended, Ended, EndedLater, Bound, Blocked]),
    ("refresh-token", [Ended, Ended, EndedLater, Bound, Blocked]),
    ("session", [Ended, Ended, EndedLater, Bound, Blocked]),
    ("oauth-client", [Ended, Ended, EndedLater, Bound, Blocked]),
    ("connected-app", [Ended, Ended, EndedLater, Bound, Blocked]),
    ("personal-token", [Ended, Ended, EndedLater, Bound, Blocked]),
    ("role-session", [Ended, Ended, EndedLater, Bound, Blocked]),
    ("signing-key", [Ended, Ended, EndedLater, Lives, Lives]),
    ("password", [Ended, Ended, EndedLater, Bound, Blocked]),
];

const ACTIONS: [&str; 5] = ["revoke", "disable", "rotate", "bind", "block"];

/// Two agents with one credential, in the office and on the internet, ask two services each second.
const WORLD: &str = r#"
runaway: 1
name: cell
time: {horizon: 40s}
networks: [office]
services:
  api:   {accepts: ACCEPTS, latency: 10ms, operations: {list: GET /files -> files records}}
  other: {accepts: ACCEPTS, latency: 10ms, operations: {list: GET /letters -> letters records}}
identities:
  bot: {kind: agent}
credentials:
  it: {of: bot, kind: KIND, scopes: ["*"]}
  made: {kind: access-token, count: 0, lives: 1h, scopes: ["*"], signed_by: key}
  key: {of: bot, kind: signing-key, scopes: []}
data:
  files:   {count: 3, class: internal}
  letters: {count: 3, class: internal}
agents:
  inside:  {is: bot, holds: [HOLDS], from: office, told: [], fault: harvest, then: STEPS}
  outside: {is: bot, holds: [HOLDS], told: [], fault: harvest, then: STEPS}
steps:
  revoke:  {revoke: every HOLDS}
  disable: {disable: bot}
  rotate:  {rotate: every HOLDS, hand_over: never, grace: 5s}
  bind:    {bind: every HOLDS, to: office}
  block:   {block: every HOLDS, at: [api]}
respond: {ACTION: 20s}
"#;

fn world(kind: &str, action: &str) -> String {
    let calls = |with: &str| {
        format!(
            "{{together: [[{{do: api.list, as: {with}, every: 1s}}], [{{do: other.list, as: {with}, every: 1s}}]]}}"
        )
    };
    let (accepts, holds, steps) = match kind {
        // Nobody presents a key: what it signs is presented.
        "signing-key" => ("{mode: jwt}", "key", format!("[{{forge: made, for: bot}}, {}]", calls("made"))),
        _ => ("gateway", "it", format!("[{}]", calls("it"))),
    };
    let filled = WORLD.replace("ACCEPTS", accepts).replace("HOLDS", holds).replace("STEPS", &steps);
    let kind = if kind == "signing-key" { "api-key" } else { kind };
    filled.replace("KIND", kind).replace("ACTION", action)
}

/// The second from which an agent was refused at a service.
fn refused_from(ran: &Ran, agent: u32, operation: &str) -> Option<u64> {
    let plan = &ran.prepared.plan;
    let decided = ran.events.iter().filter_map(|event| match *event {
        Event::Asked { at, id, op: Some(op), purpose: Purpose::Agent, verdict, .. }
            if id.by.number() == agent && plan.operation_name(op) == operation =>
        {
            Some((at.0 / 1_000_000, verdict))
        }
        _ => None,
    });
    let decided: Vec<_> = decided.collect();
    assert!(decided.len() >= 39 && decided[0].1 == Verdict::Accepted, "{operation}: {decided:?}");
    let first = decided.iter().position(|(_, verdict)| *verdict != Verdict::Accepted)?;
    assert!(decided[first..].iter().all(|(_, verdict)| *verdict != Verdict::Accepted), "{operation}: {decided:?}");
    Some(decided[first].0)
}

fn fate(kind: &str, action: &str) -> Fate {
    let yaml = world(kind, action);
    assert!(
        matches!(compare(&document(&yaml), None), Ok(Some(_))),
        "{kind}, {action}: {:?}",
        compare(&document(&yaml), None)
    );
    let ran = run(&document(&yaml), None, &[]);
    let (inside, outside) = (0, 1);
    let seen = [(inside, "api.list"), (outside, "api.list"), (inside, "other.list"), (outside, "other.list")];
    match seen.map(|(agent, operation)| refused_from(&ran, agent, operation)) {
        [Some(20), Some(20), Some(20), Some(20)] => Ended,
        [Some(25), Some(25), Some(25), Some(25)] => EndedLater,
        [None, Some(20), None, Some(20)] => Bound,
        [Some(20), Some(20), None, None] => Blocked,
        [None, None, None, None] => Lives,
        other => panic!("{kind}, {action}: {other:?}"),
    }
}

#[test]
fn every_action_does_to_every_layer_what_it_does() {
    for (kind, fates) in FATES {
        for (action, expected) in ACTIONS.into_iter().zip(fates) {
            assert_eq!(fate(kind, action), expected, "{action} of {kind}");
        }
    }
}

/// What ends with its parent, where the scenario does not say: a row for each layer of the parent, a letter for each of
/// the child, in the order of [`FATES`]. `x` ends, `.` lives.
const ENDS_WITH: [(&str, &str); 10] = [
    //                 krapsocnt: api-key, access, refresh, session, client, app, personal, role, signing, password
    ("api-key", ".........."),
    ("access-token", ".........."),
    ("refresh-token", ".xx......."),
    ("session", "..x......."),
    ("oauth-client", ".xx......."),
    ("connected-app", ".xx......."),
    ("personal-token", ".........."),
    ("role-session", ".........."),
    ("signing-key", ".........."),
    ("password", ".........."),
];

const FAMILY: &str = r#"
runaway: 1
name: family
time: {horizon: 30s}
services:
  api: {accepts: gateway, latency: 10ms, operations: {list: GET /files -> files records}}
identities:
  bot: {kind: agent}
credentials:
  above: {of: bot, kind: PARENT, scopes: []}
  below: {of: bot, kind: CHILD, scopes: ["*"], parent: above CASCADE}
data:
  files: {count: 3, class: internal}
agents:
  bot: {is: bot, holds: [below], told: [], fault: harvest, then: [{do: api.list, every: 1s}]}
steps:
  revoke: {revoke: every above}
  rotate: {rotate: every above, hand_over: never}
respond: {ACTION: 20s}
"#;

fn lives(parent: &str, child: &str, action: &str, cascade: &str) -> bool {
    let yaml = FAMILY.replace("PARENT", parent).replace("CHILD", child).replace("ACTION", action);
    let document = document(&yaml.replace(" CASCADE", cascade));
    if action == "revoke" {
        assert!(matches!(compare(&document, None), Ok(Some(_))), "{parent}, {child}");
    }
    match refused_from_20(&run(&document, None, &[])) {
        None => true,
        Some(20) => false,
        other => panic!("{parent}, {child}: {other:?}"),
    }
}

fn refused_from_20(ran: &Ran) -> Option<u64> {
    ran.events.iter().find_map(|event| match *event {
        Event::Asked { at, purpose: Purpose::Agent, verdict, .. } if verdict != Verdict::Accepted => {
            Some(at.0 / 1_000_000)
        }
        _ => None,
    })
}

#[test]
fn what_was_minted_ends_with_its_parent_as_the_standards_have_it() {
    for (parent, children) in ENDS_WITH {
        for ((child, _), expected) in FATES.iter().zip(children.chars()) {
            assert_eq!(lives(parent, child, "revoke", ""), expected == '.', "{child} of {parent}");
        }
    }
}

#[test]
fn a_successor_takes_nothing_along() {
    for (parent, _) in ENDS_WITH {
        for child in ["access-token", "refresh-token"] {
            assert!(lives(parent, child, "rotate", ""), "{child} of {parent}");
        }
    }
}

#[test]
fn what_the_scenario_says_stands_over_that() {
    assert!(lives("refresh-token", "access-token", "revoke", ", cascade: no"));
    assert!(!lives("password", "session", "revoke", ", cascade: yes"));
    assert!(!lives("password", "session", "rotate", ", cascade: yes"));
}

/// All credentials of a person, one of each layer, and a response that is about one layer of them.
const ONLY: &str = r#"
runaway: 1
name: only
time: {horizon: 30s}
services:
  api: {accepts: gateway, latency: 10ms, operations: {list: GET /files -> files records}}
identities:
  boss: {kind: human}
  bot:  {kind: agent, of: boss}
credentials:
  session:  {of: boss, kind: session, scopes: ["*"]}
  password: {of: boss, kind: password, scopes: ["*"]}
  key:      {of: bot, kind: api-key, scopes: ["*"]}
data:
  files: {count: 3, class: internal}
agents:
  bot:
    is: bot
    holds: [session, password, key]
    told: []
    fault: harvest
    then:
      - together:
          - [{do: api.list, as: session, every: 1s}]
          - [{do: api.list, as: password, every: 1s}]
          - [{do: api.list, as: key, every: 1s}]
steps:
  end-sessions:     {revoke: everything of boss, only: session}
  change-passwords: {rotate: everything of boss, only: password, hand_over: never}
respond: {ACTION: 20s}
"#;

#[test]
fn a_session_is_ended_and_a_password_is_changed_and_nothing_else_is() {
    for (action, gone) in [("end-sessions", 0), ("change-passwords", 1)] {
        let document = document(&ONLY.replace("ACTION", action));
        assert!(matches!(compare(&document, None), Ok(Some(_))), "{action}");
        let ran = run(&document, None, &[]);
        let refused = |held: u32| {
            let asked = ran.events.iter().filter(|event| {
                matches!(**event, Event::Asked { held: Some(with), verdict, purpose: Purpose::Agent, .. }
                    if with.number() == held && verdict != Verdict::Accepted)
            });
            asked.count()
        };
        assert_eq!([0, 1, 2].map(|held| refused(held) > 0), [0, 1, 2].map(|held| held == gone), "{action}");
    }
}
