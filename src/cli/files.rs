//! Files that are written whole or not at all: what stood there stays until the new one is complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;

/// Makes a file that is not there yet. One that appears meanwhile is somebody else's, and stays.
pub fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let mut file = File::create_new(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::input(format!("{} is there already", path.display()), Some("say --out FILE".into()))
        }
        _ => Failure::at(path, &error),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| {
        // Half of a scenario is none.
        let _ = fs::remove_file(path);
        Failure::at(path, &error)
    })
}

/// Puts a text in the place of a file.
pub fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    replace_with(path, |out| out.write_all(text.as_bytes()))
}

/// Puts what `write` writes in the place of a file. A pipe or a device has nothing to lose, and is written to.
pub fn replace_with(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::at(path, &error);
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let mut out = fs::OpenOptions::new().write(true).open(path).map_err(failed)?;
        return write(&mut out).map_err(failed);
    }
    let partial = partial(path);
    let written = File::create(&partial).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    written.and_then(|()| fs::rename(&partial, path)).map_err(|error| {
        // It may never have been made.
        let _ = fs::remove_file(&partial);
        failed(error)
    })
}

fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}
