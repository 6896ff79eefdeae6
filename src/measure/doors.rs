//! Doors: until when each (credential, service) was open, and when somebody declared it shut.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::planted::Mistake;
use crate::wire::{CredId, Event, OpId, Open, RequestId, ServiceId, Tick};

use super::closure::Closure;
use super::declared::Declarations;
use super::queued::QueuedEffect;

/// One row of the revocation matrix: a (credential, service) that was open to the closure, or one queued effect. No
/// credential is a credential too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Door {
    pub cred: Option<CredId>,
    pub service: ServiceId,
    /// The request that was queued, where the row is about queued work.
    pub queued: Option<RequestId>,
    pub opened: Tick,
    /// From when on nothing that exceeds the task was accepted any more; of queued work, when it happened or was
    /// cancelled.
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
    operations: BTreeMap<(Option<CredId>, OpId), Leaf>,
    declarations: Declarations,
}

/// What is known of one (credential, operation).
#[derive(Clone, Copy, Debug)]
struct Leaf {
    opened: Tick,
    open: Open,
    since: Tick,
}

impl Leaf {
    /// What the census saw. A door that was to shut by itself before now did so then.
    fn look(&mut self, at: Tick, open: Open) {
        let shut_already = matches!(self.open, Open::Until(until) if until <= at);
        if !(shut_already && open == Open::Shut) {
            (self.open, self.since) = (open, at);
        }
    }

    fn closed(self, end: Tick) -> Option<Tick> {
        match self.open {
            Open::ForEver => None,
            Open::Until(at) => (at <= end).then_some(at),
            Open::Shut => Some(self.since),
        }
    }
}

impl Doors {
    pub fn event(&mut self, plan: &Plan, event: &Event) {
        match *event {
            Event::Census { at, cred, op, open } => {
                self.operations.entry((cred, op)).or_insert(Leaf { opened: at, open, since: at }).look(at, open);
            }
            Event::Minted { cred, family, parent, .. } => self.declarations.minted(plan, cred, family, parent),
            Event::Forged { cred, key, .. } => self.declarations.forged(cred, key),
            Event::Acted { step, target, returned, worked, .. } if worked || Mistake::FailedActionDeclares.here() => {
                self.declarations.note(plan, step, target, returned);
            }
            _ => {}
        }
    }

    /// Every door that was ever open, with its end, and then the queued effects.
    pub fn finish(self, plan: &Plan, closure: &Closure, jobs: &[QueuedEffect], end: Tick) -> Vec<Door> {
        let mut doors: BTreeMap<(Option<CredId>, ServiceId), Door> = BTreeMap::new();
        for ((cred, op), leaf) in &self.operations {
            let (cred, service) = (*cred, plan.operation(*op).service);
            let closed = leaf.closed(end);
            let declared = self.declarations.covering(plan, closure, cred, *op);
            doors
                .entry((cred, service))
                .and_modify(|door| {
                    door.opened = door.opened.min(leaf.opened);
                    door.closed = door.closed.zip(closed).map(|(a, b)| a.max(b));
                    let last =
                        |(a, b): (Tick, Tick)| if Mistake::FirstActionDeclares.here() { a.min(b) } else { a.max(b) };
                    door.declared = door.declared.zip(declared).map(last);
                })
                .or_insert(Door { cred, service, queued: None, opened: leaf.opened, closed, declared });
        }
        let queued = jobs.iter().map(|job| Door {
            cred: job.cred,
            service: plan.operation(job.op).service,
            queued: Some(job.id),
            opened: job.queued,
            closed: job.ended,
            declared: self.declarations.covering(plan, closure, job.cred, job.op),
        });
        doors.into_values().chain(queued).collect()
    }
}

/// The last *closed* over all doors; nothing while one is open, or when none ever was.
pub fn observed(doors: &[Door]) -> Option<Tick> {
    let closed = doors.iter().map(|d| d.closed).collect::<Option<Vec<_>>>()?.into_iter();
    if Mistake::FirstDoorCloses.here() { closed.min() } else { closed.max() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Until when an operation stood open that was to shut at 5, in a run that ended at 20.
    fn closed(seen: &[(u64, Open)]) -> Option<Tick> {
        let mut leaf = Leaf { opened: Tick(0), open: Open::Until(Tick(5)), since: Tick(0) };
        seen.iter().for_each(|(at, open)| leaf.look(Tick(*at), *open));
        leaf.closed(Tick(20))
    }

    #[test]
    fn a_door_that_shut_by_itself_did_so_when_it_was_to() {
        assert_eq!(closed(&[]), Some(Tick(5)));
        assert_eq!(closed(&[(7, Open::Shut)]), Some(Tick(5)));
        assert_eq!(closed(&[(3, Open::Shut)]), Some(Tick(3)), "somebody was quicker");
        assert_eq!(closed(&[(7, Open::ForEver)]), None, "it was opened again");
        assert_eq!(closed(&[(7, Open::Until(Tick(9)))]), Some(Tick(9)));
        assert_eq!(closed(&[(3, Open::Until(Tick(21)))]), None, "after the end of the run");
    }
}
