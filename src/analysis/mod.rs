//! Reach without running: the least fixed point over credentials, operations and records.
//!
//! The same search serves the *potential* (what the relaxed world lets happen at the most, see [`Relaxed`]) and the
//! *leftover* (what the world lets happen from an instant on): they differ in their [`Doors`] only.

mod exchange;
mod minted;
mod relaxed;
mod watch;

use std::collections::VecDeque;

use crate::model::service::{Act, Answer, Grant, ObjectRule};
use crate::model::{Access, Bits, Inverse, Nesting, Pairs, Plan};
use crate::planted::Mistake;
use crate::wire::{CollId, CredId, Effect, FamilyId, IdentityId, OpId, Res};

pub use exchange::exchanges;
pub use minted::{Minted, mints};

use exchange::Exchanges;
pub use relaxed::Relaxed;
pub use watch::Watch;

/// What a search may pass.
pub trait Doors {
    /// The operations that may be open to somebody who presents this credential, or none, in the order of their ids.
    fn operations(&self, caller: Caller) -> impl Iterator<Item = OpId>;

    /// Whether an operation would be performed for a caller who presents this credential, or none.
    fn opens(&self, caller: Caller, op: OpId) -> bool;

    /// Whether what an operation touches counts: not where it is allowed whatever it touches.
    fn counts(&self, _op: OpId) -> bool {
        true
    }

    /// Whether an operation would take what somebody holds as the subject of an exchange for somebody else.
    fn exchanges(&self, subject: Caller, op: OpId) -> bool;

    fn rule(&self, op: OpId) -> ObjectRule;

    fn credential(&self, cred: CredId) -> Credential;

    /// The credential that lies in a record.
    fn secrets_in(&self, res: Res) -> impl Iterator<Item = CredId>;
}

/// Who asks. What is minted on the way has no row of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Caller {
    Nobody,
    Holder(CredId),
    /// Whoever holds such a credential, freshly minted.
    Minted(Minted),
    /// Whoever made one with a signing key.
    Forged {
        key: CredId,
        of: Minted,
    },
}

/// A row of the credential table, as far as a search cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Credential {
    pub of: Minted,
    /// Its index in its family.
    pub index: u32,
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    pub pairs: Pairs,
    /// Operations that could create a record: one abstract resource each.
    pub creates: Bits,
    /// Rows of the credential table.
    pub held: Bits,
    pub minted: Vec<Minted>,
    /// Operations that could be performed at all.
    pub operations: Bits,
}

impl Reached {
    /// Pairs, and one for each operation that creates.
    pub fn size(&self) -> u64 {
        self.pairs.len() + self.creates.len()
    }
}

/// Tables that a search needs again and again.
pub struct Ground<'a> {
    plan: &'a Plan,
    nesting: Nesting,
    by_owner: Vec<Inverse>,
    by_tenant: Vec<Inverse>,
}

impl<'a> Ground<'a> {
    pub fn new(plan: &'a Plan) -> Ground<'a> {
        let turned = |of: &dyn Fn(CollId) -> Inverse| plan.collection_ids().map(of).collect::<Vec<_>>();
        Ground {
            nesting: Nesting::of(plan),
            by_owner: turned(&|c| Inverse::of(&plan.collection(c).owner, plan.collection(c).count, plan.identities())),
            by_tenant: turned(&|c| {
                Inverse::of(&plan.collection(c).tenant, plan.collection(c).count, plan.tenants.len() as u32)
            }),
            plan,
        }
    }

    /// Everything that can be touched from these credentials on. Being without one is always tried.
    pub fn reach(&self, doors: &impl Doors, start: impl IntoIterator<Item = CredId>) -> Reached {
        self.reach_knowing(doors, start, &[])
    }

    /// The same for somebody who has learnt the ids of these rows, collection by collection.
    pub fn reach_knowing(
        &self,
        doors: &impl Doors,
        start: impl IntoIterator<Item = CredId>,
        learnt: &[Bits],
    ) -> Reached {
        self.search(doors, start, learnt, &mut ())
    }

    /// The same, and `watch` sees each way that is found.
    pub fn reach_watched(
        &self,
        doors: &impl Doors,
        start: impl IntoIterator<Item = CredId>,
        watch: &mut impl Watch,
    ) -> Reached {
        self.search(doors, start, &[], watch)
    }

    fn search<D: Doors, W: Watch>(
        &self,
        doors: &D,
        start: impl IntoIterator<Item = CredId>,
        learnt: &[Bits],
        watch: &mut W,
    ) -> Reached {
        let mut search = Search::new(self, doors, watch);
        search.meet(Caller::Nobody);
        for cred in start {
            search.hold(cred);
        }
        for agent in &self.plan.agents {
            for res in agent.known_records() {
                search.known[res.coll.index()].insert(res.row);
            }
        }
        for (known, learnt) in search.known.iter_mut().zip(learnt) {
            learnt.iter().for_each(|row| _ = known.insert(row));
        }
        search.run();
        search.found
    }

    /// The rows that somebody may touch, as far as the object rule goes.
    fn ruled(&self, rule: ObjectRule, principal: Option<IdentityId>, coll: CollId) -> Ruled<'_> {
        let count = self.plan.collection(coll).count;
        match (rule, principal) {
            (ObjectRule::Anyone, _) => Ruled::All(count),
            (ObjectRule::Owner, Some(who)) => Ruled::Some(self.by_owner[coll.index()].rows(who.number())),
            (ObjectRule::Tenant, Some(who)) => match self.plan.tenant_of(who) {
                Some(tenant) => Ruled::Some(self.by_tenant[coll.index()].rows(tenant.number())),
                None => Ruled::Some(&[]),
            },
            _ => Ruled::Some(&[]),
        }
    }
}

