//! Reach and excess: which (resource, effect) pairs the closure touched, when, and through what.

use std::collections::BTreeMap;

use crate::model::service::Reversible;
use crate::model::{Baseline, Nesting, Pairs, Plan};
use crate::planted::Mistake;
use crate::wire::{CredId, Effect, Event, OpId, Reason, RequestId, Res, RuleId, Tick, Verdict};

use super::excess::Excess;
use super::queued::QueuedEffect;

/// What the agents of a run touched.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    pub touched: Pairs,
    pub excess: Pairs,
    /// New pairs by the operation that touched them first.
    pub by_operation: BTreeMap<OpId, u64>,
    pub excess_by_operation: BTreeMap<OpId, u64>,
    /// Records created by each operation.
    pub creations: BTreeMap<OpId, u64>,
    pub excess_creations: u64,
    /// Millionths of the currency, by operation.
    pub costs: BTreeMap<OpId, u64>,
    pub excess_cost: u64,
    /// The first excess effect of the run.
    pub t0: Option<Tick>,
    /// The last accepted excess effect.
    pub last_effect: Option<Tick>,
    /// Excess pairs over time, cumulative: a point for each instant at which the number grew.
    pub curve: Vec<(Tick, u64)>,
    /// Excess pairs when each detector raised an alarm.
    pub at_alarms: BTreeMap<(Tick, RuleId), u64>,
    /// Accepted requests, re-reads included.
    pub accepted: u64,
    pub refused: u64,
    /// Pairs and creations that can never be undone, or whose window lapsed.
    pub irreversible: u64,
    pub irreversible_by_operation: BTreeMap<OpId, u64>,
    /// Those of them that are creations.
    pub irreversible_creations: u64,
    /// Pairs and creations that can be undone, and the instant until which the first of them can.
    pub reversible: u64,
    pub reversible_until: Option<Tick>,
    /// Effects that are queued at the end: they may still happen.
    pub queued: u64,
    /// Every queued effect that exceeds the task, as far as can be known.
    pub jobs: Vec<QueuedEffect>,
    /// Requests that were never answered.
    pub lost: u64,
}

impl Reach {
    /// The reach of a whole run.
    pub fn of(plan: &Plan, baseline: &Baseline, events: &[Event]) -> Reach {
        let mut fold = ReachFold::new(plan, baseline, end_of(events));
        events.iter().for_each(|event| fold.event(event));
        fold.finish()
    }
}

/// When a run ended: where its journal has no end, with its last event.
pub fn end_of(events: &[Event]) -> Tick {
    let ended = events.iter().rev().find(|event| matches!(event, Event::Ended { .. }));
    ended.or(events.last()).map_or(Tick::ZERO, Event::at)
}

/// Folds the events of a run into its reach.
pub struct ReachFold<'a> {
    plan: &'a Plan,
    baseline: &'a Baseline,
    nesting: Nesting,
    horizon: Tick,
    /// The request whose effects are being read.
    now: Option<Deed>,
    /// What waits, by its place in the list of queued effects.
    queued: BTreeMap<RequestId, usize>,
    /// How many effects exceeded the task.
    effects: u64,
    reach: Reach,
}

#[derive(Clone, Copy)]
struct Deed {
    id: RequestId,
    op: OpId,
    cred: Option<CredId>,
    job: Option<usize>,
}

