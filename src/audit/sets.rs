//! Sets of suspects, each kept once, so that a line costs a number.

use std::collections::BTreeMap;

use super::known::Suspect;

/// A set of suspects, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Suspects(u32);

/// Sets of suspects, each kept once.
#[derive(Default, Debug)]
pub(super) struct Sets {
    all: Vec<Vec<Suspect>>,
    numbers: BTreeMap<Vec<Suspect>, u32>,
    common: BTreeMap<(Suspects, Suspects), Suspects>,
}

impl Sets {
    pub fn of(&mut self, suspects: impl IntoIterator<Item = Suspect>) -> Suspects {
        let mut suspects: Vec<Suspect> = suspects.into_iter().collect();
        suspects.sort_unstable();
        suspects.dedup();
        if let Some(number) = self.numbers.get(&suspects) {
            return Suspects(*number);
        }
        let number = self.all.len() as u32;
        self.all.push(suspects.clone());
        self.numbers.insert(suspects, number);
        Suspects(number)
    }

    pub fn get(&self, set: Suspects) -> &[Suspect] {
        &self.all[set.0 as usize]
    }

    pub fn is_empty(&self, set: Suspects) -> bool {
        self.get(set).is_empty()
    }

    pub fn common(&mut self, a: Suspects, b: Suspects) -> Suspects {
        if a == b {
            return a;
        }
        if let Some(known) = self.common.get(&(a, b)) {
            return *known;
        }
        let both: Vec<Suspect> = self.get(a).iter().filter(|s| self.get(b).binary_search(s).is_ok()).copied().collect();
        let both = self.of(both);
        self.common.insert((a, b), both);
        both
    }

    pub fn either(&mut self, a: Suspects, b: Suspects) -> Suspects {
        if a == b {
            return a;
        }
        let either: Vec<Suspect> = self.get(a).iter().chain(self.get(b)).copied().collect();
        self.of(either)
    }
}
