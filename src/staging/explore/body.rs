//! Bodies of answers: unpacked within bounds, read as JSON where they are.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::io::Read as _;

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, DATE, RETRY_AFTER};
use serde_json::Value;

use crate::wire::Span;

/// A body as it can be read.
#[derive(Debug)]
pub struct Body<'b> {
    pub text: Cow<'b, str>,
    json: OnceCell<Option<Value>>,
    /// What is odd about it.
    pub odd: Option<&'static str>,
}

impl<'b> Body<'b> {
    /// Unpacks and reads a body. Of what is larger when unpacked than `most`, the beginning is read.
    pub fn read(headers: &HeaderMap, bytes: &'b [u8], most: usize) -> Body<'b> {
        let said = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
        let packed_as = |names: &[&str]| names.iter().any(|name| said.eq_ignore_ascii_case(name));
        let (unpacked, odd) = if packed_as(&["", "identity"]) {
            return Body { text: as_text(bytes), json: OnceCell::new(), odd: None };
        } else if packed_as(&["gzip", "x-gzip"]) {
            unpacked(MultiGzDecoder::new(bytes), most)
        } else if packed_as(&["br"]) {
            unpacked(brotli_decompressor::Decompressor::new(bytes, 4096), most)
        } else if packed_as(&["deflate"]) {
            unpacked(ZlibDecoder::new(bytes), most)
        } else {
            (Vec::new(), Some("packed in a way that is not known here"))
        };
        let text = as_text(&unpacked).into_owned().into();
        Body { text, json: OnceCell::new(), odd }
    }

    /// It as JSON, where it is: read when it is first asked for.
    pub fn json(&self) -> Option<&Value> {
        // Nesting is bounded by the parser.
        self.json.get_or_init(|| serde_json::from_str(&self.text).ok()).as_ref()
    }

    /// The same, where a link could stand in it: a text that begins as one, or that is written with escapes.
    pub fn json_with_links(&self) -> Option<&Value> {
        let may_link = ["\"/", "\"http", "\\"].iter().any(|begin| self.text.contains(begin));
        if may_link { self.json() } else { None }
    }

    /// Every text in it.
    pub fn texts(&self) -> Vec<&str> {
        match self.json() {
            Some(value) => {
                let mut all = Vec::new();
                texts(value, &mut all);
                all
            }
            None => vec![&self.text],
        }
    }
}

/// What is no UTF-8 is replaced. Most bodies are, and whether they are is known sooner than where they are not.
fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Every text in a value, keys among them.
pub fn texts<'v>(value: &'v Value, all: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => all.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
        Value::Object(fields) => fields.iter().for_each(|(key, field)| {
            all.push(key);
            texts(field, all);
        }),
        _ => {}
    }
}

fn unpacked(packed: impl std::io::Read, most: usize) -> (Vec<u8>, Option<&'static str>) {
    let mut bytes = Vec::new();
    let read = packed.take(most as u64 + 1).read_to_end(&mut bytes);
    let odd = match read {
        Err(_) => Some("packed, and damaged"),
        Ok(n) if n > most => Some("larger than is read when it is unpacked"),
        Ok(_) => None,
    };
    bytes.truncate(most);
    (bytes, odd)
}

/// `Retry-After`: seconds, or a date (RFC 9110 section 10.2.3). A date that has passed is now.
pub fn retry_after(headers: &HeaderMap, now: impl FnOnce() -> jiff::Timestamp) -> Option<Span> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Span::from_secs(seconds));
    }
    let date = instant(text)?;
    // A server means its own clock, which its answer shows (RFC 9110 section 6.6.1).
    let now = headers.get(DATE).and_then(|date| instant(date.to_str().ok()?.trim())).unwrap_or_else(now);
    let left = date.as_microsecond().saturating_sub(now.as_microsecond());
    Some(Span(u64::try_from(left).unwrap_or(0)))
}

/// An HTTP date (RFC 9110 section 5.6.7).
fn instant(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::HeaderValue;

    use super::*;

    fn headers(name: http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::try_from(value).unwrap())])
    }

    #[test]
    fn packed_bodies_are_read_within_bounds() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&[b' '; 1 << 20]).unwrap();
        let bomb = packed.finish().unwrap();
        let gzip = headers(CONTENT_ENCODING, "gzip");
        let read = Body::read(&gzip, &bomb, 1_000);
        assert_eq!((read.text.len(), read.odd), (1_000, Some("larger than is read when it is unpacked")));
        assert_eq!(Body::read(&gzip, &bomb[..40], 1_000_000).odd, Some("packed, and damaged"));
        assert_eq!(Body::read(&gzip, b"{\"a\":1}", 1_000).odd, Some("packed, and damaged"));
        // `{"items":[{"id":1},{"id":2}],"text":"xxx…"}`, by the encoder of Node.js.
        const PACKED: [u8; 58] = [
            0x1b, 0xf6, 0x07, 0x40, 0x9c, 0x07, 0x76, 0x73, 0xc6, 0x47, 0x14, 0x28, 0xec, 0xc6, 0xab, 0x37, 0x6a, 0xd9,
            0xb7, 0xa7, 0x53, 0x64, 0x78, 0x2d, 0x12, 0x23, 0xb3, 0xb5, 0x58, 0xba, 0x1c, 0xe3, 0x80, 0x75, 0x9c, 0x9f,
            0xae, 0x81, 0x26, 0x84, 0x61, 0x63, 0x6c, 0x2a, 0xad, 0x6e, 0xe4, 0xdd, 0x45, 0x0f, 0xd9, 0x60, 0x93, 0x01,
            0x78, 0xe2, 0x56, 0x00,
        ];
        let brotli = headers(CONTENT_ENCODING, "br");
        let read = Body::read(&brotli, &PACKED, 1 << 20);
        assert_eq!((read.odd, read.json().unwrap()["items"][1]["id"].as_u64()), (None, Some(2)));
        let read = Body::read(&brotli, &PACKED, 100);
        assert_eq!((read.text.len(), read.odd), (100, Some("larger than is read when it is unpacked")));
        assert_eq!(Body::read(&brotli, &PACKED[..30], 1 << 20).odd, Some("packed, and damaged"));
        assert!(Body::read(&brotli, b"{}", 9).odd.is_some());
        assert!(Body::read(&headers(CONTENT_ENCODING, "zstd"), b"x", 9).odd.is_some());
        let plain = Body::read(&HeaderMap::new(), b"{\"a\":[\"b\"]}", 1_000);
        assert_eq!(plain.texts(), ["a", "b"]);
        let deep = "[".repeat(100_000);
        assert!(Body::read(&HeaderMap::new(), deep.as_bytes(), 1 << 20).json().is_none());
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let now: jiff::Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let of = |text: &str| retry_after(&headers(RETRY_AFTER, text), || now);
        assert_eq!(of("7"), Some(Span::from_secs(7)));
        assert_eq!(of("Sat, 31 Jan 2026 12:00:30 GMT"), Some(Span::from_secs(30)));
        assert_eq!(of("Sat, 31 Jan 2026 11:00:00 GMT"), Some(Span::ZERO));
        let mut both = headers(RETRY_AFTER, "Sat, 31 Jan 2026 13:00:30 GMT");
        both.insert(DATE, HeaderValue::from_static("Sat, 31 Jan 2026 13:00:00 GMT"));
        assert_eq!(retry_after(&both, || now), Some(Span::from_secs(30)), "its clock is an hour ahead");
        assert_eq!(of("soon"), None);
        assert_eq!(of("-3"), None);
    }
}