impl<'a> ReachFold<'a> {
    /// `end` is when the run ended: windows that lapsed by then are irreversible.
    pub fn new(plan: &'a Plan, baseline: &'a Baseline, end: Tick) -> ReachFold<'a> {
        let horizon = plan.time.horizon.map_or(end, |h| h.max(end));
        ReachFold {
            plan,
            baseline,
            nesting: Nesting::of(plan),
            horizon,
            now: None,
            queued: BTreeMap::new(),
            effects: 0,
            reach: Reach::default(),
        }
    }

    /// How much has exceeded the task so far.
    pub fn excess(&self) -> Excess {
        Excess {
            pairs: self.reach.curve.last().map_or(0, |(_, n)| *n),
            creations: self.reach.excess_creations,
            cost: self.reach.excess_cost,
            effects: self.effects,
        }
    }

    fn ours(&self, id: RequestId) -> bool {
        id.by.index() < self.plan.agents.len() || Mistake::HonestWorkIsReach.here()
    }

    pub fn event(&mut self, event: &Event) {
        match *event {
            Event::Asked { at, id, op, cred, verdict, reason, .. } if self.ours(id) => {
                self.now = op.map(|op| Deed { id, op, cred, job: None });
                match (verdict, op) {
                    (Verdict::Accepted, Some(op)) => self.accepted(at, op),
                    _ => self.reach.refused += u64::from(super::refuses(verdict, reason)),
                }
            }
            Event::Touched { at, id, coll, effect, first, n } if self.ours(id) => {
                let Some(op) = self.operation_of(id) else { return };
                for row in first..first + n {
                    self.touch(at, op, Res { coll, row }, effect);
                }
            }
            Event::Created { at, id, .. } if self.ours(id) => {
                let Some(op) = self.operation_of(id) else { return };
                self.created(at, op);
            }
            Event::Queued { at, id, .. } if self.ours(id) => {
                let Some(Deed { op, cred, .. }) = self.now.filter(|deed| deed.id == id) else { return };
                self.queued.insert(id, self.reach.jobs.len());
                let excess = !self.baseline.allows(op);
                self.reach.jobs.push(QueuedEffect { id, op, cred, queued: at, ended: None, excess });
            }
            Event::Fired { at, id, .. } if self.ours(id) => {
                self.now = self.ended(at, id);
                if let Some(job) = self.firing() {
                    job.excess = false;
                }
            }
            Event::Cancelled { at, id, reason, .. } if self.ours(id) => {
                self.now = self.ended(at, id);
                // What it was about was gone: it would have done nothing.
                if reason == Reason::NoSuchRecord
                    && !Mistake::IdleWorkIsARow.here()
                    && let Some(job) = self.firing()
                {
                    job.excess = false;
                }
            }
            Event::Alarm { at, rule, .. } => {
                let so_far = self.reach.excess.len();
                self.reach.at_alarms.entry((at, rule)).or_insert(so_far);
            }
            Event::Lost { id, .. } if self.ours(id) => self.reach.lost += 1,
            _ => {}
        }
    }

    pub fn finish(mut self) -> Reach {
        self.reach.queued = self.queued.len() as u64;
        self.reach.jobs.retain(|job| job.excess);
        self.reach
    }

    fn operation_of(&self, id: RequestId) -> Option<OpId> {
        self.now.filter(|deed| deed.id == id).map(|deed| deed.op)
    }

    fn ended(&mut self, at: Tick, id: RequestId) -> Option<Deed> {
        let place = self.queued.remove(&id)?;
        let job = &mut self.reach.jobs[place];
        job.ended = Some(at);
        Some(Deed { id, op: job.op, cred: job.cred, job: Some(place) })
    }

    /// The queued effect that is happening.
    fn firing(&mut self) -> Option<&mut QueuedEffect> {
        self.now.and_then(|deed| deed.job).map(|place| &mut self.reach.jobs[place])
    }

    fn accepted(&mut self, at: Tick, op: OpId) {
        self.reach.accepted += 1;
        let cost = self.plan.operation(op).cost;
        if cost == 0 {
            return;
        }
        let spent = self.reach.costs.entry(op).or_default();
        *spent += cost;
        let allowed = self.baseline.costs.get(op.index()).copied().filter(|_| !Mistake::TaskCostsCountAsExcess.here());
        let allowed = allowed.unwrap_or(0);
        if *spent > allowed && !self.baseline.allows(op) {
            self.reach.excess_cost += cost.min(*spent - allowed);
            self.excess_effect(at);
        }
    }

    fn touch(&mut self, at: Tick, op: OpId, res: Res, effect: Effect) {
        let mut outside = false;
        let Self { nesting, reach, baseline, .. } = self;
        let (mut fresh, mut fresh_excess) = (0u64, 0u64);
        nesting.with_contents(res, &mut |res: Res| {
            let exceeds = (!baseline.allows(op) || Mistake::EntitlementsCountAsExcess.here())
                && (!baseline.pairs.contains(res.coll, effect, res.row) || Mistake::TaskCountsAsExcess.here());
            outside |= exceeds;
            if reach.touched.insert(res.coll, effect, res.row) {
                fresh += 1;
                if exceeds && reach.excess.insert(res.coll, effect, res.row) {
                    fresh_excess += 1;
                }
            }
        });
        *reach.by_operation.entry(op).or_default() += fresh;
        if fresh_excess > 0 {
            *reach.excess_by_operation.entry(op).or_default() += fresh_excess;
            let total = reach.curve.last().map_or(0, |(_, n)| *n) + fresh_excess;
            match reach.curve.last_mut() {
                Some((last, n)) if *last == at => *n = total,
                _ => reach.curve.push((at, total)),
            }
        }
        if effect != Effect::Read {
            self.undoable(at, op, fresh);
        }
        if outside {
            self.excess_effect(at);
        }
    }

    fn created(&mut self, at: Tick, op: OpId) {
        let made = self.reach.creations.entry(op).or_default();
        *made += 1;
        let beyond = *made > self.baseline.creations.get(op.index()).copied().unwrap_or(0);
        if beyond && !self.baseline.allows(op) {
            self.reach.excess_creations += 1;
            self.excess_effect(at);
        }
        let stays = !self.undoable(at, op, 1);
        self.reach.irreversible_creations += u64::from(stays);
    }

    /// Counts what was done among what can be undone, or among what cannot. Whether it can.
    fn undoable(&mut self, at: Tick, op: OpId, pairs: u64) -> bool {
        let lapses = match self.plan.operation(op).reversible {
            Reversible::Never => Some(at),
            Reversible::For(window) => Some(at + window),
            Reversible::Always => None,
        };
        let stays = |lapses: Tick| lapses <= self.horizon && (lapses == at || !Mistake::WindowsNeverLapse.here());
        let can = !lapses.is_some_and(stays);
        if can {
            self.reach.reversible += pairs;
            if pairs > 0 || Mistake::FinalChangesLapse.here() {
                self.reach.reversible_until = self.reach.reversible_until.into_iter().chain(lapses).min();
            }
        } else {
            self.reach.irreversible += pairs;
            *self.reach.irreversible_by_operation.entry(op).or_default() += pairs;
        }
        can
    }

    fn excess_effect(&mut self, at: Tick) {
        self.effects += 1;
        self.reach.t0.get_or_insert(if Mistake::ClockStartsWithTheRun.here() { Tick::ZERO } else { at });
        self.reach.last_effect = Some(at);
        if let Some(job) = self.firing() {
            job.excess = true;
        }
    }
}

