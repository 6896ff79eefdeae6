//! The rows that were there at the start, as far as somebody may touch them.

use crate::model::{Bits, Plan};
use crate::wire::{CollId, FamilyId, Res};

/// Rows of the start, as far as a caller may touch them.
pub struct Original<'a> {
    pub(super) plan: &'a Plan,
    pub(super) coll: CollId,
    pub(super) rows: Ruled<'a>,
    pub(super) only: Option<(FamilyId, Option<u32>)>,
}

/// Those that the object rule lets through.
#[derive(Clone, Copy)]
pub(super) enum Ruled<'a> {
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
            _ => self.rows().any(|row| set.is_none_or(|set| !set.contains(row)) && self.opened(row)),
        }
    }
}
