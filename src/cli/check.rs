//! `runaway check`: everything that is wrong with scenario files.

use super::args::{self, Format};
use super::failure::Failure;
use super::output;
use crate::scenario::{Finding, Rejected, Severity, Source, line_and_column, parse};
use crate::verdict::Exit;

/// Checks every file and every variant in it.
pub fn check(args: &args::Check) -> Result<Exit, Failure> {
    let mut wrong = 0;
    let mut rows = Vec::new();
    for path in &args.files {
        let shown = path.display().to_string();
        let checked = match std::fs::read(path) {
            Ok(bytes) => examine(&shown, bytes, path),
            Err(error) => return Err(Failure::input(format!("{shown} cannot be read: {error}"), None)),
        };
        let (source, findings, fine) = match checked {
            Ok((source, warnings)) => (source, warnings, true),
            Err(rejected) => (rejected.source, rejected.findings, false),
        };
        wrong += usize::from(!fine);
        match args.format {
            Format::Json => rows.extend(findings.iter().map(|f| row(&source, f))),
            Format::Text => {
                if !findings.is_empty() {
                    output::text(&format!("{}\n", Rejected { source: source.clone(), findings }))?;
                }
                output::text(&format!("{shown}: {}\n", if fine { "fine" } else { "wrong" }))?;
            }
        }
    }
    if args.format == Format::Json {
        output::json(&serde_json::json!({ "findings": rows }))?;
    }
    Ok(if wrong == 0 { Exit::Holds } else { Exit::WrongInput })
}

fn examine(shown: &str, bytes: Vec<u8>, path: &std::path::Path) -> Result<(Source, Vec<Finding>), Rejected> {
    let source = Source::from_bytes(shown.to_owned(), bytes)?;
    let folder = path.parent().map_or_else(|| ".".into(), std::path::Path::to_path_buf);
    let document = parse(source.clone(), &crate::measure::registry::keys())?.in_folder(folder);
    document.check().map(|warnings| (source, warnings))
}

fn row(source: &Source, finding: &Finding) -> serde_json::Value {
    let (line, column) = line_and_column(&source.text, finding.place.start);
    serde_json::json!({
        "code": finding.code.name(),
        "severity": if finding.severity == Severity::Error { "error" } else { "warning" },
        "file": source.name,
        "line": line,
        "column": column,
        "message": finding.message,
        "help": finding.help,
    })
}
