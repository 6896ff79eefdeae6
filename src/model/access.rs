//! Who unlocks what: the scopes of each family, its audience, and what becomes of both in a token exchange.

use std::collections::BTreeMap;

use crate::wire::{FamilyId, OpId, RightsId, ServiceId};

use super::bits::Bits;
use super::identity::Family;
use super::service::MintedScopes;

/// Which operations credentials unlock. Families have the first rights, each its own; what is minted with the scopes of
/// another credential has one of the rights after them.
#[derive(Clone, Debug, Default)]
pub struct Access {
    rights: Vec<Rights>,
    /// The services that take the credentials of each family.
    taken: Vec<Option<Bits>>,
    /// The rights of a new credential of a family, from those of what was presented and those of who presented it; the
    /// same twice where only what was presented counts.
    exchanged: BTreeMap<(FamilyId, RightsId, RightsId), RightsId>,
    /// Operations that ask for no scope and no credential.
    pub open: Bits,
}

/// What one kind of credential may do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Rights {
    /// As a token says it, where exchanges ask for it.
    words: Vec<String>,
    /// By its scopes alone.
    scopes: Bits,
    /// Where it is taken at all.
    unlocked: Bits,
}

/// More different rights than this are a slip of the finger: who would know what they all may do?
const MOST_RIGHTS: usize = 256;

impl Access {
    pub fn new(families: usize, operations: u32) -> Access {
        let none = Rights {
            words: Vec::new(),
            scopes: Bits::with_capacity(operations),
            unlocked: Bits::with_capacity(operations),
        };
        Access {
            rights: vec![none; families],
            taken: vec![None; families],
            exchanged: BTreeMap::new(),
            open: Bits::with_capacity(operations),
        }
    }

    /// Limits the credentials of a family to some services.
    pub fn limit(&mut self, family: FamilyId, services: &[ServiceId]) {
        self.taken[family.index()] = Some(services.iter().map(|service| service.number()).collect());
    }

    /// Gives a family the scopes for an operation of a service.
    pub fn unlock(&mut self, family: FamilyId, op: OpId, service: ServiceId) {
        let taken = self.takes(service, family);
        let rights = &mut self.rights[family.index()];
        rights.scopes.insert(op.number());
        if taken {
            rights.unlocked.insert(op.number());
        }
    }

    /// Whether a service takes the credentials of a family at all.
    pub fn takes(&self, service: ServiceId, family: FamilyId) -> bool {
        self.taken.get(family.index()).and_then(Option::as_ref).is_none_or(|taken| taken.contains(service.number()))
    }

    /// Works out what can come of the families that are minted with the scopes of others. False where that is more than
    /// anybody could oversee.
    #[must_use]
    pub fn exchange(
        &mut self,
        minted: &[(FamilyId, MintedScopes)],
        families: &[Family],
        service_of: impl Fn(OpId) -> ServiceId,
    ) -> bool {
        for (rights, family) in self.rights.iter_mut().zip(families) {
            rights.words.clone_from(&family.scopes);
        }
        let mut done = 0;
        while done < self.rights.len() {
            if self.rights.len() > MOST_RIGHTS {
                return false;
            }
            let newest = RightsId::at(done);
            for (family, scopes) in minted {
                if *scopes == MintedScopes::Both {
                    for other in (0..done).map(RightsId::at) {
                        self.exchanged_for(*family, newest, other, &service_of);
                        self.exchanged_for(*family, other, newest, &service_of);
                    }
                }
                self.exchanged_for(*family, newest, newest, &service_of);
            }
            done += 1;
        }
        true
    }

    fn exchanged_for(
        &mut self,
        family: FamilyId,
        subject: RightsId,
        caller: RightsId,
        service_of: &impl Fn(OpId) -> ServiceId,
    ) {
        let (presented, by) = (&self.rights[subject.index()], &self.rights[caller.index()]);
        let scopes: Bits = presented.scopes.iter().filter(|op| by.scopes.contains(*op)).collect();
        let words = in_both(&presented.words, &by.words);
        let unlocked = scopes.iter().filter(|op| self.takes(service_of(OpId::new(*op)), family)).collect();
        let rights = Rights { words, scopes, unlocked };
        let id = self.rights.iter().position(|known| *known == rights).unwrap_or_else(|| {
            self.rights.push(rights);
            self.rights.len() - 1
        });
        self.exchanged.insert((family, subject, caller), RightsId::at(id));
    }

    /// The rights of a family's own scopes.
    pub fn of(family: FamilyId) -> RightsId {
        RightsId::new(family.number())
    }

