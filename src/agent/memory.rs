//! What an agent holds and knows. It knows nothing that no answer told it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::agent::Load;
use crate::wire::{Cargo, CollId, FamilyId, HeldId, Presented, Res, RouteId, Rows, SecretKind, Slot, Text};

use super::call::scheme;
use super::listing::{Listing, Listings};
use super::program::Code;
use super::reading::Reading;
use super::texts::Texts;

/// The memory of one client.
#[derive(Debug, Default)]
pub(super) struct Memory {
    held: Vec<Held>,
    /// Those that it was given, in order; a rotated one's successor stands in its place.
    given: Vec<HeldId>,
    texts: Texts,
    /// By family, in the order of acquisition.
    families: Vec<Vec<(HeldId, Option<u32>)>>,
    dropped_calls: BTreeSet<(Option<HeldId>, RouteId)>,
    listings: Vec<Option<Listings>>,
    moved: BTreeMap<RouteId, RouteId>,
    /// The record of each collection that it made last.
    created: BTreeMap<CollId, u32>,
    /// What it has read, of collections that it may have to write about.
    read: Reading,
    news: u64,
}

/// A secret in the agent's hands.
#[derive(Clone, Copy, Debug)]
struct Held {
    text: Text,
    kind: SecretKind,
    found: bool,
    /// Whether it has the key that this may be bound to: it was given it, or had it minted.
    keyed: bool,
    dropped: bool,
}

/// What an agent can say of a secret without looking into it: what it was handed as, or where it lay.
pub(super) type Believed = (FamilyId, Option<u32>);

impl Memory {
    /// A memory that can note ids of so many collections.
    pub fn new(collections: usize) -> Memory {
        Memory { listings: std::iter::repeat_with(|| None).take(collections).collect(), ..Memory::default() }
    }

    /// Forgets everything but what it is to take note of.
    pub fn clear(&mut self) {
        let Memory { held, given, texts, families, dropped_calls, listings, moved, created, read, news } = self;
        held.clear();
        given.clear();
        texts.clear();
        families.iter_mut().for_each(Vec::clear);
        dropped_calls.clear();
        listings.iter_mut().flatten().for_each(Listings::clear);
        moved.clear();
        created.clear();
        read.clear();
        *news = 0;
    }

    /// Notes from now on which ids of a collection are listed, and with which credential where `apart`.
    fn track(&mut self, coll: CollId, apart: bool) {
        let listings = self.listings[coll.index()].get_or_insert_default();
        if apart {
            listings.keep_apart();
        }
    }

    /// Counts what could give an idle step something to do.
    pub fn news(&self) -> u64 {
        self.news
    }

    /// Takes in hand what it is given at the start.
    pub fn give(&mut self, text: Text, kind: SecretKind, believed: Believed) -> Option<HeldId> {
        let held = self.find(text, kind, Some(believed))?;
        self.held[held.index()].found = false;
        self.held[held.index()].keyed = true;
        self.given.push(held);
        Some(held)
    }

    /// Puts the successor of a rotated secret in its place. Returns the number of the successor and its kind, if this is
    /// the first time that it sees it.
    pub fn replace(&mut self, old: Text, new: Text) -> Option<(HeldId, SecretKind)> {
        let old = self.texts.get(old)?;
        let Held { kind, found, keyed, .. } = self.held[old.index()];
        let fresh = self.find(new, kind, None);
        let new = self.texts.get(new).filter(|new| *new != old)?;
        self.held[old.index()].dropped = true;
        self.held[new.index()].found &= found;
        self.held[new.index()].keyed |= keyed;
        for members in &mut self.families {
            let known = members.iter().any(|(held, _)| *held == new);
            members.retain(|(held, _)| *held != old || !known);
            members.iter_mut().filter(|(held, _)| *held == old).for_each(|(held, _)| *held = new);
        }
        self.given.iter_mut().filter(|held| **held == old).for_each(|held| *held = new);
        self.listings.iter_mut().flatten().for_each(|listings| listings.hand_over(old, new));
        fresh.map(|held| (held, kind))
    }

