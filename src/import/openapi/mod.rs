//! Reads OpenAPI 3.0 and 3.1 and Swagger 2.0 descriptions: what an API can do, and which scopes open what.
//!
//! Bytes become text (`bytes`), text a tree (`parse`), every `$ref` of the tree is followed once
//! (`references`), and what the tree says about servers, security and paths becomes a [`Description`]. Whatever
//! cannot be taken as it stands is said in a [`Note`]; only a document that is no description at all is an error.

#[cfg(test)]
mod hostile;

mod answer;
mod bytes;
mod clash;
mod description;
mod document;
mod effect;
mod error;
mod limits;
mod names;
mod note;
mod operations;
mod parameters;
mod parse;
mod place;
mod pointer;
mod reach;
mod references;
mod requirements;
mod schemes;
mod security;
mod served;
mod servers;
mod template;
mod tree;

pub use answer::Answer;
pub use description::{Counts, Description, Dialect, Location, Method, Operation, Parameter, collection_of};
pub use effect::{Effect, EffectOverride, apply_overrides, is_meant};
pub use error::ImportError;
pub use note::{Note, NoteKind};
pub use reach::{ScopeReach, needs_several_scopes, single_scope_changes, single_scope_reach, unlocked_by};
pub use security::{Alternative, Needed, Requirement, SchemeKind, SecurityScheme};
pub use served::keep_served;

use document::Document;
use note::Notes;
use references::References;
use tree::Tree;

/// Reads a description in JSON or YAML, gzip or plain.
pub fn read(bytes: &[u8]) -> Result<Description, ImportError> {
    let text = bytes::text(bytes)?;
    let (root, mut notes) = parse::tree(&text)?;
    let dialect = dialect(&root)?;
    let references = References::survey(&root, &mut notes);
    let servers = servers::of_document(&root, dialect, &mut notes);
    let requires = requirements::of_document(&root, &mut notes);
    let document = Document { root: &root, dialect, references: &references, servers: &servers, requires };
    let schemes = schemes::read(&document, &mut notes);
    let (paths, mut operations) = operations::read(&document, &mut notes)?;
    names::assign(&mut operations, &mut notes);
    clash::find(&mut operations, &mut notes);
    requirements::compare_with_schemes(&operations, &schemes, dialect, &mut notes);
    let counts = Counts {
        paths,
        operations: operations.len(),
        deprecated: operations.iter().filter(|operation| operation.deprecated).count(),
        refs: references.count(),
        distinct_refs: references.distinct(),
        unresolved_refs: references.unresolved(),
    };
    let info = root.get("info");
    let title = said(info, "title", &mut notes);
    let version = said(info, "version", &mut notes);
    Ok(Description { title, version, dialect, servers, operations, schemes, notes: notes.into_list(), counts })
}

fn dialect(root: &Tree) -> Result<Dialect, ImportError> {
    let said = ["openapi", "swagger"].into_iter().find_map(|key| root.get(key)).and_then(Tree::scalar);
    let said = said.ok_or(ImportError::NotADescription)?;
    let is = |version: &str| said.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    match () {
        () if root.get("openapi").is_none() && is("2.0") => Ok(Dialect::Swagger2),
        () if is("3.0") => Ok(Dialect::OpenApi30),
        () if is("3.1") => Ok(Dialect::OpenApi31),
        () => Err(ImportError::UnknownDialect { said: note::short(&said) }),
    }
}

fn said(info: Option<&Tree>, key: &str, notes: &mut Notes) -> String {
    let said = info.and_then(|info| info.get(key));
    let text = said.and_then(Tree::scalar).map(|text| note::short(&text)).unwrap_or_default();
    if text.is_empty() {
        notes.add(NoteKind::Malformed, "#/info", format!("no `{key}` is given"));
    } else if said.and_then(Tree::text).is_none() {
        let sentence = format!("`{key}` is a number, read as {text}; as a text it would keep its zeros");
        notes.add(NoteKind::Malformed, "#/info", sentence);
    }
    text
}
