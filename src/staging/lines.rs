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
        let ended = [line, b"\n"].concat();
        match self.file.write_all(&ended) {
            Ok(()) => {
                self.whole += ended.len() as u64;
                Ok(())
            }
            Err(error) if Mistake::PartsOfLinesStay.here() => Err(error),
            Err(error) => {
                // What is no file on a disk cannot be cut; nor does anybody read it again.
                let _ = self.file.set_len(self.whole).and_then(|()| self.file.seek(SeekFrom::Start(self.whole)));
                Err(error)
            }
        }
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
