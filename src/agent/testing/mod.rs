//! A plan builder, and a tiny driver that answers by a closure: agents are tried without a world.

mod drive;

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::agent::{Conduct, Part};
use crate::model::agent::{AfterRefusal, AgentPlan, Block, Fault, On, Pace, Program, Repeat, Step, With};
use crate::model::containment::Cascade;
use crate::model::control::Controls;
use crate::model::expect::Expectations;
use crate::model::identity::{Binding, Collection, CreatedOwner, Family, Ids};
use crate::model::instruction::Obedience;
use crate::model::service::{
    Act, Answer, AuditFields, Denial, KeySet, Latency, Method, Minting, ObjectRule, Operation, Reversible, Role, Route,
    Service, Validation,
};
use crate::model::{Access, Column, Holdings, Meta, Plan, Routine, Share, Time};
use crate::wire::{
    ActorId, Arg, Body, ClassId, CollId, CredId, Effect, FamilyId, Found, OpId, Outcome, PlaceId, Purpose, Request,
    Res, Response, RouteId, Rows, SecretKind, ServiceId, Slot, Span, Text, Tick,
};

use super::{Agent, Inventory};

pub use drive::{Arrival, Keys, run};

pub const MS: u64 = 1_000;

/// Builds a plan piece by piece.
pub struct Scene {
    pub plan: Plan,
}

impl Scene {
    pub fn new() -> Scene {
        let plan = Plan {
            meta: Meta::default(),
            time: Time { zero: Time::YEAR_2026, horizon: None, settle: Span::from_secs(60) },
            seed: 1,
            services: Vec::new(),
            routes: Vec::new(),
            operations: Vec::new(),
            access: Access::default(),
            populations: Vec::new(),
            families: Vec::new(),
            collections: Vec::new(),
            classes: vec!["internal".into()],
            instructions: Vec::new(),
            tenants: Vec::new(),
            networks: vec!["internet".into()],
            currency: String::new(),
            agents: Vec::new(),
            benign: Vec::new(),
            controls: Controls::default(),
            routine: Routine::default(),
            operator: None,
            expectations: Expectations::default(),
        };
        Scene { plan }
    }

    pub fn service(&mut self) -> ServiceId {
        let id = ServiceId::at(self.plan.services.len());
        self.plan.services.push(Service {
            name: format!("service-{}", id.number()),
            validation: Validation::Gateway,
            checks_audience: true,
            keys: KeySet::default(),
            replicas: 1,
            role: Role::Resource,
        });
        id
    }

    pub fn family(&mut self, kind: SecretKind, count: u32) -> FamilyId {
        let id = FamilyId::at(self.plan.families.len());
        let first_row = self.plan.credentials();
        self.plan.families.push(Family {
            name: format!("family-{}", id.number()),
            kind,
            count,
            of: Column::Empty,
            act: Column::Empty,
            delegated: false,
            audience: None,
            opens: None,
            scopes: Vec::new(),
            meant: None,
            lives: None,
            parent: None,
            parents: Column::Empty,
            cascade: Cascade::Usual,
            binding: Binding::None,
            signed_by: None,
            kid: None,
            first_row,
        });
        id
    }

    pub fn collection(&mut self, count: u32) -> CollId {
        let id = CollId::at(self.plan.collections.len());
        self.plan.collections.push(Collection {
            name: format!("collection-{}", id.number()),
            class: ClassId::new(0),
            classes: Column::Empty,
            count,
            owner: Column::Empty,
            tenant: Column::Empty,
            holds: Holdings::default(),
            ids: Ids::Listed,
            inside: None,
            canaries: None,
            created_owner: CreatedOwner::Nobody,
            plants: Column::Empty,
            writers: Vec::new(),
            readers: Vec::new(),
            keeps: None,
        });
        id
    }

    /// Record `i` of `coll` holds credential `i` of `family`.
    pub fn secrets_lie(&mut self, coll: CollId, family: FamilyId) {
        let Family { first_row, count, .. } = self.plan.families[family.index()];
        self.plan.collections[coll.index()].holds = Column::Counting { base: first_row, n: count }.into();
    }

