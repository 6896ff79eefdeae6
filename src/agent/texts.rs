//! The secrets that a client knows, by their texts.

use std::collections::BTreeMap;

use crate::wire::{HeldId, Text};

/// Which secret is which number, by equality of texts alone.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Never rotated ones, by family and index.
    generated: Vec<Table>,
    /// By the number of the bytes.
    seen: Table,
    rotated: BTreeMap<Text, HeldId>,
}

impl Texts {
    pub fn clear(&mut self) {
        let Texts { generated, seen, rotated } = self;
        generated.iter_mut().for_each(Table::clear);
        seen.clear();
        rotated.clear();
    }

    #[inline]
    pub fn get(&self, text: Text) -> Option<HeldId> {
        match text {
            Text::Generated { family, index, turn: 0 } => self.generated.get(family.index())?.get(index as usize),
            Text::Seen(number) => self.seen.get(number as usize),
            rotated => self.rotated.get(&rotated).copied(),
        }
    }

    /// False when the text was there.
    pub fn insert(&mut self, text: Text, held: HeldId) -> bool {
        if self.get(text).is_some() {
            return false;
        }
        match text {
            Text::Generated { family, index, turn: 0 } => {
                if family.index() >= self.generated.len() {
                    self.generated.resize_with(family.index() + 1, Table::default);
                }
                self.generated[family.index()].insert(index as usize, held);
            }
            Text::Seen(number) => self.seen.insert(number as usize, held),
            rotated => _ = self.rotated.insert(rotated, held),
        }
        true
    }
}

/// Secrets by number. One of a large crowd knows few of many: the table begins with the first that it came to know, and
/// has no room for those that are far away, unless they become many.
#[derive(Debug, Default)]
struct Table {
    first: usize,
    near: Vec<Option<HeldId>>,
    far: BTreeMap<usize, HeldId>,
}

/// Gaps of fewer places than these are left open.
const GAP: usize = 64;
/// With more than these far away, everything has its place.
const MOST_FAR: usize = 1_024;

impl Table {
    fn clear(&mut self) {
        let Table { first, near, far } = self;
        *first = 0;
        near.clear();
        far.clear();
    }

    #[inline]
    fn get(&self, at: usize) -> Option<HeldId> {
        match self.near.get(at.wrapping_sub(self.first)) {
            Some(Some(held)) => Some(*held),
            _ if self.far.is_empty() => None,
            _ => self.far.get(&at).copied(),
        }
    }

    fn insert(&mut self, at: usize, held: HeldId) {
        if self.near.is_empty() && at > GAP {
            self.first = at;
        }
        match at.checked_sub(self.first).filter(|place| *place <= 2 * self.near.len() + GAP) {
            Some(place) => self.put(place, held),
            None => {
                self.far.insert(at, held);
                if self.far.len() > MOST_FAR {
                    self.spread();
                }
            }
        }
    }

    fn put(&mut self, place: usize, held: HeldId) {
        if place >= self.near.len() {
            self.near.resize(place + 1, None);
        }
        self.near[place] = Some(held);
    }

    fn spread(&mut self) {
        let near = std::mem::take(&mut self.near);
        let first = std::mem::take(&mut self.first);
        let far = std::mem::take(&mut self.far);
        for (place, held) in near.into_iter().enumerate().filter_map(|(at, held)| Some((first + at, held?))).chain(far)
        {
            self.put(place, held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Draws, Stream};

    #[test]
    fn numbers_far_apart_are_found_as_those_side_by_side() {
        for spread in [50, 5_000, 1 << 22] {
            let (mut table, mut tree) = (Table::default(), BTreeMap::new());
            let mut draws = Stream::new(spread, Draws::Index, 0);
            for n in 0..4_000 {
                let at = draws.below(spread) as usize;
                assert_eq!(table.get(at), tree.get(&at).copied());
                if let std::collections::btree_map::Entry::Vacant(entry) = tree.entry(at) {
                    table.insert(at, *entry.insert(HeldId::at(n)));
                }
            }
            assert!(tree.iter().all(|(at, held)| table.get(*at) == Some(*held)));
        }
        let mut one = Table::default();
        one.insert(90_000, HeldId::at(0));
        assert_eq!((one.near.len(), one.get(90_000), one.get(0)), (1, Some(HeldId::at(0)), None));
    }
}
