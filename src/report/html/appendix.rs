//! For engineers: every number with its definition and how it was obtained, and how to repeat the run.

use maud::html;
use serde_json::Value;

use super::figures::{name, sentence};
use super::{Page, Part, behind, scrolling};
use crate::measure::Measured;
use crate::report::clean::clean;
use crate::report::tags::said;

/// The most of a scenario that the page carries; the journal has all of it.
const MOST_OF_SCENARIO: usize = 150_000;
/// So many rows of a table.
const MOST_ROWS: usize = 60;

/// Every measure.
pub fn measures(page: &Page<'_>) -> Option<Part> {
    let table = html! {
        table.measures {
            caption { "Every number, with its definition and how it was obtained" }
            thead { tr { th scope="col" { "measure" } th scope="col" { "value" } th scope="col" { "how it is known" } th scope="col" { "definition" } } }
            tbody {
                @for (measure, value) in page.summary.measures.values() {
                    tr {
                        th scope="row" { (measure.name) " " code { (measure.key) } }
                        td { (page.figures.measure(measure.key)) }
                        td { (known(value)) }
                        td { (measure.definition) }
                    }
                }
            }
        }
    };
    let body = html! {
        p { "What each number means, and how it is known: counted, between bounds, sampled, or not known at all." }
        (behind("Show every number with its definition", &table))
    };
    Some(Part { id: "measures", title: "Every number", body })
}

fn known(value: &Measured) -> &'static str {
    if let Measured::Moot(_) = value {
        return "there was nothing for which it should have come";
    }
    match value.evidence() {
        "exact" => "counted from the journal",
        "bounded" => "between these: something was queued, never answered, or could not be tried",
        "sampled" => "from repeated runs, with its 95 % interval",
        "censored" => "it did not come before the run ended",
        _ => "not known",
    }
}

/// What the defence did to honest work.
pub fn controls(page: &Page<'_>) -> Option<Part> {
    let hit = page.figures.list("/collateral");
    if page.summary.measures.collateral.asked == 0 {
        return None;
    }
    let table = html! {
        table {
            caption { "Honest requests that went through without the controls" }
            thead { tr { th scope="col" { "control" } th scope="col" { "refused" } th scope="col" { "delayed" } } }
            tbody {
                @for at in 0..hit.len().min(MOST_ROWS) {
                    tr {
                        th scope="row" { (page.figures.name(&format!("/collateral/{at}/by"))) }
                        td { (page.figures.count(&format!("/collateral/{at}/refused"))) }
                        td { (page.figures.count(&format!("/collateral/{at}/delayed"))) }
                    }
                }
            }
        }
    };
    let body = html! {
        p {
            "The defence hit " (page.figures.measure("collateral")) " honest requests, and raised "
            (page.figures.measure("false_alarms")) " false alarms."
        }
        @if !hit.is_empty() { (scrolling("What the defence cost", &table)) }
    };
    Some(Part { id: "collateral", title: "What the defence cost honest work", body })
}

/// The run over several seeds.
pub fn seeds(page: &Page<'_>) -> Option<Part> {
    let seeds = page.summary.references.seeds.as_ref()?;
    let claims = page.figures.list("/seeds/claims");
    let quantiles = html! {
        table {
            caption { "Each measure over the seeds" }
            thead {
                tr {
                    th scope="col" { "measure" }
                    @for head in ["least", "5 %", "median", "95 %", "most"] { th scope="col" { (head) } }
                }
            }
            tbody {
                @for spread in &seeds.spreads {
                    tr {
                        th scope="row" { (name(&spread.measure)) }
                        @match <[String; 5]>::try_from(spread.shown()) {
                            Ok(shown) => { @for cell in shown { td { (cell) } } }
                            Err(_) => td colspan="5" { (spread.in_words()) },
                        }
                    }
                }
            }
        }
    };
    let held = html! {
        table {
            caption { "In how many seeds each claim held" }
            thead { tr { th scope="col" { "claim" } th scope="col" { "held" } th scope="col" { "of" } } }
            tbody {
                @for at in 0..claims.len().min(MOST_ROWS) {
                    tr {
                        th scope="row" {
                            (page.figures.name(&format!("/seeds/claims/{at}/measure"))) " "
                            (page.figures.name(&format!("/seeds/claims/{at}/demand")))
                        }
                        td { (page.figures.count(&format!("/seeds/claims/{at}/held"))) }
                        td { (page.figures.count(&format!("/seeds/claims/{at}/of"))) }
                    }
                }
            }
        }
    };
    let body = html! {
        p { "The same run under " (page.figures.count("/seeds/count")) " seeds." }
        @if !claims.is_empty() { (scrolling("Claims over seeds", &held)) }
        (scrolling("Measures over seeds", &quantiles))
    };
    Some(Part { id: "seeds", title: "Over many seeds", body })
}

