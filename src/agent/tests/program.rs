//! Programs and paces, against answers written by hand.

use crate::model::agent::{Block, Fault, FaultKind, On, Pace, Repeat, Step, With};
use crate::wire::{Event, HeldId, SecretKind, Span, Tick, Turn};

use crate::agent::Conduct;
use crate::agent::testing::*;

const LATENCY: Span = Span(50 * MS);
const LONG: Tick = Tick(3_600_000 * MS);

#[test]
fn steps_are_done_in_order_and_then_there_is_nothing_left() {
    let mut scene = Scene::new();
    let service = scene.service();
    let (a, b) = (scene.ping(service), scene.ping(service));
    let twice = Step { repeat: Repeat::Times(2), ..step(a) };
    let mut agent = scene.agent(spec(vec![Block::Step(twice), Block::Step(step(b))]));
    let trace = run(&mut agent, LONG, LATENCY, |_, _, _| ok());
    assert_eq!(trace.routes(), [a, a, b]);
    assert_eq!(trace.times(), [0, 50, 100]);
    assert_eq!(trace.turns(), [(0, Turn::Started), (150, Turn::OutOfWork)]);
    assert!(trace.done);
}

#[test]
fn what_it_was_given_is_reported_at_the_start() {
    let mut scene = Scene::new();
    let keys = scene.family(SecretKind::ApiKey, 3);
    let mut plan = spec(vec![]);
    plan.holds = vec![(keys, 2), (keys, 0)];
    plan.starts = Tick(7 * MS);
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, _, _| ok());
    let got = |held| Event::Got {
        at: Tick(7 * MS),
        by: crate::wire::ActorId::new(0),
        held: HeldId::new(held),
        kind: SecretKind::ApiKey,
        via: None,
        lay_in: None,
        cred: None,
    };
    assert_eq!(trace.log.events[1..3], [got(0), got(1)]);
    assert_eq!(trace.turns()[0], (7, Turn::Started));
}

#[test]
fn pages_are_followed_where_the_step_says_so() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(250);
    let list = scene.list(service, coll);
    let all = Step { all_pages: true, ..step(list) };
    let mut agent = scene.agent(spec(vec![Block::Step(all), Block::Step(step(list))]));
    let plan = scene.plan.clone();
    let trace = run(&mut agent, LONG, LATENCY, |_, request, slot| page(&plan, coll, 100, request, slot));
    assert_eq!(trace.arrivals.len(), 3 + 1);
}

#[test]
fn lines_side_by_side_share_one_connection_by_who_was_due_first() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(400);
    let (list, post) = (scene.list(service, coll), scene.ping(service));
    let reads = Step { all_pages: true, repeat: each(1_000, 0), ..step(list) };
    let posts = Step { repeat: each(100, 20), ..step(post) };
    let lines = vec![program(vec![reads]), program(vec![posts])];
    let mut agent = scene.agent(spec(vec![Block::Together(lines)]));
    let plan = scene.plan.clone();
    let trace = run(&mut agent, Tick(450 * MS), LATENCY, |_, request, slot| {
        if request.route == list { page(&plan, coll, 100, request, slot) } else { ok() }
    });
    let shown: Vec<(u64, bool)> = trace.arrivals.iter().map(|a| (a.at.0 / MS, a.route() == post)).collect();
    let expected = [
        (0, false),   // page 1 of 4
        (50, true),   // due at 20, while page 2 is due since 50
        (100, false), // page 2
        (150, true),  // due at 120
        (200, false),
        (250, true), // due at 220
        (300, false),
        (350, true), // due at 320; the pages are through
        (420, true),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn of_reads_that_fell_due_while_busy_only_the_latest_is_made_up_for() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(1);
    let list = scene.list(service, coll);
    let plan = scene.plan.clone();
    let slow = |all_pages| {
        let reads = Step { all_pages, repeat: each(20, 0), ..step(list) };
        let mut agent = scene.agent(spec(vec![Block::Step(reads)]));
        let mut first = true;
        let trace = run(&mut agent, Tick(170 * MS), Span(MS), |_, request, slot| {
            if std::mem::take(&mut first) { later(Span::from_millis(109)) } else { page(&plan, coll, 9, request, slot) }
        });
        trace.times()
    };
    assert_eq!(slow(true), [0, 110, 111, 120, 140, 160], "due at 0, 100, 120");
    assert_eq!(slow(false), [0, 110, 111, 112, 113, 114, 115, 120, 140, 160], "due at 0, 20, 40, 60, 80, 100, 120");
}

#[test]
fn a_rate_sends_exactly_on_its_grid() {
    let mut scene = Scene::new();
    let service = scene.service();
    let ping = scene.ping(service);
    let mut plan = spec(vec![Block::Step(Step { repeat: Repeat::Times(500), ..step(ping) })]);
    plan.pace = Pace::Rate { every: Span::from_millis(20), connections: 1 };
    plan.starts = Tick(3 * MS);
    let trace = run(&mut scene.agent(plan), LONG, Span(9_999), |_, _, _| ok());
    let grid: Vec<u64> = (0..500).map(|k| 3 + 20 * k).collect();
    assert_eq!(trace.times(), grid);
}

