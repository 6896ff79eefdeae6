//! The world as it is now, as doors for a search: what the closure could still touch.

use std::cell::Cell;

use crate::analysis::{Caller, Credential, Doors, Minted};
use crate::model::Baseline;
use crate::model::identity::Binding;
use crate::model::service::{Act, ObjectRule};
use crate::planted::Mistake;
use crate::wire::{CredId, OpId, Open, PlaceId, Res, ServiceId, Tick};

use super::World;

/// The doors of a world at an instant, for somebody on these networks.
pub struct OpenDoors<'a> {
    world: &'a World,
    now: Tick,
    networks: &'a [PlaceId],
    baseline: &'a Baseline,
    believed: Cell<Option<(CredId, ServiceId, Open)>>,
}

impl<'a> OpenDoors<'a> {
    pub fn new(world: &'a World, now: Tick, networks: &'a [PlaceId], baseline: &'a Baseline) -> OpenDoors<'a> {
        OpenDoors { world, now, networks, baseline, believed: Cell::new(None) }
    }

    /// How long a service believes a credential. A search asks for one operation after the other.
    fn believed_until(&self, cred: CredId, service: ServiceId) -> Open {
        if let Some((_, _, open)) = self.believed.get().filter(|(c, s, _)| (*c, *s) == (cred, service)) {
            return open;
        }
        let open = self.world.believed_until(self.now, cred, service, self.networks);
        self.believed.set(Some((cred, service, open)));
        open
    }

    fn minted(&self, of: Minted, op: OpId) -> bool {
        !self.world.is_disabled(of.who) && self.unlocked(of, op)
    }

    fn unlocked(&self, of: Minted, op: OpId) -> bool {
        let (world, Minted { family, rights, who, actor }) = (self.world, of);
        let bound = world.plan.family(family).binding;
        let elsewhere = matches!(bound, Binding::Network(place) if !self.networks.contains(&place));
        let unlocked = world.open_to_all(op) || world.plan.access.unlocks(rights, op);
        unlocked && !elsewhere && !world.shut_for_good(self.now, op, None, who, actor)
    }
}

impl OpenDoors<'_> {
    /// Whether nothing but its scopes decides what somebody may call: there is a credential that is believed everywhere.
    fn is_believed(&self, caller: Caller) -> bool {
        let Caller::Holder(cred) = caller else { return false };
        let world = self.world;
        world.credentials.get(cred).lasts()
            && world.blocked.is_empty()
            && !self.networks.is_empty()
            && !world.is_keyless(cred)
    }

    fn opens(&self, caller: Caller, op: OpId) -> bool {
        let world = self.world;
        let closed = world.closed.contains(op.number()) && !Mistake::LeftoverBehindClosedDoors.here();
        if closed || world.plan.sends_on(op) {
            return false;
        }
        let spec = world.plan.operation(op);
        match (spec.act, caller) {
            (_, Caller::Forged { key, of }) => {
                !(world.open_to_all(op) && matches!(spec.act, Act::Mint { .. }))
                    && world.takes_signed_until(self.now, key, spec.service) != Open::Shut
                    && self.unlocked(of, op)
            }
            (Act::Mint { .. }, Caller::Nobody) => false,
            (Act::Mint { .. }, Caller::Holder(cred)) => {
                world.issues_until(self.now, cred, op, self.networks) != Open::Shut
                    && !world.shut_for_good(
                        self.now,
                        op,
                        Some(cred),
                        self.credential(cred).of.who,
                        self.credential(cred).of.actor,
                    )
            }
            (Act::Mint { .. }, Caller::Minted(of)) => world.plan.issues_from(op, of.family) && self.minted(of, op),
            _ if world.open_to_all(op) => !world.shut_for_good(self.now, op, None, None, None),
            (_, Caller::Nobody) => false,
            (_, Caller::Holder(cred)) => {
                let row = world.credentials.get(cred);
                world.plan.access.unlocks(row.rights, op)
                    && self.believed_until(cred, spec.service) != Open::Shut
                    && !world.shut_for_good(self.now, op, Some(cred), row.principal, row.actor)
            }
            (_, Caller::Minted(of)) => self.minted(of, op),
        }
    }
}

impl Doors for OpenDoors<'_> {
    fn open_to(&self, caller: Caller) -> impl Iterator<Item = OpId> {
        let world = self.world;
        let rights = match caller {
            Caller::Nobody => None,
            Caller::Holder(cred) => Some(world.credentials.get(cred).rights),
            Caller::Minted(of) | Caller::Forged { of, .. } => Some(of.rights),
        };
        let believed = self.is_believed(caller) && world.closed.is_empty();
        world
            .doorways
            .with(rights)
            .filter(move |op| believed && world.doorways.asks_for_scopes(*op) || self.opens(caller, *op))
    }

    fn exchanges(&self, subject: Caller, op: OpId) -> bool {
        match subject {
            Caller::Nobody | Caller::Forged { .. } => false,
            Caller::Minted(of) => !self.world.is_disabled(of.who),
            Caller::Holder(cred) => self.world.lives_for(self.now, cred, op, self.networks) != Open::Shut,
        }
    }

    fn counts(&self, op: OpId) -> bool {
        !self.baseline.allows(op)
    }

    fn rule(&self, op: OpId) -> ObjectRule {
        self.world.rules[op.index()]
    }

    fn credential(&self, cred: CredId) -> Credential {
        let row = self.world.credentials.get(cred);
        Credential { of: self.world.as_minted(cred), index: row.index }
    }

    fn secrets_in(&self, res: Res) -> impl Iterator<Item = CredId> {
        let held = self.world.plan.collection(res.coll).held_in(res.row);
        held.filter_map(|first| self.world.credentials.current(first))
    }
}
