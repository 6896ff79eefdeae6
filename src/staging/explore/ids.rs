//! The ids of records that answers showed, and the numbers that agents and journal know them by.

use std::collections::BTreeMap;

use indexmap::IndexSet;

use super::model::MOST_RECORDS;
use crate::wire::{CollId, Res};

/// What names a record in a path: the ids of the records that it lies in, and its own.
pub type Name = Vec<String>;

/// Names of records, each with its number in the order of appearance.
#[derive(Debug, Default)]
pub struct Ids {
    of: BTreeMap<CollId, IndexSet<Name>>,
}

impl Ids {
    /// The record with this name; nothing, where there are more than are told apart.
    pub fn record(&mut self, coll: CollId, name: Name) -> Option<Res> {
        let known = self.of.entry(coll).or_default();
        let row = match known.len() < MOST_RECORDS as usize {
            true => known.insert_full(name).0,
            false => known.get_index_of(&name)?,
        };
        Some(Res { coll, row: u32::try_from(row).ok()? })
    }

    /// Whether none was seen.
    pub fn has_none(&self, coll: CollId) -> bool {
        self.of.get(&coll).is_none_or(|known| known.is_empty())
    }

    pub fn name(&self, record: Res) -> Option<&Name> {
        self.of.get(&record.coll)?.get_index(record.row as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number() {
        let (mut ids, coll) = (Ids::default(), CollId::new(0));
        let [a, b] = ["a", "b"].map(|id| ids.record(coll, vec![id.to_owned()]).unwrap());
        assert_eq!((a.row, b.row), (0, 1));
        assert_eq!(ids.record(coll, vec!["a".to_owned()]), Some(a));
        assert_eq!(ids.record(coll, vec!["x".to_owned(), "a".to_owned()]).unwrap().row, 2, "in another record");
        assert_eq!(ids.name(b), Some(&vec!["b".to_owned()]));
    }
}
