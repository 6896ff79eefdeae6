//! The census: until when a credential would be accepted for a request that exceeds the task.
//!
//! A pure query: it asks what each service would do, given no further action and no further request, and changes
//! nothing. It goes by the records of the start, because an attacker who ran out of work has not been contained.

use crate::model::service::{Act, Answer, ObjectRule, Operation, Validation};
use crate::model::{Baseline, Bits, Plan};
use crate::wire::{CollId, CredId, Effect, FamilyId, IdentityId, OpId, Open, PlaceId, ServiceId, Tick};

use super::World;
use super::credentials::Elsewhere;
use super::validate::{Check, believes_until};

/// Where a door can be at all: what the credentials of each family, and those without any, may ever call. Scopes do not
/// change in a run.
pub(super) struct Doorways {
    by_family: Vec<Bits>,
    open: Bits,
}

impl Doorways {
    pub fn of(plan: &Plan) -> Doorways {
        let mut open = plan.access.open.clone();
        for op in plan.operation_ids() {
            if plan.service(plan.operation(op).service).validation == Validation::None {
                open.insert(op.number());
            }
        }
        let with_open = |family| plan.access.unlocked(family).iter().chain(open.iter()).collect();
        Doorways { by_family: plan.family_ids().map(with_open).collect(), open }
    }

    fn for_family(&self, family: Option<FamilyId>) -> impl Iterator<Item = OpId> + '_ {
        family.map_or(&self.open, |family| &self.by_family[family.index()]).iter().map(OpId::new)
    }

    fn open_to_all(&self, op: OpId) -> bool {
        self.open.contains(op.number())
    }
}

