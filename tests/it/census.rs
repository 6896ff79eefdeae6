//! The census against single requests: what it calls shut refuses everything, and what it calls open lets something in
//! until the very instant that it names.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::properties::{any_requests, kept, revocation, revoke, tame};
use crate::support::{document, run};
use runaway::generate::random_world;
use runaway::model::control::{Response, Trigger, Which};
use runaway::model::identity::Ids;
use runaway::model::service::{Act, ObjectRule, Role};
use runaway::model::{Baseline, Draws, Pairs, Plan, Stream, Takes};
use runaway::scenario::Overrides;
use runaway::wire::{
    ActorId, Arg, CredId, Envelope, Event, FamilyId, HeldId, Log, OpId, Open, PlaceId, Presented, Purpose, Request,
    RequestId, Res, RouteId, Scheme, Slot, Snapshot, Span, StepId, Text, Tick, Vantage, Verdict,
};
use runaway::world::World;

/// A world after a sequence of requests, in which one credential was revoked on the way.
struct Past {
    plan: Arc<Plan>,
    requests: Vec<(Tick, Request)>,
    victim: CredId,
    revoked_before: usize,
}

impl Past {
    fn of(seed: u64) -> Past {
        let mut plan = document(&random_world(seed)).resolve(None, &Overrides::default()).unwrap().plan;
        tame(&mut plan);
        // What costs is open wherever it is accepted, effect or not; what is queued and authorized again is a request
        // too, which moves the window of a cache.
        plan.operations.iter_mut().for_each(|op| (op.cost, op.recheck) = (0, false));
        let plan = Arc::new(plan);
        let mut stream = Stream::new(seed, Draws::Generation, 102);
        let requests = any_requests(&plan, &mut stream, 60);
        let victim = CredId::new(stream.below(u64::from(plan.credentials())) as u32);
        Past { requests, victim, revoked_before: stream.below(60) as usize, plan }
    }

    fn now(&self) -> Tick {
        self.requests.last().map_or(Tick::ZERO, |(at, _)| *at)
    }

    fn world(&self) -> World {
        let mut world = World::new(self.plan.clone());
        let (mut log, mut slot) = (Log::default(), Slot::default());
        for (n, (at, request)) in self.requests.iter().enumerate() {
            world.advance(*at, &mut log);
            for request in (n == self.revoked_before).then(|| revoke(&self.plan, self.victim)).iter().chain([request]) {
                let id = RequestId { by: ActorId::new(0), n: n as u32 };
                world.handle(*at, &Envelope { id, request: *request, back: Span(1) }, &mut slot, &mut log);
            }
        }
        world
    }

    /// Whether a request about anything, at this operation, has an effect at `at`, at whichever replica answers.
    fn lets_in(&self, at: Tick, cred: CredId, op: OpId) -> bool {
        let spec = self.plan.operation(op);
        let (family, index) = self.plan.origin_of(cred);
        let text = Text::Generated { family, index, turn: 0 };
        let named = match spec.act {
            Act::One { .. } => spec.target,
            Act::List { inside, .. } => inside,
            _ => None,
        };
        let subjects: Vec<Arg> = match named {
            Some(coll) => (0..self.plan.collection(coll).count).map(|row| Arg::Id(Res { coll, row })).collect(),
            None => vec![Arg::Text(text)],
        };
        let mut world = self.world();
        world.advance(at, &mut Log::default());
        subjects.into_iter().any(|about| {
            let request = Request {
                route: RouteId::new(op.number()),
                about,
                page: Arg::None,
                carries: false,
                presented: Some(Presented { scheme: Scheme::Bearer, text, held: HeldId::new(0), proven: true }),
                from: Vantage { network: PlaceId::new(0), connection: 0, purpose: Purpose::Agent, conversation: None },
            };
            (0..self.plan.service(spec.service).replicas).any(|n| {
                let id = RequestId { by: ActorId::new(0), n: 1_000 + u32::from(n) };
                let (mut log, mut slot) = (Log::default(), Slot::default());
                world.handle(at, &Envelope { id, request, back: Span(1) }, &mut slot, &mut log);
                log.events.iter().any(|event| match event {
                    Event::Touched { coll, first, .. } => *first < self.plan.collection(*coll).count,
                    Event::Created { .. } | Event::Minted { .. } => true,
                    _ => false,
                })
            })
        })
    }

    /// The operations that can exceed, answer at once, and send nobody on: what is queued is seen later.
    fn operations(&self, baseline: &Baseline) -> Vec<OpId> {
        let at_once = |op: &OpId| {
            let spec = self.plan.operation(*op);
            self.plan.service(spec.service).role != Role::Administration
                && spec.effect_after.is_none()
                && self.plan.route(RouteId::new(op.number())).redirects.is_none()
                && !self.plan.access.open.contains(op.number())
                && !baseline.allows(*op)
        };
        self.plan.operation_ids().filter(at_once).collect()
    }
}

#[test]
fn a_door_is_open_for_as_long_as_the_census_says() {
    let mut found: Vec<String> = (0..1_000u64).into_par_iter().flat_map_iter(check).collect();
    found.sort();
    assert!(found.is_empty(), "{found:#?}");
}

