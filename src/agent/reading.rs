//! What an agent has read, of collections that it may have to write about.

use std::collections::BTreeMap;

use crate::model::Bits;
use crate::wire::{CollId, HeldId, Rows, Slot};

use super::texts::Texts;

/// The records that were read, and the secrets that lay in them, by collection.
#[derive(Debug, Default)]
pub(super) struct Reading(BTreeMap<CollId, Read>);

#[derive(Debug, Default)]
struct Read {
    rows: Bits,
    secrets: Vec<HeldId>,
}

impl Reading {
    /// Nothing was read yet.
    pub fn clear(&mut self) {
        for Read { rows, secrets } in self.0.values_mut() {
            rows.clear();
            secrets.clear();
        }
    }

    /// Takes note from now on of what is read of a collection.
    pub fn remember(&mut self, coll: CollId) {
        self.0.entry(coll).or_default();
    }

    /// Notes records that an answer showed with their content.
    #[inline]
    pub fn note(&mut self, coll: CollId, rows: Rows, slot: &Slot, texts: &Texts) {
        if let Some(read) = self.0.get_mut(&coll) {
            read.note(coll, rows, slot, texts);
        }
    }

    /// What was read of a collection, where that is remembered.
    pub fn of(&self, coll: CollId) -> Option<(&Bits, &[HeldId])> {
        self.0.get(&coll).map(|read| (&read.rows, &read.secrets[..]))
    }
}

impl Read {
    fn note(&mut self, coll: CollId, rows: Rows, slot: &Slot, texts: &Texts) {
        match rows {
            Rows::Span { first, n } => self.rows.insert_run(first, n),
            Rows::Pick { .. } => rows.for_each(slot, |row| _ = self.rows.insert(row)),
        }
        for found in slot.texts.iter().filter(|found| found.lay_in.is_some_and(|res| res.coll == coll)) {
            self.secrets.extend(texts.get(found.text).filter(|held| !self.secrets.contains(held)));
        }
    }
}
