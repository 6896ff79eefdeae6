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

    pub fn clear(&mut self) {
        self.words.fill(0);
        self.len = 0;
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(i, &word)| {
            std::iter::successors((word != 0).then_some(word), |w| Some(w & (w - 1)).filter(|w| *w != 0))
                .map(move |w| i as u32 * 64 + w.trailing_zeros())
        })
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
        assert!(bits.remove(3) && !bits.remove(3));
        assert_eq!(bits.iter().collect::<Vec<_>>(), [4, 200]);
    }
}
