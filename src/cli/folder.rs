//! The folder of a run: found or made, claimed by one run at a time, filled with its results.

mod contents;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::contents::{foreign, owes};
use super::aside;
use super::failure::Failure;
use super::files::{replace, replace_with};
use crate::audit;
use crate::model::Plan;
use crate::report::text::shell_word;
use crate::report::{RunReport, Style, Summary, markdown, page};
use crate::wire::Event;

pub const JOURNAL: &str = "journal.ndjson";
pub const AUDIT: &str = "audit.ndjson";
pub const SENT: &str = "requests.ndjson";
pub const UNDO: &str = "undo.ndjson";

/// A folder that this run alone writes to, as long as it lives.
pub struct Folder {
    path: PathBuf,
    /// Where it writes: beside what an earlier run left, until [`Folder::done`].
    work: PathBuf,
    /// The folder of the journal that is told again: what its run left there stays.
    keeps: Option<PathBuf>,
    /// Where an earlier run is kept until this one is whole.
    aside: Option<PathBuf>,
    /// Held open: the lock goes with it.
    _claim: Option<File>,
}

impl Folder {
    /// A folder that the user named, for a run that has to leave its traces at once, where `undo` looks for them. What an
    /// earlier run left there is put aside until [`Folder::done`]; it comes back where this one sends nothing.
    pub fn given(path: &Path) -> Result<Folder, Failure> {
        let mut folder = Folder::named(path)?;
        let aside = path.join(EARLIER);
        let kept = || {
            if !aside.exists() && aside::left_in(path).next().is_some() {
                aside::keep(path, &aside)?;
            }
            // Of a run that did not come to its end, or kept already.
            aside::left_in(path).try_for_each(|name| fs::remove_file(path.join(name)))
        };
        kept().map_err(|e| unusable(path, &e))?;
        folder.aside = Some(aside).filter(|aside| aside.exists());
        Ok(folder)
    }

    /// A folder that the user named. What an earlier run left there stays until [`Folder::done`] puts what is new in its
    /// place; where a journal from here is told again, what is not written anew stays for good.
    pub fn replacing(path: &Path, told_again: Option<&Path>) -> Result<Folder, Failure> {
        let mut folder = Folder::named(path)?;
        let its_own = |journal: PathBuf| match journal.is_dir() {
            true => Some(journal),
            false => journal.parent().map(Path::to_owned),
        };
        folder.keeps = told_again.and_then(|journal| journal.canonicalize().ok()).and_then(its_own);
        if aside::left_in(path).next().is_some() {
            folder.work = path.join(PARTIAL);
            aside::emptied(&folder.work).map_err(|e| unusable(path, &e))?;
        }
        Ok(folder)
    }

