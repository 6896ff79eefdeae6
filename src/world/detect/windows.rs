//! One window for each key.

use std::collections::VecDeque;

use foldhash::fast::FixedState;
use indexmap::IndexMap;
use indexmap::map::Entry;

use crate::wire::{Key, OpId, Span, Tick};

/// Whom a record counts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The place of a dense key in its table.
    pub at: usize,
    pub said: Said,
}

/// A key of which there may be any number: whom a record counts for, and what it said where that counts too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Said {
    pub key: Key,
    pub what: Option<(OpId, u64)>,
}

/// A window that passes.
pub trait Forgetful: Default {
    /// Whether nothing in it can count any more.
    fn is_over(&self, now: Tick, within: Span) -> bool;
}

/// A window whose memory can pass to another.
pub trait Room: Forgetful {
    /// Whether the next record needs memory that it has not got.
    fn wants_room(&self) -> bool;

    /// As new, but for its room.
    fn clear(&mut self);

    /// Takes over the room of a window that has passed.
    fn take_room(&mut self, passed: &mut Self);
}

/// Dense keys are places in a table, and a new one gets the room of one whose window has passed.
#[derive(Default)]
pub struct Dense<T> {
    table: Vec<T>,
    /// The places whose windows have room.
    roomy: VecDeque<usize>,
}

/// How many windows are looked at for room.
const LOOKED_AT: usize = 4;

impl<T: Room> Dense<T> {
    pub fn clear(&mut self) {
        self.table.iter_mut().for_each(T::clear);
    }

    #[inline]
    pub fn at(&mut self, place: Place, now: Tick, within: Span) -> &mut T {
        if self.table.get(place.at).is_none_or(T::wants_room) {
            self.make_room(place.at, now, within);
        }
        &mut self.table[place.at]
    }

    fn make_room(&mut self, at: usize, now: Tick, within: Span) {
        let Dense { table, roomy } = self;
        if table.len() <= at {
            table.resize_with(at + 1, T::default);
        }
        if !table[at].wants_room() {
            return;
        }
        let mut window = std::mem::take(&mut table[at]);
        for _ in 0..LOOKED_AT.min(roomy.len()) {
            let Some(other) = roomy.pop_front() else { break };
            if table[other].is_over(now, within) {
                window.take_room(&mut table[other]);
                break;
            }
            roomy.push_back(other);
        }
        table[at] = window;
        roomy.push_back(at);
    }
}

/// Of sparse keys there may be any number, so they are looked up, and forgotten when their window has passed. What one
/// caller says lies together: it says much in a row.
pub struct Sparse<T> {
    by_caller: Vec<IndexMap<Said, T, FixedState>>,
    kept: usize,
    sweep_at: usize,
    /// The room of callers who say nothing any more.
    spare: Vec<IndexMap<Said, T, FixedState>>,
}

/// How many windows are kept before the first sweep.
const FIRST_SWEEP: usize = 1_024;
/// For so many new callers room is kept.
const SPARE: usize = 16;

impl<T> Default for Sparse<T> {
    fn default() -> Sparse<T> {
        Sparse { by_caller: Vec::new(), kept: 0, sweep_at: FIRST_SWEEP, spare: Vec::new() }
    }
}

impl<T: Forgetful> Sparse<T> {
    pub fn clear(&mut self) {
        let Sparse { by_caller, kept, sweep_at, spare: _ } = self;
        by_caller.iter_mut().for_each(IndexMap::clear);
        (*kept, *sweep_at) = (0, FIRST_SWEEP);
    }

    pub fn at(&mut self, place: Place, now: Tick, within: Span) -> &mut T {
        if self.by_caller.len() <= place.at {
            self.by_caller.resize_with(place.at + 1, IndexMap::default);
        }
        if self.kept >= self.sweep_at {
            self.sweep(now, within);
        }
        let windows = &mut self.by_caller[place.at];
        if windows.capacity() == 0
            && let Some(room) = self.spare.pop()
        {
            *windows = room;
        }
        match windows.entry(place.said) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                self.kept += 1;
                new.insert(T::default())
            }
        }
    }

    /// Forgets the windows that have passed. Who says nothing any more takes no room.
    fn sweep(&mut self, now: Tick, within: Span) {
        let Sparse { by_caller, kept, sweep_at, spare } = self;
        *kept = 0;
        for windows in by_caller.iter_mut().filter(|windows| windows.capacity() > 0) {
            windows.retain(|_, window| !window.is_over(now, within));
            *kept += windows.len();
            if windows.is_empty() {
                let room = std::mem::take(windows);
                if spare.len() < SPARE {
                    spare.push(room);
                }
            }
        }
        *sweep_at = 2 * (*kept).max(by_caller.len()).max(FIRST_SWEEP / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When it last counted.
    #[derive(Default)]
    struct Counted(Tick);

    impl Forgetful for Counted {
        fn is_over(&self, now: Tick, within: Span) -> bool {
            self.0 + within <= now
        }
    }

    const MINUTE: Span = Span::from_secs(60);

    fn count(windows: &mut Sparse<Counted>, caller: usize, what: u64, now: Tick) {
        let place = Place { at: caller, said: Said { key: Key::Global, what: Some((OpId::new(0), what)) } };
        windows.at(place, now, MINUTE).0 = now;
    }

    fn kept(windows: &Sparse<Counted>) -> Vec<usize> {
        windows.by_caller.iter().map(IndexMap::len).collect()
    }

    #[test]
    fn windows_that_have_passed_are_forgotten_and_those_that_count_are_not() {
        let (mut windows, later) = (Sparse::default(), Tick::ZERO + MINUTE);
        (0..600).for_each(|what| count(&mut windows, 0, what, Tick::ZERO));
        (0..424).for_each(|what| count(&mut windows, 2, what, Tick(1)));
        assert_eq!(kept(&windows), [600, 0, 424], "no sweep before there are 1,024");
        count(&mut windows, 1, 0, later);
        assert_eq!(kept(&windows), [0, 1, 424]);
        assert_eq!((windows.kept, windows.sweep_at), (425, 1_024));
        assert!(windows.by_caller[1].capacity() >= 600 && windows.spare.is_empty(), "with the room of caller 0");
        (1..600).for_each(|what| count(&mut windows, 1, what, later));
        count(&mut windows, 3, 0, Tick(later.0 + 1));
        assert_eq!(kept(&windows), [0, 600, 0, 1]);
        assert_eq!((windows.kept, windows.sweep_at), (601, 1_200), "twice as many as are live");
    }

    #[test]
    fn room_is_kept_for_so_many() {
        let mut windows = Sparse::default();
        (0..1_024).for_each(|caller| count(&mut windows, caller, 0, Tick::ZERO));
        count(&mut windows, 0, 0, Tick::ZERO + MINUTE);
        assert_eq!((windows.kept, windows.spare.len()), (1, SPARE - 1), "one has it again");
        assert_eq!(windows.sweep_at, 2_048, "a sweep looks at every caller");
    }
}
