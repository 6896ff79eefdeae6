//! Which operations no scenario exercises.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::case::Case;

/// What was exercised, of the scenarios and of an inventory.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Coverage {
    pub scenarios: Vec<Exercised>,
    /// Of the description of an API that the user named.
    pub inventory: Option<Exercised>,
}

/// Operations, and those of them that no accepted call of an agent exercised.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Exercised {
    pub of: String,
    pub operations: usize,
    pub never: Vec<String>,
}

impl Exercised {
    pub fn of(of: &str, operations: &BTreeSet<String>, exercised: &BTreeSet<String>) -> Exercised {
        let never = operations.difference(exercised).cloned().collect();
        Exercised { of: of.to_owned(), operations: operations.len(), never }
    }

    /// How many were exercised.
    pub fn reached(&self) -> usize {
        self.operations - self.never.len()
    }
}

/// What the cases of each scenario exercised, of all operations that it has.
pub fn coverage(operations: &BTreeMap<String, BTreeSet<String>>, cases: &[Case]) -> Vec<Exercised> {
    let exercised = |scenario: &str| {
        let of = cases.iter().filter(|case| case.scenario == scenario);
        of.flat_map(|case| case.exercised.iter().cloned()).collect::<BTreeSet<String>>()
    };
    operations.iter().map(|(scenario, all)| Exercised::of(scenario, all, &exercised(scenario))).collect()
}
