//! What a run on a real system showed beside its events, as people read it: the same lines in every form.

use std::collections::{BTreeMap, BTreeSet};

use crate::measure::{FoundSecret, LeftBehind, Privilege, Undone, counted, refuses};
use crate::model::Plan;
use crate::wire::{CredId, Event, Verdict};

use super::names::credential_label;
use super::summary::Summary;

/// A heading, and its lines.
pub struct Section {
    pub title: &'static str,
    pub lines: Vec<String>,
}

/// The sections that have something to say; none for a run in a world of ours.
pub fn sections(summary: &Summary<'_>) -> Vec<Section> {
    let Some(explored) = &summary.references.explored else { return Vec::new() };
    let untold = untold(summary.plan, summary.events);
    let found = |secret: &FoundSecret| found(secret, untold.contains(&secret.name));
    let shadow = |shadow: &crate::measure::Shadow| {
        format!("{}: answered {}", shadow.operation, counted(shadow.accepted, "time"))
    };
    let count = |(what, n): (&String, &u64)| format!("{what}: {}", counted(*n, "time"));
    let mut odd: Vec<String> = explored.oddities.iter().map(count).collect();
    if explored.links_not_followed > 0 {
        odd.push(format!(
            "{} to where no operation is listed: not followed",
            counted(explored.links_not_followed, "link")
        ));
    }
    let mut refused: Vec<String> = explored.not_sent.iter().map(count).collect();
    refused.extend(explored.untried());
    refused.extend(explored.not_tried.iter().map(|(operation, why)| format!("{operation}: {why}")));
    let all = [
        ("not in the declared inventory", explored.shadows.iter().map(shadow).collect()),
        (
            "what credentials opened, beside what they were meant for",
            explored.privileges.iter().flat_map(privilege).collect(),
        ),
        ("secrets in answers", explored.found.iter().map(found).collect()),
        ("answers that were no plain yes or no", odd),
        ("not tried", refused),
        ("what it wrote", explored.undo.iter().flat_map(undone).collect()),
        ("stages", explored.stages.iter().enumerate().map(|(at, stage)| staged(at, stage)).collect()),
    ];
    let sections = all.map(|(title, lines): (&'static str, Vec<String>)| Section { title, lines });
    sections.into_iter().filter(|section| !section.lines.is_empty()).collect()
}

fn privilege(privilege: &Privilege) -> Vec<String> {
    let Privilege { credential, opened, more, unused, unused_scopes } = privilege;
    let mut lines = vec![format!("{credential} opened {}", counted(*opened, "operation"))];
    for (what, names) in [
        ("and was not meant to", more),
        ("never opened, though meant to", unused),
        ("scopes that opened nothing", unused_scopes),
    ] {
        if !names.is_empty() {
            lines.push(format!("{credential}, {what}: {}", names.join(", ")));
        }
    }
    lines
}

/// Credentials that were presented, and of which no answer told whether they are good for anything.
fn untold(plan: &Plan, events: &[Event]) -> BTreeSet<String> {
    let mut told: BTreeMap<CredId, bool> = BTreeMap::new();
    for event in events {
        if let Event::Asked { cred: Some(cred), verdict, reason, .. } = *event {
            *told.entry(cred).or_default() |= verdict == Verdict::Accepted || refuses(verdict, reason);
        }
    }
    let untold = told.into_iter().filter(|(_, told)| !told);
    untold.map(|(cred, _)| credential_label(plan, Some(cred))).collect()
}

fn found(found: &FoundSecret, is_untold: bool) -> String {
    let FoundSecret { name, looks, operation, record, times, tried, accepted_by } = found;
    let place = record.as_ref().map_or_else(|| operation.clone(), |record| format!("{operation}, in {record}"));
    let came = match (tried, accepted_by.as_slice()) {
        (false, _) => "not tried".to_owned(),
        (true, []) if is_untold => "tried, and no answer told whether it opens anything".to_owned(),
        (true, []) => "tried, and accepted nowhere".to_owned(),
        (true, all) => format!("tried, and accepted by {}", all.join(", ")),
    };
    format!("{name} ({looks}): {place}, seen {}; {came}", counted(*times, "time"))
}

/// What became of what a run wrote, line by line.
pub fn undone(undone: &Undone) -> Vec<String> {
    let Undone { writes, unanswered, undone: back, refused, left, unsteady } = undone;
    let of_them = |n: u64, what: &str| if n > 0 { format!(", {n} of them {what}") } else { String::new() };
    let (maybe, never) = (of_them(*unanswered, "never answered"), of_them(*refused, "refused"));
    let mut lines = vec![format!("{}{maybe}{never}; {back} undone", counted(*writes, "write"))];
    for LeftBehind { operation, marker, why, by_hand } in left {
        lines.push(format!("left behind by {operation}, marked {marker}: {why}. By hand: {by_hand}"));
    }
    lines.extend(unsteady.iter().map(|what| format!("not as before: {what}")));
    lines
}

fn staged(at: usize, stage: &crate::measure::Stage) -> String {
    let checks = if stage.failed.is_empty() { "the checks held".to_owned() } else { stage.failed.join("; ") };
    format!("{}. {}: {checks}", at + 1, stage.identities.join(", "))
}
