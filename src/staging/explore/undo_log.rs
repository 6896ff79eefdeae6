//! How each write is undone, on the disk before it is sent.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::undo_line::{FORMAT, Head, Line, Meant};
use crate::staging::lines::LineFile;

/// The file while it is written.
#[derive(Debug)]
pub struct UndoLog {
    file: Mutex<LineFile>,
    run: String,
    next: AtomicU64,
}

impl UndoLog {
    /// Begins a file that nobody else can read.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn begin(path: &Path, head: Head) -> io::Result<UndoLog> {
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = Mutex::new(LineFile::behind(options.open(path)?, 0));
        let log = UndoLog { file, run: head.run.clone(), next: AtomicU64::new(1) };
        log.add(&Line::Header(head))?;
        Ok(log)
    }

    /// Goes on behind what is known of a file. A line that was cut off is cut away.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn resume(path: &Path, past: &Past) -> io::Result<UndoLog> {
        let file = OpenOptions::new().append(true).open(path)?;
        file.set_len(past.whole)?;
        let next = past.writes.iter().map(|write| write.meant.n).max().unwrap_or(0) + 1;
        let file = Mutex::new(LineFile::behind(file, past.whole));
        Ok(UndoLog { file, run: past.head.run.clone(), next: AtomicU64::new(next) })
    }

    /// The number of the next write, and the mark by which it is found again.
    pub fn next(&self) -> (u64, String) {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        (n, format!("runaway-{}-{n}", self.run.get(..12).unwrap_or(&self.run)))
    }

    /// Writes a line, and waits until it is on the disk.
    ///
    /// # Errors
    ///
    /// It may not be: nothing may be sent on the strength of it.
    pub fn add(&self, line: &Line) -> io::Result<()> {
        self.add_text(&serde_json::to_vec(line)?)
    }

    /// The same, while others of the runtime go on.
    ///
    /// # Errors
    ///
    /// It may not be: nothing may be sent on the strength of it.
    pub async fn add_beside(self: &Arc<Self>, line: &Line) -> io::Result<()> {
        let (log, text) = (self.clone(), serde_json::to_vec(line)?);
        tokio::task::spawn_blocking(move || log.add_text(&text)).await.map_err(io::Error::other)?
    }

    fn add_text(&self, text: &[u8]) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.add(text)?;
        file.sync()
    }
}

/// A write, and what is known of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Write {
    pub meant: Meant,
    /// What came back, if that is known.
    pub status: Option<u16>,
    /// The id of what was made, where the answer had it.
    pub made: Option<String>,
    /// The version that it left behind.
    pub etag: Option<String>,
    /// A digest of what it left behind, where no version was told.
    pub left: Option<String>,
    /// It was found before, so that it may be gone.
    pub found: bool,
    pub undone: bool,
    /// It never left.
    pub unsent: bool,
}

/// What a file says.
#[derive(Clone, PartialEq, Debug)]
pub struct Past {
    pub head: Head,
    /// In the order in which they were meant.
    pub writes: Vec<Write>,
    /// How many bytes are whole lines.
    whole: u64,
}

