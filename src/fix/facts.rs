//! What is known of a scenario before anything is changed: what honest work uses, and what the fault does.

use std::collections::{BTreeMap, BTreeSet};

use crate::measure::{Measures, References};
use crate::model::identity::IdentityKind;
use crate::model::{Bits, Plan};
use crate::scenario::Node;
use crate::wire::{CollId, CredId, Event, FamilyId, OpId, Purpose, RequestId, ServiceId, Tick, Verdict};

/// How honest work uses one right.
#[derive(Clone, Copy, Debug, Default)]
pub struct Use {
    pub calls: u64,
    pub last: Tick,
}

/// Everything that candidates are made from.
pub struct Facts<'a> {
    pub plan: &'a Plan,
    /// The scenario as it is resolved.
    pub tree: &'a Node,
    /// What honest work calls with which family, the agents' own tasks included.
    pub used: BTreeMap<(Option<FamilyId>, OpId), Use>,
    /// The records that honest work touches with each family.
    pub touched: BTreeMap<FamilyId, BTreeMap<CollId, Bits>>,
    /// Operations by which the run exceeded the task.
    pub harmful: BTreeSet<OpId>,
    /// Families of which the agents came to hold one.
    pub held: BTreeSet<FamilyId>,
    /// Those that lay in records which the agents read.
    pub found: BTreeMap<CollId, BTreeSet<FamilyId>>,
    /// Signing keys with which something was forged.
    pub forged_with: BTreeSet<FamilyId>,
    /// Collections that are not public, of which something was read beyond the task.
    pub read: BTreeSet<CollId>,
    /// Operations of which somebody's inventory has it: they were given to somebody on purpose.
    pub named: BTreeSet<OpId>,
}

impl<'a> Facts<'a> {
    /// `sane` are the events of the run without a fault, `faulty` those of the run itself.
    pub fn of(
        plan: &'a Plan,
        tree: &'a Node,
        references: &References,
        sane: &[Event],
        (faulty, measures): (&[Event], &Measures),
    ) -> Facts<'a> {
        let mut facts = Facts {
            plan,
            tree,
            used: BTreeMap::new(),
            touched: BTreeMap::new(),
            harmful: harmful(references, measures),
            held: BTreeSet::new(),
            found: BTreeMap::new(),
            forged_with: BTreeSet::new(),
            read: BTreeSet::new(),
            named: named(plan, tree),
        };
        facts.honest(sane);
        facts.fault(faulty, measures);
        facts
    }

    fn honest(&mut self, events: &[Event]) {
        let mut families = Families::of(self.plan);
        let mut asked: BTreeMap<RequestId, FamilyId> = BTreeMap::new();
        for event in events {
            families.event(event);
            match *event {
                Event::Asked {
                    at,
                    id,
                    purpose: Purpose::Agent | Purpose::Benign,
                    op: Some(op),
                    cred,
                    verdict: Verdict::Accepted,
                    ..
                } => {
                    let family = cred.and_then(|cred| families.find(cred));
                    let used = self.used.entry((family, op)).or_default();
                    *used = Use { calls: used.calls + 1, last: at };
                    family.map(|family| asked.insert(id, family));
                }
                Event::Touched { id, coll, first, n, .. } => {
                    if let Some(family) = asked.get(&id) {
                        self.touched.entry(*family).or_default().entry(coll).or_default().insert_run(first, n);
                    }
                }
                _ => {}
            }
        }
    }

    fn fault(&mut self, events: &[Event], measures: &Measures) {
        let mut families = Families::of(self.plan);
        for event in events {
            families.event(event);
            match *event {
                Event::Got { by, lay_in, cred: Some(cred), .. } if by.index() < self.plan.agents.len() => {
                    let Some(family) = families.find(cred) else { continue };
                    self.held.insert(family);
                    if let Some(res) = lay_in {
                        self.found.entry(res.coll).or_default().insert(family);
                    }
                }
                Event::Forged { key, family, .. } => {
                    self.held.insert(family);
                    self.forged_with.extend(families.find(key));
                }
                _ => {}
            }
        }
        for (coll, effect, first, _) in measures.reach.excess.runs() {
            let spec = self.plan.collection(coll);
            let class = if first < spec.count { spec.class_of(first) } else { spec.class };
            if effect == crate::wire::Effect::Read && self.plan.classes[class.index()] != "public" {
                self.read.insert(coll);
            }
        }
    }

    /// Whether honest work was seen at a service. Of one where nobody worked, nothing can be said to be unused.
    pub fn seen(&self, service: ServiceId) -> bool {
        self.used.keys().any(|(_, op)| self.plan.operation(*op).service == service)
    }

    /// Whether somebody of the team was given an operation on purpose, at a service where work is seen. That one modelled
    /// day did without it does not make it superfluous.
    pub fn is_meant(&self, op: OpId) -> bool {
        self.named.contains(&op) && self.seen(self.plan.operation(op).service)
    }

    /// How often honest work calls an operation.
    pub fn calls(&self, op: OpId) -> u64 {
        self.used.iter().filter(|((_, used), _)| *used == op).map(|(_, used)| used.calls).sum()
    }

    /// What honest work does with a family.
    pub fn uses_of(&self, family: FamilyId) -> impl Iterator<Item = (OpId, Use)> + '_ {
        self.used.iter().filter(move |((by, _), _)| *by == Some(family)).map(|((_, op), used)| (*op, *used))
    }

    /// Families that the agents start with.
    pub fn given(&self) -> BTreeSet<FamilyId> {
        self.plan.agents.iter().flat_map(|agent| &agent.holds).map(|(family, _)| *family).collect()
    }

    /// What the scenario says of a family.
    pub fn credential(&self, family: FamilyId) -> Option<&Node> {
        self.tree.get("credentials")?.get(&self.plan.family(family).name)
    }

    /// What the scenario says of an operation, where it says it itself.
    pub fn operation(&self, op: OpId) -> Option<&Node> {
        let spec = self.plan.operation(op);
        self.tree.get("services")?.get(&self.plan.service(spec.service).name)?.get("operations")?.get(&spec.name)
    }

    /// A group of people who could be asked.
    pub fn person(&self) -> Option<&str> {
        self.plan.populations.iter().find(|group| group.kind == IdentityKind::Human).map(|group| group.name.as_str())
    }
}

