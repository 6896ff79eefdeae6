//! A set of small numbers.

/// A set of row numbers: one bit each, or, where they are few and far between, only the words that have any.
#[derive(Clone, Debug, Default)]
pub struct Bits {
    words: Vec<u64>,
    /// By the number of the word, ascending; empty unless `words` is.
    few: Vec<(u32, u64)>,
    len: u64,
}

/// Gaps of fewer words than these are filled.
const GAP: usize = 64;
/// Where one word in so many has a row, all have their place.
const SPARSE: usize = 4;

impl PartialEq for Bits {
    fn eq(&self, other: &Bits) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl Eq for Bits {}

impl Bits {
    pub fn with_capacity(rows: u32) -> Bits {
        Bits { words: vec![0; (rows as usize).div_ceil(64)], few: Vec::new(), len: 0 }
    }

    /// Adds a row. True when it was not in the set.
    #[inline]
    pub fn insert(&mut self, row: u32) -> bool {
        let (word, bit) = ((row / 64) as usize, 1u64 << (row % 64));
        let place = if word < self.words.len() { &mut self.words[word] } else { self.make_room(word) };
        let fresh = *place & bit == 0;
        *place |= bit;
        self.len += u64::from(fresh);
        fresh
    }

    /// A place for a word behind the last one, or among few.
    fn make_room(&mut self, word: usize) -> &mut u64 {
        if self.few.is_empty() && word > 2 * self.words.len() + GAP {
            let words = std::mem::take(&mut self.words);
            self.few = (0..).zip(words).filter(|(_, word)| *word != 0).collect();
        } else if self.few.is_empty() {
            self.words.resize(word + 1, 0);
            return &mut self.words[word];
        }
        let number = word as u32;
        let at = match self.few.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(at) => return &mut self.few[at].1,
            Err(at) => at,
        };
        let last = self.few.last().map_or(word, |(last, _)| word.max(*last as usize));
        if self.few.len() * SPARSE <= last + GAP {
            self.few.insert(at, (number, 0));
            return &mut self.few[at].1;
        }
        self.words.resize(last + 1, 0);
        for (number, word) in std::mem::take(&mut self.few) {
            self.words[number as usize] = word;
        }
        &mut self.words[word]
    }

    #[inline]
    fn word(&self, number: usize) -> u64 {
        match self.words.get(number) {
            Some(word) => *word,
            None if self.few.is_empty() => 0,
            None => {
                let found = self.few.binary_search_by_key(&number, |(number, _)| *number as usize);
                found.map_or(0, |at| self.few[at].1)
            }
        }
    }

    #[inline]
    pub fn contains(&self, row: u32) -> bool {
        self.len > 0 && self.word((row / 64) as usize) >> (row % 64) & 1 == 1
    }

    /// Adds `n` rows from `first` on.
    pub fn insert_run(&mut self, first: u32, n: u32) {
        for (word, mask) in words_of(first, n) {
            let place = if word < self.words.len() { &mut self.words[word] } else { self.make_room(word) };
            let fresh = mask & !*place;
            *place |= mask;
            self.len += u64::from(fresh.count_ones());
        }
    }

    /// Whether all of `n` rows from `first` on are in the set.
    pub fn contains_run(&self, first: u32, n: u32) -> bool {
        words_of(first, n).all(|(word, mask)| self.word(word) & mask == mask)
    }

    /// Becomes the same set as another, in the room that it has.
    pub fn copy_from(&mut self, other: &Bits) {
        let Bits { words, few, len } = other;
        self.words.clone_from(words);
        self.few.clone_from(few);
        self.len = *len;
    }

    pub fn remove(&mut self, row: u32) -> bool {
        let number = row / 64;
        let few = self.few.binary_search_by_key(&number, |(number, _)| *number);
        let word = match (self.words.get_mut(number as usize), few) {
            (Some(word), _) => word,
            (None, Ok(at)) => &mut self.few[at].1,
            (None, Err(_)) => return false,
        };
        let bit = 1u64 << (row % 64);
        let held = *word & bit != 0;
        *word &= !bit;
        self.len -= u64::from(held);
        held
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether it has ever held anything.
    pub fn has_room(&self) -> bool {
        !self.words.is_empty() || self.few.capacity() > 0
    }

    pub fn clear(&mut self) {
        self.words.fill(0);
        self.few.clear();
        self.len = 0;
    }

    /// The rows of the set, ascending.
    pub fn iter(&self) -> Members<'_> {
        Members { words: &self.words, few: self.few.iter(), at: 0, rest: self.words.first().copied().unwrap_or(0) }
    }

