//! What could be reached: the edges that the search for potential reach takes.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{Caller, Ground, Minted, Relaxed, Watch};
use crate::model::agent::AgentPlan;
use crate::model::instruction::Obeys;
use crate::model::service::{Act, Answer};
use crate::model::{Access, Index, Plan};
use crate::planted::Mistake;
use crate::wire::{ActorId, CollId, CredId, Effect, FamilyId, IdentityId, OpId, Res, Span};

use super::{Edge, Graph, Node, Step};

/// The graph of a plan, with what prevents as it is configured and without what reacts.
pub fn potential(plan: &Plan) -> Graph {
    let doors = Relaxed::new(plan);
    let mut drawn = Drawn { plan, graph: Graph::default(), within: BTreeSet::new() };
    agents(plan, &mut drawn.graph);
    Ground::new(plan, &Index::of(plan)).reach_watched(&doors, Relaxed::start(plan), &mut drawn);
    told(plan, &mut drawn.graph);
    answered(plan, &mut drawn.graph);
    drawn.graph.reachable()
}

/// The node of an agent: the first of those that are of one group.
pub(super) fn agent_node(plan: &Plan, agent: ActorId) -> Node {
    let group = |agent: &AgentPlan| agent.identity.map(|who| plan.population_of(who).first);
    let mine = plan.agents.get(agent.index()).and_then(group);
    let first = plan.agents.iter().position(|other| mine.is_some() && group(other) == mine);
    Node::Agent(first.map_or(agent, ActorId::at))
}

pub(super) fn identity_node(plan: &Plan, who: IdentityId) -> Node {
    Node::Identity(plan.population_of(who).first)
}

/// A step that takes no time.
pub(super) const fn at_once(step: Step) -> Edge {
    Edge { step, takes: Span::ZERO, first: None, why: None }
}

fn agents(plan: &Plan, graph: &mut Graph) {
    for (at, agent) in plan.agents.iter().enumerate() {
        let node = agent_node(plan, ActorId::at(at));
        if !agent.fault.does_what_it_reads() {
            let takes = agent.starts.since(crate::wire::Tick::ZERO);
            graph.add(Node::Start, node, Edge { takes, ..at_once(Step::GoesWrong) });
        }
        graph.add(node, Node::Nobody, at_once(Step::GoesWithout));
        for (family, _) in &agent.holds {
            graph.add(node, Node::Credential(*family), at_once(Step::Holds));
        }
    }
    for (at, family) in plan.families.iter().enumerate() {
        let groups: BTreeSet<Node> = (0..family.count)
            .filter_map(|n| family.of.get(n))
            .map(|who| identity_node(plan, IdentityId::new(who)))
            .collect();
        for group in groups {
            graph.add(Node::Credential(FamilyId::at(at)), group, at_once(Step::Proves));
        }
    }
}

/// From a record with an instruction to those who read it and obey; a record has one from the start, or from whoever can
/// write it.
fn told(plan: &Plan, graph: &mut Graph) {
    for coll in plan.collection_ids() {
        let spec = plan.collection(coll);
        let planted = !spec.plants.is_empty() && (0..spec.count).any(|row| spec.plants.get(row).is_some());
        if planted {
            graph.add(Node::Start, Node::Collection(coll), at_once(Step::Planted));
        }
        for (at, agent) in plan.agents.iter().enumerate() {
            if agent.fault.does_what_it_reads() && heard(plan, agent, coll) && agent.obedience.whom != Obeys::Nobody {
                let takes = agent.starts.since(crate::wire::Tick::ZERO);
                let node = agent_node(plan, ActorId::at(at));
                if !Mistake::InstructionsLeadNowhere.here() {
                    graph.add(Node::Collection(coll), node, Edge { takes, ..at_once(Step::Tells) });
                }
            }
        }
    }
}

/// What a request touches it touches when it comes; what lies in there is known with the answer, and the quickest is the
/// least that it takes.
fn answered(plan: &Plan, graph: &mut Graph) {
    let edges = graph.edges();
    let touching = edges.iter().filter_map(|(from, to, _)| match (from, to) {
        (Node::Operation(op), Node::Collection(coll)) => Some((*coll, plan.operation(*op).latency.least)),
        _ => None,
    });
    let mut least: BTreeMap<CollId, Span> = BTreeMap::new();
    for (coll, takes) in touching {
        let mut within = vec![coll];
        while let Some(coll) = within.pop() {
            if least.get(&coll).is_none_or(|known| takes < *known) {
                least.insert(coll, takes);
                within.extend(inside(plan, coll));
            }
        }
    }
    for (from, to, edge) in edges {
        if let (Node::Collection(coll), Step::LiesIn) = (from, edge.step) {
            let takes = least.get(&coll).copied().unwrap_or_default();
            graph.put(from, to, Edge { takes, ..edge });
        }
    }
}

