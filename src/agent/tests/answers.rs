//! What a program does when the answer is no, later, or elsewhere.

use crate::agent::testing::*;
use crate::model::agent::{AfterRefusal, Block, On, Program, Repeat, Step, With};
use crate::wire::{Body, Client, Event, HeldId, Log, Next, Response, SecretKind, Slot, Span, Text, Tick};

const LATENCY: Span = Span(50 * MS);
const LONG: Tick = Tick(3_600_000 * MS);

#[test]
fn a_dropped_credential_is_never_used_again() {
    let mut scene = Scene::new();
    let service = scene.service();
    let tokens = scene.family(SecretKind::ApiKey, 3);
    let post = scene.ping(service);
    let mut plan = spec(vec![Block::Step(Step {
        with: With::EachInTurn(tokens),
        repeat: each(100, 0),
        after_refusal: AfterRefusal::DropCredential,
        ..step(post)
    })]);
    plan.holds = vec![(tokens, 0), (tokens, 1), (tokens, 2)];
    let trace = run(&mut scene.agent(plan), Tick(1_000 * MS), LATENCY, |now, request, _| {
        match request.presented.map(|p| p.held.number()) {
            Some(1) => status(403),
            Some(2) if now >= Tick(500 * MS) => status(401),
            Some(0) => status(404),
            _ => ok(),
        }
    });
    let used: Vec<u32> = trace.arrivals.iter().filter_map(|a| a.held()).map(HeldId::number).collect();
    assert_eq!(used, [0, 1, 2, 0, 2, 0, 2, 0, 0, 0], "a 404 is about the record, not the credential");
}

#[test]
fn a_dropped_verb_ends_that_step_for_that_credential() {
    let mut scene = Scene::new();
    let service = scene.service();
    let profiles = scene.family(SecretKind::RoleSession, 2);
    let coll = scene.collection(6);
    let (list, delete) = (scene.list(service, coll), scene.delete(service, coll));
    let body = vec![
        Block::Step(step(list)),
        Block::Step(Step { on: On::EachListed(coll), after_refusal: AfterRefusal::DropVerb, ..step(delete) }),
        Block::Step(step(list)),
    ];
    let each = Block::Each { of: vec![(profiles, 1), (profiles, 0)], body: Program { blocks: body } };
    let mut plan = spec(vec![each]);
    plan.holds = vec![(profiles, 0), (profiles, 1)];
    let scenario = scene.plan.clone();
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| {
        let first = request.presented.is_some_and(|p| p.held == HeldId::new(0));
        match request.route {
            route if route == list && first => page(&scenario, coll, 2, request, slot),
            route if route == list => page(&scenario, coll, 3, request, slot),
            _ if first => status(403),
            _ => ok(),
        }
    });
    let shown: Vec<(bool, u32, Option<u32>)> =
        trace.arrivals.iter().map(|a| (a.route() == list, a.held().map_or(9, HeldId::number), a.row())).collect();
    let expected = [
        (true, 1, None),
        (false, 1, Some(0)),
        (false, 1, Some(1)),
        (false, 1, Some(2)),
        (true, 1, None),
        (true, 0, None),
        (false, 0, Some(0)), // 403: the second of its two records is not tried
        (true, 0, None),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn retry_after_is_honoured_a_bounded_number_of_times() {
    let mut scene = Scene::new();
    let service = scene.service();
    let (limited, free) = (scene.ping(service), scene.ping(service));
    let mut agent = scene.agent(spec(vec![Block::Step(step(limited)), Block::Step(step(free))]));
    let trace = run(
        &mut agent,
        LONG,
        LATENCY,
        |_, request, _| {
            if request.route == limited { later(Span::from_secs(1)) } else { ok() }
        },
    );
    let waits: Vec<u64> = (0..9).map(|k| k * 1_050).collect();
    assert_eq!(trace.times(), [waits, vec![8 * 1_050 + 50]].concat());
}

#[test]
fn a_waiting_call_leaves_its_connection_to_the_other_lines() {
    let mut scene = Scene::new();
    let service = scene.service();
    let (limited, free) = (scene.ping(service), scene.ping(service));
    let lines = vec![
        program(vec![step(limited), step(limited)]),
        program(vec![Step { repeat: Repeat::Times(3), ..step(free) }]),
    ];
    let mut agent = scene.agent(spec(vec![Block::Together(lines)]));
    let mut first = true;
    let trace =
        run(
            &mut agent,
            LONG,
            LATENCY,
            |_, _, _| {
                if std::mem::take(&mut first) { later(Span::from_secs(1)) } else { ok() }
            },
        );
    assert_eq!(trace.routes(), [limited, free, free, free, limited, limited]);
    assert_eq!(trace.times(), [0, 50, 100, 150, 1_050, 1_100]);
}

#[test]
fn a_redirect_is_followed_and_remembered() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(3);
    let (put, old) = (scene.delete(service, coll), scene.delete(service, coll));
    let named = Step { on: On::Named(vec![res(coll, 2), res(coll, 0)]), ..step(put) };
    let mut agent = scene.agent(spec(vec![Block::Step(named)]));
    let trace =
        run(&mut agent, LONG, LATENCY, |_, request, _| if request.route == put { body(Body::Link(old)) } else { ok() });
    let shown: Vec<_> = trace.arrivals.iter().map(|a| (a.route(), a.row())).collect();
    assert_eq!(shown, [(put, Some(2)), (old, Some(2)), (old, Some(0))]);
}

