//! `runaway check`: everything that is wrong with scenario files and targets files.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use super::args::{self, Format};
use super::discovery::{asked, knowing};
use super::drill::{AT_ONCE, agreed_hosts, lookup};
use super::explore::taught;
use super::failure::Failure;
use super::open::{folder_of, read, split};
use super::output;
use super::undumpable::leave_no_core;
use crate::report::text::harmless;
use crate::scenario::{Finding, Rejected, Severity, Source, line_and_column};
use crate::staging::guard::Proposal;
use crate::staging::targets;
use crate::verdict::Exit;

/// Checks every file and every variant in it.
pub fn check(args: &args::Check) -> Result<Exit, Failure> {
    let mut wrong = 0;
    let mut rows = Vec::new();
    for named in &args.files {
        let (checked, learnt, fine) = match examine(named) {
            Ok((checked, learnt)) => (checked, learnt, true),
            Err(rejected) => (rejected, String::new(), false),
        };
        wrong += usize::from(!fine);
        match args.format {
            Format::Json => rows.extend(checked.findings.iter().map(|f| row(&checked.source, f))),
            Format::Text => {
                let gap = if checked.findings.is_empty() { "" } else { "\n" };
                let end = if fine { "fine" } else { "wrong" };
                output::text(&harmless(&format!("{checked}{gap}{named}: {end}\n")))?;
                output::text(&learnt)?;
                if args.online && fine {
                    output::text(&harmless(&online(args, Path::new(named))?))?;
                }
            }
        }
    }
    if args.format == Format::Json {
        output::json(&serde_json::json!({ "findings": rows }))?;
    }
    Ok(if wrong == 0 { Exit::Holds } else { Exit::WrongInput })
}

/// What is wrong with a file; or what is worth a warning, where nothing is, and what was learnt from other files.
fn examine(named: &str) -> Result<(Rejected, String), Rejected> {
    let (path, variant) = split(named);
    let path = Path::new(path);
    let source = Source::open(path)?;
    if targets::is_targets(&source) {
        let (targets, findings) = targets::read(source.clone(), folder_of(path))?;
        return Ok((Rejected { source, findings }, targets.explore.as_ref().map_or_else(String::new, taught)));
    }
    let document = read(path)?;
    let findings = document.check(variant)?;
    Ok((Rejected { source: document.source().clone(), findings }, String::new()))
}

/// What a targets file leaves to the network: addresses, and the endpoints of an issuer.
fn online(args: &args::Check, path: &Path) -> Result<String, Failure> {
    leave_no_core()?;
    let source = Source::open(path)?;
    if !targets::is_targets(&source) {
        return Ok(String::new());
    }
    let targets = Arc::new(targets::read(source, folder_of(path))?.0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let proposal = Proposal::resolve(targets.clone(), lookup).await?;
        let mut out = String::new();
        for (origin, pinned) in targets.origins.iter().zip(proposal.pinned()) {
            let _ = writeln!(out, "{}  {}  at {}", origin.name, pinned.key, pinned.address);
        }
        let Some(issuer) = &targets.issuer else { return Ok(out) };
        let agreement = agreed_hosts(&args.consent, &out, &targets, AT_ONCE)?;
        let endpoints = asked(&targets, issuer, &proposal, &agreement, None).await?;
        knowing(&targets, &endpoints)?;
        for (name, endpoint) in [("token", &endpoints.token), ("revocation", &endpoints.revocation)] {
            let _ = writeln!(out, "{} says {name}: {}", issuer.url, endpoint.as_deref().unwrap_or("nothing"));
        }
        Ok(out)
    })
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
