//! Which credentials unlock which operations.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::model::identity::Family;
use crate::model::service::{Act, MintedScopes, Operation, Service, Validation};
use crate::model::{Access, grants};
use crate::wire::{FamilyId, OpId, ServiceId};

/// What each family unlocks. An operation whose needs are empty is open to all. Nothing where exchanges lead to more
/// different rights than anybody could oversee.
pub fn access(
    families: &[Family],
    operations: &[Operation],
    needs: &[Vec<Vec<String>>],
    services: &[Service],
) -> Option<Access> {
    let mut access = Access::new(families.len(), operations.len() as u32);
    let mut alone: BTreeMap<&str, Vec<OpId>> = BTreeMap::new();
    let mut together: Vec<(OpId, &[String])> = Vec::new();
    let service_of = |op: OpId| operations[op.index()].service;
    let mut with_any: Vec<OpId> = Vec::new();
    for (at, alternatives) in needs.iter().enumerate() {
        let op = OpId::at(at);
        let open = services[operations[at].service.index()].validation == Validation::None;
        if open || alternatives.iter().any(Vec::is_empty) {
            access.open.insert(op.number());
        }
        for alternative in alternatives {
            match &alternative[..] {
                [word] if word == ANY_CREDENTIAL => with_any.push(op),
                [scope] => alone.entry(scope).or_default().push(op),
                [] => {}
                scopes => together.push((op, scopes)),
            }
        }
    }
    for (at, family) in families.iter().enumerate() {
        let id = FamilyId::at(at);
        if family.audience.is_some() || services.iter().any(|service| service.keys.trusted.is_some()) {
            let takes = |at: &ServiceId| {
                let service = &services[at.index()];
                let named = family.audience.as_ref().is_none_or(|audience| audience.contains(at));
                (named || !service.checks_audience) && service.keys.trusts(family.signed_by)
            };
            let taken: Vec<ServiceId> = (0..services.len()).map(ServiceId::at).filter(takes).collect();
            access.limit(id, &taken);
        }
        for op in &with_any {
            access.unlock(id, *op, service_of(*op));
        }
        for scope in &family.scopes {
            for op in unlocked_alone(&alone, scope) {
                access.unlock(id, op, service_of(op));
            }
        }
        for (op, wanted) in &together {
            if wanted.iter().all(|w| family.scopes.iter().any(|held| grants(held, w))) {
                access.unlock(id, *op, service_of(*op));
            }
        }
    }
    let minted: Vec<(FamilyId, MintedScopes)> = operations
        .iter()
        .filter(|op| op.minting.scopes != MintedScopes::Family)
        .filter_map(|op| match op.act {
            Act::Mint { family, .. } => Some((family, op.minting.scopes)),
            _ => None,
        })
        .collect();
    (minted.is_empty() || access.exchange(&minted, families, service_of)).then_some(access)
}

/// Instead of scopes: whoever is known at all.
pub const ANY_CREDENTIAL: &str = "any credential";

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
