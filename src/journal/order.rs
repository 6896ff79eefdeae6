//! Whether events stand as a run writes them: of a journal without its end, no digest says so.

use std::collections::BTreeSet;

use crate::wire::{Event, RequestId, Tick};

/// The first event that cannot stand where it does, and why.
///
/// What requests do is written in the order of its time on every plane. Who looks on by the wall clock, the census among
/// them, may write a moment later. Where one request is answered after the other, no number of an actor is left out.
pub fn disorder(plane: &str, events: &[Event]) -> Option<(usize, &'static str)> {
    let (mut now, mut asked) = (Tick::ZERO, BTreeSet::new());
    events.iter().enumerate().find_map(|(place, event)| {
        let (at, id) = of_a_request(event)?;
        let is_earlier = std::mem::replace(&mut now, at) > at;
        let asks = matches!(event, Event::Asked { .. });
        let again = asks && !asked.insert(id);
        let before = id.n.checked_sub(1).map(|n| RequestId { n, ..id });
        let after_a_gap = asks && plane == "sim" && before.is_some_and(|before| !asked.contains(&before));
        match () {
            _ if is_earlier => Some((place, "it happened before what stands above it")),
            _ if again => Some((place, "its request stands above it already")),
            _ if after_a_gap => Some((place, "requests are missing above it")),
            _ => None,
        }
    })
}

/// When and for which request something happened.
fn of_a_request(event: &Event) -> Option<(Tick, RequestId)> {
    match *event {
        Event::Asked { at, id, .. }
        | Event::Touched { at, id, .. }
        | Event::Created { at, id, .. }
        | Event::Wrote { at, id, .. }
        | Event::Minted { at, id, .. }
        | Event::Forged { at, id, .. }
        | Event::Queued { at, id, .. }
        | Event::Fired { at, id, .. }
        | Event::Cancelled { at, id, .. }
        | Event::Said { at, id, .. }
        | Event::Consulted { at, id, .. }
        | Event::Acted { at, id, .. }
        | Event::Lost { at, id } => Some((at, id)),
        _ => None,
    }
}