enum Ruled<'a> {
    All(u32),
    Some(&'a [u32]),
}

/// The rows of a collection that a caller may touch.
struct Permitted<'a> {
    plan: &'a Plan,
    coll: CollId,
    ruled: Ruled<'a>,
    /// The credential, by family and index, where it opens some records only.
    only: Option<(FamilyId, Option<u32>)>,
}

impl Permitted<'_> {
    fn for_each(&self, mut visit: impl FnMut(u32)) {
        let opened = |(family, index): (FamilyId, Option<u32>), row: u32| {
            self.plan.opens(family, index, Res { coll: self.coll, row })
        };
        let mut visit = |row: u32| {
            if self.only.is_none_or(|only| opened(only, row)) {
                visit(row);
            }
        };
        match self.ruled {
            Ruled::All(count) => (0..count).for_each(visit),
            Ruled::Some(rows) => rows.iter().for_each(|row| visit(*row)),
        }
    }

    fn is_all(&self) -> bool {
        matches!(self.ruled, Ruled::All(_)) && self.only.is_none()
    }
}

/// The search in progress. A caller is looked at once for each operation; operations that wait for ids are looked at
/// again when ids of their collection become known.
struct Search<'a, D, W> {
    ground: &'a Ground<'a>,
    doors: &'a D,
    watch: &'a mut W,
    found: Reached,
    open: VecDeque<Caller>,
    met_nobody: bool,
    /// Rows whose ids a client knows, by collection.
    known: Vec<Bits>,
    /// Callers and operations that need ids of a collection.
    waiting: Vec<Vec<(Caller, OpId)>>,
    woken: Bits,
    /// What is already read by an operation that lets anyone read everything.
    whole: Bits,
    exchanges: Option<Exchanges>,
}

