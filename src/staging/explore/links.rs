//! Links in answers: which records of which collections they name, and which operations they lead to.

use serde_json::Value;
use url::Url;

use super::Terrain;
use super::ids::{Ids, Name};
use crate::staging::origin::{OriginKey, strict_url};
use crate::staging::targets::{Does, ExplorePlan, Operation, OperationIx, OriginIx, Piece, Targets};
use crate::wire::Res;

/// So many links of one answer are looked at.
const MOST_LINKS: usize = 1_000;

/// What was made of the links of an answer.
#[derive(Debug, Default)]
pub struct Linked {
    pub records: Vec<Res>,
    /// Links on a listed origin that no operation fits, where they are not followed.
    pub not_followed: u64,
}

/// The links of an answer: of its body, and one of its headers.
pub fn linked(terrain: &Terrain, ids: &mut Ids, base: &Url, texts: impl Iterator<Item = String>) -> Linked {
    let Terrain { targets, explore, modelled } = terrain;
    let mut found = Linked::default();
    for text in texts.take(MOST_LINKS) {
        let Some((origin, url)) = on_a_listed_origin(targets, base, &text) else { continue };
        match fitting(explore, origin, url.path()) {
            Some((ix, names)) => {
                if let Does::One { of } | Does::List { inside: Some(of), .. } = explore.operation(ix).does {
                    found.records.extend(ids.record(modelled.collection(of), names));
                }
            }
            None => match modelled.links(origin) {
                Some(coll) => {
                    let target =
                        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
                    found.records.extend(ids.record(coll, vec![target]));
                }
                None => found.not_followed += 1,
            },
        }
    }
    found.records.dedup();
    found
}

/// Texts of a body that are meant as links: absolute URLs, and paths under keys that say so.
pub fn texts_of(body: &Value) -> Vec<String> {
    let mut all = Vec::new();
    gather(body, false, &mut all);
    all
}

fn gather(value: &Value, link: bool, all: &mut Vec<String>) {
    if all.len() >= MOST_LINKS {
        return;
    }
    match value {
        Value::String(text) => {
            let absolute = text.starts_with("https://") || text.starts_with("http://");
            let relative = link && text.starts_with('/') && !text.starts_with("//");
            if (absolute || relative) && !text.contains(['{', '}']) {
                all.push(text.clone());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, link, all)),
        Value::Object(fields) => {
            for (key, field) in fields {
                gather(field, link && !field.is_string() || names_a_link(key), all);
            }
        }
        _ => {}
    }
}

fn names_a_link(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    matches!(
        key.as_str(),
        "href" | "url" | "uri" | "self" | "link" | "links" | "_links" | "@id" | "location" | "next" | "prev"
    ) || ["_url", "_uri", "_href", "_link"].iter().any(|end| key.ends_with(end))
}

/// A link that may be followed: what the guard would not let through is no link.
pub fn on_a_listed_origin(targets: &Targets, base: &Url, text: &str) -> Option<(OriginIx, Url)> {
    let url = base.join(text).ok()?;
    let mut url = strict_url(url.as_str()).ok()?;
    url.set_fragment(None);
    let key = OriginKey::of(&url)?;
    let origin = targets.origins.iter().position(|origin| origin.at == key)?;
    Some((OriginIx(origin), url))
}

/// The operation that reads what lies there, and the ids in its path.
fn fitting(explore: &ExplorePlan, origin: OriginIx, path: &str) -> Option<(OperationIx, Name)> {
    let reads = explore.operation_ids().filter(|ix| explore.operation(*ix).request.origin == origin);
    // An operation that is named in full is meant before one whose placeholder would take the word.
    let mut fits: Vec<(OperationIx, Name)> =
        reads.filter_map(|ix| Some((ix, fits(explore.operation(ix), path)?))).collect();
    fits.sort_by_key(|(_, names)| names.len());
    fits.into_iter().next()
}

