//! The closure: the credentials that the agents came to hold, from where, and how deep.

use std::collections::BTreeMap;

use super::chains::{Chains, Holding};
use crate::model::{Bits, Plan};
use crate::wire::{
    ActorId, CredId, Event, HeldId, IdentityId, OpId, Reason, RequestId, Res, SecretKind, Tick, Verdict, Written,
};

/// A credential that an agent came to hold.
#[derive(Clone, Copy, Debug)]
pub struct Acquired {
    pub at: Tick,
    pub by: ActorId,
    pub held: HeldId,
    pub kind: SecretKind,
    pub cred: Option<CredId>,
    /// The request whose answer it lay in; none for what it started with.
    pub via: Option<RequestId>,
    pub lay_in: Option<Res>,
    /// The signing key that it was made with.
    pub forged_with: Option<CredId>,
    /// Another agent wrote it into the record that it lay in.
    pub passed_on: bool,
    pub used: bool,
}

/// One hop of a chain: what was used, what it opened, and why the door opened.
#[derive(Clone, Copy, Debug)]
pub struct Hop {
    pub at: Tick,
    /// What was presented: a credential by its holder's number for it, or none.
    pub with: Option<(ActorId, HeldId)>,
    pub op: OpId,
    pub reason: Reason,
    /// Whose hop it is.
    pub by: ActorId,
    /// The credential that lay in the answer, and where.
    pub found: Option<(HeldId, Option<Res>)>,
}

#[derive(Clone, Debug, Default)]
pub struct Closure {
    pub acquired: Vec<Acquired>,
    /// Distinct credentials, by row.
    pub held: Bits,
    pub used: Bits,
    pub principals: Bits,
    /// What was issued to them.
    pub minted: Bits,
    /// Who each credential proves, as the run showed it.
    pub principal_of: BTreeMap<CredId, IdentityId>,
    by_number: BTreeMap<(ActorId, HeldId), usize>,
    /// The key of each token that nobody issued.
    pub forged: BTreeMap<CredId, CredId>,
    /// Which agent wrote a credential into a record.
    written: BTreeMap<(Res, CredId), ActorId>,
    /// What each request presented, and why it was let in, by its sender, in the order of its numbers: answers
    /// may come out of turn.
    asked: Vec<Vec<(u32, Asked)>>,
    first_use: BTreeMap<(ActorId, HeldId), (Tick, OpId, Reason)>,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    at: Tick,
    held: Option<HeldId>,
    op: Option<OpId>,
    reason: Reason,
}

impl Closure {
    pub fn new(plan: &Plan) -> Closure {
        Closure { asked: vec![Vec::new(); plan.agents.len()], ..Closure::default() }
    }

    pub fn event(&mut self, event: &Event) {
        match *event {
            Event::Asked { at, id, op, held, cred, principal, verdict, reason, .. } => {
                if let (Some(cred), Some(principal)) = (cred, principal) {
                    self.principal_of.insert(cred, principal);
                }
                if !self.forged.is_empty() && id.by.index() < self.asked.len() {
                    self.made(at, id.by, held, cred);
                }
                let Some(asked) = self.asked.get_mut(id.by.index()) else { return };
                let place = asked.partition_point(|(n, _)| *n < id.n);
                asked.insert(place, (id.n, Asked { at, held, op, reason }));
                if let (Verdict::Accepted, Some(held), Some(op)) = (verdict, held, op) {
                    self.use_of(at, id.by, held, op, reason, cred, principal);
                }
            }
            Event::Minted { id, cred, .. } if id.by.index() < self.asked.len() => {
                self.minted.insert(cred.number());
            }
            Event::Forged { cred, key, .. } => _ = self.forged.insert(cred, key),
            Event::Wrote { id, into, what: Written::Secret(Some(cred)), .. } if id.by.index() < self.asked.len() => {
                self.written.entry((into, cred)).or_insert(id.by);
            }
            Event::Got { at, by, held, kind, via, lay_in, cred } if by.index() < self.asked.len() => {
                let written = lay_in.zip(cred).and_then(|secret| self.written.get(&secret));
                let passed_on = written.is_some_and(|writer| *writer != by);
                self.by_number.insert((by, held), self.acquired.len());
                let forged_with = None;
                self.acquired.push(Acquired {
                    at,
                    by,
                    held,
                    kind,
                    cred,
                    via,
                    lay_in,
                    forged_with,
                    passed_on,
                    used: false,
                });
                if let Some(cred) = cred {
                    self.held.insert(cred.number());
                }
            }
            _ => {}
        }
    }

