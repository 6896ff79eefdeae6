//! What the faults make of a task.

use crate::agent::testing::*;
use crate::model::agent::{AfterRefusal, AgentPlan, Block, Fault, Load, On, Repeat, Step, With};
use crate::model::instruction::{Obedience, Obeys};
use crate::model::service::{Act, Grant};
use crate::wire::{Arg, Effect, HeldId, InstructionId, Planted, SecretKind, Span, Text, Tick, Turn};

const LATENCY: Span = Span(10 * MS);
const LONG: Tick = Tick(3_600_000 * MS);

#[test]
fn a_runaway_loop_does_the_task_over_and_over() {
    let mut scene = Scene::new();
    let service = scene.service();
    let (a, b) = (scene.ping(service), scene.ping(service));
    let plan = AgentPlan { fault: Fault::RunawayLoop, ..spec(vec![Block::Step(step(a)), Block::Step(step(b))]) };
    let trace = run(&mut scene.agent(plan), Tick(50 * MS), LATENCY, |_, _, _| ok());
    assert_eq!(trace.routes(), [a, b, a, b, a]);
    assert_eq!(trace.turns(), [(0, Turn::Started), (20, Turn::FaultTookOver)], "the first round was asked for");
}

#[test]
fn a_runaway_loop_without_a_credential_left_ends() {
    let mut scene = Scene::new();
    let service = scene.service();
    let keys = scene.family(SecretKind::ApiKey, 1);
    let call = Step { after_refusal: AfterRefusal::DropCredential, ..step(scene.ping(service)) };
    let plan = AgentPlan { fault: Fault::RunawayLoop, holds: vec![(keys, 0)], ..spec(vec![Block::Step(call)]) };
    let trace =
        run(&mut scene.agent(plan), LONG, LATENCY, |now, _, _| if now.0 < 30 * MS { ok() } else { status(401) });
    assert_eq!(trace.times(), [0, 10, 20, 30]);
    assert_eq!(trace.turns().last(), Some(&(40, Turn::OutOfWork)));
}

#[test]
fn an_over_broad_agent_lists_and_takes_everything() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(5);
    let (list, delete, other) = (scene.list(service, coll), scene.delete(service, coll), scene.ping(service));
    let named = Step { on: On::Named(vec![res(coll, 3)]), ..step(delete) };
    let broad = |knows| {
        let task = vec![Block::Step(step(other)), Block::Step(named.clone())];
        let plan = AgentPlan { fault: Fault::OverBroad, knows, ..spec(task) };
        let scenario = scene.plan.clone();
        run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| {
            if request.route == list { page(&scenario, coll, 2, request, slot) } else { ok() }
        })
    };
    let trace = broad(vec![other, list, delete]);
    assert_eq!(trace.routes(), [vec![other], vec![list; 3], vec![delete; 5]].concat());
    let rows: Vec<_> = trace.of(delete).iter().filter_map(Arrival::row).collect();
    assert_eq!(rows, [0, 1, 2, 3, 4]);
    assert!(trace.of(list).iter().all(|arrival| arrival.row().is_none()), "the list is about no record");
    assert_eq!(trace.turns()[1], (10, Turn::FaultTookOver), "at the first step that is not as told");
    let blind = broad(vec![other, delete]);
    assert_eq!(blind.routes(), [other, delete], "nobody widens to ids that they never saw");
    assert_eq!(blind.turns(), [(0, Turn::Started), (20, Turn::OutOfWork)]);
}

#[test]
fn a_list_that_is_refused_does_not_stop_an_over_broad_agent() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(5);
    let (list, delete, other) = (scene.list(service, coll), scene.delete(service, coll), scene.ping(service));
    let named = Step { on: On::Named(vec![res(coll, 3)]), after_refusal: AfterRefusal::Stop, ..step(delete) };
    let task = vec![Block::Step(named), Block::Step(step(other))];
    let plan = AgentPlan { fault: Fault::OverBroad, knows: vec![list, delete, other], ..spec(task) };
    let trace = run(
        &mut scene.agent(plan),
        LONG,
        LATENCY,
        |_, request, _| {
            if request.route == list { status(403) } else { ok() }
        },
    );
    assert_eq!(trace.routes(), [list, other], "nothing was listed, and nobody said what to do about that");
}

