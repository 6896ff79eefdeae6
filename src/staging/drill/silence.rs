//! Why answers that came, or did not, tell nothing of a credential.

use super::event::{Event, Header, Micros, Reading, Who};
use super::matrix::{Row, shown_by};
use crate::wire::Span;

/// From when on the control was refused to the end where the row is about, in words behind something else: beside that, no
/// refusal counts.
pub fn of_the_control(header: &Header, events: &[Event], row: &Row) -> String {
    let controls = shown_by(events, Who::Control, Some(row.service));
    let accepted = controls.iter().rposition(|probed| probed.reading == Reading::Accepted).map_or(0, |last| last + 1);
    let refused = controls[accepted..].iter().find(|probed| probed.reading == Reading::Refused);
    let since = |from: Micros| {
        let service = &header.services[row.service].name;
        format!(
            "; the control was refused by {service} from {} on, and beside that no refusal tells anything",
            Span(from)
        )
    };
    refused.map_or_else(String::new, |probed| since(probed.sent))
}

/// What is known of a door that was seen open when the drill was stopped: where that was too long before, nothing answered
/// any more.
pub fn before_the_stop(header: &Header, events: &[Event], row: &Row, accepted: Micros) -> String {
    let stopped = events.iter().find_map(|event| match event {
        Event::Stopped { at, .. } => Some(*at),
        _ => None,
    });
    let due = accepted.saturating_add(header.every(row.instance).saturating_mul(2));
    match stopped.filter(|stopped| *stopped > due) {
        None => "still accepted when the drill was stopped".to_owned(),
        Some(stopped) => format!(
            "last accepted at {}, and nothing answered from then until the drill was stopped at {}",
            Span(accepted),
            Span(stopped)
        ),
    }
}

/// A probe that anybody passes proves nothing.
pub fn worthless_probes(header: &Header, events: &[Event], unsure: &mut Vec<String>) {
    for event in events {
        if let Event::Negative { service, made_up, reading, .. } = event
            && *reading != Reading::Refused
        {
            let with = if *made_up { "with a made-up credential" } else { "without a credential" };
            let what = if *reading == Reading::Accepted { "is accepted" } else { "gets no clear answer" };
            unsure.push(format!("the probe of {} {what} {with}: it proves nothing", header.services[*service].name));
        }
    }
}
