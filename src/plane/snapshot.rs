//! Snapshots of what the closure could still touch.

use crate::analysis::Ground;
use crate::model::{Baseline, Bits, Plan};
use crate::planted::Mistake;
use crate::wire::{Body, CredId, Event, Log, Outcome, PlaceId, Response, Rows, Slot, Snapshot, Tick};
use crate::world::{OpenDoors, World};

/// Takes leftover snapshots of one plan.
pub struct Leftovers<'a> {
    ground: Ground<'a>,
    baseline: &'a Baseline,
    networks: Vec<PlaceId>,
    /// The rows whose ids the agents have seen, by collection.
    learnt: Vec<Bits>,
}

impl<'a> Leftovers<'a> {
    pub fn new(plan: &'a Plan, baseline: &'a Baseline) -> Leftovers<'a> {
        Leftovers {
            ground: Ground::new(plan),
            baseline,
            networks: plan.agent_networks(),
            learnt: vec![Bits::default(); plan.collections.len()],
        }
    }

    /// An agent saw an answer.
    pub fn learn(&mut self, outcome: &Outcome, slot: &Slot) {
        let Outcome::Answer(Response { body: Body::Ids { coll, rows, .. } | Body::Records { coll, rows, .. }, .. }) =
            *outcome
        else {
            return;
        };
        if Mistake::LeftoverForgetsIds.here() {
            return;
        }
        let learnt = &mut self.learnt[coll.index()];
        match rows {
            Rows::Span { first, n } => learnt.insert_run(first, n),
            Rows::Pick { .. } => rows.iter(slot).for_each(|row| _ = learnt.insert(row)),
        }
    }

    /// Logs every pair outside the baseline that the holders of these credentials could touch now.
    pub fn take(&self, now: Tick, world: &World, held: impl Iterator<Item = CredId>, which: Snapshot, log: &mut Log) {
        let doors = OpenDoors::new(world, now, &self.networks, self.baseline);
        let reached = self.ground.reach_knowing(&doors, held, &self.learnt);
        for (coll, effect, first, n) in reached.pairs.runs() {
            let mut run: Option<(u32, u32)> = None;
            let mut flush = |run: Option<(u32, u32)>| {
                if let Some((first, n)) = run {
                    log.push(Event::Left { at: now, snapshot: which, coll, effect, first, n });
                }
            };
            for row in first..first + n {
                if self.baseline.pairs.contains(coll, effect, row) && !Mistake::LeftoverCountsTheTask.here() {
                    flush(run.take());
                } else {
                    run = Some(run.map_or((row, 1), |(first, n)| (first, n + 1)));
                }
            }
            flush(run);
        }
    }
}
