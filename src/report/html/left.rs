//! What is still open when the run ends: what somebody has to act on.

use maud::html;

use super::{Page, Part};
use crate::measure::Outcome;

/// What is left; nothing where the run cannot tell.
pub fn part(page: &Page<'_>) -> Option<Part> {
    let measures = page.summary.measures;
    let body = match measures.outcome {
        Outcome::Benign | Outcome::Unknown => return None,
        Outcome::Prevented | Outcome::Contained if measures.leftover.survivors.is_empty() => html! {
            p { "Nothing: no credential of the agent opens anything beyond its task any more." }
        },
        Outcome::Prevented | Outcome::Contained | Outcome::NotContained => html! {
            p {
                (page.figures.counted("survivors", "credential", "credentials"))
                " in the agent's hands still opened something when the run ended. "
                @if page.figures.number("/measures/leftover/value") == Some(0) {
                    "Nothing that was there before was still within reach (" (page.figures.counted("leftover", "thing", "things"))
                    "), but something new could still be made, or money spent."
                } @else {
                    "With what was open, "
                    (page.figures.counted("leftover", "thing", "things")) " could still be touched, "
                    (page.figures.measure("leftover.fresh")) " of them for the first time."
                }
            }
            @if let Some((at, _)) = page.figures.list("/revocation").iter().enumerate().find(|(_, row)| row["open"].as_u64() > Some(0)) {
                p {
                    "The first to act on: "
                    strong { (page.figures.name(&format!("/revocation/{at}/family"))) }
                    " at " strong { (page.figures.name(&format!("/revocation/{at}/service"))) } "."
                }
            }
            @if page.figures.number("/measures/queued/value").is_some_and(|n| n > 0) {
                p { "Accepted and queued, and not happened yet: " (page.figures.counted("queued", "effect", "effects")) "." }
            }
            @if measures.exhausted_at.is_some() {
                p {
                    "The agent ran out of work at " (page.figures.measure("exhausted_at"))
                    ". That ended the harm, and contained nothing."
                }
            }
        },
    };
    Some(Part { id: "left", title: "What is still open", body })
}
