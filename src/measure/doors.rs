//! Doors: until when each (credential, service) was open, and when somebody declared it shut.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::model::control::Action;
use crate::model::service::Role;
use crate::wire::{CredId, Event, Open, ServiceId, Target, Tick};

use super::closure::Closure;

/// One (credential, service) that was open to the closure. No credential is a credential too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Door {
    pub cred: Option<CredId>,
    pub service: ServiceId,
    pub opened: Tick,
    /// From when on nothing that exceeds the task was accepted any more.
    pub closed: Option<Tick>,
    /// When the last action that covers it returned.
    pub declared: Option<Tick>,
}

/// How a declaration and the truth relate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lag {
    /// It went on being accepted for so long after it was declared shut.
    After(crate::wire::Span),
    /// It was shut before anybody said so.
    Early,
    /// Nobody acted on it: it expired, or a budget ran out.
    NoneDeclared,
    /// It was still open when the run ended.
    NeverClosed,
}

impl Door {
    pub fn lag(&self) -> Lag {
        match (self.closed, self.declared) {
            (None, _) => Lag::NeverClosed,
            (Some(_), None) => Lag::NoneDeclared,
            (Some(closed), Some(declared)) if closed <= declared => Lag::Early,
            (Some(closed), Some(declared)) => Lag::After(closed.since(declared)),
        }
    }
}

/// Folds census and actions.
#[derive(Default, Debug)]
pub struct Doors {
    open: BTreeMap<(Option<CredId>, ServiceId), (Tick, Open, Tick)>,
    acted: Vec<(Tick, Tick, crate::wire::StepId, Target)>,
}

impl Doors {
    pub fn event(&mut self, event: &Event) {
        match *event {
            Event::Census { at, cred, service, open } => {
                self.open
                    .entry((cred, service))
                    .and_modify(|(_, before, since)| {
                        // A door that was to shut by itself before now did so then.
                        let shut_already = matches!(*before, Open::Until(until) if until <= at);
                        if !(shut_already && open == Open::Shut) {
                            (*before, *since) = (open, at);
                        }
                    })
                    .or_insert((at, open, at));
            }
            Event::Acted { at, step, target, returned, worked: true, .. } => {
                self.acted.push((at, returned, step, target));
            }
            _ => {}
        }
    }

    /// Every door that was ever open, with its end.
    pub fn finish(self, plan: &Plan, closure: &Closure, end: Tick) -> Vec<Door> {
        let declarations = Declarations::of(plan, &self.acted);
        self.open
            .iter()
            .map(|((cred, service), (opened, open, since))| {
                let closed = match *open {
                    Open::ForEver => None,
                    Open::Until(at) => (at <= end).then_some(at),
                    Open::Shut => Some(*since),
                };
                let declared = declarations.covering(plan, closure, *cred, *service);
                Door { cred: *cred, service: *service, opened: *opened, closed, declared }
            })
            .collect()
    }
}

/// The last action on each target.
struct Declarations {
    by_credential: BTreeMap<CredId, Tick>,
    by_identity: BTreeMap<crate::wire::IdentityId, Tick>,
    by_service: BTreeMap<ServiceId, Tick>,
    blocked: BTreeMap<(CredId, ServiceId), Tick>,
}

impl Declarations {
    fn of(plan: &Plan, acted: &[(Tick, Tick, crate::wire::StepId, Target)]) -> Declarations {
        let mut all = Declarations {
            by_credential: BTreeMap::new(),
            by_identity: BTreeMap::new(),
            by_service: BTreeMap::new(),
            blocked: BTreeMap::new(),
        };
        for (_, returned, step, target) in acted {
            match (&plan.controls.steps[step.index()].action, target) {
                (Action::Block { services }, Target::Credential(cred)) => {
                    for service in services {
                        all.blocked.insert((*cred, *service), *returned);
                    }
                }
                (_, Target::Credential(cred)) => {
                    all.by_credential.insert(*cred, *returned);
                }
                (_, Target::Identity(identity)) => {
                    all.by_identity.insert(*identity, *returned);
                }
                (Action::SetRule { operations, .. } | Action::Close { operations }, Target::Named) => {
                    for op in operations {
                        all.by_service.insert(plan.operation(*op).service, *returned);
                    }
                }
                (Action::Throttle { limit }, Target::Named) => {
                    for op in &plan.controls.limits[limit.index()].on {
                        all.by_service.insert(plan.operation(*op).service, *returned);
                    }
                }
                _ => {}
            }
        }
        all
    }

    fn covering(&self, plan: &Plan, closure: &Closure, cred: Option<CredId>, service: ServiceId) -> Option<Tick> {
        if plan.service(service).role == Role::Administration {
            return None;
        }
        let by_credential = cred.and_then(|c| self.by_credential.get(&c));
        let by_identity = cred.and_then(|c| closure.principal(plan, c)).and_then(|p| self.by_identity.get(&p));
        let blocked = cred.and_then(|c| self.blocked.get(&(c, service)));
        let by_service = self.by_service.get(&service);
        [by_credential, by_identity, blocked, by_service].into_iter().flatten().max().copied()
    }
}

/// The last *closed* over all doors; nothing while one is open, or when none ever was.
pub fn observed(doors: &[Door]) -> Option<Tick> {
    doors.iter().map(|d| d.closed).collect::<Option<Vec<_>>>()?.into_iter().max()
}
