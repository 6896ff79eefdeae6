//! From paths to templates: what names a record, or could be a secret, becomes a parameter.

use std::collections::{BTreeMap, BTreeSet};

use crate::planted::Mistake;
use crate::staging::formats::published;

/// A part of a path between two slashes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Segment {
    Literal(String),
    Id,
}

/// A path with its parameters left open.
pub type Template = Vec<Segment>;

/// So many names at one place are no names of things that can be asked, but of records.
const MOST_SIBLINGS: usize = 40;
/// What is longer is no name.
const LONGEST_NAME: usize = 40;
/// What is longer is no path that anybody would ask again.
const MOST_SEGMENTS: usize = 24;

/// The templates behind paths, each with how often it was seen. What goes with a path is kept apart, such as its method.
pub fn templates<K: Ord + Clone>(paths: &[(K, String)]) -> BTreeMap<(K, Template), u64> {
    let mut split: Vec<(K, Template)> = paths
        .iter()
        .map(|(key, path)| (key.clone(), path.split('/').skip(1).map(segment).collect::<Template>()))
        .filter(|(_, template)| template.len() <= MOST_SEGMENTS)
        .collect();
    for depth in 0..MOST_SEGMENTS {
        let mut siblings: BTreeMap<Template, BTreeSet<String>> = BTreeMap::new();
        for (_, template) in &split {
            if let Some(Segment::Literal(name)) = template.get(depth) {
                siblings.entry(template[..depth].to_vec()).or_default().insert(name.clone());
            }
        }
        siblings.retain(|_, names| names.len() > MOST_SIBLINGS);
        for (_, template) in &mut split {
            if template.len() > depth && siblings.contains_key(&template[..depth]) {
                template[depth] = Segment::Id;
            }
        }
    }
    let mut found = BTreeMap::new();
    for key in split {
        *found.entry(key).or_default() += 1;
    }
    found
}

fn segment(text: &str) -> Segment {
    if is_id(text) && !Mistake::TrafficIsShownAsItIs.here() { Segment::Id } else { Segment::Literal(text.to_owned()) }
}

/// Whether a segment names a record, as far as its letters tell. In doubt it does: a name that is taken for an id costs an
/// operation, an id or a secret that is taken for a name is shown.
fn is_id(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    if !plain || text.len() > LONGEST_NAME || !published(text).is_empty() {
        return true;
    }
    let count = |of: fn(&u8) -> bool| text.bytes().filter(of).count();
    let (digits, upper, lower) =
        (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    let letters = upper + lower;
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let is_number = digits > 0 && letters == 0;
    let numbered = digits > 0 && text.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with(['-', '_']);
    let few_letters = letters <= 2 && digits > 0 && !is_version(text);
    let drawn = text.len() >= 16 && (digits >= 4 || upper * 4 >= text.len() && lower > 0);
    is_number || numbered || few_letters || is_hex && digits > 0 && text.len() >= 8 || drawn
}

/// `v1`, `2.0`: part of the name of an API.
fn is_version(text: &str) -> bool {
    let rest = text.strip_prefix(['v', 'V']).unwrap_or_default();
    !rest.is_empty() && rest.len() <= 4 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_secrets_are_told_from_names() {
        for id in [
            "7",
            "2026-01-31",
            "T-1042",
            "ticket_9",
            "c42",
            "507f1f77bcf86cd799439011",
            "0b6f4b5e-5a0c-4d2e-9d0e-8b8f7a1c2d3e",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "ada%40example.org",
            "dGhpc0lzQVNlY3JldFRva2Vu",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            &"a".repeat(41),
        ] {
            assert!(is_id(id), "{id}");
        }
        for name in [
            "tickets",
            "v1",
            "v2.1",
            "api",
            "oauth2",
            "s3-buckets",
            "getCustomerAccountDetails",
            ".well-known",
            "openid-configuration",
            "me",
            "robots.txt",
            "",
        ] {
            assert!(!is_id(name), "{name}");
        }
    }

    #[test]
    fn what_has_many_names_at_one_place_is_a_record() {
        let names = (0..60).map(|n| format!("/users/{}{}/posts", char::from(b'a' + n / 26), char::from(b'a' + n % 26)));
        let paths: Vec<((), String)> = names.chain(["/posts".to_owned()]).map(|path| ((), path)).collect();
        let found = templates(&paths);
        let literal = |text: &str| Segment::Literal(text.to_owned());
        let users = vec![literal("users"), Segment::Id, literal("posts")];
        assert_eq!(found, BTreeMap::from([(((), vec![literal("posts")]), 1), (((), users), 60)]));
    }
}
