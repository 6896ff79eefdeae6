//! What a request writes down, as fields of its body.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::vocabulary::Scribe;
use crate::wire::{Cargo, Res, Text};

use super::ask::Asker;
use super::names::Names;
use super::said::Said;

/// The fields in which a request says what it writes: a text, which records it quotes, secrets.
const NOTE: &str = "note";
const COPIES: &str = "copies";
const SECRETS: &str = "secrets";

impl Asker {
    /// What a request writes down.
    pub(super) fn written(&self, cargo: &Cargo, names: &mut Names, fields: &mut Vec<(Cow<'static, str>, String)>) {
        if let Some(instruction) = cargo.instruction {
            let mut text = String::new();
            self.phrasebook.render(&self.plan, instruction, names.scribe(), &mut text);
            fields.push((NOTE.into(), text));
        }
        if !cargo.copies.is_empty() {
            let mut ids = String::new();
            for (coll, first, n) in &cargo.copies {
                self.addresses.record(&self.plan, Res { coll: *coll, row: *first }, &mut ids);
                let _ = write!(ids, "..{} ", first + n);
            }
            fields.push((COPIES.into(), ids));
        }
        if !cargo.secrets.is_empty() {
            let secrets: Vec<Arc<str>> = cargo.secrets.iter().map(|text| names.bytes(*text)).collect();
            fields.push((SECRETS.into(), secrets.join(" ")));
        }
    }

    /// What a service takes down from a request.
    pub(super) fn taken_down(&self, said: &Said<'_>, scribe: &Scribe) -> Cargo {
        let note = said.get(NOTE).and_then(|text| self.phrasebook.spot(text, scribe));
        let copies = said.get(COPIES).map_or("", |ids| ids).split_whitespace().filter_map(|run| {
            let (first, last) = run.split_once("..")?;
            let Res { coll, row } = self.record(first)?;
            let n = last.parse::<u32>().ok()?.checked_sub(row)?;
            Some((coll, row, n))
        });
        let secrets = said.get(SECRETS).map_or("", |bytes| bytes).split(' ').filter(|bytes| !bytes.is_empty());
        Cargo {
            instruction: note.map(|understood| understood.instruction),
            copies: copies.collect(),
            secrets: secrets.map(|bytes| scribe.read(bytes).unwrap_or(Text::Seen(u32::MAX))).collect(),
        }
    }
}
