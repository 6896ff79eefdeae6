//! `runaway check`: everything that is wrong with scenario files and targets files.

use std::path::Path;

use super::args::{self, Format};
use super::failure::Failure;
use super::open::{folder_of, read, split};
use super::output;
use crate::report::text::harmless;
use crate::scenario::{Finding, Rejected, Severity, Source, line_and_column};
use crate::staging::targets;
use crate::verdict::Exit;

/// Checks every file and every variant in it.
pub fn check(args: &args::Check) -> Result<Exit, Failure> {
    let mut wrong = 0;
    let mut rows = Vec::new();
    for named in &args.files {
        let (checked, fine) = match examine(named) {
            Ok(checked) => (checked, true),
            Err(rejected) => (rejected, false),
        };
        wrong += usize::from(!fine);
        match args.format {
            Format::Json => rows.extend(checked.findings.iter().map(|f| row(&checked.source, f))),
            Format::Text => {
                let gap = if checked.findings.is_empty() { "" } else { "\n" };
                let end = if fine { "fine" } else { "wrong" };
                output::text(&harmless(&format!("{checked}{gap}{named}: {end}\n")))?;
            }
        }
    }
    if args.format == Format::Json {
        output::json(&serde_json::json!({ "findings": rows }))?;
    }
    Ok(if wrong == 0 { Exit::Holds } else { Exit::WrongInput })
}

/// What is wrong with a file; or what is worth a warning, where nothing is.
fn examine(named: &str) -> Result<Rejected, Rejected> {
    let (path, variant) = split(named);
    let path = Path::new(path);
    let source = Source::open(path)?;
    if targets::is_targets(&source) {
        let (_, findings) = targets::read(source.clone(), folder_of(path))?;
        return Ok(Rejected { source, findings });
    }
    let document = read(path)?;
    let findings = document.check(variant)?;
    Ok(Rejected { source: document.source().clone(), findings })
}

fn row(source: &Source, finding: &Finding) -> serde_json::Value {
    let (line, column) = line_and_column(&source.text, finding.place.start);
    serde_json::json!({
        "code": finding.code.name(),
        "severity": if finding.severity == Severity::Error { "error" } else { "warning" },
        "file": source.name,
        "line": line,
        "column": column,
        "variant": finding.variant,
        "message": finding.message,
        "help": finding.help,
    })
}
