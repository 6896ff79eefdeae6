//! Whether a body shows a mark, and whether it is what it was.

use serde_json::Value;

use crate::staging::targets::Pointer;

/// Whether a mark stands in any of the texts of a value. It ends in a number, so what goes on with a digit is another.
pub fn shows(value: &Value, mark: &str) -> bool {
    let goes_on = |end: usize, text: &str| text[end..].starts_with(|next: char| next.is_ascii_digit());
    match value {
        Value::String(text) => text.match_indices(mark).any(|(at, _)| !goes_on(at + mark.len(), text)),
        Value::Array(items) => items.iter().any(|item| shows(item, mark)),
        Value::Object(fields) => fields.values().any(|field| shows(field, mark)),
        _ => false,
    }
}

/// A body without what changes by itself.
pub fn without(body: &str, ignore: &[Pointer]) -> Option<Value> {
    let mut body: Value = serde_json::from_str(body).ok()?;
    for Pointer(steps) in ignore {
        remove(&mut body, steps);
    }
    Some(body)
}

fn remove(value: &mut Value, steps: &[String]) {
    let Some((first, rest)) = steps.split_first() else { return };
    match value {
        Value::Object(fields) if rest.is_empty() => drop(fields.remove(first)),
        Value::Object(fields) => fields.get_mut(first).into_iter().for_each(|below| remove(below, rest)),
        Value::Array(items) if first == "*" => items.iter_mut().for_each(|item| remove(item, rest)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_in_any_text_and_nowhere_else() {
        let value: Value =
            serde_json::from_str(r#"{"id": 1, "runaway-1": "x", "tags": [{"t": "see runaway-7!"}]}"#).unwrap();
        assert!(shows(&value, "runaway-7") && !shows(&value, "runaway-1"));
        assert!(
            !shows(&Value::from("runaway-71"), "runaway-7") && shows(&Value::from("runaway-71 runaway-7"), "runaway-7")
        );
    }

    #[test]
    fn what_changes_by_itself_is_left_out() {
        let ignore = ["/updated", "/rows/*/seen"].map(|text| Pointer::parse(text).unwrap());
        let [a, b, c] = [
            "{\"id\":1,\"updated\":5,\"rows\":[{\"seen\":1,\"x\":2}]}",
            "{\"rows\":[{\"x\":2}],\"id\":1}",
            "{\"rows\":[{\"x\":3}],\"id\":1}",
        ]
        .map(|text| without(text, &ignore));
        assert_eq!(a, b);
        assert_ne!(a, c);
        assert_eq!(without("no json", &ignore), None);
    }
}
