//! The world as it is now, as doors for a search: what the closure could still touch.

use crate::analysis::{Caller, Doors};
use crate::model::identity::Binding;
use crate::model::service::ObjectRule;
use crate::wire::{CredId, FamilyId, IdentityId, OpId, Open, PlaceId, Res, Tick};

use super::World;

/// The doors of a world at an instant, for somebody on these networks.
pub struct OpenDoors<'a> {
    pub world: &'a World,
    pub now: Tick,
    pub networks: &'a [PlaceId],
}

impl Doors for OpenDoors<'_> {
    fn opens(&self, caller: Caller, op: OpId) -> bool {
        let world = self.world;
        if world.closed.contains(op.number()) {
            return false;
        }
        let service = world.plan.operation(op).service;
        match caller {
            _ if world.open_to_all(op) => !world.exhausted(self.now, op, None, None),
            Caller::Nobody => false,
            Caller::Holder(cred) => {
                let row = world.credentials.get(cred);
                world.plan.access.unlocks(row.family, op)
                    && world.believed_until(self.now, cred, service, self.networks) != Open::Shut
                    && !world.exhausted(self.now, op, Some(cred), row.principal)
            }
            Caller::Minted(family, who) => {
                let bound = world.plan.family(family).binding;
                let elsewhere = matches!(bound, Binding::Network(place) if !self.networks.contains(&place));
                world.plan.access.unlocks(family, op)
                    && !elsewhere
                    && !world.is_disabled(who)
                    && !world.exhausted(self.now, op, None, who)
            }
        }
    }

    fn rule(&self, op: OpId) -> ObjectRule {
        self.world.rules[op.index()]
    }

    fn principal(&self, cred: CredId) -> Option<IdentityId> {
        self.world.credentials.get(cred).principal
    }

    fn family(&self, cred: CredId) -> FamilyId {
        self.world.credentials.get(cred).family
    }

    fn secret_in(&self, res: Res) -> Option<CredId> {
        let first = self.world.plan.collection(res.coll).holds.get(res.row)?;
        self.world.credentials.current(first)
    }
}
