//! Nodes and edges in words.

use crate::measure::thousands;
use crate::model::Plan;
use crate::model::service::ObjectRule;
use crate::wire::{Effect, Reason};

use super::potential::right;
use super::{Edge, Node, Step};

/// What they are called, each name once: an identity and its credential may have one name.
pub fn labels(plan: &Plan, nodes: &[Node]) -> Vec<String> {
    let mut names: Vec<String> = nodes.iter().map(|node| label(plan, *node)).collect();
    names.dedup();
    names
}

/// What a node is called: `member-token (1,500)`.
pub fn label(plan: &Plan, node: Node) -> String {
    let several = |name: &str, n: u64| match n {
        0 | 1 => name.to_owned(),
        _ if plan.meta.sizes_unknown => format!("{name} (number unknown)"),
        n => format!("{name} ({})", thousands(n)),
    };
    match node {
        Node::Start => "what goes wrong".to_owned(),
        Node::Nobody => "no credential".to_owned(),
        Node::Agent(agent) => {
            let spec = &plan.agents[agent.index()];
            let group = spec.identity.map(|who| plan.population_of(who));
            let same = |other: &&crate::model::agent::AgentPlan| {
                other.identity.map(|who| plan.population_of(who).first) == group.map(|group| group.first)
            };
            match (group, plan.agents.iter().filter(same).count()) {
                (Some(group), n) if n > 1 => several(&group.name, n as u64),
                _ => spec.name.clone(),
            }
        }
        Node::Identity(who) => {
            let group = plan.population_of(who);
            several(&group.name, group.count.into())
        }
        Node::Credential(family) => {
            let spec = plan.family(family);
            several(&spec.name, spec.count.into())
        }
        Node::Operation(op) => plan.operation_name(op),
        Node::Collection(coll) => {
            let spec = plan.collection(coll);
            several(&spec.name, spec.count.into())
        }
    }
}

/// What a node is: a word for machines.
pub(super) const fn kind(node: Node) -> &'static str {
    match node {
        Node::Start => "start",
        Node::Agent(_) => "agent",
        Node::Identity(_) => "identity",
        Node::Nobody | Node::Credential(_) => "credential",
        Node::Operation(_) => "operation",
        Node::Collection(_) => "collection",
    }
}

/// How one gets on: a word for machines.
pub(super) const fn verb(step: Step) -> &'static str {
    match step {
        Step::GoesWrong => "GoesWrong",
        Step::Planted => "Planted",
        Step::Holds => "Holds",
        Step::GoesWithout => "GoesWithout",
        Step::Proves => "Proves",
        Step::Opens => "CanCall",
        Step::Does(Effect::Read) => "Reads",
        Step::Does(Effect::Write) => "Writes",
        Step::Does(Effect::Delete) => "Deletes",
        Step::Does(Effect::Execute) => "Executes",
        Step::Does(Effect::Grant) => "Grants",
        Step::Does(Effect::Mint) => "Mints",
        Step::Does(Effect::Send) => "Sends",
        Step::Contains => "Contains",
        Step::LiesIn => "Reveals",
        Step::Issues => "Issues",
        Step::Forges => "Forges",
        Step::Tells => "Instructs",
    }
}

/// Why one gets from one node to the next.
pub fn reason(plan: &Plan, from: Node, to: Node, edge: &Edge) -> String {
    match (edge.step, from, to) {
        (Step::GoesWrong, ..) => "its fault takes over".to_owned(),
        (Step::Planted, ..) => "an instruction lies there from the start".to_owned(),
        (Step::Holds, ..) => "it was given to it".to_owned(),
        (Step::GoesWithout, ..) => "anybody can do without".to_owned(),
        (Step::Proves, ..) => "it proves to be that identity".to_owned(),
        (Step::Opens, from, Node::Operation(op)) => match edge.why {
            Some(Reason::TrustedFromCache) => "an earlier check was still trusted".to_owned(),
            Some(Reason::TrustedOffline) => format!("{}; nobody is asked before it expires", right(plan, from, op)),
            Some(Reason::NotYetTold) => "its revocation had not arrived".to_owned(),
            _ => right(plan, from, op),
        },
        (Step::Opens, ..) => "it is open".to_owned(),
        (Step::Does(effect), Node::Operation(op), _) => {
            let whose = match plan.operation(op).rule {
                ObjectRule::Anyone => "anybody's records",
                ObjectRule::Owner => "the caller's own records",
                ObjectRule::Tenant => "the records of the caller's tenant",
            };
            format!("{}: {whose}", effect.name())
        }
        (Step::Does(effect), ..) => effect.name().to_owned(),
        (Step::Contains, ..) => "it lies in there".to_owned(),
        (Step::LiesIn, ..) => "it lies in a record".to_owned(),
        (Step::Issues, ..) => "it is issued there".to_owned(),
        (Step::Forges, ..) => "whoever has the key can make it".to_owned(),
        (Step::Tells, ..) => "it obeys what it reads there".to_owned(),
    }
}