    /// An operation and the route to it.
    pub fn route(&mut self, service: ServiceId, act: Act, effect: Effect, target: Option<CollId>) -> RouteId {
        let id = RouteId::at(self.plan.routes.len());
        let name = format!("route-{}", id.number());
        self.plan.routes.push(Route {
            service,
            name: name.clone(),
            answers: Some(OpId::at(self.plan.operations.len())),
            redirects: None,
        });
        self.plan.operations.push(Operation {
            service,
            logged_as: name.clone(),
            name,
            method: Method::Get,
            path: String::new(),
            selector: None,
            act,
            effect,
            target,
            rule: ObjectRule::Anyone,
            documented: true,
            reversible: Reversible::Always,
            denies: Denial::Forbidden,
            latency: Latency { least: Span::ZERO, most: Span::ZERO },
            effect_after: None,
            recheck: false,
            cost: 0,
            page: 100,
            newest_first: false,
            fails: Share::NONE,
            wakes: 0..0,
            minting: Minting::default(),
            audit: Some(AuditFields::USUAL),
        });
        id
    }

    /// A route that touches nothing.
    pub fn ping(&mut self, service: ServiceId) -> RouteId {
        self.route(service, Act::Nothing, Effect::Execute, None)
    }

    pub fn list(&mut self, service: ServiceId, coll: CollId) -> RouteId {
        self.route(service, Act::List { answer: Answer::Records, inside: None }, Effect::Read, Some(coll))
    }

    pub fn delete(&mut self, service: ServiceId, coll: CollId) -> RouteId {
        self.route(service, Act::One { answer: Answer::Nothing }, Effect::Delete, Some(coll))
    }

    pub fn agent(&self, spec: AgentPlan) -> Agent {
        self.agent_with_seed(spec, 1)
    }

    pub fn agent_with_seed(&self, spec: AgentPlan, seed: u64) -> Agent {
        let plan = Arc::new(Plan { seed, ..self.plan.clone() });
        let inventory = Arc::new(Inventory::of(&plan));
        Agent::new(&plan, &inventory, ActorId::new(0), &spec, Purpose::Agent, Conduct::Faulty(Part::Acts))
    }
}

/// An agent without fault that does `blocks` on one connection.
pub fn spec(blocks: Vec<Block>) -> AgentPlan {
    AgentPlan {
        name: "agent".into(),
        identity: None,
        holds: Vec::new(),
        knows: Vec::new(),
        knows_records: Vec::new(),
        task: Program { blocks },
        fault: Fault::None,
        then_harvests: None,
        obedience: Obedience::default(),
        pace: Pace::Machine { connections: 1 },
        network: PlaceId::new(0),
        starts: Tick::ZERO,
        starts_within: None,
        may: Vec::new(),
        guesses: false,
        insists: false,
    }
}

pub fn step(route: RouteId) -> Step {
    Step {
        route,
        with: With::Own,
        subject: None,
        on: On::Nothing,
        all_pages: false,
        repeat: Repeat::Once,
        after_refusal: AfterRefusal::GoOn,
        carries: Vec::new(),
    }
}

pub fn each(every_ms: u64, first_ms: u64) -> Repeat {
    Repeat::Every { every: Span::from_millis(every_ms), first: Span::from_millis(first_ms), times: None }
}

pub fn program(steps: Vec<Step>) -> Program {
    Program { blocks: steps.into_iter().map(Block::Step).collect() }
}

pub fn res(coll: CollId, row: u32) -> Res {
    Res { coll, row }
}

pub fn ok() -> Outcome {
    Outcome::Answer(Response::bare(200))
}

pub fn status(status: u16) -> Outcome {
    Outcome::Answer(Response::bare(status))
}

pub fn later(after: Span) -> Outcome {
    Outcome::Answer(Response { status: 429, retry_after: Some(after), body: Body::Empty })
}

pub fn body(body: Body) -> Outcome {
    Outcome::Answer(Response::with(200, body))
}

/// One page of `count` records of `size` a page, and the secrets that lie in them.
pub fn page(plan: &Plan, coll: CollId, size: u32, request: &Request, slot: &mut Slot) -> Outcome {
    let count = plan.collection(coll).count;
    let first = match request.page {
        Arg::Cursor(at) => at,
        _ => 0,
    };
    let n = size.min(count - first);
    for row in first..first + n {
        for cred in plan.collection(coll).holds.of(row) {
            let (family, index) = plan.origin_of(CredId::new(cred));
            slot.texts.push(Found { text: Text::Generated { family, index, turn: 0 }, lay_in: Some(res(coll, row)) });
        }
    }
    let next = if first + n < count { NonZeroU32::new(first + n) } else { None };
    body(Body::Records { coll, rows: Rows::Span { first, n }, next })
}
