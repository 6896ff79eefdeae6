//! The journal of a drill: every event in memory and, at once, in the file.

use std::fs::File;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::event::{Event, Micros};
use crate::staging::guard::{Kill, Stopped};
use crate::staging::lines::LineFile;

/// Where events go.
#[derive(Debug)]
pub struct Record {
    start: Instant,
    /// Of the clock, before this start.
    past: Micros,
    inner: Mutex<Inner>,
    kill: Kill,
}

#[derive(Debug)]
struct Inner {
    file: LineFile,
    events: Vec<Event>,
    failed: Option<io::Error>,
}

impl Record {
    /// Time counts from now. The switch is thrown when the journal takes no more.
    pub fn begin(file: File, kill: Kill) -> Record {
        Record::resume((file, 0), kill, Vec::new())
    }

    /// Goes on behind what is in the file already, so many bytes. Time goes on from the last of it.
    pub fn resume((file, whole): (File, u64), kill: Kill, events: Vec<Event>) -> Record {
        let past = events.iter().map(Event::at).max().unwrap_or(0);
        let file = LineFile::behind(file, whole);
        let inner = Mutex::new(Inner { file, events, failed: None });
        Record { start: Instant::now(), past, inner, kill }
    }

    pub fn micros(&self, at: Instant) -> Micros {
        let since = u64::try_from(at.saturating_duration_since(self.start).as_micros()).unwrap_or(Micros::MAX);
        self.past.saturating_add(since)
    }

    pub fn now(&self) -> Micros {
        self.micros(Instant::now())
    }

    pub fn add(&self, event: Event) {
        let mut inner = self.inner();
        let line = serde_json::to_vec(&event).map_err(io::Error::other);
        let written = line.and_then(|line| {
            inner.file.add(&line)?;
            if event.must_last() { inner.file.sync() } else { Ok(()) }
        });
        inner.events.push(event);
        if let Err(error) = written
            && inner.failed.is_none()
        {
            self.kill.throw(Stopped::Condition(format!("the journal cannot be written: {error}")));
            inner.failed = Some(error);
        }
    }

    /// All events so far.
    pub fn events(&self) -> Vec<Event> {
        self.inner().events.clone()
    }

    /// Puts the journal onto the disk, and says whether it holds everything.
    pub fn finish(&self) -> io::Result<()> {
        let mut inner = self.inner();
        match inner.failed.take() {
            Some(error) => Err(error),
            None => inner.file.sync(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
