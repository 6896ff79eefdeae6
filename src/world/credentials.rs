//! The credential table: one row for each secret that was ever issued.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::containment::Verb;
use crate::model::identity::Binding;
use crate::model::{Access, Plan};
use crate::planted::Mistake;
use crate::wire::{CredId, FamilyId, Forgery, IdentityId, PlaceId, Reason, RightsId, Span, Text, Tick};

/// One secret and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Credential {
    pub family: FamilyId,
    pub index: u32,
    pub turn: u16,
    /// A refresh token that was already exchanged: seeing it again is reuse.
    pub spent: bool,
    pub principal: Option<IdentityId>,
    /// Who acts with it for its principal (RFC 8693 section 4.1).
    pub actor: Option<IdentityId>,
    /// What it unlocks.
    pub rights: RightsId,
    /// What it was minted from.
    pub parent: Option<CredId>,
    /// The key that signed it.
    pub signed_by: Option<CredId>,
    /// Nobody issued it: somebody who has the key made it.
    forged: bool,
    /// The secret that this one replaced.
    pub previous: Option<CredId>,
    /// Whether it is good for nothing without a key.
    pub keyed: bool,
    /// Whether it opens some records only.
    pub narrow: bool,
    /// The one network from which it is accepted.
    bound: Option<PlaceId>,
    /// Refused from this instant on, by `exp`.
    pub expires: Tick,
    /// Ended at the provider from this instant on.
    pub ends: Tick,
    pub ended_by: Reason,
    first_child: Option<CredId>,
    next_sibling: Option<CredId>,
}

/// When an action bound a credential, and to what it was bound before.
#[derive(Clone, Copy, Debug)]
struct Rebound {
    at: Tick,
    before: Option<PlaceId>,
}

/// From when on a credential is not accepted from a network any more, as far as its binding goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Elsewhere {
    Accepted,
    Never,
    Until(Tick),
}

impl Credential {
    pub fn ended(&self, now: Tick) -> bool {
        now >= self.ends + Span(Mistake::EndsOneTickLate.slip())
    }

    pub fn expired(&self, now: Tick) -> bool {
        now >= self.expires + Span(Mistake::ExpiresOneTickLate.slip())
    }

    /// Whether nothing speaks against it anywhere, now and later: no end, no key that could end, no network.
    #[inline]
    pub fn lasts(&self) -> bool {
        self.expires == Tick::NEVER && self.ends == Tick::NEVER && self.bound.is_none() && self.signed_by.is_none()
    }

    /// Whether the provider issued it.
    pub fn issued(&self) -> bool {
        !self.forged
    }
}

/// What a new credential is made of.
pub struct Issue {
    pub family: FamilyId,
    pub principal: Option<IdentityId>,
    pub actor: Option<IdentityId>,
    pub rights: RightsId,
    pub parent: Option<CredId>,
    pub at: Tick,
}

/// All credentials by row, and the way from a secret's name to its row.
pub struct Credentials {
    plan: Arc<Plan>,
    rows: Vec<Credential>,
    /// The current row of each credential that existed at the start, by its first row.
    current: Vec<CredId>,
    /// The current rows of those issued since, by family.
    issued: Vec<Vec<CredId>>,
    /// Those that an action bound. One that was issued so carries it from the start.
    rebound: BTreeMap<CredId, Rebound>,
    /// The access token that each refresh token was issued beside: of the same grant, though not minted from it.
    beside: BTreeMap<CredId, CredId>,
    /// Those that nobody issued, once they have been presented.
    forged: BTreeMap<Text, CredId>,
    forged_names: BTreeMap<CredId, Text>,
    /// Whether everything is still as it was at the start.
    pristine: bool,
}

impl Credentials {
    pub fn new(plan: Arc<Plan>) -> Credentials {
        let mut table = Credentials {
            rows: Vec::with_capacity(plan.credentials() as usize),
            current: (0..plan.credentials()).map(CredId::new).collect(),
            issued: vec![Vec::new(); plan.families.len()],
            rebound: BTreeMap::new(),
            beside: BTreeMap::new(),
            forged: BTreeMap::new(),
            forged_names: BTreeMap::new(),
            pristine: true,
            plan,
        };
        table.issue_all();
        table
    }

