//! The records as they are now: generated at the start, then deleted and created.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::model::identity::CreatedOwner;
use crate::model::service::{Act, ObjectRule, Operation};
use crate::model::{Bits, Index, Plan};
use crate::planted::Mistake;
use crate::wire::{CollId, FamilyId, IdentityId, Res, Rows, Slot, TenantId};

use super::original::{Original, Ruled};
use super::page::{Page, Window, pick};

/// Who asks for records, as far as an object rule cares.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub principal: Option<IdentityId>,
    pub tenant: Option<TenantId>,
    /// The credential, by family and index, where it opens some records only.
    pub only: Option<(FamilyId, Option<u32>)>,
}

#[derive(Default)]
struct Collection {
    deleted: Bits,
    /// What was made during the run, in its order.
    made: Vec<Made>,
    /// What was made inside each record of the outer collection.
    made_in: BTreeMap<u32, Vec<u32>>,
    /// What is kept of a collection that forgets, oldest first, for each owner or tenant where the rule is about such.
    kept: BTreeMap<Option<u32>, VecDeque<u32>>,
}

/// A record that was made during the run.
#[derive(Clone, Copy)]
struct Made {
    owner: Option<IdentityId>,
    parent: Option<Res>,
}

/// The state of every collection.
pub struct Records {
    plan: Arc<Plan>,
    index: Arc<Index>,
    collections: Vec<Collection>,
    /// Collections of which a record that comes or goes may open or shut a door.
    doors: Bits,
    stirred: bool,
}

impl Collection {
    fn reset(&mut self) {
        let Collection { deleted, made, made_in, kept } = self;
        deleted.clear();
        made.clear();
        made_in.clear();
        kept.clear();
    }
}

impl Records {
    pub fn new(plan: Arc<Plan>, index: Arc<Index>) -> Records {
        let collections = plan.collections.iter().map(|_| Collection::default()).collect();
        let doors = plan.operations.iter().filter_map(needs_records_of).map(CollId::number).collect();
        Records { plan, index, collections, doors, stirred: false }
    }

    /// The records of the start are there again, and no others.
    pub fn reset(&mut self) {
        let Records { plan: _, index: _, collections, doors: _, stirred } = self;
        collections.iter_mut().for_each(Collection::reset);
        *stirred = false;
    }

    /// Whether, since this was last asked, records came or went where that may open or shut a door.
    #[inline]
    pub fn take_stirred(&mut self) -> bool {
        std::mem::take(&mut self.stirred)
    }

    /// What follows from the plan alone.
    pub fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// The records of the start that a rule about owners or tenants lets a caller see, ascending.
    #[inline]
    fn ruled_rows(&self, rule: ObjectRule, caller: Caller, coll: CollId) -> &[u32] {
        match (rule, caller.principal, caller.tenant) {
            (ObjectRule::Owner, Some(owner), _) => self.index.owned_by(owner, coll),
            (ObjectRule::Tenant, _, Some(tenant)) => self.index.of_tenant(tenant, coll),
            _ => &[],
        }
    }

    /// How many rows a collection has had, deleted ones included.
    #[inline]
    pub fn extent(&self, coll: CollId) -> u32 {
        self.plan.collection(coll).count + self.collections[coll.index()].made.len() as u32
    }

    pub fn exists(&self, res: Res) -> bool {
        let deleted =
            self.collections[res.coll.index()].deleted.contains(res.row) && !Mistake::DeletedRecordsExist.here();
        res.row < self.extent(res.coll) && !deleted
    }

    fn owner(&self, res: Res) -> Option<IdentityId> {
        let spec = self.plan.collection(res.coll);
        match res.row.checked_sub(spec.count) {
            None => spec.owner.get(res.row).map(IdentityId::new),
            Some(later) => self.collections[res.coll.index()].made.get(later as usize)?.owner,
        }
    }

    /// The record that one of this run was made in.
    fn made_in(&self, res: Res) -> Option<Res> {
        let later = res.row.checked_sub(self.plan.collection(res.coll).count)?;
        self.collections[res.coll.index()].made.get(later as usize)?.parent
    }

    fn tenant(&self, res: Res) -> Option<TenantId> {
        let spec = self.plan.collection(res.coll);
        if res.row < spec.count {
            spec.tenant.get(res.row).map(TenantId::new)
        } else {
            self.owner(res).and_then(|owner| self.plan.tenant_of(owner))
        }
    }

    /// Whether the object rule and the credential let `caller` touch this record.
    pub fn permits(&self, rule: ObjectRule, caller: Caller, res: Res) -> bool {
        caller.only.is_none_or(|of| self.opened(of, res)) && self.ruled(rule, caller, res)
    }

