//! What a request can carry.

use indexmap::{IndexMap, IndexSet};

use super::description::{Location, Parameter};
use super::document::Document;
use super::note::{NoteKind, Notes, plain, short};
use super::place::Place;
use super::tree::Tree;

/// Parameters by what tells them apart, and whether each is required.
pub(super) type Listed<'t> = IndexMap<(Location, &'t str), bool>;

/// The parameters of an operation: those of its template in their order, then its own, then those of its path that
/// it does not override, then the body.
pub(super) fn read<'t>(
    document: &Document<'t>,
    template: &IndexSet<String>,
    shared: &Listed<'t>,
    operation: &'t Tree,
    place: &Place<'_>,
    notes: &mut Notes,
) -> Vec<Parameter> {
    let mut declared = listed(document, operation, place, notes);
    for (key, required) in shared {
        declared.entry(*key).or_insert(*required);
    }
    if let Some(body) = document.field(operation, "requestBody") {
        declared.insert((Location::Body, "body"), body.says("required"));
    }
    compare_with_template(&declared, template, place, notes);
    let in_path =
        template.iter().map(|name| Parameter { name: name.clone(), location: Location::Path, required: true });
    let elsewhere = declared.into_iter().filter(|((location, _), _)| *location != Location::Path);
    let elsewhere = elsewhere.map(|((location, name), required)| Parameter { name: plain(name), location, required });
    in_path.chain(elsewhere).collect()
}

/// The list under `parameters` of a path or an operation.
pub(super) fn listed<'t>(document: &Document<'t>, node: &'t Tree, place: &Place<'_>, notes: &mut Notes) -> Listed<'t> {
    let mut parameters = Listed::new();
    let Some(said) = node.get("parameters") else {
        return parameters;
    };
    let place = place.key("parameters");
    let Some(items) = said.list() else {
        notes.add(NoteKind::Malformed, place, "not a list of parameters; ignored");
        return parameters;
    };
    for (index, item) in items.iter().enumerate() {
        let Some(node) = document.follow(item) else {
            continue;
        };
        match key(node) {
            Ok(key) => {
                if parameters.insert(key, node.says("required")).is_some() {
                    let sentence = format!("the parameter `{}` is listed twice; the last one counts", short(key.1));
                    notes.add(NoteKind::Malformed, place.item(index), sentence);
                }
            }
            Err(why) => notes.add(NoteKind::Malformed, place.item(index), format!("{why}; ignored")),
        }
    }
    parameters
}

fn key(node: &Tree) -> Result<(Location, &str), String> {
    let name = node.text_at("name").ok_or("a parameter without a name")?;
    let location = match node.text_at("in") {
        Some("path") => Location::Path,
        Some("query") => Location::Query,
        Some("header") => Location::Header,
        Some("cookie") => Location::Cookie,
        Some("body" | "formData") => Location::Body,
        Some(other) => return Err(format!("a parameter in `{}`, which is no known place", short(other))),
        None => return Err("a parameter that does not say where it lies".to_owned()),
    };
    Ok((location, name))
}

fn compare_with_template(declared: &Listed<'_>, template: &IndexSet<String>, place: &Place<'_>, notes: &mut Notes) {
    for name in template.iter().filter(|name| !declared.contains_key(&(Location::Path, name.as_str()))) {
        let sentence = format!("the path parameter `{}` is declared nowhere; taken as a text", short(name));
        notes.add(NoteKind::Undeclared, place, sentence);
    }
    for (location, name) in declared.keys() {
        if *location == Location::Path && !template.contains(*name) {
            let sentence = format!("the path has no place for its parameter `{}`; ignored", short(name));
            notes.add(NoteKind::Malformed, place, sentence);
        }
    }
}
