//! A log as far as it could be read, and why the rest could not be.

use std::io;

use super::read::LogLine;

/// A log, as far as it could be read.
#[derive(Debug, Default)]
pub struct AuditLog {
    pub lines: Vec<LogLine>,
    /// What could not be read, each with its reason.
    pub unread: Vec<ReadError>,
}

/// Why a log, or a line of it, cannot be read.
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
    #[error("no line has {field} at `{place}`; lines have {has}")]
    NoField { field: &'static str, place: String, has: String },
    #[error("it is an access log, whose fields are known, and `{0}` says where one stands in JSON or CSV")]
    NothingMapped(String),
    #[error("line {0} is no OCSF event, and nothing says where its fields are")]
    Unmapped(usize),
    #[error(
        "line {0} is neither JSON nor of an access log in the common or combined format (nginx, Apache, gunicorn): make other lines CSV first"
    )]
    NoLine(usize),
    #[error("line {line} has no time that can be read at {place}")]
    NoTime { line: usize, place: String },
    #[error("there is no line in it")]
    Empty,
}

impl AuditLog {
    pub fn take(&mut self, line: Result<LogLine, ReadError>) {
        match line {
            Ok(line) => self.lines.push(line),
            Err(error) => self.unread.push(error),
        }
    }

    /// Itself, unless nothing of it could be read.
    pub fn if_any(mut self) -> Result<AuditLog, ReadError> {
        match (self.lines.is_empty(), self.unread.is_empty()) {
            (false, _) => Ok(self),
            (true, true) => Err(ReadError::Empty),
            (true, false) => Err(self.unread.swap_remove(0)),
        }
    }
}
