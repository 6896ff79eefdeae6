//! Ids that answers showed, in the order in which they came, as runs of rows.

use std::collections::BTreeMap;

use crate::model::Bits;
use crate::wire::{HeldId, Rows, Slot};

/// The known ids of one collection, each once.
#[derive(Default, Debug)]
pub(super) struct Listing {
    seen: Bits,
    runs: Vec<Run>,
}

/// Contiguous rows, ascending.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    pub first: u32,
    pub n: u32,
}

/// A place in a listing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Spot {
    pub run: u32,
    pub offset: u32,
}

impl Listing {
    pub fn clear(&mut self) {
        let Listing { seen, runs } = self;
        seen.clear();
        runs.clear();
    }

    /// Adds the rows that are new. Each answer begins runs of its own, so that a run never grows behind a reader.
    /// True when there were any.
    pub fn add(&mut self, rows: Rows, slot: &Slot) -> bool {
        if let Rows::Span { first, n } = rows
            && self.seen.contains_run(first, n)
        {
            return false;
        }
        let before = self.runs.len();
        rows.for_each(slot, |row| {
            if self.seen.insert(row) {
                self.append(row, before);
            }
        });
        self.runs.len() > before
    }

    /// How many runs there are.
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// The row at a spot.
    pub fn at(&self, spot: Spot) -> Option<u32> {
        let run = self.runs.get(spot.run as usize)?;
        Some(run.first + spot.offset)
    }

    /// The spot behind this one.
    pub fn after(&self, spot: Spot) -> Spot {
        match self.runs.get(spot.run as usize) {
            Some(run) if spot.offset + 1 < run.n => Spot { offset: spot.offset + 1, ..spot },
            _ => Spot { run: spot.run + 1, offset: 0 },
        }
    }

    fn append(&mut self, row: u32, from: usize) {
        match self.runs.get_mut(from..).and_then(<[Run]>::last_mut) {
            Some(run) if run.first + run.n == row => run.n += 1,
            _ => self.runs.push(Run { first: row, n: 1 }),
        }
    }
}

/// The listed ids of a collection: all, and by the credential that they were listed with where the program asks.
#[derive(Debug, Default)]
pub(super) struct Listings {
    all: Listing,
    by: Option<BTreeMap<Option<HeldId>, Listing>>,
}

impl Listings {
    pub fn clear(&mut self) {
        let Listings { all, by } = self;
        all.clear();
        by.iter_mut().for_each(BTreeMap::clear);
    }

    /// Tells apart from now on with which credential an id was listed.
    pub fn keep_apart(&mut self) {
        self.by.get_or_insert_default();
    }

    /// What was listed with one credential counts as listed with its successor.
    pub fn hand_over(&mut self, old: HeldId, new: HeldId) {
        let Some(by) = &mut self.by else { return };
        if let Some(listing) = by.remove(&Some(old)) {
            by.entry(Some(new)).or_insert(listing);
        }
    }

    /// True when there was a new one.
    pub fn add(&mut self, rows: Rows, slot: &Slot, with: Option<HeldId>) -> bool {
        let mut fresh = self.all.add(rows, slot);
        if let Some(by) = &mut self.by {
            fresh |= by.entry(with).or_default().add(rows, slot);
        }
        fresh
    }

    pub fn all(&self) -> &Listing {
        &self.all
    }

    /// Those listed with one credential, where they are kept apart.
    pub fn with(&self, with: Option<HeldId>) -> Option<&Listing> {
        self.by.as_ref()?.get(&with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_of(listing: &Listing) -> Vec<u32> {
        let mut spot = Spot::default();
        std::iter::from_fn(|| {
            let row = listing.at(spot)?;
            spot = listing.after(spot);
            Some(row)
        })
        .collect()
    }

    #[test]
    fn ids_come_back_in_the_order_of_listing_and_once() {
        let mut slot = Slot::default();
        slot.ids.extend([9, 3, 4, 12]);
        let mut listing = Listing::default();
        assert!(listing.add(Rows::Span { first: 10, n: 3 }, &slot));
        assert!(listing.add(Rows::Pick { offset: 0, n: 4 }, &slot));
        assert!(!listing.add(Rows::Span { first: 10, n: 3 }, &slot), "nothing of that is new");
        assert_eq!(rows_of(&listing), [10, 11, 12, 9, 3, 4]);
    }

    #[test]
    fn what_was_listed_with_a_credential_passes_to_its_successor() {
        let [old, new, other] = [0, 1, 2].map(HeldId::new);
        let mut listings = Listings::default();
        listings.keep_apart();
        listings.add(Rows::Span { first: 3, n: 2 }, &Slot::default(), Some(old));
        listings.add(Rows::Span { first: 4, n: 2 }, &Slot::default(), Some(other));
        listings.hand_over(old, new);
        let listed = |with| listings.with(Some(with)).map(rows_of);
        assert_eq!([old, new, other].map(listed), [None, Some(vec![3, 4]), Some(vec![4, 5])]);
        assert_eq!(rows_of(listings.all()), [3, 4, 5]);
    }

    #[test]
    fn a_reader_at_the_end_sees_what_is_added_behind_it() {
        let slot = Slot::default();
        let mut listing = Listing::default();
        listing.add(Rows::Span { first: 0, n: 1 }, &slot);
        let end = listing.after(Spot::default());
        assert_eq!(listing.at(end), None);
        listing.add(Rows::Span { first: 1, n: 1 }, &slot);
        assert_eq!(listing.at(end), Some(1));
    }
}
