//! Declared containment: which successful action covers what, and when the last of them returned.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::model::control::{Action, Controls};
use crate::model::service::ObjectRule;
use crate::wire::{CredId, IdentityId, OpId, ServiceId, StepId, Target, Tick};

use super::closure::Closure;

/// The last action on each target.
#[derive(Default, Debug)]
pub struct Declarations {
    by_credential: BTreeMap<CredId, Tick>,
    by_identity: BTreeMap<IdentityId, Tick>,
    by_operation: BTreeMap<OpId, Tick>,
    blocked: BTreeMap<(CredId, ServiceId), Tick>,
}

impl Declarations {
    /// A successful action returned. One that lets more through contains nothing.
    pub fn note(&mut self, controls: &Controls, step: StepId, target: Target, returned: Tick) {
        match (&controls.steps[step.index()].action, target) {
            (Action::SetRule { rule: ObjectRule::Anyone, .. }, _) => {}
            (Action::Block { services }, Target::Credential(cred)) => {
                self.blocked.extend(services.iter().map(|service| ((cred, *service), returned)));
            }
            (_, Target::Credential(cred)) => _ = self.by_credential.insert(cred, returned),
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

    /// When the last action returned that covers an operation for whoever presents this credential.
    pub fn covering(&self, plan: &Plan, closure: &Closure, cred: Option<CredId>, op: OpId) -> Option<Tick> {
        let service = plan.operation(op).service;
        let by_credential = cred.and_then(|c| self.by_credential.get(&c));
        let by_identity = cred.and_then(|c| closure.principal(plan, c)).and_then(|p| self.by_identity.get(&p));
        let blocked = cred.and_then(|c| self.blocked.get(&(c, service)));
        let by_operation = self.by_operation.get(&op);
        [by_credential, by_identity, blocked, by_operation].into_iter().flatten().max().copied()
    }
}
