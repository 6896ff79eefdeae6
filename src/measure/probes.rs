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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ActorId, Reason, RequestId, RouteId, ServiceId, Span};

    fn asked(at: u64, verdict: Verdict) -> Event {
        Event::Asked {
            at: Tick(at),
            id: RequestId { by: ActorId::new(9), n: at as u32 },
            purpose: Purpose::Probe,
            route: RouteId::new(0),
            op: Some(OpId::new(0)),
            held: None,
            cred: None,
            principal: None,
            verdict,
            reason: Reason::Granted,
            status: 200,
            back: Span(1),
        }
    }

    fn told(last_accepted: Option<u64>, refused_from: Option<u64>) -> Probed {
        Probed { last_accepted: last_accepted.map(Tick), refused_from: refused_from.map(Tick) }
    }

    #[test]
    fn a_limit_and_a_fault_say_nothing_about_a_door() {
        use Verdict::{Accepted, Failed, Forbidden, Limited};
        let told_by = |verdicts: &[Verdict]| {
            let events: Vec<Event> = (1..).zip(verdicts).map(|(at, verdict)| asked(at, *verdict)).collect();
            probed(&events)[&(None, OpId::new(0))]
        };
        assert_eq!(told_by(&[Accepted, Limited, Failed]), told(Some(1), None));
        assert_eq!(told_by(&[Accepted, Limited, Forbidden, Forbidden]), told(Some(1), Some(3)));
        assert_eq!(told_by(&[Forbidden, Accepted]), told(Some(2), None), "it opened again");
    }

    #[test]
    fn doors_of_which_the_same_is_known_stand_once() {
        let row = |service, refused_from| ProbedDoor {
            door: Door {
                cred: None,
                service: ServiceId::new(service),
                queued: None,
                opened: Tick(0),
                closed: None,
                declared: None,
            },
            kind: Kind::NoCredential,
            probed: told(Some(1), refused_from),
            alike: 1,
        };
        let rows = vec![row(0, Some(2)), row(1, Some(2)), row(0, Some(2)), row(0, None), row(0, Some(2))];
        let short: Vec<_> = folded(rows).iter().map(|row| (row.door.service.number(), row.probed, row.alike)).collect();
        let refused = told(Some(1), Some(2));
        assert_eq!(short, [(0, refused, 3), (1, refused, 1), (0, told(Some(1), None), 1)]);
    }
}
