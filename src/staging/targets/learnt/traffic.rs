//! Requests of a recording: a HAR file, an access log, JSON lines or CSV. Methods, places and statuses are read, and nothing
//! else: no header, no cookie, no body.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use crate::staging::reconcile::{self, Field, Mapping};

/// How a recording is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// HTTP Archive 1.2.
    Har,
    /// The common or the combined log format.
    Log,
    /// A line for each request, or OCSF.
    Json,
    Csv,
}

impl Kind {
    /// By the ending of its name.
    pub fn of(path: &Path) -> Kind {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("har") => Kind::Har,
            Some("json" | "ndjson" | "jsonl") => Kind::Json,
            Some("csv") => Kind::Csv,
            _ => Kind::Log,
        }
    }

    pub fn parse(name: &str) -> Option<Kind> {
        [("har", Kind::Har), ("log", Kind::Log), ("json", Kind::Json), ("csv", Kind::Csv)]
            .into_iter()
            .find_map(|(known, kind)| (known == name).then_some(kind))
    }
}

/// A request that somebody made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    pub method: String,
    /// A path or a URL.
    pub target: String,
    /// 0 where no answer is told, as HAR writes a request that none came to; nothing where the recording tells of no answers.
    pub status: Option<u16>,
}

/// A recording, and how many of its lines say nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    pub requests: Vec<Seen>,
    pub unread: u64,
}

#[derive(Deserialize)]
struct Har {
    log: HarLog,
}

#[derive(Deserialize)]
struct HarLog {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Asked,
    response: Option<Answered>,
}

#[derive(Deserialize)]
struct Asked {
    method: String,
    url: String,
}

#[derive(Deserialize)]
struct Answered {
    status: i64,
}

/// Reads a recording.
///
/// # Errors
///
/// Why nothing can be learnt of it. What it holds is not in there.
pub fn read(path: &Path, kind: Kind, mapping: &Mapping) -> Result<Traffic, String> {
    let input = BufReader::new(File::open(path).map_err(|error| error.to_string())?);
    match kind {
        Kind::Har => {
            let har: Har = serde_json::from_reader(input)
                .map_err(|error| format!("it is no HAR file (line {}, column {})", error.line(), error.column()))?;
            Ok(Traffic { requests: har.log.entries.into_iter().map(of_har).collect(), unread: 0 })
        }
        Kind::Log => {
            let mut traffic = Traffic::default();
            for line in input.split(b'\n') {
                let line = line.map_err(|error| error.to_string())?;
                let line = String::from_utf8_lossy(&line);
                match of_log(&line) {
                    Some(seen) => traffic.requests.push(seen),
                    None => traffic.unread += u64::from(!line.trim().is_empty()),
                }
            }
            Ok(traffic)
        }
        Kind::Json => reconcile::text(input, mapping).map(|log| of_lines(log, mapping)).map_err(|e| plainly(&e)),
        Kind::Csv => reconcile::csv(input, mapping).map(|log| of_lines(log, mapping)).map_err(|e| plainly(&e)),
    }
}

fn of_har(entry: Entry) -> Seen {
    let status = entry.response.and_then(|answer| u16::try_from(answer.status).ok()).unwrap_or(0);
    Seen { method: entry.request.method, target: entry.request.url, status: Some(status) }
}

/// `host ident user [time] "GET /path HTTP/1.1" 200 512 …`
fn of_log(line: &str) -> Option<Seen> {
    static LINE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"\] "([A-Za-z]+) ([^ "]+)(?: HTTP/[0-9.]+)?" ([0-9]{3})(?: |$)"#).ok());
    let found = LINE.as_ref()?.captures(line.trim_end())?;
    Some(Seen { method: found[1].to_owned(), target: found[2].to_owned(), status: found[3].parse().ok() })
}

fn of_lines(log: reconcile::AuditLog, mapping: &Mapping) -> Traffic {
    let unreadable = mapping.has(Field::Status).then_some(0);
    let mut traffic = Traffic { requests: Vec::new(), unread: log.unread.len() as u64 };
    for line in log.lines {
        match line.path {
            Some(target) => {
                let method = line.method.unwrap_or_else(|| "GET".to_owned());
                traffic.requests.push(Seen { method, target, status: line.status.or(unreadable) });
            }
            None => traffic.unread += 1,
        }
    }
    traffic
}

/// What is wrong, without what stands there.
fn plainly(error: &reconcile::ReadError) -> String {
    match error {
        reconcile::ReadError::Json { line, .. } => format!("line {line} is no JSON object"),
        reconcile::ReadError::Csv { row, .. } => format!("row {row} is no CSV"),
        other => other.to_string(),
    }
}

/// Whether a mapping says enough.
pub fn is_enough(mapping: &Mapping) -> bool {
    mapping.is_empty() || mapping.has(Field::Path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_access_logs_are_read() {
        let seen = |line: &str| of_log(line).map(|seen| (seen.method, seen.target, seen.status));
        let got = |method: &str, target: &str, status| Some((method.to_owned(), target.to_owned(), Some(status)));
        let common =
            "203.0.113.9 - frank [10/Oct/2026:13:55:36 -0700] \"GET /api/tickets/7?token=x HTTP/1.0\" 200 2326";
        assert_eq!(seen(common), got("GET", "/api/tickets/7?token=x", 200));
        let combined =
            "::1 - - [10/Oct/2026:13:55:36 +0000] \"POST /api HTTP/2.0\" 201 - \"https://x/\" \"a \\\"b\\\" [c] \\\"\"";
        assert_eq!(seen(combined), got("POST", "/api", 201));
        assert_eq!(seen("::1 - - [x] \"-\" 400 0"), None);
        assert_eq!(seen("::1 - - [x] \"GET / HTTP/1.1\" 200"), got("GET", "/", 200));
        assert_eq!(seen("nothing of the kind"), None);
    }
}
