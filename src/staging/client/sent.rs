//! What was sent, one line for each request, so that it can be found again in the logs of the defenders. No credential
//! stands in it.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::staging::lines::LineFile;

/// A request that left, as it can be found again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SentLine<'a> {
    /// RFC 3339, by this machine's clock as it went when the file was opened: setting it meanwhile changes nothing.
    pub time: Cow<'a, str>,
    /// W3C Trace Context: the run, and the number of the request in it.
    pub traceparent: Cow<'a, str>,
    pub method: Cow<'a, str>,
    pub origin: Cow<'a, str>,
    /// Its path; what is named in braces was filled in.
    pub path: Cow<'a, str>,
    /// Whose work it was: `explore`, `control`, …
    pub purpose: Cow<'a, str>,
    /// The credential that it presented, by its name.
    pub credential: Option<Cow<'a, str>>,
    pub status: Option<u16>,
    /// Why there is no answer.
    pub broken: Option<Cow<'a, str>>,
}

/// The file in which they stand. Each is written as soon as it is known, but where they [gather](SentLog::gather).
#[derive(Debug)]
pub struct SentLog {
    /// The same moment, by the clock on the wall and by one that nobody sets.
    opened: (jiff::Timestamp, Instant),
    kept: Mutex<Kept>,
    /// A line waits that was the first.
    more: Notify,
}

#[derive(Debug)]
struct Kept {
    file: LineFile,
    waiting: Vec<u8>,
    gathers: bool,
    failed: Option<io::Error>,
}

/// No more bytes wait.
const MOST_WAITING: usize = 1 << 16;

impl SentLog {
    pub fn new(file: File) -> SentLog {
        SentLog::behind(file, 0)
    }

    /// Goes on behind what is there: `whole` bytes.
    pub fn behind(file: File, whole: u64) -> SentLog {
        let file = LineFile::behind(file, whole);
        let kept = Kept { file, waiting: Vec::new(), gathers: false, failed: None };
        SentLog { opened: (jiff::Timestamp::now(), Instant::now()), kept: Mutex::new(kept), more: Notify::new() }
    }

    /// When that was, as lines tell it.
    pub(super) fn time(&self, at: Instant) -> String {
        let (wall, opened) = self.opened;
        wall.checked_add(at.saturating_duration_since(opened)).unwrap_or(wall).to_string()
    }

    /// A line that is written when it is dropped, with what is known then.
    pub(super) fn line<'l>(&'l self, said: SentLine<'l>) -> Line<'l> {
        Line { log: self, said }
    }

    fn add(&self, line: &SentLine<'_>) {
        let mut kept = self.kept();
        let before = kept.waiting.len();
        match serde_json::to_writer(&mut kept.waiting, line) {
            Ok(()) => kept.waiting.push(b'\n'),
            Err(error) => {
                kept.waiting.truncate(before);
                kept.failed.get_or_insert(error.into());
            }
        }
        if !kept.gathers || kept.waiting.len() >= MOST_WAITING {
            kept.write();
        } else if before == 0 {
            self.more.notify_one();
        }
    }

    /// Lets lines gather while this runs, and writes them together whenever the others of a runtime with one thread have
    /// nothing more to do at once.
    pub async fn gather(self: Arc<SentLog>) {
        let gathering = Gathering::of(&self);
        loop {
            gathering.0.more.notified().await;
            gathering.0.kept().write();
        }
    }

    /// Whether all of it is in the file.
    pub fn finish(&self) -> io::Result<()> {
        let mut kept = self.kept();
        kept.write();
        kept.failed.take().map_or(Ok(()), Err)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn write(&mut self) {
        if self.failed.is_none() {
            self.failed = self.file.add_all(&self.waiting).err();
        }
        self.waiting.clear();
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.write();
    }
}

/// The line of a request that left.
pub(super) struct Line<'l> {
    log: &'l SentLog,
    said: SentLine<'l>,
}

impl Line<'_> {
    /// Its status, or why it has none.
    pub fn ended(&mut self, came: Result<u16, String>) {
        self.said.status = came.as_ref().ok().copied();
        self.said.broken = came.err().map(Cow::from);
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.log.add(&self.said);
    }
}

/// Lines gather as long as it lives.
struct Gathering<'l>(&'l SentLog);

impl Gathering<'_> {
    fn of(log: &SentLog) -> Gathering<'_> {
        log.kept().gathers = true;
        Gathering(log)
    }
}

impl Drop for Gathering<'_> {
    fn drop(&mut self) {
        let mut kept = self.0.kept();
        kept.gathers = false;
        kept.write();
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;

    use super::*;

    fn line() -> SentLine<'static> {
        SentLine {
            time: "2026-01-31T12:00:00Z".into(),
            traceparent: "00-1-1-01".into(),
            method: "GET".into(),
            origin: "http://127.0.0.1:1".into(),
            path: "/".into(),
            purpose: "explore".into(),
            credential: None,
            status: Some(200),
            broken: None,
        }
    }

    #[tokio::test]
    async fn lines_gather_until_nothing_else_is_to_be_done() {
        let file = tempfile::tempfile().unwrap();
        let written = || file.metadata().unwrap().len();
        let one = serde_json::to_vec(&line()).unwrap().len() as u64 + 1;
        let log = Arc::new(SentLog::new(file.try_clone().unwrap()));
        log.add(&line());
        assert_eq!(written(), one, "nobody gathers");

        let gathering = tokio::spawn(log.clone().gather());
        yield_now().await;
        (0..3).for_each(|_| log.add(&line()));
        assert_eq!(written(), one, "others are still at work");
        yield_now().await;
        assert_eq!(written(), 4 * one);

        let many = MOST_WAITING as u64 / one + 1;
        (0..many).for_each(|_| log.add(&line()));
        assert_eq!(written(), (4 + many) * one, "no more may wait");

        log.add(&line());
        gathering.abort();
        assert!(gathering.await.unwrap_err().is_cancelled());
        assert_eq!(written(), (5 + many) * one, "who ends gathering leaves nothing behind");
        log.add(&line());
        assert_eq!(written(), (6 + many) * one);
        log.finish().unwrap();
    }
}
