//! Lines of an access log: the common log format, and the combined one that most servers write by default.

use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;

use super::read::{LogLine, path_of};

/// `host ident user [time] "GET /path HTTP/1.1" status size`, and behind that referrer and user agent. What stands further
/// behind may be a trace.
static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let quoted = r#""((?:[^"\\]|\\.)*)""#;
    let request = r#""([A-Za-z]+) ([^ "]+)(?: [^ "]+)?""#;
    Regex::new(&format!(r"^\S+ \S+ (.+?) \[([^\]]+)\] {request} ([0-9]{{3}}) \S+(?: {quoted} {quoted}(.*))?")).ok()
});

/// A line that has this form; nothing else is one.
pub fn line(text: &str, number: usize) -> Option<LogLine> {
    let found = LINE.as_ref()?.captures(text)?;
    let said =
        |at: usize| found.get(at).map(|part| part.as_str().trim()).filter(|text| !matches!(*text, "" | "-" | "\"\""));
    let own = |at: usize| said(at).map(str::to_owned);
    Some(LogLine {
        number,
        time: Some(time(&found[2])?),
        method: own(3),
        path: said(4).map(path_of),
        identity: own(1),
        status: said(5).and_then(|status| status.parse().ok()),
        trace: own(8),
        user_agent: own(7),
    })
}

/// `10/Oct/2026:13:55:36 -0700`, as microseconds since 1970.
fn time(text: &str) -> Option<i64> {
    Timestamp::strptime("%d/%b/%Y:%H:%M:%S %z", text).ok().map(Timestamp::as_microsecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_are_read_and_nothing_else() {
        let common =
            line("203.0.113.9 - frank [10/Oct/2026:13:55:36 -0700] \"GET /t/7?x=1 HTTP/1.0\" 200 2326", 4).unwrap();
        let time = super::super::read::instant("2026-10-10T20:55:36Z");
        let expected = LogLine {
            number: 4,
            time,
            method: Some("GET".into()),
            path: Some("/t/7".into()),
            identity: Some("frank".into()),
            status: Some(200),
            ..LogLine::default()
        };
        assert_eq!(common, expected);
        let combined = "::1 - - [10/Oct/2026:20:55:36 +0000] \"POST /a HTTP/2.0\" 201 - \"-\" \"a \\\"b\\\" (run 7)\" \"00-ab-cd-01\"";
        let combined = line(combined, 1).unwrap();
        assert_eq!((combined.time, combined.identity, combined.status), (time, None, Some(201)));
        assert_eq!(combined.user_agent.as_deref(), Some("a \\\"b\\\" (run 7)"));
        assert_eq!(combined.trace.as_deref(), Some("\"00-ab-cd-01\""));
        for other in [
            "",
            "nothing of the kind",
            "::1 - - [x] \"GET / HTTP/1.1\" 200 1",
            "::1 - - [10/Oct/2026:20:55:36 +0000] \"-\" 400 0",
        ] {
            assert_eq!(line(other, 1), None, "{other}");
        }
    }
}
