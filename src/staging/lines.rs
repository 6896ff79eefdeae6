//! A file of lines, written while things happen: whatever happens to the disk, it holds whole lines.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};

use crate::planted::Mistake;

/// A file, and how much of it is whole lines.
#[derive(Debug)]
pub struct LineFile {
    file: File,
    whole: u64,
}

impl LineFile {
    /// Goes on behind what is there: `whole` bytes.
    pub fn behind(file: File, whole: u64) -> LineFile {
        LineFile { file, whole }
    }

    /// Adds a line, without its end. Of one that does not fit nothing stays, so that a later one begins where it should.
    ///
    /// # Errors
    ///
    /// The line is not in the file.
    pub fn add(&mut self, line: &[u8]) -> io::Result<()> {
        self.add_all(&[line, b"\n"].concat())
    }

    /// Adds lines, each with its end. Of the first that does not fit nothing stays, nor of those behind it.
    ///
    /// # Errors
    ///
    /// Not all of them are in the file.
    pub fn add_all(&mut self, lines: &[u8]) -> io::Result<()> {
        let (mut rest, mut failed) = (lines, None);
        while !rest.is_empty() && failed.is_none() {
            match self.file.write(rest) {
                Ok(0) => failed = Some(io::ErrorKind::WriteZero.into()),
                Ok(n) => rest = &rest[n..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => failed = Some(error),
            }
        }
        let written = &lines[..lines.len() - rest.len()];
        self.whole += written.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end as u64 + 1);
        let Some(error) = failed else { return Ok(()) };
        if !Mistake::PartsOfLinesStay.here() {
            // What is no file on a disk cannot be cut; nor does anybody read it again.
            let _ = self.file.set_len(self.whole).and_then(|()| self.file.seek(SeekFrom::Start(self.whole)));
        }
        Err(error)
    }

    /// Waits until all of it is on the disk.
    ///
    /// # Errors
    ///
    /// It may not be.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}
