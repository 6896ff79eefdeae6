//! The frontier: every combination once, in the order of the strategy, and what a client learns from refusals.

use std::collections::BTreeSet;

use crate::agent::testing::*;
use crate::model::agent::{AfterRefusal, AgentPlan, Block, Fault, Pace, Strategy};
use crate::model::identity::Ids;
use crate::model::service::{Act, Answer, Grant};
use crate::wire::{
    Arg, Body, CollId, Effect, Event, FamilyId, HeldId, Outcome, Request, RouteId, SecretKind, ServiceId, Slot, Span,
    Text, Tick, Turn,
};

const LATENCY: Span = Span(MS);
const LONG: Tick = Tick(3_600_000 * MS);

const STRATEGIES: [Strategy; 4] = [Strategy::Breadth, Strategy::Depth, Strategy::Greedy, Strategy::Random];

/// What a request tries: which credential, where, on what.
type Triple = (Option<u32>, RouteId, Option<u32>);

fn triple(arrival: &Arrival) -> Triple {
    (arrival.held().map(HeldId::number), arrival.route(), arrival.row())
}

fn harvester(strategy: Strategy, knows: Vec<RouteId>) -> AgentPlan {
    AgentPlan { fault: Fault::Harvest { strategy }, knows, ..spec(vec![]) }
}

/// Two services: one lists 7 records in pages of 3, with a key in each of the first 4; the other shows and pings.
struct Town {
    scene: Scene,
    first: ServiceId,
    second: ServiceId,
    keys: FamilyId,
    files: CollId,
    list: RouteId,
    delete: RouteId,
    ping: RouteId,
}

impl Town {
    fn new() -> Town {
        let mut scene = Scene::new();
        let (first, second) = (scene.service(), scene.service());
        let keys = scene.family(SecretKind::ApiKey, 4);
        let files = scene.collection(7);
        scene.secrets_lie(files, keys);
        let list = scene.list(first, files);
        let delete = scene.delete(second, files);
        let ping = scene.ping(second);
        Town { scene, first, second, keys, files, list, delete, ping }
    }

    fn answer(&self, request: &Request, slot: &mut Slot) -> Outcome {
        if request.route == self.list { page(&self.scene.plan, self.files, 3, request, slot) } else { ok() }
    }

    fn knows(&self) -> Vec<RouteId> {
        vec![self.list, self.delete, self.ping]
    }

    /// Every combination of so many credentials, and none, with the three routes and 7 records.
    fn combinations(&self, credentials: u32) -> BTreeSet<Triple> {
        let mut all = BTreeSet::new();
        for with in (0..credentials).map(Some).chain([None]) {
            all.extend([(with, self.list, None), (with, self.ping, None)]);
            all.extend((0..7).map(|row| (with, self.delete, Some(row))));
        }
        all
    }
}

#[test]
fn every_strategy_tries_every_combination_once() {
    let town = Town::new();
    for strategy in STRATEGIES {
        for connections in [1, 4] {
            for seed in 1..6 {
                let mut plan = harvester(strategy, town.knows());
                plan.pace = Pace::Machine { connections };
                let mut agent = town.scene.agent_with_seed(plan, seed);
                let trace = run(&mut agent, LONG, LATENCY, |_, request, slot| town.answer(request, slot));
                assert!(trace.done);
                let first_pages = trace.arrivals.iter().filter(|a| a.request.page == Arg::None);
                let tried: Vec<Triple> = first_pages.map(triple).collect();
                let once: BTreeSet<Triple> = tried.iter().copied().collect();
                assert_eq!(once, town.combinations(4), "{strategy:?}");
                assert_eq!(tried.len(), once.len(), "{strategy:?}: nothing twice");
                let pages = trace.arrivals.len() - tried.len();
                assert_eq!(pages, 5 * 2, "{strategy:?}: each of 5 lists has 3 pages");
                assert_eq!(trace.turns().last().map(|t| t.1), Some(Turn::OutOfWork));
            }
        }
    }
}

#[test]
fn breadth_goes_on_where_it_began_and_depth_with_what_it_found_last() {
    let town = Town::new();
    let order = |strategy| {
        let mut plan = harvester(strategy, vec![town.list, town.ping]);
        plan.holds = vec![(town.keys, 3)];
        let trace = run(&mut town.scene.agent(plan), LONG, LATENCY, |_, request, slot| town.answer(request, slot));
        trace.arrivals.iter().filter(|a| a.request.page == Arg::None).map(triple).collect::<Vec<_>>()
    };
    let (list, ping) = (town.list, town.ping);
    let breadth = order(Strategy::Breadth);
    assert_eq!(breadth[..4], [(Some(0), list, None), (Some(0), ping, None), (None, list, None), (None, ping, None)]);
    assert_eq!(breadth[4], (Some(1), list, None));
    let depth = order(Strategy::Depth);
    assert_eq!(depth[..2], [(None, list, None), (Some(1), list, None)], "the first page holds three keys");
    assert_eq!(depth.last(), Some(&(Some(0), ping, None)));
}

