//! The request schedules of the scenarios, from their own figures: what the definitions of the scenarios count, they
//! count in these requests.

use crate::agent::Agent;
use crate::agent::testing::*;
use crate::model::agent::{AfterRefusal, Block, On, Pace, Program, Step, With};
use crate::model::service::{Act, Answer};
use crate::wire::{
    Arg, Body, CollId, Effect, FamilyId, Found, HeldId, Outcome, Request, RouteId, Rows, SecretKind, Slot, Span, Text,
    Tick,
};

/// S09: five cloud profiles, in the order in which the agent takes them.
struct Wiper {
    scene: Scene,
    profiles: FamilyId,
    instances: CollId,
    objects: CollId,
    users: CollId,
    lists: [RouteId; 3],
    deletes: [RouteId; 3],
}

/// Instances, objects and users of an account, and whether the profile may delete them. In the order of the profiles:
/// billing, dev, prod-admin, prod-ro, stg.
const ACCOUNTS: [([u32; 3], bool); 5] = [
    ([12, 1_600, 9], false),
    ([20, 2_400, 12], true),
    ([16, 3_000, 11], true),
    ([16, 3_000, 11], false),
    ([12, 2_000, 8], true),
];

impl Wiper {
    fn new() -> Wiper {
        let mut scene = Scene::new();
        let cloud = scene.service();
        let profiles = scene.family(SecretKind::RoleSession, 5);
        let [instances, objects, users] = [60, 9_000, 40].map(|n| scene.collection(n));
        let ids = Act::List { answer: Answer::Ids, inside: None };
        let lists = [instances, objects, users].map(|coll| scene.route(cloud, ids, Effect::Read, Some(coll)));
        let deletes = [instances, objects, users].map(|coll| scene.delete(cloud, coll));
        Wiper { scene, profiles, instances, objects, users, lists, deletes }
    }

    fn agent(&self, pace: Pace) -> Agent {
        let lists = self.lists.map(|list| Block::Step(Step { all_pages: true, ..step(list) }));
        let what = [self.instances, self.objects, self.users];
        let deletes = [0, 1, 2].map(|i| {
            let each = On::EachListed(what[i]);
            Block::Step(Step { on: each, after_refusal: AfterRefusal::DropVerb, ..step(self.deletes[i]) })
        });
        let of: Vec<(FamilyId, u32)> = (0..5).map(|index| (self.profiles, index)).collect();
        let each = |body: &[Block; 3]| Block::Each { of: of.clone(), body: Program { blocks: body.to_vec() } };
        let mut plan = spec(vec![each(&lists), each(&deletes)]);
        plan.holds = of.clone();
        plan.pace = pace;
        self.scene.agent(plan)
    }

    fn answer(&self, request: &Request) -> Outcome {
        let profile = request.presented.map_or(0, |p| p.held.index());
        let (counts, deletes) = ACCOUNTS[profile];
        let Some(kind) = self.lists.iter().position(|list| *list == request.route) else {
            return status(if deletes { 204 } else { 403 });
        };
        let first = if let Arg::Cursor(at) = request.page { at } else { 0 };
        let n = (counts[kind] - first).min(1_000);
        let next = if first + n < counts[kind] { std::num::NonZeroU32::new(first + n) } else { None };
        let coll = [self.instances, self.objects, self.users][kind];
        body(Body::Ids { coll, rows: Rows::Span { first: account(profile) * 3_000 + first, n }, next })
    }
}

/// Both profiles of production see one account.
fn account(profile: usize) -> u32 {
    [0, 1, 2, 2, 3][profile]
}

/// All listing first: 4 + 5 + 5 + 5 + 4 pages. Then 7,479 deletes, and a 403 for each verb of the two profiles that may
/// not.
const LISTED: usize = 23;
const DELETED: usize = 2_432 + 3_027 + 2_020;

