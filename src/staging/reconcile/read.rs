//! A log of the defenders: JSON lines, a JSON list, an access log, or CSV.

use std::io::{self, BufRead};

use jiff::Timestamp;
use serde_json::Value;

use super::access;
use super::fields::{self, Field, Mapping};
use super::log::{AuditLog, ReadError};

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
            // A dash stands for nobody, as in access logs.
            identity: field(Field::Identity).filter(|who| !matches!(who.trim(), "" | "-")),
            status: field(Field::Status).and_then(|status| status.parse().ok()),
            trace: field(Field::Trace),
            user_agent: field(Field::UserAgent),
        }
    }
}

/// Reads text: a line for each event, as a JSON object or of an access log, or JSON lists of events. What is neither is left
/// out, and told.
///
/// # Errors
///
/// Nothing of it could be read, or the mapping names a place that no event has.
pub fn text(mut input: impl BufRead, mapping: &Mapping) -> Result<AuditLog, ReadError> {
    let mut reading =
        Reading { mapping, ocsf: Mapping::ocsf(), missing: mapping.all(), has: None, log: AuditLog::default() };
    let mut begins = input.fill_buf()?.iter().filter(|byte| !byte.is_ascii_whitespace()).copied();
    // Some servers begin a line with `[` and a date.
    if begins.next() == Some(b'[') && matches!(begins.next(), None | Some(b'{' | b'[' | b']')) {
        for value in serde_json::Deserializer::from_reader(input).into_iter::<Value>() {
            let bad = |error: serde_json::Error| ReadError::Json { line: error.line(), why: error.to_string() };
            match value {
                Ok(Value::Array(events)) => events.iter().for_each(|event| reading.json(event, 1)),
                Ok(event) => reading.json(&event, 1),
                Err(error) if error.is_io() => return Err(ReadError::Io(error.into())),
                Err(error) => {
                    reading.log.unread.push(bad(error));
                    break;
                }
            }
        }
        return reading.end();
    }
    for (at, line) in input.split(b'\n').enumerate() {
        let (number, line) = (at + 1, line?);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if let Some(read) = access::line(line, number) {
            reading.log.lines.push(read);
        } else if line.starts_with('{') {
            match serde_json::from_str(line) {
                Ok(event) => reading.json(&event, number),
                Err(error) => reading.log.unread.push(ReadError::Json { line: number, why: error.to_string() }),
            }
        } else if !line.is_empty() {
            reading.log.unread.push(ReadError::NoLine(number));
        }
    }
    reading.end()
}

/// Text while it is read.
struct Reading<'m> {
    mapping: &'m Mapping,
    ocsf: Mapping,
    /// Places of the mapping that no event had so far.
    missing: Vec<(Field, String)>,
    /// What the first event has.
    has: Option<String>,
    log: AuditLog,
}

impl Reading<'_> {
    fn json(&mut self, event: &Value, number: usize) {
        let read = self.event(event, number);
        self.log.take(read);
    }

    fn event(&mut self, event: &Value, number: usize) -> Result<LogLine, ReadError> {
        if !event.is_object() {
            return Err(ReadError::Json { line: number, why: "it is something else".to_owned() });
        }
        self.has.get_or_insert_with(|| places_of(event));
        self.missing.retain(|(_, place)| fields::at(event, place).is_none());
        let mapping = match self.mapping.is_empty() {
            false => self.mapping,
            true if event.get("class_uid").is_some() => &self.ocsf,
            true => return Err(ReadError::Unmapped(number)),
        };
        timed(LogLine::of(number, |field| mapping.in_json(field, event)), mapping)
    }

    fn end(mut self) -> Result<AuditLog, ReadError> {
        match (self.missing.pop(), self.has) {
            (Some((field, place)), Some(has)) => Err(ReadError::NoField { field: field.name(), place, has }),
            (Some((field, place)), None) if !self.log.lines.is_empty() => {
                Err(ReadError::NothingMapped(format!("{}={place}", field.name())))
            }
            _ => self.log.if_any(),
        }
    }
}

/// Where an event has something, as a mapping would say it.
fn places_of(event: &Value) -> String {
    const MOST: usize = 20;
    fn gather(value: &Value, place: &str, places: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(key, value)| gather(value, &format!("{place}/{key}"), places));
            }
            _ => places.push(place.to_owned()),
        }
    }
    let mut places = Vec::new();
    gather(event, "", &mut places);
    let more = if places.len() > MOST { format!(" and {} more", places.len() - MOST) } else { String::new() };
    places.truncate(MOST);
    places.join(", ") + &more
}

