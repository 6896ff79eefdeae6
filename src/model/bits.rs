//! A set of small numbers.

/// A set of row numbers, one bit each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bits {
    words: Vec<u64>,
    len: u64,
}

impl Bits {
    pub fn with_capacity(rows: u32) -> Bits {
        Bits { words: vec![0; (rows as usize).div_ceil(64)], len: 0 }
    }

    /// Adds a row. True when it was not in the set.
    pub fn insert(&mut self, row: u32) -> bool {
        let (word, bit) = ((row / 64) as usize, 1u64 << (row % 64));
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let fresh = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.len += u64::from(fresh);
        fresh
    }

    pub fn contains(&self, row: u32) -> bool {
        self.words.get((row / 64) as usize).is_some_and(|w| w >> (row % 64) & 1 == 1)
    }

    /// Adds `n` rows from `first` on.
    pub fn insert_run(&mut self, first: u32, n: u32) {
        if !self.contains_run(first, n) {
            (first..first + n).for_each(|row| _ = self.insert(row));
        }
    }

    /// Whether all of `n` rows from `first` on are in the set.
    pub fn contains_run(&self, first: u32, n: u32) -> bool {
        let (mut row, end) = (u64::from(first), u64::from(first) + u64::from(n));
        while row < end {
            let (word, from) = ((row / 64) as usize, row % 64);
            let taken = (64 - from).min(end - row);
            let mask = (u64::MAX >> (64 - taken)) << from;
            if self.words.get(word).is_none_or(|bits| bits & mask != mask) {
                return false;
            }
            row += taken;
        }
        true
    }

    pub fn remove(&mut self, row: u32) -> bool {
        let Some(word) = self.words.get_mut((row / 64) as usize) else { return false };
        let bit = 1u64 << (row % 64);
        let held = *word & bit != 0;
        *word &= !bit;
        self.len -= u64::from(held);
        held
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether it has ever held anything.
    pub fn has_room(&self) -> bool {
        !self.words.is_empty()
    }

    pub fn clear(&mut self) {
        self.words.fill(0);
        self.len = 0;
    }

    /// The rows of the set, ascending.
    pub fn iter(&self) -> Members<'_> {
        Members { words: &self.words, at: 0, rest: self.words.first().copied().unwrap_or(0) }
    }

    /// The set as contiguous runs `(first, n)`, ascending.
    pub fn runs(&self) -> Vec<(u32, u32)> {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for row in self.iter() {
            match runs.last_mut() {
                Some((first, n)) if *first + *n == row => *n += 1,
                _ => runs.push((row, 1)),
            }
        }
        runs
    }
}

/// The rows of a set, ascending.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    words: &'a [u64],
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
            self.rest = *self.words.get(self.at)?;
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
        assert_eq!(bits.runs(), [(3, 2), (200, 1)]);
        assert!(bits.contains_run(3, 2) && bits.contains_run(7, 0));
        assert!(!bits.contains_run(3, 3) && !bits.contains_run(2, 2));
        assert!(bits.remove(3) && !bits.remove(3));
        assert_eq!(bits.iter().collect::<Vec<_>>(), [4, 200]);
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
