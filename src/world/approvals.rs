//! Approvals: somebody must say yes before a call passes.
//!
//! A call that asks is held back with `202` and told when to come back (RFC 9110 sections 15.3.3 and 10.2.3); the same
//! call finds the answer then, and uses it up. Where an answer takes no time, the first call has it. Who is refused and
//! asks again is a new question to somebody who is tired. A plan is asked about once, and that answer stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::control::{About, Approval, Asking};
use crate::model::{Bits, Draws, Plan, Share, Stream};
use crate::planted::Mistake;
use crate::wire::{ApprovalId, Event, IdentityId, Log, OpId, RequestId, Res, Tick};

/// What was asked of whom.
pub struct Approvals {
    plan: Arc<Plan>,
    /// Operations that some approval is about.
    watched: Bits,
    armed: Vec<bool>,
    streams: Vec<Stream>,
    answers: BTreeMap<(ApprovalId, Question), Answer>,
}

/// What somebody is asked about. Whoever has no name is one caller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Question {
    Call(Option<IdentityId>, OpId, Option<Res>),
    Plan(Option<IdentityId>),
}

#[derive(Clone, Copy, Debug)]
struct Answer {
    yes: bool,
    /// Known from here on.
    from: Tick,
}

/// A call that wants to pass.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub id: RequestId,
    pub op: OpId,
    pub about: Option<Res>,
    pub who: Asking,
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Consent {
    Given,
    /// Nobody has answered before this time.
    Awaited(ApprovalId, Tick),
    Denied(ApprovalId),
}

impl Approvals {
    pub fn new(plan: Arc<Plan>) -> Approvals {
        let all = &plan.controls.approvals;
        Approvals {
            watched: all.iter().flat_map(|a| &a.on).map(|op| op.number()).collect(),
            armed: all.iter().map(|a| a.armed).collect(),
            streams: (0..all.len() as u32).map(|at| Stream::new(plan.seed, Draws::Approval, at)).collect(),
            answers: BTreeMap::new(),
            plan,
        }
    }

    pub fn arm(&mut self, approval: ApprovalId) {
        self.armed[approval.index()] = true;
    }

    /// Whether any approval is about calls of `op`.
    #[inline]
    pub fn watch(&self, op: OpId) -> bool {
        self.watched.contains(op.number())
    }

    /// The approvals that a call of `op` by this caller needs.
    fn needed(&self, op: OpId, who: Asking) -> impl Iterator<Item = (ApprovalId, &Approval)> {
        let all = self.plan.controls.approvals.iter().enumerate();
        all.filter(move |(at, spec)| self.armed[*at] && spec.concerns(op, who))
            .map(|(at, spec)| (ApprovalId::at(at), spec))
    }

    /// Whether no call of `op` by this caller will ever be let through.
    pub fn shut(&self, op: OpId, who: Asking) -> bool {
        self.needed(op, who).any(|(id, spec)| {
            let answered = self.answers.get(&(id, Question::Plan(who.subject)));
            spec.says_yes == Share::NONE || answered.is_some_and(|answer| !answer.yes)
        })
    }

    /// Asks everybody who must be asked, and says what they say. The plans that were turned down by it are told apart,
    /// since that shuts doors.
    pub fn consent(&mut self, now: Tick, wanted: Wanted, log: &mut Log) -> (Consent, bool) {
        let needed: Vec<_> = self.needed(wanted.op, wanted.who).map(|(id, spec)| (id, spec.about)).collect();
        let mut turned_down = false;
        let mut consent = Consent::Given;
        for &(id, about) in &needed {
            let question = question(about, wanted);
            let answer = match self.answers.get(&(id, question)) {
                Some(answer) => *answer,
                None => {
                    let answer = self.ask(now, id);
                    let Answer { yes, from } = answer;
                    log.push(Event::Consulted { at: now, id: wanted.id, approval: id, yes, answers: from });
                    self.answers.insert((id, question), answer);
                    turned_down |= about == About::Plan && !yes;
                    answer
                }
            };
            consent = worse(
                consent,
                if answer.from > now {
                    Consent::Awaited(id, answer.from)
                } else if answer.yes {
                    Consent::Given
                } else {
                    Consent::Denied(id)
                },
            );
        }
        if !matches!(consent, Consent::Awaited(..)) && !Mistake::YesIsKept.here() {
            for &(id, about) in needed.iter().filter(|(_, about)| *about == About::EachCall) {
                self.answers.remove(&(id, question(about, wanted)));
            }
        }
        (consent, turned_down)
    }

