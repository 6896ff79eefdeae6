//! Names that can stand as keys in a scenario.

use indexmap::{IndexMap, IndexSet};

use super::description::Operation;
use super::limits::MAX_NAME;
use super::note::{NoteKind, Notes};

/// What YAML readers take for a boolean or for nothing.
const NO_KEYS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// Gives every operation a unique name, from its `operationId` or else from its method and path, and says which
/// names were taken.
pub(super) fn assign(operations: &mut [Operation], notes: &mut Notes) {
    let mut taken: IndexSet<String> = IndexSet::new();
    let mut turns: IndexMap<String, usize> = IndexMap::new();
    for operation in operations {
        let wanted = wanted(operation);
        let turn = turns.entry(wanted.clone()).or_insert(1);
        let mut id = wanted.clone();
        while taken.contains(&id) {
            *turn += 1;
            id = format!("{wanted}-{turn}");
        }
        if id != wanted {
            let sentence = format!("another operation is already called `{wanted}`; this one becomes `{id}`");
            notes.add(NoteKind::DuplicateId, &operation.place, sentence);
        }
        taken.insert(id.clone());
        operation.id = id;
    }
}

fn wanted(operation: &Operation) -> String {
    let method = operation.method.name();
    let id = operation.operation_id.as_deref().map(kebab).unwrap_or_default();
    match id.chars().next() {
        None => kebab(&format!("{method} {}", operation.path)),
        Some(first) if first.is_ascii_digit() || NO_KEYS.contains(&id.as_str()) => kebab(&format!("{method} {id}")),
        Some(_) => id,
    }
}

/// `listPetsByID`, `list_pets_by_id` and `list/pets.byID` all become `list-pets-by-id`.
fn kebab(text: &str) -> String {
    let mut name = String::new();
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if name.len() >= MAX_NAME {
            break;
        }
        let next_is_lower = letters.peek().is_some_and(char::is_ascii_lowercase);
        let starts_word = letter.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || before.is_ascii_digit() || before.is_ascii_uppercase() && next_is_lower);
        let separates = !letter.is_ascii_alphanumeric();
        if (starts_word || separates) && !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if !separates {
            name.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    name.truncate(name.trim_end_matches('-').len());
    name
}

/// The first segment of a path that tells something: not a version, not `api`, not a parameter. Where a path is
/// rather the name of a procedure (`/chat.postMessage`), its first part.
pub(super) fn collection(path: &str) -> String {
    let literal = path.split('/').filter(|segment| !segment.is_empty() && !segment.contains('{'));
    let mut telling = literal.filter(|segment| !is_version(segment) && !matches!(*segment, "api" | "rest"));
    let name = telling.next().and_then(|segment| segment.split('.').next()).map(kebab).unwrap_or_default();
    match name.chars().next() {
        None => "root".to_owned(),
        Some(first) if first.is_ascii_digit() || NO_KEYS.contains(&name.as_str()) => format!("of-{name}"),
        Some(_) => name,
    }
}

/// `v2`, `v1beta1`, `1.1`, `2010-04-01`; not `1-clicks`, not `vms`.
fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v').unwrap_or(segment);
    let is_dated = number.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
    let is_preview = ["alpha", "beta"].iter().any(|stage| number.contains(stage));
    number.starts_with(|c: char| c.is_ascii_digit()) && (is_dated || is_preview)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_kebab_case() {
        for (written, name) in [
            ("listPetsByID", "list-pets-by-id"),
            ("HTTPServer", "http-server"),
            ("repos/get-content", "repos-get-content"),
            ("admin.apps_approve", "admin-apps-approve"),
            ("GET /v2/pets/{id}", "get-v2-pets-id"),
            ("oauth2Token", "oauth2-token"),
            ("--a--", "a"),
            ("добавить", ""),
            ("", ""),
        ] {
            assert_eq!(kebab(written), name);
        }
        assert_eq!(kebab(&"a".repeat(1000)).len(), MAX_NAME);
    }

    #[test]
    fn collections_are_the_first_telling_segment() {
        for (path, name) in [
            ("/v2/droplets/{id}/actions", "droplets"),
            ("/v2/1-clicks/kubernetes", "of-1-clicks"),
            ("/repos/{owner}/{repo}", "repos"),
            ("/chat.postMessage", "chat"),
            ("/api/v1beta1/{project}/Instances", "instances"),
            ("/vms", "vms"),
            ("/{id}", "root"),
            ("/v2", "root"),
            ("/", "root"),
            ("/on", "of-on"),
        ] {
            assert_eq!(collection(path), name, "{path}");
        }
    }
}
