//! Undoing what a run wrote, at its end or from the file that it left.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::time::Instant;

use super::put_back::PutBack;
use super::undo_line::{FORMAT, Head};
use super::undo_log::{Past, UndoLog};
use super::{Terrain, checks};
use crate::measure::Undone;
use crate::staging::client::{Client, SentLog};
use crate::staging::drill::vault::Vault;
use crate::staging::guard::{Consents, RunId, Watch};

/// What the file of a run is headed by.
pub fn head(terrain: &Terrain, run: RunId) -> Head {
    Head {
        format: FORMAT.to_owned(),
        run: run.to_string(),
        document: terrain.targets.text.to_string(),
        folder: terrain.targets.folder_from_anywhere(),
        endpoints: terrain.targets.discovered.clone(),
    }
}

/// Undoes what is not known to be undone, and looks whether the target is as it was. Where nothing was written, nothing is
/// sent.
///
/// # Errors
///
/// The file cannot be read again.
pub async fn undo_with(
    terrain: &Terrain,
    client: &Client,
    watch: &Watch,
    log: &UndoLog,
    path: &Path,
) -> io::Result<Undone> {
    let (past, vault) = (Past::read(path)?, Vault::new(&terrain.targets));
    if past.writes.is_empty() {
        return Ok(Undone::default());
    }
    watch.duration(client.caps().duration, client.kill().clone());
    let mut undone = PutBack { terrain, client, vault: &vault, log, begun: Instant::now() }.all(&past).await;
    undone.unsteady.extend(match checks::failed(terrain, client, &vault).await {
        Ok(failed) => failed,
        Err(refused) => vec![format!("nothing more could be looked at: {refused}")],
    });
    Ok(undone)
}

/// Undoes what a run left that could not end.
///
/// # Errors
///
/// The file cannot be read or written.
pub async fn undo(
    terrain: &Arc<Terrain>,
    past: &Past,
    consents: Consents,
    watch: Watch,
    path: &Path,
    sent: Arc<SentLog>,
) -> io::Result<Undone> {
    let client = Client::new(consents.restore, &terrain.targets)?.writing_down(sent);
    watch.signals(client.kill().clone(), client.kill().clone())?;
    if let Some(file) = &terrain.targets.kill_file {
        watch.file(file.clone(), vec![client.kill().clone()]);
    }
    let log = UndoLog::resume(path, past)?;
    undo_with(terrain, &client, &watch, &log, path).await
}