/// Whether the task of an agent reads a collection.
fn heard(plan: &Plan, agent: &AgentPlan, coll: CollId) -> bool {
    let mut reads = false;
    agent.task.each_step(&mut |step| {
        let op = plan.route(step.route).answers.map(|op| plan.operation(op));
        let shows =
            |act: Act| matches!(act, Act::List { answer: Answer::Records, .. } | Act::One { answer: Answer::Records });
        reads |= op.is_some_and(|op| op.target == Some(coll) && shows(op.act));
    });
    reads
}

/// Draws what a search does.
struct Drawn<'p> {
    plan: &'p Plan,
    graph: Graph,
    /// Collections whose contents are drawn.
    within: BTreeSet<CollId>,
}

impl Drawn<'_> {
    fn caller(&self, caller: Caller) -> Node {
        match caller {
            Caller::Nobody => Node::Nobody,
            Caller::Holder(cred) => Node::Credential(self.plan.origin_of(cred).0),
            Caller::Minted(of) | Caller::Forged { of, .. } => Node::Credential(of.family),
        }
    }

    fn prove(&mut self, of: Minted) {
        if let Some(who) = of.who {
            self.graph.add(Node::Credential(of.family), identity_node(self.plan, who), at_once(Step::Proves));
        }
    }

    /// What lies in a collection goes with it.
    fn contents(&mut self, coll: CollId) {
        if !self.within.insert(coll) {
            return;
        }
        for inner in inside(self.plan, coll) {
            self.graph.add(Node::Collection(coll), Node::Collection(inner), at_once(Step::Contains));
            self.contents(inner);
        }
    }
}

/// The collections whose records lie in those of another.
pub(super) fn inside(plan: &Plan, coll: CollId) -> impl Iterator<Item = CollId> + '_ {
    plan.collection_ids()
        .filter(move |inner| plan.collection(*inner).inside.as_ref().is_some_and(|(outer, _)| *outer == coll))
}

impl Watch for Drawn<'_> {
    /// Where records can be made, there may be some by then.
    fn performs(&mut self, caller: Caller, op: OpId) {
        let spec = self.plan.operation(op);
        let made = |coll: &CollId| {
            let makes = |op: &crate::model::service::Operation| {
                matches!(op.act, Act::Create { .. }) && op.target == Some(*coll)
            };
            self.plan.operations.iter().any(makes)
        };
        if let Some(coll) = spec.target.filter(made) {
            self.touches(caller, op, coll, spec.effect);
        }
    }

    fn opens(&mut self, caller: Caller, op: OpId) {
        let from = self.caller(caller);
        self.graph.add(from, Node::Operation(op), at_once(Step::Opens));
    }

    fn touches(&mut self, caller: Caller, op: OpId, coll: CollId, effect: Effect) {
        self.opens(caller, op);
        self.graph.add(Node::Operation(op), Node::Collection(coll), at_once(Step::Does(effect)));
        self.contents(coll);
    }

    fn finds(&mut self, at: Res, cred: CredId) {
        let family = self.plan.origin_of(cred).0;
        self.graph.add(Node::Collection(at.coll), Node::Credential(family), at_once(Step::LiesIn));
    }

    fn issues(&mut self, op: OpId, of: Minted) {
        let takes = self.plan.operation(op).latency.least;
        self.graph.add(Node::Operation(op), Node::Credential(of.family), Edge { takes, ..at_once(Step::Issues) });
        self.prove(of);
    }

    fn forges(&mut self, key: FamilyId, of: Minted) {
        self.graph.add(Node::Credential(key), Node::Credential(of.family), at_once(Step::Forges));
        self.prove(of);
    }
}

/// Why an operation is open to a credential, by the plan: what could have been asked for, and was not.
pub(super) fn right(plan: &Plan, from: Node, op: OpId) -> String {
    let spec = plan.operation(op);
    match from {
        _ if plan.access.open.contains(op.number()) => "it asks for nothing".to_owned(),
        Node::Credential(family) => {
            let scopes = &plan.family(family).scopes;
            let documented = if spec.documented { "" } else { "; no inventory has it" };
            match plan.access.unlocks(Access::of(family), op) && !scopes.is_empty() {
                true => format!("its scopes unlock it: {}{documented}", scopes.join(", ")),
                false => format!("what it was issued with unlocks it{documented}"),
            }
        }
        _ => "nobody asks".to_owned(),
    }
}
