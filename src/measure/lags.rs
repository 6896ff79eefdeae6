//! The revocation matrix in short: for each family of credentials and each service, how long doors stayed open.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::wire::{CredId, Event, FamilyId, ServiceId, Span};

use super::{Lag, Measures};

/// What a door asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    NoCredential,
    Family(FamilyId),
    /// Nobody issued it: an agent signed it with a key that it had found.
    Forged,
    /// Put in the place of another one during the run.
    Successor,
}

/// The doors of one kind at one service. The four counts add up to all of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LagRow {
    pub kind: Kind,
    pub service: ServiceId,
    /// Still open when the run ended.
    pub open: u64,
    /// Shut after they had been declared shut.
    pub late: u64,
    /// Shut by the time when they were declared shut.
    pub early: u64,
    /// Shut, and nobody had acted on them.
    pub undeclared: u64,
    /// Of those that were declared and shut: the middle lag and the longest.
    pub median: Option<Span>,
    pub longest: Option<Span>,
}

/// A row for each (kind, service) that ever had a door.
pub fn lags(plan: &Plan, measures: &Measures, events: &[Event]) -> Vec<LagRow> {
    let issued = issued(events);
    let mut rows: BTreeMap<(Kind, ServiceId), Vec<Lag>> = BTreeMap::new();
    for door in &measures.doors {
        let kind = door.cred.map_or(Kind::NoCredential, |cred| kind_of(plan, measures, &issued, cred));
        rows.entry((kind, door.service)).or_default().push(door.lag());
    }
    rows.into_iter().map(|((kind, service), lags)| row(kind, service, &lags)).collect()
}

/// What the identity provider issued during the run.
pub(super) fn issued(events: &[Event]) -> BTreeMap<CredId, FamilyId> {
    let minted = |event: &Event| match *event {
        Event::Minted { cred, family, .. } => Some((cred, family)),
        _ => None,
    };
    events.iter().filter_map(minted).collect()
}

pub(super) fn kind_of(plan: &Plan, measures: &Measures, issued: &BTreeMap<CredId, FamilyId>, cred: CredId) -> Kind {
    if cred.number() < plan.credentials() {
        return Kind::Family(plan.origin_of(cred).0);
    }
    if measures.closure.forged.contains_key(&cred) {
        return Kind::Forged;
    }
    issued.get(&cred).map_or(Kind::Successor, |family| Kind::Family(*family))
}

fn row(kind: Kind, service: ServiceId, lags: &[Lag]) -> LagRow {
    let count = |wanted: fn(&Lag) -> bool| lags.iter().filter(|lag| wanted(lag)).count() as u64;
    let mut spans: Vec<Span> = lags
        .iter()
        .filter_map(|lag| match lag {
            Lag::After(span) => Some(*span),
            Lag::Early => Some(Span::ZERO),
            Lag::NoneDeclared | Lag::NeverClosed => None,
        })
        .collect();
    spans.sort_unstable();
    LagRow {
        kind,
        service,
        open: count(|lag| *lag == Lag::NeverClosed),
        late: count(|lag| matches!(lag, Lag::After(_))),
        early: count(|lag| *lag == Lag::Early),
        undeclared: count(|lag| *lag == Lag::NoneDeclared),
        median: spans.get(spans.len() / 2).copied(),
        longest: spans.last().copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ActorId, RequestId, Tick};

    #[test]
    fn a_row_tells_every_door_and_the_lags_of_those_that_were_declared() {
        let after = |s| Lag::After(Span::from_secs(s));
        let doors = [after(30), Lag::Early, after(10), Lag::NeverClosed, Lag::NoneDeclared];
        let row = row(Kind::NoCredential, ServiceId::new(0), &doors);
        assert_eq!((row.open, row.late, row.early, row.undeclared), (1, 2, 1, 1));
        assert_eq!((row.median, row.longest), (Some(Span::from_secs(10)), Some(Span::from_secs(30))));
    }

    #[test]
    fn what_was_issued_during_the_run_is_of_its_family() {
        let (at, id) = (Tick(1), RequestId { by: ActorId::new(0), n: 0 });
        let minted = |cred, family| {
            let (cred, family) = (CredId::new(cred), FamilyId::new(family));
            Event::Minted { at, id, cred, family, parent: None, principal: None, actor: None }
        };
        let families = issued(&[minted(7, 2), Event::Gap { at }, minted(9, 0)]);
        let expected = [(7, 2), (9, 0)].map(|(cred, family)| (CredId::new(cred), FamilyId::new(family)));
        assert_eq!(families, BTreeMap::from(expected));
    }

    #[test]
    fn nothing_declared_has_no_lag() {
        let row = row(Kind::NoCredential, ServiceId::new(0), &[Lag::NeverClosed, Lag::NoneDeclared]);
        assert_eq!((row.median, row.longest), (None, None));
    }
}
