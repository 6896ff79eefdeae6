//! The columns of a plan turned round, worked out once for everything that is run on it.

use crate::wire::{CollId, IdentityId, TenantId};

use super::column::{Column, Inverse};
use super::nesting::Nesting;
use super::plan::Plan;

/// Which records of the start are whose, and what lies in what.
#[derive(Clone, Debug, Default)]
pub struct Index {
    by_owner: Vec<Inverse>,
    by_tenant: Vec<Inverse>,
    pub nesting: Nesting,
}

impl Index {
    pub fn of(plan: &Plan) -> Index {
        let turned = |column: &Column, count: u32, values: u32| {
            if column.is_empty() { Inverse::default() } else { Inverse::of(column, count, values) }
        };
        let (people, tenants) = (plan.identities(), plan.tenants.len() as u32);
        Index {
            by_owner: plan.collections.iter().map(|coll| turned(&coll.owner, coll.count, people)).collect(),
            by_tenant: plan.collections.iter().map(|coll| turned(&coll.tenant, coll.count, tenants)).collect(),
            nesting: Nesting::of(plan),
        }
    }

    /// The records that somebody owns, ascending.
    pub fn owned_by(&self, owner: IdentityId, coll: CollId) -> &[u32] {
        self.by_owner[coll.index()].rows(owner.number())
    }

    /// The records of a tenant, ascending.
    pub fn of_tenant(&self, tenant: TenantId, coll: CollId) -> &[u32] {
        self.by_tenant[coll.index()].rows(tenant.number())
    }
}
