//! The records that an answer shows: where their list is, and what names each.

use serde_json::Value;

use crate::staging::targets::Pointer;

/// No id is longer.
const LONGEST_ID: usize = 512;

/// The elements of the list in a body, each with the id of its record where it has one.
pub fn elements<'v>(body: &'v Value, ids: Option<&Pointer>) -> Vec<(Option<String>, &'v Value)> {
    let star = ids.and_then(|Pointer(steps)| steps.iter().rposition(|step| step == "*").map(|at| (steps, at)));
    match star {
        Some((steps, at)) => {
            let inner = Pointer(steps[at + 1..].to_vec());
            let id = |element: &'v Value| match inner.0.is_empty() {
                true => id_of(element),
                false => inner.all(element).first().and_then(|id| text(id)),
            };
            Pointer(steps[..=at].to_vec()).all(body).into_iter().map(|element| (id(element), element)).collect()
        }
        None => list_in(body).iter().map(|element| (id_of(element), element)).collect(),
    }
}

/// The list that a body consists of, or is the envelope of.
fn list_in(body: &Value) -> &[Value] {
    const USUAL: &[&str] = &[
        "data", "items", "results", "values", "value", "records", "entries", "rows", "content", "list", "elements",
        "members",
    ];
    match body {
        Value::Array(items) => items,
        Value::Object(fields) => {
            if let Some(embedded) = fields.get("_embedded") {
                return list_in(embedded);
            }
            let usual = USUAL.iter().find_map(|name| fields.get(*name).and_then(Value::as_array));
            let mut lists = fields.values().filter_map(Value::as_array);
            match (usual, lists.next(), lists.next()) {
                (Some(list), ..) | (None, Some(list), None) => list,
                _ => &[],
            }
        }
        _ => &[],
    }
}

/// What names a record, under the keys that most APIs use.
fn id_of(element: &Value) -> Option<String> {
    const USUAL: &[&str] = &["id", "_id", "uuid", "guid", "key", "number", "iid", "slug", "name", "username", "login"];
    match element {
        Value::Object(fields) => USUAL.iter().find_map(|key| fields.get(*key).and_then(text)),
        other => text(other),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() && text.len() <= LONGEST_ID => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_where_most_apis_have_them() {
        let of = |body: Value, pointer: Option<&str>| -> Vec<Option<String>> {
            let pointer = pointer.map(|text| Pointer::parse(text).unwrap());
            elements(&body, pointer.as_ref()).into_iter().map(|(id, _)| id).collect()
        };
        let some = |ids: &[&str]| ids.iter().map(|id| Some((*id).to_owned())).collect::<Vec<_>>();
        assert_eq!(of(serde_json::json!([{"id": 1}, {"id": "b"}]), None), some(&["1", "b"]));
        assert_eq!(of(serde_json::json!(["x", 7]), None), some(&["x", "7"]));
        assert_eq!(of(serde_json::json!({"total": 1, "tickets": [{"uuid": "u"}]}), None), some(&["u"]));
        assert_eq!(of(serde_json::json!({"_embedded": {"rows": [{"name": "q"}]}}), None), some(&["q"]));
        assert_eq!(of(serde_json::json!({"a": [{"id": 1}], "b": [{"id": 2}]}), None), []);
        assert_eq!(of(serde_json::json!({"a": [{"k": {"n": 1}}]}), Some("/a/*/k/n")), some(&["1"]));
        assert_eq!(of(serde_json::json!([{"id": ""}, {"title": "x"}, null]), None), [None, None, None]);
    }
}
