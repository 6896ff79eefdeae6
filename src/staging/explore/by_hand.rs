//! What a person does about a write that could not be undone.

use std::collections::BTreeMap;

use super::outcome::OF_SOMEBODY_ELSE;
use super::put_back::PutBack;
use super::undo_log::Write;
use super::write::{filled, made};
use crate::measure::LeftBehind;
use crate::staging::targets::{FOUND, Request, Undo};

impl PutBack<'_> {
    /// What a person has to do.
    pub(super) fn left_behind(&self, write: &Write, why: String) -> LeftBehind {
        let by_hand = self.operation(&write.meant.operation).and_then(|operation| {
            let mut filled = filled(operation, &write.meant.record, &write.meant.marker);
            let line = |request: &Request, filled: &BTreeMap<String, String>| {
                made(self.terrain, request, filled).ok().map(|made| format!("curl -X {} '{}'", made.method, *made.url))
            };
            match operation.undo.as_ref()? {
                Undo::Marked { find, delete, .. } => {
                    let find = line(find, &filled)?;
                    let id = write.made.clone().unwrap_or_else(|| "ID".to_owned());
                    filled.insert(FOUND.to_owned(), id);
                    let delete = line(delete, &filled)?;
                    Some(match &write.made {
                        Some(_) => delete,
                        None => format!("{find}; then for each that shows {} {delete}", write.meant.marker),
                    })
                }
                Undo::PutBack { get, .. } if why == OF_SOMEBODY_ELSE => Some(format!(
                    "{}; leave what is theirs, and put back of the rest what undo.ndjson has as `before` of {}",
                    line(get, &filled)?,
                    write.meant.n
                )),
                Undo::PutBack { get, .. } => Some(format!(
                    "{}; put back what undo.ndjson has as `before` of {}",
                    line(get, &filled)?,
                    write.meant.n
                )),
                Undo::OwnOnly => None,
            }
        });
        LeftBehind {
            operation: write.meant.operation.clone(),
            marker: write.meant.marker.clone(),
            why,
            by_hand: by_hand.unwrap_or_else(|| "look for the mark".to_owned()),
        }
    }
}
