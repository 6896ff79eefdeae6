//! A log of the defenders: JSON lines, a JSON list, or CSV.

use std::io::{self, BufRead};

use jiff::Timestamp;
use serde_json::Value;

use super::fields::{Field, Mapping};

/// A line of their log.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LogLine {
    /// Where it stands in the file, from 1.
    pub number: usize,
    /// Microseconds since 1970.
    pub time: Option<i64>,
    pub method: Option<String>,
    pub path: Option<String>,
    pub identity: Option<String>,
    pub status: Option<u16>,
    pub trace: Option<String>,
    pub user_agent: Option<String>,
}

impl LogLine {
    /// What its fields say.
    fn of(number: usize, field: impl Fn(Field) -> Option<String>) -> LogLine {
        LogLine {
            number,
            time: field(Field::Time).as_deref().and_then(instant),
            method: field(Field::Method),
            path: field(Field::Path).map(|path| path_of(&path)),
            identity: field(Field::Identity),
            status: field(Field::Status).and_then(|status| status.parse().ok()),
            trace: field(Field::Trace),
            user_agent: field(Field::UserAgent),
        }
    }
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("line {line} is no JSON object: {why}")]
    Json { line: usize, why: String },
    #[error("row {row} cannot be read: {why}")]
    Csv { row: usize, why: String },
    #[error("there is no column `{0}`; its columns are {1}")]
    NoColumn(String, String),
    #[error("line {0} is no OCSF event, and nothing says where its fields are")]
    Unmapped(usize),
    #[error("line {line} has no time that can be read at {place}")]
    NoTime { line: usize, place: String },
    #[error("there is no line in it")]
    Empty,
}

/// Reads JSON: a line for each event, or one list of them.
///
/// # Errors
///
/// Where it stands and what is wrong.
pub fn json(input: impl BufRead, mapping: &Mapping) -> Result<Vec<LogLine>, ReadError> {
    let mut lines = Vec::new();
    for (at, text) in input.lines().enumerate() {
        let (number, text) = (at + 1, text?);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let value: Value =
            serde_json::from_str(text).map_err(|error| ReadError::Json { line: number, why: error.to_string() })?;
        let events = match value {
            Value::Array(events) => events,
            event => vec![event],
        };
        for event in &events {
            lines.extend(of_json(event, number, mapping)?);
        }
    }
    if lines.is_empty() { Err(ReadError::Empty) } else { Ok(lines) }
}

fn of_json(event: &Value, number: usize, mapping: &Mapping) -> Result<Option<LogLine>, ReadError> {
    if !event.is_object() {
        return Err(ReadError::Json { line: number, why: "it is something else".to_owned() });
    }
    let ocsf = Mapping::ocsf();
    let mapping = match mapping.is_empty() {
        false => mapping,
        true if event.get("class_uid").is_some() => &ocsf,
        true => return Err(ReadError::Unmapped(number)),
    };
    let field = |field: Field| mapping.in_json(field, event);
    let line = LogLine::of(number, field);
    timed(line, mapping).map(Some)
}

/// Reads CSV with a row of names first.
///
/// # Errors
///
/// Where it stands and what is wrong.
pub fn csv(input: impl io::Read, mapping: &Mapping) -> Result<Vec<LogLine>, ReadError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let bad = |row: usize| move |error: csv::Error| ReadError::Csv { row, why: error.to_string() };
    let columns = reader.headers().map_err(bad(1))?.clone();
    let mut at = Vec::new();
    for field in Field::ALL {
        for place in mapping.places(field) {
            let name = place.trim_start_matches('/');
            let column = columns.iter().position(|column| column == name);
            let all = || columns.iter().collect::<Vec<_>>().join(", ");
            at.push((field, column.ok_or_else(|| ReadError::NoColumn(name.to_owned(), all()))?));
        }
    }
    let mut lines = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let (number, record) = (row + 2, record.map_err(bad(row + 2))?);
        let field = |wanted: Field| {
            let mut cells =
                at.iter().filter(|(field, _)| *field == wanted).filter_map(|(_, column)| record.get(*column));
            cells.find(|cell| !cell.is_empty()).map(str::to_owned)
        };
        let line = LogLine::of(number, field);
        lines.push(timed(line, mapping)?);
    }
    if lines.is_empty() { Err(ReadError::Empty) } else { Ok(lines) }
}

