//! What could be blamed on whom, from the audit log alone.

use maud::html;
use plotters::prelude::{Color as _, Rectangle};

use super::canvas::{self, Area, BLUE, Drawn, FAINT, ORANGE, RED};
use super::{Page, Part, behind, picture};

const SIZE: (u32, u32) = (880, 44);

/// Each share: its measure, what it means, its colour and its class.
const SHARES: [(&str, &str, plotters::style::RGBColor, &str); 4] = [
    ("attribution.right", "pinned on the right agent", BLUE, "right"),
    ("attribution.ambiguous", "could have been one of several", ORANGE, "ambiguous"),
    ("attribution.wrong", "pinned on somebody else", RED, "wrong"),
    ("attribution.unlogged", "left no line in any log", FAINT, "unlogged"),
];

/// The shares; nothing where nobody did anything wrong.
pub fn part(page: &Page<'_>) -> Option<Part> {
    let share = |key: &str| page.figures.at(&format!("/measures/{key}/value")).as_f64();
    let shares: Vec<f64> = SHARES.iter().filter_map(|(key, ..)| share(key)).collect();
    if shares.len() < SHARES.len() {
        return None;
    }
    let drawn = canvas::drawn(SIZE, |area| draw(area, &shares))?;
    let text = |key: &str| page.figures.at(&format!("/measures/{key}/text")).as_str().unwrap_or_default();
    let desc: Vec<String> = SHARES.iter().map(|(key, what, ..)| format!("{} {what}", text(key))).collect();
    let table = html! {
        table {
            caption { "Accepted actions of the agent, by what the log tells" }
            thead { tr { th scope="col" { "what the log tells" } th scope="col" { "share" } } }
            tbody { @for (key, what, ..) in SHARES { tr { th scope="row" { (what) } td { (page.figures.measure(key)) } } } }
        }
    };
    let body = html! {
        figure {
            figcaption { "If an investigator had only the audit log: whom would each of the agent's actions be pinned on?" }
            (picture("blame", SIZE, "Attribution of the agent's actions", &desc.join("; "), &drawn))
            ul.legend {
                @for (key, what, _, class) in SHARES { li class={ "share " (class) } { (page.figures.measure(key)) " " (what) } }
            }
            (behind("The numbers behind this picture", &table))
        }
        p {
            "Looked like everyday work in the log: " (page.figures.measure("camouflage"))
            ". What the agents said of themselves and the log refutes: " (page.figures.measure("contradictions")) "."
        }
    };
    Some(Part { id: "blame", title: "Who could be held to account", body })
}

/// One bar, cut in its shares.
fn draw(area: &Area<'_>, shares: &[f64]) -> Drawn {
    let mut from = 0.0;
    for (share, (.., colour, _)) in shares.iter().zip(SHARES) {
        let x = |at: f64| (at * f64::from(SIZE.0)).round() as i32;
        if x(from + share) > x(from) {
            area.draw(&Rectangle::new([(x(from), 4), (x(from + share), 40)], colour.filled()))?;
        }
        from += share;
    }
    Ok(())
}
