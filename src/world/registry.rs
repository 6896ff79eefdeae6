//! The identity registry, as an administrator sees it.

use crate::wire::{CollId, CredId, FamilyId, IdentityId, InstructionId, Registry, Res, Tick};

use super::World;

impl Registry for World {
    fn credentials(&self) -> u32 {
        self.credentials.len() as u32
    }

    fn family(&self, cred: CredId) -> FamilyId {
        self.credentials.get(cred).family
    }

    fn principal(&self, cred: CredId) -> Option<IdentityId> {
        self.credentials.get(cred).principal
    }

    fn owner(&self, identity: IdentityId) -> IdentityId {
        self.plan.owner_of(identity)
    }

    fn parent(&self, cred: CredId) -> Option<CredId> {
        self.credentials.get(cred).parent
    }

    fn issued(&self, cred: CredId) -> bool {
        self.credentials.get(cred).issued()
    }

    fn alive(&self, cred: CredId, now: Tick) -> bool {
        let row = self.credentials.get(cred);
        !row.ended(now) && !row.expired(now) && row.issued()
    }

    fn saying(&self, instruction: InstructionId) -> Vec<Res> {
        let rows = |coll| (0..self.records.extent(coll)).map(move |row| Res { coll, row });
        let says = |res: &Res| self.records.exists(*res) && self.writings.says(*res) == Some(instruction);
        self.plan.collection_ids().filter(|coll| self.writings.may_say(*coll)).flat_map(rows).filter(says).collect()
    }

    fn stored_in(&self, coll: CollId, row: u32) -> Vec<CredId> {
        self.plan.collection(coll).held_in(row).filter_map(|first| self.credentials.current(first)).collect()
    }
}

impl World {
    /// Whether what this credential was minted from is one of these, which are in order.
    pub fn parent_among(&self, cred: CredId, others: &[CredId]) -> bool {
        std::iter::successors(self.credentials.get(cred).parent, |c| self.credentials.get(*c).parent)
            .any(|parent| others.binary_search(&parent).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service::Validation;
    use crate::wire::{Forgery, Span, Text};
    use crate::world::tests::signed_plan;

    #[test]
    fn the_provider_knows_what_it_issued_and_what_somebody_made_with_its_key() {
        let mut world = World::new(signed_plan(Validation::Jwt { leeway: Span(3) }).into());
        let forgery = Forgery { family: FamilyId::new(0), subject: IdentityId::new(0), at: Tick::ZERO };
        let (forged, key) = world.credentials.take_forged(Text::forged(forgery, 0).unwrap()).unwrap();
        let all = [CredId::new(0), key, forged];
        assert_eq!(all.map(|cred| world.issued(cred)), [true, true, false]);
        assert_eq!(all.map(|cred| world.alive(cred, Tick::ZERO)), [true, true, false]);
    }
}
