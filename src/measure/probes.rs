//! What probes tell: between which two of them a door shut. In staging this is all that is known of it.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::wire::{CredId, Event, OpId, Purpose, Tick, Verdict};

use super::lags::{issued, kind_of};
use super::{Door, Kind, Measures};

/// What the probes of one (credential, operation) came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Probed {
    pub last_accepted: Option<Tick>,
    /// The first refusal after the last acceptance; nothing while the door is open.
    pub refused_from: Option<Tick>,
}

/// Folds the probes of a run. A limit that readmits says nothing about a door.
pub fn probed(events: &[Event]) -> BTreeMap<(Option<CredId>, OpId), Probed> {
    let mut all: BTreeMap<(Option<CredId>, OpId), Probed> = BTreeMap::new();
    for event in events {
        let Event::Asked { at, purpose: Purpose::Probe, op: Some(op), cred, verdict, .. } = *event else { continue };
        let row = all.entry((cred, op)).or_default();
        match verdict {
            Verdict::Accepted => *row = Probed { last_accepted: Some(at), refused_from: None },
            Verdict::Limited | Verdict::Failed => {}
            _ => _ = row.refused_from.get_or_insert(at),
        }
    }
    all
}

/// A door, and what the probes of its operations came to.
#[derive(Clone, Copy, Debug)]
pub struct ProbedDoor {
    pub door: Door,
    pub kind: Kind,
    pub probed: Probed,
    /// How many doors this stands for.
    pub alike: u64,
}

/// The doors of the closure that were probed. A door is refused when the last of its operations is.
pub fn probed_doors(plan: &Plan, measures: &Measures, events: &[Event]) -> Vec<ProbedDoor> {
    let (probes, issued) = (probed(events), issued(events));
    let of = |door: &Door| {
        let theirs = probes
            .iter()
            .filter(|((cred, op), _)| (*cred, plan.operation(*op).service) == (door.cred, door.service))
            .map(|(_, probed)| *probed);
        let probed = theirs.reduce(|a, b| Probed {
            last_accepted: a.last_accepted.max(b.last_accepted),
            refused_from: a.refused_from.zip(b.refused_from).map(|(a, b)| a.max(b)),
        })?;
        let kind = door.cred.map_or(Kind::NoCredential, |cred| kind_of(plan, measures, &issued, cred));
        Some(ProbedDoor { door: *door, kind, probed, alike: 1 })
    };
    measures.doors.iter().filter(|door| door.queued.is_none()).filter_map(of).collect()
}

/// The same in short: doors of one kind of which the same is known stand once.
pub fn folded(doors: Vec<ProbedDoor>) -> Vec<ProbedDoor> {
    let (mut folded, mut places) = (Vec::<ProbedDoor>::new(), BTreeMap::new());
    for row in doors {
        let Probed { last_accepted, refused_from } = row.probed;
        let known = (row.kind, row.door.service, last_accepted, refused_from, row.door.closed);
        let place = *places.entry(known).or_insert(folded.len());
        match folded.get_mut(place) {
            Some(first) => first.alike += row.alike,
            None => folded.push(row),
        }
    }
    folded
}
