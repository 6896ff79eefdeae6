//! What was sent, one line for each request, so that it can be found again in the logs of the defenders. No credential
//! stands in it.

use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::staging::lines::LineFile;

/// A request that left, as it can be found again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SentLine {
    /// RFC 3339, by this machine's clock.
    pub time: String,
    /// W3C Trace Context: the run, and the number of the request in it.
    pub traceparent: String,
    pub method: String,
    pub origin: String,
    /// Its path; what is named in braces was filled in.
    pub path: String,
    /// Whose work it was: `explore`, `control`, …
    pub purpose: String,
    /// The credential that it presented, by its name.
    pub credential: Option<String>,
    pub status: Option<u16>,
    /// Why there is no answer.
    pub broken: Option<String>,
}

/// The file in which they stand.
#[derive(Debug)]
pub struct SentLog(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    file: LineFile,
    failed: Option<io::Error>,
}

impl SentLog {
    pub fn new(file: File) -> SentLog {
        SentLog(Mutex::new(Kept { file: LineFile::behind(file, 0), failed: None }))
    }

    pub(super) fn add(&self, line: &SentLine) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.failed.is_some() {
            return;
        }
        let written = serde_json::to_vec(line).map_err(io::Error::from).and_then(|line| kept.file.add(&line));
        kept.failed = written.err();
    }

    /// Whether all of it is in the file.
    pub fn finish(&self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failed.take().map_or(Ok(()), Err)
    }
}
