//! What was reached: the edges that the events of a run show, each with its first time.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::wire::{
    CollId, CredId, Effect, Event, FamilyId, HeldId, OpId, Purpose, Reason, RequestId, Span, Tick, Verdict,
};

use super::potential::{agent_node, identity_node, inside};
use super::{Edge, Graph, Node, Step};

/// The graph of a run: what its agents did, and how they came to it.
pub fn actual(plan: &Plan, events: &[Event]) -> Graph {
    work(plan, events).reachable()
}

/// The same where nothing goes wrong: what the task of each agent does.
pub fn work(plan: &Plan, events: &[Event]) -> Graph {
    let mut drawn = Drawn { plan, graph: Graph::default(), issued: BTreeMap::new(), asked: BTreeMap::new() };
    events.iter().for_each(|event| drawn.event(event));
    drawn.graph
}

struct Drawn<'p> {
    plan: &'p Plan,
    graph: Graph,
    /// The family of what was issued or forged during the run.
    issued: BTreeMap<CredId, FamilyId>,
    /// The operation of each request whose effects may follow.
    asked: BTreeMap<RequestId, OpId>,
}

fn taken(at: Tick, step: Step) -> Edge {
    Edge { step, takes: Span(at.0), first: Some(at), why: None }
}

impl Drawn<'_> {
    fn family(&self, cred: CredId) -> Option<FamilyId> {
        match cred.number() < self.plan.credentials() {
            true => Some(self.plan.origin_of(cred).0),
            false => self.issued.get(&cred).copied(),
        }
    }

    fn event(&mut self, event: &Event) {
        let agents = self.plan.agents.len();
        match *event {
            Event::Got { at, by, via, lay_in, cred: Some(cred), .. } if by.index() < agents => {
                // A rotated secret has no row of its own in the journal: its place tells what it is.
                let lies = lay_in.and_then(|res| self.plan.collection(res.coll).held_in(res.row).next());
                let Some(family) = self.family(cred).or_else(|| self.family(CredId::new(lies?))) else { return };
                let to = Node::Credential(family);
                let way = match (via.and_then(|via| self.asked.get(&via)), lay_in) {
                    (_, Some(res)) => (Node::Collection(res.coll), Step::LiesIn),
                    (Some(op), None) => (Node::Operation(*op), Step::Issues),
                    (None, None) => (agent_node(self.plan, by), Step::Holds),
                };
                self.graph.add(way.0, to, taken(at, way.1));
            }
            Event::Asked {
                at,
                id,
                purpose,
                op: Some(op),
                held,
                cred,
                principal,
                verdict: Verdict::Accepted,
                reason,
                ..
            } if purpose == Purpose::Agent && id.by.index() < agents => {
                self.asked(at, id, op, (held, cred), reason);
                if let Some((family, who)) = cred.and_then(|cred| self.family(cred)).zip(principal) {
                    let proves = taken(at, Step::Proves);
                    self.graph.add(Node::Credential(family), identity_node(self.plan, who), proves);
                }
            }
            Event::Touched { at, id, coll, effect, .. } => self.does(at, id, coll, effect),
            Event::Created { at, id, coll, .. } => {
                if let Some(op) = self.asked.get(&id) {
                    let effect = self.plan.operation(*op).effect;
                    self.does(at, id, coll, effect);
                }
            }
            Event::Minted { cred, family, .. } => _ = self.issued.insert(cred, family),
            Event::Forged { at, id, cred, family, key, .. } if id.by.index() < agents => {
                self.issued.insert(cred, family);
                if let Some(key) = self.family(key) {
                    self.graph.add(Node::Credential(key), Node::Credential(family), taken(at, Step::Forges));
                }
            }
            Event::Turned { at, by, .. } if by.index() < agents => {
                let node = agent_node(self.plan, by);
                if !self.plan.agents[by.index()].fault.does_what_it_reads() {
                    self.graph.add(Node::Start, node, taken(at, Step::GoesWrong));
                }
            }
            Event::Obeyed { at, by, lay_in, .. } if by.index() < agents => {
                let spec = self.plan.collection(lay_in.coll);
                if lay_in.row < spec.count && spec.plants.get(lay_in.row).is_some() {
                    self.graph.add(Node::Start, Node::Collection(lay_in.coll), taken(at, Step::Planted));
                }
                self.graph.add(Node::Collection(lay_in.coll), agent_node(self.plan, by), taken(at, Step::Tells));
            }
            _ => {}
        }
    }

    fn asked(
        &mut self,
        at: Tick,
        id: RequestId,
        op: OpId,
        (held, cred): (Option<HeldId>, Option<CredId>),
        reason: Reason,
    ) {
        self.asked.insert(id, op);
        let from = match cred {
            // A secret of which nobody knows the issuer is presented all the same.
            None if held.is_some() => return,
            None => Node::Nobody,
            Some(cred) => match self.family(cred) {
                Some(family) => Node::Credential(family),
                None => return,
            },
        };
        if from == Node::Nobody {
            self.graph.add(agent_node(self.plan, id.by), from, taken(at, Step::GoesWithout));
        }
        self.graph.add(from, Node::Operation(op), Edge { why: Some(reason), ..taken(at, Step::Opens) });
    }

    fn does(&mut self, at: Tick, id: RequestId, coll: CollId, effect: Effect) {
        let Some(op) = self.asked.get(&id).copied() else { return };
        self.graph.add(Node::Operation(op), Node::Collection(coll), taken(at, Step::Does(effect)));
        self.contents(at, coll);
    }

    fn contents(&mut self, at: Tick, coll: CollId) {
        let inner: Vec<CollId> = inside(self.plan, coll).collect();
        for inner in inner {
            let (from, to) = (Node::Collection(coll), Node::Collection(inner));
            if self.graph.edge(from, to).is_none() {
                self.graph.add(from, to, taken(at, Step::Contains));
                self.contents(at, inner);
            }
        }
    }
}
