//! How the limits meet requests: what a call takes, what it uses up, whose doors that shuts.

use crate::model::service::{Act, Answer};
use crate::wire::{CredId, Effect, IdentityId, Key, OpId, Tick};

use super::World;
use super::handle::{Admitted, Refusal};
use super::limits::{Counted, Use};

impl World {
    /// Whether every limit lets one more call of `op` through.
    pub(super) fn within_limits(&self, now: Tick, op: OpId, admitted: Admitted) -> Result<(), Refusal> {
        if !self.limits.watch(op) {
            return Ok(());
        }
        let refused = self.limits.refuses(now, op, self.counted_as(admitted), self.least_records(op));
        refused.map_or(Ok(()), |refused| Err(Refusal::limited(now, refused)))
    }

    /// Whether a limit on records lets so many be touched.
    pub(super) fn within_records(&self, now: Tick, op: OpId, admitted: Admitted, records: u32) -> Result<(), Refusal> {
        if !self.limits.watch(op) {
            return Ok(());
        }
        let refused = self.limits.refuses_records(now, op, self.counted_as(admitted), records);
        refused.map_or(Ok(()), |refused| Err(Refusal::limited(now, refused)))
    }

    /// How many records this caller may still touch.
    pub(super) fn records_left(&self, now: Tick, op: OpId, admitted: Admitted) -> u32 {
        if self.limits.watch(op) { self.limits.records_left(now, op, self.counted_as(admitted)) } else { u32::MAX }
    }

    fn counted_as(&self, admitted: Admitted) -> Counted {
        self.counted(admitted.cred, admitted.principal)
    }

    /// Counts a use, and tells the census whose doors it shut for good.
    pub(super) fn use_up(&mut self, now: Tick, op: OpId, admitted: Admitted, what: Use) {
        if !self.limits.watch(op) {
            return;
        }
        for key in self.limits.count(now, op, self.counted_as(admitted), what) {
            self.changes.everything |= key == Key::Global;
            let of = |c: &CredId| {
                let principal = self.credentials.get(*c).principal;
                Key::Credential(*c) == key
                    || principal.is_some_and(|p| Key::Principal(p) == key || Key::Owner(self.plan.owner_of(p)) == key)
            };
            self.changes.credentials.extend(self.credentials.ids().filter(of));
        }
    }

    /// How many records an accepted call touches at the least.
    pub(super) fn least_records(&self, op: OpId) -> u32 {
        let spec = self.plan.operation(op);
        u32::from(match spec.act {
            Act::List { answer, .. } => answer == Answer::Records,
            Act::One { answer } => answer == Answer::Records || spec.effect != Effect::Read,
            Act::All | Act::Create | Act::Mint { .. } => true,
            _ => false,
        })
    }

    /// Whether a limit shuts this operation for good.
    pub(super) fn exhausted(&self, now: Tick, op: OpId, cred: Option<CredId>, principal: Option<IdentityId>) -> bool {
        if !self.limits.watch(op) {
            return false;
        }
        let counted = self.counted(cred, principal);
        let spec = self.plan.operation(op);
        let records = match (spec.act, spec.target) {
            (Act::All, Some(coll)) => {
                let rows = self.records.original(self.rules[op.index()], self.caller(principal, cred), coll);
                rows.len().max(1)
            }
            _ => self.least_records(op),
        };
        self.limits.refuses(now, op, counted, records).is_some_and(|refused| refused.again.is_none())
    }

    fn counted(&self, cred: Option<CredId>, principal: Option<IdentityId>) -> Counted {
        Counted { cred, principal, owner: principal.map(|p| self.plan.owner_of(p)) }
    }
}
