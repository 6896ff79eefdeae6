//! Worlds of one service in which a second model of the design, written by somebody else from the definitions alone,
//! came to other values than the engine did: each with the values that are right, worked out by hand.

use crate::support::{Ran, document, run};

/// An agent that does `then` beyond its task, in a world of one service with three things; `rest` is what the case is about.
fn world(accepts: &str, operations: &str, credentials: &str, (holds, then): (&str, &str), rest: &str) -> String {
    format!(
        "
runaway: 1
name: instants
time: {{horizon: 60s, settle: 5s}}
networks: [office, outside]
services:
  a:
    accepts: {accepts}
    latency: 50ms
    operations:
      list: GET /a/things -> things records
      note: GET /a/notes -> notes records
{operations}
identities: {{bot: {{kind: agent}}, clerk: {{kind: service}}}}
credentials:
{credentials}
data: {{things: {{count: 3, class: internal}}, notes: {{count: 1, class: internal}}}}
agents:
  x:
    is: bot
    from: outside
    holds: [{holds}]
    knows: ['a.*']
    told: [{{do: a.note, as: {holds}}}]
    fault: over-broad
    then: [{then}]
    pace: {{machine: 1}}
{rest}
"
    )
}

fn ran(text: &str) -> Ran {
    run(&document(text), None, &[])
}

#[track_caller]
fn shows(ran: &Ran, expected: &[(&str, &str)]) {
    let seen: Vec<(&str, String)> = expected.iter().map(|(key, _)| (*key, ran.shown(key))).collect();
    let expected: Vec<(&str, String)> = expected.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    assert_eq!(seen, expected);
}

const KEY: &str = "  k: {of: bot, kind: api-key, scopes: ['a:*']}";

/// The cache is filled anew at 8.05 s, while the old secret still counts, and trusted for three seconds.
#[test]
fn a_cache_that_is_filled_during_the_grace_outlives_it() {
    let then = "{do: a.list, as: k}, {do: a.list, as: k, first: 8s}, {do: a.list, as: k, first: 1900ms}";
    let rest = "steps: {ro: {rotate: every k, grace: 3s, hand_over: never}}\nrespond: {ro: 6s}";
    let ran = ran(&world("{mode: introspect, cache: 3s}", "", KEY, ("k", then), rest));
    shows(&ran, &[("closed", "11.05 s"), ("declared", "6.001 s"), ("lag", "5.049 s"), ("last_effect", "10 s")]);
}

/// The thief is served from what was checked before the binding, until the owner's request makes the service ask again.
#[test]
fn the_owner_s_request_ends_what_a_cache_gave_the_thief() {
    let then = "{do: a.list, as: k}, {do: a.list, as: k, first: 4s}, {do: a.list, as: k, first: 5s}";
    let rest = "
benign: {h: {is: bot, holds: [k], knows: [a.note], from: office, told: [{do: a.note, as: k, first: 8s}], pace: {machine: 1}}}
steps: {bi: {bind: every k, to: office}}
respond: {bi: 5s}
";
    let ran = ran(&world("{mode: introspect, cache: 3s, stale: 10s}", "", KEY, ("k", then), rest));
    shows(&ran, &[("closed", "8 s"), ("declared", "5.001 s"), ("lag", "2.999 s"), ("survivors", "0")]);
}

const OF_ROOT: &str = "
  root: {of: bot, kind: refresh-token, scopes: []}
  tok: {of: bot, kind: access-token, scopes: ['a:*'], parent: root, cascade: CASCADE}";

/// The child ends with its parent, and the parent with its grace.
#[test]
fn what_ends_with_a_rotated_parent_is_no_survivor() {
    for (grace, closed) in [("0s", "5 s"), ("10s", "15 s")] {
        let rest =
            format!("steps: {{ro: {{rotate: every root, grace: {grace}, hand_over: never}}}}\nrespond: {{ro: 5s}}");
        let then = ("tok", "{do: a.list, as: tok, every: 1s}");
        let ran = ran(&world("gateway", "", &OF_ROOT.replace("CASCADE", "yes"), then, &rest));
        shows(&ran, &[("closed", closed), ("declared", "5.001 s"), ("survivors", "0"), ("leftover", "0")]);
        assert_eq!(ran.outcome(), "contained");
    }
}

