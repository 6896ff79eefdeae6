//! Scenarios by name, or by file; with a variant behind an `@`.

use std::path::Path;

use super::failure::Failure;
use crate::library;
use crate::run::measurable;
use crate::scenario::{self, Document, Rejected, Source};

/// What the user named.
pub struct Named {
    pub document: Document,
    pub variant: Option<String>,
}

/// Finds a scenario: a file if there is one of that name, else one of the library.
pub fn open(named: &str) -> Result<Named, Failure> {
    let (name, variant) = split(named);
    let document = if looks_like_a_file(name) { read(Path::new(name))? } else { from_library(name)? };
    Ok(Named { document, variant: variant.map(str::to_owned) })
}

/// Whether a scenario is meant: a file, or one of the library.
pub fn is_scenario(named: &str) -> bool {
    let (name, _) = split(named);
    looks_like_a_file(name) || library::find(name).is_some()
}

/// The scenario and the variant behind the `@`, unless that is part of a file's name.
pub fn split(named: &str) -> (&str, Option<&str>) {
    match named.rsplit_once('@') {
        Some((name, variant)) if !Path::new(named).exists() => (name, Some(variant)),
        _ => (named, None),
    }
}

fn looks_like_a_file(name: &str) -> bool {
    name.ends_with(".yaml")
        || name.ends_with(".yml")
        || name.contains(std::path::MAIN_SEPARATOR)
        || Path::new(name).is_file()
}

fn from_library(name: &str) -> Result<Document, Failure> {
    let Some(found) = library::find(name) else {
        let help = match library::nearest(name) {
            Some(near) => format!("did you mean `{near}`? `runaway list` lists the library; a file ends in .yaml"),
            None => "`runaway list` lists the library; a file ends in .yaml".to_owned(),
        };
        return Err(Failure::input(format!("there is no scenario `{name}`"), Some(help)));
    };
    let source = Source { name: format!("{name} (library)"), text: found.text.into() };
    Ok(scenario::parse(source, &measurable())?)
}

/// Reads a scenario file.
pub fn read(path: &Path) -> Result<Document, Rejected> {
    Ok(scenario::parse(Source::open(path)?, &measurable())?.in_folder(folder_of(path)))
}

/// The folder from which paths in a file start.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}
