//! What each containment action reaches. Revoke, disable, rotate, bind and block are different things.

use crate::model::containment::{Does, Layer, Verb};
use crate::model::control::{Action, HandOver, Which};
use crate::planted::Mistake;
use crate::wire::{Arg, CredId, Envelope, Event, Log, Reason, Response, StepId, Target, Tick, Verdict};

use super::credentials::Credential;
use super::effects::Done;
use super::handle::Refusal;
use super::{HandedOver, World};

impl World {
    /// A step of the runbook, sent by the responder.
    pub(super) fn administer(&mut self, now: Tick, envelope: &Envelope, log: &mut Log) -> Result<Done, Refusal> {
        let nothing_such = || Refusal::new(Verdict::Missing, Reason::NoSuchRecord, 404);
        let Arg::Act { step, target } = envelope.request.about else { return Err(nothing_such()) };
        let targets = self.meant(now, step, target).ok_or_else(nothing_such)?;
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
        for target in targets {
            self.apply(now, step, target, log);
            log.push(Event::Acted { at: now, id: envelope.id, step, target, returned, worked: true });
        }
        Ok(Done::nothing(Response::bare(200)))
    }

    /// What a step is to act on: what it was told, or else what it says by itself. Nothing where there is no such step or
    /// target, or where only an alarm says what is meant.
    fn meant(&self, now: Tick, step: StepId, target: Target) -> Option<Vec<Target>> {
        let step = self.plan.controls.steps.get(step.index())?;
        let exists = match target {
            Target::Credential(cred) => cred.index() < self.credentials.len(),
            Target::Identity(identity) => identity.number() < self.plan.identities(),
            Target::Record(_) | Target::Named => true,
        };
        match (target, step.which, &step.action) {
            (Target::Named, _, Action::Delete { records, .. }) => {
                Some(records.iter().copied().map(Target::Record).collect())
            }
            (Target::Named, Which::Named, _) => Some(vec![target]),
            (Target::Named, Which::Identity(who), _) => Some(vec![Target::Identity(who)]),
            (Target::Named, Which::Every(family), _) => {
                let theirs = |cred: &CredId| self.credentials.get(*cred).family == family;
                let live = |cred: &CredId| theirs(cred) && !self.credentials.get(*cred).ended(now);
                Some(self.credentials.ids().filter(live).map(Target::Credential).collect())
            }
            (Target::Named, ..) => None,
            _ => exists.then(|| vec![target]),
        }
    }

    fn apply(&mut self, now: Tick, step: StepId, target: Target, log: &mut Log) {
        let by = Reason::Revoked(step);
        let plan = self.plan.clone();
        match &plan.controls.steps[step.index()].action {
            action @ (Action::Revoke
            | Action::Disable
            | Action::Rotate { .. }
            | Action::Bind { .. }
            | Action::Block { .. }) => {
                if let Action::Block { .. } = action {
                    self.blocked_by = Some(step);
                }
                for cred in self.reached(target, action) {
                    self.contain(now, cred, action, by);
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

    /// The credentials that an action is about. Whoever is disabled is issued nothing any more.
    fn reached(&mut self, target: Target, action: &Action) -> Vec<CredId> {
        let Action::Disable = action else { return self.targets(target) };
        let principal = match target {
            Target::Identity(identity) => Some(identity),
            Target::Credential(cred) => self.credentials.get(cred).principal,
            Target::Named | Target::Record(_) => None,
        };
        let Some(principal) = principal else { return Vec::new() };
        self.disabled.insert(principal.number());
        if Mistake::DisablingEndsNothing.here() {
            return Vec::new();
        }
        self.targets(Target::Identity(principal))
    }

    /// Does to a credential what the action does to its layer.
    fn contain(&mut self, now: Tick, cred: CredId, action: &Action, by: Reason) {
        let Some(verb) = Verb::of(action) else { return };
        let layer = Layer::of(self.plan.family(self.credentials.get(cred).family).kind);
        match (layer.under(verb), action) {
            (Does::Ends, _) => {
                let ended = self.credentials.end(cred, now, by, verb);
                self.note_end_of(ended);
            }
            (Does::Renews, Action::Rotate { hand_over, grace }) => {
                let Some((fresh, mut ended)) = self.credentials.rotate(cred, now, *grace, by) else { return };
                if Mistake::RotationEndsInSilence.here() {
                    ended.clear();
                }
                ended.extend([cred, fresh]);
                self.note_end_of(ended);
                if self.keys.contains(cred.number()) {
                    self.keys.insert(fresh.number());
                }
                self.hand_over(now, cred, fresh, *hand_over);
            }
            (Does::Binds, Action::Bind { network }) => {
                self.credentials.bind(cred, *network, now);
                self.changes.credentials.push(cred);
            }
            (Does::Blocks, Action::Block { services }) => {
                self.blocked.extend(services.iter().map(|s| (cred, *s)));
                self.changes.credentials.push(cred);
            }
            _ => {}
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
                // What somebody forged in its name, nobody knows of.
                let theirs = |row: &Credential| row.principal == Some(identity) && row.issued();
                self.credentials.ids().filter(|c| theirs(self.credentials.get(*c))).collect()
            }
            Target::Named | Target::Record(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::control::Step;
    use crate::model::service::Validation;
    use crate::wire::{CollId, FamilyId, IdentityId, Reason, Res};
    use crate::world::tests::plan;

    #[test]
    fn a_step_without_a_target_says_by_itself_what_is_meant() {
        let mut plan = plan(Validation::Gateway, 1, None);
        let records: Vec<Res> = (3..5).map(|row| Res { coll: CollId::new(0), row }).collect();
        let (family, who, cred) = (FamilyId::new(0), IdentityId::new(0), CredId::new(0));
        plan.controls.steps = vec![
            Step::at_once(Action::Delete { records: records.clone(), saying: vec![] }, Which::Named),
            Step::at_once(Action::Cancel { operations: vec![] }, Which::Named),
            Step::at_once(Action::Disable, Which::Identity(who)),
            Step::at_once(Action::Revoke, Which::Every(family)),
            Step::at_once(Action::Revoke, Which::Alarmed),
        ];
        let mut world = World::new(plan.into());
        let meant = |world: &World, step: u32, target| world.meant(Tick(1), StepId::new(step), target);
        let named = |world: &World, step| meant(world, step, Target::Named);
        assert_eq!(named(&world, 0), Some(records.into_iter().map(Target::Record).collect()));
        assert_eq!(named(&world, 1), Some(vec![Target::Named]));
        assert_eq!(named(&world, 2), Some(vec![Target::Identity(who)]));
        assert_eq!(named(&world, 3), Some(vec![Target::Credential(cred)]));
        assert_eq!((named(&world, 4), named(&world, 5)), (None, None), "only an alarm says it; no such step");
        assert_eq!(meant(&world, 4, Target::Credential(cred)), Some(vec![Target::Credential(cred)]));
        assert_eq!(meant(&world, 4, Target::Credential(CredId::new(9))), None);
        assert_eq!(meant(&world, 2, Target::Identity(IdentityId::new(9))), None);
        world.credentials.end(cred, Tick(1), Reason::RevokedByProtocol, crate::model::containment::Verb::Revoke);
        assert_eq!(named(&world, 3), Some(vec![]), "what has ended is not ended again");
    }
}
