//! Pages of `docs/reference`: what can be written, what goes wrong, what is measured. All from the registries.

use std::fmt::Write as _;

use super::args::ReferenceOf;
use super::failure::Failure;
use super::output;
use crate::agent::faults;
use crate::measure::registry::MEASURES;
use crate::scenario::parts;
use crate::scenario::shape::Part;
use crate::staging::targets;
use crate::verdict::Exit;

/// Prints one page as Markdown.
pub fn reference(of: ReferenceOf) -> Result<Exit, Failure> {
    output::text(&match of {
        ReferenceOf::Format => format_page("Every key of a scenario", "format", &parts()),
        ReferenceOf::Targets => format_page("Every key of a targets file", "targets", &targets::grammar::parts()),
        ReferenceOf::Faults => faults_page(),
        ReferenceOf::Measures => measures_page(),
    })
}

fn head(title: &str, of: &str) -> String {
    format!("# {title}\n\nPrinted by `runaway reference {of}`; change the code, not this page.\n")
}

/// Every key of a grammar, part by part.
fn format_page(title: &str, of: &str, parts: &[&Part]) -> String {
    let mut out = head(title, of);
    for part in parts.iter().filter(|part| !part.fields().is_empty()) {
        let _ = writeln!(
            out,
            "\n## {}\n\n{}.\n\n| key | what may stand there | meaning |\n| --- | --- | --- |",
            part.name, part.doc
        );
        for field in part.fields() {
            let must = if field.required { " (required)" } else { "" };
            let shape = cell(&field.shape.describe());
            let _ = writeln!(out, "| `{}`{must} | {shape} | {} |", field.name, cell(field.doc));
        }
    }
    out
}

fn faults_page() -> String {
    let mut out = head("What goes wrong with an agent", "faults");
    for page in faults() {
        let _ = writeln!(
            out,
            "\n## {}\n\n{}\n\n*What it models:* {}\n\n*The incident:* {}\n\n*Its limits:* {}",
            page.name, page.summary, page.models, page.incident, page.limits,
        );
    }
    out
}

fn measures_page() -> String {
    let mut out = head("What is measured", "measures");
    out.push_str("\nThe keys stand under `truth` and `limits` of a scenario.\n\n| key | unit | definition |\n| --- | --- | --- |\n");
    for measure in MEASURES {
        let _ = writeln!(out, "| `{}` | {} | {} |", measure.key, measure.unit.name(), cell(measure.definition));
    }
    out
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
