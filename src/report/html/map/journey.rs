//! The stops of a journey: the hops of the chain, and the operations in which most of the harm was done.

use crate::measure::{Closure, Hop, OperationRow, operations};
use crate::model::Plan;
use crate::report::clean::clean;
use crate::report::html::Page;
use crate::report::html::figures::NAME;
use crate::report::names::{HopWords, credential_of_run, reason_in_words};
use crate::wire::{CredId, FamilyId};

/// So many stops, and so many operations with harm, are drawn.
const MOST_STOPS: usize = 12;
const MOST_HARMS: usize = 8;
/// So many orders are drawn.
const MOST_ORDERS: usize = 3;

pub struct Journey {
    /// What the agent read and obeyed.
    pub told: Vec<String>,
    pub stops: Vec<Stop>,
    /// There was more than fits into a picture.
    pub more: bool,
}

/// A credential, or none, and what it opened.
pub struct Stop {
    key: Key,
    pub holds: String,
    pub openings: Vec<Opening>,
}

pub struct Opening {
    /// Where `run.json` has the time, and microseconds.
    pub at: Number,
    pub operation: String,
    pub why: String,
    pub did: Vec<(Number, &'static str)>,
    /// What lay there and leads to the next stop.
    pub found: Option<String>,
}

/// A number and its place in `run.json`.
#[derive(Clone)]
pub struct Number {
    pub pointer: String,
    pub value: u64,
}

/// Credentials of one family are one stop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Nothing,
    Family(FamilyId),
    Issued(CredId),
}

impl Key {
    fn of(plan: &Plan, cred: Option<CredId>) -> Key {
        match cred {
            None => Key::Nothing,
            Some(cred) if cred.number() < plan.credentials() => Key::Family(plan.origin_of(cred).0),
            Some(cred) => Key::Issued(cred),
        }
    }
}

/// The journey of a run.
pub fn of(page: &Page<'_>) -> Journey {
    let summary = page.summary;
    let (plan, measures) = (summary.plan, summary.measures);
    let mut stops: Vec<Stop> = Vec::new();
    for (at, hop) in measures.closure.chain().iter().enumerate() {
        let key = Key::of(plan, presented(page, hop));
        let words = HopWords::of(plan, &measures.closure, hop);
        let opening = opening(at, &words);
        match stops.last_mut().filter(|stop| stop.key == key && stop.openings.iter().all(|o| o.found.is_none())) {
            Some(stop) => stop.openings.push(opening),
            None => stops.push(Stop { key, holds: clean(&words.with, NAME), openings: vec![opening] }),
        }
    }
    let rows = operations(plan, measures, summary.events);
    let harms: Vec<(usize, &OperationRow)> =
        rows.iter().enumerate().filter(|(_, row)| row.excess > 0 || row.created > 0).collect();
    let more = stops.len() > MOST_STOPS || harms.len() > MOST_HARMS || measures.orders.len() > MOST_ORDERS;
    stops.truncate(MOST_STOPS);
    for (at, row) in harms.into_iter().take(MOST_HARMS) {
        add(plan, &measures.closure, &mut stops, at, row);
    }
    let told = measures.orders.iter().take(MOST_ORDERS);
    Journey { told: told.map(|order| clean(&order.told(plan).replace('`', "\""), 240)).collect(), stops, more }
}

fn presented(page: &Page<'_>, hop: &Hop) -> Option<CredId> {
    let (by, held) = hop.with?;
    page.summary.measures.closure.find(by, held)?.cred
}

fn opening(at: usize, words: &HopWords) -> Opening {
    let place = words.place.as_ref().map_or(String::new(), |place| format!(" in {place}"));
    Opening {
        at: Number { pointer: format!("/hops/{at}/at"), value: words.at },
        operation: clean(&words.operation, NAME),
        why: reason(&words.why),
        did: Vec::new(),
        found: words.found.as_ref().map(|found| clean(&format!("found {found}{place}"), 2 * NAME)),
    }
}

/// A reason as it stands over a line, where nothing comes before it.
fn reason(words: &str) -> String {
    match words.strip_prefix("which ") {
        Some("did not say why") => "it did not say why".to_owned(),
        Some(alone) => clean(alone, NAME),
        None => clean(words, NAME),
    }
}

/// Adds an operation with its harm to the stop whose credential opened it first.
fn add(plan: &Plan, closure: &Closure, stops: &mut Vec<Stop>, at: usize, row: &OperationRow) {
    let number = |key: &str, value| Number { pointer: format!("/operations/{at}/{key}"), value };
    let did = [
        (number("excess", row.excess), "effects beyond the task"),
        (number("created", row.created), "created"),
        (number("irreversible", row.irreversible), "that cannot be undone"),
    ];
    let did: Vec<(Number, &str)> = did.into_iter().filter(|(n, _)| n.value > 0).collect();
    let key = Key::of(plan, row.first.cred);
    let operation = clean(&plan.operation_name(row.op), NAME);
    let alike = stops.iter_mut().filter(|stop| stop.key == key).flat_map(|stop| &mut stop.openings);
    if let Some(opening) = alike.into_iter().find(|opening| opening.operation == operation) {
        opening.did = did;
        return;
    }
    let why = reason(&reason_in_words(plan, row.first.reason));
    let opening = Opening { at: number("first", row.first.at.0), operation, why, did, found: None };
    match stops.iter_mut().rev().find(|stop| stop.key == key) {
        // What leads on stands last, so that its line crosses nothing.
        Some(stop) => {
            stop.openings.push(opening);
            stop.openings.sort_by_key(|opening| (opening.found.is_some(), opening.at.value));
        }
        None => {
            stops.push(Stop {
                key,
                holds: clean(&credential_of_run(plan, closure, row.first.cred), NAME),
                openings: vec![opening],
            });
        }
    }
}
