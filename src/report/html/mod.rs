//! `report.html`: one file that needs nothing else, for a leader who has three minutes, and for the engineer after.
//!
//! No script, no request, no font but the reader's own. The parts stand in [`PARTS`], in their order; each says for
//! itself whether it has anything to show.

mod appendix;
mod bars;
mod blame;
mod canvas;
mod explored;
mod figures;
mod first;
mod flags;
mod left;
mod map;
mod over_time;
mod reach;
mod revocation;
mod top;
mod unknowns;
mod ways;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use super::clean::clean;
use super::summary::Summary;
use figures::Figures;

const CSS: &str = include_str!("style.css");

/// What a part may look at.
struct Page<'a> {
    summary: &'a Summary<'a>,
    /// The scenario as it was resolved.
    document: &'a Value,
    figures: Figures,
}

/// A part of the page.
struct Part {
    id: &'static str,
    title: &'static str,
    body: Markup,
}

/// The parts, in their order.
const PARTS: &[fn(&Page<'_>) -> Option<Part>] = &[
    over_time::part,
    map::part,
    revocation::part,
    left::part,
    first::part,
    ways::part,
    explored::part,
    reach::part,
    blame::part,
    unknowns::part,
    appendix::measures,
    appendix::controls,
    appendix::seeds,
    appendix::repeat,
    appendix::tags,
    appendix::scenario,
];

/// The page of a run. `run` is what stands in its `run.json`, `document` the scenario as it was resolved.
pub fn page(summary: &Summary<'_>, run: &Value, document: &Value) -> String {
    let page = Page { summary, document, figures: Figures::of(run) };
    let parts: Vec<Part> = PARTS.iter().filter_map(|part| part(&page)).collect();
    let title = clean(&summary.title(), figures::NAME);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) " – runaway report" }
                style { (PreEscaped(CSS)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                (top::header(&page))
                main #main tabindex="-1" {
                    (top::verdict(&page))
                nav aria-label="Parts of this report" {
                        ul {
                            @for part in &parts { li { a href={ "#" (part.id) } { (part.title) } } }
                        }
                    }
                    @for part in &parts {
                        section #(part.id) aria-labelledby={ (part.id) "-title" } {
                            h2 #{ (part.id) "-title" } { (part.title) }
                            (part.body)
                        }
                    }
                }
                footer {
                    p {
                        "Made by " (figures::name(page.figures.at("/tool").as_str().unwrap_or_default()))
                        ". Every number on this page stands in " code { "run.json" } " beside it."
                    }
                }
            }
        }
    }
    .into_string()
}

/// Tables wider than a small screen scroll by themselves, also by keyboard.
fn scrolling(label: &str, table: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="group" aria-label=(label) { (table) } }
}

/// The numbers behind a picture.
fn behind(label: &str, table: &Markup) -> Markup {
    html! { details.data { summary { (label) } (scrolling(label, table)) } }
}

/// On a narrow screen a picture goes on behind its edge.
fn swipe() -> Markup {
    html! { p.swipe aria-hidden="true" { "Swipe the picture sideways to see all of it →" } }
}

/// A picture that says in words what it shows.
fn picture(id: &str, size: (u32, u32), title: &str, desc: &str, drawn: &str) -> Markup {
    html! {
        (swipe())
        div.scroll tabindex="0" role="group" aria-label=(title) {
            svg.chart viewBox={ "0 0 " (size.0) " " (size.1) } role="img"
                aria-labelledby={ (id) "-t " (id) "-d" } {
                title #{ (id) "-t" } { (title) }
                desc #{ (id) "-d" } { (desc) }
                (PreEscaped(drawn))
            }
        }
    }
}