#[test]
fn stop_ends_the_work_and_retry_does_not() {
    let mut scene = Scene::new();
    let service = scene.service();
    let (a, b) = (scene.ping(service), scene.ping(service));
    let after = |after_refusal| {
        let steps = vec![Block::Step(Step { after_refusal, ..step(a) }), Block::Step(step(b))];
        let mut agent = scene.agent(spec(steps));
        run(&mut agent, Tick(200 * MS), LATENCY, |_, _, _| status(403)).routes()
    };
    assert_eq!(after(AfterRefusal::Stop), [a]);
    assert_eq!(after(AfterRefusal::GoOn), [a, b]);
    assert_eq!(after(AfterRefusal::Retry), [a, a, a, a]);
}

#[test]
fn a_rotated_secret_is_followed_by_the_one_that_was_handed_over() {
    let mut scene = Scene::new();
    let service = scene.service();
    let keys = scene.family(SecretKind::ApiKey, 2);
    let call = Step { with: With::EachInTurn(keys), repeat: Repeat::Endless, ..step(scene.ping(service)) };
    let mut plan = spec(vec![Block::Step(call)]);
    plan.holds = vec![(keys, 0), (keys, 1)];
    let mut agent = scene.agent(plan);
    let mut log = Log::default();
    let present = |agent: &mut crate::agent::Agent, log: &mut Log| match agent.next(Tick::ZERO, log) {
        Next::Send(id, request) => {
            let outcome = crate::wire::Outcome::Answer(Response::bare(200));
            agent.observe(Tick::ZERO, id, &outcome, &Slot::default(), &mut Keys, log);
            request.presented.map(|p| p.text)
        }
        _ => None,
    };
    let text = |index, turn| Text::Generated { family: keys, index, turn };
    assert_eq!(present(&mut agent, &mut log), Some(text(0, 0)));
    agent.handed(Tick(9), text(0, 0), text(0, 1), &mut log);
    agent.handed(Tick(9), Text::Seen(4), Text::Seen(5), &mut log);
    assert!(matches!(log.events[3..], [Event::Got { via: None, held, .. }] if held == HeldId::new(2)));
    let next = [0; 3].map(|_| present(&mut agent, &mut log));
    assert_eq!(next, [Some(text(1, 0)), Some(text(0, 1)), Some(text(1, 0))], "in the place of the old one");
}
