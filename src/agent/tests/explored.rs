//! What a harvesting agent learns from answers: where not to go on, and where to.

use std::collections::BTreeSet;

use crate::agent::testing::*;
use crate::model::agent::{AgentPlan, Strategy};
use crate::model::identity::Ids;
use crate::model::service::{Act, Answer, Grant};
use crate::wire::{Arg, Body, Effect, Event, HeldId, RouteId, Rows, SecretKind, Span, Text, Tick};

use super::harvest::{LATENCY, LONG, STRATEGIES, Town, harvester};

#[test]
fn a_401_closes_the_service_for_that_credential_and_a_403_the_operation() {
    let town = Town::new();
    for strategy in STRATEGIES {
        let mut scene = Town::new().scene;
        let extra: Vec<RouteId> = (0..3).map(|_| scene.ping(town.second)).collect();
        let last = scene.ping(town.first);
        let mut plan = harvester(strategy, [town.knows(), extra, vec![last]].concat());
        plan.holds = vec![(town.keys, 0)];
        let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| match request.presented {
            Some(_) if scene.plan.route(request.route).service == town.second => status(401),
            Some(_) => status(403),
            None => town.answer(request, slot),
        });
        let at = |held: u32, service| {
            let routes = trace.arrivals.iter().filter(|a| a.held() == Some(HeldId::new(held)));
            routes.filter(|a| scene.plan.route(a.route()).service == service).count()
        };
        for held in 0..4 {
            assert_eq!(at(held, town.second), 1, "{strategy:?}: one 401 is enough");
            assert_eq!(at(held, town.first), 2, "what comes behind a closed service is tried");
        }
        let bare = trace.arrivals.iter().filter(|a| a.held().is_none()).count();
        assert_eq!(bare, 3 + 7 + 1 + 3 + 1, "being without a credential is tried everywhere");
    }
}

#[test]
fn many_records_refused_in_a_row_are_a_refused_operation() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(100);
    let (list, delete) = (scene.list(service, coll), scene.delete(service, coll));
    let scenario = scene.plan.clone();
    let deleted = |allowed: fn(u32) -> bool| {
        let plan = harvester(Strategy::Breadth, vec![list, delete]);
        let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| match request.about {
            Arg::Id(res) if allowed(res.row) => ok(),
            Arg::Id(_) => status(403),
            _ => page(&scenario, coll, 100, request, slot),
        });
        trace.of(delete).len()
    };
    assert_eq!(deleted(|_| false), 8);
    assert_eq!(deleted(|row| row % 7 == 6), 100, "some of them are its own");
}

#[test]
fn a_404_says_nothing_about_the_next_record() {
    let town = Town::new();
    let trace =
        run(&mut town.scene.agent(harvester(Strategy::Breadth, town.knows())), LONG, LATENCY, |_, request, slot| {
            if request.route == town.delete { status(404) } else { town.answer(request, slot) }
        });
    assert_eq!(trace.of(town.delete).len(), 5 * 7);
}

#[test]
fn a_link_is_a_new_route_for_every_credential() {
    let mut town = Town::new();
    let hidden = town.scene.ping(town.first);
    let trace =
        run(&mut town.scene.agent(harvester(Strategy::Breadth, town.knows())), LONG, LATENCY, |_, request, slot| {
            if request.route == town.ping { body(Body::Link(hidden)) } else { town.answer(request, slot) }
        });
    let with: BTreeSet<_> = trace.of(hidden).iter().map(Arrival::held).collect();
    assert_eq!((with.len(), trace.of(hidden).len()), (5, 5));
}

#[test]
fn a_limited_try_is_made_again_later() {
    let town = Town::new();
    let mut refused = 0;
    let trace = run(&mut town.scene.agent(harvester(Strategy::Breadth, vec![town.ping])), LONG, LATENCY, |_, _, _| {
        refused += 1;
        if refused < 3 { later(Span::from_secs(2)) } else { ok() }
    });
    assert_eq!(trace.times(), [0, 2_001, 4_002]);
}

