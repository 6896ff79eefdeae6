//! Ways to each class of data: the one with the fewest hops, the quickest, and what every way goes through.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Add;

use petgraph::algo::astar;
use petgraph::algo::dominators::simple_fast;

use crate::model::Plan;
use crate::planted::Mistake;
use crate::wire::{ClassId, CollId, Span};

use super::{Edge, Graph, Node};

/// One step of a way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hop {
    pub from: Node,
    pub to: Node,
    pub edge: Edge,
}

/// From what went wrong to some data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Way {
    pub hops: Vec<Hop>,
    /// The least that it takes; in a run, when it was first done.
    pub takes: Span,
}

/// A class of data that can be reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Class {
    pub class: ClassId,
    pub collections: Vec<CollId>,
    pub fewest_hops: Way,
    pub quickest: Way,
    /// What every way to every collection of the class goes through, in that order.
    pub through: Vec<Node>,
}

/// In a run, a way has been gone once its last edge has: nothing adds up.
#[derive(Clone, Copy, PartialEq, PartialOrd, Default, Debug)]
struct Latest(u64);

impl Add for Latest {
    type Output = Latest;

    fn add(self, other: Latest) -> Latest {
        Latest(self.0.max(other.0))
    }
}

/// Every class that the graph reaches, in the order of the scenario.
pub fn classes(plan: &Plan, graph: &Graph) -> Vec<Class> {
    let mut reached: BTreeMap<ClassId, Vec<CollId>> = BTreeMap::new();
    for node in graph.nodes() {
        if let Node::Collection(coll) = node {
            let spec = plan.collection(coll);
            let rows = if spec.classes.is_empty() { 0 } else { spec.count };
            let mut classes: BTreeSet<ClassId> = (0..rows).map(|row| spec.class_of(row)).collect();
            classes.insert(spec.class);
            classes.into_iter().for_each(|class| reached.entry(class).or_default().push(coll));
        }
    }
    let found = reached.into_iter().filter_map(|(class, collections)| {
        Some(Class {
            class,
            fewest_hops: graph.fewest_hops(&collections)?,
            quickest: graph.quickest(&collections)?,
            through: graph.through(&collections),
            collections,
        })
    });
    found.collect()
}

impl Graph {
    fn is_one_of(collections: &[CollId]) -> impl Fn(Node) -> bool + '_ {
        |node| matches!(node, Node::Collection(coll) if collections.contains(&coll))
    }

    fn fewest_hops(&self, collections: &[CollId]) -> Option<Way> {
        let goal = Graph::is_one_of(collections);
        let (_, nodes) = astar(&self.edges, Node::Start, goal, |_| 1u32, |_| 0)?;
        Some(self.way(&nodes))
    }

    fn quickest(&self, collections: &[CollId]) -> Option<Way> {
        let goal = Graph::is_one_of(collections);
        let nodes = match self.is_of_a_run() {
            true => astar(&self.edges, Node::Start, goal, |(.., edge)| Latest(edge.takes.0), |_| Latest(0))?.1,
            false => astar(&self.edges, Node::Start, goal, |(.., edge)| edge.takes.0, |_| 0)?.1,
        };
        Some(self.way(&nodes))
    }

    /// Whether its edges have times.
    pub fn is_of_a_run(&self) -> bool {
        self.edges.all_edges().any(|(.., edge)| edge.first.is_some())
    }

    fn way(&self, nodes: &[Node]) -> Way {
        let hop = |pair: &[Node]| {
            let edge = *self.edge(pair[0], pair[1])?;
            Some(Hop { from: pair[0], to: pair[1], edge })
        };
        let hops: Vec<Hop> = nodes.windows(2).filter_map(hop).collect();
        let spans = hops.iter().map(|hop| hop.edge.takes.0);
        let takes = if self.is_of_a_run() && !Mistake::TimesOfARunAddUp.here() {
            spans.max().unwrap_or(0)
        } else {
            spans.sum()
        };
        Way { hops, takes: Span(takes) }
    }

    /// The nodes that lie on every way to each of these.
    fn through(&self, collections: &[CollId]) -> Vec<Node> {
        let dominators = simple_fast(&self.edges, Node::Start);
        let mut common: Option<Vec<Node>> = None;
        for coll in collections {
            let Some(on_the_way) = dominators.strict_dominators(Node::Collection(*coll)) else { continue };
            let mut on_the_way: Vec<Node> = on_the_way.filter(|node| *node != Node::Start).collect();
            on_the_way.reverse();
            common = Some(match common {
                None => on_the_way,
                Some(common) if Mistake::ChokeOfOneWay.here() => common,
                Some(common) => common.into_iter().filter(|node| on_the_way.contains(node)).collect(),
            });
        }
        common.unwrap_or_default()
    }

    /// What every way to anything that is not public goes through.
    pub fn choke_points(&self, plan: &Plan) -> Vec<Node> {
        let secret = |node: &Node| match node {
            Node::Collection(coll) if plan.classes[plan.collection(*coll).class.index()] != "public" => Some(*coll),
            _ => None,
        };
        self.through(&self.nodes().iter().filter_map(secret).collect::<Vec<_>>())
    }
}