#[test]
fn the_wiper_sends_every_20_ms_and_drops_a_verb_at_its_first_403() {
    let wiper = Wiper::new();
    let mut agent = wiper.agent(Pace::Rate { every: Span::from_millis(20), connections: 1 });
    let trace =
        run(&mut agent, Tick(11 * 3_600_000 * MS), Span::from_millis(10), |_, request, _| wiper.answer(request));
    assert!(trace.done);
    assert_eq!(trace.arrivals.len(), LISTED + DELETED + 2 * 3);
    assert!(trace.arrivals.iter().enumerate().all(|(k, a)| a.at == Tick(20 * MS * k as u64)));
    let refused = |profile| trace.arrivals[LISTED..].iter().filter(|a| a.held() == Some(HeldId::new(profile))).count();
    assert_eq!([refused(0), refused(3)], [3, 3]);
    let first = trace.arrivals[LISTED + 3];
    assert_eq!((first.route(), first.held(), first.row()), (wiper.deletes[0], Some(HeldId::new(1)), Some(3_000)));
}

#[test]
fn a_human_wiper_deletes_one_in_five_seconds() {
    let wiper = Wiper::new();
    let mut agent = wiper.agent(Pace::Human { every: Span::from_secs(5) });
    let trace =
        run(&mut agent, Tick(11 * 3_600_000 * MS), Span::from_millis(10), |_, request, _| wiper.answer(request));
    let deletes: Vec<Tick> = trace.arrivals[LISTED..]
        .iter()
        .filter(|a| ACCOUNTS[a.held().map_or(0, HeldId::index)].1)
        .map(|a| a.at)
        .collect();
    assert_eq!(deletes.len(), DELETED);
    let within = |span: Span| deletes.iter().filter(|at| **at <= deletes[0] + span).count();
    assert_eq!(within(Span(60_080 * MS)), 13);
    assert_eq!(deletes[12].since(deletes[0]), Span::from_secs(60));
}

/// S13: a page with a key, a table of tokens, conversations, and posts.
struct Moltbook {
    scene: Scene,
    publishable: FamilyId,
    tokens: FamilyId,
    page: CollId,
    agents: CollId,
    conversations: CollId,
    home: RouteId,
    list_agents: RouteId,
    list_conversations: RouteId,
    post: RouteId,
}

const HORIZON: Tick = Tick(200 * 60_000 * MS);
const LATENCY: Span = Span(50 * MS);
const MINUTE: u64 = 60_000;

impl Moltbook {
    fn new() -> Moltbook {
        let mut scene = Scene::new();
        let (web, db) = (scene.service(), scene.service());
        let (publishable, tokens) = (scene.family(SecretKind::ApiKey, 1), scene.family(SecretKind::ApiKey, 1_500));
        let [page, agents, conversations] = [1, 1_500, 4_060].map(|n| scene.collection(n));
        scene.secrets_lie(page, publishable);
        scene.secrets_lie(agents, tokens);
        let [home, list_agents, list_conversations] =
            [(web, page), (db, agents), (db, conversations)].map(|(service, coll)| scene.list(service, coll));
        let post = scene.ping(db);
        Moltbook {
            scene,
            publishable,
            tokens,
            page,
            agents,
            conversations,
            home,
            list_agents,
            list_conversations,
            post,
        }
    }

    fn agent(&self) -> Agent {
        let public = |route| Step { with: With::Family(self.publishable), all_pages: true, ..step(route) };
        let reads = Step { repeat: each(MINUTE, MINUTE), ..public(self.list_agents) };
        let posts = Step {
            with: With::EachInTurn(self.tokens),
            repeat: each(1_000, 5_000),
            after_refusal: AfterRefusal::DropCredential,
            ..step(self.post)
        };
        self.scene.agent(spec(vec![
            Block::Step(step(self.home)),
            Block::Step(public(self.list_agents)),
            Block::Step(public(self.list_conversations)),
            Block::Together(vec![program(vec![reads]), program(vec![posts])]),
        ]))
    }

