//! Lists by the page.

use crate::wire::{Res, Rows};

/// One page of a list.
pub struct Page {
    pub rows: Rows,
    pub next: Option<u32>,
    /// Nothing is shown, though the collection is not empty: row-level security at work.
    pub hidden: bool,
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The record that it lists the contents of.
    pub inside: Option<Res>,
    /// Where it begins, as the page before said; 0 for the beginning.
    pub cursor: u32,
    pub most: u32,
    pub newest_first: bool,
}

impl Window {
    /// All of a collection.
    pub const WHOLE: Window = Window { inside: None, cursor: 0, most: u32::MAX, newest_first: false };
}

/// Takes the first `most` rows. Returns the one behind them.
pub(super) fn pick(mut rows: impl Iterator<Item = u32>, most: u32, ids: &mut Vec<u32>) -> Option<u32> {
    for row in rows.by_ref().take(most as usize) {
        ids.push(row);
    }
    rows.next()
}