    #[inline]
    pub fn knows(&self, text: Text) -> bool {
        self.texts.get(text).is_some()
    }

    /// What it holds of a family.
    fn members(&mut self, family: FamilyId) -> &mut Vec<(HeldId, Option<u32>)> {
        if family.index() >= self.families.len() {
            self.families.resize_with(family.index() + 1, Vec::new);
        }
        &mut self.families[family.index()]
    }

    /// Takes a secret in hand, unless it is there already.
    #[inline]
    pub fn find(&mut self, text: Text, kind: SecretKind, believed: Option<Believed>) -> Option<HeldId> {
        let held = HeldId::at(self.held.len());
        if !self.texts.insert(text, held) {
            return None;
        }
        self.held.push(Held { text, kind, found: true, keyed: false, dropped: false });
        if let Some((family, index)) = believed {
            self.members(family).push((held, index));
        }
        self.news += 1;
        Some(held)
    }

    /// Takes a token in hand that it made itself, in place of the one before for the same person.
    pub fn forge(&mut self, text: Text, kind: SecretKind, (family, whose): (FamilyId, u32)) {
        let Some(made) = self.find(text, kind, None) else { return };
        self.held[made.index()] = Held { found: false, keyed: true, ..self.held[made.index()] };
        let members = self.members(family);
        match members.iter_mut().find(|(_, of)| *of == Some(whose)) {
            Some((held, _)) => *held = made,
            None => members.push((made, Some(whose))),
        }
    }

    /// The first that it holds of a family.
    pub fn first_of(&self, family: FamilyId) -> Option<HeldId> {
        self.families.get(family.index())?.iter().map(|(held, _)| *held).find(|held| !self.held[held.index()].dropped)
    }

    pub fn text(&self, held: HeldId) -> Option<Text> {
        self.held.get(held.index()).map(|held| held.text)
    }

    #[inline]
    pub fn present(&self, held: HeldId) -> Presented {
        let Held { text, kind, keyed, .. } = self.held[held.index()];
        Presented { scheme: scheme(kind), text, held, proven: keyed }
    }

    /// How many secrets it holds.
    pub fn holds(&self) -> u32 {
        self.held.len() as u32
    }

    pub fn was_given_any(&self) -> bool {
        !self.given.is_empty()
    }

    /// It asked for this one, and so has the key that it may be bound to.
    pub fn own_key(&mut self, held: HeldId) {
        self.held[held.index()].keyed = true;
    }

    pub fn has_key(&self, held: HeldId) -> bool {
        self.held.get(held.index()).is_some_and(|held| held.keyed)
    }

