//! The numbers of the page. Each one is read from the same value that `run.json` is written from, and says where.

use maud::{Markup, html};
use serde_json::Value;

use super::super::clean::clean;
use crate::measure::thousands;
use crate::wire::Span;

/// The longest name that is shown whole.
pub const NAME: usize = 120;
/// The longest sentence.
pub const SENTENCE: usize = 1_200;

/// `run.json` as a value.
pub struct Figures(Value);

impl Figures {
    pub fn of(run: &Value) -> Figures {
        Figures(run.clone())
    }

    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The elements of a list.
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.at(pointer).as_array().map_or(&[], Vec::as_slice)
    }

    /// A text of the run, harmless, and kept apart from the direction of what stands around it.
    pub fn name(&self, pointer: &str) -> Markup {
        name(self.at(pointer).as_str().unwrap_or_default())
    }

    /// A measure as people read it.
    pub fn measure(&self, key: &str) -> Markup {
        let text = self.at(&format!("/measures/{key}/text")).as_str().unwrap_or_default();
        html! { span.n data-measure=(key) { (clean(text, SENTENCE)) } }
    }

    /// A count with its noun, as a part of a sentence, also where nobody knows it.
    pub fn counted(&self, key: &str, one: &str, many: &str) -> Markup {
        match self.evidence(key) {
            "unknown" => html! { "an unknown number of " (many) },
            _ if self.number(&format!("/measures/{key}/value")) == Some(1) => html! { (self.measure(key)) " " (one) },
            _ => html! { (self.measure(key)) " " (many) },
        }
    }

    /// The evidence of a measure: `exact`, `unknown`…
    pub fn evidence(&self, key: &str) -> &str {
        self.at(&format!("/measures/{key}/evidence")).as_str().unwrap_or("unknown")
    }

    /// Why a measure is not known, where that is so.
    pub fn why_unknown(&self, key: &str) -> Option<&str> {
        let text = self.at(&format!("/measures/{key}/text")).as_str().filter(|_| self.evidence(key) == "unknown")?;
        Some(text.strip_prefix("unknown: ").unwrap_or(text))
    }

    /// A text with numbers in it, as it stands in the run.
    pub fn text(&self, pointer: &str) -> Markup {
        html! { span.n data-run=(pointer) { (clean(self.at(pointer).as_str().unwrap_or_default(), SENTENCE)) } }
    }

    /// How many.
    pub fn count(&self, pointer: &str) -> Markup {
        match self.number(pointer) {
            Some(n) => html! { data.n data-run=(pointer) value=(n) { (thousands(n)) } },
            None => html! { span.n { "not known" } },
        }
    }

    /// A time, or what is said where it never came.
    pub fn time(&self, pointer: &str, never: &str) -> Markup {
        match self.number(pointer) {
            Some(n) => html! { data.n data-run=(pointer) value=(n) { (Span(n)) } },
            None => html! { span.n { (never) } },
        }
    }

    pub fn number(&self, pointer: &str) -> Option<u64> {
        self.at(pointer).as_u64()
    }
}

/// A name from outside.
pub fn name(text: &str) -> Markup {
    html! { bdi { (clean(text, NAME)) } }
}

/// A sentence of ours with names from outside in it; what stands between backticks is set as code.
pub fn sentence(text: &str) -> Markup {
    let text = clean(text, SENTENCE);
    html! {
        bdi {
            @for (at, part) in text.split('`').enumerate() {
                @if at % 2 == 1 { code { (part) } } @else { (part) }
            }
        }
    }
}
