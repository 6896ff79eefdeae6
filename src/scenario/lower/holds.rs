//! Which credentials lie in which records.

use crate::model::{Column, Holdings};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::tree::{Node, Value};

use super::Lowering;

impl Lowering<'_> {
    pub(super) fn records_hold(&mut self) {
        let root = self.root;
        for (at, (_, node)) in root.get("data").map_or(&[][..], Node::entries).iter().enumerate() {
            let Some(holds) = node.get("holds") else { continue };
            let Some(count) = self.collections.get(at).map(|c| c.count) else { continue };
            let holdings = match &holds.value {
                Value::List(items) => self.held_together(items, count),
                _ => {
                    let column = self.held(holds, count);
                    self.take(column).map(Holdings::from)
                }
            };
            if let Some(holdings) = holdings {
                self.collections[at].holds = holdings;
            }
        }
    }

    /// Several families in one collection: side by side in one layer where no record holds two, else one over the
    /// other.
    fn held_together(&mut self, items: &[Node], count: u32) -> Option<Holdings> {
        let mut layers: Vec<Vec<u32>> = Vec::new();
        for item in items {
            let column = self.held(item, count);
            let column = self.take(column)?;
            let lies = |row: &u32| column.get(*row).is_some();
            let fits = |layer: &Vec<u32>| (0..count).filter(lies).all(|row| layer[row as usize] == Column::NOTHING);
            let at = match layers.last() {
                Some(last) if fits(last) => layers.len() - 1,
                _ => {
                    layers.push(vec![Column::NOTHING; count as usize]);
                    layers.len() - 1
                }
            };
            for row in (0..count).filter(lies) {
                layers[at][row as usize] = column.get(row).unwrap_or(Column::NOTHING);
            }
        }
        Some(Holdings::new(layers.into_iter().map(|layer| Column::Table(layer.into())).collect()))
    }

    /// A formula over all records, or `{credential: FORMULA, in: [3, 17]}`: row k of the list holds credential k of
    /// the formula.
    fn held(&self, holds: &Node, count: u32) -> Result<Column, Finding> {
        let (Some(credential), Some(places)) = (holds.get("credential"), holds.get("in")) else {
            return self.credentials.column(holds, count);
        };
        let places = numbers(places, count)?;
        let values = self.credentials.column(credential, places.len() as u32)?;
        let mut table = vec![Column::NOTHING; count as usize];
        for (place, k) in places.iter().zip(0..) {
            table[*place as usize] = values.get(k).unwrap_or(Column::NOTHING);
        }
        Ok(Column::Table(table.into()))
    }
}

/// The rows, from 0, behind the numbers of records: `3`, `[3, 17]`, `1..64`.
pub(super) fn numbers(node: &Node, count: u32) -> Result<Vec<u32>, Finding> {
    let mut all = Vec::new();
    for item in node.each() {
        let (first, last) = item.text().and_then(quantity::numbers).unwrap_or((0, 0));
        let beyond = if first == 0 { first } else { last };
        if first == 0 || last > u64::from(count) {
            let message = format!("there is no record {beyond}: there are {count}");
            return Err(Finding::new(Code::OutOfRange, item.place, message).help("records are numbered from 1"));
        }
        all.extend(first as u32 - 1..last as u32);
    }
    Ok(all)
}