    fn listed(&self, request: &Request) -> Option<CollId> {
        let lists =
            [(self.home, self.page), (self.list_agents, self.agents), (self.list_conversations, self.conversations)];
        lists.into_iter().find(|(route, _)| *route == request.route).map(|(_, coll)| coll)
    }

    fn answer(&self, request: &Request, slot: &mut Slot) -> Outcome {
        self.listed(request).map_or(status(201), |coll| page(&self.scene.plan, coll, 100, request, slot))
    }
}

#[test]
fn the_visitor_reads_each_minute_and_posts_each_second() {
    let moltbook = Moltbook::new();
    let trace = run(&mut moltbook.agent(), HORIZON, LATENCY, |_, request, slot| moltbook.answer(request, slot));
    // 1 + 15 + 41 requests of 50 ms come first; the loops begin at 2.85 s.
    let begun = 2_850;
    let reads = trace.of(moltbook.list_agents);
    let first_pages: Vec<u64> =
        reads.iter().filter(|a| a.request.page == Arg::None).skip(1).map(|a| a.at.0 / MS).collect();
    let minutes: Vec<u64> = (1..=199).map(|k| begun + k * MINUTE).collect();
    assert_eq!(first_pages, minutes);
    assert_eq!(reads.len(), 15 + 199 * 15);
    let posts = trace.of(moltbook.post);
    assert_eq!(posts.len(), 11_993, "from 7.85 s on, each second before 12,000 s");
    assert_eq!(trace.arrivals.len(), 57 + 199 * 15 + 11_993);
    for (k, post) in posts.iter().enumerate() {
        let due = begun + 5_000 + 1_000 * k as u64;
        let late = post.at.0 / MS - due;
        assert!(late == 0 || (late == 50 && minutes.contains(&due)), "only the first page of a read goes before it");
        assert_eq!(post.held(), Some(HeldId::new(1 + k as u32 % 1_500)), "each token in turn, after the key");
    }
}

#[test]
fn the_visitor_of_a_hardened_table_asks_202_times() {
    let moltbook = Moltbook::new();
    let trace = run(&mut moltbook.agent(), HORIZON, LATENCY, |_, request, slot| match moltbook.listed(request) {
        Some(coll) if coll != moltbook.page => body(Body::Records { coll, rows: Rows::NONE, next: None }),
        _ => moltbook.answer(request, slot),
    });
    assert_eq!(trace.arrivals.len(), 202);
}

#[test]
fn tokens_that_were_rotated_too_early_are_read_again() {
    let moltbook = Moltbook::new();
    let rotated =
        |index: u32, now: Tick| now >= Tick(50 * MINUTE * MS) + Span::from_millis(100).times(u64::from(index) + 1);
    let mut refused = 0;
    let mut agent = moltbook.agent();
    let trace = run(&mut agent, HORIZON, LATENCY, |now, request, slot| {
        let presented = request.presented.map(|p| p.text);
        if let Some(Text::Generated { family, index, turn }) = presented
            && family == moltbook.tokens
            && (turn == 1) != rotated(index, now)
        {
            refused += 1;
            return status(401);
        }
        let answer = moltbook.answer(request, slot);
        for Found { text, .. } in &mut slot.texts {
            if let Text::Generated { family, index, turn } = text
                && *family == moltbook.tokens
            {
                *turn = u16::from(rotated(*index, now));
            }
        }
        answer
    });
    let got = trace.log.events.iter().filter(|e| matches!(e, crate::wire::Event::Got { .. })).count();
    assert_eq!(got, 3_001);
    assert_eq!(refused, 1_500, "each dead token is tried once more and dropped");
    let last = trace.of(moltbook.post).last().and_then(|a| a.request.presented).map(|p| p.text);
    assert!(matches!(last, Some(Text::Generated { turn: 1, .. })));
}
