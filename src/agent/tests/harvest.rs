//! The frontier: every combination once, in the order of the strategy, and what a client learns from refusals.

use std::collections::BTreeSet;

use crate::agent::testing::*;
use crate::model::agent::{AfterRefusal, AgentPlan, Block, Fault, Pace, Strategy};
use crate::model::service::{Act, Grant};
use crate::wire::{
    Arg, CollId, Effect, FamilyId, HeldId, Outcome, Request, RouteId, SecretKind, ServiceId, Slot, Span, Tick, Turn,
};

pub const LATENCY: Span = Span(MS);
pub const LONG: Tick = Tick(3_600_000 * MS);

pub const STRATEGIES: [Strategy; 4] = [Strategy::Breadth, Strategy::Depth, Strategy::Greedy, Strategy::Random];

/// What a request tries: which credential, where, on what.
type Triple = (Option<u32>, RouteId, Option<u32>);

fn triple(arrival: &Arrival) -> Triple {
    (arrival.held().map(HeldId::number), arrival.route(), arrival.row())
}

pub fn harvester(strategy: Strategy, knows: Vec<RouteId>) -> AgentPlan {
    AgentPlan { fault: Fault::Harvest { strategy }, knows, ..spec(vec![]) }
}

/// Two services: one lists 7 records in pages of 3, with a key in each of the first 4; the other shows and pings.
pub struct Town {
    pub scene: Scene,
    pub first: ServiceId,
    pub second: ServiceId,
    pub keys: FamilyId,
    pub files: CollId,
    pub list: RouteId,
    pub delete: RouteId,
    pub ping: RouteId,
}

impl Town {
    pub fn new() -> Town {
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

    pub fn answer(&self, request: &Request, slot: &mut Slot) -> Outcome {
        if request.route == self.list { page(&self.scene.plan, self.files, 3, request, slot) } else { ok() }
    }

    pub fn knows(&self) -> Vec<RouteId> {
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
    let write = scene.route(service, Act::Create { inside: None }, Effect::Write, Some(coll));
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
    let keys = scene.family(SecretKind::ApiKey, 41);
    let (rich, dull) = (scene.collection(40), scene.collection(1));
    scene.secrets_lie(rich, keys);
    let (rich_list, dull_list) = (scene.list(service, rich), scene.list(service, dull));
    let plan = AgentPlan { holds: vec![(keys, 40)], ..harvester(Strategy::Greedy, vec![rich_list, dull_list]) };
    let scenario = scene.plan.clone();
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, request, slot| {
        page(&scenario, if request.route == rich_list { rich } else { dull }, 20, request, slot)
    });
    let rich_first = trace.routes().iter().take_while(|route| **route == rich_list).count();
    assert_eq!(rich_first, 42 * 2, "both lists look alike before one of them holds keys");
    assert_eq!(trace.arrivals.len(), 42 * 3);
}

#[test]
fn greed_takes_every_credential_to_the_best_route_before_the_next() {
    let town = Town::new();
    let write = town.ping;
    let mut plan = harvester(Strategy::Greedy, vec![write, town.list]);
    plan.holds = vec![(town.keys, 0)];
    let trace = run(&mut town.scene.agent(plan), LONG, LATENCY, |_, request, slot| town.answer(request, slot));
    let lists = trace.routes().iter().take_while(|route| **route == town.list).count();
    assert_eq!((lists, trace.arrivals.len()), (5 * 3, 5 * 3 + 5));
}

#[test]
fn a_lot_is_drawn_for_each_try() {
    let mut scene = Scene::new();
    let service = scene.service();
    let keys = scene.family(SecretKind::ApiKey, 1);
    let routes: Vec<RouteId> = (0..20).map(|_| scene.ping(service)).collect();
    let plan = AgentPlan { holds: vec![(keys, 0)], ..harvester(Strategy::Random, routes.clone()) };
    let trace = run(&mut scene.agent(plan), LONG, LATENCY, |_, _, _| ok());
    let switches = trace.arrivals.windows(2).filter(|pair| pair[0].held() != pair[1].held()).count();
    assert!(switches > 10, "with and without the credential by lot, not one after the other: {switches}");
    let own: Vec<RouteId> = trace.arrivals.iter().filter(|a| a.held().is_some()).map(Arrival::route).collect();
    assert_ne!(own, routes, "and the routes not in order");
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

#[test]
fn harvesting_begins_when_the_last_of_several_lines_is_answered() {
    let town = Town::new();
    let lines = vec![program(vec![step(town.list)]), program(vec![step(town.list)])];
    let mut plan = harvester(Strategy::Breadth, vec![town.ping]);
    plan.task.blocks = vec![Block::Together(lines)];
    plan.pace = Pace::Machine { connections: 3 };
    let trace = run(&mut town.scene.agent(plan), LONG, LATENCY, |_, _, _| ok());
    assert_eq!((trace.routes(), trace.times()), (vec![town.list, town.list, town.ping], vec![0, 0, 1]));
    assert_eq!(trace.turns()[1], (1, Turn::FaultTookOver), "though a third connection was free from the start");
}