    /// Issues what exists at the start.
    fn issue_all(&mut self) {
        let plan = self.plan.clone();
        for family in plan.family_ids() {
            let spec = plan.family(family);
            for index in 0..spec.count {
                let parent = plan.parent_of(family, index);
                let principal = spec.of.get(index).map(IdentityId::new);
                let actor = spec.act.get(index).map(IdentityId::new);
                let issue = Issue { family, principal, actor, rights: Access::of(family), parent, at: Tick::ZERO };
                self.put(issue, index, 0, None);
            }
        }
        // A parent may come behind its children.
        for row in self.ids() {
            self.link(row);
        }
        self.pristine = true;
    }

    /// Everything is as it was at the start.
    pub fn reset(&mut self) {
        if self.pristine || Mistake::RunsLeaveTraces.here() {
            return;
        }
        let Credentials { plan, rows, current, issued, rebound, beside, forged, forged_names, pristine: _ } = self;
        rows.clear();
        current.clear();
        current.extend((0..plan.credentials()).map(CredId::new));
        issued.iter_mut().for_each(Vec::clear);
        rebound.clear();
        beside.clear();
        forged.clear();
        forged_names.clear();
        self.issue_all();
    }

    fn push(&mut self, issue: Issue, index: u32, turn: u16, previous: Option<CredId>) -> CredId {
        let row = self.put(issue, index, turn, previous);
        self.link(row);
        row
    }

    fn put(&mut self, issue: Issue, index: u32, turn: u16, previous: Option<CredId>) -> CredId {
        self.pristine = false;
        let spec = self.plan.family(issue.family);
        let row = CredId::at(self.rows.len());
        let (bound, keyed) = match spec.binding {
            Binding::None => (None, false),
            Binding::Key(_) => (None, true),
            Binding::Network(to) => (Some(to), false),
        };
        self.rows.push(Credential {
            family: issue.family,
            index,
            turn,
            spent: false,
            principal: issue.principal,
            actor: issue.actor,
            rights: issue.rights,
            parent: issue.parent,
            signed_by: spec.signed_by.and_then(|key| self.newest(key, 0)),
            forged: false,
            previous,
            keyed,
            narrow: spec.opens.is_some(),
            bound,
            expires: spec.lives.map_or(Tick::NEVER, |lives| issue.at + lives),
            ends: Tick::NEVER,
            ended_by: Reason::Granted,
            first_child: None,
            next_sibling: None,
        });
        row
    }

