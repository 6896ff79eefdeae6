//! The compiled scenario: dense tables that the state machines run on, and the names for the edges.

use crate::wire::{
    ActorId, CollId, CredId, FamilyId, IdentityId, InstructionId, OpId, PlaceId, Res, RouteId, SecretKind, ServiceId,
    Span, TenantId, Tick,
};

use super::access::Access;
use super::agent::{AgentPlan, draw_starts};
use super::control::Controls;
use super::expect::Expectations;
use super::identity::{Collection, Family, Population};
use super::instruction::Instruction;
use super::routine::Routine;
use super::service::{Act, Grant, Operation, Route, Service};

/// A scenario with every name resolved. Made by `scenario`, read by everything else.
#[derive(Clone, Debug)]
pub struct Plan {
    pub meta: Meta,
    pub time: Time,
    pub seed: u64,
    pub services: Vec<Service>,
    pub routes: Vec<Route>,
    pub operations: Vec<Operation>,
    pub access: Access,
    pub populations: Vec<Population>,
    pub families: Vec<Family>,
    pub collections: Vec<Collection>,
    pub classes: Vec<String>,
    /// What texts tell whoever obeys them.
    pub instructions: Vec<Instruction>,
    pub tenants: Vec<String>,
    pub networks: Vec<String>,
    pub currency: String,
    /// The agents under test, then nothing else.
    pub agents: Vec<AgentPlan>,
    /// Honest work beside them.
    pub benign: Vec<AgentPlan>,
    pub controls: Controls,
    /// What the detectors of new operations knew before the run.
    pub routine: Routine,
    /// The credential that the responder acts with.
    pub operator: Option<(FamilyId, u32)>,
    pub expectations: Expectations,
}

/// What a reader wants to know before the numbers.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    pub name: String,
    pub variant: Option<String>,
    pub story: String,
    pub based_on: Option<String>,
    /// What the numbers stand for, where they are not those of the incident.
    pub scale: Option<String>,
    pub sources: Vec<String>,
    pub tags: Vec<String>,
    /// How many records and credentials there are, nobody knows: what is there is room to number them.
    pub sizes_unknown: bool,
}

