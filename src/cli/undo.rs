//! `runaway undo`: what a drill could not put back, from its journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args;
use super::drill::{AT_ONCE, agreed_hosts, lookup, sent_log_again};
use super::failure::Failure;
use super::folder::{Folder, JOURNAL, UNDO};
use super::output;
use super::undumpable::leave_no_core;
use crate::report::text::hung;
use crate::report::undone as written;
use crate::scenario::Source;
use crate::staging::client::SentLog;
use crate::staging::drill::{Drilled, Past, undo as put_back, undone};
use crate::staging::explore::{Terrain, Writes, undo as take_back};
use crate::staging::guard::{Kill, Proposal, Watch};
use crate::staging::targets::{self, Targets};
use crate::verdict::Exit;

/// `runaway undo`.
pub fn undo(args: &args::Undo) -> Result<Exit, Failure> {
    leave_no_core()?;
    if let Some(file) = file_of_writes(&args.journal) {
        return undo_writes(args, &file);
    }
    let journal = if args.journal.is_dir() { args.journal.join(JOURNAL) } else { args.journal.clone() };
    let past = Past::read(&journal).map_err(|error| {
        let message = format!("{} cannot be read: {error}", journal.display());
        let help = "name the folder of a drill or of a run on the staging plane, or the journal of a drill in it";
        Failure::input(message, Some(help.into()))
    })?;
    let targets = Arc::new(past.targets()?);
    if !past.did_anything() {
        return output::text("nothing was begun, so there is nothing to put back\n");
    }
    if targets.drill.restore.is_empty() {
        return output::text("the targets file says nothing under `restore`, so there is nothing to do\n");
    }
    if past.is_restored(&targets) && past.is_steady() {
        return output::text("everything was put back already\n");
    }
    let folder = journal.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let claimed = Folder::again(folder)?;
    let sent = sent_log_again(&claimed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = runtime.block_on(start(args, &journal, past, targets, sent));
    // A thread may still wait for a person to press Enter.
    runtime.shutdown_background();
    done
}

/// The file that an exploration keeps of its writes: named itself, or beside its journal.
fn file_of_writes(named: &Path) -> Option<PathBuf> {
    let itself = named.file_name().is_some_and(|name| name == UNDO).then(|| named.to_owned());
    let beside = [named.join(UNDO), named.with_file_name(UNDO)].into_iter().find(|path| path.is_file());
    itself.or(beside)
}

fn undo_writes(args: &args::Undo, file: &Path) -> Result<Exit, Failure> {
    let unread = |why: String| {
        let help = "name the folder of a run on the staging plane, or its undo.ndjson";
        Failure::input(format!("{} cannot be read: {why}", file.display()), Some(help.into()))
    };
    let past = Writes::read(file).map_err(|error| unread(error.to_string()))?;
    let source = Source { name: file.display().to_string(), text: past.head.document.as_str().into() };
    let (targets, _) = targets::read_knowing(source, Path::new(&past.head.folder), past.head.endpoints.as_ref())?;
    let terrain = Arc::new(Terrain::of(Arc::new(targets)).map_err(unread)?);
    let left = past.left().count();
    if left == 0 {
        return output::text("everything that was written was undone already\n");
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let claimed = Folder::again(folder)?;
    let sent = sent_log_again(&claimed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let switch = Kill::default();
    let undone = runtime.block_on(async {
        let proposal = Proposal::resolve(terrain.targets.clone(), lookup).await?;
        let agreement = agreed_hosts(&args.consent, "", &terrain.targets, AT_ONCE)?;
        let consents = proposal.agree(&agreement, Kill::default(), switch.clone())?;
        let undone = take_back(&terrain, &past, consents, Watch::begin()?, file, sent).await;
        undone.map_err(|error| Failure::at(file, &error))
    })?;
    let lines: Vec<String> = written(&undone).iter().map(|line| hung("- ", line, 2)).collect();
    let whole = undone.left.is_empty() && undone.unsteady.is_empty();
    Ok(output::result(&lines.concat(), exit(whole, &switch)))
}

async fn start(
    args: &args::Undo,
    journal: &Path,
    past: Past,
    targets: Arc<Targets>,
    sent: Arc<SentLog>,
) -> Result<Exit, Failure> {
    let proposal = Proposal::resolve(targets.clone(), lookup).await?;
    let agreement = agreed_hosts(&args.consent, "", &targets, AT_ONCE)?;
    let switch = Kill::default();
    let consents = proposal.agree(&agreement, Kill::default(), switch.clone())?;
    let Drilled { header, events, journal: written } =
        put_back(past, targets, consents, Watch::begin()?, journal, sent).await?;
    let (text, whole) = undone(&header, &events);
    let exit = output::result(&text, exit(whole, &switch));
    Ok(written.map_or_else(|error| output::despite(Failure::at(journal, &error), exit), |()| exit))
}

/// Whether everything is as it was, and if not, whether somebody stopped it on its way.
fn exit(whole: bool, switch: &Kill) -> Exit {
    match switch.thrown() {
        _ if whole => Exit::Holds,
        Some(_) => Exit::Stopped,
        None => Exit::Inconclusive,
    }
}