#[test]
fn an_over_broad_agent_reads_lists_to_the_end() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(5);
    let list = scene.list(service, coll);
    let plan = AgentPlan { fault: Fault::OverBroad, ..spec(vec![Block::Step(step(list))]) };
    let scenario = scene.plan.clone();
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| page(&scenario, coll, 2, request, slot));
    assert_eq!(trace.arrivals.len(), 3);
}

#[test]
fn a_wrong_target_is_called_with_the_right_arguments() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(5);
    let (sandbox, live, other) = (scene.delete(service, coll), scene.delete(service, coll), scene.ping(service));
    let named = Step { on: On::Named(vec![res(coll, 4), res(coll, 1)]), ..step(sandbox) };
    let fault = Fault::WrongTarget { instead_of: sandbox, calls: live };
    let plan = AgentPlan { fault, ..spec(vec![Block::Step(step(other)), Block::Step(named)]) };
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, _, _| ok());
    let shown: Vec<_> = trace.arrivals.iter().map(|a| (a.route(), a.row())).collect();
    assert_eq!(shown, [(other, None), (live, Some(4)), (live, Some(1))]);
    assert_eq!(trace.turns()[1], (10, Turn::FaultTookOver));
}

#[test]
fn after_a_refusal_the_credential_found_last_is_tried_first_and_kept_when_it_works() {
    let mut scene = Scene::new();
    let service = scene.service();
    let (own, found) = (scene.family(SecretKind::Session, 2), scene.family(SecretKind::ApiKey, 3));
    let files = scene.collection(3);
    scene.secrets_lie(files, found);
    let (search, deploy, wipe) = (scene.list(service, files), scene.ping(service), scene.ping(service));
    let task = [step(search), step(deploy), Step { repeat: Repeat::Times(2), ..step(wipe) }];
    let mut plan = spec(task.into_iter().map(Block::Step).collect());
    plan.fault = Fault::WrongCredential;
    plan.holds = vec![(own, 0), (own, 1)];
    let scenario = scene.plan.clone();
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| {
        let held = request.presented.map_or(9, |p| p.held.number());
        match held {
            _ if request.route == search => page(&scenario, files, 3, request, slot),
            3 => ok(), // the second of those found
            4 => status(401),
            _ => status(403),
        }
    });
    let shown: Vec<_> = trace.arrivals.iter().map(|a| (a.route(), a.held().map_or(9, HeldId::number))).collect();
    let expected = [(search, 0), (deploy, 0), (deploy, 4), (deploy, 3), (wipe, 3), (wipe, 3)];
    assert_eq!(shown, expected);
    assert_eq!(trace.turns()[1], (20, Turn::FaultTookOver));
}

#[test]
fn where_no_credential_opens_the_door_the_step_decides() {
    let mut scene = Scene::new();
    let service = scene.service();
    let own = scene.family(SecretKind::Session, 3);
    let (deploy, wipe) = (scene.ping(service), scene.ping(service));
    let stop = Step { after_refusal: AfterRefusal::Stop, with: With::Family(own), ..step(deploy) };
    let mut plan = spec(vec![Block::Step(stop), Block::Step(step(wipe))]);
    plan.fault = Fault::WrongCredential;
    plan.holds = vec![(own, 0), (own, 1), (own, 2)];
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, _, _| status(403));
    let used: Vec<_> = trace.arrivals.iter().filter_map(Arrival::held).map(HeldId::number).collect();
    assert_eq!((trace.routes(), used), (vec![deploy; 3], vec![0, 1, 2]));
}

