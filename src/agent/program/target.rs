//! What the next call of a step is about, and which credential it presents.

use crate::agent::listing::Spot;
use crate::agent::memory::Memory;
use crate::model::agent::{On, With};
use crate::wire::{HeldId, Res, RouteId};

use super::Deed;

/// How far a step has come through what it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Progress {
    /// Of a listing.
    spot: Spot,
    /// Of named records, or of the one call about nothing.
    calls: usize,
}

/// The next call of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub about: Option<Res>,
    pub with: Option<HeldId>,
    /// Whose turn it was, where credentials take turns.
    pub turn: usize,
}

impl Deed {
    /// The next call after `progress`: none when the step is through, or when it asks for a credential that the agent
    /// does not hold or has given up.
    #[inline]
    pub(super) fn target(&self, progress: Progress, memory: &Memory) -> Option<Target> {
        let through = match &self.on {
            On::Nothing | On::LastCreated(_) => progress.calls > 0,
            On::Named(records) => progress.calls >= records.len(),
            On::EachListed(_) | On::EachListedParent(_) => false,
        };
        if through {
            return None;
        }
        let route = memory.address(self.route);
        let (with, turn) = self.credential(memory, route)?;
        if let Some(subject) = self.subject {
            memory.first_of(subject)?;
        }
        let about = match &self.on {
            On::Nothing => None,
            On::Named(records) => Some(*records.get(progress.calls)?),
            On::LastCreated(coll) => Some(Res { coll: *coll, row: memory.last_created(*coll)? }),
            On::EachListed(coll) | On::EachListedParent(coll) => {
                let listing = match self.within {
                    Some(_) => memory.listed_with(*coll, with),
                    None => memory.listed(*coll),
                };
                Some(Res { coll: *coll, row: listing?.at(progress.spot)? })
            }
        };
        Some(Target { about, with, turn })
    }

    /// The progress behind the next call.
    #[inline]
    pub(super) fn advance(&self, progress: Progress, with: Option<HeldId>, memory: &Memory) -> Progress {
        match &self.on {
            On::Nothing | On::Named(_) | On::LastCreated(_) => Progress { calls: progress.calls + 1, ..progress },
            On::EachListed(coll) | On::EachListedParent(coll) => {
                let listing = match self.within {
                    Some(_) => memory.listed_with(*coll, with),
                    None => memory.listed(*coll),
                };
                Progress { spot: listing.map_or(progress.spot, |listing| listing.after(progress.spot)), ..progress }
            }
        }
    }

    /// The credential to present, or none at all where the step says so or nothing was ever given.
    #[inline]
    fn credential(&self, memory: &Memory, route: RouteId) -> Option<(Option<HeldId>, usize)> {
        if let Some((family, index)) = self.within {
            return Some((Some(memory.of_family(family, Some(index), route)?), 0));
        }
        let (held, turn) = match self.with {
            With::Nothing => return memory.may_call(None, route).then_some((None, 0)),
            With::Own | With::Enclosing if !memory.was_given_any() => {
                return memory.may_call(None, route).then_some((None, 0));
            }
            With::Own | With::Enclosing => (memory.own(route)?, 0),
            With::Family(family) => (memory.of_family(family, None, route)?, 0),
            With::LastFound => (memory.last_found(route)?, 0),
            With::EachInTurn(family) => memory.in_turn(family, self.turn, route)?,
        };
        Some((Some(held), turn))
    }
}
