//! What lies inside what.

use crate::wire::{CollId, Res};

use super::column::Inverse;
use super::plan::Plan;

/// For every record, the records that lie in it.
#[derive(Clone, Debug, Default)]
pub struct Nesting {
    /// The collections whose records lie inside those of each.
    inner: Vec<Vec<CollId>>,
    /// The rows of a collection by the row that they lie in.
    by_parent: Vec<Inverse>,
}

impl Nesting {
    pub fn of(plan: &Plan) -> Nesting {
        let mut inner = vec![Vec::new(); plan.collections.len()];
        let by_parent = plan.collection_ids().map(|id| {
            let spec = plan.collection(id);
            let Some((parent, column)) = &spec.inside else { return Inverse::default() };
            inner[parent.index()].push(id);
            Inverse::of(column, spec.count, plan.collection(*parent).count)
        });
        let by_parent = by_parent.collect();
        Nesting { inner, by_parent }
    }

    pub fn holds_nothing(&self, coll: CollId) -> bool {
        self.inner[coll.index()].is_empty()
    }

    /// The collections whose records lie inside those of this one.
    pub fn inside(&self, coll: CollId) -> &[CollId] {
        &self.inner[coll.index()]
    }

    /// The rows of a collection that lie in a row of the one around it, ascending.
    pub fn rows(&self, coll: CollId, outer: u32) -> &[u32] {
        self.by_parent[coll.index()].rows(outer)
    }

    /// Calls `visit` with the record and everything that lies in it, at any depth.
    pub fn with_contents(&self, res: Res, visit: &mut impl FnMut(Res)) {
        visit(res);
        for coll in self.inside(res.coll) {
            for row in self.rows(*coll, res.row) {
                self.with_contents(Res { coll: *coll, row: *row }, visit);
            }
        }
    }
}
