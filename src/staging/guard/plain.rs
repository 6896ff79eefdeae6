//! URLs that every reader understands in the same way, so that nobody has to take them apart.

/// What stands behind the origin of a URL, where each of its letters stands for itself: no escapes, no dots that lead
/// elsewhere, no user, no fragment. Of any other URL, nothing is said.
pub fn plain<'u>(url: &'u str, origin: &str) -> Option<&'u str> {
    let target = url.strip_prefix(origin).filter(|target| target.starts_with('/'))?;
    let (path, query) = target.split_once('?').unwrap_or((target, "-"));
    let in_path = |(at, byte): (usize, u8)| match byte {
        b'/' | b'-' | b'_' | b'~' => true,
        b'.' => path.as_bytes()[at - 1] != b'/',
        other => other.is_ascii_alphanumeric(),
    };
    let in_query = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'=' | b'&' | b'-' | b'_' | b'~' | b'.');
    let plainly = path.bytes().enumerate().all(in_path) && !query.is_empty() && query.bytes().all(in_query);
    plainly.then_some(target)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::staging::origin::{OriginKey, strict_url};

    const ORIGINS: [&str; 3] = ["http://127.0.0.1:8080", "https://api.example", "http://[::1]:81"];

    #[test]
    fn what_could_be_read_in_two_ways_is_not_plain() {
        for target in [
            "",
            "/%2e",
            "/..",
            "/a/../b",
            "/.",
            "/./a",
            "/a#b",
            "/a?",
            "/a?b?c",
            "/a b",
            "\\a",
            "/a\\b",
            "@x/",
            ".evil/",
            ":1/",
            "/a;b",
            "/ä",
            "/a?x=%5fmethod",
            "/a?x+y",
            "/a\r\n",
        ] {
            assert_eq!(plain(&format!("{}{target}", ORIGINS[1]), ORIGINS[1]), None, "{target}");
        }
        assert_eq!(plain("https://api.example/a.b/c?d=e&f=1.2", ORIGINS[1]), Some("/a.b/c?d=e&f=1.2"));
    }

    proptest! {
        /// Whatever is plain, a parser reads in the same way.
        #[test]
        fn a_parser_reads_the_same(at in 0usize..3, rest in "[/a-zA-Z0-9._~?=&%@:#;+\\\\ -]{0,24}") {
            let url = format!("{}/{rest}", ORIGINS[at]);
            for origin in ORIGINS {
                if let Some(target) = plain(&url, origin) {
                    let read = strict_url(&url).expect("what is plain is a URL");
                    prop_assert_eq!(OriginKey::of(&read), OriginKey::parse(origin).ok());
                    let query = read.query().map_or_else(String::new, |query| format!("?{query}"));
                    prop_assert_eq!(format!("{}{query}", read.path()), target);
                }
            }
        }
    }
}
