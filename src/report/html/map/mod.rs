//! The path through the systems as a map: what was held, what it opened and why, what was found there, what was done.

mod draw;
mod journey;
mod layout;

use maud::{Markup, html};

use super::figures::sentence;
use super::{Page, Part, behind};

/// So many hops stand in the table.
const MOST_ROWS: usize = 60;

/// The map; nothing where no credential was used and no instruction was obeyed.
pub fn part(page: &Page<'_>) -> Option<Part> {
    let journey = journey::of(page);
    if journey.stops.is_empty() && journey.told.is_empty() {
        return None;
    }
    let body = html! {
        figure {
            figcaption {
                "From top to bottom: what the agent held on the left, what that opened on the right, and on the line why the door opened. Red frames are where it did more than its task."
            }
            (draw::map(&layout::of(&journey)))
            (behind("The same in words", &in_words(page)))
        }
    };
    Some(Part { id: "path", title: "How it got there", body })
}

fn in_words(page: &Page<'_>) -> Markup {
    let orders = page.figures.list("/orders");
    let operations = page.figures.list("/operations");
    html! {
        @if !orders.is_empty() {
            p { "What it read and obeyed:" }
            ul { @for order in orders.iter().take(MOST_ROWS) { li { (sentence(order.as_str().unwrap_or_default())) } } }
        }
        table {
            caption { "The shortest way to the deepest credential that was used" }
            thead {
                tr {
                    th scope="col" { "at" } th scope="col" { "held" } th scope="col" { "opened" }
                    th scope="col" { "why" } th scope="col" { "found" }
                }
            }
            tbody {
                @for at in 0..page.figures.list("/hops").len().min(MOST_ROWS) {
                    tr {
                        td { (page.figures.time(&format!("/hops/{at}/at"), "")) }
                        th scope="row" { (page.figures.name(&format!("/hops/{at}/with"))) }
                        td { (page.figures.name(&format!("/hops/{at}/operation"))) }
                        td { (page.figures.name(&format!("/hops/{at}/why"))) }
                        td { (page.figures.name(&format!("/hops/{at}/found"))) }
                    }
                }
            }
        }
        table {
            caption { "Every operation that let it through" }
            thead {
                tr {
                    th scope="col" { "operation" } th scope="col" { "first at" } th scope="col" { "times" }
                    th scope="col" { "effects beyond the task" } th scope="col" { "created" }
                    th scope="col" { "cannot be undone" }
                }
            }
            tbody {
                @for at in 0..operations.len().min(MOST_ROWS) {
                    tr {
                        th scope="row" { (page.figures.name(&format!("/operations/{at}/operation"))) }
                        td { (page.figures.time(&format!("/operations/{at}/first"), "")) }
                        @for column in ["accepted", "excess", "created", "irreversible"] {
                            td { (page.figures.count(&format!("/operations/{at}/{column}"))) }
                        }
                    }
                }
            }
        }
    }
}