    /// Puts what was written in the place of what an earlier run left.
    pub fn done(&mut self) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::at(&self.path, &error);
        self.aside = None;
        aside::gone(&self.path.join(EARLIER)).map_err(failed)?;
        if self.work == self.path {
            return Ok(());
        }
        let is_its_own = self.keeps.as_ref().is_some_and(|own| self.path.canonicalize().is_ok_and(|path| path == *own));
        for name in NAMES {
            let (new, old) = (self.work.join(name), self.path.join(name));
            if new.exists() {
                fs::rename(new, old).map_err(failed)?;
            } else if !is_its_own && old.exists() {
                fs::remove_file(old).map_err(failed)?;
            }
        }
        fs::remove_dir_all(&self.work).map_err(failed)?;
        self.work = self.path.clone();
        Ok(())
    }

    /// There already, or made now; ours, or empty; and nothing in it that is still to be put back.
    fn named(path: &Path) -> Result<Folder, Failure> {
        fs::create_dir_all(path).map_err(|e| unusable(path, &e))?;
        let folder = Folder::claimed(path.to_owned())?;
        let foreign = foreign(path).map_err(|e| unusable(path, &e))?;
        if !foreign.is_empty() {
            let some = foreign.iter().take(SOME).cloned().collect::<Vec<_>>().join(", ");
            let more = foreign.len().checked_sub(SOME).filter(|n| *n > 0);
            let more = more.map_or(String::new(), |n| format!(" and {n} more"));
            let message = format!("{} is not the folder of a run: there is {some}{more} in it", path.display());
            let help = "say --out with a folder that is empty, is not there yet, or holds an earlier run";
            return Err(Failure::input(message, Some(help.into())));
        }
        if owes(path) {
            let message =
                format!("what an earlier run changed on a real system is in {} and not put back", path.display());
            let help = format!(
                "`runaway undo {}` puts it back; or say another --out",
                shell_word(&path.join(JOURNAL).to_string_lossy())
            );
            return Err(Failure::input(message, Some(help)));
        }
        Ok(folder)
    }

    /// The folder of an earlier run, whose journal goes on.
    pub fn again(path: &Path) -> Result<Folder, Failure> {
        let busy =
            |_| Failure::refused(format!("a run is still writing to {}", path.display()), "wait until it has ended");
        Folder::claimed(path.to_owned()).map_err(busy)
    }

    /// Whether something is left on a real system that this folder alone knows how to put back.
    pub fn is_owed(&self) -> bool {
        owes(&self.path)
    }

    /// What puts back what is left, as a line of its own; nothing where nothing is.
    pub fn rest(&self) -> String {
        let path = shell_word(&self.path.to_string_lossy());
        if self.is_owed() { format!("\nto put back the rest: runaway undo {path}\n") } else { String::new() }
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
        Ok(Folder { work: path.clone(), path, keeps: None, aside: None, _claim: claim })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn journal(&self) -> PathBuf {
        self.work.join(JOURNAL)
    }

    /// What was sent to a real system.
    pub fn sent(&self) -> PathBuf {
        self.path.join(SENT)
    }

    /// How what was written to a real system is undone.
    pub fn undo(&self) -> PathBuf {
        self.path.join(UNDO)
    }

    /// Says where to look, and at what: what could not be written is not there, and what an earlier run left is none of it.
    pub fn told(&self, names: &[&str]) -> String {
        let shown = self.path.display();
        let is_there = |name: &&str| self.work == self.path && self.path.join(name).is_file();
        let there: Vec<&str> = names.iter().copied().filter(is_there).collect();
        match there.is_empty() {
            true => format!("nothing of it was written to {shown}\n"),
            false => format!("written to {shown}\n  {}\n", there.join(", ")),
        }
    }

    /// Writes what the services logged, whole or not at all.
    pub fn write_audit(&self, plan: &Plan, events: &[Event]) -> Result<(), Failure> {
        replace_with(&self.work.join(AUDIT), |out| {
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
        RESULTS.iter().zip(texts).try_for_each(|(name, text)| replace(&self.work.join(name), &text))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.work != self.path {
            // What did not come to its end replaces nothing.
            let _ = fs::remove_dir_all(&self.work);
        }
        if let Some(aside) = self.aside.take()
            && !has_begun(&self.path)
        {
            let _ = aside::put_back(&self.path, &aside);
        }
    }
}

/// Whether a run that has a journal sent anything: its traces are worth more than what was there before.
fn has_begun(folder: &Path) -> bool {
    let has = |name: &str| fs::metadata(folder.join(name)).is_ok_and(|there| there.len() > 0);
    owes(folder) || has(JOURNAL) && has(SENT)
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    let message = format!("{} cannot be the folder of a run: {error}", path.display());
    Failure::input(message, Some("say --out with a folder that can be written".into()))
}

/// What a run came to: for machines, for a terminal, for a pull request, for a leader.
pub const RESULTS: [&str; 4] = ["run.json", "summary.txt", "summary.md", "report.html"];

/// Everything that a run writes.
pub const NAMES: [&str; 9] =
    ["run.json", "summary.txt", "summary.md", "report.html", JOURNAL, AUDIT, SENT, UNDO, "drill.json"];
/// Where a run writes while an earlier one is still there.
pub const PARTIAL: &str = "new.partial";
/// Where an earlier run is kept while one on a real system leaves its traces.
const EARLIER: &str = "earlier.partial";
/// So many files that are not ours are named.
const SOME: usize = 3;

/// So many runs of one scenario are kept apart by number.
const MOST_RUNS: u32 = 100_000;
