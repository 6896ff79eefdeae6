//! The census against single requests: what it calls shut refuses everything, and what it calls open lets something in
//! until the very instant that it names.

use std::sync::Arc;

use rayon::prelude::*;

use crate::properties::{any_requests, revoke, tame};
use crate::support::document;
use runaway::generate::random_world;
use runaway::model::service::{Act, Role};
use runaway::model::{Baseline, Draws, Plan, Stream};
use runaway::scenario::Overrides;
use runaway::wire::{
    ActorId, Arg, CredId, Envelope, Event, HeldId, Log, OpId, Open, PlaceId, Presented, Purpose, Request, RequestId,
    Res, RouteId, Scheme, ServiceId, Slot, Span, Text, Tick, Vantage,
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
        // What costs counts as open to whoever may call it, shown anything or not: see `known.rs`.
        plan.operations.iter_mut().for_each(|op| op.cost = 0);
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
                presented: Some(Presented { scheme: Scheme::Bearer, text, held: HeldId::new(0) }),
                from: Vantage { network: PlaceId::new(0), connection: 0, purpose: Purpose::Agent },
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

    /// The operations of a service that can exceed, answer at once, and send nobody on: what is queued is seen later.
    fn operations(&self, service: ServiceId, baseline: &Baseline) -> Vec<OpId> {
        let at_once = |op: &OpId| {
            let spec = self.plan.operation(*op);
            spec.service == service
                && spec.effect_after.is_none()
                && self.plan.route(RouteId::new(op.number())).redirects.is_none()
                && !self.plan.access.open.contains(op.number())
                && !baseline.allows(*op)
        };
        self.plan.operation_ids().filter(at_once).collect()
    }
}

impl Past {
    /// Whether the census may call a service open for the sake of this operation, and a single request shows nothing: it
    /// is queued, it sends the client on, or it mints (see `known.rs`).
    fn is_beside(&self, op: OpId) -> bool {
        let spec = self.plan.operation(op);
        let moves = self.plan.route(RouteId::new(op.number())).redirects.is_some();
        moves || spec.effect_after.is_some() || matches!(spec.act, Act::Mint { .. })
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
    let mut found = Vec::new();
    let services = plan.service_ids().filter(|s| plan.service(*s).role != Role::Administration);
    for service in services {
        let operations = past.operations(service, &baseline);
        let judged = !plan.operation_ids().any(|op| plan.operation(op).service == service && past.is_beside(op));
        for cred in [past.victim].into_iter().chain((0..3.min(plan.credentials())).map(CredId::new)) {
            let networks = [PlaceId::new(0)];
            let doors = world.doors(now, Some(cred), &networks, &baseline);
            let here = doors.filter(|(op, _)| plan.operation(*op).service == service);
            let open = here.map(|(_, open)| open).max().unwrap_or(Open::Shut);
            let opened = |at: Tick| operations.iter().find(|op| past.lets_in(at, cred, **op)).copied();
            let (shut_from, open_before) = match open {
                Open::Shut => (Some(now), None),
                Open::Until(at) => (Some(at), Some(Tick(at.0 - 1))),
                Open::ForEver => (None, Some(now)),
            };
            let name = |op: OpId| plan.operation_name(op);
            if let Some(op) = shut_from.and_then(&opened) {
                found.push(format!("seed {seed}: {open:?} for {cred:?}, and {} lets it in", name(op)));
            }
            if open_before.is_some_and(|at| judged && opened(at.max(now)).is_none()) {
                let service = &plan.service(service).name;
                found.push(format!("seed {seed}: {open:?} for {cred:?}, and nothing at {service} lets it in"));
            }
        }
    }
    found
}
