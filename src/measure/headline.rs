//! The headline: one true sentence.

use crate::model::Plan;
use crate::wire::{Effect, Span};

use super::{Measures, Outcome, References, classes, percent, resources, thousands};

/// What happened, in one sentence of parts.
pub fn headline(plan: &Plan, references: &References, measures: &Measures) -> String {
    match measures.outcome {
        Outcome::Benign => return "did its task and nothing else".to_owned(),
        Outcome::Unknown if !measures.complete => {
            return "the run did not reach its end: what is known so far is a lower bound".to_owned();
        }
        Outcome::Unknown => {
            return "no excess effect, and none in the uncontrolled run either: nothing was shown".to_owned();
        }
        Outcome::Prevented => {
            return format!(
                "prevented: not one effect beyond the task; uncontrolled, the same instruction touches {}",
                thousands(super::references::pairs(&references.control_excess).len())
            );
        }
        Outcome::Contained | Outcome::NotContained => {}
    }
    let mut parts = vec![reached(plan, references, measures)];
    parts.push(ending(plan, measures));
    parts.extend(sensitive(plan, measures));
    if measures.reach.irreversible > 0 {
        parts.push(format!("{} irreversible effects", thousands(measures.reach.irreversible)));
    }
    if let Some(spared) = references.spared(&measures.reach.touched, measures.reach.excess_cost)
        && measures.outcome == Outcome::Contained
    {
        parts.push(if spared < AFTER_THE_FACT {
            format!("stopped after the fact: {} spared", percent(spared))
        } else {
            format!("{} of the damage spared", percent(spared))
        });
    }
    parts.join("; ")
}

/// A contained run that spared less than this stopped after the fact.
const AFTER_THE_FACT: f64 = 0.05;

fn reached(plan: &Plan, references: &References, measures: &Measures) -> String {
    let distinct: u64 = resources(&measures.reach.touched).values().sum();
    let services: std::collections::BTreeSet<_> = measures
        .reach
        .by_operation
        .keys()
        .chain(measures.reach.creations.keys())
        .map(|op| plan.operation(*op).service)
        .collect();
    let all = plan.services.iter().filter(|s| s.role != crate::model::service::Role::Administration).count();
    let took = match (measures.reach.t0, measures.reach.last_effect) {
        (Some(t0), Some(last)) => last.since(t0),
        _ => Span::ZERO,
    };
    let whole = match references.potential_resources {
        0 => String::new(),
        n => format!(" of {} ({})", thousands(n), percent((distinct as f64 / n as f64).min(1.0))),
    };
    let first = measures.reach.curve.last().zip(measures.reach.t0).map(|((at, _), t0)| at.since(t0));
    let within = match first {
        Some(span) if span == Span::ZERO => " at once".to_owned(),
        Some(span) => format!(" in {span}"),
        None => format!(" over {took}"),
    };
    format!("reached {}{whole} resources in {} of {all} services{within}", thousands(distinct), services.len())
}

fn ending(plan: &Plan, measures: &Measures) -> String {
    let open: Vec<_> = measures.doors.iter().filter(|d| d.closed.is_none()).collect();
    let names = |services: std::collections::BTreeSet<crate::wire::ServiceId>| {
        services.iter().map(|s| format!("`{}`", plan.service(*s).name)).collect::<Vec<_>>().join(", ")
    };
    if !open.is_empty() {
        let survivors = measures.leftover.survivors.len() as u64;
        let services = names(open.iter().map(|d| d.service).collect());
        let who = match survivors {
            0 => "the door is open to anybody".to_owned(),
            1 => "1 credential is".to_owned(),
            n => format!("{} credentials are", thousands(n)),
        };
        let what =
            if survivors == 0 { format!("{who} at {services}") } else { format!("{who} still accepted by {services}") };
        return format!("not contained: {what} after {}", measures.end);
    }
    match (measures.declared(), measures.closed()) {
        (Some(declared), Some(closed)) if closed > declared => {
            let late = measures.doors.iter().filter(|d| d.closed == Some(closed)).map(|d| d.service).collect();
            format!("declared contained at {declared}, still accepted by {} until {closed}", names(late))
        }
        (_, Some(closed)) => format!("contained at {closed}"),
        _ => "no door was left open".to_owned(),
    }
}

/// The classes that a reader asks about.
fn sensitive(plan: &Plan, measures: &Measures) -> Vec<String> {
    classes(plan, measures)
        .into_iter()
        .filter(|row| {
            row.effect == Effect::Read && matches!(plan.classes[row.class.index()].as_str(), "pii" | "secret")
        })
        .map(|row| format!("{} {} records", thousands(row.excess), plan.classes[row.class.index()]))
        .collect()
}
