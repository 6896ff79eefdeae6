//! Declared containment: which successful action covers what, and when the last of them returned.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Plan;
use crate::model::containment::{Does, Layer, Verb};
use crate::model::control::Action;
use crate::model::service::ObjectRule;
use crate::planted::Mistake;
use crate::wire::{CredId, FamilyId, IdentityId, OpId, ServiceId, StepId, Target, Tick};

use super::closure::Closure;

/// The last action on each target.
#[derive(Default, Debug)]
pub struct Declarations {
    by_credential: BTreeMap<CredId, Tick>,
    /// Of those, what the action ended, and not merely bound.
    ended: BTreeMap<CredId, Tick>,
    by_identity: BTreeMap<IdentityId, Tick>,
    by_operation: BTreeMap<OpId, Tick>,
    /// What has a successor: it took nothing along.
    renewed: BTreeSet<CredId>,
    blocked: BTreeMap<(CredId, ServiceId), Tick>,
    /// The keys of what nobody issued.
    forged: BTreeMap<CredId, CredId>,
    /// What was minted in the run.
    minted: BTreeMap<CredId, Origin>,
}

/// Where a credential that was issued comes from.
#[derive(Clone, Copy, Debug)]
struct Origin {
    family: FamilyId,
    parent: Option<CredId>,
    /// What signed it, where that is a key of the scenario.
    key: Option<CredId>,
}

impl Declarations {
    /// A successful action returned. One that lets more through contains nothing.
    pub fn note(&mut self, plan: &Plan, step: StepId, target: Target, returned: Tick) {
        let controls = &plan.controls;
        let verb = Verb::of(&controls.steps[step.index()].action);
        if let (Some(verb), Target::Credential(cred)) = (verb, target)
            && let Some(family) = self.family(plan, cred)
        {
            match Layer::of(plan.family(family).kind).under(verb) {
                Does::Nothing => return,
                Does::Renews => {
                    if !self.ended.contains_key(&cred) {
                        self.renewed.insert(cred);
                    }
                }
                // What is ended in earnest takes along what its successor had spared.
                Does::Ends if Mistake::RenewedForEver.here() => {}
                Does::Ends => _ = self.renewed.remove(&cred),
                Does::Binds | Does::Blocks => {}
            }
        }
        match (&controls.steps[step.index()].action, target) {
            (Action::SetRule { rule: ObjectRule::Anyone, .. }, _) if !Mistake::LooserRuleDeclares.here() => {}
            (Action::Block { services }, Target::Credential(cred)) => {
                self.blocked.extend(services.iter().map(|service| ((cred, *service), returned)));
            }
            (action, Target::Credential(cred)) => {
                self.by_credential.insert(cred, returned);
                if matches!(action, Action::Revoke | Action::Disable | Action::Rotate { .. }) {
                    self.ended.insert(cred, returned);
                }
            }
            (_, Target::Identity(identity)) => _ = self.by_identity.insert(identity, returned),
            (Action::SetRule { operations, .. } | Action::Close { operations }, Target::Named) => {
                self.by_operation.extend(operations.iter().map(|op| (*op, returned)));
            }
            (Action::Throttle { limit }, Target::Named) => {
                let on = &controls.limits[limit.index()].on;
                self.by_operation.extend(on.iter().map(|op| (*op, returned)));
            }
            (_, Target::Named | Target::Record(_)) => {}
        }
    }

    /// The provider issued a credential.
    pub fn minted(&mut self, plan: &Plan, cred: CredId, family: FamilyId, parent: Option<CredId>) {
        // What a successor of the key signed does not end with that.
        let key = signer(plan, family).filter(|key| !self.renewed.contains(key));
        self.minted.insert(cred, Origin { family, parent, key });
    }

    /// Somebody made a credential with a key.
    pub fn forged(&mut self, cred: CredId, key: CredId) {
        self.forged.insert(cred, key);
    }

    /// What kind of credential a row is, as far as the run or the scenario tells.
    fn family(&self, plan: &Plan, cred: CredId) -> Option<FamilyId> {
        let minted = self.minted.get(&cred).map(|origin| origin.family);
        minted.or_else(|| (cred.number() < plan.credentials()).then(|| plan.origin_of(cred).0))
    }

    /// What a credential ends with: the key that signed it, and its parent where the table or the scenario says so.
    fn ends_with(&self, plan: &Plan, cred: CredId) -> impl Iterator<Item = CredId> + use<> {
        let forged = self.forged.get(&cred).copied();
        let issued = self.minted.get(&cred).copied().or_else(|| {
            let (family, index) = (cred.number() < plan.credentials()).then(|| plan.origin_of(cred))?;
            Some(Origin { family, parent: plan.parent_of(family, index), key: signer(plan, family) })
        });
        let issued = issued.filter(|_| forged.is_none());
        let parent = issued.and_then(|of| of.parent.filter(|parent| self.falls(plan, *parent, of.family)));
        let key = issued.and_then(|of| of.key).filter(|_| !Mistake::KeysDeclareNothing.here());
        [forged, parent, key].into_iter().flatten()
    }

    /// Whether what was minted from a credential ends with it.
    fn falls(&self, plan: &Plan, parent: CredId, child: FamilyId) -> bool {
        let how = if self.renewed.contains(&parent) { Verb::Rotate } else { Verb::Revoke };
        let child = plan.family(child);
        let above = self.family(plan, parent).map(|family| plan.family(family));
        above.is_some_and(|above| child.cascade.follows(how, above.kind, child.kind))
    }

    /// When the last action returned that ends a credential, or one that it ends with.
    fn ending(&self, plan: &Plan, closure: &Closure, cred: CredId) -> Option<Tick> {
        let ends = |cred: CredId| {
            let by_identity = closure.principal(plan, cred).and_then(|who| self.by_identity.get(&who));
            [self.ended.get(&cred), by_identity].into_iter().flatten().max().copied()
        };
        let (mut last, mut next, mut open) = (self.by_credential.get(&cred).copied(), Some(cred), Vec::new());
        while let Some(cred) = next {
            last = last.max(ends(cred));
            open.extend(self.ends_with(plan, cred));
            next = open.pop();
        }
        last
    }

    /// When the last action returned that covers an operation for whoever presents this credential.
    pub fn covering(&self, plan: &Plan, closure: &Closure, cred: Option<CredId>, op: OpId) -> Option<Tick> {
        let service = plan.operation(op).service;
        let ending = cred.and_then(|c| self.ending(plan, closure, c));
        let blocked = cred.and_then(|c| self.blocked.get(&(c, service))).copied();
        let by_operation = self.by_operation.get(&op).copied();
        [ending, blocked, by_operation].into_iter().flatten().max()
    }
}

/// The key that a scenario has, before any rotation, for what is issued of a family.
fn signer(plan: &Plan, family: FamilyId) -> Option<CredId> {
    let key = plan.family(family).signed_by?;
    Some(CredId::new(plan.family(key).first_row))
}
