//! The census: until when a credential would be accepted for a request that exceeds the task.
//!
//! A pure query: it asks what each service would do, given no further action and no further request, and changes
//! nothing. It goes by the records of the start, because an attacker who ran out of work has not been contained.

use crate::analysis::{Minted, mints};
use crate::model::Baseline;
use crate::model::service::{Act, ObjectRule};
use crate::planted::Mistake;
use crate::wire::{CollId, CredId, FamilyId, IdentityId, OpId, Open, PlaceId, RightsId, ServiceId, Tick};

use super::World;
use super::credentials::Elsewhere;
use super::doorways::{Does, Touches};
use super::records::Caller;
use super::validate::{Check, believes_until};

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
        let who = cred.map_or(NOBODY, |cred| self.holder(cred));
        let all_answer = cred.is_some() && self.closed.is_empty();
        self.doorways.with(who.rights()).map(move |op| {
            let opens = all_answer && self.doorways.asks_for_scopes(op) || self.opens(now, who, op, baseline);
            if !(opens && self.can_exceed(now, who, op, baseline)) {
                return (op, Open::Shut);
            }
            let Some(cred) = cred else { return (op, Open::ForEver) };
            if matches!(self.doorways.does(op), Does::Mint) {
                return (op, self.issues_until(now, cred, op, networks));
            }
            if self.open_to_all(op) {
                return (op, Open::ForEver);
            }
            let service = self.plan.operation(op).service;
            let open = match believed {
                Some((of, open)) if of == service => open,
                _ => self.believed_until(now, cred, service, networks),
            };
            believed = Some((service, open));
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
        if dead || elsewhere || !self.plan.issues_from(op, row.family) || self.blocks(cred, service) {
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
        let blocked = self.blocks(cred, service) && !Mistake::CensusForgetsBlocks.here();
        if blocked || self.is_keyless(cred) {
            return Open::Shut;
        }
        if self.credentials.get(cred).lasts() && !networks.is_empty() {
            return Open::ForEver;
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
            true if matches!(self.doorways.does(op), Does::Mint) => self.plan.issues_from(op, family),
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
        if !baseline.may.is_empty() && baseline.allows(op)
            || self.shut_for_good(now, op, who.cred, who.principal, who.actor)
        {
            return false;
        }
        let costs = || self.plan.operation(op).cost > 0;
        match self.doorways.does(op) {
            Does::Mint if who.with.is_none() || Mistake::MintingIsNoDoor.here() => false,
            Does::Mint => costs() || who.minted().is_some_and(|from| self.leads_on(now, op, (from, from), baseline)),
            Does::Protocol => false,
            Does::Create(inside) => {
                self.may_create(op, who.principal) && inside.is_none_or(|outer| self.may_enter(op, who, outer))
            }
            Does::Touch(touches) => {
                let task = baseline.pairs.of(touches.coll, touches.effect).filter(|task| !task.is_empty());
                let task = task.filter(|_| !Mistake::CensusCountsTheTask.here());
                let outside = || self.records.any_original(self.rules[op.index()], who.caller, touches.coll, task);
                touches.shows && outside() || costs() && self.costs_something(op, who, touches)
            }
            Does::Nothing => costs(),
        }
    }

    /// Whether a call about records could be accepted at all, and so cost what it costs.
    fn costs_something(&self, op: OpId, who: Who, touches: Touches) -> bool {
        let Touches { coll, names_one, inside, .. } = touches;
        let rule = self.rules[op.index()];
        let nothing_to_hide = !names_one && self.records.is_empty(coll);
        let made = || !inside && self.records.shows_made(rule, who.caller, coll);
        !self.records.original(rule, who.caller, coll).is_empty() || nothing_to_hide || made()
    }

    /// Whether there is a record in which the caller may make another.
    fn may_enter(&self, op: OpId, who: Who, outer: CollId) -> bool {
        let rule = self.rules[op.index()];
        !self.records.original(rule, who.caller, outer).is_empty() || self.records.shows_made(rule, who.caller, outer)
    }

    /// Whoever presents a credential.
    fn holder(&self, cred: CredId) -> Who {
        let row = self.credentials.get(cred);
        let of = Some((row.family, Some(row.index)));
        Who { cred: Some(cred), caller: self.caller_of(row.principal, of), ..Who::with(self.as_minted(cred)) }
    }

    /// Whoever would present a credential that is yet to be made.
    pub(super) fn holder_of(&self, minted: Minted) -> Who {
        Who { caller: self.caller_of(minted.who, Some((minted.family, None))), ..Who::with(minted) }
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
                let who = self.holder_of(minted);
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
    /// As an object rule knows it.
    caller: Caller,
    principal: Option<IdentityId>,
    /// Who acts with it for its principal.
    actor: Option<IdentityId>,
}

const NOBODY: Who = Who {
    cred: None,
    with: None,
    caller: Caller { principal: None, tenant: None, only: None },
    principal: None,
    actor: None,
};

impl Who {
    fn with(minted: Minted) -> Who {
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