/// A line without a time cannot be put beside anything.
fn timed(line: LogLine, mapping: &Mapping) -> Result<LogLine, ReadError> {
    if line.time.is_none() && mapping.has(Field::Time) {
        let place = mapping.places(Field::Time).join(", ");
        return Err(ReadError::NoTime { line: line.number, place });
    }
    Ok(line)
}

/// RFC 3339, or a number since 1970: seconds, milliseconds, microseconds or nanoseconds, by its size.
pub fn instant(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        let magnitude = number.abs();
        let micros = match magnitude {
            _ if magnitude < 1e11 => number * 1e6,
            _ if magnitude < 1e14 => number * 1e3,
            _ if magnitude < 1e17 => number,
            _ => number / 1e3,
        };
        return micros.is_finite().then_some(micros as i64);
    }
    let stamp: Timestamp = text.parse().ok().or_else(|| text.replacen(' ', "T", 1).parse().ok())?;
    Some(stamp.as_microsecond())
}

/// The path of a path or a URL.
fn path_of(text: &str) -> String {
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => text,
    };
    path.split(['?', '#']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_each_usual_form() {
        let whole = 1_769_860_800_000_000;
        for text in [
            "2026-01-31T12:00:00Z",
            "2026-01-31 12:00:00Z",
            "1769860800",
            "1769860800.0",
            "1769860800000",
            "1769860800000000",
            "2026-01-31T13:00:00+01:00",
        ] {
            assert_eq!(instant(text), Some(whole), "{text}");
        }
        assert_eq!(instant("yesterday"), None);
        assert_eq!(instant("NaN"), None);
    }

    #[test]
    fn paths_are_taken_from_urls() {
        assert_eq!(path_of("https://a/b/c?d#e"), "/b/c");
        assert_eq!(path_of("/b?x"), "/b");
        assert_eq!(path_of("https://a"), "/");
    }

    #[test]
    fn a_mapping_reads_json_and_csv_alike() {
        let said = ["time=/ts", "path=/req/url", "method=/req/m", "identity=/who", "status=/code"].map(str::to_owned);
        let mapping = Mapping::of(&said).unwrap();
        let text =
            "{\"ts\":1769860800,\"req\":{\"url\":\"https://h/a?b\",\"m\":\"GET\"},\"who\":\"bot\",\"code\":200}\n";
        let lines = json(text.as_bytes(), &mapping).unwrap();
        let columns = ["time=ts", "path=url", "method=m", "identity=who", "status=code"].map(str::to_owned);
        let of_csv =
            csv(&b"ts,url,m,who,code\n1769860800,\"/a?b\",GET,bot,200\n"[..], &Mapping::of(&columns).unwrap()).unwrap();
        assert_eq!(LogLine { number: 2, ..lines[0].clone() }, of_csv[0]);
        assert!(matches!(json("{}".as_bytes(), &Mapping::default()), Err(ReadError::Unmapped(1))));
        assert!(matches!(json("[1]".as_bytes(), &mapping), Err(ReadError::Json { line: 1, .. })));
        assert!(matches!(json("{\"who\":\"x\"}".as_bytes(), &mapping), Err(ReadError::NoTime { line: 1, .. })));
        assert!(matches!(csv(&b"a,b\n1,2\n"[..], &mapping), Err(ReadError::NoColumn(..))));
        let ocsf = "{\"class_uid\":6003,\"time\":1769860800000,\"actor\":{\"user\":{\"uid\":\"u\"}}}";
        let lines = json(ocsf.as_bytes(), &Mapping::default()).unwrap();
        assert_eq!((lines[0].time, lines[0].identity.as_deref()), (Some(1_769_860_800_000_000), Some("u")));
    }
}
