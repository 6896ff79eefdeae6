//! Which doors were ever open, by credential and operation.

use crate::wire::{CredId, OpId, Open};

/// One row for each credential and one for being without any, each sorted by operation. All rows lie in one vector: a
/// row that grows when others lie behind it moves to the end.
#[derive(Default)]
pub struct DoorTable {
    rows: Vec<Row>,
    doors: Vec<(OpId, Open)>,
}

#[derive(Clone, Copy, Default)]
struct Row {
    first: u32,
    n: u32,
}

/// A place in a row: the door that stands there, or before which a new one would.
#[derive(Clone, Copy)]
pub struct Place {
    row: usize,
    at: usize,
}

impl DoorTable {
    /// No door was ever open.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.doors.clear();
    }

    /// Where the row of a credential begins.
    #[inline]
    pub fn begin(&mut self, cred: Option<CredId>) -> Place {
        let row = number(cred);
        if row >= self.rows.len() {
            self.rows.resize(row + 1, Row::default());
        }
        Place { row, at: 0 }
    }

    /// Goes on in a row to an operation, and says how its door was noted last.
    #[inline]
    pub fn find(&self, place: &mut Place, op: OpId) -> Option<Open> {
        let row = &self.row(place.row)[place.at..];
        let before = row.iter().take_while(|(other, _)| *other < op).count();
        place.at += before;
        row.get(before).filter(|(other, _)| *other == op).map(|(_, open)| *open)
    }

    /// Notes the door of an operation that was looked for last.
    #[inline]
    pub fn set(&mut self, place: Place, op: OpId, open: Open) {
        let Row { first, n } = self.rows[place.row];
        if n == 0 {
            self.rows[place.row] = Row { first: self.doors.len() as u32, n: 1 };
            return self.doors.push((op, open));
        }
        let at = first as usize + place.at;
        if place.at == n as usize && at == self.doors.len() {
            self.rows[place.row].n += 1;
            return self.doors.push((op, open));
        }
        if place.at < n as usize && self.doors[at].0 == op {
            self.doors[at].1 = open;
            return;
        }
        let end = first as usize + n as usize;
        let mut first = first as usize;
        if end != self.doors.len() {
            self.doors.extend_from_within(first..end);
            first = self.doors.len() - n as usize;
        }
        self.doors.insert(first + place.at, (op, open));
        self.rows[place.row] = Row { first: first as u32, n: n + 1 };
    }

    /// Every door that was ever open, by credential, then by operation.
    pub fn rows(&self) -> impl Iterator<Item = (Option<CredId>, &[(OpId, Open)])> + '_ {
        (0..self.rows.len()).map(|row| (row.checked_sub(1).map(CredId::at), self.row(row)))
    }

    fn row(&self, row: usize) -> &[(OpId, Open)] {
        let Row { first, n } = self.rows[row];
        &self.doors[first as usize..first as usize + n as usize]
    }
}

/// Being without a credential comes first.
fn number(cred: Option<CredId>) -> usize {
    cred.map_or(0, |cred| cred.index() + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{Draws, Stream};
    use crate::wire::Tick;

    #[test]
    fn rows_that_grow_in_any_order_hold_what_a_map_holds() {
        let mut draws = Stream::new(1, Draws::Generation, 0);
        let (mut table, mut map) = (DoorTable::default(), BTreeMap::new());
        for n in 0..2_000 {
            let cred = draws.below(20).checked_sub(1).map(|cred| CredId::new(cred as u32));
            let mut ops: Vec<OpId> = (0..1 + draws.below(5)).map(|_| OpId::new(draws.below(40) as u32)).collect();
            ops.sort_unstable();
            ops.dedup();
            let mut place = table.begin(cred);
            for op in ops {
                assert_eq!(table.find(&mut place, op), map.get(&(cred, op)).copied());
                table.set(place, op, Open::Until(Tick(n)));
                map.insert((cred, op), Open::Until(Tick(n)));
            }
        }
        let held: Vec<_> = map.into_iter().map(|((cred, op), open)| (cred, op, open)).collect();
        let noted = table.rows().flat_map(|(cred, doors)| doors.iter().map(move |(op, open)| (cred, *op, *open)));
        assert_eq!(noted.collect::<Vec<_>>(), held);
    }
}
