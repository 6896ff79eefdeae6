//! Which credentials unlock which operations.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::model::identity::Family;
use crate::model::service::{Access, Operation, Service, Validation};
use crate::wire::{FamilyId, OpId};

/// What each family unlocks. An operation whose needs are empty is open to all.
pub fn access(
    families: &[Family],
    operations: &[Operation],
    needs: &[Vec<Vec<String>>],
    services: &[Service],
) -> Access {
    let mut access = Access::new(families.len(), operations.len() as u32);
    let mut alone: BTreeMap<&str, Vec<OpId>> = BTreeMap::new();
    let mut together: Vec<(OpId, &[String])> = Vec::new();
    for (at, alternatives) in needs.iter().enumerate() {
        let op = OpId::at(at);
        let open = services[operations[at].service.index()].validation == Validation::None;
        if open || alternatives.iter().any(Vec::is_empty) {
            access.open.insert(op.number());
        }
        for alternative in alternatives {
            match &alternative[..] {
                [scope] => alone.entry(scope).or_default().push(op),
                [] => {}
                scopes => together.push((op, scopes)),
            }
        }
    }
    for (at, family) in families.iter().enumerate() {
        let id = FamilyId::at(at);
        for scope in &family.scopes {
            for op in unlocked_alone(&alone, scope) {
                access.unlock(id, op);
            }
        }
        for (op, wanted) in &together {
            if wanted.iter().all(|w| family.scopes.iter().any(|held| grants(held, w))) {
                access.unlock(id, *op);
            }
        }
    }
    access
}

/// `*` grants everything, `db:*` everything that begins with `db:`.
pub fn grants(held: &str, wanted: &str) -> bool {
    match held.strip_suffix('*') {
        Some("") => true,
        Some(prefix) if prefix.ends_with(':') => wanted.starts_with(prefix),
        _ => held == wanted,
    }
}

fn unlocked_alone<'m>(alone: &'m BTreeMap<&str, Vec<OpId>>, held: &'m str) -> impl Iterator<Item = OpId> + 'm {
    let prefix = held.strip_suffix('*').filter(|p| p.is_empty() || p.ends_with(':'));
    let from = prefix.unwrap_or(held);
    alone
        .range::<str, _>((Bound::Included(from), Bound::Unbounded))
        .take_while(move |(scope, _)| match prefix {
            Some(prefix) => scope.starts_with(prefix),
            None => **scope == held,
        })
        .flat_map(|(_, ops)| ops.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_the_rest_of_a_scope() {
        assert!(grants("*", "db:read"));
        assert!(grants("db:*", "db:read"));
        assert!(!grants("db:*", "dbx:read"));
        assert!(!grants("db:r*", "db:read"), "only whole parts");
        assert!(grants("db:read", "db:read"));
        assert!(!grants("db:read", "db:reads"));
    }
}
