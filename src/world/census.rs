//! The census: until when a credential would be accepted for a request that exceeds the task.
//!
//! A pure query: it asks what each service would do, given no further action and no further request, and changes
//! nothing. It goes by the records of the start, because an attacker who ran out of work has not been contained.

use crate::model::Baseline;
use crate::model::service::{Act, Answer, Validation};
use crate::wire::{CredId, IdentityId, OpId, Open, PlaceId, ServiceId, Tick};

use super::World;
use super::records::Original;
use super::validate::{Check, believes_until};

impl World {
    /// How long each operation stays open for `cred`, used from any of `networks`, for a request outside `baseline`.
    pub fn doors<'a>(
        &'a self,
        now: Tick,
        cred: Option<CredId>,
        networks: &'a [PlaceId],
        baseline: &'a Baseline,
    ) -> impl Iterator<Item = (OpId, Open)> + 'a {
        let mut believed: Option<(ServiceId, Open)> = None;
        self.plan.operation_ids().map(move |op| {
            let service = self.plan.operation(op).service;
            if !(self.opens(cred, op) && self.can_exceed(now, cred, op, baseline)) {
                return (op, Open::Shut);
            }
            let Some(cred) = cred else { return (op, Open::ForEver) };
            let open = match believed {
                Some((of, open)) if of == service => open,
                _ => self.believed_until(now, cred, service, networks),
            };
            believed = Some((service, open));
            (op, open)
        })
    }

    /// How long a service would believe a credential that is used from the most welcome of `networks`.
    pub(super) fn believed_until(&self, now: Tick, cred: CredId, service: ServiceId, networks: &[PlaceId]) -> Open {
        if self.blocked.contains(&(cred, service)) {
            return Open::Shut;
        }
        let believed = networks.iter().map(|from| {
            let check = Check { service, cred, from: *from };
            believes_until(&self.plan, &self.credentials, &self.caches, now, check)
        });
        believed.max().unwrap_or(Open::Shut)
    }

    /// Whether the scopes of a credential, or of none at all, unlock an operation. What is open to all belongs to the
    /// caller without a credential.
    fn opens(&self, cred: Option<CredId>, op: OpId) -> bool {
        let open_to_all = self.open_to_all(op);
        let unlocked = match cred {
            None => open_to_all,
            Some(cred) => !open_to_all && self.plan.access.unlocks(self.credentials.get(cred).family, op),
        };
        unlocked && !self.closed.contains(op.number())
    }

    pub(super) fn open_to_all(&self, op: OpId) -> bool {
        let service = self.plan.operation(op).service;
        self.plan.access.open.contains(op.number()) || self.plan.service(service).validation == Validation::None
    }

    fn can_exceed(&self, now: Tick, cred: Option<CredId>, op: OpId, baseline: &Baseline) -> bool {
        let spec = self.plan.operation(op);
        let principal: Option<IdentityId> = cred.and_then(|c| self.credentials.get(c).principal);
        if baseline.allows(op) || self.exhausted(now, op, cred, principal) {
            return false;
        }
        let touches = match (spec.act, spec.target) {
            (Act::Mint { .. }, _) => return !cred.is_some_and(|c| self.credentials.get(c).spent),
            (Act::RevokeToken | Act::IntrospectToken | Act::Metadata | Act::Administer, _) => return false,
            (Act::Create, _) => self.may_create(op, principal),
            (Act::List { answer: Answer::Records, .. } | Act::One { .. } | Act::All, Some(coll)) => {
                let reads_nothing = matches!(spec.act, Act::One { answer } if answer != Answer::Records)
                    && spec.effect == crate::wire::Effect::Read;
                let rows = self.records.original(self.rules[op.index()], self.caller(principal), coll);
                !reads_nothing && outside(&rows, baseline, coll, spec.effect)
            }
            _ => false,
        };
        touches || spec.cost > 0
    }
}

fn outside(rows: &Original<'_>, baseline: &Baseline, coll: crate::wire::CollId, effect: crate::wire::Effect) -> bool {
    rows.any_outside(baseline.pairs.of(coll, effect))
}