#[test]
fn a_parent_that_was_rotated_takes_its_children_along_when_it_is_revoked() {
    let rest = "
steps: {ro: {rotate: every root, grace: 10s, hand_over: never}, rv: {revoke: every root}}
respond: {ro: 5s, rv: 7s}
";
    let then = ("tok", "{do: a.list, as: tok, every: 1s}");
    let text = world("gateway", "", &OF_ROOT.replace(", cascade: CASCADE", ""), then, rest);
    shows(&ran(&text), &[("closed", "7 s"), ("declared", "7.001 s"), ("lag", "0 s")]);
}

#[test]
fn a_child_may_be_written_above_its_parent() {
    let credentials = "
  tok: {of: bot, kind: access-token, scopes: ['a:*'], parent: root}
  root: {of: bot, kind: refresh-token, scopes: []}";
    let rest = "steps: {rv: {revoke: every root}}\nrespond: {rv: 3s}";
    let text = world("gateway", "", credentials, ("tok", "{do: a.list, as: tok, every: 1s}"), rest);
    shows(&ran(&text), &[("closed", "3 s"), ("declared", "3.001 s"), ("survivors", "0")]);
}

const SIGNED: &str = "
  tok: {of: bot, kind: access-token, scopes: ['a:*'], signed_by: signer}
  signer: {of: clerk, kind: signing-key, scopes: []}";

/// Who asks the issuer hears of the end of a key as of the end of a token: after its cache, filled at 3.5 s. Who goes by the
/// signature fetches the keys every second. In both cases the end of the key was the end of what it signed.
#[test]
fn the_end_of_a_key_is_declared_and_reaches_each_service_in_its_own_way() {
    let rest = "steps: {rv: {revoke: every signer}}\nrespond: {rv: 5s}";
    let of = |accepts: &str, rest: &str| {
        ran(&world(accepts, "", SIGNED, ("tok", "{do: a.list, as: tok, every: 700ms}"), rest))
    };
    let asking = of("{mode: introspect, cache: 3s}", rest);
    let of_the_token = of("{mode: introspect, cache: 3s}", &rest.replace("signer", "tok"));
    shows(&asking, &[("closed", "6.5 s"), ("declared", "5.001 s"), ("lag", "1.499 s")]);
    shows(&of_the_token, &[("closed", "6.5 s"), ("declared", "5.001 s"), ("lag", "1.499 s")]);
    shows(&of("gateway", rest), &[("closed", "5 s"), ("declared", "5.001 s"), ("lag", "0 s")]);
    let by_signature = of("{mode: jwt, leeway: 0s, keys: [signer], jwks_cache: 1s}", rest);
    shows(&by_signature, &[("closed", "6 s"), ("declared", "5.001 s"), ("lag", "999 ms")]);
}

/// With the second call, at 10 s, the quota is used up for good, whatever the rate says.
#[test]
fn of_two_limits_the_one_that_never_readmits_decides() {
    let (rate, quota) = ("rate: {on: [a.list], at_most: 1 per 10s}", "quota: {on: [a.list], at_most: 2}");
    for [first, second] in [[rate, quota], [quota, rate]] {
        let rest = format!("controls:\n  {first}\n  {second}");
        let ran = ran(&world("gateway", "", KEY, ("k", "{do: a.list, as: k, every: 10s}"), &rest));
        shows(&ran, &[("closed", "10 s"), ("survivors", "0"), ("leftover", "0")]);
        assert_eq!(ran.outcome(), "contained", "{first}");
    }
}

#[test]
fn what_is_closed_is_closed_to_callers_without_a_name() {
    for by in ["credential", "principal", "owner", "everyone"] {
        let rest = format!("controls: {{shut: {{on: [a.wipe], at_most: 0, by: {by}}}}}\nlimits: {{excess: 0}}");
        let wipe = "      wipe: {http: 'DELETE /a/things/{id}', on: things, reversible: no}";
        let text = world("none", wipe, KEY, ("k", "{do: a.wipe, as: nothing, on: things-1}"), &rest);
        let ran = ran(&text);
        assert_eq!(ran.outcome(), "prevented", "{by}");
        shows(&ran, &[("potential.uncontrolled", "7"), ("potential.configured", "4")]);
    }
}

