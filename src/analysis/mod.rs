//! Reach without running: the least fixed point over credentials, operations and records.
//!
//! The same search serves the *potential* (what the relaxed world lets happen at the most, see [`Relaxed`]) and the
//! *leftover* (what the world lets happen from an instant on): they differ in their [`Doors`] only.

mod exchange;
mod minted;
mod relaxed;
mod watch;

use std::collections::VecDeque;

use crate::model::agent::AgentPlan;
use crate::model::service::{Act, Answer, Grant, ObjectRule};
use crate::model::{Access, Bits, Index, Pairs, Plan};
use crate::planted::Mistake;
use crate::wire::{CollId, CredId, Effect, FamilyId, IdentityId, OpId, Res};

pub use exchange::exchanges;
pub use minted::{Minted, mints};

use exchange::Exchanges;
pub use relaxed::Relaxed;
pub use watch::Watch;

/// What a search may pass.
pub trait Doors {
    /// The operations that would be performed for somebody who presents this credential, or none, in the order of their
    /// ids.
    fn open_to(&self, caller: Caller) -> impl Iterator<Item = OpId>;

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

/// What a search goes over.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    plan: &'a Plan,
    index: &'a Index,
}

impl<'a> Ground<'a> {
    pub fn new(plan: &'a Plan, index: &'a Index) -> Ground<'a> {
        Ground { plan, index }
    }

    /// Everything that can be touched from these credentials on. Being without one is always tried.
    pub fn reach(&self, doors: &impl Doors, start: impl IntoIterator<Item = CredId>) -> Reached {
        let mut room = Room::default();
        self.reach_knowing(doors, start, &known_from_start(self.plan), &mut room);
        room.found
    }

    /// The same for somebody who knows the ids of these rows, collection by collection, in a room that may have been used
    /// before.
    pub fn reach_knowing<'r>(
        &self,
        doors: &impl Doors,
        start: impl IntoIterator<Item = CredId>,
        known: &[Bits],
        room: &'r mut Room,
    ) -> &'r Reached {
        self.search(doors, start, known, room, &mut ())
    }

    /// Everything that can be touched from these credentials on, and `watch` sees each way that is found.
    pub fn reach_watched(&self, doors: &impl Doors, start: impl IntoIterator<Item = CredId>, watch: &mut impl Watch) {
        self.search(doors, start, &known_from_start(self.plan), &mut Room::default(), watch);
    }

    fn search<'r>(
        &self,
        doors: &impl Doors,
        start: impl IntoIterator<Item = CredId>,
        known: &[Bits],
        room: &'r mut Room,
        watch: &mut impl Watch,
    ) -> &'r Reached {
        room.clear(self.plan, known);
        let signs = self.plan.families.iter().any(|family| family.signed_by.is_some());
        let mut search = Search { ground: *self, doors, room, watch, signs };
        search.meet(Caller::Nobody);
        for cred in start {
            search.hold(cred);
        }
        search.run();
        &room.found
    }

    /// The rows that somebody may touch, as far as the object rule goes.
    fn ruled(&self, rule: ObjectRule, principal: Option<IdentityId>, coll: CollId) -> Ruled<'a> {
        let count = self.plan.collection(coll).count;
        match (rule, principal) {
            (ObjectRule::Anyone, _) => Ruled::All(count),
            (ObjectRule::Owner, Some(who)) => Ruled::Some(self.index.owned_by(who, coll)),
            (ObjectRule::Tenant, Some(who)) => match self.plan.tenant_of(who) {
                Some(tenant) => Ruled::Some(self.index.of_tenant(tenant, coll)),
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

/// The rows whose ids are known before anything was asked, collection by collection: those that can be guessed, and
/// those that agents know or are told of.
pub fn known_from_start(plan: &Plan) -> Vec<Bits> {
    let mut known: Vec<Bits> = plan.collections.iter().map(|spec| Bits::with_capacity(spec.count)).collect();
    for (rows, spec) in known.iter_mut().zip(&plan.collections) {
        if spec.ids.can_be_guessed() && !Mistake::IdsAreNeverGuessed.here() {
            rows.insert_run(0, spec.count);
        }
    }
    for res in plan.agents.iter().flat_map(AgentPlan::known_records) {
        known[res.coll.index()].insert(res.row);
    }
    known
}

/// A search in progress. A caller is looked at once for each operation; operations that wait for ids are looked at
/// again when ids of their collection become known.
struct Search<'a, 'r, D, W> {
    ground: Ground<'a>,
    doors: &'a D,
    room: &'r mut Room,
    watch: &'r mut W,
    /// Whether anything is signed with a key that could be held.
    signs: bool,
}

/// A caller, with what every operation asks of it.
#[derive(Clone, Copy)]
struct Guest {
    caller: Caller,
    /// What it presents.
    of: Option<Minted>,
    /// The credential, by family and index, where it opens some records only.
    only: Option<(FamilyId, Option<u32>)>,
}

/// What a search notes on its way. The next one takes over the room.
#[derive(Default)]
pub struct Room {
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

impl Reached {
    fn clear(&mut self) {
        let Reached { pairs, creates, held, minted, operations } = self;
        pairs.clear();
        creates.clear();
        held.clear();
        minted.clear();
        operations.clear();
    }
}

impl Room {
    /// Where a search of a plan begins.
    fn clear(&mut self, plan: &Plan, knows: &[Bits]) {
        let Room { found, open, met_nobody, known, waiting, woken, whole, exchanges } = self;
        found.clear();
        open.clear();
        *met_nobody = false;
        known.resize_with(plan.collections.len(), Bits::default);
        known.iter_mut().zip(knows).for_each(|(known, knows)| known.copy_from(knows));
        waiting.resize_with(plan.collections.len(), Vec::new);
        waiting.iter_mut().for_each(Vec::clear);
        woken.clear();
        whole.clear();
        *exchanges = exchange::exchanges(plan).next().map(|_| Exchanges::default());
    }
}

impl<'a, D: Doors, W: Watch> Search<'a, '_, D, W> {
    fn hold(&mut self, cred: CredId) {
        if self.room.found.held.insert(cred.number()) {
            self.room.open.push_back(Caller::Holder(cred));
            if self.signs {
                self.forge(cred);
            }
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
            Caller::Nobody if !std::mem::replace(&mut self.room.met_nobody, true) => self.room.open.push_back(caller),
            Caller::Nobody => {}
            Caller::Forged { .. } => self.room.open.push_back(caller),
            Caller::Minted(minted) => {
                if !self.room.found.minted.contains(&minted) {
                    self.room.found.minted.push(minted);
                    self.room.open.push_back(caller);
                }
            }
        }
    }

    fn run(&mut self) {
        loop {
            while let Some(caller) = self.room.open.pop_front() {
                let (doors, guest) = (self.doors, self.welcome(caller));
                doors.open_to(caller).for_each(|op| self.perform(guest, op));
                if self.room.exchanges.is_some() {
                    self.offer(guest);
                }
            }
            let Some(coll) = self.room.woken.iter().next() else { return };
            self.room.woken.remove(coll);
            for (caller, op) in self.room.waiting[coll as usize].clone() {
                self.touch_known(self.welcome(caller), op, CollId::new(coll));
            }
        }
    }

    fn welcome(&self, caller: Caller) -> Guest {
        let (of, index) = match caller {
            Caller::Nobody => (None, None),
            Caller::Holder(cred) => {
                let Credential { of, index } = self.doors.credential(cred);
                (Some(of), Some(index))
            }
            Caller::Minted(minted) | Caller::Forged { of: minted, .. } => (Some(minted), None),
        };
        let only = of.filter(|of| self.ground.plan.family(of.family).opens.is_some()).map(|of| (of.family, index));
        Guest { caller, of, only }
    }

    /// The rows that a caller may touch, as far as the object rule and its credential go.
    fn permitted(&self, rule: ObjectRule, guest: Guest, coll: CollId) -> Permitted<'a> {
        let ruled = self.ground.ruled(rule, guest.of.and_then(|of| of.who), coll);
        Permitted { plan: self.ground.plan, coll, ruled, only: guest.only }
    }

    fn perform(&mut self, guest: Guest, op: OpId) {
        self.room.found.operations.insert(op.number());
        self.watch.performs(guest.caller, op);
        let spec = self.ground.plan.operation(op);
        match (spec.act, spec.target) {
            (Act::List { answer, inside: None }, Some(coll)) => self.list(guest, op, coll, answer, None),
            (Act::List { answer, inside: Some(parent) }, Some(coll)) => {
                self.room.waiting[parent.index()].push((guest.caller, op));
                self.list(guest, op, coll, answer, Some(parent));
            }
            (Act::One { .. }, Some(coll)) => {
                self.room.waiting[coll.index()].push((guest.caller, op));
                self.touch_known(guest, op, coll);
            }
            (Act::All, Some(coll)) if self.doors.counts(op) => {
                let (rule, effect) = (self.doors.rule(op), spec.effect);
                self.permitted(rule, guest, coll).for_each(|row| {
                    self.watch.touches(guest.caller, op, coll, effect);
                    self.touch(Res { coll, row }, effect);
                });
            }
            (Act::Create { .. }, target) => {
                self.room.found.creates.insert(op.number());
                self.watch.opens(guest.caller, op);
                target.into_iter().for_each(|coll| self.watch.touches(guest.caller, op, coll, spec.effect));
            }
            (Act::Mint { .. }, _) => {
                let from = guest.of.filter(|_| !Mistake::SearchMintsNothing.here());
                let minted = from.map(|from| mints(self.ground.plan, op, from, from)).unwrap_or_default();
                if !minted.is_empty() {
                    self.watch.opens(guest.caller, op);
                }
                minted.into_iter().for_each(|minted| self.issue(op, minted));
                self.ask(from, op);
            }
            _ => self.watch.opens(guest.caller, op),
        }
    }

    fn issue(&mut self, op: OpId, minted: Minted) {
        self.watch.issues(op, minted);
        self.meet(Caller::Minted(minted));
    }

    /// Somebody may call an operation that exchanges: for every subject that there is.
    fn ask(&mut self, caller: Option<Minted>, op: OpId) {
        let is_exchange = matches!(self.ground.plan.operation(op).act, Act::Mint { grant: Grant::TokenExchange, .. });
        let (Some(caller), Some(exchanges)) = (caller.filter(|_| is_exchange), &mut self.room.exchanges) else {
            return;
        };
        exchanges.callers.push((caller, op));
        for (subject, of) in exchanges.subjects.clone() {
            self.exchange(caller, op, (subject, of));
        }
    }

    /// There is one more subject, for everybody who exchanges.
    fn offer(&mut self, guest: Guest) {
        let subject = guest.caller;
        let Some(of) = guest.of.filter(|_| !Mistake::SearchExchangesItsOwnOnly.here()) else { return };
        let Some(exchanges) = &mut self.room.exchanges else { return };
        exchanges.subjects.push((subject, of));
        for (caller, op) in exchanges.callers.clone() {
            self.exchange(caller, op, (subject, of));
        }
    }

    fn exchange(&mut self, caller: Minted, op: OpId, (subject, of): (Caller, Minted)) {
        let plan = self.ground.plan;
        let taken = plan.issues_from(op, of.family) && self.doors.exchanges(subject, op);
        let fresh = self.room.exchanges.as_mut().is_some_and(|tried| taken && tried.is_new(plan, op, of, caller));
        if fresh {
            mints(plan, op, of, caller).into_iter().for_each(|minted| self.issue(op, minted));
        }
    }

    fn list(&mut self, guest: Guest, op: OpId, coll: CollId, answer: Answer, inside: Option<CollId>) {
        let rule = self.doors.rule(op);
        let permitted = self.permitted(rule, guest, coll);
        let (shows, counts) = (answer == Answer::Records, self.doors.counts(op));
        let whole = permitted.is_all() && inside.is_none() && shows && counts;
        if whole && !self.room.whole.insert(coll.number()) {
            self.watch.touches(guest.caller, op, coll, Effect::Read);
            return;
        }
        permitted.for_each(|row| {
            let shown = inside.is_none_or(|parent| self.shows_inside(parent, coll, row));
            if shown {
                self.watch.opens(guest.caller, op);
                self.learn(Res { coll, row });
            }
            if shown && shows {
                self.watch.touches(guest.caller, op, coll, Effect::Read);
                self.look_into(Res { coll, row });
                if counts {
                    self.touch(Res { coll, row }, Effect::Read);
                }
            }
        });
    }

    /// Whether the record that this one lies in is known by its id.
    fn shows_inside(&self, parent: CollId, coll: CollId, row: u32) -> bool {
        let around = self.ground.plan.collection(coll).around(row);
        around.is_some_and(|outer| outer.coll == parent && self.room.known[parent.index()].contains(outer.row))
    }

    fn learn(&mut self, res: Res) {
        if self.room.known[res.coll.index()].insert(res.row)
            && !self.room.waiting[res.coll.index()].is_empty()
            && !Mistake::SearchNeverLooksAgain.here()
        {
            self.room.woken.insert(res.coll.number());
        }
    }

    /// Acts on every record whose id is known and that the caller may touch.
    fn touch_known(&mut self, guest: Guest, op: OpId, coll: CollId) {
        let spec = self.ground.plan.operation(op);
        let (answer, inside) = match spec.act {
            Act::One { answer } => (answer, None),
            Act::List { answer, inside } => (answer, inside),
            _ => return,
        };
        if let (Some(_), Some(target)) = (inside, spec.target) {
            return self.list(guest, op, target, answer, inside);
        }
        if spec.effect == Effect::Read && answer != Answer::Records {
            return;
        }
        let (rule, effect, counts) = (self.doors.rule(op), spec.effect, self.doors.counts(op));
        self.permitted(rule, guest, coll).for_each(|row| {
            if !self.room.known[coll.index()].contains(row) {
                return;
            }
            self.watch.touches(guest.caller, op, coll, effect);
            if answer == Answer::Records {
                self.look_into(Res { coll, row });
            }
            if counts {
                self.touch(Res { coll, row }, effect);
            }
        });
    }

    /// Takes the secrets that lie in a record.
    #[inline]
    fn look_into(&mut self, res: Res) {
        if !Mistake::SearchFindsNoSecrets.here() {
            let doors = self.doors;
            doors.secrets_in(res).for_each(|cred| {
                self.watch.finds(res, cred);
                self.hold(cred);
            });
        }
    }

    /// Notes a pair that counts, and those that lie in it.
    #[inline]
    fn touch(&mut self, res: Res, effect: Effect) {
        if self.ground.index.nesting.holds_nothing(res.coll) {
            self.room.found.pairs.insert(res.coll, effect, res.row);
            return;
        }
        let pairs = &mut self.room.found.pairs;
        self.ground.index.nesting.with_contents(res, &mut |res: Res| {
            pairs.insert(res.coll, effect, res.row);
        });
    }
}