impl World {
    /// How long each operation that a scope opens stays open for `cred`, used from any of `networks`, for a request outside `baseline`.
    pub fn doors<'a>(
        &'a self,
        now: Tick,
        cred: Option<CredId>,
        networks: &'a [PlaceId],
        baseline: &'a Baseline,
    ) -> impl Iterator<Item = (OpId, Open)> + 'a {
        let mut believed: Option<(ServiceId, Open)> = None;
        let row = cred.map(|c| self.credentials.get(c));
        let who = Who { cred, family: row.map(|r| r.family), principal: row.and_then(|r| r.principal) };
        self.doorways.for_family(who.family).map(move |op| {
            let spec = self.plan.operation(op);
            if !(self.opens(now, who, op, baseline) && self.can_exceed(now, who, op, baseline)) {
                return (op, Open::Shut);
            }
            let Some(cred) = cred else { return (op, Open::ForEver) };
            if matches!(spec.act, Act::Mint { .. }) {
                return (op, self.issues_until(now, cred, op, networks));
            }
            if self.open_to_all(op) {
                return (op, Open::ForEver);
            }
            let open = match believed {
                Some((of, open)) if of == spec.service => open,
                _ => self.believed_until(now, cred, spec.service, networks),
            };
            believed = Some((spec.service, open));
            (op, open)
        })
    }

    /// How long new credentials are issued from this one. The provider knows at once when it has ended.
    pub(super) fn issues_until(&self, now: Tick, cred: CredId, op: OpId, networks: &[PlaceId]) -> Open {
        let row = self.credentials.get(cred);
        let service = self.plan.operation(op).service;
        let dead = row.spent || row.ended(now) || row.expired(now) || self.is_disabled(row.principal);
        let elsewhere = networks.iter().all(|network| self.credentials.from(cred, *network) != Elsewhere::Accepted);
        if dead || elsewhere || !self.plan.issues_from(op, row.family) || self.blocked.contains(&(cred, service)) {
            return Open::Shut;
        }
        let believed = match self.open_to_all(op) {
            true => Open::ForEver,
            false if self.plan.access.unlocks(row.family, op) => self.believed_until(now, cred, service, networks),
            false => Open::Shut,
        };
        let lives = if row.expires == Tick::NEVER { Open::ForEver } else { Open::Until(row.expires) };
        believed.min(lives)
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

    /// Whether an operation is unlocked for a caller. What is open to all belongs to the caller without a credential,
    /// unless it lets only some caller exceed.
    fn opens(&self, now: Tick, who: Who, op: OpId, baseline: &Baseline) -> bool {
        if self.closed.contains(op.number()) || self.plan.sends_on(op) {
            return false;
        }
        let Some(family) = who.family else { return self.open_to_all(op) };
        match self.open_to_all(op) {
            true if matches!(self.plan.operation(op).act, Act::Mint { .. }) => self.plan.issues_from(op, family),
            true => self.rules[op.index()] != ObjectRule::Anyone && !self.can_exceed(now, NOBODY, op, baseline),
            false => self.plan.access.unlocks(family, op),
        }
    }

    pub(super) fn open_to_all(&self, op: OpId) -> bool {
        self.doorways.open_to_all(op)
    }

    fn can_exceed(&self, now: Tick, who: Who, op: OpId, baseline: &Baseline) -> bool {
        let spec = self.plan.operation(op);
        if baseline.allows(op) || self.shut_for_good(now, op, who.cred, who.principal) {
            return false;
        }
        match (spec.act, spec.target) {
            (Act::Mint { .. }, _) if who.family.is_none() => false,
            (Act::Mint { .. }, _) => spec.cost > 0 || self.leads_on(now, who.principal, op, baseline),
            (Act::RevokeToken | Act::IntrospectToken | Act::Metadata | Act::Administer, _) => false,
            (Act::Create, _) => self.may_create(op, who.principal),
            (Act::List { .. } | Act::One { .. } | Act::All, Some(coll)) => {
                let (rule, caller) = (self.rules[op.index()], self.caller(who.principal));
                let rows = self.records.original(rule, caller, coll);
                let shows = match spec.act {
                    Act::List { answer, .. } => answer == Answer::Records,
                    Act::One { answer } => answer == Answer::Records || spec.effect != Effect::Read,
                    _ => true,
                };
                let costs = || {
                    let names_one = matches!(spec.act, Act::One { .. });
                    let nothing_to_hide = !names_one && self.records.extent(coll) == 0;
                    let inside = matches!(spec.act, Act::List { inside: Some(_), .. });
                    let made = || !inside && self.records.shows_made(rule, caller, coll);
                    !rows.is_empty() || nothing_to_hide || made()
                };
                shows && rows.any_outside(baseline.pairs.of(coll, spec.effect)) || spec.cost > 0 && costs()
            }
            _ => spec.cost > 0,
        }
    }

    /// A first record of one's own opens what was refused for want of any: which matters where a call costs.
    pub(super) fn opens_what_costs(&mut self, coll: CollId, owner: Option<IdentityId>) {
        let costs = |op: &Operation| op.target == Some(coll) && op.cost > 0;
        if owner.is_some() && self.plan.operations.iter().any(costs) {
            let theirs = self.credentials.ids().filter(|c| self.credentials.get(*c).principal == owner);
            self.changes.credentials.extend(theirs);
        }
    }

    /// Whether something that can be minted with `op`, or with what it mints, can exceed.
    fn leads_on(&self, now: Tick, principal: Option<IdentityId>, op: OpId, baseline: &Baseline) -> bool {
        let mut met: Vec<FamilyId> = Vec::new();
        let mut open = vec![op];
        while let Some(mint) = open.pop() {
            let Act::Mint { family, refresh, .. } = self.plan.operation(mint).act else { continue };
            for family in std::iter::once(family).chain(refresh) {
                if met.contains(&family) {
                    continue;
                }
                met.push(family);
                let who = Who { cred: None, family: Some(family), principal };
                for op in self.doorways.for_family(who.family).filter(|op| self.opens(now, who, *op, baseline)) {
                    match self.plan.operation(op).act {
                        Act::Mint { .. } if self.plan.issues_from(op, family) => open.push(op),
                        Act::Mint { .. } => {}
                        _ if self.can_exceed(now, who, op, baseline) => return true,
                        _ => {}
                    }
                }
            }
        }
        false
    }
}

/// Who asks: the holder of a credential, of one that is yet to be minted, or nobody in particular.
#[derive(Clone, Copy)]
struct Who {
    cred: Option<CredId>,
    family: Option<FamilyId>,
    principal: Option<IdentityId>,
}

const NOBODY: Who = Who { cred: None, family: None, principal: None };
