//! `run --watch`: the same run with each change of the scenario's file, until somebody stops it.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Event, RecursiveMode, Watcher as _};

use super::once;
use crate::cli::args;
use crate::cli::failure::Failure;
use crate::cli::interrupt::stop_on_interrupt;
use crate::cli::open::split;
use crate::cli::output;
use crate::plane::driver::Stop;
use crate::verdict::Exit;

/// How often Ctrl-C is looked for while nothing changes.
const LOOK: Duration = Duration::from_millis(100);
/// An editor that saves makes several changes: they are one when no other follows within this.
const SETTLED: Duration = Duration::from_millis(80);

/// Runs once, and again with each change, into one folder. The exit code is that of the last run.
pub(super) fn run(args: &args::Run) -> Result<Exit, Failure> {
    let file = file(&args.scenario)?;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let usual = || Path::new("reports").join(format!("{stem}-watched"));
    let args = &args::Run { out: Some(args.out.clone().unwrap_or_else(usual)), ..args.clone() };
    let stop = stop_on_interrupt()?;
    let changes = Changes::of(&file)?;
    let mut last = draw(args, &stop, &file)?;
    while changes.wait(&stop)? {
        clear();
        last = draw(args, &stop, &file)?;
    }
    Ok(last)
}

/// Only a file changes.
fn file(scenario: &str) -> Result<PathBuf, Failure> {
    let (name, _) = split(scenario);
    let path = Path::new(name);
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let message = format!("`{name}` is no file that could be watched");
    Err(Failure::input(message, Some("`runaway init NAME` makes one from the library".into())))
}

/// What is wrong with the file is shown, and waited for to be mended; so is a folder that cannot be written.
fn draw(args: &args::Run, stop: &Stop, file: &Path) -> Result<Exit, Failure> {
    let exit = once(args, stop).unwrap_or_else(|failure| {
        let exit = failure.exit();
        failure.report();
        exit
    });
    if !stop.wanted() {
        output::aside(&format!("watching {}: Ctrl-C ends\n", file.display()));
    }
    Ok(exit)
}

/// A new picture, where there is a screen.
fn clear() {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        // Cursor home, clear to the end (ECMA-48: CUP, ED). A screen that has gone away shows nothing anyway.
        let _ = out.write_all(b"\x1b[H\x1b[2J").and_then(|()| out.flush());
    }
}

/// The changes of one file.
struct Changes {
    seen: Receiver<notify::Result<Event>>,
    name: std::ffi::OsString,
    /// Watches as long as it lives.
    _watcher: notify::RecommendedWatcher,
}

impl Changes {
    /// Watches the folder: editors put a new file in the place of the old one.
    fn of(file: &Path) -> Result<Changes, Failure> {
        let whole = file.canonicalize().map_err(|error| Failure::at(file, &error))?;
        let (Some(folder), Some(name)) = (whole.parent(), whole.file_name()) else {
            return Err(Failure::input(format!("`{}` is no file that could be watched", file.display()), None));
        };
        let unwatched =
            |error: notify::Error| Failure::incomplete(format!("{} cannot be watched: {error}", folder.display()));
        let (send, seen) = channel();
        let mut watcher = notify::recommended_watcher(send).map_err(unwatched)?;
        watcher.watch(folder, RecursiveMode::NonRecursive).map_err(unwatched)?;
        Ok(Changes { seen, name: name.to_owned(), _watcher: watcher })
    }

    /// Waits for the next change and until it has settled. False where somebody wants to stop.
    fn wait(&self, stop: &Stop) -> Result<bool, Failure> {
        let mut changed = false;
        while !stop.wanted() {
            match self.seen.recv_timeout(if changed { SETTLED } else { LOOK }) {
                Ok(Ok(event)) => changed |= self.is_change(&event),
                Ok(Err(error)) => return Err(Failure::incomplete(format!("watching came to an end: {error}"))),
                Err(RecvTimeoutError::Timeout) if changed => return Ok(true),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Failure::incomplete("watching came to an end")),
            }
        }
        Ok(false)
    }

    fn is_change(&self, event: &Event) -> bool {
        let read = event.kind.is_access();
        !read && event.paths.iter().any(|path| path.file_name() == Some(&self.name))
    }
}