#[test]
fn greed_prefers_what_mints_then_what_shows_then_what_destroys() {
    let mut scene = Scene::new();
    let service = scene.service();
    let (keys, coll) = (scene.family(SecretKind::ApiKey, 0), scene.collection(1));
    let write = scene.route(service, Act::Create, Effect::Write, Some(coll));
    let wipe = scene.route(service, Act::All, Effect::Delete, Some(coll));
    let list = scene.list(service, coll);
    let act = Act::Mint { family: keys, refresh: None, grant: Grant::Plain };
    let mint = scene.route(service, act, Effect::Mint, None);
    let plan = harvester(Strategy::Greedy, vec![write, wipe, list, mint]);
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, _, _| ok());
    assert_eq!(trace.routes(), [mint, list, wipe, write]);
}

#[test]
fn greed_follows_what_yielded_secrets() {
    let mut scene = Scene::new();
    let service = scene.service();
    let keys = scene.family(SecretKind::ApiKey, 40);
    let (dull, rich) = (scene.collection(1), scene.collection(40));
    scene.secrets_lie(rich, keys);
    let (dull_list, rich_list) = (scene.list(service, dull), scene.list(service, rich));
    let plan = harvester(Strategy::Greedy, vec![dull_list, rich_list]);
    let scenario = scene.plan.clone();
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| {
        page(&scenario, if request.route == rich_list { rich } else { dull }, 20, request, slot)
    });
    let late = trace.arrivals.iter().skip(3).take(2).map(triple).collect::<Vec<_>>();
    assert_eq!(trace.routes()[..3], [dull_list, rich_list, rich_list], "nothing is known of either at first");
    assert_eq!(trace.arrivals.len(), 41 * 3);
    assert_eq!(late, [(Some(0), dull_list, None), (Some(0), rich_list, None)], "within a range the order stays");
}

#[test]
fn a_lot_is_the_same_for_the_same_seed_only() {
    let town = Town::new();
    let order = |seed| {
        let mut agent = town.scene.agent_with_seed(harvester(Strategy::Random, town.knows()), seed);
        run(&mut agent, LONG, LATENCY, |_, request, slot| town.answer(request, slot)).arrivals
    };
    assert_eq!(order(7), order(7));
    assert_ne!(order(7), order(8));
}

#[test]
fn a_401_closes_the_service_for_that_credential_and_a_403_the_operation() {
    let town = Town::new();
    for strategy in STRATEGIES {
        let mut scene = Town::new().scene;
        let extra: Vec<RouteId> = (0..3).map(|_| scene.ping(town.second)).collect();
        let mut plan = harvester(strategy, [town.knows(), extra.clone()].concat());
        plan.holds = vec![(town.keys, 0)];
        let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| match request.presented {
            Some(_) if request.route != town.list => status(401),
            Some(_) => status(403),
            None => town.answer(request, slot),
        });
        let at = |held: u32, service| {
            let routes = trace.arrivals.iter().filter(|a| a.held() == Some(HeldId::new(held)));
            routes.filter(|a| scene.plan.route(a.route()).service == service).count()
        };
        for held in 0..4 {
            assert_eq!(at(held, town.second), 1, "{strategy:?}: one 401 is enough");
            assert_eq!(at(held, town.first), 1);
        }
        let bare = trace.arrivals.iter().filter(|a| a.held().is_none()).count();
        assert_eq!(bare, 3 + 7 + 1 + 3, "being without a credential is tried everywhere");
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
fn ids_are_guessed_where_they_can_be_until_a_lot_of_them_is_wrong() {
    for (ids, tried) in [(Ids::Sequential, 48), (Ids::Guessable, 48), (Ids::Listed, 0), (Ids::Unguessable, 0)] {
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
        assert_eq!(trace.arrivals.len(), tried, "{ids:?}: 20 exist; 32 to 47 are all wrong");
    }
}

#[test]
fn records_that_it_knew_and_records_that_it_made_are_tried() {
    let mut scene = Scene::new();
    let service = scene.service();
    let coll = scene.collection(9);
    let (make, delete) = (scene.route(service, Act::Create, Effect::Write, Some(coll)), scene.delete(service, coll));
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

#[test]
fn harvesting_begins_when_the_task_is_over_or_at_its_first_refusal() {
    let town = Town::new();
    let begins = |outcome: fn() -> Outcome| {
        let mut plan = harvester(Strategy::Breadth, vec![town.ping]);
        let again =
            crate::model::agent::Step { repeat: each(1, 0), after_refusal: AfterRefusal::Retry, ..step(town.ping) };
        plan.task.blocks = vec![Block::Step(again), Block::Step(step(town.list))];
        run(&mut town.scene.agent(plan), LONG, LATENCY, |_, _, _| outcome())
    };
    let smooth = begins(ok);
    assert_eq!(smooth.routes(), [town.ping, town.list, town.ping]);
    assert_eq!(smooth.turns(), [(0, Turn::Started), (2, Turn::FaultTookOver), (3, Turn::OutOfWork)]);
    let refused = begins(|| status(403));
    assert_eq!(refused.routes(), [town.ping, town.ping]);
    assert_eq!(refused.turns()[1], (1, Turn::FaultTookOver));
}
