//! `runaway list`: the library, or the measures.

use std::fmt::Write as _;

use super::args::{self, Format};
use super::failure::Failure;
use super::open::open;
use super::output;
use crate::library;
use crate::measure::registry;
use crate::report::{entry, wrapped};
use crate::verdict::Exit;

/// Lists what there is.
pub fn list(args: &args::List) -> Result<Exit, Failure> {
    if args.measures { measures(args.format) } else { scenarios(args.format) }
}

fn scenarios(format: Format) -> Result<Exit, Failure> {
    let documents: Vec<_> = library::SCENARIOS.iter().map(|s| open(s.name)).collect::<Result<_, _>>()?;
    if format == Format::Json {
        let rows: Vec<_> = documents
            .iter()
            .map(|named| {
                let variants: Vec<_> = named
                    .document
                    .variants()
                    .into_iter()
                    .map(|v| serde_json::json!({"name": v.name, "story": v.story, "expect_verdict": v.expect_verdict}))
                    .collect();
                let document = &named.document;
                serde_json::json!({
                    "name": document.name(),
                    "story": document.story(),
                    "place": document.text_of("place"),
                    "based_on": document.text_of("based_on"),
                    "expect_verdict": document.text_of("expect_verdict"),
                    "variants": variants,
                })
            })
            .collect();
        return output::json(&serde_json::json!({ "scenarios": rows }));
    }
    let mut text = String::new();
    for named in &documents {
        let document = &named.document;
        let _ = writeln!(text, "{}  ({})", document.name(), document.text_of("place").unwrap_or("anywhere"));
        text.push_str(&wrapped(document.text_of("based_on").unwrap_or_default(), 2, 2));
        for variant in document.variants() {
            text.push_str(&entry(&format!("    @{}", variant.name), 29, &variant.story.unwrap_or_default()));
        }
        text.push('\n');
    }
    text.push_str("run one:  runaway run moltbook@three-rounds\nread one: runaway show moltbook\n");
    output::text(&text)
}

fn measures(format: Format) -> Result<Exit, Failure> {
    if format == Format::Json {
        let rows: Vec<_> = registry::MEASURES
            .iter()
            .map(|m| serde_json::json!({"key": m.key, "name": m.name, "unit": m.unit.name(), "definition": m.definition}))
            .collect();
        return output::json(&serde_json::json!({ "measures": rows }));
    }
    let mut text = String::new();
    for measure in registry::MEASURES {
        text.push_str(&entry(measure.key, 25, &format!("{} ({})", measure.definition, measure.unit.name())));
    }
    output::text(&text)
}