#[test]
fn a_harvester_waits_as_often_as_anybody_and_then_leaves_it() {
    let town = Town::new();
    let plan = harvester(Strategy::Breadth, vec![town.ping]);
    let until = Tick(60_000 * MS);
    let trace = run(&mut town.scene.agent(plan), until, LATENCY, |_, _, _| later(Span::from_secs(1)));
    assert_eq!(trace.times(), (0..9).map(|k| k * 1_001).collect::<Vec<_>>(), "asked once, and eight times more");
    assert!(trace.done);
}

#[test]
fn ids_are_guessed_where_they_can_be_until_a_lot_of_them_is_wrong() {
    for (ids, tried) in [(Ids::Sequential, 49), (Ids::Guessable, 49), (Ids::Listed, 0), (Ids::Unguessable, 0)] {
        let mut scene = Scene::new();
        let service = scene.service();
        let coll = scene.collection(20);
        scene.plan.collections[coll.index()].ids = ids;
        let delete = scene.delete(service, coll);
        let plan = AgentPlan { guesses: true, ..harvester(Strategy::Breadth, vec![delete]) };
        let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, _| match request.about {
            Arg::Id(res) if res.row < 20 => ok(),
            _ => status(404),
        });
        assert_eq!(
            trace.arrivals.len(),
            tried,
            "{ids:?}: 20 exist; 32 to 47 are all wrong, and so is the one before all"
        );
    }
}

#[test]
fn the_first_route_to_a_collection_begins_the_guessing_and_the_next_one_does_not() {
    // Of five records, a lot of sixteen is guessed, and a second one, of which nothing is right. Before both comes an id
    // that nobody has.
    let tried = |knows_one: bool| {
        let mut scene = Scene::new();
        let service = scene.service();
        let coll = scene.collection(5);
        scene.plan.collections[coll.index()].ids = Ids::Sequential;
        let (ping, hidden, known) = (scene.ping(service), scene.delete(service, coll), scene.delete(service, coll));
        let knows = if knows_one { vec![ping, known] } else { vec![ping] };
        let plan = AgentPlan { guesses: true, ..harvester(Strategy::Breadth, knows) };
        let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, _| match request.about {
            Arg::None => body(Body::Link(hidden)),
            Arg::Id(res) if request.route == known && res.row < 5 => ok(),
            _ => status(404),
        });
        [hidden, known].map(|route| trace.of(route).len())
    };
    assert_eq!(tried(false), [17, 0], "none of the first lot is right by the route that was found");
    assert_eq!(tried(true), [33, 33], "both routes are tried on the two lots of the one that was known");
}

#[test]
fn an_answer_about_nothing_is_no_right_guess() {
    for counts in [true, false] {
        let mut scene = Scene::new();
        let service = scene.service();
        let coll = scene.collection(20);
        scene.plan.collections[coll.index()].ids = Ids::Sequential;
        let delete = scene.delete(service, coll);
        let plan = AgentPlan { guesses: true, ..harvester(Strategy::Breadth, vec![delete]) };
        let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, _| {
            let n = u32::from(matches!(request.about, Arg::Id(res) if res.row < 20));
            let rows = Rows::Span { first: 0, n };
            body(if counts { Body::Count(n) } else { Body::Ids { coll, rows, next: None } })
        });
        assert_eq!(trace.arrivals.len(), 49, "20 exist; 32 to 47 are all wrong, though nobody says so");
    }
}

#[test]
fn a_record_behind_the_guesses_makes_nobody_go_on() {
    // Ids 0 to 15 are guessed, and id 16 was known.
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(17);
    scene.plan.collections[coll.index()].ids = Ids::Sequential;
    let delete = scene.delete(service, coll);
    let knows_records = vec![res(coll, 16)];
    let plan = AgentPlan { guesses: true, knows_records, ..harvester(Strategy::Breadth, vec![delete]) };
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, _| match request.about {
        Arg::Id(res) if res.row == 16 => ok(),
        _ => status(404),
    });
    assert_eq!(trace.arrivals.len(), 18);
}