impl Meta {
    /// The same in a sentence.
    pub fn scaled(&self) -> Option<String> {
        self.scale.as_ref().map(|scale| format!("Scale: {scale}."))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Time {
    /// The start of the run, in seconds since 1970: what logs and tokens count from.
    pub zero: u64,
    /// The run ends here at the latest. Required when anything repeats.
    pub horizon: Option<Tick>,
    /// How long the census must have been shut before the run ends.
    pub settle: Span,
}

impl Time {
    /// Where a scenario does not say it, runs begin with the year 2026, so that bytes with a date in them repeat.
    pub const YEAR_2026: u64 = 1_767_225_600;
}

impl Plan {
    /// The same scenario under another seed.
    pub fn under(&self, seed: u64) -> Plan {
        let mut plan = Plan { seed, ..self.clone() };
        draw_starts(&mut plan.agents, &mut plan.benign, seed);
        plan
    }

    pub fn service(&self, id: ServiceId) -> &Service {
        &self.services[id.index()]
    }

    pub fn operation(&self, id: OpId) -> &Operation {
        &self.operations[id.index()]
    }

    pub fn route(&self, id: RouteId) -> &Route {
        &self.routes[id.index()]
    }

    pub fn family(&self, id: FamilyId) -> &Family {
        &self.families[id.index()]
    }

    pub fn collection(&self, id: CollId) -> &Collection {
        &self.collections[id.index()]
    }

    pub fn instruction(&self, id: InstructionId) -> &Instruction {
        &self.instructions[id.index()]
    }

    /// An agent, or a client whose work is honest.
    pub fn client(&self, who: ActorId) -> &AgentPlan {
        match who.index().checked_sub(self.agents.len()) {
            None => &self.agents[who.index()],
            Some(honest) => &self.benign[honest],
        }
    }

    pub fn operation_ids(&self) -> impl Iterator<Item = OpId> + use<> {
        (0..self.operations.len()).map(OpId::at)
    }

    pub fn collection_ids(&self) -> impl Iterator<Item = CollId> + use<> {
        (0..self.collections.len()).map(CollId::at)
    }

    pub fn family_ids(&self) -> impl Iterator<Item = FamilyId> + use<> {
        (0..self.families.len()).map(FamilyId::at)
    }

    pub fn service_ids(&self) -> impl Iterator<Item = ServiceId> + use<> {
        (0..self.services.len()).map(ServiceId::at)
    }

    /// Whether an operation would issue a new credential from one of this family. RFC 6749 section 6: a token is
    /// refreshed by a refresh token, and by nothing else.
    pub fn issues_from(&self, op: OpId, family: FamilyId) -> bool {
        match self.operation(op).act {
            Act::Mint { refresh, grant: Grant::RefreshToken { .. }, .. } => {
                refresh.map_or(self.family(family).kind == SecretKind::RefreshToken, |refresh| refresh == family)
            }
            Act::Mint { .. } => true,
            _ => false,
        }
    }

    /// Whether a credential of this family and index opens a record: it does, where nothing says that it opens some
    /// only. Without an index, whether any of the family does.
    pub fn opens(&self, family: FamilyId, index: Option<u32>, res: Res) -> bool {
        let Some(opens) = &self.family(family).opens else { return true };
        let mut res = res;
        loop {
            if opens.names(res.coll) {
                return opens.contains(index, res);
            }
            let Some(outer) = self.collection(res.coll).around(res.row) else { return true };
            res = outer;
        }
    }

    /// Whether an operation never answers: its route sends every client on.
    pub fn sends_on(&self, op: OpId) -> bool {
        self.routes.get(op.index()).is_some_and(|route| route.redirects.is_some())
    }

    /// Where the agents' requests come from: the networks that a stolen credential may be used from.
    pub fn agent_networks(&self) -> Vec<PlaceId> {
        let mut networks: Vec<PlaceId> = self.agents.iter().map(|a| a.network).collect();
        networks.sort_unstable();
        networks.dedup();
        networks
    }

    /// How many records a collection has, with all that lies in them.
    pub fn within(&self, coll: CollId) -> u64 {
        let inner = |c: &CollId| self.collection(*c).inside.as_ref().is_some_and(|(outer, _)| *outer == coll);
        u64::from(self.collection(coll).count)
            + self.collection_ids().filter(inner).map(|c| self.within(c)).sum::<u64>()
    }

    /// How many identities there are.
    pub fn identities(&self) -> u32 {
        self.populations.last().map_or(0, |p| p.first.number() + p.count)
    }

    /// How many credentials exist at the start.
    pub fn credentials(&self) -> u32 {
        self.families.last().map_or(0, |f| f.first_row + f.count)
    }

    pub fn population_of(&self, identity: IdentityId) -> &Population {
        let after = self.populations.partition_point(|p| p.first <= identity);
        &self.populations[after.saturating_sub(1)]
    }

    /// The identity that answers for this one; one without an owner answers for itself.
    pub fn owner_of(&self, identity: IdentityId) -> IdentityId {
        let population = self.population_of(identity);
        population.owner.get(identity.number() - population.first.number()).map_or(identity, IdentityId::new)
    }

    pub fn tenant_of(&self, identity: IdentityId) -> Option<TenantId> {
        if self.tenants.is_empty() {
            return None;
        }
        let population = self.population_of(identity);
        population.tenant.get(identity.number() - population.first.number()).map(TenantId::new)
    }

    /// The row that a credential of the start has in the credential table.
    pub fn row_of(&self, family: FamilyId, index: u32) -> CredId {
        CredId::new(self.family(family).first_row + index)
    }

    /// What a credential of the start was minted from.
    pub fn parent_of(&self, family: FamilyId, index: u32) -> Option<CredId> {
        self.family(family).parents.get(index).map(CredId::new)
    }

    /// The family and index behind a row that existed at the start.
    pub fn origin_of(&self, row: CredId) -> (FamilyId, u32) {
        let after = self.families.partition_point(|f| f.first_row <= row.number());
        let family = after.saturating_sub(1);
        (FamilyId::at(family), row.number() - self.families[family].first_row)
    }

    /// `member-17`, or the bare name where there is one only.
    pub fn identity_name(&self, identity: IdentityId) -> String {
        let population = self.population_of(identity);
        numbered(&population.name, identity.number() - population.first.number(), population.count)
    }

    /// The identity behind such a name.
    pub fn identity_named(&self, name: &str) -> Option<IdentityId> {
        let one = |group: &str| self.populations.iter().find(|p| p.name == group);
        if let Some(alone) = one(name).filter(|p| p.count == 1) {
            return Some(alone.first);
        }
        let (group, number) = name.rsplit_once('-')?;
        let index = number.parse::<u32>().ok()?.checked_sub(1)?;
        let population = one(group).filter(|p| index < p.count && p.count > 1)?;
        Some(IdentityId::new(population.first.number() + index))
    }

    /// `member-token-17`, or the bare name where there is one only. Never the secret.
    pub fn credential_name(&self, family: FamilyId, index: u32) -> String {
        let family = self.family(family);
        numbered(&family.name, index, family.count)
    }

    pub fn record_name(&self, res: Res) -> String {
        format!("{}-{}", self.collection(res.coll).name, res.row + 1)
    }

    /// `service.operation`.
    pub fn operation_name(&self, op: OpId) -> String {
        let operation = self.operation(op);
        format!("{}.{}", self.service(operation.service).name, operation.name)
    }

    pub fn route_name(&self, route: RouteId) -> String {
        let route = self.route(route);
        format!("{}.{}", self.service(route.service).name, route.name)
    }
}

fn numbered(name: &str, index: u32, count: u32) -> String {
    if count == 1 && index == 0 { name.to_owned() } else { format!("{name}-{}", index + 1) }
}
