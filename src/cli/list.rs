//! `runaway list`: the library, or one of the registries.

use std::fmt::Write as _;

use super::args::{self, Format};
use super::failure::Failure;
use super::open::open;
use super::output;
use crate::library;
use crate::report::text::{hung, left, wrapped};
use crate::scenario::{Document, Variant};
use crate::verdict::Exit;

/// Lists what there is.
pub fn list(args: &args::List) -> Result<Exit, Failure> {
    match (args.what, args.format) {
        (None, Format::Text) => output::text(&scenarios(&library()?)),
        (None, Format::Json) => output::json(&scenarios_as_json(&library()?)),
        (Some(kind), Format::Text) => output::text(&kind.listed()),
        (Some(kind), Format::Json) => output::json(&kind.as_json()),
    }
}

fn library() -> Result<Vec<Document>, Failure> {
    library::SCENARIOS.iter().map(|scenario| Ok(open(scenario.name)?.document)).collect()
}

fn scenarios(documents: &[Document]) -> String {
    let style = output::style();
    let mut text = String::new();
    for document in documents {
        let expected = document.text_of("expect_verdict").unwrap_or("-");
        let head = format!("{}{expected}", left(document.name(), NAME + 4));
        let _ = writeln!(text, "{}", style.bold(&head));
        text.push_str(&wrapped(document.text_of("based_on").unwrap_or_default(), 2));
        text.push_str(&variants(document));
        text.push('\n');
    }
    text.push_str("The word behind a name is the verdict that the scenario expects of its run.\n");
    text.push_str("Facts are marked: [V] read in a source, [R] recalled, [C] sources conflict.\n\n");
    text.push_str("run one:   runaway run moltbook@three-rounds\n");
    text.push_str("read one:  runaway show moltbook\n");
    text
}

/// The columns of a variant's name.
const NAME: usize = 25;

/// The variants of a document, a line or two each.
pub fn variants(document: &Document) -> String {
    let line = |variant: Variant| {
        let expected = variant.expect_verdict.unwrap_or_else(|| "-".to_owned());
        let head = format!("    {}{}", left(&format!("@{}", variant.name), NAME), format_args!("{expected:<5} "));
        hung(&head, &variant.story.unwrap_or_default(), NAME + 10)
    };
    document.variants().into_iter().map(line).collect()
}

fn scenarios_as_json(documents: &[Document]) -> serde_json::Value {
    let variant =
        |v: Variant| serde_json::json!({"name": v.name, "story": v.story, "expect_verdict": v.expect_verdict});
    let row = |document: &Document| {
        serde_json::json!({
            "name": document.name(),
            "story": document.story(),
            "place": document.text_of("place"),
            "based_on": document.text_of("based_on"),
            "expect_verdict": document.text_of("expect_verdict"),
            "variants": document.variants().into_iter().map(variant).collect::<Vec<_>>(),
        })
    };
    serde_json::json!({ "scenarios": documents.iter().map(row).collect::<Vec<_>>() })
}