    /// Whether a credential that opens some records opens this one, or what it was made in.
    fn opened(&self, of: (FamilyId, Option<u32>), res: Res) -> bool {
        (self.plan.opens(of.0, of.1, res) || Mistake::RecordsOfCredentialIgnored.here())
            && self.made_in(res).is_none_or(|parent| self.opened(of, parent))
    }

    fn ruled(&self, rule: ObjectRule, caller: Caller, res: Res) -> bool {
        match rule {
            ObjectRule::Anyone => true,
            ObjectRule::Owner if Mistake::OwnerRuleIgnored.here() => true,
            ObjectRule::Owner => caller.principal.is_some() && self.owner(res) == caller.principal,
            ObjectRule::Tenant => {
                caller.tenant.is_some() && (self.tenant(res) == caller.tenant || Mistake::TenantRuleIgnored.here())
            }
        }
    }

    /// The rows that were there at the start and that `caller` may touch under `rule`, deleted or not.
    #[inline]
    pub fn original(&self, rule: ObjectRule, caller: Caller, coll: CollId) -> Original<'_> {
        let rows = match rule {
            ObjectRule::Anyone => Ruled::All(self.plan.collection(coll).count),
            ObjectRule::Owner | ObjectRule::Tenant => Ruled::Some(self.ruled_rows(rule, caller, coll)),
        };
        Original { plan: &self.plan, coll, rows, only: caller.only }
    }

    /// Whether one of the rows that were there at the start and that `caller` may touch under `rule` is missing from
    /// `task`.
    #[inline]
    pub fn any_original(&self, rule: ObjectRule, caller: Caller, coll: CollId, task: Option<&Bits>) -> bool {
        match (rule, caller.only, task) {
            (ObjectRule::Owner | ObjectRule::Tenant, None, None) => !self.ruled_rows(rule, caller, coll).is_empty(),
            _ => self.original(rule, caller, coll).any_outside(task),
        }
    }

    /// Whether one of the records that were made during the run is shown to `caller` under `rule`.
    pub fn shows_made(&self, rule: ObjectRule, caller: Caller, coll: CollId) -> bool {
        let made = self.plan.collection(coll).count..self.extent(coll);
        made.rev().map(|row| Res { coll, row }).any(|res| self.exists(res) && self.permits(rule, caller, res))
    }

    /// The records of `coll` that `caller` sees through `window`. Picked rows go into `slot`.
    pub fn page(&self, coll: CollId, rule: ObjectRule, caller: Caller, window: Window, slot: &mut Slot) -> Page {
        let Window { inside, cursor, most, newest_first } = window;
        let state = &self.collections[coll.index()];
        let extent = self.extent(coll);
        let all = rule == ObjectRule::Anyone && caller.only.is_none();
        if all && inside.is_none() && state.deleted.is_empty() && !newest_first {
            let first = cursor.min(extent);
            let n = most.min(extent - first);
            let next = (first + n < extent).then_some(first + n + Mistake::NextPageSkipsOne.slip() as u32);
            return Page { rows: Rows::Span { first, n }, next, hidden: false };
        }
        if inside.is_none()
            && caller.only.is_none()
            && state.made.is_empty()
            && rule != ObjectRule::Anyone
            && !newest_first
        {
            return self.indexed_page(self.ruled_rows(rule, caller, coll), coll, (cursor, most), slot);
        }
        // A page behind the first one begins where the one before said; the newest come from the other end.
        let shown = match newest_first {
            false => cursor.min(extent)..extent,
            true if cursor == 0 => 0..extent,
            true => 0..cursor.min(extent),
        };
        let count = self.plan.collection(coll).count;
        let (indexed, made, scanned) = match (inside, rule, caller.principal, caller.tenant) {
            (Some(parent), ..) => {
                let made = state.made_in.get(&parent.row).map_or(&[][..], Vec::as_slice);
                (self.index.nesting.rows(coll, parent.row), made, 0..0)
            }
            (None, ObjectRule::Anyone, ..) => (&[][..], &[][..], shown.clone()),
            (None, ObjectRule::Owner, Some(_), _) | (None, ObjectRule::Tenant, _, Some(_)) => {
                (self.ruled_rows(rule, caller, coll), &[][..], count..extent)
            }
            _ => (&[][..], &[][..], 0..0),
        };
        // The index of a rule lists what the rule permits.
        let indexed_by_rule = inside.is_none() && caller.only.is_none();
        let seen = |row: &u32| {
            shown.contains(row)
                && !state.deleted.contains(*row)
                && (indexed_by_rule && *row < count || self.permits(rule, caller, Res { coll, row: *row }))
        };
        let rows = indexed.iter().chain(made).copied().chain(scanned);
        let offset = slot.ids.len() as u32;
        let next = if newest_first {
            pick(rows.rev().filter(seen), most, &mut slot.ids).map(|row| row + 1)
        } else {
            pick(rows.filter(seen), most, &mut slot.ids)
        };
        let n = slot.ids.len() as u32 - offset;
        let hidden = !Mistake::HiddenRowsAreNoRefusal.here() && n == 0 && cursor == 0 && !all && !self.is_empty(coll);
        Page { rows: Rows::Pick { offset, n }, next, hidden }
    }

    /// A page of records of the start, all of which the rule lets the caller see.
    fn indexed_page(&self, rows: &[u32], coll: CollId, (cursor, most): (u32, u32), slot: &mut Slot) -> Page {
        let state = &self.collections[coll.index()];
        let offset = slot.ids.len() as u32;
        let rows = if cursor == 0 { rows } else { &rows[rows.partition_point(|row| *row < cursor)..] };
        let next = if state.deleted.is_empty() {
            let shown = rows.len().min(most as usize);
            slot.ids.extend(&rows[..shown]);
            rows.get(shown).copied()
        } else {
            pick(rows.iter().copied().filter(|row| !state.deleted.contains(*row)), most, &mut slot.ids)
        };
        let n = slot.ids.len() as u32 - offset;
        let hidden = n == 0 && cursor == 0 && !self.is_empty(coll) && !Mistake::HiddenRowsAreNoRefusal.here();
        Page { rows: Rows::Pick { offset, n }, next, hidden }
    }

    /// Deletes a record and everything that lies in it.
    pub fn delete(&mut self, res: Res) {
        self.collections[res.coll.index()].deleted.insert(res.row);
        // Those of the start count as doors as long as anything is left.
        if res.row >= self.plan.collection(res.coll).count || self.is_empty(res.coll) {
            self.stirred |= self.doors.contains(res.coll.number()) && !Mistake::CensusForgetsLastRecords.here();
        }
        let index = self.index.clone();
        for inner in index.nesting.inside(res.coll).iter().filter(|_| !Mistake::ContentsOutliveTheirBox.here()) {
            let state = &self.collections[inner.index()];
            let made = state.made_in.get(&res.row).map_or(&[][..], Vec::as_slice);
            let rows: Vec<u32> = index.nesting.rows(*inner, res.row).iter().chain(made).copied().collect();
            for row in rows {
                self.delete(Res { coll: *inner, row });
            }
        }
    }

    /// Whether nothing is left of a collection, or nothing was ever there.
    pub fn is_empty(&self, coll: CollId) -> bool {
        self.collections[coll.index()].deleted.len() == u64::from(self.extent(coll))
    }

    /// Makes a record, inside another one where there is a `parent`. Where only so many are kept, the oldest gives way.
    pub fn create(&mut self, coll: CollId, rule: ObjectRule, by: Option<IdentityId>, parent: Option<Res>) -> Res {
        let res = Res { coll, row: self.extent(coll) };
        let spec = self.plan.collection(coll);
        let owner = match spec.created_owner {
            CreatedOwner::Caller => by,
            CreatedOwner::Nobody => None,
        };
        let keeps = spec.keeps;
        self.stirred |= self.doors.contains(coll.number()) && !Mistake::CensusForgetsFirstRecords.here();
        let state = &mut self.collections[coll.index()];
        state.made.push(Made { owner, parent });
        if let Some(parent) = parent {
            state.made_in.entry(parent.row).or_default().push(res.row);
        }
        if let Some(keeps) = keeps {
            self.forget(res, rule, keeps as usize);
        }
        res
    }

    /// Lets the oldest records give way to one that was made. Under a rule about owners or tenants, each of these has
    /// room for so many.
    fn forget(&mut self, made: Res, rule: ObjectRule, keeps: usize) {
        let key = match rule {
            ObjectRule::Anyone => None,
            ObjectRule::Owner => self.owner(made).map(IdentityId::number),
            ObjectRule::Tenant => self.tenant(made).map(TenantId::number),
        };
        let count = self.plan.collection(made.coll).count;
        let (state, index) = (&mut self.collections[made.coll.index()], &self.index);
        let kept = state.kept.entry(key).or_insert_with(|| match (rule, key) {
            (ObjectRule::Anyone, _) => (0..count).collect(),
            (ObjectRule::Owner, Some(owner)) => index.owned_by(IdentityId::new(owner), made.coll).to_vec().into(),
            (ObjectRule::Tenant, Some(tenant)) => index.of_tenant(TenantId::new(tenant), made.coll).to_vec().into(),
            _ => VecDeque::new(),
        });
        kept.push_back(made.row);
        kept.retain(|row| !state.deleted.contains(*row));
        let surplus = kept.len().saturating_sub(keeps);
        let oldest: Vec<u32> = kept.drain(..surplus).collect();
        for row in oldest {
            self.delete(Res { row, ..made });
        }
    }
}

/// The collection without whose records an operation would be refused, where being let in is excess.
fn needs_records_of(op: &Operation) -> Option<CollId> {
    match op.act {
        Act::Create { inside } => inside,
        _ => op.target.filter(|_| op.cost > 0),
    }
}
