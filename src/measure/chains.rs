//! The graph of acquisitions: which credential led to which. What is asked of it is the shortest way.

use petgraph::algo::{astar, dijkstra};
use petgraph::graphmap::DiGraphMap;

use crate::planted::Mistake;
use crate::wire::{ActorId, CredId, HeldId};

use super::closure::Acquired;

/// A node: what somebody holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Holding {
    /// What every agent has before it holds anything: no credential.
    Nothing,
    Known(CredId),
    /// The same in the hands of somebody to whom another one passed it on in a record.
    Passed(ActorId, CredId),
    /// Bytes that no issuer of this world knows, by their finder's number.
    Unknown(ActorId, HeldId),
}

impl Holding {
    pub fn of(acquired: &Acquired) -> Holding {
        match acquired.cred {
            None => Holding::Unknown(acquired.by, acquired.held),
            Some(cred) if acquired.passed_on => Holding::Passed(acquired.by, cred),
            Some(cred) => Holding::Known(cred),
        }
    }

    /// What had to be held for this to be found: by whoever passed it on, or what was presented.
    fn behind(acquired: &Acquired, used: Option<&Acquired>) -> Holding {
        match acquired.forged_with.or(acquired.cred.filter(|_| acquired.passed_on)) {
            Some(cred) => Holding::Known(cred),
            None => used.map_or(Holding::Nothing, Holding::of),
        }
    }
}

/// An edge: the acquisition by which one came to the other.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// Its place among the acquisitions of the run.
    acquisition: usize,
    /// What somebody starts with costs nothing to come by.
    cost: u32,
}

/// Every acquisition of a run. Where several lead from one credential to another, the first one counts.
#[derive(Default)]
pub struct Chains(DiGraphMap<Holding, Way>);

impl Chains {
    /// `used` is what was presented when the secret was found.
    pub fn add(&mut self, acquisition: usize, acquired: &Acquired, used: Option<&Acquired>) {
        let (from, to) = (Holding::behind(acquired, used), Holding::of(acquired));
        if !self.0.contains_edge(from, to) {
            let came_by = acquired.via.is_some() || acquired.forged_with.is_some();
            let cost = u32::from(came_by || Mistake::DepthCountsWhatIsGiven.here());
            self.0.add_edge(from, to, Way { acquisition, cost });
        }
    }

    /// The fewest acquisitions that lead to each of `wanted`, and of those the most: the depth, and the first credential
    /// that lies so deep.
    pub fn deepest(&self, wanted: impl Iterator<Item = Holding>) -> Option<(u32, Holding)> {
        if !self.0.contains_node(Holding::Nothing) {
            return None;
        }
        let distances = dijkstra(&self.0, Holding::Nothing, None, |(_, _, way)| way.cost);
        let mut deepest: Option<(u32, Holding)> = None;
        for holding in wanted {
            let Some(depth) = distances.get(&holding).copied() else { continue };
            if deepest.is_none_or(|(most, _)| depth > most) {
                deepest = Some((depth, holding));
            }
        }
        deepest
    }

    /// The acquisitions on the shortest way to a credential, in order.
    pub fn to(&self, holding: Holding) -> Vec<usize> {
        let found = astar(&self.0, Holding::Nothing, |at| at == holding, |(_, _, way)| way.cost, |_| 0);
        let nodes = found.map_or(Vec::new(), |(_, nodes)| nodes);
        nodes.windows(2).filter_map(|pair| Some(self.0.edge_weight(pair[0], pair[1])?.acquisition)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{RequestId, SecretKind, Tick};

    fn acquired(cred: u32, found: bool) -> Acquired {
        let by = ActorId::new(0);
        let via = found.then_some(RequestId { by, n: 0 });
        let (held, cred) = (HeldId::new(cred), Some(CredId::new(cred)));
        Acquired {
            at: Tick::ZERO,
            by,
            held,
            kind: SecretKind::ApiKey,
            cred,
            via,
            lay_in: None,
            forged_with: None,
            passed_on: false,
            used: true,
        }
    }

    #[test]
    fn what_was_passed_on_lies_one_acquisition_behind() {
        let (start, found) = (acquired(1, false), acquired(2, true));
        let passed = Acquired { by: ActorId::new(1), passed_on: true, ..acquired(2, true) };
        let mut chains = Chains::default();
        chains.add(0, &start, None);
        chains.add(1, &found, Some(&start));
        chains.add(2, &passed, None);
        let to = |acquired: &Acquired| chains.deepest(std::iter::once(Holding::of(acquired)));
        assert_eq!(to(&found), Some((1, Holding::of(&found))));
        assert_eq!(to(&passed), Some((2, Holding::of(&passed))), "though nothing was presented for it");
    }

    #[test]
    fn the_shortest_of_two_ways_counts() {
        let (start, middle, far) = (acquired(1, false), acquired(2, true), acquired(3, true));
        let mut chains = Chains::default();
        chains.add(0, &start, None);
        chains.add(1, &middle, Some(&start));
        chains.add(2, &far, Some(&middle));
        let wanted = || [&start, &middle, &far].into_iter().map(Holding::of);
        assert_eq!(chains.deepest(wanted()), Some((2, Holding::of(&far))));
        assert_eq!(chains.to(Holding::of(&far)), [0, 1, 2]);
        chains.add(3, &far, Some(&start));
        assert_eq!(chains.deepest(wanted()), Some((1, Holding::of(&middle))));
        assert_eq!(chains.to(Holding::of(&far)), [0, 3]);
    }
}