impl Past {
    /// Reads a file. The last line of a run that was killed may be cut off: nothing was sent on the strength of it.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no such file.
    pub fn read(path: &Path) -> io::Result<Past> {
        let mut input = BufReader::new(File::open(path)?);
        let damaged = |line: usize, why: &str| io::Error::other(format!("line {line} is damaged: {why}"));
        let (mut head, mut writes, mut whole) = (None, Vec::<Write>::new(), 0);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = input.read_until(b'\n', &mut line)?;
            if read == 0 || line.last() != Some(&b'\n') {
                break;
            }
            match serde_json::from_slice::<Line>(&line).map_err(|error| damaged(number, &error.to_string()))? {
                Line::Header(found) if found.format == FORMAT => head = Some(found),
                Line::Header(found) => return Err(damaged(number, &format!("this is `{}`", found.format))),
                Line::Meant(meant) => {
                    let (status, made, etag, left) = (None, None, None, None);
                    writes.push(Write { meant, status, made, etag, left, found: false, undone: false, unsent: false });
                }
                Line::Sent { n, unsent: true, .. } => about(&mut writes, n, |write| {
                    (write.undone, write.unsent) = (true, true);
                }),
                Line::Sent { n, status, made, etag, left, .. } => about(&mut writes, n, |write| {
                    (write.status, write.made, write.etag) = (status, made.clone(), etag.clone());
                    write.left.clone_from(&left);
                }),
                Line::Found { n } => about(&mut writes, n, |write| write.found = true),
                Line::Undone { n, ok, .. } => about(&mut writes, n, |write| write.undone = ok),
            }
            whole += read as u64;
        }
        let head = head.ok_or_else(|| damaged(1, "it is not the header of an undo file"))?;
        Ok(Past { head, writes, whole })
    }

    /// What may still have to be undone, the last first.
    pub fn left(&self) -> impl Iterator<Item = &Write> {
        self.writes.iter().rev().filter(|write| !write.undone)
    }
}

fn about(writes: &mut [Write], n: u64, change: impl Fn(&mut Write)) {
    writes.iter_mut().filter(|write| write.meant.n == n).for_each(change);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staging::explore::undo_line::Before;

    fn head() -> Head {
        let text = |text: &str| text.to_owned();
        Head {
            format: text(FORMAT),
            run: text("0123456789abcdef"),
            document: text("targets: 1"),
            folder: text("."),
            endpoints: None,
        }
    }

    #[test]
    fn a_file_that_is_cut_anywhere_loses_no_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("undo.ndjson");
        let log = UndoLog::begin(&path, head()).unwrap();
        let mut ends = vec![std::fs::metadata(&path).unwrap().len()];
        for _ in 0..3 {
            let (n, marker) = log.next();
            let before = Some(Before { content_type: None, body: "{\"a\":\"ä\"}".into() });
            let meant = Meant { n, operation: "o".into(), marker, record: vec!["r".into()], before };
            log.add(&Line::Meant(meant)).unwrap();
            ends.push(std::fs::metadata(&path).unwrap().len());
        }
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let kept = ends.iter().filter(|end| **end <= cut as u64).count();
            match Past::read(&path) {
                Err(_) => assert_eq!(kept, 0, "cut at {cut}"),
                Ok(past) => {
                    assert_eq!((past.writes.len() + 1, past.whole), (kept, ends[kept - 1]), "cut at {cut}");
                    let resumed = UndoLog::resume(&path, &past).unwrap();
                    assert_eq!(resumed.next().0, kept as u64);
                    assert_eq!(std::fs::metadata(&path).unwrap().len(), ends[kept - 1]);
                }
            }
        }
    }

    #[test]
    fn what_was_undone_is_left_out_and_the_last_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("undo.ndjson");
        let log = UndoLog::begin(&path, head()).unwrap();
        for _ in 0..3 {
            let (n, marker) = log.next();
            let meant = Meant { n, operation: "o".into(), marker, record: vec![], before: None };
            log.add(&Line::Meant(meant)).unwrap();
        }
        let sent = |left: Option<&str>| Line::Sent {
            n: 3,
            status: Some(201),
            made: Some("9".into()),
            etag: None,
            left: left.map(str::to_owned),
            unsent: false,
        };
        log.add(&sent(None)).unwrap();
        log.add(&sent(Some("0a"))).unwrap();
        log.add(&Line::Undone { n: 2, ok: true, how: String::new() }).unwrap();
        log.add(&Line::Undone { n: 1, ok: false, how: String::new() }).unwrap();
        let past = Past::read(&path).unwrap();
        assert_eq!(
            past.left().map(|write| (write.meant.n, write.status)).collect::<Vec<_>>(),
            [(3, Some(201)), (1, None)]
        );
        assert_eq!((past.writes.len(), past.writes[2].left.as_deref()), (3, Some("0a")));
        assert_eq!(past.writes[0].meant.marker, "runaway-0123456789ab-1");
    }
}