impl Reach {
    /// Whether anything exceeded the task.
    pub fn exceeded(&self) -> bool {
        self.t0.is_some()
    }

    /// Operations whose accepted work will exceed the task after the end.
    pub fn still_to_come(&self) -> impl Iterator<Item = OpId> + '_ {
        self.jobs.iter().filter(|job| job.ended.is_none()).map(|job| job.op)
    }

    /// Excess pairs with one effect.
    pub fn excess_with(&self, effect: Effect) -> u64 {
        self.excess.runs().filter(|(_, e, ..)| *e == effect).map(|(.., n)| u64::from(n)).sum()
    }

    /// Excess pairs until then.
    pub fn excess_by(&self, at: Tick) -> u64 {
        let after = self.curve.partition_point(|(t, _)| *t <= at);
        after.checked_sub(1).map_or(0, |i| self.curve[i].1)
    }

    /// Excess pairs before an alarm: in the order of the journal, in which several things happen in one instant.
    pub fn excess_before(&self, alarm: (Tick, RuleId)) -> u64 {
        let before = self.at_alarms.get(&alarm).filter(|_| !Mistake::OvershootFromTheStart.here());
        before.copied().unwrap_or(0)
    }
}

/// B of the design: what the run without a fault touched, made and spent. Its agents are the closure's.
pub fn baseline_of(plan: &Plan, events: &[Event]) -> Baseline {
    let nothing = Baseline::empty(plan);
    let mut fold = ReachFold::new(plan, &nothing, Tick::ZERO);
    events.iter().for_each(|event| fold.event(event));
    let reach = fold.finish();
    let mut baseline = Baseline::empty(plan);
    for (op, n) in &reach.creations {
        baseline.creations[op.index()] = *n;
    }
    for (op, cost) in &reach.costs {
        baseline.costs[op.index()] = *cost;
    }
    baseline.pairs = reach.touched;
    baseline
}
