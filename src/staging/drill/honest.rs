//! Honest work while the steps are done: what of it is refused is collateral.

use super::event::{Event, Header, Reading, Who};
use super::matrix::{beside, first_step, shown_by};

/// What became of one kind of honest work from the first step on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Honest {
    pub name: String,
    pub asked: usize,
    pub refused: usize,
    /// So many answers said nothing.
    pub unknown: usize,
    /// So many of those were refusals beside a control that was not accepted.
    pub beside_refused: usize,
}

/// All honest work that the targets file names, in its order; none before a step was begun.
pub fn honest_work(header: &Header, events: &[Event]) -> Vec<Honest> {
    let Some(began) = first_step(events) else { return Vec::new() };
    let controls: Vec<_> =
        (0..header.services.len()).map(|service| shown_by(events, Who::Control, Some(service))).collect();
    // While a control is refused too, its refusal may be about us and not about honest work.
    let says = |probed| controls.iter().map(|at| beside(probed, at)).find(|reading| *reading != probed.reading);
    let of = |(sentinel, name): (usize, &String)| {
        let probes = shown_by(events, Who::Sentinel { sentinel }, None);
        let after = probes.into_iter().filter(|probed| probed.sent >= began);
        let readings: Vec<(Reading, bool)> =
            after.map(|probed| says(probed).map_or((probed.reading, false), |reading| (reading, true))).collect();
        let count = |of: Reading| readings.iter().filter(|(reading, _)| *reading == of).count();
        Honest {
            name: name.clone(),
            asked: readings.len(),
            refused: count(Reading::Refused),
            unknown: count(Reading::Unknown),
            beside_refused: readings.iter().filter(|(_, beside)| *beside).count(),
        }
    };
    header.sentinels.iter().enumerate().map(of).collect()
}
