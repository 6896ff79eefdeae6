//! The reach graph: how one gets from an agent to what it can touch, and why each step is open. *Potential*, from a
//! scenario without running it; *actual*, from what happened in a run.
//!
//! A node stands for all of its kind: every credential of a family, every identity of a group. An edge is there if one of
//! them leads on, so a way through several families is an upper bound of what one of each can do.

mod actual;
mod cut;
mod dot;
mod opengraph;
mod paths;
mod potential;
mod words;

use petgraph::graphmap::DiGraphMap;

use crate::wire::{ActorId, CollId, Effect, FamilyId, IdentityId, OpId, Reason, Span, Tick};

pub use actual::{actual, work};
pub use cut::{Cut, Problem, Rule};
pub use dot::dot;
pub use opengraph::opengraph;
pub use paths::{Class, Hop, Way, classes};
pub use potential::potential;
pub use words::{label, labels, reason};

/// What one can be at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Node {
    /// Where everything begins: what went wrong.
    Start,
    /// Agents that are one identity, or of one group: the first of them.
    Agent(ActorId),
    /// A group of identities: the first of them.
    Identity(IdentityId),
    /// Being without a credential.
    Nobody,
    Credential(FamilyId),
    Operation(OpId),
    Collection(CollId),
}

/// How one gets on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// The fault takes over.
    GoesWrong,
    /// An instruction lies in a record from the start.
    Planted,
    /// The agent starts with it.
    Holds,
    /// The agent does without.
    GoesWithout,
    /// It proves to be somebody.
    Proves,
    /// The operation is open to it.
    Opens,
    /// The operation does this to records.
    Does(Effect),
    /// A record of the other collection lies in one of this.
    Contains,
    /// It lies in a record.
    LiesIn,
    /// It is issued there.
    Issues,
    /// It is made with a signing key.
    Forges,
    /// The agent obeys what a record says.
    Tells,
}

/// An edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    pub step: Step,
    /// The least time that it takes; in a run, when it was first taken.
    pub takes: Span,
    /// When it was first taken, in a run.
    pub first: Option<Tick>,
    /// Why the door was open, in a run.
    pub why: Option<Reason>,
}

/// Who can get where.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    edges: DiGraphMap<Node, Edge>,
}

impl Graph {
    /// Adds an edge, unless there is one already that was taken sooner.
    fn add(&mut self, from: Node, to: Node, edge: Edge) {
        let sooner = |known: &Edge| (known.first, known.takes) <= (edge.first, edge.takes);
        if from != to && !self.edges.edge_weight(from, to).is_some_and(sooner) {
            self.edges.add_edge(from, to, edge);
        }
    }

    /// Puts an edge in the place of one that is there.
    fn put(&mut self, from: Node, to: Node, edge: Edge) {
        self.edges.add_edge(from, to, edge);
    }

    /// Leaves out what cannot be reached from the start.
    fn reachable(mut self) -> Graph {
        let mut seen = std::collections::BTreeSet::new();
        let mut open = vec![Node::Start];
        while let Some(node) = open.pop() {
            if seen.insert(node) {
                open.extend(self.edges.neighbors(node));
            }
        }
        let lost: Vec<Node> = self.edges.nodes().filter(|node| !seen.contains(node)).collect();
        lost.into_iter().for_each(|node| _ = self.edges.remove_node(node));
        self
    }

    /// Every node but the start, in order.
    pub fn nodes(&self) -> Vec<Node> {
        let mut nodes: Vec<Node> = self.edges.nodes().filter(|node| *node != Node::Start).collect();
        nodes.sort_unstable();
        nodes
    }

    /// Every edge, those from the start included, in order.
    pub fn edges(&self) -> Vec<(Node, Node, Edge)> {
        let mut edges: Vec<(Node, Node, Edge)> = self.edges.all_edges().map(|(a, b, edge)| (a, b, *edge)).collect();
        edges.sort_unstable_by_key(|(from, to, _)| (*from, *to));
        edges
    }

    pub fn edge(&self, from: Node, to: Node) -> Option<&Edge> {
        self.edges.edge_weight(from, to)
    }
}
