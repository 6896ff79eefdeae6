//! From one page to the next, as far as an answer says where that is.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use http::HeaderMap;
use serde_json::Value;

use crate::staging::targets::{Paging, Pointer};

/// No list has more pages.
const MOST_PAGES: usize = 10_000;

/// Where a page is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Where {
    /// A URL, absolute or relative to the page before.
    Url(String),
    /// A field of the query of the first page.
    Field(String, String),
}

/// A page that was announced.
#[derive(Clone, Debug)]
pub struct Page {
    pub at: Where,
    /// The list that it is a page of.
    list: usize,
    /// The number of the page, or of its first record, where such are counted.
    number: u64,
}

/// What a list has shown and announced, from its first page on.
#[derive(Debug, Default)]
struct Listed {
    visited: BTreeSet<Where>,
    rows: BTreeSet<u32>,
}

/// Every page that was announced, by the number that an agent knows it by.
#[derive(Debug, Default)]
pub struct Pages {
    all: Vec<Page>,
    lists: Vec<Listed>,
}

impl Pages {
    pub fn get(&self, number: u32) -> Option<&Page> {
        self.all.get(number.checked_sub(1)? as usize)
    }

    /// The page after one that showed these rows; nothing where it was the last, or where it leads in a circle.
    pub fn after(
        &mut self,
        before: Option<&Page>,
        paging: &Paging,
        (headers, body): (&HeaderMap, Option<&Value>),
        rows: &[u32],
    ) -> Option<NonZeroU32> {
        let (at, number) = match paging {
            Paging::None => return None,
            Paging::Usual => (by_header(headers).or_else(|| usual(body?))?, 0),
            Paging::Url(pointer) => (Where::Url(text_at(pointer, body?)?), 0),
            Paging::Cursor { at, field } => (Where::Field(field.clone(), text_at(at, body?)?), 0),
            Paging::Page { field, first } => {
                let number = before.map_or(*first, |page| page.number).checked_add(1)?;
                (Where::Field(field.clone(), number.to_string()), number)
            }
            Paging::Offset { field } => {
                let number = before.map_or(0, |page| page.number).checked_add(rows.len() as u64)?;
                (Where::Field(field.clone(), number.to_string()), number)
            }
        };
        let list = before.map_or(self.lists.len(), |page| page.list);
        if list == self.lists.len() {
            self.lists.push(Listed::default());
        }
        let Listed { visited, rows: seen } = &mut self.lists[list];
        let known = seen.len();
        seen.extend(rows);
        let counted = matches!(paging, Paging::Page { .. } | Paging::Offset { .. });
        if counted && seen.len() == known || !visited.insert(at.clone()) || visited.len() > MOST_PAGES {
            return None;
        }
        self.all.push(Page { at, list, number });
        u32::try_from(self.all.len()).ok().and_then(NonZeroU32::new)
    }
}

/// `Link: <…>; rel="next"` (RFC 8288).
fn by_header(headers: &HeaderMap) -> Option<Where> {
    let texts = headers.get_all(http::header::LINK).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(",<").flat_map(|part| part.split(", <"))).find_map(|link| {
        let (url, parameters) = link.trim().trim_start_matches('<').split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| {
            let Some((name, value)) = parameter.split_once('=') else { return false };
            let words = value.trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel")
                && words.split_whitespace().any(|word| word.eq_ignore_ascii_case("next"))
        });
        is_next.then(|| Where::Url(url.to_owned()))
    })
}

