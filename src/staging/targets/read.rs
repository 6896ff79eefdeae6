//! From the text of a targets file to what it says, with all findings.

use std::path::Path;

use super::grammar::TARGETS;
use super::{Endpoints, Targets, lower};
use crate::scenario::tree::{Node, Place, Value};
use crate::scenario::{Code, Finding, Rejected, Severity, Source, shape::shortened, yaml};

/// Whether a file is meant to be a targets file: it has the key `targets`.
pub fn is_targets(source: &Source) -> bool {
    source.fits().is_ok() && yaml::read(&source.text).is_ok_and(|root| root.get("targets").is_some())
}

/// Reads a targets file. Paths in it are relative to `folder`. With it comes what is worth a warning.
pub fn read(source: Source, folder: &Path) -> Result<(Targets, Vec<Finding>), Rejected> {
    read_knowing(source, folder, None)
}

/// Reads a targets file whose issuer was asked for its endpoints.
pub fn read_knowing(
    source: Source,
    folder: &Path,
    discovered: Option<&Endpoints>,
) -> Result<(Targets, Vec<Finding>), Rejected> {
    let root = match source.fits().and_then(|()| yaml::read(&source.text)).and_then(of_this_version) {
        Ok(root) => root,
        Err(finding) => return Err(Rejected { source, findings: vec![finding] }),
    };
    // A journal is read from elsewhere: paths are whole from here on.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let mut findings = Vec::new();
    TARGETS.shape.check(&root, None, &mut findings);
    let lowered =
        findings.is_empty().then(|| lower::lower(&root, &source.text, &folder, discovered, &mut findings)).flatten();
    findings.sort_by_key(|finding| finding.place.start);
    match lowered {
        Some(targets) if findings.iter().all(|finding| finding.severity == Severity::Warning) => {
            Ok((targets, findings))
        }
        _ => Err(Rejected { source, findings }),
    }
}

fn of_this_version(root: Node) -> Result<Node, Finding> {
    const BEGIN: &str = "a targets file begins with `targets: 1`: docs/drill.md";
    if !matches!(root.value, Value::Map(_)) {
        return Err(Finding::new(Code::Empty, Place::default(), "this is not a targets file").help(BEGIN));
    }
    let Some(version) = root.get("targets") else {
        return Err(Finding::new(Code::NotAScenario, root.place, "this is not a targets file").help(BEGIN));
    };
    match version.text().filter(|text| *text != "1") {
        Some(text) => {
            let message = format!("version {} of the format is not known here", shortened(text));
            let help = "this program reads `targets: 1`; a newer one may read this file";
            Err(Finding::new(Code::UnknownVersion, version.place, message).help(help))
        }
        None => Ok(root),
    }
}
