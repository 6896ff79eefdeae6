//! The fewest grants to cut so that a target is out of reach. A way exists only while all the grants exist that it
//! needs, so what is cheapest for one way is not for all together: the search is exact.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::graphmap::DiGraphMap;

use crate::model::Plan;
use crate::planted::Mistake;

use super::{Edge, Graph, Node, Step};

/// A way from one node to the next, which exists while all of its grants do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule<N, G> {
    pub from: N,
    pub to: N,
    pub needs_all: Vec<G>,
}

/// Who gets where, by which grants.
#[derive(Clone, Debug)]
pub struct Problem<N, G> {
    pub sources: Vec<N>,
    pub target: N,
    pub rules: Vec<Rule<N, G>>,
}

impl<N: Copy + Ord + std::hash::Hash, G: Clone + Ord> Problem<N, G> {
    /// The fewest grants whose end leaves no way from any source to the target; nothing where more than `most` would
    /// have to go, or a way needs none.
    pub fn fewest(&self, most: usize) -> Option<BTreeSet<G>> {
        (0..=most).find_map(|size| self.within(size, &mut BTreeSet::new()))
    }

    /// Some cut of at most `left` more. Every way that is still there has to lose one of its grants, so it is enough to
    /// try those of one.
    fn within(&self, left: usize, cut: &mut BTreeSet<G>) -> Option<BTreeSet<G>> {
        let Some(way) = self.way(cut) else { return Some(cut.clone()) };
        if left == 0 {
            return None;
        }
        let needed: BTreeSet<G> = way.into_iter().flat_map(|rule| rule.needs_all.iter().cloned()).collect();
        let tried = if Mistake::CutTriesOneGrant.here() { 1 } else { needed.len() };
        needed.into_iter().take(tried).find_map(|grant| {
            cut.insert(grant.clone());
            let found = self.within(left - 1, cut);
            cut.remove(&grant);
            found
        })
    }

    /// The least number of sources that still reach the target when `k` of these grants are cut, and by how many
    /// choices of `k`.
    pub fn least_reaching(&self, grants: &[G], k: usize) -> (usize, u64) {
        let mut best = (self.sources.len() + 1, 0);
        self.each_cut(grants, k, &mut BTreeSet::new(), &mut best);
        best
    }

    fn each_cut(&self, grants: &[G], k: usize, cut: &mut BTreeSet<G>, best: &mut (usize, u64)) {
        if k == 0 {
            let reaching = self.reaching(cut);
            match reaching.cmp(&best.0) {
                std::cmp::Ordering::Less => *best = (reaching, 1),
                std::cmp::Ordering::Equal => best.1 += 1,
                std::cmp::Ordering::Greater => {}
            }
            return;
        }
        for (at, grant) in grants.iter().enumerate().take_while(|(at, _)| grants.len() - at >= k) {
            cut.insert(grant.clone());
            self.each_cut(&grants[at + 1..], k - 1, cut, best);
            cut.remove(grant);
        }
    }

    fn stands(rule: &Rule<N, G>, cut: &BTreeSet<G>) -> bool {
        !rule.needs_all.iter().any(|grant| cut.contains(grant))
    }

    /// How many sources reach the target.
    pub fn reaching(&self, cut: &BTreeSet<G>) -> usize {
        let mut back: DiGraphMap<N, ()> = DiGraphMap::new();
        back.add_node(self.target);
        for rule in self.rules.iter().filter(|rule| Self::stands(rule, cut)) {
            back.add_edge(rule.to, rule.from, ());
        }
        let mut walk = petgraph::visit::Bfs::new(&back, self.target);
        let mut reached = BTreeSet::new();
        while let Some(node) = walk.next(&back) {
            reached.insert(node);
        }
        self.sources.iter().filter(|source| reached.contains(source)).count()
    }

    /// A shortest way from any source to the target.
    fn way(&self, cut: &BTreeSet<G>) -> Option<Vec<&Rule<N, G>>> {
        let mut by_from: BTreeMap<N, Vec<&Rule<N, G>>> = BTreeMap::new();
        for rule in self.rules.iter().filter(|rule| Self::stands(rule, cut)) {
            by_from.entry(rule.from).or_default().push(rule);
        }
        let mut came_by: BTreeMap<N, Option<&Rule<N, G>>> = self.sources.iter().map(|source| (*source, None)).collect();
        let mut open: VecDeque<N> = self.sources.iter().copied().collect();
        while let Some(node) = open.pop_front() {
            if node == self.target {
                let mut way = Vec::new();
                let mut at = node;
                while let Some(Some(rule)) = came_by.get(&at) {
                    way.push(*rule);
                    at = rule.from;
                }
                return Some(way);
            }
            for rule in by_from.get(&node).into_iter().flatten() {
                came_by.entry(rule.to).or_insert_with(|| {
                    open.push_back(rule.to);
                    Some(rule)
                });
            }
        }
        None
    }
}

/// The fewest grants to cut so that the agents reach nothing but what their task does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cut {
    /// The task goes every way that there is.
    NotNeeded,
    Grants(Vec<(Node, Node, Edge)>),
    /// More than anybody would look through, or the task itself leads there.
    NotByGrants,
}

/// More grants than these are no choke point.
const MOST_CUTS: usize = 6;

impl Graph {
    /// What to cut, where `task` is the work of a run without a fault: what that uses stays.
    pub fn cut(&self, plan: &Plan, task: &Graph) -> Cut {
        let opens = |node: Node| task.edges().iter().any(|(from, _, edge)| *from == node && edge.step == Step::Opens);
        let kept = |from: Node, to: Node| match (task.edge(from, to).map(|edge| edge.step), to) {
            _ if Mistake::TaskIsCutToo.here() => false,
            (None, _) => false,
            // Who comes by a credential and does not use it can do without.
            (Some(Step::Holds | Step::LiesIn | Step::Issues), Node::Credential(_)) => opens(to),
            (Some(_), _) => true,
        };
        let grant = |step: Step| {
            matches!(step, Step::Holds | Step::Opens | Step::LiesIn | Step::Issues | Step::Forges | Step::Tells)
        };
        let target = Node::Start;
        let mut rules: Vec<Rule<Node, (Node, Node)>> = Vec::new();
        let mut sources: BTreeSet<Node> = BTreeSet::new();
        for (from, to, edge) in self.edges() {
            let needs_all = if grant(edge.step) && !kept(from, to) { vec![(from, to)] } else { Vec::new() };
            let beyond = matches!((edge.step, to), (Step::Does(_), Node::Collection(coll)) if !kept(from, to)
                && plan.classes[plan.collection(coll).class.index()] != "public");
            match from {
                Node::Start => _ = sources.insert(to),
                _ if beyond => {
                    rules.push(Rule { from, to: target, needs_all: Vec::new() });
                    rules.push(Rule { from, to, needs_all });
                }
                _ => rules.push(Rule { from, to, needs_all }),
            }
        }
        let problem = Problem { sources: sources.into_iter().collect(), target, rules };
        match problem.fewest(MOST_CUTS) {
            Some(cut) if cut.is_empty() => Cut::NotNeeded,
            Some(cut) => {
                Cut::Grants(cut.into_iter().filter_map(|(from, to)| Some((from, to, *self.edge(from, to)?))).collect())
            }
            None => Cut::NotByGrants,
        }
    }
}
