//! What a run on a real system showed beside its events, as people read it: the same lines in every form.

use crate::measure::{Explored, FoundSecret, LeftBehind, Privilege, Undone, counted};

/// A heading, and its lines.
pub struct Section {
    pub title: &'static str,
    pub lines: Vec<String>,
}

/// The sections that have something to say.
pub fn sections(explored: &Explored) -> Vec<Section> {
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

fn found(found: &FoundSecret) -> String {
    let FoundSecret { name, looks, operation, record, times, tried, accepted_by } = found;
    let place = record.as_ref().map_or_else(|| operation.clone(), |record| format!("{operation}, in {record}"));
    let came = match (tried, accepted_by.as_slice()) {
        (false, _) => "not tried".to_owned(),
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
