//! What each containment action reaches. Revoke, disable, rotate, bind and block are different things.

use crate::model::control::{Action, HandOver};
use crate::planted::Mistake;
use crate::wire::{Arg, CredId, Envelope, Event, Log, Reason, Response, StepId, Target, Tick, Verdict};

use super::effects::Done;
use super::handle::Refusal;
use super::{HandedOver, World};

impl World {
    /// A step of the runbook, sent by the responder.
    pub(super) fn administer(&mut self, now: Tick, envelope: &Envelope, log: &mut Log) -> Result<Done, Refusal> {
        let Arg::Act { step, target } = envelope.request.about else {
            return Err(Refusal::new(Verdict::Missing, Reason::NoSuchRecord, 404));
        };
        let returned = now + envelope.back;
        if !self.plan.controls.steps[step.index()].supported && !Mistake::UnsupportedActionWorks.here() {
            log.push(Event::Acted { at: now, id: envelope.id, step, target, returned, worked: false });
            return Err(Refusal::new(Verdict::Forbidden, Reason::Unsupported, 501));
        }
        if self.plan.controls.steps[step.index()].fails.happens(&mut self.actions[step.index()])
            && !Mistake::FailedActionWorks.here()
        {
            log.push(Event::Acted { at: now, id: envelope.id, step, target, returned, worked: false });
            return Err(Refusal::new(Verdict::Failed, Reason::OutOfOrder, 500));
        }
        self.apply(now, step, target, log);
        log.push(Event::Acted { at: now, id: envelope.id, step, target, returned, worked: true });
        Ok(Done::nothing(Response::bare(200)))
    }

    fn apply(&mut self, now: Tick, step: StepId, target: Target, log: &mut Log) {
        let by = Reason::Revoked(step);
        let plan = self.plan.clone();
        match &plan.controls.steps[step.index()].action {
            Action::Revoke => {
                for cred in self.targets(target) {
                    let ended = self.credentials.end(cred, now, by);
                    self.note_end_of(ended);
                }
            }
            Action::Disable => {
                let principals: Vec<_> = match target {
                    Target::Identity(identity) => vec![identity],
                    Target::Credential(cred) => self.credentials.get(cred).principal.into_iter().collect(),
                    Target::Named | Target::Record(_) => Vec::new(),
                };
                for principal in principals {
                    self.disabled.insert(principal.number());
                    let theirs = self.targets(Target::Identity(principal));
                    for cred in theirs.into_iter().filter(|_| !Mistake::DisablingEndsNothing.here()) {
                        let ended = self.credentials.end(cred, now, by);
                        self.note_end_of(ended);
                    }
                }
            }
            Action::Rotate { hand_over, grace } => {
                for cred in self.targets(target) {
                    let Some(fresh) = self.credentials.rotate(cred, now, *grace, by) else { continue };
                    self.note_end_of(vec![cred, fresh]);
                    if self.keys.contains(cred.number()) {
                        self.keys.insert(fresh.number());
                    }
                    self.hand_over(now, cred, fresh, *hand_over);
                }
            }
            Action::Bind { network } => {
                for cred in self.targets(target) {
                    self.credentials.bind(cred, *network, now);
                    self.changes.credentials.push(cred);
                }
            }
            Action::Block { services } => {
                self.blocked_by = Some(step);
                for cred in self.targets(target) {
                    self.blocked.extend(services.iter().map(|s| (cred, *s)));
                    self.changes.credentials.push(cred);
                }
            }
            Action::SetRule { operations, rule } => {
                for op in operations {
                    self.rules[op.index()] =
                        if Mistake::RuleStaysAsItWas.here() { self.rules[op.index()] } else { *rule };
                }
                self.changes.everything = true;
            }
            Action::Close { operations } => {
                self.closed_by = Some(step);
                for op in operations {
                    self.closed.insert(op.number());
                }
                self.changes.everything = true;
            }
            Action::Delete { .. } => {
                if let Target::Record(res) = target
                    && self.records.exists(res)
                {
                    self.records.delete(res);
                    self.changes.everything = true;
                }
            }
            Action::Cancel { operations } => {
                for (job, work) in self.jobs.cancel(now, operations) {
                    log.push(Event::Cancelled { at: now, id: work.envelope.id, job, reason: by });
                }
                self.changes.everything = true;
            }
            Action::Require { approval } => {
                self.approvals.arm(*approval);
                self.changes.everything = true;
            }
            Action::Throttle { limit } => {
                self.limits.arm(*limit);
                self.changes.everything = true;
            }
        }
    }

    fn hand_over(&mut self, now: Tick, old: CredId, new: CredId, how: HandOver) {
        let (HandOver::After(delay), Some(to)) = (how, self.credentials.get(old).principal) else { return };
        let (old, new) = (self.credentials.text(old), self.credentials.text(new));
        let arrives = if Mistake::HandOverIsLost.here() { Tick::NEVER } else { now + delay };
        self.handed_over.push(HandedOver { to, old, new, arrives });
    }

    fn targets(&self, target: Target) -> Vec<CredId> {
        match target {
            Target::Credential(cred) => vec![cred],
            Target::Identity(identity) => {
                self.credentials.ids().filter(|c| self.credentials.get(*c).principal == Some(identity)).collect()
            }
            Target::Named | Target::Record(_) => Vec::new(),
        }
    }
}