#[test]
fn a_route_that_answers_wrong_guesses_like_right_ones_makes_nobody_go_on() {
    let tried = |beside_one_that_tells: bool| {
        let mut scene = Scene::new();
        let service = scene.service();
        let coll = scene.collection(20);
        scene.plan.collections[coll.index()].ids = Ids::Sequential;
        let (blind, tells) = (scene.delete(service, coll), scene.delete(service, coll));
        let knows = if beside_one_that_tells { vec![blind, tells] } else { vec![blind] };
        let plan = AgentPlan { guesses: true, ..harvester(Strategy::Breadth, knows) };
        let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, _| match request.about {
            Arg::Id(res) if request.route == blind || res.row < 20 => ok(),
            _ => status(404),
        });
        [blind, tells].map(|route| trace.of(route).len())
    };
    assert_eq!(tried(false), [17, 0], "the one that nobody has, and the first lot");
    assert_eq!(tried(true), [49, 49], "20 exist, as the other one tells");
}

#[test]
fn records_that_it_knew_and_records_that_it_made_are_tried() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(9);
    let (make, delete) =
        (scene.route(service, Act::Create { inside: None }, Effect::Write, Some(coll)), scene.delete(service, coll));
    let plan = AgentPlan { knows_records: vec![res(coll, 5)], ..harvester(Strategy::Breadth, vec![make, delete]) };
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, _| {
        if request.route == make { body(Body::Created(res(coll, 9))) } else { ok() }
    });
    let tried: Vec<_> = trace.arrivals.iter().map(|a| a.row()).collect();
    assert_eq!(tried, [None, Some(5), Some(9)]);
}

#[test]
fn a_minted_token_is_a_credential_and_a_refresh_token_stands_in_the_body() {
    let mut scene = Scene::new();
    let service = scene.service();
    let (access, refresh) = (scene.family(SecretKind::AccessToken, 0), scene.family(SecretKind::RefreshToken, 1));
    let grant = Grant::RefreshToken { rotates: false };
    let act = Act::Mint { family: access, refresh: None, grant };
    let token = scene.route(service, act, Effect::Mint, None);
    let mut plan = harvester(Strategy::Breadth, vec![token]);
    plan.holds = vec![(refresh, 0)];
    let minted = Text::Generated { family: access, index: 0, turn: 0 };
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, _, _| {
        body(Body::Token { access: minted, refresh: None, lives: None })
    });
    let bodies: Vec<Arg> = trace.arrivals.iter().map(|a| a.request.about).collect();
    let given = Text::Generated { family: refresh, index: 0, turn: 0 };
    assert_eq!(bodies, [Arg::Text(given), Arg::Text(minted)], "without a credential there is nothing to exchange");
    let got = trace.log.events.iter().filter(|e| matches!(e, Event::Got { via: Some(_), .. })).count();
    assert_eq!(got, 1, "the same token twice is one");
}

#[test]
fn lists_inside_a_record_take_its_id() {
    let mut scene = Scene::new();
    let service = scene.service();
    let (buckets, objects) = (scene.collection(2), scene.collection(4));
    let list = scene.list(service, buckets);
    let act = Act::List { answer: Answer::Ids, inside: Some(buckets) };
    let inside = scene.route(service, act, Effect::Read, Some(objects));
    let scenario = scene.plan.clone();
    let plan = harvester(Strategy::Breadth, vec![inside, list]);
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| {
        page(&scenario, if request.route == list { buckets } else { objects }, 10, request, slot)
    });
    let abouts: Vec<Arg> = trace.of(inside).iter().map(|a| a.request.about).collect();
    assert_eq!(abouts, [Arg::Id(res(buckets, 0)), Arg::Id(res(buckets, 1))]);
}