fn fits(operation: &Operation, path: &str) -> Option<Name> {
    if !operation.is_read() {
        return None;
    }
    let (mut rest, mut names) = (path, Vec::new());
    let mut pieces = operation.request.path.0.iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(text) => rest = rest.strip_prefix(text.split('?').next()?)?,
            Piece::Captured(_) => {
                let end = match pieces.peek() {
                    Some(Piece::Text(next)) => rest.find(next.split('?').next().filter(|next| !next.is_empty())?)?,
                    _ => rest.len(),
                };
                let (name, behind) = rest.split_at(end);
                if name.is_empty() || name.contains('/') {
                    return None;
                }
                names.push(percent_encoding::percent_decode_str(name).decode_utf8().ok()?.into_owned());
                rest = behind;
            }
            Piece::Credential(_) | Piece::Issued { .. } => return None,
        }
    }
    (rest.is_empty() || rest == "/").then_some(names)
}

/// A path as a template: what looks like an id is left out, so that a thousand links to records are one operation.
pub fn template(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let id = |segment: &str| {
        let digits = segment.bytes().filter(u8::is_ascii_digit).count();
        let version = segment.len() <= 3 && segment.starts_with('v');
        digits > 0 && !version && (segment.len() >= 12 || digits * 2 >= segment.len())
    };
    let segment = |segment: &str| if id(segment) { "{id}".to_owned() } else { segment.to_owned() };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use http::Method;
    use proptest::prelude::*;

    use super::*;
    use crate::staging::guard::Kill;
    use crate::staging::testing::{admitted, agreed, targets, wait};

    const LISTED: [&str; 2] = ["http://127.0.0.1:81", "https://api.example"];
    const ELSEWHERE: [&str; 8] = [
        "http://127.0.0.1",
        "https://127.0.0.1:81",
        "http://127.0.0.2:81",
        "http://[::1]:81",
        "http://api.example",
        "https://api.example.evil.example",
        "https://api.example:444",
        "https://evil.example",
    ];

    fn text() -> impl Strategy<Value = String> {
        let beginning =
            prop::sample::select([&LISTED[..], &ELSEWHERE[..], &["", "//", "/", "//evil.example", "?"][..]].concat());
        let sign = prop::sample::select(vec!["@", "\\", "/", "#", "?", ":", ".", "", "%2f", "..", "\t"]);
        let end = prop::sample::select([&LISTED[..], &ELSEWHERE[..], &["/a", "evil.example/", ""][..]].concat());
        (beginning, sign, end).prop_map(|(beginning, sign, end)| [beginning, sign, end].concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Wherever an answer points, a link is what the guard lets through, to the origin that the link says; the rest is none.
        #[test]
        fn no_link_leads_out(text in text(), from in 0..2usize) {
            let written = LISTED.map(|url| format!("\"{url}\""));
            let targets = targets(&written, "");
            let base = Url::parse(LISTED[from]).unwrap();
            let Some((origin, url)) = on_a_listed_origin(&targets, &base, &text) else { return Ok(()) };
            prop_assert_eq!(url.origin(), Url::parse(LISTED[origin.0]).unwrap().origin());
            let permit = wait(async { admitted(&agreed(targets, Kill::default()).await, &Method::GET, url.as_str(), b"").await });
            prop_assert_eq!(permit.unwrap().origin, origin);
        }
    }

    #[test]
    fn links_stand_under_keys_that_say_so() {
        let body = serde_json::json!({
            "url": "/tickets/1", "note": "/not/a/link", "_links": {"next": {"href": "/tickets?page=2"}},
            "text": "https://api.test/tickets/2", "template": "https://api.test/{id}", "evil": "//elsewhere/x",
            "html_url": "/t/3", "items": [{"self": "/tickets/4"}],
        });
        let mut all = texts_of(&body);
        all.sort();
        assert_eq!(all, ["/t/3", "/tickets/1", "/tickets/4", "/tickets?page=2", "https://api.test/tickets/2"]);
    }

    #[test]
    fn ids_are_left_out_of_templates() {
        assert_eq!(template("/tickets/137/notes?x=1"), "/tickets/{id}/notes");
        assert_eq!(template("/v2/debug"), "/v2/debug");
        assert_eq!(template("/users/0b1c9a6e-9d7f-4b6a"), "/users/{id}");
        assert_eq!(template("/internal/dump"), "/internal/dump");
    }
}
