//! The records as they are now: generated at the start, then deleted and created.

use std::sync::Arc;

use crate::model::identity::CreatedOwner;
use crate::model::service::ObjectRule;
use crate::model::{Bits, Inverse, Plan};
use crate::wire::{CollId, FamilyId, IdentityId, Res, Rows, Slot, TenantId};

/// Who asks for records, as far as an object rule cares.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub principal: Option<IdentityId>,
    pub tenant: Option<TenantId>,
    /// The credential, by family and index, where it opens some records only.
    pub only: Option<(FamilyId, Option<u32>)>,
}

struct Collection {
    deleted: Bits,
    created: Vec<Option<IdentityId>>,
    by_owner: Inverse,
    by_tenant: Inverse,
    by_parent: Inverse,
}

/// The state of every collection.
pub struct Records {
    plan: Arc<Plan>,
    collections: Vec<Collection>,
    /// The collections whose records lie inside those of each.
    inner: Vec<Vec<CollId>>,
}

/// One page of a list.
pub struct Page {
    pub rows: Rows,
    pub next: Option<u32>,
    /// Nothing is shown, though the collection is not empty: row-level security at work.
    pub hidden: bool,
}

impl Records {
    pub fn new(plan: Arc<Plan>) -> Records {
        let mut inner = vec![Vec::new(); plan.collections.len()];
        let collections = plan
            .collection_ids()
            .map(|id| {
                let spec = plan.collection(id);
                let by_parent = match &spec.inside {
                    Some((parent, column)) => {
                        inner[parent.index()].push(id);
                        Inverse::of(column, spec.count, plan.collection(*parent).count)
                    }
                    None => Inverse::default(),
                };
                let turned = |column: &crate::model::Column, values: u32| {
                    if column.is_empty() { Inverse::default() } else { Inverse::of(column, spec.count, values) }
                };
                Collection {
                    deleted: Bits::default(),
                    created: Vec::new(),
                    by_owner: turned(&spec.owner, plan.identities()),
                    by_tenant: turned(&spec.tenant, plan.tenants.len() as u32),
                    by_parent,
                }
            })
            .collect();
        Records { plan, collections, inner }
    }

    /// How many rows a collection has had, deleted ones included.
    pub fn extent(&self, coll: CollId) -> u32 {
        self.plan.collection(coll).count + self.collections[coll.index()].created.len() as u32
    }

    pub fn exists(&self, res: Res) -> bool {
        res.row < self.extent(res.coll) && !self.collections[res.coll.index()].deleted.contains(res.row)
    }

    fn owner(&self, res: Res) -> Option<IdentityId> {
        let spec = self.plan.collection(res.coll);
        match res.row.checked_sub(spec.count) {
            None => spec.owner.get(res.row).map(IdentityId::new),
            Some(later) => self.collections[res.coll.index()].created.get(later as usize).copied().flatten(),
        }
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
        caller.only.is_none_or(|(family, index)| self.plan.opens(family, index, res)) && self.ruled(rule, caller, res)
    }

    fn ruled(&self, rule: ObjectRule, caller: Caller, res: Res) -> bool {
        match rule {
            ObjectRule::Anyone => true,
            ObjectRule::Owner => caller.principal.is_some() && self.owner(res) == caller.principal,
            ObjectRule::Tenant => caller.tenant.is_some() && self.tenant(res) == caller.tenant,
        }
    }

