//! The fields of a request.

use std::borrow::Cow;
use std::collections::BTreeSet;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

/// What a request says beside its path, whatever way it travels.
pub(super) struct Said<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Said<'a> {
    pub fn of(query: &'a str, headers: &HeaderMap, body: &'a [u8]) -> Said<'a> {
        let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let json = headers.get(CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"application/json"));
        if json {
            let object: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
            pairs.extend(object.into_iter().map(|(name, value)| {
                let value = if let Value::String(text) = value { text } else { value.to_string() };
                (Cow::Owned(name), Cow::Owned(value))
            }));
        } else {
            pairs.extend(form_urlencoded::parse(body));
        }
        Said(pairs)
    }

    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_ref())
    }

    /// Every field that stands there more than once.
    pub fn repeated(&self) -> impl Iterator<Item = &str> {
        let mut known = BTreeSet::new();
        self.0.iter().map(|(name, _)| name.as_ref()).filter(move |name| !known.insert(*name))
    }

    pub fn number(&self, field: &str) -> Option<u32> {
        self.get(field)?.parse().ok()
    }
}