    /// Somebody presents what nobody issued: they made it.
    fn made(&mut self, at: Tick, by: ActorId, held: Option<HeldId>, cred: Option<CredId>) {
        let Some((held, cred)) = held.zip(cred).filter(|(held, _)| !self.by_number.contains_key(&(by, *held))) else {
            return;
        };
        let Some(key) = self.forged.get(&cred).copied() else { return };
        self.by_number.insert((by, held), self.acquired.len());
        self.held.insert(cred.number());
        self.acquired.push(Acquired {
            at,
            by,
            held,
            kind: SecretKind::AccessToken,
            cred: Some(cred),
            via: None,
            lay_in: None,
            forged_with: Some(key),
            passed_on: false,
            used: false,
        });
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one use")]
    fn use_of(
        &mut self,
        at: Tick,
        by: ActorId,
        held: HeldId,
        op: OpId,
        reason: Reason,
        cred: Option<CredId>,
        principal: Option<IdentityId>,
    ) {
        self.first_use.entry((by, held)).or_insert((at, op, reason));
        if let Some(at) = self.by_number.get(&(by, held)) {
            self.acquired[*at].used = true;
        }
        cred.map(|c| self.used.insert(c.number()));
        principal.map(|p| self.principals.insert(p.number()));
    }

    fn request(&self, id: RequestId) -> Option<&Asked> {
        let asked = self.asked.get(id.by.index())?;
        asked.binary_search_by_key(&id.n, |(n, _)| *n).ok().map(|place| &asked[place].1)
    }

    pub fn find(&self, by: ActorId, held: HeldId) -> Option<&Acquired> {
        self.by_number.get(&(by, held)).map(|at| &self.acquired[*at])
    }

    /// What was presented when this one was found.
    fn before(&self, acquired: &Acquired) -> Option<&Acquired> {
        let asked = self.request(acquired.via?)?;
        self.find(acquired.by, asked.held?)
    }

    fn chains(&self) -> Chains {
        let mut chains = Chains::default();
        for (at, acquired) in self.acquired.iter().enumerate() {
            chains.add(at, acquired, self.before(acquired));
        }
        chains
    }

    fn deepest(&self, chains: &Chains) -> Option<(u32, Holding)> {
        chains.deepest(self.acquired.iter().filter(|a| a.used).map(Holding::of))
    }

    /// Most acquisitions on the shortest chain to any credential that was used.
    pub fn depth(&self) -> u32 {
        self.deepest(&self.chains()).map_or(0, |(depth, _)| depth)
    }

    /// The chain to the deepest credential that was used, and its first use.
    pub fn chain(&self) -> Vec<Hop> {
        let chains = self.chains();
        let Some((_, deepest)) = self.deepest(&chains) else { return Vec::new() };
        let found = chains.to(deepest).into_iter().map(|at| &self.acquired[at]);
        let mut hops: Vec<Hop> = found.filter_map(|acquired| self.hop_to(acquired)).collect();
        let used = self.acquired.iter().find(|a| a.used && Holding::of(a) == deepest);
        let first = used.and_then(|a| Some((a, self.first_use.get(&(a.by, a.held))?)));
        hops.extend(first.map(|(last, (at, op, reason))| {
            let with = Some((last.by, last.held));
            Hop { at: *at, with, op: *op, reason: *reason, by: last.by, found: None }
        }));
        hops
    }

    /// The request whose answer held this; nothing for what its holder started with.
    fn hop_to(&self, acquired: &Acquired) -> Option<Hop> {
        let asked = self.request(acquired.via?)?;
        let with = asked.held.map(|held| (acquired.by, held));
        let found = Some((acquired.held, acquired.lay_in));
        Some(Hop { at: asked.at, with, op: asked.op?, reason: asked.reason, by: acquired.by, found })
    }

    /// Who a credential proves, if the run or the scenario tells.
    pub fn principal(&self, plan: &Plan, cred: CredId) -> Option<IdentityId> {
        self.principal_of.get(&cred).copied().or_else(|| {
            let (family, index) = (cred.number() < plan.credentials()).then(|| plan.origin_of(cred))?;
            plan.family(family).of.get(index).map(IdentityId::new)
        })
    }
}
