//! What was accepted for longer than it could be: then the targets file says something that is not so.

use std::collections::BTreeMap;

use super::event::{Header, Micros};
use super::matrix::{Row, WHOLE_SECOND};
use crate::wire::Span;

/// By how much a row outlived its bound, and which key of the targets file says that it could not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outlived {
    pub at_least: Micros,
    pub bound: Micros,
    pub said_by: &'static str,
}

/// Where the least that was seen is more than the most that could be.
pub fn outlived(row: &Row) -> Option<Outlived> {
    let ((at_least, _), bound) = row.lag().zip(row.bound())?;
    let by_cache = row.cached == Some(bound);
    let (said_by, most) = if by_cache { ("cached", bound) } else { ("lives", bound.saturating_add(WHOLE_SECOND)) };
    (at_least > most).then_some(Outlived { at_least, bound, said_by })
}

/// One line for each kind of credential at each service: of several fresh ones, the one that was accepted longest.
pub fn told(header: &Header, rows: &[Row]) -> Vec<String> {
    let mut longest: BTreeMap<(usize, usize), Outlived> = BTreeMap::new();
    for row in rows {
        let Some(seen) = outlived(row) else { continue };
        let most = longest.entry((row.credential, row.service)).or_insert(seen);
        if seen.at_least > most.at_least {
            *most = seen;
        }
    }
    let line = |((credential, service), seen): (&(usize, usize), &Outlived)| {
        let (credential, service) = (&header.credentials[*credential].name, &header.services[*service].name);
        let whose = if seen.said_by == "cached" { service } else { credential };
        format!(
            "{credential} at {service} was accepted until {} after it was declared, and its bound is {}: `{}` of `{whose}` in \
             the targets file is wrong",
            Span(seen.at_least),
            Span(seen.bound),
            seen.said_by
        )
    };
    longest.iter().map(line).collect()
}
