//! `runaway reconstruct`: who did what, from an audit log alone. With the journal beside it, how much of that is right.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::args;
use super::failure::Failure;
use super::folder::{AUDIT, JOURNAL, SENT};
use super::output;
use crate::audit::{Log, Reader, Scores, Story, Truth};
use crate::journal::{Journal, read};
use crate::measure::{Accountability, Claim, Everyday, counted, thousands};
use crate::report::text::hung;
use crate::report::{Reconstruction, Refuted};
use crate::scenario::{opened, plan_of};
use crate::verdict::Exit;

/// Rebuilds the story of a log.
pub fn reconstruct(args: &args::Reconstruct) -> Result<Exit, Failure> {
    let (audit, journal) = beside(&args.path);
    let log = log(&audit)?;
    if log.sorted {
        output::aside("The lines are not in the order of their times: they are read in that order.\n");
    }
    let journal = journal.filter(|path| path.is_file()).map(|path| happened(&path)).transpose()?;
    let truth = journal.as_ref().map(|journal| Truth::of(&journal.plan, &journal.events));
    let unfit = journal.as_ref().zip(truth.as_ref()).and_then(|(journal, truth)| unfit(journal, truth, &log));
    if let Some(why) = &unfit {
        output::aside(&hung("", &format!("The journal beside the log {why}: nothing is compared with it."), 0));
    }
    let fits = unfit.is_none();
    let story = Story::of(&log);
    let scores = truth.filter(|_| fits).map(|truth| Scores::of(&story, &log, &truth));
    let refuted = journal.as_ref().filter(|_| fits).map_or(Vec::new(), refuted);
    let reconstruction = Reconstruction { log: &log, story: &story, scores, refuted };
    match args.format {
        args::Format::Text => output::text(&reconstruction.render(output::style())),
        args::Format::Json => output::json(&reconstruction.json()),
    }
}

/// Why a journal says nothing about a log.
fn unfit(journal: &Journal, truth: &Truth, log: &Log) -> Option<String> {
    if journal.trailer.is_none() {
        return Some("is incomplete".to_owned());
    }
    match truth.strangers(log) {
        0 => None,
        strangers => {
            let (strangers, lines) = (thousands(strangers as u64), counted(log.lines.len() as u64, "line"));
            Some(format!("is of another run ({strangers} of {lines} do not come from it)"))
        }
    }
}

/// No line of a log is longer; a file without lines is not read into memory.
const LONGEST_LINE: u64 = 64 << 20;

/// The audit log and the journal: in a run's folder, or a log with the journal beside it.
fn beside(path: &Path) -> (PathBuf, Option<PathBuf>) {
    if path.is_dir() {
        (path.join(AUDIT), Some(path.join(JOURNAL)))
    } else {
        (path.to_owned(), path.parent().map(|folder| folder.join(JOURNAL)))
    }
}

/// What agents said of themselves, by the journal, and the log that goes with it refutes.
fn refuted(journal: &Journal) -> Vec<Refuted> {
    let plan = &journal.plan;
    let told = Accountability::of(plan, &Everyday::default(), &journal.events);
    let refuted = |claim: &Claim| Refuted {
        at: claim.at,
        agent: plan.agents.get(claim.by.index()).map_or(String::new(), |agent| agent.name.clone()),
        operation: plan.operation_name(claim.op),
        says: claim.says,
        logged: claim.logged,
    };
    told.claims.iter().filter(|claim| claim.contradicted()).map(refuted).collect()
}

fn log(path: &Path) -> Result<Log, Failure> {
    let shown = path.display();
    if let Some(failure) = log_of_somebody_else(path) {
        return Err(failure);
    }
    let wrong = |message: String| {
        let help = "a run writes its audit log to reports/<scenario>-<n>/audit.ndjson";
        Failure::input(message, Some(help.into()))
    };
    let file = opened(path).map_err(|e| wrong(format!("{shown} cannot be read: {e}")))?;
    let (mut reader, mut input, mut line) = (Reader::default(), BufReader::new(file), String::new());
    loop {
        line.clear();
        let read = input.by_ref().take(LONGEST_LINE).read_line(&mut line);
        match read.map_err(|e| wrong(format!("{shown} cannot be read: {e}")))? as u64 {
            0 => break,
            LONGEST_LINE => return Err(wrong(format!("{shown}: a line is longer than any line of a log"))),
            _ => reader.line(&line).map_err(|e| wrong(format!("{shown}: {e}")))?,
        }
    }
    reader.finish().map_err(|e| wrong(format!("{shown}: {e}")))
}

/// A run on a real system leaves no audit log: the system has it.
fn log_of_somebody_else(path: &Path) -> Option<Failure> {
    let folder = path.parent().filter(|_| path.ends_with(AUDIT) && !path.exists())?;
    if !folder.join(SENT).is_file() {
        return None;
    }
    let shown = folder.display();
    let message = format!("{shown} is of a run on a real system, whose audit log is its own: there is no {AUDIT}");
    let help = format!(
        "get the log of that system: `runaway reconcile {shown} --audit LOG` puts it beside what was sent, and one in OCSF \
         can be rebuilt by itself, `runaway reconstruct LOG`"
    );
    Some(Failure::input(message, Some(help)))
}

fn happened(path: &Path) -> Result<Journal, Failure> {
    let wrong = |message: String| Failure::input(format!("{}: {message}", path.display()), None);
    let file = opened(path).map_err(|e| wrong(e.to_string()))?;
    read(BufReader::new(file), plan_of).map_err(|e| wrong(e.to_string()))
}
