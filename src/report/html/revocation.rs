//! The revocation matrix as a heat map: families of credentials, services, and how long doors stayed open.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

use super::figures::{Figures, NAME};
use super::{Page, Part, scrolling};
use crate::report::clean::clean;

/// More rows and columns would be no picture.
const MOST_ROWS: usize = 40;
const MOST_SERVICES: usize = 12;

/// The heat map; nothing where no door was ever open.
pub fn part(page: &Page<'_>) -> Option<Part> {
    let rows = page.figures.list("/revocation");
    if rows.is_empty() {
        return None;
    }
    let services = names(rows, "service");
    let families = names(rows, "family");
    let cut = services.len() > MOST_SERVICES || families.len() > MOST_ROWS;
    let cells: BTreeMap<(&str, &str), usize> =
        rows.iter().enumerate().map(|(at, row)| ((text(row, "family"), text(row, "service")), at)).collect();
    let table = html! {
        table.heat {
            caption { "Until when each kind of credential still opened more than the task needs" }
            thead {
                tr {
                    th scope="col" { "kind of credential" }
                    @for service in services.iter().take(MOST_SERVICES) { th scope="col" { bdi { (clean(service, NAME)) } } }
                }
            }
            tbody {
                @for family in families.iter().take(MOST_ROWS) {
                    tr {
                        th scope="row" { bdi { (clean(family, NAME)) } }
                        @for service in services.iter().take(MOST_SERVICES) {
                            @match cells.get(&(*family, *service)) {
                                Some(at) => (cell(&page.figures, *at)),
                                None => td.none { span.quiet { "no way in" } },
                            }
                        }
                    }
                }
            }
        }
    };
    let body = html! {
        p {
            "Declaring a credential revoked does not end it: services go on trusting it for a while. "
            @match page.figures.evidence("lag") {
                "censored" => "At least one was still trusted when the run ended.",
                _ => { "The longest that one was still trusted: " (page.figures.measure("lag")) "." },
            }
        }
        (scrolling("Revocation matrix", &table))
        @if cut { p.note { "The first rows and columns only; all of them stand in run.json." } }
        ul.legend {
            li.heat-open { "still open at the end" }
            li.heat-late { "shut later than declared" }
            li.heat-none { "shut, but nobody had acted" }
            li.heat-early { "shut by the time it was declared" }
        }
    };
    Some(Part { id: "revocation", title: "When each credential really stopped working", body })
}

fn text<'v>(row: &'v Value, key: &str) -> &'v str {
    row[key].as_str().unwrap_or_default()
}

/// The different names, in the order in which they come.
fn names<'v>(rows: &'v [Value], key: &str) -> Vec<&'v str> {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&text(row, key)) {
            names.push(text(row, key));
        }
    }
    names
}

fn cell(figures: &Figures, at: usize) -> Markup {
    let count = |key: &str| figures.number(&format!("/revocation/{at}/{key}")).unwrap_or(0);
    let n = |key: &str| figures.count(&format!("/revocation/{at}/{key}"));
    let lag = |key: &str| figures.time(&format!("/revocation/{at}/{key}"), "");
    let class = match () {
        () if count("open") > 0 => "heat-open",
        () if count("late") > 0 => "heat-late",
        () if count("undeclared") > 0 => "heat-none",
        () => "heat-early",
    };
    html! {
        td class=(class) {
            @if count("open") > 0 { strong { (n("open")) " still open" } }
            @if count("late") > 0 {
                div { (n("late")) " late" }
                div { "median " (lag("median")) ", longest " (lag("longest")) }
            }
            @if count("undeclared") > 0 { div { (n("undeclared")) " shut, not by us" } }
            @if count("early") > 0 { div { (n("early")) " shut in time" } }
        }
    }
}
