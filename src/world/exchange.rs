//! Doors that two credentials open together: one asks for a token that is made of the other (RFC 8693).

use crate::analysis::exchanges;
use crate::model::{Baseline, Bits};
use crate::planted::Mistake;
use crate::wire::{CredId, OpId, Open, PlaceId, Tick};

use super::World;

impl World {
    /// How long `cred` would get a token that can exceed the task, made of another one of those that are held.
    pub fn doors_by_exchange(
        &self,
        now: Tick,
        cred: CredId,
        held: &Bits,
        networks: &[PlaceId],
        baseline: &Baseline,
    ) -> Vec<(OpId, Open)> {
        let row = self.credentials.get(cred);
        let caller = self.as_minted(cred);
        let is_shut = |op: OpId| {
            let shut = self.closed.contains(op.number()) || self.plan.sends_on(op) || baseline.allows(op);
            shut || self.is_disabled(row.principal)
                || self.shut_for_good(now, op, Some(cred), row.principal, row.actor)
                || Mistake::CensusExchangesItsOwnOnly.here()
        };
        let together = |op: OpId| {
            let asks = self.lets_ask_until(now, cred, op, networks);
            let others = held.iter().map(CredId::new).filter(|other| *other != cred && asks != Open::Shut);
            let lead_on = others.filter(|other| {
                self.credentials.get(*other).issued()
                    && self.leads_on(now, op, (self.as_minted(*other), caller), baseline)
            });
            lead_on.map(|other| self.lives_for(now, other, op, networks).min(asks)).max().unwrap_or(Open::Shut)
        };
        exchanges(&self.plan).filter(|op| !is_shut(*op)).map(|op| (op, together(op))).collect()
    }
}
