//! One credential sees one phase of a cache: over several of a kind, the least and the most.

use serde_json::{Value, json};

use super::event::{Header, Micros};
use super::matrix::Row;

/// Fresh credentials of one kind at one service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Range {
    pub credential: usize,
    pub service: usize,
    /// How many of them were declared to be contained, and seen to end or not to.
    pub phases: usize,
    /// How long after it was declared the first of them was accepted at least.
    pub at_least: Micros,
    /// How long the last of them was accepted at most; without an end, nothing.
    pub at_most: Option<Micros>,
    /// The longest that any of them could be accepted: by its life, or by what the service trusts.
    pub bound: Option<Micros>,
    /// How much longer the one was accepted that was probed rarely.
    pub rarely: Option<Micros>,
}

/// Where there are several of a kind.
pub fn ranges_of(header: &Header, rows: &[Row]) -> Vec<Range> {
    if header.phases < 2 {
        return Vec::new();
    }
    let mut pairs: Vec<(usize, usize)> = rows.iter().map(|row| (row.credential, row.service)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.into_iter().filter_map(|pair| range(header, rows, pair)).collect()
}

fn range(header: &Header, rows: &[Row], (credential, service): (usize, usize)) -> Option<Range> {
    let of = |row: &&Row| (row.credential, row.service) == (credential, service);
    let lags: Vec<(usize, (Micros, Micros))> =
        rows.iter().filter(of).filter_map(|row| Some((row.instance, row.lag()?))).collect();
    let at_most = lags.iter().map(|(_, lag)| lag.1).max()?;
    let bounds: Vec<Option<Micros>> =
        rows.iter().filter(of).filter(|row| row.lag().is_some()).map(Row::bound).collect();
    let rare = |instance: usize| header.sparse.is_some() && instance + 1 == header.phases;
    let sparse = lags.iter().find(|(instance, _)| rare(*instance)).map(|(_, lag)| lag.0);
    let usual = lags.iter().filter(|(instance, _)| !rare(*instance)).map(|(_, lag)| lag.1).max();
    let longer = sparse.zip(usual).and_then(|(sparse, usual)| sparse.checked_sub(usual));
    Some(Range {
        credential,
        service,
        phases: lags.len(),
        at_least: lags.iter().map(|(_, lag)| lag.0).min()?,
        at_most: (at_most < Micros::MAX).then_some(at_most),
        bound: bounds.into_iter().collect::<Option<Vec<_>>>().and_then(|bounds| bounds.into_iter().max()),
        rarely: longer.filter(|longer| *longer > 0),
    })
}

impl Range {
    pub fn json(&self, header: &Header) -> Value {
        json!({
            "credential": header.credentials[self.credential].name,
            "service": header.services[self.service].name,
            "phases": self.phases,
            "at_least_us": self.at_least,
            "at_most_us": self.at_most,
            "bound_us": self.bound,
            "longer_when_probed_rarely_us": self.rarely,
        })
    }
}
