//! Which credentials and identities a step is about, as far as the defence can see: the alarm, the audit log, the
//! identity registry. Never "the closure".

use std::collections::BTreeSet;

use indexmap::IndexSet;

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
        Which::OwnedBy(owner) => everything_of(owner, identities, registry, now),
        Which::Every(family) => as_asked(identities, registry, now, |c| registry.family(c) == family),
        Which::Alarmed => match key {
            Some(Key::Credential(cred)) if !registry.issued(cred) && !identities => vec![Target::Credential(cred)],
            Some(Key::Credential(cred)) => as_asked(identities, registry, now, |c| c == cred),
            Some(Key::Principal(who)) if identities => vec![Target::Identity(who)],
            Some(Key::Principal(who)) => credentials(registry, now, |c| registry.principal(c) == Some(who)),
            Some(Key::Owner(owner)) => everything_of(owner, identities, registry, now),
            Some(Key::Conversation(_) | Key::Global) | None => Vec::new(),
        },
        Which::OfPrincipal => match principal(key, registry) {
            Some(who) if identities => vec![Target::Identity(who)],
            Some(who) => {
                credentials(registry, now, |c| registry.principal(c) == Some(who) || Mistake::SelectsOfAnybody.here())
            }
            None => Vec::new(),
        },
        Which::OfOwner => match owner(key, registry) {
            Some(owner) => everything_of(owner, identities, registry, now),
            None => Vec::new(),
        },
        Which::Descendants => match key {
            Some(Key::Credential(root)) => as_asked(identities, registry, now, |c| descends(registry, c, root)),
            _ => Vec::new(),
        },
        Which::Exposed => {
            let Some(who) = principal(key, registry) else { return Vec::new() };
            let read: BTreeSet<CredId> = log
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

fn owner(key: Option<Key>, registry: &dyn Registry) -> Option<IdentityId> {
    match key? {
        Key::Owner(owner) => Some(owner),
        key => principal(Some(key), registry).map(|who| registry.owner(who)),
    }
}

/// What an identity holds and all that it owns; the identity itself, where identities are asked for.
fn everything_of(owner: IdentityId, identities: bool, registry: &dyn Registry, now: Tick) -> Vec<Target> {
    let is_its =
        |who: IdentityId| who == owner && !Mistake::EverythingLeavesOutItsOwn.here() || registry.owner(who) == owner;
    let mut all = as_asked(identities, registry, now, |c| registry.principal(c).is_some_and(is_its));
    if identities && !all.contains(&Target::Identity(owner)) {
        all.push(Target::Identity(owner));
    }
    all
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
    let owner = |target: Target| match target {
        Target::Credential(cred) => registry.principal(cred).map(Target::Identity),
        _ => None,
    };
    found.into_iter().filter_map(owner).collect::<IndexSet<Target>>().into_iter().collect()
}

fn credentials(registry: &dyn Registry, now: Tick, wanted: impl Fn(CredId) -> bool) -> Vec<Target> {
    (0..registry.credentials())
        .map(CredId::new)
        .filter(|c| registry.alive(*c, now) && wanted(*c))
        .map(Target::Credential)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{CollId, FamilyId, InstructionId, OpId, Res};

    /// Credentials by number: who acts with each, of which family it is, what it was minted from, whether it is alive.
    ///
    /// | number | principal | family | minted from |
    /// | --- | --- | --- | --- |
    /// | 0 | bot | key | |
    /// | 1 | bot | token | 0 |
    /// | 2 | bot | token | 1, which is over |
    /// | 3 | mate, of the same owner | token | |
    /// | 4 | stranger | token | |
    /// | 5 | nobody | key | |
    /// | 6 | forged: in no register | | |
    struct Office;

    const BOT: IdentityId = IdentityId::new(0);
    const MATE: IdentityId = IdentityId::new(1);
    const STRANGER: IdentityId = IdentityId::new(2);
    const OWNER: IdentityId = IdentityId::new(9);
    const KEY: FamilyId = FamilyId::new(0);
    const TOKEN: FamilyId = FamilyId::new(1);
    const FORGED: CredId = CredId::new(6);

    impl Registry for Office {
        fn credentials(&self) -> u32 {
            6
        }

        fn family(&self, cred: CredId) -> FamilyId {
            if [0, 5].contains(&cred.number()) { KEY } else { TOKEN }
        }

        fn principal(&self, cred: CredId) -> Option<IdentityId> {
            [Some(BOT), Some(BOT), Some(BOT), Some(MATE), Some(STRANGER), None, None][cred.index()]
        }

        fn owner(&self, identity: IdentityId) -> IdentityId {
            if identity == STRANGER { STRANGER } else { OWNER }
        }

        fn issued(&self, cred: CredId) -> bool {
            cred != FORGED
        }

        fn parent(&self, cred: CredId) -> Option<CredId> {
            [1, 2].contains(&cred.number()).then(|| CredId::new(cred.number() - 1))
        }

        fn alive(&self, cred: CredId, _: Tick) -> bool {
            cred.number() != 1
        }

        fn saying(&self, instruction: InstructionId) -> Vec<Res> {
            vec![res(100 + instruction.number())]
        }

        fn stored_in(&self, _: CollId, row: u32) -> Vec<CredId> {
            (row < 6).then(|| CredId::new(row)).into_iter().collect()
        }
    }

    fn res(row: u32) -> Res {
        Res { coll: CollId::new(0), row }
    }

    fn of(action: Action, which: Which, key: Option<Key>, log: &[Audit]) -> Vec<Target> {
        targets(&Step::at_once(action, which), key, log, &Office, Tick(0))
    }

    fn revoked(which: Which, key: Option<Key>) -> Vec<u32> {
        numbers(of(Action::Revoke, which, key, &[]))
    }

    fn numbers(targets: Vec<Target>) -> Vec<u32> {
        let number = |target| match target {
            Target::Credential(cred) => cred.number(),
            other => panic!("{other:?} is no credential"),
        };
        targets.into_iter().map(number).collect()
    }

    fn disabled(which: Which, key: Option<Key>) -> Vec<Target> {
        of(Action::Disable, which, key, &[])
    }

    fn cred(number: u32) -> Option<Key> {
        Some(Key::Credential(CredId::new(number)))
    }

    #[test]
    fn what_is_named_needs_no_alarm() {
        assert_eq!(of(Action::Revoke, Which::Named, None, &[]), [Target::Named]);
        assert_eq!(revoked(Which::Identity(BOT), None), [0, 2]);
        assert_eq!(revoked(Which::OwnedBy(OWNER), None), [0, 2, 3]);
        assert_eq!(revoked(Which::OwnedBy(BOT), None), [0, 2], "what it holds, though somebody else owns it");
        assert_eq!(revoked(Which::Every(TOKEN), None), [2, 3, 4]);
        assert_eq!(disabled(Which::Identity(BOT), None), [Target::Identity(BOT)]);
        assert_eq!(disabled(Which::OwnedBy(OWNER), None), [BOT, MATE, OWNER].map(Target::Identity));
        assert_eq!(disabled(Which::OwnedBy(STRANGER), None), [Target::Identity(STRANGER)], "once");
        assert_eq!(disabled(Which::Every(KEY), None), [Target::Identity(BOT)], "nobody acts with the other one");
    }

    #[test]
    fn an_alarm_is_about_what_its_key_says() {
        let alarmed = |key| revoked(Which::Alarmed, key);
        assert_eq!(alarmed(cred(3)), [3]);
        assert_eq!(alarmed(cred(1)), [0; 0], "it is over");
        assert_eq!(alarmed(cred(6)), [6], "no register has it, and the log does");
        assert_eq!(alarmed(Some(Key::Principal(BOT))), [0, 2]);
        assert_eq!(alarmed(Some(Key::Owner(OWNER))), [0, 2, 3]);
        assert_eq!(alarmed(Some(Key::Global)), [0; 0]);
        assert_eq!(alarmed(None), [0; 0]);
        assert_eq!(disabled(Which::Alarmed, cred(3)), [Target::Identity(MATE)]);
        assert_eq!(disabled(Which::Alarmed, cred(6)), [], "nobody stands behind it");
        assert_eq!(disabled(Which::Alarmed, Some(Key::Principal(MATE))), [Target::Identity(MATE)]);
        assert_eq!(disabled(Which::Alarmed, Some(Key::Owner(OWNER))), [BOT, MATE, OWNER].map(Target::Identity));
    }

    #[test]
    fn from_the_alarm_to_who_stands_behind_it() {
        assert_eq!(revoked(Which::OfPrincipal, cred(2)), [0, 2]);
        assert_eq!(revoked(Which::OfPrincipal, Some(Key::Principal(STRANGER))), [4]);
        assert_eq!(revoked(Which::OfPrincipal, cred(5)), [0; 0]);
        assert_eq!(disabled(Which::OfPrincipal, cred(2)), [Target::Identity(BOT)]);
        assert_eq!(revoked(Which::OfOwner, cred(3)), [0, 2, 3]);
        assert_eq!(disabled(Which::OfOwner, cred(3)), [BOT, MATE, OWNER].map(Target::Identity));
        assert_eq!(revoked(Which::OfOwner, Some(Key::Owner(BOT))), [0, 2], "the alarm is about the owner itself");
        assert_eq!(revoked(Which::OfOwner, Some(Key::Global)), [0; 0]);
        assert_eq!(revoked(Which::Descendants, cred(0)), [0, 2], "through what is over");
        assert_eq!(revoked(Which::Descendants, Some(Key::Principal(BOT))), [0; 0]);
    }

    #[test]
    fn exposed_is_what_lay_where_they_were_let_in() {
        let read = |principal, allowed, first, n| Audit {
            at: Tick(0),
            op: OpId::new(0),
            principal: Some(principal),
            cred: None,
            from: None,
            allowed,
            status: 200,
            rows: n,
            objects: Some((CollId::new(0), first, n)),
        };
        let log = [read(BOT, true, 2, 2), read(BOT, false, 0, 1), read(MATE, true, 4, 1)];
        let exposed = |key| numbers(of(Action::Revoke, Which::Exposed, key, &log));
        assert_eq!(exposed(cred(0)), [2, 3]);
        assert_eq!(exposed(Some(Key::Principal(MATE))), [4]);
        assert_eq!(exposed(Some(Key::Global)), [0; 0]);
    }

    #[test]
    fn records_are_named_or_say_what_is_looked_for() {
        let action = Action::Delete { records: vec![res(7)], saying: vec![InstructionId::new(3)] };
        assert_eq!(of(action, Which::Named, None, &[]), [7, 103].map(|row| Target::Record(res(row))));
    }
}