    /// Puts a row among the children of its parent.
    fn link(&mut self, row: CredId) {
        if let Some(parent) = self.get(row).parent {
            let sibling = self.rows[parent.index()].first_child.replace(row);
            self.rows[row.index()].next_sibling = sibling;
        }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn ids(&self) -> impl Iterator<Item = CredId> + use<> {
        (0..self.rows.len()).map(CredId::at)
    }

    #[inline]
    pub fn get(&self, cred: CredId) -> &Credential {
        &self.rows[cred.index()]
    }

    /// Whether a credential is accepted from a network, as far as its binding goes.
    pub fn from(&self, cred: CredId, network: PlaceId) -> Elsewhere {
        if self.get(cred).bound.is_none_or(|to| to == network) {
            return Elsewhere::Accepted;
        }
        match self.rebound.get(&cred) {
            Some(rebound) if rebound.before.is_none_or(|before| before == network) => Elsewhere::Until(rebound.at),
            _ => Elsewhere::Never,
        }
    }

    /// Whether an action bound it, so that it has ended for some and not for others.
    pub fn was_bound(&self, cred: CredId) -> bool {
        self.rebound.contains_key(&cred)
    }

    /// When it ended for whoever uses it from `network`, and why.
    pub fn ends_from(&self, cred: CredId, network: PlaceId) -> (Tick, Reason) {
        let row = self.get(cred);
        match self.from(cred, network) {
            Elsewhere::Until(at) if at < row.ends => (at, Reason::BoundElsewhere),
            Elsewhere::Never => (Tick::ZERO, Reason::BoundElsewhere),
            _ => (row.ends, row.ended_by),
        }
    }

    /// The row behind a secret's name, if such a secret was ever issued.
    #[inline]
    pub fn find(&self, text: Text) -> Option<CredId> {
        let Text::Generated { family, index, turn } = text else { return self.forged.get(&text).copied() };
        let newest = self.newest(family, index)?;
        if self.get(newest).turn == turn { Some(newest) } else { self.before(newest, turn) }
    }

    /// The secret that had this turn, of those that this one replaced.
    fn before(&self, mut row: CredId, turn: u16) -> Option<CredId> {
        while self.get(row).turn != turn {
            row = self.get(row).previous?;
        }
        Some(row)
    }

    /// The newest secret of a credential: its last turn.
    #[inline]
    pub fn newest(&self, family: FamilyId, index: u32) -> Option<CredId> {
        let spec = self.plan.families.get(family.index())?;
        if index < spec.count {
            self.current.get((spec.first_row + index) as usize).copied()
        } else {
            self.issued[family.index()].get((index - spec.count) as usize).copied()
        }
    }

    /// The secret that a record shows now, where the scenario put the credential of `first_row` into it.
    pub fn current(&self, first_row: u32) -> Option<CredId> {
        self.current.get(first_row as usize).copied()
    }

    /// How many of a family were issued during the run.
    pub fn issued(&self, family: FamilyId) -> u32 {
        self.issued[family.index()].len() as u32
    }

    /// Who acts with a credential, and for whom that one acted before: the nested `act` claims, outermost first.
    pub fn actors(&self, cred: CredId) -> Vec<IdentityId> {
        let mut actors: Vec<IdentityId> = Vec::new();
        for row in std::iter::successors(Some(self.get(cred)), |row| row.parent.map(|parent| self.get(parent))) {
            if let Some(actor) = row.actor.filter(|actor| actors.last() != Some(actor)) {
                actors.push(actor);
            }
        }
        actors
    }

    pub fn issue(&mut self, issue: Issue) -> CredId {
        let family = issue.family;
        let index = self.plan.family(family).count + self.issued[family.index()].len() as u32;
        let row = self.push(issue, index, 0, None);
        self.issued[family.index()].push(row);
        row
    }

    /// Takes note of a token that was made with a key of this world and is shown to it for the first time.
    pub fn take_forged(&mut self, text: Text) -> Option<(CredId, CredId)> {
        let (Forgery { family, subject, at }, turn) = text.forgery()?;
        if self.forged.contains_key(&text) {
            return None;
        }
        let key = self.find(Text::Generated { family: self.plan.family(family).signed_by?, index: 0, turn })?;
        let rights = Access::of(family);
        let row = self.issue(Issue { family, principal: Some(subject), actor: None, rights, parent: Some(key), at });
        self.rows[row.index()].signed_by = Some(key);
        self.rows[row.index()].forged = true;
        self.forged.insert(text, row);
        self.forged_names.insert(row, text);
        Some((row, key))
    }

    /// The name of a secret.
    pub fn text(&self, cred: CredId) -> Text {
        let Credential { family, index, turn, forged, .. } = *self.get(cred);
        let issued = Text::Generated { family, index, turn };
        if forged { self.forged_names.get(&cred).copied().unwrap_or(issued) } else { issued }
    }

    /// Issues the successor of a secret, and ends it once `grace` is over: that one, and all that ends. One that has a
    /// successor already is left as it is.
    pub fn rotate(&mut self, cred: CredId, now: Tick, grace: Span, by: Reason) -> Option<(CredId, Vec<CredId>)> {
        let old = *self.get(cred);
        if self.newest(old.family, old.index) != Some(cred) && !Mistake::RotatedTwice.here() {
            return None;
        }
        let ended = if Mistake::RotationLeavesTheOld.here() {
            Vec::new()
        } else {
            self.end_at(cred, now, now + grace, (by, Verb::Rotate))
        };
        let Credential { family, principal, actor, rights, parent, .. } = old;
        let issue = Issue { family, principal, actor, rights, parent, at: now };
        let row = self.push(issue, old.index, old.turn.saturating_add(1), Some(cred));
        self.rows[row.index()].bound = old.bound.filter(|_| !Mistake::RotationForgetsBinding.here());
        let spec = self.plan.family(old.family);
        match old.index.checked_sub(spec.count) {
            None if Mistake::SecretsStayAsTheyWere.here() => {}
            None => self.current[(spec.first_row + old.index) as usize] = row,
            Some(later) => self.issued[old.family.index()][later as usize] = row,
        }
        Some((row, ended))
    }

    /// Ends a secret, and what was minted from it where that ends with it. Ended rows stay as they are.
    pub fn end(&mut self, cred: CredId, now: Tick, by: Reason, how: Verb) -> Vec<CredId> {
        self.end_at(cred, now, now, (by, how))
    }

    /// The same, with the end in the future. What ends before anyway does not get longer.
    fn end_at(&mut self, cred: CredId, now: Tick, at: Tick, (by, how): (Reason, Verb)) -> Vec<CredId> {
        self.pristine = false;
        let mut ended = Vec::new();
        let mut open = vec![cred];
        while let Some(cred) = open.pop() {
            let row = &mut self.rows[cred.index()];
            if !row.ended(now) && at < row.ends {
                row.ends = at;
                row.ended_by = by;
                ended.push(cred);
            }
            open.extend(self.of_grant(cred).filter(|of| self.falls_with(cred, *of, how)));
        }
        ended
    }

    /// The first refresh token of a line: each renewal has the one before as its parent.
    pub fn line_of(&self, cred: CredId) -> CredId {
        let mut root = cred;
        while let Some(parent) = self.get(root).parent.filter(|p| self.is_of_line(*p, root)) {
            root = parent;
        }
        root
    }

    /// Ends a refresh token's whole line: RFC 9700 section 4.14.2.
    pub fn end_lineage(&mut self, cred: CredId, now: Tick) -> Vec<CredId> {
        self.pristine = false;
        let root = self.line_of(cred);
        let mut ended = Vec::new();
        let mut open = vec![root];
        while let Some(cred) = open.pop() {
            let row = &mut self.rows[cred.index()];
            if !row.ended(now) {
                row.ends = now;
                row.ended_by = Reason::RevokedByProtocol;
                ended.push(cred);
            }
            open.extend(self.of_grant(cred));
        }
        ended
    }

    /// A refresh token was issued in one answer with an access token.
    pub fn issued_beside(&mut self, refresh: CredId, access: CredId) {
        self.beside.insert(refresh, access);
    }

    /// What was minted from a credential, and what it was issued beside (RFC 7009 section 2.1: the same grant).
    fn of_grant(&self, cred: CredId) -> impl Iterator<Item = CredId> + '_ {
        let beside = self.beside.get(&cred).copied().filter(|_| !Mistake::TokenBesideLivesOn.here());
        self.children(cred).chain(beside)
    }

