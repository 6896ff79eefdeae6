//! What lies inside what.

use crate::wire::{CollId, Res};

use super::column::Inverse;
use super::plan::Plan;

/// For every record, the records that lie in it.
#[derive(Clone, Debug, Default)]
pub struct Nesting {
    inner: Vec<Vec<(CollId, Inverse)>>,
}

impl Nesting {
    pub fn of(plan: &Plan) -> Nesting {
        let mut inner = vec![Vec::new(); plan.collections.len()];
        for id in plan.collection_ids() {
            let spec = plan.collection(id);
            if let Some((parent, column)) = &spec.inside {
                let inverse = Inverse::of(column, spec.count, plan.collection(*parent).count);
                inner[parent.index()].push((id, inverse));
            }
        }
        Nesting { inner }
    }

    pub fn holds_nothing(&self, coll: CollId) -> bool {
        self.inner[coll.index()].is_empty()
    }

    /// Calls `visit` with the record and everything that lies in it, at any depth.
    pub fn with_contents(&self, res: Res, visit: &mut impl FnMut(Res)) {
        visit(res);
        for (coll, rows) in &self.inner[res.coll.index()] {
            for row in rows.rows(res.row) {
                self.with_contents(Res { coll: *coll, row: *row }, visit);
            }
        }
    }
}
