//! Pages of `docs/reference`: what can be written, what goes wrong, what is measured. All from the registries.

use std::fmt::Write as _;

use super::args::ReferenceOf;
use super::failure::Failure;
use super::output;
use super::pages::Kind;
use crate::measure::registry::MEASURES;
use crate::model::containment::{LAYERS, Verb};
use crate::scenario::parts;
use crate::scenario::shape::Part;
use crate::staging::targets;
use crate::verdict::Exit;

/// Prints one page as Markdown.
pub fn reference(of: ReferenceOf) -> Result<Exit, Failure> {
    output::text(&match of {
        ReferenceOf::Format => format_page("Every key of a scenario", "format", &parts()),
        ReferenceOf::Targets => format_page("Every key of a targets file", "targets", &targets::grammar::parts()),
        ReferenceOf::Faults => pages_of(Kind::Faults, "faults", "What goes wrong with an agent", ""),
        ReferenceOf::Detectors => pages_of(Kind::Detectors, "detectors", "What raises an alarm", DETECTORS),
        ReferenceOf::Responses => {
            pages_of(Kind::Responses, "responses", "What answers an alarm, and what prevents", RESPONSES)
        }
        ReferenceOf::Measures => measures_page(),
        ReferenceOf::Containment => containment_page(),
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

const DETECTORS: &str = "
A detector sees the audit log and nothing else: what a service does not log is not counted. Each is written under `detect`.
After an alarm it is quiet about that caller until its window has passed. `runaway calibrate` sets the thresholds.
";
const RESPONSES: &str = "
The actions of a runbook (`steps`, which `respond` sets off) and the preventive limits (`controls`). What an action does to
each layer of credential: [containment.md](containment.md).
";

/// One registry, entry by entry.
fn pages_of(kind: Kind, of: &str, title: &str, opening: &str) -> String {
    let pages = kind.pages();
    pages.iter().fold(head(title, of) + opening, |out, page| out + &page.markdown())
}

fn measures_page() -> String {
    let mut out = head("What is measured", "measures");
    out.push_str("\nThe keys stand under `truth` and `limits` of a scenario.\n\n| key | unit | definition |\n| --- | --- | --- |\n");
    for measure in MEASURES {
        let _ = writeln!(out, "| `{}` | {} | {} |", measure.key, measure.unit.name(), cell(measure.definition));
    }
    out
}

/// What each action does to each layer, and what ends with what.
fn containment_page() -> String {
    let mut out = head("What ends what", "containment");
    out.push_str(
        "\nWhat a step of the runbook does to a credential of each layer (`steps`). A *user password* is changed by \
         `rotate`, a *session*\nis killed by `revoke`; `only: session` or `only: password` picks the layer out of all that \
         somebody has.\n\n| layer |",
    );
    Verb::ALL.iter().for_each(|verb| _ = write!(out, " `{}` |", verb.name()));
    out.push_str("\n| --- | --- | --- | --- | --- | --- |\n");
    for layer in &LAYERS {
        let _ = write!(out, "| {} |", layer.kind.name());
        Verb::ALL.iter().for_each(|verb| _ = write!(out, " {} |", layer.under(*verb).name()));
        out.push('\n');
    }
    out.push_str(
        "\nWhat was minted from it ends with it, where the scenario does not say otherwise (`cascade`). A successor takes \
         nothing along.\n\n| what ends | what ends with it | event (CAEP 1.0) | says |\n| --- | --- | --- | --- |\n",
    );
    for layer in &LAYERS {
        let along: Vec<&str> = layer.takes_along.iter().map(|kind| kind.name()).collect();
        let along = if along.is_empty() { "nothing".to_owned() } else { along.join(", ") };
        let event = layer.event.unwrap_or("none");
        let _ = writeln!(out, "| {} | {along} | {event} | {} |", layer.kind.name(), cell(layer.source));
    }
    out.push_str(
        "\nWhen a service notices is its own affair (`accepts`): a gateway at once, who asks the issuer after its cache, \
         a receiver\nof events after the delay of its own (`push`), who goes by the signature not before `exp`.\n",
    );
    out
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
