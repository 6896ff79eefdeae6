//! What each credential brought: which requests exceeded the task, and what they presented.

use std::collections::BTreeMap;

use crate::measure::{Excess, ReachFold};
use crate::model::{Baseline, Plan};
use crate::wire::{ActorId, CredId, Event, FamilyId, HeldId, OpId, RequestId, Tick};

/// A request as the journal has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Its place among the events.
    pub place: usize,
    pub op: Option<OpId>,
    /// What it presented, by the sender's own number.
    pub with: (ActorId, Option<HeldId>),
}

/// An excess effect: the event, and the request that caused it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deed {
    pub place: usize,
    pub at: Tick,
    pub asked: Asked,
}

/// Credentials that are taken together: of one family, found by one actor or there from its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Kind {
    by: ActorId,
    family: FamilyId,
    found: bool,
}

/// What brought most.
#[derive(Default)]
pub(super) struct Chief {
    /// The credentials of a kind, in the order of their numbers; none where none was needed.
    pub with: Vec<HeldId>,
    pub family: Option<FamilyId>,
    pub brought: Excess,
}

/// What the excess of a run came from.
#[derive(Default)]
pub(super) struct Causes {
    /// How much each presented credential brought: pairs, creations and costs.
    pub brought: BTreeMap<(ActorId, Option<HeldId>), Excess>,
    kinds: BTreeMap<(ActorId, HeldId), Kind>,
    pub first: Option<Deed>,
    pub last: Option<Deed>,
    /// The effects beyond the task in order: when, and their places among the events.
    pub deeds: Vec<(Tick, usize)>,
}

impl Causes {
    pub fn of(plan: &Plan, baseline: &Baseline, events: &[Event], end: Tick) -> Causes {
        let mut fold = ReachFold::new(plan, baseline, end);
        let mut causes = Causes::default();
        let mut asked: BTreeMap<ActorId, Asked> = BTreeMap::new();
        let mut holders: BTreeMap<(ActorId, CredId), HeldId> = BTreeMap::new();
        let mut keys: BTreeMap<CredId, CredId> = BTreeMap::new();
        let mut minted: BTreeMap<CredId, FamilyId> = BTreeMap::new();
        let mut waiting: BTreeMap<RequestId, Asked> = BTreeMap::new();
        for (place, event) in events.iter().enumerate() {
            let before = fold.excess();
            fold.event(event);
            let of = match *event {
                Event::Minted { cred, family, .. } => {
                    minted.insert(cred, family);
                    None
                }
                Event::Got { by, held, via, cred: Some(cred), .. } => {
                    holders.entry((by, cred)).or_insert(held);
                    let declared = || (cred.number() < plan.credentials()).then(|| plan.origin_of(cred).0);
                    if let Some(family) = minted.get(&cred).copied().or_else(declared) {
                        causes.kinds.entry((by, held)).or_insert(Kind { by, family, found: via.is_some() });
                    }
                    None
                }
                Event::Forged { cred, key, .. } => {
                    keys.insert(cred, key);
                    None
                }
                Event::Asked { id, op, held, cred, .. } => {
                    // What was made with a key came of the key.
                    let key = cred.and_then(|cred| keys.get(&cred)).and_then(|key| holders.get(&(id.by, *key)));
                    let with = (id.by, key.copied().or(held));
                    asked.insert(id.by, Asked { place, op, with });
                    asked.get(&id.by)
                }
                Event::Queued { id, .. } => {
                    asked.get(&id.by).map(|request| waiting.insert(id, *request));
                    None
                }
                Event::Touched { id, .. } | Event::Created { id, .. } => waiting.get(&id).or(asked.get(&id.by)),
                _ => None,
            };
            if let Some(gained) = fold.excess().beyond(before)
                && let Some(asked) = of.copied()
            {
                causes.note(gained, Deed { place, at: event.at(), asked });
            }
        }
        causes
    }

    fn note(&mut self, gained: Excess, deed: Deed) {
        *self.brought.entry(deed.asked.with).or_default() += gained;
        self.first.get_or_insert(deed);
        self.last = Some(deed);
        self.deeds.push((deed.at, deed.place));
    }

    /// What brought most: by pairs, then by what was made, then by what it cost. What is of a kind counts together.
    pub fn chief(&self) -> Option<(ActorId, Chief)> {
        let kind = |by: ActorId, held: Option<HeldId>| held.and_then(|held| self.kinds.get(&(by, held)));
        let mut all: BTreeMap<(ActorId, Result<Kind, Option<HeldId>>), Chief> = BTreeMap::new();
        for ((by, held), excess) in &self.brought {
            let kind = kind(*by, *held).copied();
            let chief = all.entry((*by, kind.ok_or(*held))).or_default();
            chief.with.extend(held);
            chief.family = kind.map(|kind| kind.family);
            chief.brought += *excess;
        }
        all.into_iter().max_by_key(|(_, chief)| chief.brought).map(|((by, _), chief)| (by, chief))
    }

    pub fn all(&self) -> Excess {
        let mut all = Excess::default();
        self.brought.values().for_each(|excess| all += *excess);
        all
    }

    /// Effects beyond the task from an instant on, by their places.
    pub fn from(&self, at: Tick) -> impl Iterator<Item = usize> {
        self.deeds.iter().filter(move |(then, _)| *then >= at).map(|(_, place)| *place)
    }
}
