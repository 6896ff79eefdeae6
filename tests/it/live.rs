//! By the wall clock over many connections, the live plane reaches what the simulator says, when it says so.

use std::collections::BTreeMap;

use runaway::plane::driver::Stop;
use runaway::run::{Kept, Plane, Prepared, RunOptions, prepare};
use runaway::scenario::Overrides;
use runaway::wire::{CollId, Effect, Event, Span, Tick};

use crate::support::document;

/// Twelve seconds in a fixed order at a rate: pages of ids, then record by record, until a revocation has arrived. It
/// arrives half-way between two requests: closer to one, it would be chance on which side of it that one falls.
const STEADY: &str = "
runaway: 1
name: steady
story: A clerk's agent reads every order, one by one, until its key is revoked.
time: {horizon: 12s, settle: 1s}
services:
  shop:
    accepts: {mode: push, delay: 700ms}
    latency: 15ms
    page: 200
    operations:
      list: GET /orders -> orders ids
      read: 'GET /orders/{id} -> orders records'
identities:
  clerk: {kind: agent}
credentials:
  clerk-key: {of: clerk, kind: api-key, scopes: ['shop:*']}
data:
  orders: {count: 400, class: pii}
agents:
  clerk:
    is: clerk
    holds: [clerk-key]
    knows: [shop.list, shop.read]
    told:
      - {do: shop.list}
    fault: over-broad
    then:
      - {do: shop.list, pages: all}
      - {do: shop.read, on: each listed orders, after_refusal: go on}
    pace: {rate: {of: 5/s, connections: 4}}
detect:
  customer: {report: 2s}
steps:
  revoke-key: {revoke: every clerk-key}
variants:
  busy:
    story: Ten times as fast.
    set: {agents.clerk.pace: {rate: {of: 50/s, connections: 4}}}
  revoked:
    story: A customer calls, and the key is revoked.
    respond: {customer: {after: 1s, do: [revoke-key]}}
  slow-lists:
    story: Answers take longer than the rate, so several are under way.
    set: {services.shop.latency: 690ms}
    respond: {customer: {after: 6s, do: [revoke-key]}}
";

/// How far the planes may be apart.
const SLACK: Span = Span::from_millis(50);
/// A machine that stalls for longer than the slack says nothing about the plane: so often a variant may be tried.
const TRIES: u32 = 8;

type Reach = BTreeMap<(CollId, u32, Effect), Tick>;

fn reach(prepared: &Prepared, plane: Plane) -> Reach {
    let mut kept = Kept::default();
    prepared.run(plane, RunOptions::default(), &Stop::default(), &mut kept).expect("a run on loopback");
    let mut reached = BTreeMap::new();
    for event in &kept.0 {
        if let Event::Touched { at, coll, effect, first, n, .. } = *event {
            for row in first..first + n {
                reached.entry((coll, row, effect)).or_insert(at);
            }
        }
    }
    reached
}

/// E_sim(t - slack) within E_live(t) within E_sim(t + slack), for every t: each pair is reached by both, within the
/// slack, or by one of them so late that the other had no time left.
fn apart(simulated: &Reach, live: &Reach, horizon: Tick) -> Option<String> {
    let late = |at: &Tick| *at + SLACK >= horizon;
    for (pair, at) in simulated {
        match live.get(pair) {
            Some(there) if there.since(*at).max(at.since(*there)) <= SLACK => {}
            None if late(at) => {}
            other => return Some(format!("{pair:?}: {at} in the simulator, {other:?} live")),
        }
    }
    live.iter()
        .find(|(pair, at)| !simulated.contains_key(*pair) && !late(at))
        .map(|(pair, _)| format!("{pair:?}: live only"))
}

/// When the defence first does something.
fn acts(prepared: &Prepared, plane: Plane) -> Tick {
    let mut kept = Kept::default();
    prepared.run(plane, RunOptions::default(), &Stop::default(), &mut kept).expect("a run on loopback");
    let acted = |event: &Event| if let Event::Acted { at, .. } = *event { Some(at) } else { None };
    kept.0.iter().find_map(acted).expect("an action")
}

fn agrees(variant: Option<&str>, least: usize) {
    let prepared =
        prepare(&document(STEADY), variant, &Overrides::default(), &Stop::default()).expect("a scenario that runs");
    let horizon = prepared.plan.time.horizon.expect("a horizon");
    let simulated = reach(&prepared, Plane::Sim);
    assert!(simulated.len() >= least, "{variant:?}: {} pairs are too few to compare", simulated.len());
    let mut seen = Vec::new();
    for _ in 0..TRIES {
        match apart(&simulated, &reach(&prepared, Plane::Live { scale: 1.0 }), horizon) {
            None => return,
            Some(difference) => seen.push(difference),
        }
    }
    panic!("{variant:?}: {seen:#?}");
}

#[test]
fn uncontrolled_the_planes_are_within_50_ms() {
    agrees(None, 50);
    agrees(Some("busy"), 390);
}

#[test]
fn with_a_revocation_the_planes_are_within_50_ms() {
    agrees(Some("revoked"), 10);
}

#[test]
fn with_several_requests_under_way_the_planes_are_within_50_ms() {
    agrees(Some("slow-lists"), 20);
}

/// One request, which raises the alarm and is answered late.
const AWAITED: &str = "
runaway: 1
name: awaited
time: {horizon: 4s}
services:
  shop:
    accepts: gateway
    latency: 1_500ms
    operations: {read: 'GET /orders/{id} -> orders records'}
identities: {clerk: {kind: agent}}
credentials: {clerk-key: {of: clerk, kind: api-key, scopes: ['shop:*']}}
data: {orders: {count: 4, class: pii}}
agents: {clerk: {is: clerk, holds: [clerk-key], told: [], fault: over-broad, then: [{do: shop.read, on: orders-1, first: 1s}]}}
detect: {any: {requests: 1, within: 1min, by: principal}}
steps: {revoke-key: {revoke: every clerk-key}}
respond: {any: {after: 100ms, do: [revoke-key]}}
";

#[test]
fn an_alarm_while_everybody_waits_for_answers_is_heard_at_once() {
    let prepared = prepare(&document(AWAITED), None, &Overrides::default(), &Stop::default()).expect("a scenario");
    let simulated = acts(&prepared, Plane::Sim);
    assert!(simulated < Tick::ZERO + Span::from_millis(2_000), "{simulated}: before the answer");
    let is_late = |_| acts(&prepared, Plane::Live { scale: 1.0 }).since(simulated) > SLACK;
    assert!(!(0..TRIES).all(is_late), "later than {simulated} by more than {SLACK} each time");
}