/// Reads CSV with a row of names first. Rows that cannot be read are left out, and told.
///
/// # Errors
///
/// Nothing of it could be read, or it has not the columns of the mapping.
pub fn csv(input: impl io::Read, mapping: &Mapping) -> Result<AuditLog, ReadError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let bad = |row: usize| move |error: csv::Error| ReadError::Csv { row, why: error.to_string() };
    let columns = reader.headers().map_err(bad(1))?.clone();
    let mut at = Vec::new();
    for (field, place) in mapping.all() {
        let name = place.trim_start_matches('/');
        let column = columns.iter().position(|column| column == name);
        let all = || columns.iter().collect::<Vec<_>>().join(", ");
        at.push((field, column.ok_or_else(|| ReadError::NoColumn(name.to_owned(), all()))?));
    }
    let mut log = AuditLog::default();
    for (row, record) in reader.records().enumerate() {
        let number = row + 2;
        let record = match record {
            Ok(record) => record,
            Err(error) if error.is_io_error() => return Err(bad(number)(error)),
            Err(error) => {
                log.unread.push(bad(number)(error));
                continue;
            }
        };
        let field = |wanted: Field| {
            let mut cells =
                at.iter().filter(|(field, _)| *field == wanted).filter_map(|(_, column)| record.get(*column));
            cells.find(|cell| !cell.is_empty()).map(str::to_owned)
        };
        log.take(timed(LogLine::of(number, field), mapping));
    }
    log.if_any()
}

/// A line without a time cannot be put beside anything.
fn timed(line: LogLine, mapping: &Mapping) -> Result<LogLine, ReadError> {
    if line.time.is_none() && mapping.has(Field::Time) {
        let place = mapping.places(Field::Time).join(", ");
        return Err(ReadError::NoTime { line: line.number, place });
    }
    Ok(line)
}

/// No log was written after the year 9999, in microseconds.
const LATEST: f64 = 2.534e17;

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
        return (micros.abs() < LATEST).then_some(micros as i64);
    }
    let stamp: Timestamp = text.parse().ok().or_else(|| text.replacen(' ', "T", 1).parse().ok())?;
    Some(stamp.as_microsecond())
}

/// The path of a path or a URL.
pub(super) fn path_of(text: &str) -> String {
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
        let lines = super::text(text.as_bytes(), &mapping).unwrap().lines;
        let columns = ["time=ts", "path=url", "method=m", "identity=who", "status=code"].map(str::to_owned);
        let of_csv = csv(&b"ts,url,m,who,code\n1769860800,\"/a?b\",GET,bot,200\n"[..], &Mapping::of(&columns).unwrap())
            .unwrap()
            .lines;
        assert_eq!(LogLine { number: 2, ..lines[0].clone() }, of_csv[0]);
        assert!(matches!(super::text("{}".as_bytes(), &Mapping::default()), Err(ReadError::Unmapped(1))));
        assert!(matches!(super::text("[[]]".as_bytes(), &mapping), Err(ReadError::Json { line: 1, .. })));
        let tornado = "[I 2026-11-29 02:34:42.000 JupyterHub log:192] 200 GET /hub/api/user (agent@127.0.0.1) 3.08ms";
        assert!(matches!(super::text(tornado.as_bytes(), &mapping), Err(ReadError::NoLine(1))));
        assert!(matches!(super::text("{\"who\":\"x\"}".as_bytes(), &mapping), Err(ReadError::NoField { .. })));
        assert!(matches!(csv(&b"a,b\n1,2\n"[..], &mapping), Err(ReadError::NoColumn(..))));
        let ocsf = "{\"class_uid\":6003,\"time\":1769860800000,\"actor\":{\"user\":{\"uid\":\"u\"}}}";
        let lines = super::text(ocsf.as_bytes(), &Mapping::default()).unwrap().lines;
        assert_eq!((lines[0].time, lines[0].identity.as_deref()), (Some(1_769_860_800_000_000), Some("u")));
        let nobody = |who: &str| LogLine::of(1, |field| (field == Field::Identity).then(|| who.to_owned())).identity;
        assert_eq!((nobody("-"), nobody(""), nobody("u-")), (None, None, Some("u-".to_owned())));
    }
}
