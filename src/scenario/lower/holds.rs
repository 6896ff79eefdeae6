//! Which credentials lie in which records.

use crate::model::Column;
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
            let column = match &holds.value {
                Value::List(items) => self.held_side_by_side(items, count),
                _ => {
                    let column = self.held(holds, count);
                    self.take(column)
                }
            };
            if let Some(column) = column {
                self.collections[at].holds = column;
            }
        }
    }

    /// Several families in one collection, as long as no record holds two credentials.
    fn held_side_by_side(&mut self, items: &[Node], count: u32) -> Option<Column> {
        let mut table = Vec::new();
        let mut twice = None;
        for item in items {
            let column = self.held(item, count);
            let column = self.take(column)?;
            table.resize(count as usize, Column::NOTHING);
            for (slot, row) in table.iter_mut().zip(0..) {
                let Some(credential) = column.get(row) else { continue };
                if *slot != Column::NOTHING {
                    twice = Some(item.place);
                }
                *slot = credential;
            }
        }
        if let Some(place) = twice {
            let help = "put each into a record of its own: `{credential: NAME, in: 1..12}`";
            self.later_but("`holds`, several credentials in one record", place, help);
        }
        Some(if table.is_empty() { Column::Empty } else { Column::Table(table.into()) })
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
