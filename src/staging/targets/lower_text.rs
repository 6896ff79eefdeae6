//! Texts with placeholders.

use super::{Piece, Template};

/// The first `{name}` of a text: what stands before, the name, what stands behind.
pub(in crate::staging) fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices('{').find_map(|(at, _)| {
        let inside = &text[at + 1..];
        let end = inside.find(|c| !is_name(c))?;
        let name = &inside[..end];
        let named = inside[end..].starts_with('}') && name.starts_with(|c: char| c.is_ascii_alphabetic());
        named.then(|| (&text[..at], name, &inside[end + 1..]))
    })
}

/// The path of a template, up to its query, with nothing filled in.
pub(super) fn path_alone(path: &Template) -> String {
    let text: String = path.0.iter().map(|piece| if let Piece::Text(text) = piece { text } else { "x" }).collect();
    text.split('?').next().unwrap_or_default().to_owned()
}

/// As a pattern of `writes` says it: `*` stands for all that follows from the first placeholder on.
pub(super) fn path_as_pattern(path: &Template) -> String {
    match &path.0[..] {
        [Piece::Text(text)] => text.split('?').next().unwrap_or_default().to_owned(),
        [Piece::Text(text), ..] => text.split_once('?').map_or_else(|| format!("{text}*"), |(path, _)| path.to_owned()),
        _ => "*".to_owned(),
    }
}

/// Every text in a JSON value.
pub(super) fn each_text(value: &serde_json::Value, see: &mut dyn FnMut(&str)) {
    match value {
        serde_json::Value::String(text) => see(text),
        serde_json::Value::Array(items) => items.iter().for_each(|item| each_text(item, see)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| each_text(field, see)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_a_name_in_braces() {
        assert_eq!(placeholder("a{b-1}c"), Some(("a", "b-1", "c")));
        assert_eq!(placeholder("{\"a\": {tok}}"), Some(("{\"a\": ", "tok", "}")));
        assert_eq!(placeholder("{\"a\":1} {} {1}"), None);
    }
}