    /// The rows that were there at the start and that `caller` may touch under `rule`, deleted or not.
    pub fn original(&self, rule: ObjectRule, caller: Caller, coll: CollId) -> Original<'_> {
        let state = &self.collections[coll.index()];
        let rows = match (rule, caller.principal, caller.tenant) {
            (ObjectRule::Anyone, ..) => Ruled::All(self.plan.collection(coll).count),
            (ObjectRule::Owner, Some(owner), _) => Ruled::Some(state.by_owner.rows(owner.number())),
            (ObjectRule::Tenant, _, Some(tenant)) => Ruled::Some(state.by_tenant.rows(tenant.number())),
            _ => Ruled::Some(&[]),
        };
        Original { plan: &self.plan, coll, rows, only: caller.only }
    }

    /// Whether one of the records that were made during the run is shown to `caller` under `rule`.
    pub fn shows_made(&self, rule: ObjectRule, caller: Caller, coll: CollId) -> bool {
        let made = self.plan.collection(coll).count..self.extent(coll);
        made.map(|row| Res { coll, row }).any(|res| self.exists(res) && self.permits(rule, caller, res))
    }

    /// The records of `coll` that `caller` sees, from `cursor` on, at most `most`. Picked rows go into `slot`.
    pub fn page(
        &self,
        coll: CollId,
        rule: ObjectRule,
        caller: Caller,
        inside: Option<Res>,
        (cursor, most): (u32, u32),
        slot: &mut Slot,
    ) -> Page {
        let state = &self.collections[coll.index()];
        let extent = self.extent(coll);
        let all = rule == ObjectRule::Anyone && caller.only.is_none();
        if all && inside.is_none() && state.deleted.is_empty() {
            let first = cursor.min(extent);
            let n = most.min(extent - first);
            let next = (first + n < extent).then_some(first + n);
            return Page { rows: Rows::Span { first, n }, next, hidden: false };
        }
        let count = self.plan.collection(coll).count;
        let (indexed, scanned) = match (inside, rule, caller.principal, caller.tenant) {
            (Some(parent), ..) => (state.by_parent.rows(parent.row), count..count),
            (None, ObjectRule::Anyone, ..) => (&[][..], 0..extent),
            (None, ObjectRule::Owner, Some(owner), _) => (state.by_owner.rows(owner.number()), count..extent),
            (None, ObjectRule::Tenant, _, Some(tenant)) => (state.by_tenant.rows(tenant.number()), count..extent),
            _ => (&[][..], 0..0),
        };
        let offset = slot.ids.len() as u32;
        let mut next = None;
        let seen = |row: &u32| {
            let res = Res { coll, row: *row };
            *row >= cursor && !state.deleted.contains(*row) && self.permits(rule, caller, res)
        };
        for row in indexed.iter().copied().chain(scanned).filter(seen) {
            if slot.ids.len() as u32 - offset == most {
                next = Some(row);
                break;
            }
            slot.ids.push(row);
        }
        let n = slot.ids.len() as u32 - offset;
        let hidden = n == 0 && cursor == 0 && !all && state.deleted.len() < u64::from(extent);
        Page { rows: Rows::Pick { offset, n }, next, hidden }
    }

    /// Deletes a record and everything that lies in it.
    pub fn delete(&mut self, res: Res) {
        self.collections[res.coll.index()].deleted.insert(res.row);
        for inner in self.inner[res.coll.index()].clone() {
            let rows: Vec<u32> = self.collections[inner.index()].by_parent.rows(res.row).to_vec();
            for row in rows {
                self.delete(Res { coll: inner, row });
            }
        }
    }

    pub fn create(&mut self, coll: CollId, by: Option<IdentityId>) -> Res {
        let row = self.extent(coll);
        let owner = match self.plan.collection(coll).created_owner {
            CreatedOwner::Caller => by,
            CreatedOwner::Nobody => None,
        };
        self.collections[coll.index()].created.push(owner);
        Res { coll, row }
    }
}

/// Rows of the start, as far as a caller may touch them.
pub struct Original<'a> {
    plan: &'a Plan,
    coll: CollId,
    rows: Ruled<'a>,
    only: Option<(FamilyId, Option<u32>)>,
}

/// Those that the object rule lets through.
#[derive(Clone, Copy)]
enum Ruled<'a> {
    All(u32),
    Some(&'a [u32]),
}

impl Original<'_> {
    pub fn is_empty(&self) -> bool {
        match self.only {
            None => self.len() == 0,
            Some(_) => !self.any_outside(None),
        }
    }

    pub fn len(&self) -> u32 {
        match (self.rows, self.only) {
            (Ruled::All(n), None) => n,
            (Ruled::Some(rows), None) => rows.len() as u32,
            _ => self.rows().filter(|row| self.opened(*row)).count() as u32,
        }
    }

    fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        let (all, some) = match self.rows {
            Ruled::All(n) => (0..n, &[][..]),
            Ruled::Some(rows) => (0..0, rows),
        };
        all.chain(some.iter().copied())
    }

    fn opened(&self, row: u32) -> bool {
        self.only.is_none_or(|(family, index)| self.plan.opens(family, index, Res { coll: self.coll, row }))
    }

    /// Whether one of them is missing from `set`.
    pub fn any_outside(&self, set: Option<&Bits>) -> bool {
        match (self.rows, self.only, set) {
            (Ruled::All(n), None, None) => n > 0,
            (Ruled::Some(rows), None, None) => !rows.is_empty(),
            _ => self.rows().any(|row| set.is_none_or(|set| !set.contains(row)) && self.opened(row)),
        }
    }
}