    pub fn children(&self, cred: CredId) -> impl Iterator<Item = CredId> + '_ {
        std::iter::successors(self.get(cred).first_child, |c| self.get(*c).next_sibling)
    }

    /// Whether two secrets are refresh tokens of one line.
    fn is_of_line(&self, parent: CredId, of: CredId) -> bool {
        self.get(parent).family == self.get(of).family && !Mistake::LineageEndsAtTheReused.here()
    }

    fn falls_with(&self, parent: CredId, child: CredId, how: Verb) -> bool {
        let [parent, child] = [parent, child].map(|cred| self.plan.family(self.get(cred).family));
        let how = if Mistake::RotationTakesAlong.here() { Verb::Revoke } else { how };
        let falls = child.cascade.follows(how, parent.kind, child.kind);
        (falls || Mistake::CascadeAlways.here()) && !Mistake::CascadeNever.here()
    }

    pub fn spend(&mut self, cred: CredId) {
        self.pristine = false;
        self.rows[cred.index()].spent = true;
    }

    pub fn bind(&mut self, cred: CredId, to: PlaceId, now: Tick) {
        self.pristine = false;
        let bound = &mut self.rows[cred.index()].bound;
        if *bound != Some(to) {
            let before = bound.replace(to);
            self.rebound.insert(cred, Rebound { at: now, before });
        }
    }
}

#[cfg(test)]
mod tests;
