//! Whether what was ended could be had again.

use super::event::{Event, Header};
use super::judge::{Result, anybody_passes};
use crate::planted::Mistake;

/// What was issued again outlives the drill. What nobody answered may be.
pub fn reminted(header: &Header, events: &[Event], result: &mut Result) {
    for event in events {
        let Event::Reminted { way, got, accepted_by, untold, silent, .. } = event else { continue };
        let named = |services: &[usize]| -> Vec<&str> {
            let telling = services.iter().filter(|service| !anybody_passes(events, **service));
            telling.map(|service| header.services[*service].name.as_str()).collect()
        };
        let (at, silent) = (named(accepted_by), named(silent));
        let silence_tells = header.may_remint || Mistake::SilenceIssuesNothing.here();
        if !*got {
            if let (Some(why), false) = (untold, silence_tells) {
                result.unsure.push(format!("{way}: nobody knows whether it would be issued again: {why}"));
            }
            continue;
        }
        let what = if at.is_empty() { "accepted nowhere".to_owned() } else { format!("accepted by {}", at.join(", ")) };
        result.survivors.push(format!("{way}: issued again, {what}"));
        if !header.may_remint && !at.is_empty() {
            result.broken.push(format!("{way}: a new credential was issued after the drill, {what}"));
        } else if !silent.is_empty() && !silence_tells {
            result.unsure.push(format!(
                "{way}: a new credential was issued after the drill, and no answer of {} tells whether it is accepted",
                silent.join(", ")
            ));
        }
    }
}