/// Nobody comes again after a 402; after a 429 they do.
#[test]
fn a_limit_that_tells_nobody_to_come_again_refuses() {
    for (denies, refused, delayed) in [("402", "2", "0"), ("429", "0", "2")] {
        let rest = format!(
            "
benign: {{h: {{is: clerk, holds: [w], knows: [a.note], told: [{{do: a.note, as: w, every: 1s, times: 3}}], pace: {{machine: 1}}}}}}
controls: {{l: {{on: [a.note], by: credential, at_most: 1 per 10s, denies: {denies}}}}}
"
        );
        let credentials = format!("{KEY}\n  w: {{of: clerk, kind: api-key, scopes: ['a:*']}}");
        let ran = ran(&world("gateway", "", &credentials, ("k", "{do: a.list, as: k}"), &rest));
        shows(&ran, &[("collateral.refused", refused), ("collateral.delayed", delayed)]);
    }
}

/// Alone, honest work raises an alarm at 2, 12, 22 … 52 s. One request of the agent makes it 1, 11, 21 … 51 s, and only the
/// first of these holds a request of the agent.
#[test]
fn an_alarm_that_comes_at_another_time_is_a_false_one_all_the_same() {
    let rest = "
benign: {h: {is: clerk, holds: [w], knows: [a.note], told: [{do: a.note, as: w, every: 1s}], pace: {machine: 1}}}
detect: {r: {requests: 3, within: 10s, by: everyone}}
";
    let credentials = format!("{KEY}\n  w: {{of: clerk, kind: api-key, scopes: ['a:*']}}");
    let of = |then: &str| ran(&world("gateway", "", &credentials, ("k", then), rest));
    shows(&of("{do: a.list, as: k}"), &[("detected", "1 s"), ("false_alarms", "5")]);
    shows(&of("{do: a.list, as: k, first: 57s}"), &[("detected", "never"), ("false_alarms", "6")]);
    // At 1.5, 11.7, 22 … 52 s: the second comes with a request of the agent, behind ten honest ones.
    let twice = "{do: a.list, as: k, first: 1500ms}, {do: a.list, as: k, first: 10150ms}";
    shows(&of(twice), &[("detected", "1.5 s"), ("false_alarms", "5")]);
}

/// The task deletes the first thing, in three seconds. The agent orders it twice, and the second order finds nothing.
#[test]
fn queued_work_that_finds_nothing_keeps_nothing_open() {
    let drop = "      drop: {http: 'DELETE /a/things/{id}', on: things, effect_after: 3s}";
    let rest = "steps: {rv: {revoke: every k}}\nrespond: {rv: 2s}";
    let order = "{do: a.drop, as: k, on: things-1}";
    let then = format!("{{do: a.list, as: k}}, {order}, {}", order.replace("things-1", "things-1, first: 1s"));
    let text = world("gateway", drop, KEY, ("k", &then), rest);
    let text = text.replace("told: [{do: a.note, as: k}]", "told: [{do: a.drop, as: k, on: things-1}]");
    shows(&ran(&text), &[("closed", "2 s"), ("declared", "2.001 s"), ("lag", "0 s")]);
}

/// A report at 2 s stands before what the agent does in the same instant.
#[test]
fn what_is_done_in_the_instant_of_the_alarm_and_behind_it_is_overshoot() {
    let text = world("gateway", "", KEY, ("k", "{do: a.list, as: k, first: 2s}"), "detect: {r: {report: 2s}}");
    shows(&ran(&text), &[("detected", "2 s"), ("excess", "3"), ("overshoot", "3")]);
}

#[test]
fn what_is_final_already_can_be_undone_until_nothing() {
    let put = "      put: {http: 'PUT /a/things/{id}', on: things, reversible: 2s}";
    let then = "{do: a.put, as: k, on: things-1}, {do: a.put, as: k, on: things-1, first: 58950ms}";
    let text = world("gateway", put, KEY, ("k", then), "limits: {survivors: 0}");
    shows(&ran(&text), &[("irreversible", "1"), ("reversible", "0"), ("reversible_until", "never")]);
}
