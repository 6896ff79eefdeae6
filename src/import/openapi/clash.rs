//! Templates that match the same requests.

use indexmap::IndexMap;

use super::description::{Method, Operation};
use super::effect::matches;
use super::limits::MAX_COMPARED;
use super::note::{NoteKind, Notes, counted, short};
use super::template::shape;

/// Marks operations that an earlier one hides, and says which templates overlap without one being the more specific
/// throughout (`/a/{x}/b` and `/a/c/{y}`): a request for `/a/c/b` fits both.
pub(super) fn find(operations: &mut [Operation], notes: &mut Notes) {
    let shapes: Vec<String> = operations.iter().map(|operation| shape(&operation.path)).collect();
    mark_shadowed(operations, &shapes, notes);
    tell_overlaps(operations, &shapes, notes);
}

fn mark_shadowed(operations: &mut [Operation], shapes: &[String], notes: &mut Notes) {
    let mut first: IndexMap<(Option<String>, Method, &str), (String, String)> = IndexMap::new();
    for (operation, shape) in operations.iter_mut().zip(shapes) {
        let key = (operation.server.clone(), operation.method, shape.as_str());
        if let Some((id, place)) = first.get(&key) {
            let sentence = format!("matches the same requests as {place}, and is never reached");
            notes.add(NoteKind::PathClash, &operation.place, sentence);
            operation.shadowed_by = Some(id.clone());
        } else {
            first.insert(key, (operation.id.clone(), operation.place.clone()));
        }
    }
}

fn tell_overlaps(operations: &[Operation], shapes: &[String], notes: &mut Notes) {
    let mut groups: IndexMap<_, Vec<(&Operation, Vec<&str>)>> = IndexMap::new();
    for (operation, shape) in operations.iter().zip(shapes).filter(|(operation, _)| operation.shadowed_by.is_none()) {
        let segments: Vec<&str> = shape.split('/').collect();
        let key = (operation.server.as_deref(), operation.method, segments.len());
        groups.entry(key).or_default().push((operation, segments));
    }
    let mut compared = 0;
    for group in groups.values() {
        let mut others = group.as_slice();
        while let [(operation, segments), rest @ ..] = others {
            others = rest;
            compared += rest.len() * operation.path.len();
            if compared > MAX_COMPARED {
                notes.add(NoteKind::Skipped, "#/paths", "too many operations to compare all their paths for overlaps");
                return;
            }
            let mut overlapping = rest.iter().filter(|(_, other)| overlap(segments, other));
            if let Some((other, _)) = overlapping.next() {
                let more = match overlapping.count() {
                    0 => String::new(),
                    more => format!(" and {}", counted(more, "other path")),
                };
                let sentence =
                    format!("some requests also match `{}`{more}; neither is more specific", short(&other.path));
                notes.add(NoteKind::PathOverlap, &operation.place, sentence);
            }
        }
    }
}

/// Whether some request fits both, and each is somewhere the more specific one.
fn overlap(one: &[&str], other: &[&str]) -> bool {
    let mut one_is_wider = false;
    let mut other_is_wider = false;
    for (a, b) in one.iter().zip(other) {
        match (a.contains('*'), b.contains('*')) {
            (false, false) if a != b => return false,
            (true, false) if !matches(a, b) => return false,
            (false, true) if !matches(b, a) => return false,
            (true, false) => one_is_wider = true,
            (false, true) => other_is_wider = true,
            _ => {}
        }
    }
    one_is_wider && other_is_wider
}

#[cfg(test)]
mod tests {
    use super::super::{NoteKind, read};

    fn notes(description: &super::super::Description, kind: NoteKind) -> Vec<String> {
        description.notes.iter().filter(|note| note.kind == kind).map(ToString::to_string).collect()
    }

    #[test]
    fn clashes_are_said_and_the_first_one_counts() {
        let clashing = read(
            br#"{"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {
          "/a/{x}": {"get": {"operationId": "a"}, "put": {"operationId": "b"}},
          "/a/{y}": {"get": {"operationId": "a"}, "delete": {"operationId": "A"}},
          "/a/c": {"get": {"operationId": "c"}},
          "/a/{x}/b": {"get": {"operationId": "d"}}, "/a/c/{y}": {"get": {"operationId": "e"}},
          "/twice": {"get": {"operationId": "lost"}}, "/twice": {"get": {"operationId": "kept"}}}}"#,
        )
        .unwrap();
        let ids: Vec<_> = clashing.operations.iter().map(|o| (o.id.as_str(), o.shadowed_by.as_deref())).collect();
        let free = |id| (id, None);
        assert_eq!(
            ids,
            [free("a"), free("b"), ("a-2", Some("a")), free("a-3"), free("c"), free("d"), free("e"), free("kept")]
        );
        assert_eq!(
            notes(&clashing, NoteKind::PathClash),
            ["#/paths/~1a~1{y}/get: matches the same requests as #/paths/~1a~1{x}/get, and is never reached"]
        );
        assert_eq!(notes(&clashing, NoteKind::PathOverlap).len(), 1, "a concrete path beside a template is no overlap");
        assert_eq!(
            notes(&clashing, NoteKind::DuplicateId),
            [
                "#/paths/~1a~1{y}/get: another operation is already called `a`; this one becomes `a-2`",
                "#/paths/~1a~1{y}/delete: another operation is already called `a`; this one becomes `a-3`",
            ]
        );
        assert_eq!(
            notes(&clashing, NoteKind::DuplicateKey),
            ["#/paths/~1twice: this key stands here more than once; only the last one counts"]
        );
    }
}