fn check(seed: u64) -> Vec<String> {
    let past = Past::of(seed);
    let (plan, now) = (&past.plan, past.now());
    let baseline = Baseline::empty(plan);
    let world = past.world();
    let operations = past.operations(&baseline);
    let mut found = Vec::new();
    for cred in [past.victim].into_iter().chain((0..3.min(plan.credentials())).map(CredId::new)) {
        for (op, open) in world.doors(now, Some(cred), &[PlaceId::new(0)], &baseline) {
            if !operations.contains(&op) {
                continue;
            }
            let (shut_from, open_before) = match open {
                Open::Shut => (Some(now), None),
                Open::Until(at) => (Some(at), Some(Tick(at.0 - 1))),
                Open::ForEver => (None, Some(now)),
            };
            let name = plan.operation_name(op);
            // A mint is shut also where what it mints leads to nothing.
            let mints = matches!(plan.operation(op).act, Act::Mint { .. });
            if shut_from.is_some_and(|at| !mints && past.lets_in(at, cred, op)) {
                found.push(format!("seed {seed}: {name} is {open:?} for {cred:?}, and lets it in"));
            }
            if open_before.is_some_and(|at| !past.lets_in(at.max(now), cred, op)) {
                found.push(format!("seed {seed}: {name} is {open:?} for {cred:?}, and does not let it in"));
            }
        }
    }
    found
}

/// Excess effects of agents behind a door that the census had called shut.
fn behind_shut_doors(seed: u64) -> Vec<String> {
    let ran = run(&document(&random_world(seed)), None, &[]);
    let (plan, baseline) = (&ran.prepared.plan, &ran.prepared.baseline);
    let mut doors: BTreeMap<(Option<CredId>, OpId), Open> = BTreeMap::new();
    let mut asked = None;
    let mut found = Vec::new();
    for event in &ran.events {
        match *event {
            Event::Census { cred, op, open, .. } => _ = doors.insert((cred, op), open),
            Event::Asked { at, op: Some(op), cred, purpose: Purpose::Agent, verdict, .. } => {
                asked = (verdict == Verdict::Accepted).then_some((at, op, cred));
            }
            Event::Asked { .. } | Event::Fired { .. } => asked = None,
            Event::Touched { coll, effect, first, n, .. } => {
                let Some((at, op, cred)) = asked.filter(|(_, op, _)| !baseline.allows(*op)) else { continue };
                let rows = first..(first + n).min(plan.collection(coll).count.max(first));
                if rows.into_iter().all(|row| baseline.pairs.contains(coll, effect, row)) {
                    continue;
                }
                let nobody = doors.get(&(None, op)).filter(|_| plan.access.open.contains(op.number()));
                let door = doors.get(&(cred, op)).max(nobody).copied().unwrap_or(Open::Shut);
                if door == Open::Shut || matches!(door, Open::Until(until) if until <= at) {
                    found
                        .push(format!("seed {seed}: {} lets {cred:?} in at {at:?}: {door:?}", plan.operation_name(op)));
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn no_excess_happens_behind_a_door_that_the_census_calls_shut() {
    let mut found: Vec<String> = (0..400u64).into_par_iter().flat_map_iter(behind_shut_doors).collect();
    found.sort();
    assert!(found.is_empty(), "{found:#?}");
}

/// The same plan without what `known.rs` holds about the leftover: agents that start later, and ids from a list that was
/// open once. Nothing is allowed beforehand either.
fn spared_of_known_faults(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.collections.iter_mut().for_each(|collection| collection.ids = Ids::Sequential);
    for agent in &mut plan.agents {
        agent.starts = Tick::ZERO;
        agent.may.clear();
    }
    plan
}

/// What agents touch after the end of a run, if it had gone on, and the leftover at its end does not have.
fn beyond_the_leftover(seed: u64) -> Option<String> {
    let mut plan = document(&random_world(seed)).resolve(None, &Overrides::default()).unwrap().plan;
    tame(&mut plan);
    let mut plan = spared_of_known_faults(&plan);
    for (at, op) in plan.operations.iter_mut().enumerate() {
        op.effect_after = None;
        if plan.access.open.contains(at as u32) {
            op.rule = ObjectRule::Anyone;
        }
    }
    let ends = Tick(plan.time.horizon?.0 / 4);
    plan.controls.steps = vec![revocation(Which::Every(FamilyId::new(0)))];
    let on = Trigger::At(Tick(ends.0 / 2));
    let response = Response { name: "revoke".to_owned(), on, takes: Takes::NOTHING, steps: vec![StepId::new(0)] };
    plan.controls.responses.push(response);
    let whole = kept(&Arc::new(plan.clone()));
    plan.time.horizon = Some(ends);
    let plan = Arc::new(plan);
    let mut leftover = Pairs::default();
    for event in kept(&plan) {
        if let Event::Left { snapshot: Snapshot::Deadline, coll, effect, first, n, .. } = event {
            (first..first + n).for_each(|row| _ = leftover.insert(coll, effect, row));
        }
    }
    whole.iter().find_map(|event| match *event {
        Event::Touched { at, id, coll, effect, first, n } if at >= ends && id.by.index() < plan.agents.len() => {
            let rows = first..(first + n).min(plan.collection(coll).count.max(first));
            let row = rows.into_iter().find(|row| !leftover.contains(coll, effect, *row))?;
            Some(format!("seed {seed}: {} {effect:?} at {at:?} after {ends:?}", plan.record_name(Res { coll, row })))
        }
        _ => None,
    })
}

#[test]
fn what_a_longer_run_touches_was_left_over_at_the_end_of_a_shorter_one() {
    let mut found: Vec<String> = (0..400u64).into_par_iter().filter_map(beyond_the_leftover).collect();
    found.sort();
    assert!(found.is_empty(), "{found:#?}");
}
