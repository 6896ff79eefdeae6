//! What operations ask for, and whether the schemes know it.

use indexmap::{IndexMap, IndexSet};

use super::description::{Dialect, Operation};
use super::document::Document;
use super::note::{NoteKind, Notes, counted, plain, short};
use super::place::Place;
use super::security::{Alternative, Needed, Requirement, SchemeKind, SecurityScheme};
use super::tree::Tree;

/// What the document asks for wherever an operation says nothing else.
pub(super) fn of_document(root: &Tree, notes: &mut Notes) -> Requirement {
    let said = root.get("security");
    said.map_or(Requirement::Unstated, |said| requirement(said, &Place::TOP.key("security"), notes))
}

/// What an operation asks for, which overrides what the document does.
pub(super) fn of_operation(
    document: &Document<'_>,
    operation: &Tree,
    place: &Place<'_>,
    notes: &mut Notes,
) -> Requirement {
    match operation.get("security") {
        Some(said) => requirement(said, &place.key("security"), notes),
        None => document.requires.clone(),
    }
}

/// A requirement that cannot be read never becomes an open door.
fn requirement(said: &Tree, place: &Place<'_>, notes: &mut Notes) -> Requirement {
    let Some(items) = said.list() else {
        notes.add(NoteKind::Malformed, place, "not a list of security requirements; taken as not stated");
        return Requirement::Unstated;
    };
    if items.is_empty() {
        return Requirement::Open;
    }
    let mut alternatives = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match alternative(item) {
            Ok(alternative) => alternatives.push(alternative),
            Err(why) => notes.add(NoteKind::Malformed, place.item(index), format!("{why}; ignored")),
        }
    }
    if alternatives.is_empty() { Requirement::Unstated } else { Requirement::AnyOf(alternatives) }
}

fn alternative(item: &Tree) -> Result<Alternative, &'static str> {
    let needed = item.map().ok_or("a security requirement that is no object")?;
    let all_of = needed.iter().map(|(scheme, said)| Ok(Needed { scheme: plain(scheme), scopes: scopes(said)? }));
    Ok(Alternative { all_of: all_of.collect::<Result<_, &'static str>>()? })
}

fn scopes(said: &Tree) -> Result<Vec<String>, &'static str> {
    let scopes = said.list().ok_or("a security requirement whose scopes are no list")?;
    let texts = scopes.iter().map(|scope| scope.text().map(plain));
    texts.collect::<Option<_>>().ok_or("a scope that is no text")
}

/// Says which schemes and scopes are asked for and declared nowhere, each once.
pub(super) fn compare_with_schemes(
    operations: &[Operation],
    schemes: &[SecurityScheme],
    dialect: Dialect,
    notes: &mut Notes,
) {
    let declared: IndexMap<&str, &SecurityScheme> = schemes.iter().map(|s| (s.name.as_str(), s)).collect();
    let scopes_of: IndexMap<&str, IndexSet<&str>> =
        schemes.iter().map(|s| (s.name.as_str(), s.scopes.iter().map(|(scope, _)| scope.as_str()).collect())).collect();
    let mut unknown: IndexMap<Strange<'_>, (usize, &str)> = IndexMap::new();
    for operation in operations {
        let mut strange: IndexSet<Strange<'_>> = IndexSet::new();
        for needed in operation.requires.alternatives().iter().flat_map(|alternative| &alternative.all_of) {
            let name = needed.scheme.as_str();
            match declared.get(name).map(|scheme| &scheme.kind) {
                None => drop(strange.insert(Strange::Scheme(name))),
                Some(SchemeKind::OAuth2 { .. }) => {
                    let known = scopes_of.get(name);
                    let asked = needed.scopes.iter().map(String::as_str);
                    let lost = asked.filter(|scope| !known.is_some_and(|known| known.contains(scope)));
                    strange.extend(lost.map(|scope| Strange::Scope(name, scope)));
                }
                Some(SchemeKind::OpenIdConnect { .. }) => {}
                Some(_) if dialect == Dialect::OpenApi31 || needed.scopes.is_empty() => {}
                Some(_) => drop(strange.insert(Strange::Scopeless(name))),
            }
        }
        for found in strange {
            unknown.entry(found).or_insert((0, &operation.place)).0 += 1;
        }
    }
    for (found, (count, place)) in unknown {
        notes.add(NoteKind::Undeclared, place, found.sentence(count));
    }
}

#[derive(PartialEq, Eq, Hash)]
enum Strange<'a> {
    Scheme(&'a str),
    Scope(&'a str, &'a str),
    /// Scopes for a scheme that knows none before OpenAPI 3.1; people write them all the same, and mean them.
    Scopeless(&'a str),
}

impl Strange<'_> {
    fn sentence(&self, count: usize) -> String {
        let operations = counted(count, "operation");
        match self {
            Strange::Scheme(name) => {
                format!("the security scheme `{}` is declared nowhere ({operations})", short(name))
            }
            Strange::Scope(name, scope) => {
                format!("the scope `{}` is not among those of `{}` ({operations})", short(scope), short(name))
            }
            Strange::Scopeless(name) => {
                format!("`{}` is no OAuth scheme; its scopes are taken as written ({operations})", short(name))
            }
        }
    }
}
