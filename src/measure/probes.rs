//! What probes tell: between which two of them a door shut. In staging this is all that is known of it.

use std::collections::BTreeMap;

use crate::wire::{CredId, Event, OpId, Purpose, Tick, Verdict};

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
