//! What `runaway serve` shows: the list, and two runs beside each other.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Run;
use crate::report::text::harmless;

const CSS: &str = "\
:root { color-scheme: light dark; --soft: light-dark(#4d4d4d, #b9c0c7); --line: light-dark(#c9ccd1, #454c54); --link: light-dark(#00558a, #7cc4f2); }
html { font: 1rem/1.5 system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif; background: light-dark(#fff, #14171a); color: light-dark(#1a1a1a, #eceff1); }
body { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.25rem; overflow-wrap: anywhere; }
a { color: var(--link); } table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .5rem .8rem .5rem 0; border-bottom: 1px solid var(--line); }
td.said { color: var(--soft); } pre { white-space: pre-wrap; } label { margin-inline-end: 1rem; } .scroll { overflow-x: auto; }";

fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – runaway" }
                style { (PreEscaped(CSS)) }
            }
            body { main { h1 { (title) } (body) } }
        }
    }
}

/// Every run, and a form to compare two.
pub fn list(runs: &[Run]) -> Markup {
    let comparable: Vec<&Run> =
        runs.iter().filter(|run| run.told.is_some() && harmless(&run.name) == run.name).collect();
    page(
        "Runs",
        &html! {
            @if runs.is_empty() { p { "There is no run in this folder: " code { "runaway run" } " makes one." } }
            @else {
                div.scroll tabindex="0" role="group" aria-label="Runs, the latest first" {
                    table {
                        thead { tr { th scope="col" { "run" } th scope="col" { "verdict" } th scope="col" { "what happened" } } }
                        tbody { @for run in runs { (row(run)) } }
                    }
                }
            }
            @if comparable.len() > 1 {
                h2 { "Compare two" }
                form action="/compare" method="get" {
                    @for (key, label, chosen) in [("before", "before", 1), ("now", "now", 0)] {
                        label {
                            (label) " "
                            select name=(key) {
                                @for (at, run) in comparable.iter().enumerate() {
                                    option value=(run.name) selected[at == chosen] { (harmless(&run.name)) }
                                }
                            }
                        }
                    }
                    button { "Compare" }
                }
            }
        },
    )
}

fn row(run: &Run) -> Markup {
    let said = |key: &str| run.told.as_ref().and_then(|told| told.get(key)).and_then(Value::as_str).map(harmless);
    let href = format!("/runs/{}/report.html", utf8_percent_encode(&run.name, NON_ALPHANUMERIC));
    html! {
        tr {
            th scope="row" { a href=(href) { bdi { (harmless(&run.name)) } } }
            td { (said("verdict").unwrap_or_default()) }
            td.said { bdi { (said("headline").unwrap_or_default()) } }
        }
    }
}

/// What is different.
pub fn compared(before: &str, now: &str, told: &str) -> Markup {
    page(
        "Two runs compared",
        &html! {
            p { "Before: " bdi { (harmless(before)) } ". Now: " bdi { (harmless(now)) } "." }
            pre tabindex="0" { (harmless_lines(told)) }
            p { a href="/" { "All runs" } }
        },
    )
}

/// Lines stay lines.
fn harmless_lines(text: &str) -> String {
    text.lines().map(harmless).collect::<Vec<_>>().join("\n")
}
