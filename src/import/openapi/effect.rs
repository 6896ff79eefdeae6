//! What operations do, where the method does not tell.

pub use crate::wire::Effect;

use super::description::{Description, Operation};
use super::note::{Note, NoteKind, short};

/// Gives another effect to the operations whose `METHOD /path` or id matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EffectOverride {
    /// `*` stands for any run of characters, slashes too: `POST */search*`.
    pub pattern: String,
    pub effect: Effect,
}

/// Applies overrides in order, the last match deciding, and says which of them match nothing.
pub fn apply_overrides(description: &mut Description, overrides: &[EffectOverride]) -> Vec<Note> {
    let mut notes = Vec::new();
    for EffectOverride { pattern, effect } in overrides {
        let mut matched = false;
        for operation in description.operations.iter_mut().filter(|operation| is_meant(pattern, operation)) {
            operation.effect = *effect;
            matched = true;
        }
        if !matched {
            let sentence = format!("no operation matches the effect pattern `{}`", short(pattern));
            notes.push(Note { kind: NoteKind::Undeclared, place: "#/paths".to_owned(), sentence });
        }
    }
    notes
}

/// Whether a pattern matches `METHOD /path` or the id of an operation.
pub fn is_meant(pattern: &str, operation: &Operation) -> bool {
    matches(pattern, &format!("{} {}", operation.method.name(), operation.path)) || matches(pattern, &operation.id)
}

/// Whether a text matches a pattern in which only `*` is special.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(inner) = text.strip_prefix(head).and_then(|text| text.strip_suffix(tail)) else {
        return false;
    };
    let mut pieces = middle.split('*').filter(|piece| !piece.is_empty());
    pieces.try_fold(inner, |left, piece| left.split_once(piece).map(|(_, after)| after)).is_some()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_run() {
        for (pattern, text) in [
            ("POST */search*", "POST /v1/search/issues"),
            ("POST */search*", "POST /search"),
            ("*", ""),
            ("**", "GET /"),
            ("GET /a/*/b", "GET /a/x/y/b"),
            ("*a*a*", "aa"),
            ("GET /é*", "GET /éa"),
            ("GET /a", "GET /a"),
        ] {
            assert!(matches(pattern, text), "{pattern} should match {text}");
        }
        for (pattern, text) in [
            ("POST */search*", "GET /search"),
            ("GET /a", "GET /ab"),
            ("a*a", "a"),
            ("*a*a*", "a"),
            ("*.json", "GET /x.jsonl"),
            ("", "x"),
        ] {
            assert!(!matches(pattern, text), "{pattern} should not match {text}");
        }
    }
}
