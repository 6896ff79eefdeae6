//! What an investigator has beside the lines: the identity registry, by numbers, and the names behind them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Plan;
use crate::model::agent::AgentPlan;
use crate::wire::{CollId, CredId, Event, FamilyId, IdentityId, PlaceId, RouteId};

use super::keep::EventTypes;
use super::successors::successors;

/// Who may have written a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Suspect {
    Workload(u32),
    /// Nobody whom the registry knows.
    Outsider,
}

/// Names of one kind, by number.
#[derive(Clone, Default, Debug)]
pub struct Names {
    names: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Names {
    /// The number of a name, which may be new.
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// A client that the registry knows: a running agent, a job, an application. Credentials were issued to it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Workload {
    /// Who it is itself, whatever it proves to be with what it holds.
    pub identity: Option<u32>,
    /// Where it was when credentials were issued to it.
    pub addresses: BTreeSet<u32>,
    pub credentials: BTreeSet<u32>,
    /// The event types that it was registered to cause: what it is there for, whatever it does.
    pub registered_for: BTreeSet<u32>,
}

/// What the registry has about one credential.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Registration {
    pub principal: Option<u32>,
    /// The workloads that it was issued to.
    pub holders: BTreeSet<u32>,
    /// The one that it took the place of.
    pub instead_of: Option<u32>,
}

/// A client of a plan, as the registry sees it.
pub struct Client<'p> {
    pub name: &'p str,
    pub identity: Option<IdentityId>,
    pub holds: &'p [(FamilyId, u32)],
    /// What it is there to call.
    pub knows: &'p [RouteId],
    /// The defence acts from no network of the scenario.
    pub network: Option<PlaceId>,
}

impl Client<'_> {
    fn of(spec: &AgentPlan) -> Client<'_> {
        Client {
            name: &spec.name,
            identity: spec.identity,
            holds: &spec.holds,
            knows: &spec.knows,
            network: Some(spec.network),
        }
    }
}

/// The clients of a plan in the order of their actors: agents, honest work, the defence.
pub fn clients(plan: &Plan) -> impl Iterator<Item = Client<'_>> {
    let defence = plan.operator.as_slice();
    let identity = defence.first().and_then(|(family, index)| plan.family(*family).of.get(*index)).map(IdentityId::new);
    let responder = (!defence.is_empty()).then_some(Client {
        name: RESPONDER,
        identity,
        holds: defence,
        knows: &[],
        network: None,
    });
    plan.agents.iter().chain(&plan.benign).map(Client::of).chain(responder)
}

/// How the workload of the defence is called.
const RESPONDER: &str = "responder";

/// The identity registry, as an administrator could look things up in it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Registry {
    pub workloads: Vec<Workload>,
    pub registered: BTreeMap<u32, Registration>,
    /// Who answers for a principal.
    pub owners: BTreeMap<u32, u32>,
    /// The credentials that lie in records, as far as it knows: by collection and row.
    pub stored: BTreeMap<(u32, u32), Vec<u32>>,
}

impl Registry {
    /// The registry of a plan: its clients, except those that hold nothing, what was rotated, and what was used.
    pub fn of(plan: &Plan, events: &[Event]) -> Registry {
        let mut registry = Registry::default();
        let types = EventTypes::of(plan);
        for client in clients(plan) {
            registry.enrol(plan, &types, &client);
        }
        registry.look_up(plan, events);
        for (cred, successor) in successors(plan, events) {
            let registration = registry.registered.entry(cred.number()).or_default();
            registration.principal = successor.principal.map(|p| p.number());
            registration.instead_of = Some(successor.of.number());
        }
        if plan.operations.iter().any(|op| op.audit.is_some_and(|logs| logs.object)) {
            plan.collection_ids().for_each(|coll| registry.store(plan, coll));
        }
        registry
    }

    /// The same, with where each credential lies, whether or not a log says which records were read.
    pub fn in_full(plan: &Plan, events: &[Event]) -> Registry {
        let mut registry = Registry::of(plan, events);
        plan.collection_ids().for_each(|coll| registry.store(plan, coll));
        registry
    }

    fn enrol(&mut self, plan: &Plan, types: &EventTypes, client: &Client<'_>) {
        let number = self.workloads.len() as u32;
        let mut workload = Workload { identity: client.identity.map(|i| i.number()), ..Workload::default() };
        for &(family, index) in client.holds {
            let credential = plan.row_of(family, index).number();
            let registration = self.registered.entry(credential).or_default();
            registration.principal = plan.family(family).of.get(index);
            registration.holders.insert(number);
            workload.credentials.insert(credential);
            workload.addresses.extend(client.network.map(|network| network.number()));
        }
        let answered = client.knows.iter().filter(|_| !client.holds.is_empty()).filter_map(|r| plan.route(*r).answers);
        workload.registered_for.extend(answered.map(|op| types.number(op)));
        self.workloads.push(workload);
    }

    /// Whose those credentials of the start are that somebody used.
    fn look_up(&mut self, plan: &Plan, events: &[Event]) {
        let used: BTreeSet<CredId> = events
            .iter()
            .filter_map(|event| match event {
                Event::Asked { cred, .. } => *cred,
                _ => None,
            })
            .filter(|cred| cred.number() < plan.credentials())
            .collect();
        for cred in used {
            let (family, index) = plan.origin_of(cred);
            self.registered.entry(cred.number()).or_default().principal = plan.family(family).of.get(index);
        }
    }

    fn store(&mut self, plan: &Plan, coll: CollId) {
        let spec = plan.collection(coll);
        if spec.holds.is_empty() {
            return;
        }
        let lies = |row| spec.holds.of(row).collect::<Vec<_>>();
        let filled = (0..spec.count).map(|row| ((coll.number(), row), lies(row))).filter(|(_, lies)| !lies.is_empty());
        self.stored.extend(filled);
    }

    /// A client as the registry knows it.
    pub fn suspect(&self, workload: u32) -> Suspect {
        if self.knows(workload) { Suspect::Workload(workload) } else { Suspect::Outsider }
    }

    /// Whether credentials were issued to it: who holds nothing is nobody here.
    pub fn knows(&self, workload: u32) -> bool {
        self.workloads.get(workload as usize).is_some_and(|w| !w.credentials.is_empty())
    }
}
