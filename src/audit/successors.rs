//! What a rotated credential was replaced by. The journal tells each rotation and not the row of the new secret, which
//! follows from the order in which credentials are issued.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Plan;
use crate::model::control::Action;
use crate::wire::{CredId, Event, IdentityId, Target};

/// The secret that took the place of another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Successor {
    pub of: CredId,
    /// Whose both are.
    pub principal: Option<IdentityId>,
}

/// Every successor that was issued in a run, by its row.
pub fn successors(plan: &Plan, events: &[Event]) -> BTreeMap<CredId, Successor> {
    let rotates = |action: &Action| matches!(action, Action::Rotate { .. });
    if !plan.controls.steps.iter().any(|step| rotates(&step.action)) {
        return BTreeMap::new();
    }
    let mut issued = Issued { plan, principals: Vec::new(), replaced: BTreeSet::new() };
    let mut found = BTreeMap::new();
    for event in events {
        match *event {
            Event::Minted { principal, .. } => issued.principals.push(principal),
            Event::Acted { step, target, worked: true, .. } if rotates(&plan.controls.steps[step.index()].action) => {
                for of in issued.meant(target) {
                    if issued.replaced.insert(of) {
                        let (new, principal) = (issued.next(), issued.principal(of));
                        issued.principals.push(principal);
                        found.insert(new, Successor { of, principal });
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The credentials of the start and those that were issued so far.
struct Issued<'p> {
    plan: &'p Plan,
    principals: Vec<Option<IdentityId>>,
    replaced: BTreeSet<CredId>,
}

impl Issued<'_> {
    fn next(&self) -> CredId {
        CredId::new(self.plan.credentials() + self.principals.len() as u32)
    }

    fn principal(&self, cred: CredId) -> Option<IdentityId> {
        match cred.number().checked_sub(self.plan.credentials()) {
            Some(issued) => self.principals.get(issued as usize).copied().flatten(),
            None => {
                let (family, index) = self.plan.origin_of(cred);
                self.plan.family(family).of.get(index).map(IdentityId::new)
            }
        }
    }

    fn meant(&self, target: Target) -> Vec<CredId> {
        match target {
            Target::Credential(cred) => vec![cred],
            Target::Identity(identity) => (0..self.next().number())
                .map(CredId::new)
                .filter(|cred| self.principal(*cred) == Some(identity))
                .collect(),
            Target::Named | Target::Record(_) => Vec::new(),
        }
    }
}
