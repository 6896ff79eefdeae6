//! What a scope opens.

use std::collections::{BTreeMap, BTreeSet};

use super::description::{Description, Method, Operation};
use super::effect::Effect;

/// What one scope alone unlocks.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ScopeReach {
    pub operations: usize,
    /// Every method but GET, so deletions are counted here too.
    pub writes: usize,
    pub deletes: usize,
}

/// What each scope unlocks for a token that carries no other. Operations that ask for no scope are left out: any
/// token reaches them.
pub fn single_scope_reach(description: &Description) -> BTreeMap<String, ScopeReach> {
    let mut reach: BTreeMap<String, ScopeReach> = BTreeMap::new();
    for operation in &description.operations {
        for scope in operation.requires.single_scopes().collect::<BTreeSet<_>>() {
            let reached = reach.entry(scope.to_owned()).or_default();
            reached.operations += 1;
            reached.writes += usize::from(operation.method != Method::Get);
            reached.deletes += usize::from(operation.method == Method::Delete);
        }
    }
    reach
}

/// How many operations that change something each scope unlocks for a token that carries no other.
pub fn single_scope_changes(description: &Description) -> BTreeMap<&str, usize> {
    let mut changes = BTreeMap::new();
    for operation in description.operations.iter().filter(|operation| operation.effect != Effect::Read) {
        for scope in operation.requires.single_scopes().collect::<BTreeSet<_>>() {
            *changes.entry(scope).or_default() += 1;
        }
    }
    changes
}

/// The operations that a token with this scope and no other unlocks, those that ask for no scope left out.
pub fn unlocked_by<'d>(description: &'d Description, scope: &str) -> impl Iterator<Item = &'d Operation> {
    description.operations.iter().filter(move |operation| operation.requires.single_scopes().any(|one| one == scope))
}

/// How many operations no single scope unlocks, because several are needed together.
pub fn needs_several_scopes(description: &Description) -> usize {
    description.operations.iter().filter(|operation| operation.requires.needs_several_scopes()).count()
}