    /// Everybody answers for themselves. A no is known when the first of them says so, a yes when the last does.
    fn ask(&mut self, now: Tick, id: ApprovalId) -> Answer {
        let (spec, stream) = (&self.plan.controls.approvals[id.index()], &mut self.streams[id.index()]);
        let mut answer = Answer { yes: true, from: now };
        for _ in 0..spec.people {
            let (yes, from) =
                (spec.says_yes.happens(stream), now + spec.takes.drawn(stream).unless(Mistake::ApprovalTakesNoTime));
            answer = match (answer.yes, yes) {
                (true, true) if spec.people > 1 && Mistake::NobodyWaitsForTwo.here() => answer,
                (true, true) => Answer { yes, from: answer.from.max(from) },
                (true, false) => Answer { yes: spec.people > 1 && Mistake::OneOfTwoIsEnough.here(), from },
                (false, true) => answer,
                (false, false) => Answer { yes, from: answer.from.min(from) },
            };
        }
        answer
    }
}

fn question(about: About, wanted: Wanted) -> Question {
    match about {
        About::EachCall => Question::Call(wanted.who.subject, wanted.op, wanted.about),
        About::Plan => Question::Plan(wanted.who.subject),
    }
}

/// A no is a no whatever others say, and who waits waits for the last.
fn worse(one: Consent, other: Consent) -> Consent {
    match (one, other) {
        (Consent::Denied(_), _) | (_, Consent::Given) => one,
        (Consent::Awaited(_, first), Consent::Awaited(_, second)) if first >= second => one,
        _ => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Takes;
    use crate::model::control::ExemptBy;
    use crate::model::service::Validation;
    use crate::wire::{ActorId, Span};
    use crate::world::tests::plan;

    /// Asks once, and says what was answered, whether that turned a plan down, and whether the door is shut from then on.
    fn asked_once(about: About, says_yes: Share, seed: u64) -> (Consent, bool, bool) {
        let op = OpId::new(0);
        let mut plan = Plan { seed, ..plan(Validation::Gateway, 1, None) };
        plan.controls.approvals = vec![Approval {
            name: "agreed".into(),
            on: vec![op],
            by: "operator".into(),
            says_yes,
            people: 1,
            about,
            takes: Takes::Always(Span::ZERO),
            exempt: Vec::new(),
            exempt_by: ExemptBy::Subject,
            status: 403,
            armed: true,
        }];
        let mut approvals = Approvals::new(plan.into());
        let who = Asking { subject: Some(IdentityId::new(0)), actor: None };
        let id = RequestId { by: ActorId::new(0), n: 0 };
        let wanted = Wanted { id, op, about: None, who };
        let (consent, turned_down) = approvals.consent(Tick::ZERO, wanted, &mut Log::default());
        (consent, turned_down, approvals.shut(op, who))
    }

    #[test]
    fn a_no_to_a_plan_shuts_the_door_and_a_no_to_a_call_does_not() {
        let no = Consent::Denied(ApprovalId::new(0));
        assert_eq!(asked_once(About::Plan, Share::WHOLE, 1), (Consent::Given, false, false));
        assert_eq!(asked_once(About::EachCall, Share::WHOLE, 1), (Consent::Given, false, false));
        assert_eq!(asked_once(About::Plan, Share::NONE, 1), (no, true, true));
        assert_eq!(asked_once(About::EachCall, Share::NONE, 1), (no, false, true), "nobody ever says yes");
        let half = Share::of(0.5);
        let of_plans: Vec<_> = (0..9).map(|seed| asked_once(About::Plan, half, seed)).collect();
        assert!(of_plans.contains(&(no, true, true)) && of_plans.contains(&(Consent::Given, false, false)));
        let of_calls: Vec<_> = (0..9).map(|seed| asked_once(About::EachCall, half, seed)).collect();
        assert!(of_calls.contains(&(no, false, false)) && of_calls.contains(&(Consent::Given, false, false)));
    }

    #[test]
    fn who_waits_for_two_waits_for_the_last() {
        let at = |s| Consent::Awaited(ApprovalId::new(0), Tick(s));
        let no = Consent::Denied(ApprovalId::new(1));
        assert_eq!([worse(at(5), at(9)), worse(at(9), at(5))], [at(9), at(9)]);
        assert_eq!([worse(at(5), no), worse(no, at(5))], [no, no]);
        assert_eq!([worse(at(5), Consent::Given), worse(Consent::Given, at(5))], [at(5), at(5)]);
        assert_eq!(worse(Consent::Given, Consent::Given), Consent::Given);
    }
}
