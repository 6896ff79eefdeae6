//! The secrets that a client knows, by their texts.

use std::collections::BTreeMap;

use crate::wire::{HeldId, Text};

/// Which secret is which number, by equality of texts alone.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Never rotated ones, by family and index.
    generated: Vec<Vec<Option<HeldId>>>,
    /// By the number of the bytes.
    seen: Vec<Option<HeldId>>,
    rotated: BTreeMap<Text, HeldId>,
}

impl Texts {
    pub fn get(&self, text: Text) -> Option<HeldId> {
        match text {
            Text::Generated { family, index, turn: 0 } => *self.generated.get(family.index())?.get(index as usize)?,
            Text::Seen(number) => *self.seen.get(number as usize)?,
            rotated => self.rotated.get(&rotated).copied(),
        }
    }

    /// False when the text was there.
    pub fn insert(&mut self, text: Text, held: HeldId) -> bool {
        let place = match text {
            Text::Generated { family, index, turn: 0 } => {
                place(place(&mut self.generated, family.index()), index as usize)
            }
            Text::Seen(number) => place(&mut self.seen, number as usize),
            rotated => {
                let fresh = !self.rotated.contains_key(&rotated);
                self.rotated.entry(rotated).or_insert(held);
                return fresh;
            }
        };
        let fresh = place.is_none();
        place.get_or_insert(held);
        fresh
    }
}

fn place<T: Default>(table: &mut Vec<T>, at: usize) -> &mut T {
    if at >= table.len() {
        table.resize_with(at + 1, T::default);
    }
    &mut table[at]
}
