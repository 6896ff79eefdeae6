//! Effects on rows, as the journal has them: in runs.

use crate::wire::{CollId, Effect, Event, Log, RequestId, Rows, Slot, Tick};

/// Logs the effect on rows, side by side ones as one run, in whichever direction they were listed.
pub(super) fn touch(
    now: Tick,
    id: RequestId,
    (coll, effect): (CollId, Effect),
    rows: Rows,
    slot: &Slot,
    log: &mut Log,
) {
    let mut touched = |(first, n)| log.push(Event::Touched { at: now, id, coll, effect, first, n });
    match rows {
        Rows::Span { n: 0, .. } | Rows::Pick { n: 0, .. } => return,
        Rows::Span { first, n } => return touched((first, n)),
        Rows::Pick { .. } => {}
    }
    let mut run: Option<(u32, u32)> = None;
    for row in rows.iter(slot) {
        match &mut run {
            Some((first, n)) if *first + *n == row => *n += 1,
            Some((first, n)) if row + 1 == *first => (*first, *n) = (row, *n + 1),
            _ => {
                if let Some(run) = run.replace((row, 1)) {
                    touched(run);
                }
            }
        }
    }
    if let Some(run) = run {
        touched(run);
    }
}
