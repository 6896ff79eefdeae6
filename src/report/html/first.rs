//! What to fix first: the change that would have prevented most, and the others beside it.

use maud::{Markup, html};
use serde_json::Value;

use super::figures::sentence;
use super::{Page, Part, scrolling};
use crate::measure::Outcome;
use crate::report::summary::Summary;

/// Where it says that the limits hold as it is.
const ALREADY: &str = "/fixes/already";

/// So many changes are shown.
const MOST_ROWS: usize = 6;

/// Each column: where its number stands in `run.json`, and its title.
const COLUMNS: [(&str, &str); 5] = [
    ("excess", "touched or created beyond the task"),
    ("leftover", "still within reach at the end"),
    ("closed", "really contained"),
    ("irreversible", "cannot be undone"),
    ("collateral", "honest requests hit"),
];

/// The changes, or how to have them tried; nothing where there is nothing to fix in a model.
pub fn part(page: &Page<'_>) -> Option<Part> {
    let fixes = page.figures.list("/fixes/fixes");
    let Some(first) = fixes.first() else { return untried(page) };
    let body = html! {
        @if let Some(already) = page.figures.at(ALREADY).as_str() { p data-run=(ALREADY) { (already) } }
        (best(page, first))
        p {
            (page.figures.count("/fixes/singles")) " single changes"
            @if page.figures.number("/fixes/pairs").is_some_and(|n| n > 0) {
                " and " (page.figures.count("/fixes/pairs")) " pairs"
            }
            " were applied to this scenario and run again, each under "
            (page.figures.count("/fixes/seeds"))
            @if page.figures.number("/fixes/seeds") == Some(1) { " seed" } @else { " seeds, the same for all" }
            ". They are ranked by whether they contain, then by what is still "
            "within reach at the end, by what was touched, by honest work that they hit, and by how little has to be written."
        }
        (scrolling("What each change would have prevented", &table(page, fixes)))
        @if fixes.len() > MOST_ROWS { p.note { "The others stand in " code { "run.json" } "." } }
    };
    Some(Part { id: "first", title: "What to fix first", body })
}

fn untried(page: &Page<'_>) -> Option<Part> {
    let Summary { measures, references, .. } = page.summary;
    let went_wrong = matches!(measures.outcome, Outcome::Contained | Outcome::NotContained);
    if !went_wrong || references.explored.is_some() || !page.figures.at("/fixes").is_null() {
        return None;
    }
    let repeat = page.figures.at("/repeat").as_str()?;
    let body = html! {
        p { "No change was tried. This applies each one that the model knows to the scenario, runs it again, and puts here what would have prevented most:" }
        pre.command tabindex="0" { code { (super::clean(&format!("{repeat} --fix"), super::figures::SENTENCE)) } }
    };
    Some(Part { id: "first", title: "What to fix first", body })
}

fn text<'v>(row: &'v Value, key: &str) -> &'v str {
    row[key].as_str().unwrap_or_default()
}

/// The first of them, and what to paste.
fn best(page: &Page<'_>, first: &Value) -> Markup {
    let effect = text(first, "effect");
    if matches!(effect, "nothing" | "worse") {
        return html! { p { "No change that the model knows makes a difference here." } };
    }
    let lead = match effect {
        "helps" | "delays" if page.figures.at(ALREADY).is_string() => "This would help most:",
        "contains" if !shuts(&first["after"]) => {
            "With this change every limit holds. Not every door is shut at the end:"
        }
        "contains" => "This change contains it:",
        "if-answered" => "This contains it, as long as somebody answers the alarm in time:",
        "after-the-fact" => "Nothing that was tried contains it. This stops it, after nearly all of the harm:",
        "delays" => "Nothing that was tried contains it. This delays it, and no more:",
        _ => "Nothing that was tried contains it. This helps most:",
    };
    html! {
        div class={ "first-fix " (effect) } {
            p { (lead) }
            p.order data-run="/fixes/fixes/0/told" { (sentence(text(first, "told"))) }
            p {
                "Touched or created beyond the task: " (page.figures.text("/fixes/fixes/0/after/excess/text")) ", instead of "
                (page.figures.text("/fixes/before/excess/text")) ". Still within reach at the end: "
                (page.figures.text("/fixes/fixes/0/after/leftover/text")) ", instead of "
                (page.figures.text("/fixes/before/leftover/text")) "."
            }
            details.data {
                summary { "The change, as a variant of the scenario" }
                pre tabindex="0" { code { bdi { (multiline(text(first, "patch"))) } } }
            }
        }
    }
}

/// Lines stay lines; everything else that cannot be seen goes.
fn multiline(text: &str) -> String {
    text.lines().map(|line| super::clean(line, super::figures::SENTENCE)).collect::<Vec<_>>().join("\n")
}

fn table(page: &Page<'_>, fixes: &[Value]) -> Markup {
    let numbers = |pointer: &str| {
        html! {
            @for (key, _) in COLUMNS {
                @let prevented = key == "closed" && page.figures.at(&format!("{pointer}/outcomes")).as_array()
                    .is_some_and(|all| all.iter().all(|outcome| outcome[0] == "prevented"));
                td { @if prevented { "prevented" } @else { (page.figures.text(&format!("{pointer}/{key}/text"))) } }
            }
        }
    };
    html! {
        table.fixes {
            caption { "What each change would have prevented, the best first" }
            thead { tr { th scope="col" { "change" } @for (_, title) in COLUMNS { th scope="col" { (title) } } } }
            tbody {
                tr.before { th scope="row" { "as it is" } (numbers("/fixes/before")) }
                @for (at, fix) in fixes.iter().enumerate().take(MOST_ROWS) {
                    tr {
                        th scope="row" {
                            span.told data-run={ "/fixes/fixes/" (at) "/told" } { (sentence(text(fix, "told"))) }
                            span class={ "effect " (text(fix, "effect")) } { (in_words(fix, page.figures.at(ALREADY).is_string())) }
                        }
                        (numbers(&format!("/fixes/fixes/{at}/after")))
                    }
                }
            }
        }
    }
}

/// Whether nothing is open at the end, under any seed: limits that tolerate something can hold without that.
fn shuts(after: &Value) -> bool {
    let outcomes = after["outcomes"].as_array();
    outcomes.is_some_and(|all| all.iter().all(|outcome| matches!(outcome[0].as_str(), Some("prevented" | "contained"))))
}

fn in_words(fix: &Value, already: bool) -> &'static str {
    match text(fix, "effect") {
        "contains" if !shuts(&fix["after"]) => "the limits hold, not every door is shut",
        "contains" => "contains",
        "if-answered" => "contains, if the alarm is answered",
        "after-the-fact" => "stops it after the fact",
        "helps" if already => "helps",
        "delays" if already => "delays",
        "helps" => "helps, does not contain",
        "delays" => "delays, does not contain",
        "worse" => "makes it worse",
        _ => "changes nothing",
    }
}
