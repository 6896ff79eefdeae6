//! The census of a run: which doors are open to the closure, journalled when it changes.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::analysis::exchanges;
use crate::model::{Baseline, Bits, Plan};
use crate::planted::Mistake;
use crate::wire::{CredId, Event, Log, OpId, Open, PlaceId, Span, Tick};
use crate::world::{Pending, World};

use super::door_table::DoorTable;

/// What is known of every (credential, operation) that the closure could use.
pub struct Census {
    held: Bits,
    doors: DoorTable,
    networks: Vec<PlaceId>,
    /// Whether two credentials can open a door together.
    exchanges: bool,
    /// How many doors are open for ever, as far as can be seen.
    for_ever: usize,
    ever_open: bool,
    /// When a door last changed.
    changed: Tick,
    /// When the last door shut, or will shut by itself; worked out when somebody asks.
    last_shut: Cell<Option<Tick>>,
    survivors: Vec<CredId>,
}

impl Census {
    pub fn new(plan: &Plan) -> Census {
        Census {
            held: Bits::default(),
            doors: DoorTable::default(),
            networks: plan.agent_networks(),
            exchanges: exchanges(plan).next().is_some(),
            for_ever: 0,
            ever_open: false,
            changed: Tick::ZERO,
            last_shut: Cell::new(None),
            survivors: Vec::new(),
        }
    }

    /// Nobody holds anything yet.
    pub fn reset(&mut self) {
        let Census { held, doors, networks: _, exchanges: _, for_ever, ever_open, changed, last_shut, survivors: _ } =
            self;
        held.clear();
        doors.clear();
        (*for_ever, *ever_open, *changed) = (0, false, Tick::ZERO);
        last_shut.set(None);
    }

    /// Being without a credential is one of the credentials of every closure.
    pub fn start(&mut self, now: Tick, world: &World, baseline: &Baseline, log: &mut Log) {
        self.look(now, None, world, baseline, log);
    }

    /// The closure came to hold a credential.
    pub fn hold(&mut self, now: Tick, cred: CredId, world: &World, baseline: &Baseline, log: &mut Log) {
        if self.held.insert(cred.number()) {
            self.look(now, Some(cred), world, baseline, log);
            if self.exchanges {
                self.look_at_others(now, cred, world, baseline, log);
            }
        }
    }

    /// What is one credential's door may be another's subject.
    fn look_at_others(&mut self, now: Tick, cred: CredId, world: &World, baseline: &Baseline, log: &mut Log) {
        for other in self.held.iter().map(CredId::new).filter(|other| *other != cred).collect::<Vec<_>>() {
            self.look(now, Some(other), world, baseline, log);
        }
    }

    /// Something changed in the world.
    pub fn update(&mut self, now: Tick, world: &mut World, baseline: &Baseline, log: &mut Log) {
        let changes = world.take_changes();
        for (forged, key) in changes.forged {
            if self.held.contains(key.number()) {
                self.hold(now, forged, world, baseline, log);
            }
        }
        if changes.everything {
            self.look(now, None, world, baseline, log);
            for cred in self.held.iter().collect::<Vec<_>>() {
                self.look(now, Some(CredId::new(cred)), world, baseline, log);
            }
            return;
        }
        for cred in changes.credentials {
            if self.held.contains(cred.number()) {
                self.look(now, Some(cred), world, baseline, log);
                if self.exchanges {
                    self.look_at_others(now, cred, world, baseline, log);
                }
            }
        }
    }

    fn look(&mut self, now: Tick, cred: Option<CredId>, world: &World, baseline: &Baseline, log: &mut Log) {
        let networks = std::mem::take(&mut self.networks);
        match cred {
            Some(key) if world.signs(key) => {
                self.note(now, cred, world.doors_of_key(now, key, &networks, baseline), log);
            }
            Some(caller) if self.exchanges => {
                let mut doors: BTreeMap<OpId, Open> = world.doors(now, cred, &networks, baseline).collect();
                for (op, open) in world.doors_by_exchange(now, caller, &self.held, &networks, baseline) {
                    let door = doors.entry(op).or_insert(Open::Shut);
                    *door = open.max(*door);
                }
                self.note(now, cred, doors, log);
            }
            _ => self.note(now, cred, world.doors(now, cred, &networks, baseline), log),
        }
        self.networks = networks;
    }

    #[inline]
    fn note(&mut self, now: Tick, cred: Option<CredId>, doors: impl IntoIterator<Item = (OpId, Open)>, log: &mut Log) {
        let mut place = self.doors.begin(cred);
        for (op, open) in doors {
            let was = self.doors.find(&mut place, op).map_or(Open::Shut, |open| settled(open, now));
            if was != open {
                self.doors.set(place, op, open);
                log.push(Event::Census { at: now, cred, op, open });
                self.changed(now, was, open);
            }
        }
    }

    fn changed(&mut self, now: Tick, was: Open, open: Open) {
        self.for_ever += usize::from(open == Open::ForEver);
        self.for_ever -= usize::from(was == Open::ForEver);
        self.ever_open |= open != Open::Shut;
        self.changed = now;
        self.last_shut.set(None);
    }

    /// Whether every door could have been shut for a while when nothing more changes.
    #[inline]
    pub fn may_settle(&self) -> bool {
        self.ever_open && self.for_ever == 0
    }

    /// When every door will have been shut for `settle` and nothing was queued any more, unless something changes.
    #[inline]
    pub fn settles(&self, settle: Span, pending: impl FnOnce() -> Pending) -> Option<Tick> {
        if !self.may_settle() {
            return None;
        }
        let pending = pending();
        (pending.waiting == 0).then(|| self.last_shut().max(pending.last) + settle)
    }

    fn last_shut(&self) -> Tick {
        if let Some(at) = self.last_shut.get() {
            return at;
        }
        let until = |(_, open): &(OpId, Open)| if let Open::Until(at) = open { *at } else { Tick::ZERO };
        let at = self.doors.rows().flat_map(|(_, doors)| doors).map(until).fold(self.changed, Tick::max);
        self.last_shut.set(Some(at));
        at
    }

    pub fn held(&self) -> impl Iterator<Item = CredId> + '_ {
        self.held.iter().map(CredId::new)
    }

    /// The credentials that still open a door at `now`.
    pub fn survivors(&mut self, now: Tick) -> &[CredId] {
        let Census { doors, survivors, .. } = self;
        let opens = |(_, open): &(OpId, Open)| settled(*open, now) != Open::Shut || Mistake::ShutDoorsSurvive.here();
        let open = doors.rows().filter(|(_, doors)| doors.iter().any(opens)).filter_map(|(cred, _)| cred);
        survivors.clear();
        survivors.extend(open);
        survivors
    }
}

/// A door that was to stay open until an instant in the past is shut.
fn settled(open: Open, now: Tick) -> Open {
    match open {
        Open::Until(at) if at <= now => Open::Shut,
        open => open,
    }
}
