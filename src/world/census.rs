//! The census: until when a credential would be accepted for a request that exceeds the task.
//!
//! A pure query: it asks what each service would do, given no further action and no further request, and changes
//! nothing. It goes by the records of the start, because an attacker who ran out of work has not been contained.

use crate::analysis::{Minted, mints};
use crate::model::service::{Act, Answer, ObjectRule, Operation, Validation};
use crate::model::{Baseline, Bits, Plan};
use crate::planted::Mistake;
use crate::wire::{CollId, CredId, Effect, FamilyId, IdentityId, OpId, Open, PlaceId, RightsId, ServiceId, Tick};

use super::World;
use super::credentials::Elsewhere;
use super::validate::{Check, believes_until};

/// Where a door can be at all: what credentials with each of the rights, and those without any, may ever call, leaving
/// out what touches nothing and what only sends clients on.
pub(super) struct Doorways {
    by_rights: Vec<Bits>,
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
        let touches = |op: &u32| {
            let op = OpId::new(*op);
            let protocol = matches!(
                plan.operation(op).act,
                Act::RevokeToken | Act::IntrospectToken | Act::Metadata | Act::Administer
            );
            !protocol && !plan.sends_on(op)
        };
        let with_open = |rights| plan.access.unlocked(rights).iter().chain(open.iter()).filter(touches).collect();
        Doorways { by_rights: plan.access.ids().map(with_open).collect(), open }
    }

    pub fn with(&self, rights: Option<RightsId>) -> impl Iterator<Item = OpId> + '_ {
        rights.map_or(&self.open, |rights| &self.by_rights[rights.index()]).iter().map(OpId::new)
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
        let who = row.map_or(NOBODY, |row| Who {
            cred,
            with: Some((row.family, row.rights)),
            index: Some(row.index),
            principal: row.principal,
            actor: row.actor,
        });
        self.doorways.with(who.rights()).map(move |op| {
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

    /// How long new credentials are issued from this one to whoever presents it.
    pub(super) fn issues_until(&self, now: Tick, cred: CredId, op: OpId, networks: &[PlaceId]) -> Open {
        self.lives_for(now, cred, op, networks).min(self.lets_ask_until(now, cred, op, networks))
    }

    /// How long an operation would issue new credentials from this one. The provider knows at once when it has ended.
    pub(super) fn lives_for(&self, now: Tick, cred: CredId, op: OpId, networks: &[PlaceId]) -> Open {
        let row = self.credentials.get(cred);
        let service = self.plan.operation(op).service;
        let unsigned = row.signed_by.is_some_and(|key| self.credentials.get(key).ended(now));
        let dead = unsigned
            || self.is_keyless(cred)
            || row.spent
            || row.ended(now)
            || row.expired(now)
            || self.is_disabled(row.principal);
        let elsewhere = networks.iter().all(|network| self.credentials.from(cred, *network) != Elsewhere::Accepted);
        if dead || elsewhere || !self.plan.issues_from(op, row.family) || self.blocked.contains(&(cred, service)) {
            return Open::Shut;
        }
        match row.expires.min(row.ends) {
            Tick::NEVER => Open::ForEver,
            end => Open::Until(end),
        }
    }

    /// How long an operation lets whoever presents this ask for a new credential.
    pub(super) fn lets_ask_until(&self, now: Tick, cred: CredId, op: OpId, networks: &[PlaceId]) -> Open {
        match self.open_to_all(op) {
            true => Open::ForEver,
            false if self.plan.access.unlocks(self.credentials.get(cred).rights, op) => {
                self.believed_until(now, cred, self.plan.operation(op).service, networks)
            }
            false => Open::Shut,
        }
    }

    /// How long a service would believe a credential that is used from the most welcome of `networks`.
    pub(super) fn believed_until(&self, now: Tick, cred: CredId, service: ServiceId, networks: &[PlaceId]) -> Open {
        let blocked = self.blocked.contains(&(cred, service)) && !Mistake::CensusForgetsBlocks.here();
        if blocked || self.is_keyless(cred) {
            return Open::Shut;
        }
        let looked = if Mistake::CensusOfOneNetwork.here() { 1 } else { networks.len() };
        let believed = networks.iter().take(looked).map(|from| {
            let check = Check { service, cred, from: *from };
            believes_until(&self.plan, &self.credentials, &self.caches, now, check)
        });
        believed.max().unwrap_or(Open::Shut)
    }

    /// Whether an operation is unlocked for a caller. What is open to all belongs to the caller without a credential,
    /// unless it lets only some caller exceed.
    pub(super) fn opens(&self, now: Tick, who: Who, op: OpId, baseline: &Baseline) -> bool {
        if self.closed.contains(op.number()) || self.plan.sends_on(op) {
            return false;
        }
        let Some((family, rights)) = who.with else { return self.open_to_all(op) };
        match self.open_to_all(op) {
            true if matches!(self.plan.operation(op).act, Act::Mint { .. }) => self.plan.issues_from(op, family),
            true => self.rules[op.index()] != ObjectRule::Anyone && !self.can_exceed(now, NOBODY, op, baseline),
            false => self.plan.access.unlocks(rights, op),
        }
    }

    /// A credential as searches see it.
    pub(super) fn as_minted(&self, cred: CredId) -> Minted {
        let row = self.credentials.get(cred);
        Minted { family: row.family, rights: row.rights, who: row.principal, actor: row.actor }
    }

    pub(super) fn open_to_all(&self, op: OpId) -> bool {
        self.doorways.open_to_all(op)
    }

    pub(super) fn can_exceed(&self, now: Tick, who: Who, op: OpId, baseline: &Baseline) -> bool {
        let spec = self.plan.operation(op);
        if baseline.allows(op) || self.shut_for_good(now, op, who.cred, who.principal, who.actor) {
            return false;
        }
        match (spec.act, spec.target) {
            (Act::Mint { .. }, _) if who.with.is_none() => false,
            (Act::Mint { .. }, _) if Mistake::MintingIsNoDoor.here() => false,
            (Act::Mint { .. }, _) => {
                spec.cost > 0 || who.minted().is_some_and(|from| self.leads_on(now, op, (from, from), baseline))
            }
            (Act::RevokeToken | Act::IntrospectToken | Act::Metadata | Act::Administer, _) => false,
            (Act::Create { inside }, _) => {
                self.may_create(op, who.principal) && inside.is_none_or(|outer| self.may_enter(op, who, outer))
            }
            (Act::List { .. } | Act::One { .. } | Act::All, Some(coll)) => {
                let of = who.with.map(|(family, _)| (family, who.index));
                let (rule, caller) = (self.rules[op.index()], self.caller_of(who.principal, of));
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
                let task = baseline.pairs.of(coll, spec.effect).filter(|_| !Mistake::CensusCountsTheTask.here());
                shows && rows.any_outside(task) || spec.cost > 0 && costs()
            }
            _ => spec.cost > 0,
        }
    }

    /// Whether there is a record in which the caller may make another.
    fn may_enter(&self, op: OpId, who: Who, outer: CollId) -> bool {
        let of = who.with.map(|(family, _)| (family, who.index));
        let (rule, caller) = (self.rules[op.index()], self.caller_of(who.principal, of));
        !self.records.original(rule, caller, outer).is_empty() || self.records.shows_made(rule, caller, outer)
    }

    /// A first record of one's own opens what was refused for want of any: which matters where a call costs.
    pub(super) fn opens_what_costs(&mut self, coll: CollId, owner: Option<IdentityId>) {
        let costs = |op: &Operation| op.target == Some(coll) && op.cost > 0;
        if owner.is_some() && self.plan.operations.iter().any(costs) {
            let theirs = self.credentials.ids().filter(|c| self.credentials.get(*c).principal == owner);
            self.changes.credentials.extend(theirs);
        }
    }

    /// Whether something that can be minted with `op` from the first for the second, or with what that mints, can exceed.
    pub(super) fn leads_on(&self, now: Tick, op: OpId, (from, caller): (Minted, Minted), baseline: &Baseline) -> bool {
        let mut met: Vec<Minted> = Vec::new();
        let mut open: Vec<(OpId, Minted, Minted)> = vec![(op, from, caller)];
        while let Some((mint, from, caller)) = open.pop() {
            for minted in mints(&self.plan, mint, from, caller) {
                if met.contains(&minted) {
                    continue;
                }
                met.push(minted);
                let who = Who::new(minted);
                for op in self.doorways.with(who.rights()).filter(|op| self.opens(now, who, *op, baseline)) {
                    match self.plan.operation(op).act {
                        Act::Mint { .. } if self.plan.issues_from(op, minted.family) => open.push((op, minted, minted)),
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
pub(super) struct Who {
    cred: Option<CredId>,
    with: Option<(FamilyId, RightsId)>,
    /// The credential's index in its family, where it is known.
    index: Option<u32>,
    principal: Option<IdentityId>,
    /// Who acts with it for its principal.
    actor: Option<IdentityId>,
}

const NOBODY: Who = Who { cred: None, with: None, index: None, principal: None, actor: None };

impl Who {
    pub(super) fn new(minted: Minted) -> Who {
        let Minted { family, rights, who, actor } = minted;
        Who { with: Some((family, rights)), principal: who, actor, ..NOBODY }
    }

    fn rights(self) -> Option<RightsId> {
        self.with.map(|(_, rights)| rights)
    }

    /// As what new credentials are minted from.
    fn minted(self) -> Option<Minted> {
        self.with.map(|(family, rights)| Minted { family, rights, who: self.principal, actor: self.actor })
    }
}
