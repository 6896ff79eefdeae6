//! The world at the start of a run: a new one, or one that was used before and is as new.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::control::Which;
use crate::model::{Bits, Draws, Index, Plan, Share, Stream};
use crate::wire::{OpId, Slot};

use super::approvals::Approvals;
use super::credentials::Credentials;
use super::detect::Detectors;
use super::doorways::Doorways;
use super::flows::Flows;
use super::jobs::Jobs;
use super::limits::Limits;
use super::records::Records;
use super::validate::Caches;
use super::writings::Writings;
use super::{Changes, World};

impl World {
    pub fn new(plan: Arc<Plan>) -> World {
        let (limits, flows, approvals) =
            (Limits::new(plan.clone()), Flows::new(plan.clone()), Approvals::new(plan.clone()));
        let is_hindered = |op: &OpId| {
            plan.operation(*op).fails != Share::NONE || limits.watch(*op) || flows.guard(*op) || approvals.watch(*op)
        };
        let hindered: Bits = plan.operation_ids().filter(is_hindered).map(OpId::number).collect();
        World {
            credentials: Credentials::new(plan.clone()),
            caches: Caches::new(&plan),
            records: Records::new(plan.clone(), Arc::new(Index::of(&plan))),
            writings: Writings::new(plan.clone()),
            limits,
            flows,
            approvals,
            failures: failures(&plan),
            actions: actions(&plan),
            detectors: Detectors::new(&plan),
            jobs: Jobs::default(),
            doorways: Doorways::of(&plan, &hindered),
            hindered,
            rules: plan.operations.iter().map(|op| op.rule).collect(),
            closed: Bits::default(),
            closed_by: None,
            disabled: Bits::default(),
            blocked: BTreeSet::new(),
            blocked_by: None,
            audited: plan.controls.steps.iter().any(|step| step.which == Which::Exposed),
            audit: Vec::new(),
            objects: Vec::new(),
            alarms: Vec::new(),
            changes: Changes::default(),
            handed_over: Vec::new(),
            keys: given_to_agents(&plan).collect(),
            knocks: Vec::new(),
            scratch: Slot::default(),
            plan,
        }
    }

    /// The state of the start, as a new world of this plan has it. What was made room for is kept.
    pub fn reset(&mut self) {
        let World {
            plan,
            credentials,
            caches,
            records,
            writings,
            limits,
            flows,
            approvals,
            failures,
            actions,
            detectors,
            jobs,
            doorways: _,
            hindered: _,
            rules,
            closed,
            closed_by,
            disabled,
            blocked,
            blocked_by,
            audited: _,
            audit,
            objects,
            alarms,
            changes,
            handed_over,
            keys,
            knocks,
            scratch: _,
        } = self;
        credentials.reset();
        caches.reset();
        records.reset();
        writings.reset();
        limits.reset();
        flows.reset();
        *approvals = Approvals::new(plan.clone());
        *failures = self::failures(plan);
        *actions = self::actions(plan);
        detectors.reset(plan);
        jobs.reset();
        rules.clear();
        rules.extend(plan.operations.iter().map(|op| op.rule));
        closed.clear();
        (*closed_by, *blocked_by) = (None, None);
        disabled.clear();
        blocked.clear();
        audit.clear();
        objects.clear();
        alarms.clear();
        changes.clear();
        handed_over.clear();
        keys.clear();
        given_to_agents(plan).for_each(|cred| _ = keys.insert(cred));
        knocks.clear();
    }
}

/// The credentials that agents under test start with: with them they have the keys.
fn given_to_agents(plan: &Plan) -> impl Iterator<Item = u32> + '_ {
    let given = plan.agents.iter().flat_map(|agent| &agent.holds);
    given.map(|(family, index)| plan.row_of(*family, *index).number())
}

/// A stream for each service, if there is any failure to be drawn.
fn failures(plan: &Plan) -> Vec<Stream> {
    let services = if plan.operations.iter().any(|op| op.fails != Share::NONE) { plan.services.len() } else { 0 };
    (0..services as u32).map(|at| Stream::new(plan.seed, Draws::Failure, at)).collect()
}

/// A stream for each step of the runbook.
fn actions(plan: &Plan) -> Vec<Stream> {
    (0..plan.controls.steps.len() as u32).map(|at| Stream::new(plan.seed, Draws::Action, at)).collect()
}