    /// What it found, the latest first, then what it was given, in order.
    pub fn in_sight(&self) -> impl Iterator<Item = HeldId> + '_ {
        let found = (0..self.holds()).rev().map(HeldId::new).filter(|held| self.held[held.index()].found);
        found.chain(self.given.iter().copied())
    }

    pub fn drop_credential(&mut self, held: HeldId) {
        self.held[held.index()].dropped = true;
    }

    pub fn drop_call(&mut self, held: Option<HeldId>, route: RouteId) {
        self.dropped_calls.insert((held, route));
    }

    #[inline]
    pub fn may_call(&self, held: Option<HeldId>, route: RouteId) -> bool {
        let dropped = held.is_some_and(|held| self.held[held.index()].dropped);
        !dropped && (self.dropped_calls.is_empty() || !self.dropped_calls.contains(&(held, route)))
    }

    /// The first that it was given and may still use for this.
    pub fn own(&self, route: RouteId) -> Option<HeldId> {
        self.given.iter().copied().find(|held| self.may_call(Some(*held), route))
    }

    /// The one found last that it may still use for this.
    #[inline]
    pub fn last_found(&self, route: RouteId) -> Option<HeldId> {
        let latest_first = self.held.iter().enumerate().rev();
        let mut found = latest_first.filter(|(_, held)| held.found).map(|(at, _)| HeldId::at(at));
        found.find(|held| self.may_call(Some(*held), route))
    }

    /// The first of a family that it may still use for this; with an index, of that credential and its rotations.
    pub fn of_family(&self, family: FamilyId, index: Option<u32>, route: RouteId) -> Option<HeldId> {
        let wanted = |at: Option<u32>| index.is_none() || at == index;
        let members = self.families.get(family.index())?;
        members.iter().filter(|(_, at)| wanted(*at)).map(|(held, _)| *held).find(|h| self.may_call(Some(*h), route))
    }

    /// The next of a family from `turn` on, round and round, and the turn that it has.
    pub fn in_turn(&self, family: FamilyId, turn: usize, route: RouteId) -> Option<(HeldId, usize)> {
        let members = self.families.get(family.index())?;
        let from = if turn < members.len() { turn } else { 0 };
        let round = (from..members.len()).chain(0..from);
        round.map(|at| (members[at].0, at)).find(|(held, _)| self.may_call(Some(*held), route))
    }

    /// Notes ids that an answer showed.
    #[inline]
    pub fn note_ids(&mut self, coll: CollId, rows: Rows, slot: &Slot, with: Option<HeldId>) {
        let Some(listings) = self.listings.get_mut(coll.index()).and_then(Option::as_mut) else { return };
        self.news += u64::from(listings.add(rows, slot, with));
    }

    /// The listed ids of a collection.
    pub fn listed(&self, coll: CollId) -> Option<&Listing> {
        Some(self.listings.get(coll.index())?.as_ref()?.all())
    }

    /// Those listed with one credential.
    pub fn listed_with(&self, coll: CollId, with: Option<HeldId>) -> Option<&Listing> {
        self.listings.get(coll.index())?.as_ref()?.with(with)
    }

    /// Notes from now on what a program may ask for later.
    pub fn prepare_for(&mut self, code: &Code) {
        for deed in code.deeds() {
            if let Some((coll, apart)) = deed.goes_through() {
                self.track(coll, apart);
            }
            for load in &deed.carries {
                if let Load::Records(coll) = load {
                    self.read.remember(*coll);
                }
            }
        }
    }

    /// Notes records that an answer showed with their content.
    #[inline]
    pub fn note_read(&mut self, coll: CollId, rows: Rows, slot: &Slot) {
        self.read.note(coll, rows, slot, &self.texts);
    }

    /// Writes down what it has read of a collection.
    pub fn copy_read(&self, coll: CollId, cargo: &mut Cargo) {
        let Some((rows, secrets)) = self.read.of(coll) else { return };
        cargo.copies.extend(rows.runs().map(|(first, n)| (coll, first, n)));
        cargo.secrets.extend(secrets.iter().map(|held| self.held[held.index()].text));
    }

    /// Writes down every secret that it has found.
    pub fn copy_found(&self, cargo: &mut Cargo) {
        cargo.secrets.extend(self.held.iter().filter(|held| held.found).map(|held| held.text));
    }

    /// Notes a record that it made.
    pub fn note_created(&mut self, res: Res) {
        self.created.insert(res.coll, res.row);
        self.news += 1;
    }

    pub fn last_created(&self, coll: CollId) -> Option<u32> {
        self.created.get(&coll).copied()
    }

    /// From now on `route` is called where an answer said that it lies.
    pub fn note_move(&mut self, route: RouteId, to: RouteId) {
        self.moved.insert(route, to);
    }

    /// Where a route is called.
    #[inline]
    pub fn address(&self, route: RouteId) -> RouteId {
        if self.moved.is_empty() { route } else { self.moved.get(&route).copied().unwrap_or(route) }
    }
}
