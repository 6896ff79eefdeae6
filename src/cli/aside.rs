//! The files of an earlier run, while a new one takes their place.

use std::fs;
use std::io;
use std::path::Path;

use super::folder::{NAMES, PARTIAL};

/// Which files of a run lie in a folder. A pipe or a device is nobody's result.
pub fn left_in(folder: &Path) -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().filter(|name| folder.join(name).symlink_metadata().is_ok_and(|there| there.is_file()))
}

/// Removes a folder, if it is there.
pub fn gone(folder: &Path) -> io::Result<()> {
    fs::remove_dir_all(folder).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

pub fn emptied(folder: &Path) -> io::Result<()> {
    gone(folder).and_then(|()| fs::create_dir(folder))
}

/// Keeps what an earlier run left, all of it or nothing; it stays where it is, too.
pub fn keep(folder: &Path, aside: &Path) -> io::Result<()> {
    let partial = folder.join(PARTIAL);
    emptied(&partial)?;
    for name in left_in(folder) {
        let (from, to) = (folder.join(name), partial.join(name));
        fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(|_| ()))?;
    }
    fs::rename(partial, aside)
}

/// Puts back what was kept, in the place of what a run left that sent nothing.
pub fn put_back(folder: &Path, aside: &Path) -> io::Result<()> {
    left_in(folder).try_for_each(|name| fs::remove_file(folder.join(name)))?;
    left_in(aside).try_for_each(|name| fs::rename(aside.join(name), folder.join(name)))?;
    fs::remove_dir_all(aside)
}
