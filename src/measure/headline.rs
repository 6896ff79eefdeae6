//! The headline: one true sentence.

use crate::model::Plan;
use crate::wire::{Effect, Span};

use super::{
    Door, Explored, Hit, Measures, Outcome, Reach, References, classes, counted, percent, resources, thousands,
};

/// What happened, in one sentence of parts.
pub fn headline(plan: &Plan, references: &References, measures: &Measures) -> String {
    if let Some(explored) = &references.explored {
        return explored_headline(plan, references, measures, explored);
    }
    match measures.outcome {
        Outcome::Benign => return beside("did its task and nothing else".to_owned(), measures),
        Outcome::Unknown if !measures.complete || measures.aborted => {
            let so_far = reached(plan, references, measures);
            return format!("stopped at {}, before its end; until then it {so_far}", measures.end);
        }
        Outcome::Unknown => {
            return "no excess effect, and none in the uncontrolled run either: nothing was shown".to_owned();
        }
        Outcome::Prevented => {
            let touched = super::references::pairs(&references.control_excess);
            let does = match resources(plan, &touched).values().sum() {
                0 => "goes beyond it".to_owned(),
                touched => format!("touches {}", counted(touched, "resource")),
            };
            let prevented = "prevented: not one effect beyond the task; uncontrolled, the same instruction";
            return beside(format!("{prevented} {does}"), measures);
        }
        Outcome::Contained | Outcome::NotContained => {}
    }
    let mut parts = vec![reached(plan, references, measures)];
    parts.push(ending(plan, measures));
    parts.extend(sensitive(plan, measures));
    if measures.leaked > 0 {
        parts.push(format!("{} leaked", counted(measures.leaked, "record")));
    }
    parts.extend(created(&measures.reach));
    if measures.reach.excess_cost > 0 {
        let spent = super::Value::Money(measures.reach.excess_cost);
        parts.push(format!("{spent} {} spent beyond the task", plan.currency));
    }
    parts.extend(irreversible(&measures.reach));
    parts.extend(collateral(measures.collateral.total()));
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

/// What was created beyond the task.
fn created(reach: &Reach) -> Option<String> {
    let made =
        (reach.excess_creations > 0).then(|| format!("{} created", counted(reach.excess_creations, "record")))?;
    Some(match (only_creations_stay(reach), reach.excess_creations) {
        (false, _) => made,
        (true, 1) => format!("{made}, which cannot be undone"),
        (true, _) => format!("{made}, none of which can be undone"),
    })
}

/// What cannot be undone. Nobody shall add creations up that are among it.
fn irreversible(reach: &Reach) -> Option<String> {
    if reach.irreversible == 0 || only_creations_stay(reach) {
        return None;
    }
    let all = counted(reach.irreversible, "irreversible effect");
    Some(match reach.irreversible_creations.min(reach.excess_creations) {
        0 => all,
        among => format!("{all}, {} of them new records", thousands(among)),
    })
}

/// Whether what cannot be undone is what was created beyond the task, all of it and nothing else.
fn only_creations_stay(reach: &Reach) -> bool {
    reach.excess_creations > 0
        && reach.irreversible == reach.excess_creations
        && reach.irreversible_creations == reach.excess_creations
}

/// What was seen of a real system.
fn explored_headline(plan: &Plan, references: &References, measures: &Measures, explored: &Explored) -> String {
    let mut parts = vec![reached(plan, references, measures)];
    if !plan.agents.iter().all(|agent| agent.may.is_empty()) {
        let beyond = counted(measures.reach.excess.len(), "effect");
        parts.push(format!("{beyond} on them beyond what it may"));
    }
    parts.extend(sensitive(plan, measures));
    if !explored.shadows.is_empty() {
        let hidden = counted(explored.shadows.len() as u64, "operation");
        parts.push(format!("{hidden} answered that the inventory does not have"));
    }
    match explored.secrets() {
        (0, _) => {}
        (found, 0) => parts.push(format!("{} found, none of which opened anything", counted(found, "secret"))),
        (found, opened) => {
            parts.push(format!("{} found, {} of which opened something", counted(found, "secret"), opened))
        }
    }
    let more: usize = explored.privileges.iter().map(|privilege| privilege.more.len()).sum();
    if more > 0 {
        parts.push(format!("{} opened that nobody meant", counted(more as u64, "operation")));
    }
    if !explored.no_ids.is_empty() {
        let lists: Vec<&str> = explored.no_ids.iter().map(|list| list.operation.as_str()).collect();
        parts.push(format!("no ids in what {} showed, so nothing behind it was tried", lists.join(", ")));
    }
    if explored.stopped.is_some() {
        parts.push("stopped before its end".to_owned());
    }
    parts.join("; ")
}

/// With what the controls did to honest work beside it.
fn beside(outcome: String, measures: &Measures) -> String {
    match collateral(measures.collateral.total()) {
        Some(hit) => format!("{outcome}; {hit}"),
        None => outcome,
    }
}

/// What the controls did to honest work.
fn collateral(hit: Hit) -> Option<String> {
    let honest = |n| counted(n, "honest request");
    match (hit.refused, hit.delayed) {
        (0, 0) => None,
        (refused, 0) => Some(format!("{} refused", honest(refused))),
        (0, delayed) => Some(format!("{} delayed", honest(delayed))),
        (refused, delayed) => Some(format!("{} refused and {} delayed", honest(refused), thousands(delayed))),
    }
}

/// A contained run that spared less than this stopped after the fact.
const AFTER_THE_FACT: f64 = 0.05;

fn reached(plan: &Plan, references: &References, measures: &Measures) -> String {
    let distinct: u64 = resources(plan, &measures.reach.touched).values().sum();
    let services: std::collections::BTreeSet<_> = measures
        .reach
        .by_operation
        .keys()
        .chain(measures.reach.creations.keys())
        .map(|op| plan.operation(*op).service)
        .collect();
    let all = plan.services.iter().filter(|s| s.role != crate::model::service::Role::Administration).count();
    let took = measures.reach.t0.zip(measures.reach.last_effect).map(|(t0, last)| last.since(t0));
    let whole = match references.potential_resources {
        0 => String::new(),
        n => format!(" of {} ({})", thousands(n), percent(distinct as f64 / n as f64)),
    };
    let first = measures.reach.curve.last().zip(measures.reach.t0).map(|((at, _), t0)| at.since(t0));
    let within = match first {
        Some(span) if span == Span::ZERO => " at once".to_owned(),
        Some(span) => format!(" in {span}"),
        None => took.map_or_else(String::new, |took| format!(" over {took}")),
    };
    let resources = if whole.is_empty() && distinct == 1 { "resource" } else { "resources" };
    let all = counted(all as u64, "service");
    format!("reached {}{whole} {resources} in {} of {all}{within}", thousands(distinct), services.len())
}

fn ending(plan: &Plan, measures: &Measures) -> String {
    let (queued, open): (Vec<&Door>, Vec<&Door>) =
        measures.doors.iter().filter(|d| d.closed.is_none()).partition(|d| d.queued.is_some());
    let names = |services: std::collections::BTreeSet<crate::wire::ServiceId>| {
        services.iter().map(|s| format!("`{}`", plan.service(*s).name)).collect::<Vec<_>>().join(", ")
    };
    if !open.is_empty() {
        let survivors = measures.leftover.survivors.len() as u64;
        let services = names(open.iter().map(|d| d.service).collect());
        let what = match survivors {
            0 => format!("the door is open to anybody at {services}"),
            n => format!("{} still accepted by {services}", are(n, "credential")),
        };
        let declared = measures.declared().map_or_else(String::new, |at| format!(", though declared at {at}"));
        return format!("not contained{declared}: {what} after {}", measures.end);
    }
    if !queued.is_empty() {
        return format!(
            "not contained: {} still queued after {}",
            are(queued.len() as u64, "accepted effect"),
            measures.end
        );
    }
    match (measures.declared(), measures.closed()) {
        (Some(declared), Some(closed)) if closed > declared => {
            let late: Vec<&Door> = measures.doors.iter().filter(|d| d.closed == Some(closed)).collect();
            let services = names(late.iter().map(|d| d.service).collect());
            match late.iter().all(|door| door.queued.is_some()) {
                true => format!("declared contained at {declared}, what {services} had queued went on until {closed}"),
                false => format!("declared contained at {declared}, still accepted by {services} until {closed}"),
            }
        }
        (_, Some(closed)) => format!("contained at {closed}"),
        _ => "no door was left open".to_owned(),
    }
}

/// `1 credential is`, `3 credentials are`.
fn are(n: u64, one: &str) -> String {
    format!("{} {}", counted(n, one), if n == 1 { "is" } else { "are" })
}

/// The classes that a reader asks about, as people write them.
const SENSITIVE: [(&str, &str); 2] = [("pii", "PII record"), ("secret", "secret record")];

fn sensitive(plan: &Plan, measures: &Measures) -> Vec<String> {
    classes(plan, measures)
        .into_iter()
        .filter(|row| row.effect == Effect::Read)
        .filter_map(|row| {
            let class = plan.classes[row.class.index()].as_str();
            let (_, written) = SENSITIVE.iter().find(|(name, _)| *name == class)?;
            Some(format!("{} read", counted(row.excess, written)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(excess_creations: u64, irreversible: u64, irreversible_creations: u64) -> String {
        let reach = Reach { excess_creations, irreversible, irreversible_creations, ..Reach::default() };
        created(&reach).into_iter().chain(super::irreversible(&reach)).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn nobody_adds_up_what_is_counted_twice() {
        assert_eq!(told(0, 0, 0), "");
        assert_eq!(told(12, 0, 0), "12 records created");
        assert_eq!(told(1, 1, 1), "1 record created, which cannot be undone");
        assert_eq!(told(1_200, 1_200, 1_200), "1,200 records created, none of which can be undone");
        assert_eq!(told(12, 20, 12), "12 records created; 20 irreversible effects, 12 of them new records");
        assert_eq!(told(12, 8, 0), "12 records created; 8 irreversible effects");
        assert_eq!(told(0, 3, 3), "3 irreversible effects");
    }
}
