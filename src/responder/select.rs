//! Which credentials and identities a step is about, as far as the defence can see: the alarm, the audit log, the
//! identity registry. Never "the closure".

use crate::model::control::{Action, Step, Which};
use crate::planted::Mistake;
use crate::wire::{Audit, CredId, IdentityId, Key, Registry, Target, Tick};

/// The targets of a step, in the registry's order.
pub fn targets(step: &Step, key: Option<Key>, log: &[Audit], registry: &dyn Registry, now: Tick) -> Vec<Target> {
    if let Action::Delete { records, saying } = &step.action {
        let found = saying.iter().flat_map(|instruction| registry.saying(*instruction));
        return records.iter().copied().chain(found).map(Target::Record).collect();
    }
    let identities = matches!(step.action, Action::Disable);
    match step.which {
        Which::Named => vec![Target::Named],
        Which::Identity(identity) if identities => vec![Target::Identity(identity)],
        Which::Identity(identity) => credentials(registry, now, |c| registry.principal(c) == Some(identity)),
        Which::OwnedBy(owner) => {
            let mut all = as_asked(identities, registry, now, |c| owner_of(registry, c) == Some(owner));
            if identities && !all.contains(&Target::Identity(owner)) {
                all.push(Target::Identity(owner));
            }
            all
        }
        Which::Every(family) => as_asked(identities, registry, now, |c| registry.family(c) == family),
        Which::Alarmed => match key {
            Some(Key::Credential(cred)) if !registry.issued(cred) && !identities => vec![Target::Credential(cred)],
            Some(Key::Credential(cred)) => as_asked(identities, registry, now, |c| c == cred),
            Some(Key::Principal(who) | Key::Owner(who)) if identities => vec![Target::Identity(who)],
            Some(Key::Principal(who)) => credentials(registry, now, |c| registry.principal(c) == Some(who)),
            Some(Key::Owner(who)) => credentials(registry, now, |c| owner_of(registry, c) == Some(who)),
            Some(Key::Conversation(_) | Key::Global) | None => Vec::new(),
        },
        Which::OfPrincipal => match principal(key, registry) {
            Some(who) if identities => vec![Target::Identity(who)],
            Some(who) => {
                credentials(registry, now, |c| registry.principal(c) == Some(who) || Mistake::SelectsOfAnybody.here())
            }
            None => Vec::new(),
        },
        Which::OfOwner => match principal(key, registry).map(|who| registry.owner(who)) {
            Some(owner) => as_asked(identities, registry, now, |c| owner_of(registry, c) == Some(owner)),
            None => Vec::new(),
        },
        Which::Descendants => match key {
            Some(Key::Credential(root)) => as_asked(identities, registry, now, |c| descends(registry, c, root)),
            _ => Vec::new(),
        },
        Which::Exposed => {
            let Some(who) = principal(key, registry) else { return Vec::new() };
            let read: Vec<CredId> = log
                .iter()
                .filter(|line| line.allowed && (line.principal == Some(who) || Mistake::ReadsOfOthersExpose.here()))
                .filter_map(|line| line.objects)
                .flat_map(|(coll, first, n)| (first..first + n).flat_map(move |row| registry.stored_in(coll, row)))
                .collect();
            as_asked(identities, registry, now, |c| read.contains(&c))
        }
    }
}

fn principal(key: Option<Key>, registry: &dyn Registry) -> Option<IdentityId> {
    match key? {
        Key::Credential(cred) => registry.principal(cred),
        Key::Principal(who) | Key::Owner(who) => Some(who),
        Key::Conversation(_) | Key::Global => None,
    }
}

fn owner_of(registry: &dyn Registry, cred: CredId) -> Option<IdentityId> {
    registry.principal(cred).map(|p| registry.owner(p))
}

fn descends(registry: &dyn Registry, cred: CredId, root: CredId) -> bool {
    let most = if Mistake::DescendantsAreNotFollowed.here() { 1 } else { usize::MAX };
    std::iter::successors(Some(cred), |c| registry.parent(*c)).take(most).any(|c| c == root)
}

fn as_asked(identities: bool, registry: &dyn Registry, now: Tick, wanted: impl Fn(CredId) -> bool) -> Vec<Target> {
    let found = credentials(registry, now, wanted);
    if !identities {
        return found;
    }
    let mut owners: Vec<Target> = Vec::new();
    for target in found {
        let Target::Credential(cred) = target else { continue };
        let Some(who) = registry.principal(cred).map(Target::Identity) else { continue };
        if !owners.contains(&who) {
            owners.push(who);
        }
    }
    owners
}

fn credentials(registry: &dyn Registry, now: Tick, wanted: impl Fn(CredId) -> bool) -> Vec<Target> {
    (0..registry.credentials())
        .map(CredId::new)
        .filter(|c| registry.alive(*c, now) && wanted(*c))
        .map(Target::Credential)
        .collect()
}
