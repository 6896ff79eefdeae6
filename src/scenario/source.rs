//! The text of a scenario file, and everything that keeps a file from being one.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::finding::{Code, Finding, Rejected};
use super::tree::Place;

/// A scenario file.
#[derive(Clone, Debug)]
pub struct Source {
    /// For messages: a path, or the name of a scenario of the library.
    pub name: String,
    pub text: Arc<str>,
}

/// No scenario needs more. Records are generated from counts.
const MOST_BYTES: usize = 8 << 20;

impl Source {
    /// Reads a file, and no more of it than a scenario can have.
    pub fn open(path: &Path) -> Result<Source, Rejected> {
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        let read = opened(path).and_then(|file| {
            let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX).saturating_add(1);
            file.take(most).read_to_end(&mut bytes)
        });
        match read {
            Ok(_) => Source::from_bytes(name, bytes),
            Err(error) => {
                let finding = Finding::new(Code::Unreadable, Place::default(), unreadable(error.kind(), &error));
                Err(Source::empty(name).rejected(finding.help(what_to_name(error.kind()))))
            }
        }
    }

    /// A source from the bytes of a file, which must be UTF-8. A byte order mark is left out.
    pub fn from_bytes(name: String, bytes: Vec<u8>) -> Result<Source, Rejected> {
        if bytes.len() > MOST_BYTES {
            return Err(Source::empty(name).rejected(too_large()));
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            let finding = Finding::new(Code::NotText, Place::default(), "the file is UTF-16, and UTF-8 is read");
            return Err(Source::empty(name).rejected(finding.help(SAVE_AS)));
        }
        match String::from_utf8(bytes) {
            Ok(text) => match text.find('\0') {
                None => Ok(Source { name, text: text.strip_prefix('\u{feff}').unwrap_or(&text).into() }),
                Some(at) => {
                    let finding = Finding::new(Code::NotText, Place { start: at, len: 1 }, "here stands a zero byte");
                    let help = "a scenario is plain text in UTF-8: save it as UTF-8, without binary parts";
                    Err(Source { name, text: text.into() }.rejected(finding.help(help)))
                }
            },
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text: Arc<str> = String::from_utf8_lossy(error.as_bytes()).into();
                let byte = error.as_bytes().get(at).copied().unwrap_or_default();
                let message = format!("the file is not UTF-8: the byte 0x{byte:02x} begins no character");
                let finding = Finding::new(Code::NotText, Place { start: at, len: 1 }, message).help(SAVE_AS);
                Err(Source { name, text }.rejected(finding))
            }
        }
    }

    /// What keeps a text from being parsed at all.
    pub(crate) fn fits(&self) -> Result<(), Finding> {
        if self.text.len() > MOST_BYTES { Err(too_large()) } else { Ok(()) }
    }

    fn empty(name: String) -> Source {
        Source { name, text: "".into() }
    }

    fn rejected(self, finding: Finding) -> Rejected {
        Rejected { source: self, findings: vec![finding] }
    }
}

/// So long is waited for somebody to write to a pipe.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a file to read it. A named pipe opens once somebody writes to it: where nobody does, that is an error, and no
/// wait for ever.
pub fn opened(path: &Path) -> io::Result<File> {
    if !is_a_pipe(path) {
        return File::open(path);
    }
    let (tell, heard) = mpsc::channel();
    let named = path.to_owned();
    // Where nobody ever writes, it waits until the program ends.
    std::thread::spawn(move || {
        // Nobody listens any more after the wait.
        let _ = tell.send(File::open(named));
    });
    heard.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let why = "it is a pipe to which nobody writes: start its writer first, or name a file";
        Err(io::Error::new(io::ErrorKind::TimedOut, why))
    })
}

#[cfg(unix)]
fn is_a_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|there| there.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_a_pipe(_: &Path) -> bool {
    false
}

const SAVE_AS: &str = "save it as UTF-8; Latin-1 and UTF-16 are not read";

fn too_large() -> Finding {
    let message = format!("the file has more than {} MiB, the most that is read", MOST_BYTES >> 20);
    let help = "records are generated from counts: `count: 1_500` in place of a list";
    Finding::new(Code::TooLarge, Place::default(), message).help(help)
}

fn unreadable(kind: std::io::ErrorKind, error: &std::io::Error) -> String {
    match kind {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::IsADirectory => "this is a folder, not a file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "the file may not be read: permission denied".to_owned(),
        _ => format!("the file cannot be read: {error}"),
    }
}

fn what_to_name(kind: std::io::ErrorKind) -> &'static str {
    match kind {
        std::io::ErrorKind::NotFound => {
            "name a scenario or targets file that is there; `runaway init moltbook` makes a scenario, `runaway list` shows the library"
        }
        std::io::ErrorKind::IsADirectory => "name the files in it: FOLDER/*.yaml",
        std::io::ErrorKind::PermissionDenied => "`chmod u+r FILE` lets its owner read it",
        _ => "name a file that can be read",
    }
}
