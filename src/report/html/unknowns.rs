//! What is not known, beside what is.

use std::collections::BTreeMap;

use maud::html;

use super::figures::sentence;
use super::{Page, Part};
use crate::measure::Measured;

/// The measures that could not be told, by the reason; nothing where all could be.
pub fn part(page: &Page<'_>) -> Option<Part> {
    let mut unknown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut between: Vec<(&str, &str)> = Vec::new();
    for (measure, value) in page.summary.measures.values() {
        match value {
            Measured::Unknown { why } => unknown.entry(why).or_default().push(plain(measure.key, measure.name)),
            Measured::Bounded { .. } => between.push((measure.key, measure.name)),
            _ => {}
        }
    }
    if unknown.is_empty() && between.is_empty() {
        return None;
    }
    let body = html! {
        ul {
            @for (why, names) in &unknown { li { strong { (names.join(", ")) } ": " (sentence(why)) "." } }
            @for (key, name) in &between { li { strong { (name) } ": between bounds only, " (page.figures.measure(key)) "." } }
        }
    };
    Some(Part { id: "unknown", title: "What is not known", body })
}

/// A measure in words that need no glossary.
fn plain(key: &str, name: &'static str) -> &'static str {
    match key {
        "r0" => "how many others one agent would infect",
        "peak" => "the most agents under an instruction at one time",
        "factor" => "how much more harm a machine does than a person in the same time",
        "factor.window" => "the time that this is about",
        "human.excess" => "the harm at a person's pace",
        "human.detected" => "whether it is noticed at a person's pace",
        "lag" => "how long a door stayed open that had been declared shut",
        "leftover.declared" => "what was still open when containment was declared",
        "attribution.instruction" => "whether the log leads to the instruction that was obeyed",
        _ => name,
    }
}
