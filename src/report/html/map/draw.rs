//! The map as SVG.

use maud::{Markup, html};

use super::layout::{Frame, Looks, Map, WIDTH, Words, base};
use crate::measure::thousands;
use crate::report::html::swipe;
use crate::wire::Span;

/// Draws a map.
pub fn map(map: &Map) -> Markup {
    html! {
        (swipe())
        div.scroll tabindex="0" role="group" aria-label="Map of the path" {
            svg.map viewBox={ "0 0 " (WIDTH) " " (map.height) } role="img" aria-labelledby="map-t map-d" {
                title #map-t { "The path through the systems" }
                desc #map-d { "Boxes on the left are credentials, boxes on the right are operations that they opened. The same stands in words below." }
                defs {
                    marker #tip viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto" {
                        path.tip d="M0 0L10 5L0 10z" {}
                    }
                }
                @for arrow in &map.arrows { polyline.way points=(points(arrow)) marker-end="url(#tip)" {} }
                @for frame in &map.boxes { (boxed(frame)) }
                @for label in &map.labels { text.why x=(label.at.0) y=(label.at.1) { (words(&label.words)) } }
            }
        }
    }
}

fn points(arrow: &[(i32, i32)]) -> String {
    arrow.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

fn boxed(frame: &Frame) -> Markup {
    let class = match frame.looks {
        Looks::Told => "told",
        Looks::Held => "held",
        Looks::Opened => "opened",
        Looks::Harmed => "harmed",
    };
    let (x, y) = frame.at;
    html! {
        rect class=(class) x=(x) y=(y) width=(frame.size.0) height=(frame.size.1) rx="8" {}
        @for (at, line) in frame.lines.iter().enumerate() {
            text class=@if line.strong { "strong" } @else { "plain" } x=(x + 12) y=(y + base(at)) { (words(line)) }
        }
    }
}

fn words(words: &Words) -> Markup {
    html! {
        @if let Some(time) = &words.time {
            "at " tspan data-run=(time.pointer) data-value=(time.value) { (Span(time.value)) }
        }
        @if let Some(number) = &words.number {
            tspan.strong data-run=(number.pointer) data-value=(number.value) { (thousands(number.value)) } " "
        }
        (words.text)
    }
}
