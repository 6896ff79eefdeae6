//! Leftover reach: what the closure could still touch, at declared containment and at the deadline.

use std::collections::BTreeMap;

use crate::model::Pairs;
use crate::planted::Mistake;
use crate::wire::{CredId, Effect, Event, Snapshot, Tick};

/// What is left over.
#[derive(Clone, Debug, Default)]
pub struct Leftover {
    pub at_deadline: Pairs,
    /// The snapshot after the last actions; nothing where it showed nothing, or was never taken.
    pub at_declared: Option<(Tick, Pairs)>,
    /// When the last action returned.
    pub returned: Option<Tick>,
    /// Credentials that still open a door, and whether each is a root.
    pub survivors: BTreeMap<CredId, bool>,
}

impl Leftover {
    pub fn event(&mut self, event: &Event) {
        match *event {
            Event::Left { at, snapshot, coll, effect, first, n } => {
                let pairs = match snapshot {
                    Snapshot::Deadline => &mut self.at_deadline,
                    Snapshot::Declared => match &mut self.at_declared {
                        Some((then, pairs)) if *then == at => pairs,
                        other => &mut other.insert((at, Pairs::default())).1,
                    },
                };
                pairs.insert_run(coll, effect, first, n);
            }
            Event::Acted { returned, .. } => {
                self.returned = self.returned.max(Some(returned));
                self.at_declared = self.at_declared.take().filter(|_| Mistake::AnOlderSnapshotIsKept.here());
            }
            Event::Survivor { cred, root, .. } => {
                self.survivors.insert(cred, root);
            }
            _ => {}
        }
    }

    /// Without a fault there is no closure, and what agents can reach is what they are there for.
    pub fn of_nobody(self) -> Leftover {
        Leftover { returned: self.returned, ..Leftover::default() }
    }

    /// How much was left over when the last action had returned: a snapshot that showed nothing left no trace. Nothing
    /// where nobody acted, or the run was over before.
    pub fn declared(&self, end: Tick) -> Option<u64> {
        match &self.at_declared {
            Some((_, pairs)) => Some(pairs.len()),
            None => self.returned.filter(|returned| *returned <= end).map(|_| 0),
        }
    }

    /// Left over and not touched during the run.
    pub fn fresh(&self, touched: &Pairs) -> u64 {
        self.at_deadline
            .runs()
            .flat_map(|(coll, effect, first, n)| (first..first + n).map(move |row| (coll, effect, row)))
            .filter(|(coll, effect, row)| {
                Mistake::FreshIsWhatWasTouched.here() || !touched.contains(*coll, *effect, *row)
            })
            .count() as u64
    }
}

/// Records that can be read.
pub fn readable(pairs: &Pairs) -> u64 {
    pairs.runs().filter(|(_, effect, ..)| *effect == Effect::Read).map(|(.., n)| u64::from(n)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ActorId, CollId, RequestId, StepId, Target};

    fn left(at: u64, snapshot: Snapshot, effect: Effect, first: u32, n: u32) -> Event {
        Event::Left { at: Tick(at), snapshot, coll: CollId::new(0), effect, first, n }
    }

    fn acted(returned: u64) -> Event {
        let id = RequestId { by: ActorId::new(0), n: 0 };
        let (step, target, returned) = (StepId::new(0), Target::Named, Tick(returned));
        Event::Acted { at: Tick(0), id, step, target, returned, worked: true }
    }

    fn seen(events: &[Event]) -> Leftover {
        let mut leftover = Leftover::default();
        events.iter().for_each(|event| leftover.event(event));
        leftover
    }

    #[test]
    fn a_snapshot_has_all_its_runs() {
        let snapshot = [(0, 3), (7, 2)].map(|(first, n)| left(5, Snapshot::Declared, Effect::Read, first, n));
        assert_eq!(seen(&snapshot).declared(Tick(9)), Some(5));
    }

    #[test]
    fn what_was_left_after_an_earlier_action_is_forgotten() {
        let before = left(5, Snapshot::Declared, Effect::Read, 0, 3);
        assert_eq!(seen(&[acted(5), before, acted(9)]).declared(Tick(9)), Some(0));
        assert_eq!(seen(&[acted(5), before, acted(9)]).declared(Tick(8)), None, "the action had not returned");
        assert_eq!(seen(&[acted(9), acted(5)]).declared(Tick(8)), None, "nor the later one of two");
        assert_eq!(seen(&[]).declared(Tick(9)), None);
    }

    #[test]
    fn of_nobody_nothing_is_left_but_when_the_defence_returned() {
        let nobody = seen(&[acted(5), left(5, Snapshot::Declared, Effect::Read, 0, 3)]).of_nobody();
        assert_eq!((nobody.declared(Tick(5)), nobody.declared(Tick(4))), (Some(0), None));
    }

    #[test]
    fn what_was_touched_is_not_fresh() {
        let snapshot = [(Effect::Read, 2, 3), (Effect::Write, 2, 1)];
        let leftover = seen(&snapshot.map(|(effect, first, n)| left(5, Snapshot::Deadline, effect, first, n)));
        let mut touched = Pairs::default();
        assert_eq!(leftover.fresh(&touched), 4);
        touched.insert(CollId::new(0), Effect::Read, 3);
        assert_eq!(leftover.fresh(&touched), 3);
    }

    #[test]
    fn what_can_only_be_written_is_not_readable() {
        let mut pairs = Pairs::default();
        for row in [2, 3, 9] {
            pairs.insert(CollId::new(0), Effect::Read, row);
        }
        pairs.insert(CollId::new(0), Effect::Write, 2);
        assert_eq!(readable(&pairs), 3);
    }
}
