//! The paths of a description, and what can be done at each.

use super::answer;
use super::description::{Method, Operation};
use super::document::Document;
use super::error::ImportError;
use super::limits::{MAX_OPERATIONS, MAX_WORK, WORK_PER_ENTRY};
use super::names;
use super::note::{NoteKind, Notes, counted, short};
use super::parameters::{self, Listed};
use super::place::Place;
use super::requirements;
use super::servers;
use super::template::Template;
use super::tree::{Fields, Tree};

/// How many paths there are, and their operations in the order of the document, not yet with unique names.
pub(super) fn read(document: &Document<'_>, notes: &mut Notes) -> Result<(usize, Vec<Operation>), ImportError> {
    if let Some(webhooks) = document.root.get("webhooks").and_then(Tree::map) {
        let sentence = format!("{}: calls that the API makes, not calls to it", counted(webhooks.len(), "webhook"));
        notes.add(NoteKind::Skipped, "#/webhooks", sentence);
    }
    let place = Place::TOP.key("paths");
    let Some(paths) = document.root.get("paths").and_then(Tree::map) else {
        notes.add(NoteKind::Malformed, place, "the description has no paths, so there is nothing to call");
        return Ok((0, Vec::new()));
    };
    let mut found = Found::default();
    let written = paths.iter().filter(|(path, _)| !path.starts_with("x-"));
    let mut count = 0;
    for (path, item) in written {
        count += 1;
        PathItem { document, path, place: place.key(path) }.read(item, &mut found, notes)?;
    }
    if found.callbacks > 0 {
        let sentence = format!("{}: calls that the API makes, not calls to it", counted(found.callbacks, "callback"));
        notes.add(NoteKind::Skipped, place, sentence);
    }
    Ok((count, found.operations))
}

#[derive(Default)]
struct Found {
    operations: Vec<Operation>,
    callbacks: usize,
    work: usize,
}

impl Found {
    fn add(&mut self, operation: Operation) -> Result<(), ImportError> {
        let bytes = operation.bytes_of_names();
        self.operations.push(operation);
        if self.operations.len() > MAX_OPERATIONS { Err(ImportError::TooManyOperations) } else { self.spend(bytes) }
    }

    /// Accounts for looking through a path or an operation, before it is done.
    fn look_at(&mut self, node: &Tree) -> Result<(), ImportError> {
        let lists = ["parameters", "servers"].into_iter();
        let listed: usize = lists.filter_map(|key| node.get(key)?.list()).map(<[Tree]>::len).sum();
        let keyed = [Some(node), node.get("responses")].into_iter().flatten();
        let keyed: usize = keyed.filter_map(Tree::map).map(Fields::len).sum();
        let required = node.get("security").map_or(0, Tree::size);
        self.spend(WORK_PER_ENTRY * (listed + keyed + required))
    }

    fn spend(&mut self, work: usize) -> Result<(), ImportError> {
        self.work += work;
        if self.work > MAX_WORK { Err(ImportError::TooMuchWork) } else { Ok(()) }
    }
}

struct PathItem<'a, 't> {
    document: &'a Document<'t>,
    path: &'t str,
    place: Place<'a>,
}

/// What the operations of a path share.
struct Shared<'t> {
    parameters: Listed<'t>,
    servers: Vec<String>,
}

impl<'t> PathItem<'_, 't> {
    /// A path may describe some operations itself, and refer to another place for more.
    fn read(&self, item: &'t Tree, found: &mut Found, notes: &mut Notes) -> Result<(), ImportError> {
        if !self.path.starts_with('/') {
            notes.add(NoteKind::Malformed, self.place, "a path begins with a slash; one is put before it");
        }
        self.read_layer(item, found, notes)?;
        let Some(elsewhere) = self.document.follow(item).filter(|_| item.reference().is_some()) else {
            return Ok(());
        };
        let in_both = |key: &&str| item.get(key).is_some() && elsewhere.get(key).is_some();
        for key in Method::ALL.map(Method::key).iter().filter(|key| in_both(key)) {
            let sentence = "described here and where the path's `$ref` points; both are taken";
            notes.add(NoteKind::Malformed, self.place.key(key), sentence);
        }
        self.read_layer(elsewhere, found, notes)
    }

    fn read_layer(&self, layer: &'t Tree, found: &mut Found, notes: &mut Notes) -> Result<(), ImportError> {
        let Some(fields) = layer.map() else {
            notes.add(NoteKind::Malformed, self.place, "not an object of operations; ignored");
            return Ok(());
        };
        found.look_at(layer)?;
        let shared = Shared {
            parameters: parameters::listed(self.document, layer, &self.place, notes),
            servers: servers::of_node(layer, &self.place, notes),
        };
        for (key, node) in fields.iter() {
            let place = self.place.key(key);
            match (Method::of_key(key), self.document.follow(node)) {
                (Some(method), Some(node)) => {
                    found.look_at(node)?;
                    if let Some(operation) = self.operation(method, node, &shared, &place, notes) {
                        found.callbacks += node.get("callbacks").and_then(Tree::map).map_or(0, Fields::len);
                        found.add(operation)?;
                    }
                }
                (None, _) if !is_known(key) => {
                    let sentence = format!("`{}` is no method that is known here; ignored", short(key));
                    notes.add(NoteKind::Skipped, place, sentence);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn operation(
        &self,
        method: Method,
        node: &'t Tree,
        shared: &Shared<'t>,
        place: &Place<'_>,
        notes: &mut Notes,
    ) -> Option<Operation> {
        if node.map().is_none() {
            notes.add(NoteKind::Malformed, place, "not an operation; ignored");
            return None;
        }
        let own = servers::of_node(node, place, notes);
        let server = own.first().or(shared.servers.first());
        let base = server.or(self.document.servers.first()).map_or("", |server| servers::base_path(server));
        let template = match Template::new(base, self.path) {
            Ok(template) => template,
            Err(why) => {
                notes.add(NoteKind::Malformed, place, format!("{why}; ignored"));
                return None;
            }
        };
        let parameters = parameters::read(self.document, &template.parameters, &shared.parameters, node, place, notes);
        Some(Operation {
            id: String::new(),
            operation_id: node.text_at("operationId").map(short),
            summary: node.text_at("summary").map(short).filter(|summary| !summary.is_empty()),
            method,
            path: template.text,
            server: server.filter(|server| self.document.servers.first() != Some(server)).cloned(),
            collection: names::collection(self.path),
            parameters,
            requires: requirements::of_operation(self.document, node, place, notes),
            effect: method.effect(),
            deprecated: node.says("deprecated"),
            answer: answer::of(self.document, node),
            shadowed_by: None,
            place: place.to_string(),
        })
    }
}

fn is_known(key: &str) -> bool {
    matches!(key, "$ref" | "summary" | "description" | "servers" | "parameters") || key.starts_with("x-")
}