/// How to see the same again.
pub fn repeat(page: &Page<'_>) -> Option<Part> {
    let figures = &page.figures;
    let is_real = page.summary.references.explored.is_some();
    let body = html! {
        p {
            @if is_real { "A real system may answer otherwise another time. This explores it again:" }
            @else { "The same scenario with the same seed gives the same events:" }
        }
        pre.command tabindex="0" { code { (clean(figures.at("/repeat").as_str().unwrap_or_default(), 400)) } }
        dl.facts {
            @if !is_real { div { dt { "seed" } dd data-run="/seed" { (figures.at("/seed").to_string()) } } }
            div { dt { "plane" } dd { (figures.name("/plane")) } }
            div { dt { "outcome" } dd { (figures.name("/outcome")) } }
            div { dt { "complete" } dd { @if page.summary.measures.complete { "yes" } @else { "no: the journal has no end" } } }
            div { dt { "journal, SHA-256" } dd.digest { (figures.name("/journal_digest")) } }
        }
    };
    Some(Part { id: "repeat", title: "How to repeat it", body })
}

/// Where others describe the same weaknesses.
pub fn tags(page: &Page<'_>) -> Option<Part> {
    let meta = &page.summary.plan.meta;
    if meta.tags.is_empty() && meta.based_on.is_none() && meta.sources.is_empty() {
        return None;
    }
    let body = html! {
        @if let Some(based_on) = &meta.based_on { p { "Based on: " (sentence(based_on)) } }
        @if !meta.tags.is_empty() {
            ul { @for tag in meta.tags.iter().take(MOST_ROWS) { li { strong { (name(tag)) } @if let Some(said) = said(tag) { " – " (said) } } } }
        }
        @if !meta.sources.is_empty() {
            p { "Sources, as the scenario names them:" }
            p.note { "[V] read in a source, [R] recalled, [C] sources conflict." }
            ul.sources { @for source in meta.sources.iter().take(MOST_ROWS) { li { (sentence(source)) } } }
        }
    };
    Some(Part { id: "tags", title: "Where others describe this", body })
}

/// A resolved scenario without numbers of records and credentials, where they are only room.
fn without_sizes(document: &Value) -> Value {
    match document {
        Value::Array(items) => {
            let is_size = |item: &&Value| item.get(0).is_some_and(|key| key == "count");
            items.iter().filter(|item| !is_size(item)).map(without_sizes).collect()
        }
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), without_sizes(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// The scenario as it was resolved.
pub fn scenario(page: &Page<'_>) -> Option<Part> {
    let unknown = page.summary.plan.meta.sizes_unknown;
    let text = match unknown {
        true => serde_json::to_string_pretty(&without_sizes(page.document)),
        false => serde_json::to_string_pretty(page.document),
    };
    let text = text.ok()?;
    let lines: Vec<String> = text.lines().map(|line| clean(line, 400)).collect();
    let whole = lines.join("\n");
    let shown: String = whole.chars().take(MOST_OF_SCENARIO).collect();
    let cut = shown.len() < whole.len();
    let body = html! {
        details {
            summary { "Show the scenario as it was run" }
            @if unknown { p.note { "It is made of the targets file. How many records there are, nobody knows." } }
            @if cut { p.note { "The beginning only; the journal has all of it." } }
            pre tabindex="0" { code { (shown) } }
        }
    };
    Some(Part { id: "scenario", title: "The scenario", body })
}
