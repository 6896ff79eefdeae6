//! The folder of a run: found or made, claimed by one run at a time, filled with its results.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::failure::Failure;
use super::files::{replace, replace_with};
use crate::audit;
use crate::model::Plan;
use crate::report::{RunReport, Style, Summary, markdown, page};
use crate::staging::drill::Past;
use crate::staging::explore::Writes;
use crate::wire::Event;

pub const JOURNAL: &str = "journal.ndjson";
pub const AUDIT: &str = "audit.ndjson";
pub const SENT: &str = "requests.ndjson";
pub const UNDO: &str = "undo.ndjson";

/// A folder that this run alone writes to, as long as it lives.
pub struct Folder {
    path: PathBuf,
    /// Held open: the lock goes with it.
    _claim: Option<File>,
}

impl Folder {
    /// A folder that the user named: there already, or made now. What an earlier run left there is replaced.
    pub fn given(path: &Path) -> Result<Folder, Failure> {
        let unusable = |error: &dyn std::fmt::Display| {
            let message = format!("{} cannot be the folder of a run: {error}", path.display());
            Failure::input(message, Some("say --out with a folder that can be written".into()))
        };
        fs::create_dir_all(path).map_err(|e| unusable(&e))?;
        let folder = Folder::claimed(path.to_owned())?;
        if owes(path) {
            let message =
                format!("what an earlier run changed on a real system is in {} and not put back", path.display());
            let help = format!("`runaway undo {}` puts it back; or say another --out", path.join(JOURNAL).display());
            return Err(Failure::input(message, Some(help)));
        }
        for name in RESULTS.iter().chain(&[AUDIT, SENT, UNDO]) {
            match fs::remove_file(path.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(&error)),
                _ => {}
            }
        }
        Ok(folder)
    }

    /// The folder of an earlier run, whose journal goes on.
    pub fn again(path: &Path) -> Result<Folder, Failure> {
        Folder::claimed(path.to_owned())
    }

    /// `reports/moltbook-three-rounds-1`, or the next number that is free.
    pub fn fresh(root: &Path, name: &str, variant: Option<&str>) -> Result<Folder, Failure> {
        let stem = variant.map_or(name.to_owned(), |v| format!("{name}-{v}"));
        fs::create_dir_all(root).map_err(|e| Failure::at(root, &e))?;
        for n in 1..=MOST_RUNS {
            let path = root.join(format!("{stem}-{n}"));
            match fs::create_dir(&path) {
                Ok(()) => return Folder::claimed(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Failure::at(&path, &error)),
            }
        }
        let help = format!("remove old runs from {}, or say --out DIR", root.display());
        Err(Failure::input(format!("there are {MOST_RUNS} runs of {stem} already"), Some(help)))
    }

    /// Where folders cannot be locked, nothing is claimed.
    fn claimed(path: PathBuf) -> Result<Folder, Failure> {
        let claim = File::open(&path).ok();
        if let Some(Err(TryLockError::WouldBlock)) = claim.as_ref().map(File::try_lock) {
            let message = format!("another run is writing to {}", path.display());
            return Err(Failure::input(message, Some("say --out with a folder of its own".into())));
        }
        Ok(Folder { path, _claim: claim })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    /// What was sent to a real system.
    pub fn sent(&self) -> PathBuf {
        self.path.join(SENT)
    }

    /// How what was written to a real system is undone.
    pub fn undo(&self) -> PathBuf {
        self.path.join(UNDO)
    }

    /// Writes what the services logged, whole or not at all.
    pub fn write_audit(&self, plan: &Plan, events: &[Event]) -> Result<(), Failure> {
        replace_with(&self.path.join(AUDIT), |out| {
            let mut failed = None;
            audit::write(plan, events, |line| {
                if failed.is_none() {
                    failed = out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n")).err();
                }
            });
            failed.map_or(Ok(()), Err)
        })
    }

    /// Writes what a run came to in each form, each file whole or not at all. `document` is the scenario as it was
    /// resolved.
    pub fn write_results(&self, summary: &Summary<'_>, digest: &str, document: &Value) -> Result<(), Failure> {
        let unwritable = |e: serde_json::Error| Failure::incomplete(e.to_string());
        let run = serde_json::to_value(RunReport::of(summary, digest)).map_err(unwritable)?;
        let json = serde_json::to_string_pretty(&run).map_err(unwritable)? + "\n";
        let texts = [json, summary.render(Style::Plain), markdown(summary, &run), page(summary, &run, document)];
        RESULTS.iter().zip(texts).try_for_each(|(name, text)| replace(&self.path.join(name), &text))
    }
}

/// Whether a run on a real system left something there that its folder alone knows how to put back.
fn owes(folder: &Path) -> bool {
    let [undo, journal] = [UNDO, JOURNAL].map(|name| folder.join(name));
    let writes = undo.is_file() && Writes::read(&undo).is_ok_and(|past| past.left().next().is_some());
    let is_open = |past: Past| past.did_anything() && past.targets().is_ok_and(|targets| !past.is_restored(&targets));
    writes || journal.is_file() && Past::read(&journal).is_ok_and(is_open)
}

/// What a run came to: for machines, for a terminal, for a pull request, for a leader.
pub const RESULTS: [&str; 4] = ["run.json", "summary.txt", "summary.md", "report.html"];

/// So many runs of one scenario are kept apart by number.
const MOST_RUNS: u32 = 100_000;
