//! Whether a body shows a mark, and whether it is what it was.

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

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

/// By what a body is known again that is not written down, since it may hold anything. Two that differ in what changes by
/// itself alone are the same.
pub fn digest(body: &str, ignore: &[Pointer]) -> String {
    // Fields of an object are in the order of their names.
    let text = without(body, ignore).map_or_else(|| body.to_owned(), |kept| kept.to_string());
    HEXLOWER.encode(&Sha256::digest(text))
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
        let digests = ["{\"a\":1,\"b\":2,\"updated\":5}", "{ \"b\": 2, \"a\": 1 }", "{\"a\":1,\"b\":3}", "plain"]
            .map(|text| digest(text, &ignore));
        assert_eq!(digests[0], digests[1]);
        assert!(digests[1] != digests[2] && digests[2] != digests[3], "{digests:?}");
        assert_eq!(without("no json", &ignore), None);
    }
}
