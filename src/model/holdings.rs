//! Which credentials lie in which records.

use super::column::Column;

/// Layers of credentials over the records of a collection: a record holds one from each layer that has one for it, in
/// their order. Values are rows of the credential table as it is at the start.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Holdings(Vec<Column>);

impl Holdings {
    pub fn new(layers: Vec<Column>) -> Holdings {
        Holdings(layers)
    }

    /// What lies in a record.
    pub fn of(&self, row: u32) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().filter_map(move |layer| layer.get(row))
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Column::is_empty)
    }
}

impl From<Column> for Holdings {
    fn from(column: Column) -> Holdings {
        Holdings(vec![column])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_holds_one_of_each_layer_that_has_one() {
        let holdings =
            Holdings::new(vec![Column::Counting { base: 10, n: 3 }, Column::Table(vec![Column::NOTHING, 7].into())]);
        let all: Vec<Vec<u32>> = (0..4).map(|row| holdings.of(row).collect()).collect();
        assert_eq!(all, [vec![10], vec![11, 7], vec![12], vec![]]);
        assert!(!holdings.is_empty() && Holdings::default().is_empty());
    }
}