/// URLs and cursors under the names that most APIs give them.
fn usual(body: &Value) -> Option<Where> {
    const URLS: &[&str] = &[
        "/next",
        "/next_url",
        "/next_page_url",
        "/nextLink",
        "/@odata.nextLink",
        "/links/next",
        "/links/next/href",
        "/_links/next",
        "/_links/next/href",
        "/paging/next",
        "/pagination/next",
        "/pagination/next_url",
        "/meta/next",
    ];
    const CURSORS: &[(&str, &str)] = &[
        ("/next_cursor", "cursor"),
        ("/nextCursor", "cursor"),
        ("/cursor/next", "cursor"),
        ("/meta/next_cursor", "cursor"),
        ("/response_metadata/next_cursor", "cursor"),
        ("/pagination/next_cursor", "cursor"),
        ("/nextPageToken", "pageToken"),
        ("/next_page_token", "page_token"),
        ("/next_token", "next_token"),
        ("/NextToken", "NextToken"),
        ("/continuation_token", "continuation_token"),
    ];
    let text = |pointer: &&str| body.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let is_url = |text: &&str| text.starts_with('/') || text.starts_with('?') || text.starts_with("http");
    let url = URLS.iter().filter_map(text).find(is_url).map(|url| Where::Url(url.to_owned()));
    url.or_else(|| {
        let mut cursors = CURSORS.iter().filter_map(|(pointer, field)| Some((text(pointer)?, *field)));
        cursors.next().map(|(cursor, field)| Where::Field(field.to_owned(), cursor.to_owned()))
    })
}

fn text_at(pointer: &Pointer, body: &Value) -> Option<String> {
    match pointer.all(body).first()? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(paging: &Paging, link: &str, body: &Value, rows: &[u32]) -> Option<Where> {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::LINK, http::HeaderValue::try_from(link).unwrap());
        let mut pages = Pages::default();
        let number = pages.after(None, paging, (&headers, Some(body)), rows)?;
        pages.get(number.get()).map(|page| page.at.clone())
    }

    #[test]
    fn the_next_page_is_found_in_each_usual_way() {
        let url = |text: &str| Some(Where::Url(text.to_owned()));
        let nothing = Value::Null;
        let of = |link: &str, body: Value| after(&Paging::Usual, link, &body, &[]);
        assert_eq!(
            of("<https://a/x?page=2>; rel=\"next\", <https://a/x?page=9>; rel=last", nothing.clone()),
            url("https://a/x?page=2")
        );
        assert_eq!(
            of("</x?p=1>; rel=prev, </x?p=3>; title=\"a, b\"; rel=\"start next\"", nothing.clone()),
            url("/x?p=3")
        );
        assert_eq!(of("</x>; rel=\"prev\"", nothing), None);
        assert_eq!(of("", serde_json::json!({"_links": {"next": {"href": "/x?after=7"}}})), url("/x?after=7"));
        assert_eq!(of("", serde_json::json!({"next": null, "links": {"next": ""}})), None);
        let cursor = serde_json::json!({"nextPageToken": "abc"});
        assert_eq!(of("", cursor), Some(Where::Field("pageToken".into(), "abc".into())));
    }

    #[test]
    fn a_list_that_leads_in_a_circle_ends() {
        let (headers, body) = (HeaderMap::new(), serde_json::json!({"next": "/same"}));
        let mut pages = Pages::default();
        let first = pages.after(None, &Paging::Usual, (&headers, Some(&body)), &[1]).unwrap();
        let page = pages.get(first.get()).cloned().unwrap();
        assert_eq!(pages.after(Some(&page), &Paging::Usual, (&headers, Some(&body)), &[2]), None);
    }

    #[test]
    fn counted_pages_end_where_nothing_is_new() {
        let paging = Paging::Page { field: "page".into(), first: 0 };
        let none = HeaderMap::new();
        let mut pages = Pages::default();
        let first = pages.after(None, &paging, (&none, None), &[0, 1]).unwrap();
        let page = pages.get(first.get()).cloned().unwrap();
        assert_eq!(page.at, Where::Field("page".into(), "1".into()));
        assert!(pages.after(Some(&page), &paging, (&none, None), &[2]).is_some());
        assert_eq!(pages.after(Some(&page), &paging, (&none, None), &[0, 1]), None, "a server that ignores the field");
        assert_eq!(pages.after(Some(&page), &paging, (&none, None), &[]), None);
        let offset = Paging::Offset { field: "offset".into() };
        let second = pages.after(None, &offset, (&none, None), &[5, 6, 7]).unwrap();
        assert_eq!(pages.get(second.get()).unwrap().at, Where::Field("offset".into(), "3".into()));
    }
}