impl<'a, D: Doors, W: Watch> Search<'a, D, W> {
    fn new(ground: &'a Ground<'a>, doors: &'a D, watch: &'a mut W) -> Search<'a, D, W> {
        let collections = ground.plan.collections.len();
        let known = ground
            .plan
            .collections
            .iter()
            .map(|spec| {
                let mut rows = Bits::with_capacity(spec.count);
                if spec.ids.can_be_guessed() && !Mistake::IdsAreNeverGuessed.here() {
                    for row in 0..spec.count {
                        rows.insert(row);
                    }
                }
                rows
            })
            .collect();
        Search {
            ground,
            doors,
            watch,
            found: Reached::default(),
            open: VecDeque::new(),
            met_nobody: false,
            known,
            waiting: vec![Vec::new(); collections],
            woken: Bits::default(),
            whole: Bits::default(),
            exchanges: exchange::exchanges(ground.plan).next().map(|_| Exchanges::default()),
        }
    }

    fn hold(&mut self, cred: CredId) {
        if self.found.held.insert(cred.number()) {
            self.open.push_back(Caller::Holder(cred));
            self.forge(cred);
        }
    }

    /// Whoever holds a signing key is whoever they say.
    fn forge(&mut self, key: CredId) {
        let plan = self.ground.plan;
        let signed_by = Some(self.doors.credential(key).of.family);
        for family in plan.family_ids().filter(|family| plan.family(*family).signed_by == signed_by) {
            for who in (0..plan.identities()).map(IdentityId::new) {
                let of = Minted { family, rights: Access::of(family), who: Some(who), actor: None };
                self.watch.forges(self.doors.credential(key).of.family, of);
                self.meet(Caller::Forged { key, of });
            }
        }
    }

    fn meet(&mut self, caller: Caller) {
        match caller {
            Caller::Holder(cred) => self.hold(cred),
            Caller::Nobody if !std::mem::replace(&mut self.met_nobody, true) => self.open.push_back(caller),
            Caller::Nobody => {}
            Caller::Forged { .. } => self.open.push_back(caller),
            Caller::Minted(minted) => {
                if !self.found.minted.contains(&minted) {
                    self.found.minted.push(minted);
                    self.open.push_back(caller);
                }
            }
        }
    }

    fn run(&mut self) {
        loop {
            while let Some(caller) = self.open.pop_front() {
                let doors = self.doors;
                for op in doors.operations(caller) {
                    if doors.opens(caller, op) {
                        self.perform(caller, op);
                    }
                }
                self.offer(caller);
            }
            let Some(coll) = self.woken.iter().next() else { return };
            self.woken.remove(coll);
            for (caller, op) in self.waiting[coll as usize].clone() {
                self.touch_known(caller, op, CollId::new(coll));
            }
        }
    }

    /// What a caller presents, and its index in its family where that is known.
    fn presents(&self, caller: Caller) -> Option<(Minted, Option<u32>)> {
        match caller {
            Caller::Nobody => None,
            Caller::Holder(cred) => {
                let Credential { of, index } = self.doors.credential(cred);
                Some((of, Some(index)))
            }
            Caller::Minted(minted) | Caller::Forged { of: minted, .. } => Some((minted, None)),
        }
    }

    /// The rows that a caller may touch, as far as the object rule and its credential go.
    fn permitted(&self, rule: ObjectRule, caller: Caller, coll: CollId) -> Permitted<'a> {
        let (presented, ground) = (self.presents(caller), self.ground);
        let only = presented.map(|(of, index)| (of.family, index));
        let only = only.filter(|(family, _)| ground.plan.family(*family).opens.is_some());
        let ruled = ground.ruled(rule, presented.and_then(|(of, _)| of.who), coll);
        Permitted { plan: ground.plan, coll, ruled, only }
    }

    fn perform(&mut self, caller: Caller, op: OpId) {
        self.found.operations.insert(op.number());
        self.watch.performs(caller, op);
        let spec = self.ground.plan.operation(op);
        match (spec.act, spec.target) {
            (Act::List { answer, inside: None }, Some(coll)) => self.list(caller, op, coll, answer, None),
            (Act::List { answer, inside: Some(parent) }, Some(coll)) => {
                self.waiting[parent.index()].push((caller, op));
                self.list(caller, op, coll, answer, Some(parent));
            }
            (Act::One { .. }, Some(coll)) => {
                self.waiting[coll.index()].push((caller, op));
                self.touch_known(caller, op, coll);
            }
            (Act::All, Some(coll)) => {
                let (rule, effect) = (self.doors.rule(op), spec.effect);
                self.permitted(rule, caller, coll)
                    .for_each(|row| self.touch(caller, op, Res { coll, row }, effect, false));
            }
            (Act::Create { .. }, target) => {
                self.found.creates.insert(op.number());
                self.watch.opens(caller, op);
                target.into_iter().for_each(|coll| self.watch.touches(op, coll, spec.effect));
            }
            (Act::Mint { .. }, _) => {
                let from = self.presents(caller).map(|(from, _)| from).filter(|_| !Mistake::SearchMintsNothing.here());
                let minted = from.map(|from| mints(self.ground.plan, op, from, from)).unwrap_or_default();
                if !minted.is_empty() {
                    self.watch.opens(caller, op);
                }
                minted.into_iter().for_each(|minted| self.issue(op, minted));
                self.ask(from, op);
            }
            _ => self.watch.opens(caller, op),
        }
    }

    fn issue(&mut self, op: OpId, minted: Minted) {
        self.watch.issues(op, minted);
        self.meet(Caller::Minted(minted));
    }

    /// Somebody may call an operation that exchanges: for every subject that there is.
    fn ask(&mut self, caller: Option<Minted>, op: OpId) {
        let is_exchange = matches!(self.ground.plan.operation(op).act, Act::Mint { grant: Grant::TokenExchange, .. });
        let (Some(caller), Some(exchanges)) = (caller.filter(|_| is_exchange), &mut self.exchanges) else { return };
        exchanges.callers.push((caller, op));
        for (subject, of) in exchanges.subjects.clone() {
            self.exchange(caller, op, (subject, of));
        }
    }

    /// There is one more subject, for everybody who exchanges.
    fn offer(&mut self, subject: Caller) {
        let Some((of, _)) = self.presents(subject).filter(|_| !Mistake::SearchExchangesItsOwnOnly.here()) else {
            return;
        };
        let Some(exchanges) = &mut self.exchanges else { return };
        exchanges.subjects.push((subject, of));
        for (caller, op) in exchanges.callers.clone() {
            self.exchange(caller, op, (subject, of));
        }
    }

    fn exchange(&mut self, caller: Minted, op: OpId, (subject, of): (Caller, Minted)) {
        let plan = self.ground.plan;
        let taken = plan.issues_from(op, of.family) && self.doors.exchanges(subject, op);
        let fresh = self.exchanges.as_mut().is_some_and(|tried| taken && tried.is_new(plan, op, of, caller));
        if fresh {
            mints(plan, op, of, caller).into_iter().for_each(|minted| self.issue(op, minted));
        }
    }

    fn list(&mut self, caller: Caller, op: OpId, coll: CollId, answer: Answer, inside: Option<CollId>) {
        let rule = self.doors.rule(op);
        let permitted = self.permitted(rule, caller, coll);
        let whole = permitted.is_all() && inside.is_none() && answer == Answer::Records && self.doors.counts(op);
        if whole && !self.whole.insert(coll.number()) {
            self.watch.opens(caller, op);
            return;
        }
        permitted.for_each(|row| {
            let shown = inside.is_none_or(|parent| self.shows_inside(parent, coll, row));
            if shown {
                self.learn(Res { coll, row });
                self.watch.opens(caller, op);
                if answer == Answer::Records {
                    self.touch(caller, op, Res { coll, row }, Effect::Read, true);
                }
            }
        });
    }

    /// Whether the record that this one lies in is known by its id.
    fn shows_inside(&self, parent: CollId, coll: CollId, row: u32) -> bool {
        let inside = self.ground.plan.collection(coll).inside.as_ref();
        inside
            .and_then(|(outer, column)| (*outer == parent).then(|| column.get(row)).flatten())
            .is_some_and(|outer| self.known[parent.index()].contains(outer))
    }

    fn learn(&mut self, res: Res) {
        if self.known[res.coll.index()].insert(res.row)
            && !self.waiting[res.coll.index()].is_empty()
            && !Mistake::SearchNeverLooksAgain.here()
        {
            self.woken.insert(res.coll.number());
        }
    }

    /// Acts on every record whose id is known and that the caller may touch.
    fn touch_known(&mut self, caller: Caller, op: OpId, coll: CollId) {
        let spec = self.ground.plan.operation(op);
        let (answer, inside) = match spec.act {
            Act::One { answer } => (answer, None),
            Act::List { answer, inside } => (answer, inside),
            _ => return,
        };
        if let (Some(_), Some(target)) = (inside, spec.target) {
            return self.list(caller, op, target, answer, inside);
        }
        if spec.effect == Effect::Read && answer != Answer::Records {
            return;
        }
        let (rule, effect) = (self.doors.rule(op), spec.effect);
        self.permitted(rule, caller, coll).for_each(|row| {
            if self.known[coll.index()].contains(row) {
                self.touch(caller, op, Res { coll, row }, effect, answer == Answer::Records);
            }
        });
    }

    fn touch(&mut self, caller: Caller, op: OpId, res: Res, effect: Effect, shows: bool) {
        self.watch.opens(caller, op);
        self.watch.touches(op, res.coll, effect);
        if shows && !Mistake::SearchFindsNoSecrets.here() {
            let doors = self.doors;
            doors.secrets_in(res).for_each(|cred| {
                self.watch.finds(res, cred);
                self.hold(cred);
            });
        }
        if !self.doors.counts(op) {
            return;
        }
        if self.ground.nesting.holds_nothing(res.coll) {
            self.found.pairs.insert(res.coll, effect, res.row);
            return;
        }
        let pairs = &mut self.found.pairs;
        self.ground.nesting.with_contents(res, &mut |res: Res| {
            pairs.insert(res.coll, effect, res.row);
        });
    }
}
