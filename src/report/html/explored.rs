//! What a run on a real system showed beside its events.

use maud::html;

use super::figures::sentence;
use super::{Page, Part};
use crate::report::explored::sections;
use crate::report::text::capital;

/// The sections that have something to say; nothing for a run in a world of ours, or one that was killed.
pub fn part(page: &Page<'_>) -> Option<Part> {
    let explored = page.summary.references.explored.as_ref().filter(|explored| !explored.is_cut_off())?;
    let body = html! {
        p { "Every request of this run carried the id " code { (explored.run) } ", so that it can be found in logs." }
        @for section in sections(page.summary) {
            h3 { (sentence(&capital(section.title))) }
            ul { @for line in &section.lines { li { (sentence(line)) } } }
        }
    };
    Some(Part { id: "explored", title: "What the real system showed", body })
}