#[test]
fn a_human_waits_between_requests_and_for_answers() {
    let mut scene = Scene::new();
    let service = scene.service();
    let ping = scene.ping(service);
    let human = |latency| {
        let mut plan = spec(vec![Block::Step(Step { repeat: Repeat::Times(3), ..step(ping) })]);
        plan.pace = Pace::Human { every: Span::from_secs(5) };
        run(&mut scene.agent(plan), LONG, latency, |_, _, _| ok()).times()
    };
    assert_eq!(human(Span::from_millis(10)), [0, 5_000, 10_000]);
    assert_eq!(human(Span::from_millis(6_000)), [0, 6_000, 12_000]);
}

#[test]
fn credentials_take_turns_and_new_ones_join_at_the_end() {
    let mut scene = Scene::new();
    let service = scene.service();
    let tokens = scene.family(SecretKind::ApiKey, 5);
    let coll = scene.collection(5);
    scene.secrets_lie(coll, tokens);
    let (list, post) = (scene.list(service, coll), scene.ping(service));
    let posts = Step { with: With::EachInTurn(tokens), repeat: each(1_000, 500), ..step(post) };
    let lines = vec![program(vec![Step { repeat: each(3_000, 2_000), ..step(list) }]), program(vec![posts])];
    let mut agent = scene.agent(spec(vec![Block::Together(lines)]));
    let mut reads = 0;
    let plan = scene.plan.clone();
    let trace = run(&mut agent, Tick(11_000 * MS), LATENCY, |_, request, slot| {
        if request.route == post {
            return ok();
        }
        reads += 1;
        let answer = page(&plan, coll, 5, request, slot);
        slot.texts.truncate(if reads == 1 { 2 } else { 3 });
        answer
    });
    let posts: Vec<(u64, u32)> =
        trace.of(post).iter().map(|a| (a.at.0 / MS, a.held().map_or(9, HeldId::number))).collect();
    let expected =
        [(2_500, 0), (3_500, 1), (4_500, 0), (5_500, 1), (6_500, 2), (7_500, 0), (8_500, 1), (9_500, 2), (10_500, 0)];
    assert_eq!(posts, expected, "nothing is sent while it holds none");
}

#[test]
fn a_step_through_a_listing_uses_every_connection_in_the_order_of_the_list() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(7);
    let (list, delete) = (scene.list(service, coll), scene.delete(service, coll));
    let each = Step { on: On::EachListed(coll), ..step(delete) };
    let mut plan = spec(vec![Block::Step(step(list)), Block::Step(each), Block::Step(step(list))]);
    plan.pace = Pace::Machine { connections: 3 };
    let scenario = scene.plan.clone();
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| {
        if request.route == list { page(&scenario, coll, 100, request, slot) } else { ok() }
    });
    assert_eq!(trace.times(), [0, 50, 50, 50, 100, 100, 100, 150, 200]);
    let rows: Vec<u32> = trace.of(delete).iter().filter_map(Arrival::row).collect();
    assert_eq!(rows, [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn an_endless_step_with_nothing_to_send_waits_for_news() {
    let mut scene = Scene::new();
    let service = scene.service();
    let tokens = scene.family(SecretKind::ApiKey, 1);
    let coll = scene.collection(1);
    scene.secrets_lie(coll, tokens);
    let (list, post) = (scene.list(service, coll), scene.ping(service));
    let endless = Step { with: With::EachInTurn(tokens), repeat: Repeat::Endless, ..step(post) };
    let reads =
        Step { repeat: Repeat::Every { every: Span::SECOND, first: Span::SECOND, times: Some(1) }, ..step(list) };
    let lines = vec![program(vec![endless]), program(vec![reads])];
    let plan = scene.plan.clone();
    let mut agent = scene.agent(spec(vec![Block::Together(lines)]));
    let trace = run(&mut agent, Tick(1_200 * MS), LATENCY, |_, request, slot| {
        if request.route == list { page(&plan, coll, 1, request, slot) } else { ok() }
    });
    assert_eq!(trace.times(), [1_000, 1_050, 1_100, 1_150]);
    let starved = Step { with: With::EachInTurn(tokens), repeat: Repeat::Endless, ..step(post) };
    let trace = run(&mut scene.agent(spec(vec![Block::Step(starved)])), LONG, LATENCY, |_, _, _| ok());
    assert!(trace.done && trace.arrivals.is_empty());
}

#[test]
fn a_scripted_fault_replaces_the_task_and_a_sane_agent_never_does() {
    let mut scene = Scene::new();
    let service = scene.service();
    let (a, b) = (scene.ping(service), scene.ping(service));
    let mut plan = spec(vec![Block::Step(step(a))]);
    plan.fault = Fault::Scripted { kind: FaultKind::Harvest, then: program(vec![step(b)]) };
    let trace = run(&mut scene.agent(plan.clone()), LONG, LATENCY, |_, _, _| ok());
    assert_eq!(trace.routes(), [b]);
    assert_eq!(trace.turns(), [(0, Turn::Started), (0, Turn::FaultTookOver), (50, Turn::OutOfWork)]);
    let who = crate::wire::ActorId::new(0);
    let plan_ref = std::sync::Arc::new(scene.plan.clone());
    let inventory = std::sync::Arc::new(crate::agent::Inventory::of(&plan_ref));
    let mut sane =
        crate::agent::Agent::new(&plan_ref, &inventory, who, &plan, crate::wire::Purpose::Agent, Conduct::Sane);
    assert_eq!(run(&mut sane, LONG, LATENCY, |_, _, _| ok()).routes(), [a]);
}
