//! `runaway undo`: what a drill could not put back, from its journal.

use std::path::Path;
use std::sync::Arc;

use super::args;
use super::drill::{agreed_hosts, lookup};
use super::failure::Failure;
use super::folder::Folder;
use super::output;
use crate::staging::drill::{Drilled, Past, undo as put_back, undone};
use crate::staging::guard::{Kill, Proposal, Watch};
use crate::staging::targets::Targets;
use crate::verdict::Exit;

/// `runaway undo`.
pub fn undo(args: &args::Undo) -> Result<Exit, Failure> {
    let past = Past::read(&args.journal).map_err(|error| {
        let message = format!("{} cannot be read: {error}", args.journal.display());
        Failure::input(message, Some("name the journal of a drill: reports/<name>-<n>/journal.ndjson".into()))
    })?;
    let targets = Arc::new(past.targets()?);
    if !past.did_anything() {
        return output::text("nothing was begun, so there is nothing to put back\n");
    }
    if past.is_restored(&targets) {
        let said = if targets.drill.restore.is_empty() {
            "the targets file says nothing under `restore`, so there is nothing to do\n"
        } else {
            "everything was put back already\n"
        };
        return output::text(said);
    }
    let folder = args.journal.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _claimed = Folder::again(folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = runtime.block_on(start(args, past, targets));
    // A thread may still wait for a person to press Enter.
    runtime.shutdown_background();
    done
}

async fn start(args: &args::Undo, past: Past, targets: Arc<Targets>) -> Result<Exit, Failure> {
    let proposal = Proposal::resolve(targets.clone(), lookup).await?;
    let agreement = agreed_hosts(&args.consent, "", &targets)?;
    let consents = proposal.agree(&agreement, Kill::default(), Kill::default())?;
    let Drilled { header, events, journal } =
        put_back(past, targets, consents, Watch::default(), &args.journal).await?;
    let (text, whole) = undone(&header, &events);
    let exit = output::result(&text, if whole { Exit::Holds } else { Exit::Inconclusive });
    Ok(journal.map_or_else(|error| output::despite(Failure::at(&args.journal, &error), exit), |()| exit))
}