#[test]
fn an_over_broad_agent_lists_once_whatever_the_step_is_that_it_widens() {
    let mut scene = Scene::new();
    let service = scene.service();
    let nobodys = scene.family(SecretKind::AccessToken, 0);
    let coll = scene.collection(3);
    let (list, delete) = (scene.list(service, coll), scene.delete(service, coll));
    let named = Step { on: On::Named(vec![res(coll, 1)]), ..step(delete) };
    let broad = |told: Step| {
        let plan = AgentPlan { fault: Fault::OverBroad, knows: vec![list, delete], ..spec(vec![Block::Step(told)]) };
        let scenario = scene.plan.clone();
        let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| {
            if request.route == list { page(&scenario, coll, 3, request, slot) } else { ok() }
        });
        trace.arrivals.iter().map(|arrival| (arrival.route(), arrival.request.carries)).collect::<Vec<_>>()
    };
    let told = Step { repeat: Repeat::Times(2), carries: vec![Load::FoundSecrets], ..named.clone() };
    assert_eq!(broad(told), [vec![(list, false)], vec![(delete, true); 6]].concat());
    let exchange = Step { subject: Some(nobodys), ..named };
    assert_eq!(broad(exchange), [(list, false)], "who lists needs no token to exchange");
}

#[test]
fn what_opened_one_door_is_not_shown_again_where_it_was_refused() {
    let mut scene = Scene::new();
    let service = scene.service();
    let own = scene.family(SecretKind::Session, 3);
    let (deploy, wipe) = (scene.ping(service), scene.ping(service));
    let mut plan = spec([deploy, wipe, deploy, wipe].map(|route| Block::Step(step(route))).into());
    plan.fault = Fault::WrongCredential;
    plan.holds = vec![(own, 0), (own, 1), (own, 2)];
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, _| {
        let opens = if request.route == deploy { 1 } else { 2 };
        if request.presented.is_some_and(|p| p.held.number() == opens) { ok() } else { status(403) }
    });
    let shown: Vec<_> = trace.arrivals.iter().map(|a| (a.route(), a.held().map_or(9, HeldId::number))).collect();
    let expected = [
        vec![(deploy, 0), (deploy, 1)],
        vec![(wipe, 1), (wipe, 0), (wipe, 2)],
        vec![(deploy, 2), (deploy, 1)],
        vec![(wipe, 0), (wipe, 2)],
    ];
    assert_eq!(shown, expected.concat());
}

#[test]
fn an_order_to_exchange_a_token_hands_that_over_and_shows_its_own() {
    let mut scene = Scene::new();
    let service = scene.service();
    let [own, theirs] = [1, 1].map(|count| scene.family(SecretKind::AccessToken, count));
    let notes = scene.collection(1);
    let list = scene.list(service, notes);
    let act = Act::Mint { family: own, refresh: None, grant: Grant::TokenExchange };
    let exchange = scene.route(service, act, Effect::Mint, None);
    let order = Step { with: With::Family(own), subject: Some(theirs), ..step(exchange) };
    let mut plan = AgentPlan { fault: Fault::Injected, ..spec(vec![Block::Step(step(list))]) };
    plan.holds = vec![(own, 0), (theirs, 0)];
    plan.obedience = Obedience { whom: Obeys::Everybody, does: [program(vec![order]).into()].into(), ..plan.obedience };
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| {
        if request.route == list {
            slot.planted.push(Planted { instruction: InstructionId::new(0), lay_in: res(notes, 0), author: None });
        }
        ok()
    });
    let [own, theirs] = [own, theirs].map(|family| Text::Generated { family, index: 0, turn: 0 });
    let shown: Vec<_> =
        trace.of(exchange).iter().map(|a| (a.request.presented.map(|p| p.text), a.request.about)).collect();
    assert_eq!(shown, [(Some(own), Arg::Text(theirs))]);
}
