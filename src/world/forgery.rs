//! Signing keys in the wrong hands: tokens that nobody issued, and how far they would be believed.

use std::collections::BTreeMap;

use crate::analysis::Minted;
use crate::model::service::Act;
use crate::model::{Access, Baseline};
use crate::planted::Mistake;
use crate::wire::{
    CredId, Event, FamilyId, IdentityId, Log, OpId, Open, PlaceId, RequestId, SecretKind, ServiceId, Text, Tick,
};

use super::World;
use super::credentials::Credential;
use super::validate::key_trusted_until;

impl World {
    /// A forged token is shown to the world for the first time: from now on it has a row, with its key as the parent.
    pub(super) fn notice_forged(&mut self, now: Tick, id: RequestId, text: Text, log: &mut Log) {
        if let Some((cred, key)) = self.credentials.take_forged(text)
            && let Some((forgery, _)) = text.forgery()
        {
            self.keys.insert(cred.number());
            self.changes.forged.push((cred, key));
            let (family, principal) = (forgery.family, forgery.subject);
            log.push(Event::Forged { at: now, id, cred, family, key, principal });
        }
    }

    /// The signing keys in the published set: their families, and how often each had been rotated.
    pub fn published_keys(&self, now: Tick) -> Vec<(FamilyId, u16)> {
        let rows = self.credentials.ids().filter(|cred| self.signs(*cred)).map(|cred| self.credentials.get(cred));
        let ended = |row: &&Credential| row.ended(now) && !Mistake::EndedKeysStayPublished.here();
        // Of several under one name, none signs anything.
        let alone = rows.filter(|row| self.plan.family(row.family).count == 1);
        alone.filter(|row| !ended(row) && !row.expired(now)).map(|row| (row.family, row.turn)).collect()
    }

    /// Whether this is a key with which tokens are signed.
    pub fn signs(&self, cred: CredId) -> bool {
        self.plan.family(self.credentials.get(cred).family).kind == SecretKind::SigningKey
    }

    /// The end of a key is the end of what it signed, whoever has it.
    pub(super) fn note_end_of(&mut self, ended: Vec<CredId>) {
        self.changes.everything |= ended.iter().any(|cred| self.signs(*cred));
        self.changes.credentials.extend(ended);
    }

    /// How long a service would take a token that is signed with this key.
    pub(super) fn takes_signed_until(&self, now: Tick, key: CredId, service: ServiceId) -> Open {
        let row = self.credentials.get(key);
        let service = self.plan.service(service);
        if !service.validation.believes_signatures() || !service.keys.trusts(Some(row.family)) {
            return Open::Shut;
        }
        match key_trusted_until(service, row.ends.min(row.expires)) {
            Tick::NEVER => Open::ForEver,
            until if until > now => Open::Until(until),
            _ => Open::Shut,
        }
    }

    /// The doors of whoever holds a signing key: those that the key itself opens, and those of every token that can be
    /// made with it, for whomever.
    pub fn doors_of_key(&self, now: Tick, key: CredId, networks: &[PlaceId], baseline: &Baseline) -> Vec<(OpId, Open)> {
        let mut doors: BTreeMap<OpId, Open> = self.doors(now, Some(key), networks, baseline).collect();
        let signed_by = Some(self.credentials.get(key).family);
        let signed = self.plan.family_ids().filter(|family| self.plan.family(*family).signed_by == signed_by);
        for family in signed.filter(|_| !Mistake::CensusForgetsKeys.here()) {
            for op in self.doorways.with(Some(Access::of(family))) {
                let open = match self.forged_opens(now, family, op, baseline) {
                    true => self.takes_signed_until(now, key, self.plan.operation(op).service),
                    false => Open::Shut,
                };
                let door = doors.entry(op).or_insert(Open::Shut);
                *door = open.max(*door);
            }
        }
        doors.into_iter().collect()
    }

    /// Whether somebody could be named in a token of this family who could exceed the task with it.
    fn forged_opens(&self, now: Tick, family: FamilyId, op: OpId, baseline: &Baseline) -> bool {
        let mints = matches!(self.plan.operation(op).act, Act::Mint { .. });
        if self.open_to_all(op) && mints {
            return false;
        }
        (0..self.plan.identities()).map(IdentityId::new).any(|who| {
            let who = self.holder_of(Minted { family, rights: Access::of(family), who: Some(who), actor: None });
            self.opens(now, who, op, baseline) && self.can_exceed(now, who, op, baseline)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::containment::Verb;
    use crate::model::service::Validation;
    use crate::wire::{FamilyId, Reason, Span};
    use crate::world::tests::signed_plan;

    #[test]
    fn what_a_key_signed_is_taken_until_the_key_ends() {
        let (key, service) = (CredId::new(1), ServiceId::new(0));
        let mut world = World::new(signed_plan(Validation::Jwt { leeway: Span(3) }).into());
        assert_eq!(world.takes_signed_until(Tick(4), key, service), Open::ForEver);
        world.credentials.end(key, Tick(5), Reason::RevokedByProtocol, Verb::Revoke);
        let taken = [4, 5, 6].map(|at| world.takes_signed_until(Tick(at), key, service));
        assert_eq!(taken, [Open::Until(Tick(5)), Open::Shut, Open::Shut], "leeway is for `exp` alone");
        let published = [4, 5].map(|at| world.published_keys(Tick(at)));
        assert_eq!(published, [vec![(FamilyId::new(1), 0)], vec![]]);
        let asks = World::new(signed_plan(Validation::Gateway).into());
        assert_eq!(
            asks.takes_signed_until(Tick(4), key, service),
            Open::Shut,
            "who asks the issuer goes by no signature"
        );
    }
}