    /// The set as contiguous runs `(first, n)`, ascending.
    pub fn runs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let mut rows = self.iter();
        let mut ahead = rows.next();
        std::iter::from_fn(move || {
            let first = ahead?;
            let mut end = first;
            while ahead == Some(end) {
                end += 1;
                ahead = rows.next();
            }
            Some((first, end - first))
        })
    }
}

/// The words that `n` rows from `first` on lie in, and which of their bits.
fn words_of(first: u32, n: u32) -> impl Iterator<Item = (usize, u64)> {
    let (mut row, end) = (u64::from(first), u64::from(first) + u64::from(n));
    std::iter::from_fn(move || {
        let (word, from) = ((row / 64) as usize, row % 64);
        let taken = (64 - from).min(end - row);
        row += taken;
        (taken > 0).then(|| (word, (u64::MAX >> (64 - taken)) << from))
    })
}

/// The rows of a set, ascending.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    words: &'a [u64],
    few: std::slice::Iter<'a, (u32, u64)>,
    /// The word that is gone through.
    at: usize,
    /// What is left of it.
    rest: u64,
}

impl Iterator for Members<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        while self.rest == 0 {
            self.at += 1;
            self.rest = match self.words.get(self.at) {
                Some(word) => *word,
                None => {
                    let (number, word) = self.few.next()?;
                    self.at = *number as usize;
                    *word
                }
            };
        }
        let row = self.at as u32 * 64 + self.rest.trailing_zeros();
        self.rest &= self.rest - 1;
        Some(row)
    }
}

impl FromIterator<u32> for Bits {
    fn from_iter<I: IntoIterator<Item = u32>>(rows: I) -> Bits {
        let mut bits = Bits::default();
        for row in rows {
            bits.insert(row);
        }
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_counts_what_is_new_and_lists_runs() {
        let mut bits = Bits::with_capacity(10);
        assert!(bits.insert(3) && bits.insert(4) && bits.insert(200));
        assert!(!bits.insert(4));
        assert_eq!(bits.len(), 3);
        assert!(bits.runs().eq([(3, 2), (200, 1)]));
        assert!(bits.contains_run(3, 2) && bits.contains_run(7, 0));
        assert!(!bits.contains_run(3, 3) && !bits.contains_run(2, 2));
        assert!(bits.remove(3) && !bits.remove(3));
        assert_eq!(bits.iter().collect::<Vec<_>>(), [4, 200]);
    }

    /// Against a tree of numbers: rows that are far apart, then close together, then gone again.
    #[test]
    fn few_rows_and_many_are_the_same_set() {
        use crate::model::{Draws, Stream};
        let mut draws = Stream::new(7, Draws::Index, 0);
        for (rows, spread) in [(10, 1 << 30), (300, 1 << 24), (3_000, 1 << 20), (3_000, 1 << 14), (3_000, 4_000)] {
            let (mut bits, mut tree) = (Bits::default(), std::collections::BTreeSet::new());
            for _ in 0..rows {
                let row = draws.below(spread) as u32;
                assert_eq!(bits.insert(row), tree.insert(row));
                let other = draws.below(spread) as u32;
                assert_eq!(bits.contains(other), tree.contains(&other));
                if draws.below(4) == 0 {
                    assert_eq!(bits.remove(other), tree.remove(&other));
                }
                assert_eq!(bits.len(), tree.len() as u64);
            }
            assert!(bits.iter().eq(tree.iter().copied()), "{rows} of {spread}");
            let again: Bits = tree.iter().rev().copied().collect();
            assert_eq!(again, bits, "in any order");
            for row in tree.iter().take(200) {
                assert!(bits.contains_run(*row, 1) && bits.contains_run(*row, 2) == tree.contains(&(row + 1)));
            }
            bits.clear();
            assert!(bits.is_empty() && bits.iter().next().is_none() && bits.insert(3));
        }
    }

    #[test]
    fn what_is_far_apart_takes_little_room() {
        let mut bits = Bits::default();
        for page in 0..24u32 {
            (0..25).for_each(|row| _ = bits.insert(page * 50_000 + row));
        }
        assert!(bits.words.is_empty() && bits.few.len() < 60, "{} words", bits.few.len());
        let steady: Bits = (0..100_000).collect();
        assert!(steady.few.is_empty() && steady.words.len() == 1_563);
    }

    #[test]
    fn a_run_may_cross_words() {
        let mut bits = Bits::default();
        for row in 60..200 {
            bits.insert(row);
        }
        assert!(bits.contains_run(60, 140) && bits.contains_run(63, 2) && bits.contains_run(64, 64));
        assert!(!bits.contains_run(59, 2) && !bits.contains_run(60, 141) && !bits.contains_run(1_000, 1));
        bits.remove(130);
        assert!(!bits.contains_run(60, 140) && bits.contains_run(131, 69));
    }
}
