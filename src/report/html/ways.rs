//! By which ways the data was reached, and what all of them went through.

use maud::{Markup, html};
use serde_json::Value;

use super::{Page, Part, scrolling};

/// So many classes are shown.
const MOST_ROWS: usize = 12;

/// The ways; nothing where no data was touched.
pub fn part(page: &Page<'_>) -> Option<Part> {
    let ways = page.figures.list("/ways");
    if ways.is_empty() {
        return None;
    }
    let choke = page.figures.list("/choke_points");
    let body = html! {
        @if choke.is_empty() {
            p { "No single thing lay on every way to data that is not public: there is no one place to block." }
        } @else {
            p {
                "Every way to data that is not public went through "
                @for at in 0..choke.len() {
                    @if at > 0 { ", then " }
                    strong { (page.figures.name(&format!("/choke_points/{at}"))) }
                }
                ". Whatever blocks one of these blocks them all."
            }
        }
        (scrolling("The shortest way to each class of data", &table(page, ways)))
    };
    Some(Part { id: "ways", title: "By which ways", body })
}

fn table(page: &Page<'_>, ways: &[Value]) -> Markup {
    html! {
        table.ways {
            caption { "The way with the fewest steps to each class of data" }
            thead { tr { th scope="col" { "class" } th scope="col" { "first reached" } th scope="col" { "way" } } }
            tbody {
                @for (at, way) in ways.iter().enumerate().take(MOST_ROWS) {
                    tr {
                        th scope="row" { (page.figures.name(&format!("/ways/{at}/class"))) }
                        td { (page.figures.time(&format!("/ways/{at}/first"), "never")) }
                        td {
                            ol.steps {
                                @for step in 0..way["steps"].as_array().map_or(0, Vec::len) {
                                    li {
                                        (page.figures.name(&format!("/ways/{at}/steps/{step}/at"))) " "
                                        span.why { (page.figures.name(&format!("/ways/{at}/steps/{step}/why"))) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
