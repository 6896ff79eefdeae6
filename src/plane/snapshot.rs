//! Snapshots of what the closure could still touch.

use std::sync::Arc;

use crate::analysis::{Ground, Room, known_from_start};
use crate::model::{Baseline, Bits, Index, Plan};
use crate::planted::Mistake;
use crate::wire::{Body, CredId, Event, Log, Outcome, PlaceId, Response, Rows, Slot, Snapshot, Tick};
use crate::world::{OpenDoors, World};

/// Takes leftover snapshots of one plan.
pub struct Leftovers {
    plan: Arc<Plan>,
    index: Arc<Index>,
    networks: Vec<PlaceId>,
    /// The rows whose ids are known from the start, by collection.
    given: Vec<Bits>,
    /// Those, and what the agents have seen.
    known: Vec<Bits>,
    room: Room,
}

impl Leftovers {
    pub fn new(plan: Arc<Plan>, index: Arc<Index>) -> Leftovers {
        let (networks, given) = (plan.agent_networks(), known_from_start(&plan));
        Leftovers { plan, index, networks, known: given.clone(), given, room: Room::default() }
    }

    /// No agent has seen anything yet.
    pub fn reset(&mut self) {
        self.known.iter_mut().zip(&self.given).for_each(|(known, given)| known.copy_from(given));
    }

    /// An agent saw an answer.
    #[inline]
    pub fn learn(&mut self, outcome: &Outcome, slot: &Slot) {
        let Outcome::Answer(Response { body: Body::Ids { coll, rows, .. } | Body::Records { coll, rows, .. }, .. }) =
            *outcome
        else {
            return;
        };
        if Mistake::LeftoverForgetsIds.here() {
            return;
        }
        let known = &mut self.known[coll.index()];
        match rows {
            Rows::Span { first, n } => known.insert_run(first, n),
            Rows::Pick { .. } => rows.for_each(slot, |row| _ = known.insert(row)),
        }
    }

    /// Logs every pair outside the baseline that the holders of these credentials could touch now.
    pub fn take(
        &mut self,
        (now, which): (Tick, Snapshot),
        world: &World,
        baseline: &Baseline,
        held: impl Iterator<Item = CredId>,
        log: &mut Log,
    ) {
        let doors = OpenDoors::new(world, now, &self.networks, baseline);
        let ground = Ground::new(&self.plan, &self.index);
        let reached = ground.reach_knowing(&doors, held, &self.known, &mut self.room);
        let counts_all = Mistake::LeftoverCountsTheTask.here();
        for (coll, effect, first, n) in reached.pairs.runs() {
            if counts_all || baseline.pairs.of(coll, effect).is_none_or(Bits::is_empty) {
                log.push(Event::Left { at: now, snapshot: which, coll, effect, first, n });
                continue;
            }
            let mut run: Option<(u32, u32)> = None;
            let mut flush = |run: Option<(u32, u32)>| {
                if let Some((first, n)) = run {
                    log.push(Event::Left { at: now, snapshot: which, coll, effect, first, n });
                }
            };
            for row in first..first + n {
                if baseline.pairs.contains(coll, effect, row) {
                    flush(run.take());
                } else {
                    run = Some(run.map_or((row, 1), |(first, n)| (first, n + 1)));
                }
            }
            flush(run);
        }
    }
}