    /// The rights of a new credential of `family`, from those of what was presented and those of who presented it.
    pub fn minted(&self, family: FamilyId, scopes: MintedScopes, subject: RightsId, caller: RightsId) -> RightsId {
        let from = match scopes {
            MintedScopes::Family => None,
            MintedScopes::Presented => self.exchanged.get(&(family, subject, subject)),
            MintedScopes::Both => self.exchanged.get(&(family, subject, caller)),
        };
        from.copied().unwrap_or(Access::of(family))
    }

    /// The scopes of these rights, as a token says them.
    pub fn words(&self, rights: RightsId) -> &[String] {
        self.rights.get(rights.index()).map_or(&[], |rights| &rights.words)
    }

    /// All rights that there are.
    pub fn ids(&self) -> impl Iterator<Item = RightsId> + use<> {
        (0..self.rights.len()).map(RightsId::at)
    }

    /// What these rights unlock.
    pub fn unlocked(&self, rights: RightsId) -> &Bits {
        &self.rights[rights.index()].unlocked
    }

    pub fn unlocks(&self, rights: RightsId, op: OpId) -> bool {
        self.rights.get(rights.index()).is_some_and(|rights| rights.unlocked.contains(op.number()))
    }
}

/// `*` grants everything, `db:*` everything that begins with `db:`.
pub fn grants(held: &str, wanted: &str) -> bool {
    match held.strip_suffix('*') {
        Some("") => true,
        Some(prefix) if prefix.ends_with(':') => wanted.starts_with(prefix),
        _ => held == wanted,
    }
}

/// The scopes that both grant: the narrower word of each two.
fn in_both(one: &[String], other: &[String]) -> Vec<String> {
    let within = |words: &[String], word: &String| words.iter().any(|held| grants(held, word));
    let mut both: Vec<String> = one.iter().filter(|word| within(other, word)).cloned().collect();
    both.extend(other.iter().filter(|word| within(one, word) && !one.contains(word)).cloned());
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: ServiceId = ServiceId::new(0);
    const FILES: ServiceId = ServiceId::new(1);

    fn service_of(op: OpId) -> ServiceId {
        if op.number() < 4 { API } else { FILES }
    }

    /// An agent that may call 0 and 1, a person who may call 1 to 5, and a token for the API.
    fn access() -> (Access, [FamilyId; 3]) {
        let families = [0, 1, 2].map(FamilyId::new);
        let [agent, person, token] = families;
        let mut access = Access::new(3, 6);
        access.limit(token, &[API]);
        for (family, ops) in [(agent, 0..2), (person, 1..6)] {
            ops.map(OpId::new).for_each(|op| access.unlock(family, op, service_of(op)));
        }
        (access, families)
    }

    fn unlocked(access: &Access, rights: RightsId) -> Vec<u32> {
        access.unlocked(rights).iter().collect()
    }

    #[test]
    fn an_exchange_keeps_the_subjects_scopes_for_the_new_audience() {
        let (mut access, [agent, person, token]) = access();
        assert!(access.exchange(&[(token, MintedScopes::Presented)], &[], service_of));
        let new = access.minted(token, MintedScopes::Presented, Access::of(person), Access::of(agent));
        assert_eq!(unlocked(&access, new), [1, 2, 3]);
    }

    #[test]
    fn or_what_both_may() {
        let (mut access, [agent, person, token]) = access();
        assert!(access.exchange(&[(token, MintedScopes::Both)], &[], service_of));
        let new = access.minted(token, MintedScopes::Both, Access::of(person), Access::of(agent));
        assert_eq!(unlocked(&access, new), [1]);
        let again = access.minted(token, MintedScopes::Both, new, Access::of(person));
        assert_eq!(unlocked(&access, again), [1], "what was given up does not come back");
    }

    #[test]
    fn a_star_stands_for_the_rest_of_a_scope() {
        assert!(grants("*", "db:read"));
        assert!(grants("db:*", "db:read"));
        assert!(!grants("db:*", "dbx:read"));
        assert!(!grants("db:r*", "db:read"), "only whole parts");
        assert!(grants("db:read", "db:read"));
        assert!(!grants("db:read", "db:reads"));
    }

    #[test]
    fn of_two_scopes_the_narrower_is_in_both() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(in_both(&words("iac:*"), &words("iac:read iac:patch login:exchange")), words("iac:read iac:patch"));
        assert_eq!(in_both(&words("iac:read login:*"), &words("iac:* login:*")), words("iac:read login:*"));
        assert!(in_both(&words("a:read"), &words("b:*")).is_empty());
    }
}
