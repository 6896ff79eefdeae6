//! What was reached: by service, by class of data.

use maud::{Markup, html};
use plotters::style::RGBColor;
use serde_json::Value;

use super::bars::{Bar, bars};
use super::canvas::{BLUE, PURPLE};
use super::figures::{NAME, name};
use super::{Page, Part, behind, picture};
use crate::report::clean::clean;

/// So many bars are drawn; so many rows stand in a table.
const MOST_BARS: usize = 14;
const MOST_ROWS: usize = 60;

/// By service and by class.
pub fn part(page: &Page<'_>) -> Option<Part> {
    let body = html! {
        p {
            "It touched " (page.figures.counted("reach", "thing", "things")) ", of which "
            (page.figures.measure("excess")) " were no part of its task. Of what there was at the start, this identity could touch "
            (page.figures.counted("potential.uncontrolled", "thing", "things"))
            " if nothing stopped it; what is made while it runs comes on top. It went through "
            (page.figures.counted("reach.services", "service", "services")) ", acted as "
            (page.figures.counted("principals", "identity", "identities")) ", and came to hold "
            (page.figures.counted("held", "credential", "credentials")) "."
        }
        p.note {
            "A thing is a resource and what was done to it: one that is read and then deleted counts twice here, and once "
            "where resources are counted."
        }
        (services(page))
        (classes(page))
    };
    Some(Part { id: "reach", title: "What it reached", body })
}

fn text(row: &Value, key: &str) -> String {
    clean(row[key].as_str().unwrap_or_default(), NAME)
}

fn bar(label: String, row: &Value, key: &str, colour: RGBColor) -> Bar {
    Bar { label, value: row[key].as_u64().unwrap_or(0), colour }
}

/// A figure of bars, the longest first; nothing where all are zero.
fn figure(id: &str, caption: &str, mut all: Vec<Bar>, table: &Markup) -> Option<Markup> {
    all.retain(|bar| bar.value > 0);
    all.sort_by_key(|bar| std::cmp::Reverse(bar.value));
    let more = all.len() > MOST_BARS;
    all.truncate(MOST_BARS);
    let told: Vec<String> = all.iter().map(|bar| format!("{}: {}", bar.label, bar.value)).collect();
    let (size, drawn) = bars(&all).filter(|_| !all.is_empty())?;
    Some(html! {
        figure.bars {
            figcaption { (caption) @if more { " The longest bars only." } }
            (picture(id, size, caption, &clean(&told.join("; "), 600), &drawn))
            (behind("The numbers behind this picture", table))
        }
    })
}

fn services(page: &Page<'_>) -> Markup {
    let rows = page.figures.list("/services");
    let bars = rows.iter().flat_map(|row| {
        let service = text(row, "service");
        [
            bar(format!("{service}: touched"), row, "excess", BLUE),
            bar(format!("{service}: created"), row, "created", PURPLE),
        ]
    });
    let columns = ["accepted", "refused", "touched", "excess", "created"];
    let table = html! {
        table {
            caption { "Service by service" }
            thead {
                tr {
                    th scope="col" { "service" } th scope="col" { "requests let in" } th scope="col" { "refused" }
                    th scope="col" { "things touched" } th scope="col" { "beyond the task" } th scope="col" { "created" }
                    th scope="col" { "open until" }
                }
            }
            tbody {
                @for (at, row) in rows.iter().enumerate().take(MOST_ROWS) {
                    tr {
                        th scope="row" { (page.figures.name(&format!("/services/{at}/service"))) }
                        @for column in columns { td { (page.figures.count(&format!("/services/{at}/{column}"))) } }
                        td { (until(page, at, row)) }
                    }
                }
            }
        }
    };
    let caption = "By service: effects beyond the task, and things created.";
    figure("by-service", caption, bars.collect(), &table)
        .unwrap_or_else(|| html! { p { "Nothing beyond the task was touched or created at any service." } (behind("Service by service", &table)) })
}

fn until(page: &Page<'_>, at: usize, row: &Value) -> Markup {
    if page.summary.references.explored.is_some() {
        return html! { "not known" };
    }
    if row["ever_open"] == Value::Bool(false) {
        return html! { "never open" };
    }
    page.figures.time(&format!("/services/{at}/closed"), "still open")
}

fn classes(page: &Page<'_>) -> Markup {
    let rows = page.figures.list("/classes");
    let bars =
        rows.iter().map(|row| bar(format!("{}: {}", text(row, "class"), text(row, "effect")), row, "excess", BLUE));
    let table = html! {
        table {
            caption { "Class by class, beyond the task" }
            thead { tr { th scope="col" { "class of data" } th scope="col" { "what was done" } th scope="col" { "how many" } } }
            tbody {
                @for (at, row) in rows.iter().enumerate().take(MOST_ROWS) {
                    tr {
                        th scope="row" { (name(&text(row, "class"))) }
                        td { (page.figures.name(&format!("/classes/{at}/effect"))) }
                        td { (page.figures.count(&format!("/classes/{at}/excess"))) }
                    }
                }
            }
        }
    };
    let caption = "By class of data: what was done to it beyond the task.";
    figure("by-class", caption, bars.collect(), &table).unwrap_or_default()
}
