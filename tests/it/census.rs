//! The census against single requests: what it calls shut refuses everything, and what it calls open lets something in
//! until the very instant that it names.

use std::sync::Arc;

use rayon::prelude::*;

use crate::properties::{any_requests, revoke, tame};
use crate::support::document;
use runaway::generate::random_world;
use runaway::model::service::Act;
use runaway::model::{Baseline, Draws, Plan, Stream};
use runaway::scenario::Overrides;
use runaway::wire::{
    ActorId, Arg, CredId, Envelope, Event, HeldId, Log, OpId, Open, PlaceId, Presented, Purpose, Request, RequestId,
    Res, RouteId, Scheme, Slot, Span, Text, Tick, Vantage, Verdict,
};
use runaway::world::World;

/// A world after a sequence of requests, in which one credential was revoked on the way.
struct Past {
    plan: Arc<Plan>,
    requests: Vec<(Tick, Request)>,
    victim: CredId,
    revoked_before: usize,
}

/// Requests of a past; each may have made a record.
const MADE: u32 = 60;

impl Past {
    fn of(seed: u64) -> Past {
        let mut plan = document(&random_world(seed)).resolve(None, &Overrides::default()).unwrap().plan;
        tame(&mut plan);
        // Being authorized again is one more request, and may use up what a cache still trusts.
        plan.operations.iter_mut().for_each(|op| op.recheck = false);
        let plan = Arc::new(plan);
        let mut stream = Stream::new(seed, Draws::Generation, 102);
        let requests = any_requests(&plan, &mut stream, MADE);
        let victim = CredId::new(stream.below(u64::from(plan.credentials())) as u32);
        Past { requests, victim, revoked_before: stream.below(u64::from(MADE)) as usize, plan }
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
        let mut world = self.world();
        world.advance(at, &mut Log::default());
        self.subjects(cred, op).into_iter().any(|about| self.has_effect(&mut world, at, cred, op, about))
    }

    /// The same, each request in a world of its own: a refusal may use up what a cache still serves once.
    fn lets_in_alone(&self, at: Tick, cred: CredId, op: OpId) -> bool {
        self.subjects(cred, op).into_iter().any(|about| {
            let mut world = self.world();
            world.advance(at, &mut Log::default());
            self.has_effect(&mut world, at, cred, op, about)
        })
    }

    /// What a request with this operation may be about.
    fn subjects(&self, cred: CredId, op: OpId) -> Vec<Arg> {
        let spec = self.plan.operation(op);
        let named = match spec.act {
            Act::One { .. } => spec.target,
            Act::List { inside, .. } => inside,
            _ => None,
        };
        match named {
            Some(coll) => (0..self.plan.collection(coll).count + MADE).map(|row| Arg::Id(Res { coll, row })).collect(),
            None => vec![Arg::Text(self.text(cred))],
        }
    }

    fn has_effect(&self, world: &mut World, at: Tick, cred: CredId, op: OpId, about: Arg) -> bool {
        let spec = self.plan.operation(op);
        let request = Request {
            route: RouteId::new(op.number()),
            about,
            page: Arg::None,
            presented: Some(Presented { scheme: Scheme::Bearer, text: self.text(cred), held: HeldId::new(0) }),
            from: Vantage { network: PlaceId::new(0), connection: 0, purpose: Purpose::Agent },
        };
        (0..self.plan.service(spec.service).replicas).any(|n| {
            let id = RequestId { by: ActorId::new(0), n: 1_000 + u32::from(n) };
            let (mut log, mut slot) = (Log::default(), Slot::default());
            world.handle(at, &Envelope { id, request, back: Span(1) }, &mut slot, &mut log);
            log.events.iter().any(|event| match event {
                Event::Touched { coll, first, .. } => *first < self.plan.collection(*coll).count,
                Event::Created { .. } | Event::Minted { .. } => true,
                Event::Asked { verdict: Verdict::Accepted, .. } => spec.cost > 0,
                _ => false,
            })
        })
    }

    /// Whether a single request shows nothing of what the census knows: the work is queued.
    fn is_beside(&self, op: OpId) -> bool {
        self.plan.operation(op).effect_after.is_some()
    }

    /// The secret of the start behind a credential.
    fn text(&self, cred: CredId) -> Text {
        let (family, index) = self.plan.origin_of(cred);
        Text::Generated { family, index, turn: 0 }
    }

    /// Whether an operation that lets this credential in may be called shut: its door belongs to the caller without a
    /// credential, the task allows it, or it mints what leads nowhere.
    fn may_be_shut(&self, op: OpId, baseline: &Baseline) -> bool {
        let mints = matches!(self.plan.operation(op).act, Act::Mint { .. });
        mints || self.plan.access.open.contains(op.number()) || baseline.allows(op)
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
    let networks = [PlaceId::new(0)];
    let mut found = Vec::new();
    for cred in [past.victim].into_iter().chain((0..3.min(plan.credentials())).map(CredId::new)) {
        for (op, open) in world.doors(now, Some(cred), &networks, &baseline).filter(|(op, _)| !past.is_beside(*op)) {
            let (shut_from, open_before) = match open {
                Open::Shut => (Some(now), None),
                Open::Until(at) => (Some(at), Some(Tick(at.0 - 1))),
                Open::ForEver => (None, Some(now)),
            };
            let name = plan.operation_name(op);
            let shut_from = shut_from.filter(|_| !past.may_be_shut(op, &baseline));
            if shut_from.is_some_and(|at| past.lets_in(at, cred, op)) {
                found.push(format!("seed {seed}: {open:?} for {cred:?}, and {name} lets it in"));
            }
            let lets_in = |at: Tick| past.lets_in(at, cred, op) || past.lets_in_alone(at, cred, op);
            if open_before.is_some_and(|at| !lets_in(at.max(now))) {
                found.push(format!("seed {seed}: {open:?} for {cred:?}, and {name} does not let it in"));
            }
        }
    }
    found
}