/// Operations by which the run exceeded its task: by what they touched, made or cost, or will after the end.
fn harmful(references: &References, measures: &Measures) -> BTreeSet<OpId> {
    let reach = &measures.reach;
    let beyond = |counts: &BTreeMap<OpId, u64>, allowed: &[u64]| {
        let more = |(op, n): (&OpId, &u64)| (*n > allowed.get(op.index()).copied().unwrap_or(0)).then_some(*op);
        counts.iter().filter_map(more).collect::<Vec<_>>()
    };
    let touched = reach.excess_by_operation.keys().copied();
    let made = beyond(&reach.creations, &references.baseline_creations);
    let spent = beyond(&reach.costs, &references.baseline_costs);
    touched.chain(made).chain(spent).chain(reach.still_to_come()).collect()
}

/// Operations of the inventories of the team's own agents; `service.*` stands for all that are documented.
fn named(plan: &Plan, tree: &Node) -> BTreeSet<OpId> {
    let outsider = |agent: &&crate::model::agent::AgentPlan| {
        agent.identity.is_some_and(|who| plan.population_of(who).kind == IdentityKind::Outsider)
    };
    let agents = plan.agents.iter().chain(&plan.benign).filter(|agent| !outsider(agent));
    let said = |name: &str| ["agents", "benign"].iter().find_map(|part| tree.get(part)?.get(name)?.get("knows"));
    let words: BTreeSet<&str> = agents
        .filter_map(|agent| said(&agent.name))
        .flat_map(|knows| knows.each().iter().filter_map(Node::text))
        .collect();
    let known = |op: &OpId| {
        let (spec, name) = (plan.operation(*op), plan.operation_name(*op));
        let all = format!("{}.*", plan.service(spec.service).name);
        words.contains(name.as_str()) || spec.documented && words.contains(all.as_str())
    };
    plan.operation_ids().filter(known).collect()
}

/// The family of every credential that a run shows.
struct Families<'p> {
    plan: &'p Plan,
    issued: BTreeMap<CredId, FamilyId>,
}

impl<'p> Families<'p> {
    fn of(plan: &'p Plan) -> Families<'p> {
        Families { plan, issued: BTreeMap::new() }
    }

    fn event(&mut self, event: &Event) {
        if let Event::Minted { cred, family, .. } | Event::Forged { cred, family, .. } = *event {
            self.issued.insert(cred, family);
        }
    }

    /// Nothing for a rotated one: its row follows from the order of rotation only.
    fn find(&self, cred: CredId) -> Option<FamilyId> {
        if cred.number() < self.plan.credentials() {
            return Some(self.plan.origin_of(cred).0);
        }
        self.issued.get(&cred).copied()
    }
}
