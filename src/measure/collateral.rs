//! Collateral: honest work that the controls refused or delayed, and which of them did.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Plan;
use crate::planted::Mistake;
use crate::wire::{Event, Reason, Verdict};

/// Honest work that went through in the positive control, and did not here.
#[derive(Clone, Debug, Default)]
pub struct Collateral {
    /// By the name of the control or of the step of the runbook that did it.
    pub by: BTreeMap<String, Hit>,
    /// Honest requests, whatever became of them.
    pub asked: u64,
}

/// So much was hit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Hit {
    pub refused: u64,
    /// Held back, and told to come again.
    pub delayed: u64,
}

/// An honest request that did not go through.
struct Missed {
    by: (u32, u32),
    delayed: bool,
    reason: Reason,
}

impl Collateral {
    /// `before` are the honest requests that were refused in the positive control, as (actor, number).
    pub fn of(plan: &Plan, faulty: bool, before: &[(u32, u32)], events: &[Event]) -> Collateral {
        let before = before.iter().copied().filter(|_| !Mistake::CollateralCountsOldRefusals.here());
        let before: BTreeSet<(u32, u32)> = before.collect();
        let mut all = Collateral { asked: honest(plan, faulty, events).count() as u64, ..Collateral::default() };
        for missed in missed(plan, faulty, events).filter(|missed| !before.contains(&missed.by)) {
            let hit = all.by.entry(name(plan, missed.reason).to_owned()).or_default();
            if missed.delayed {
                hit.delayed += 1;
            } else {
                hit.refused += 1;
            }
        }
        all
    }

    pub fn total(&self) -> Hit {
        self.by.values().fold(Hit::default(), |sum, hit| Hit {
            refused: sum.refused + hit.refused,
            delayed: sum.delayed + hit.delayed,
        })
    }
}

impl Hit {
    pub fn requests(self) -> u64 {
        self.refused + self.delayed
    }
}

/// The honest requests that did not go through, as (actor, number).
pub fn refused_honest(plan: &Plan, faulty: bool, events: &[Event]) -> Vec<(u32, u32)> {
    missed(plan, faulty, events).map(|missed| missed.by).collect()
}

/// A request that a service failed is nobody's doing.
fn missed(plan: &Plan, faulty: bool, events: &[Event]) -> impl Iterator<Item = Missed> {
    honest(plan, faulty, events).filter_map(|event| match *event {
        Event::Asked { id, verdict, reason, status, .. } if !matches!(verdict, Verdict::Accepted | Verdict::Failed) => {
            let for_good = matches!(reason, Reason::Limit(_)) && !tells_to_come_again(status);
            let delayed = verdict == Verdict::Limited && (!for_good || Mistake::LimitsOnlyDelay.here());
            Some(Missed { by: (id.by.number(), id.n), delayed, reason })
        }
        _ => None,
    })
}

/// Whether a client waits for what it is refused with (RFC 6585 section 4, RFC 9110 section 15.6.4).
fn tells_to_come_again(status: u16) -> bool {
    matches!(status, 429 | 503)
}

/// The requests of honest clients. An agent with which nothing is wrong is honest too.
fn honest<'a>(plan: &Plan, faulty: bool, events: &'a [Event]) -> impl Iterator<Item = &'a Event> {
    let first = if faulty { plan.agents.len() } else { 0 };
    let honest = first..plan.agents.len() + plan.benign.len();
    events.iter().filter(move |event| matches!(event, Event::Asked { id, .. } if honest.contains(&id.by.index())))
}

/// What said no. A rule that was changed, or a secret that did not reach its owner, has no name in the decision.
fn name(plan: &Plan, reason: Reason) -> &str {
    let controls = &plan.controls;
    match reason {
        Reason::Limit(limit) => &controls.limits[limit.index()].name,
        Reason::Approval(approval) => &controls.approvals[approval.index()].name,
        Reason::Flow(flow) => &controls.flows[flow.index()].name,
        Reason::Revoked(step) | Reason::Blocked(step) => &controls.steps[step.index()].name,
        _ => "what the responses changed",
    }
}
