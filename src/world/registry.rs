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
        self.plan.collection(coll).holds.of(row).filter_map(|first| self.credentials.current(first)).collect()
    }
}

impl World {
    /// Whether what this credential was minted from is one of these, which are in order.
    pub fn parent_among(&self, cred: CredId, others: &[CredId]) -> bool {
        std::iter::successors(self.credentials.get(cred).parent, |c| self.credentials.get(*c).parent)
            .any(|parent| others.binary_search(&parent).is_ok())
    }
}
