//! Undoing: in reverse, by the cleanup credential, idempotent, and looked at again afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderValue, IF_MATCH};
use tokio::time::{Instant, sleep_until};

use super::Terrain;
use super::outcome::{Came, Left, OF_SOMEBODY_ELSE, is_success, refuses, told};
use super::own::{Removals, Removed};
use super::same::{digest, without};
use super::undo_line::{Before, Line};
use super::undo_log::{Past, UndoLog, Write};
use super::write::{ask, filled, made, version};
use crate::measure::Undone;
use crate::planted::Mistake;
use crate::staging::client::{Answer, Client};
use crate::staging::drill::render::present;
use crate::staging::drill::vault::{NoCredential, Vault};
use crate::staging::targets::{Operation, Pointer, Request, Undo};

/// What undoing works with.
#[derive(Debug)]
pub struct PutBack<'a> {
    pub terrain: &'a Terrain,
    pub client: &'a Client,
    pub vault: &'a Vault,
    pub log: &'a UndoLog,
    pub begun: Instant,
}

/// A write that was never answered is looked for so many times as long as an answer may take.
const LOOKS_FOR: u32 = 2;
/// After so long at first, then after twice as long each time.
const LOOKS_AGAIN: Duration = Duration::from_millis(250);

impl PutBack<'_> {
    /// Waits for a write that was never answered: it may still be on its way. False once there is nothing to wait for.
    pub(super) async fn may_still_arrive(&self, write: &Write) -> bool {
        let now = Instant::now();
        let until = self.begun + Duration::from_micros(self.terrain.targets.drill.patience.0) * LOOKS_FOR;
        if write.status.is_some() || now >= until || Mistake::LateWritesAreLost.here() {
            return false;
        }
        let next = (now + (now - self.begun).max(LOOKS_AGAIN)).min(until);
        tokio::select! {
            _ = self.client.kill().wait() => false,
            () = sleep_until(next) => true,
        }
    }

    /// Undoes what is left, in reverse, and says what came of it.
    pub async fn all(&self, past: &Past) -> Undone {
        let own = |operation: &Operation| matches!(operation.undo, Some(Undo::OwnOnly));
        let removals = Removals::of(past, |name| self.operation(name).is_some_and(own));
        let (mut undone, mut unwritten) = (Undone::default(), None);
        let (mut seen, mut foreign) = (BTreeSet::new(), BTreeSet::new());
        for write in past.left() {
            undone.writes += 1;
            undone.unanswered += u64::from(write.status.is_none());
            let n = write.meant.n;
            let came = match self.operation(&write.meant.operation) {
                // A later write of this run was written over by somebody else, and with it this one.
                Some(_) if foreign.contains(&write.meant.record) => Err(OF_SOMEBODY_ELSE.to_owned().into()),
                Some(operation) => {
                    // The last write to a record left the version that stands there now.
                    let etag = write.etag.as_deref().filter(|_| !seen.contains(&write.meant.record));
                    self.one(operation, write, etag, removals.removed(write)).await
                }
                None => Err("the targets file has no such operation any more".to_owned().into()),
            };
            // What a target refuses did not happen, also where it could not be looked up.
            let came = came.or_else(|left| match (left.found, write.status) {
                (false, Some(status)) if refuses(status) => Ok(Came::Refused(status)),
                _ => Err(left.why),
            });
            if write.status.is_none_or(is_success) {
                seen.insert(&write.meant.record);
            }
            if came.as_ref().is_err_and(|why| why == OF_SOMEBODY_ELSE) {
                foreign.insert(&write.meant.record);
            }
            let (ok, how) = told(&came);
            if let Err(error) = self.log.add(&Line::Undone { n, ok, how }) {
                unwritten.get_or_insert(error);
            }
            match came {
                Ok(Came::Refused(_)) => undone.refused += 1,
                Ok(Came::Undone(_)) => undone.undone += 1,
                Err(why) => undone.left.push(self.left_behind(write, why)),
            }
        }
        undone.unsteady.extend(unwritten.map(|error| format!("the undo file takes no more, so it says less: {error}")));
        undone
    }

    pub(super) fn operation(&self, name: &str) -> Option<&Operation> {
        self.terrain.explore.operations.iter().find(|operation| operation.name == name)
    }

    /// Undoes one write.
    async fn one(
        &self,
        operation: &Operation,
        write: &Write,
        etag: Option<&str>,
        removed: Removed,
    ) -> Result<Came, Left> {
        let refused = write.status.filter(|status| refuses(*status));
        let filled = filled(operation, &write.meant.record, &write.meant.marker);
        match (&operation.undo, &write.meant.before) {
            (Some(Undo::Marked { find, ids, delete }), _) => {
                let found = self.marked((find, ids.as_ref(), delete), filled.clone(), write).await?;
                let accepted = write.status.is_some_and(is_success);
                if found == 0 && accepted && !write.found && removed != Removed::Yes {
                    return self.by_its_id(delete, filled, write.made.as_ref()).await;
                }
                Ok(match (found, refused) {
                    (0, Some(status)) => Came::Refused(status),
                    (0, None) => Came::Undone("nothing was there".to_owned()),
                    (found, _) => Came::Undone(format!("removed {found}")),
                })
            }
            (Some(Undo::PutBack { get, ignore }), Some(before)) => {
                match self.back(operation, (get, ignore), &filled, (write, before, etag)).await {
                    Err(left) if removed == Removed::Yes || removed == Removed::Maybe && left.gone => {
                        Ok(Came::Undone("this run made it, and removed it".to_owned()))
                    }
                    Ok(None) => {
                        Ok(refused.map_or_else(|| Came::Undone("it stands as before".to_owned()), Came::Refused))
                    }
                    Ok(Some(how)) => Ok(Came::Undone(how)),
                    Err(left) => Err(left),
                }
            }
            // It was one of this run's own, whose making is undone in its turn.
            (Some(Undo::OwnOnly), _) => {
                Ok(refused.map_or_else(|| Came::Undone("it was this run's own".to_owned()), Came::Refused))
            }
            _ => Err("nothing says how it is undone".to_owned().into()),
        }
    }

    /// Puts back what stood there, and says how, unless it still does. What somebody else has changed since is not written
    /// over: where versions are told, the target says so; elsewhere what stands there is compared with what this write left.
    async fn back(
        &self,
        operation: &Operation,
        (get, ignore): (&Request, &[Pointer]),
        filled: &BTreeMap<String, String>,
        (write, before, etag): (&Write, &Before, Option<&str>),
    ) -> Result<Option<String>, Left> {
        let (mut stands, mut now) = self.stands(get, ignore, filled, before).await?;
        while stands && self.may_still_arrive(write).await {
            (stands, now) = self.stands(get, ignore, filled, before).await?;
        }
        let body = String::from_utf8_lossy(&now.body);
        let marked = body.contains(&write.meant.marker);
        // What was refused did not change it, unless it shows the mark after all.
        if stands || write.status.is_some_and(refuses) && !marked {
            return Ok(None);
        }
        let is_ours = match &write.left {
            _ if write.etag.is_some() || Mistake::OthersAreWrittenOver.here() => true,
            Some(left) => *left == digest(&body, ignore),
            None => marked || !self.marks(operation, filled, &write.meant.marker),
        };
        if !is_ours {
            return Err(Left::there(OF_SOMEBODY_ELSE.to_owned()));
        }
        let version = etag.map(str::to_owned).or(version(&now));
        self.put(operation, filled, before, version).await.map_err(Left::there)?;
        match self.stands(get, ignore, filled, before).await.map_err(|left| Left::there(left.why))?.0 {
            true => Ok(Some("put back".to_owned())),
            false => Err(Left::there("it was put back, and is not as before".to_owned())),
        }
    }

    /// Whether the body of a write shows its mark.
    fn marks(&self, operation: &Operation, filled: &BTreeMap<String, String>, mark: &str) -> bool {
        let made = made(self.terrain, &operation.request, filled);
        made.is_ok_and(|made| String::from_utf8_lossy(&made.body).contains(mark))
    }

    async fn put(
        &self,
        operation: &Operation,
        filled: &BTreeMap<String, String>,
        before: &Before,
        version: Option<String>,
    ) -> Result<(), String> {
        let mut outgoing = made(self.terrain, &operation.request, filled)?;
        outgoing.body = before.body.clone().into();
        let kind = before.content_type.as_deref().unwrap_or("application/json");
        outgoing.headers.insert(CONTENT_TYPE, HeaderValue::try_from(kind).map_err(|error| error.to_string())?);
        if let Some(version) = version {
            outgoing.headers.insert(IF_MATCH, HeaderValue::try_from(version).map_err(|error| error.to_string())?);
        }
        let cleanup = self.terrain.targets.cleanup.ok_or("there is no cleanup credential")?;
        let secret = self.vault.current(&self.terrain.targets, self.client, cleanup).await;
        let secret = secret.map_err(|missing| missing.to_string())?;
        present(&self.terrain.targets.credential(cleanup).present, &secret, &mut outgoing.headers)?;
        outgoing.told.purpose = "undo";
        outgoing.told.credential = Some(self.terrain.targets.credential(cleanup).name.as_str().into());
        let sent = self.client.send(&outgoing).await.map_err(|refused| refused.to_string())?;
        let answer = sent.got.map_err(|broken| format!("putting it back was not answered: {broken}"))?;
        if answer.status == 412 {
            return Err(OF_SOMEBODY_ELSE.to_owned());
        }
        if !is_success(answer.status) {
            return Err(format!("putting it back was answered with {}", answer.status));
        }
        Ok(())
    }

    /// Whether it stands as before, and what stands there.
    async fn stands(
        &self,
        get: &Request,
        ignore: &[Pointer],
        filled: &BTreeMap<String, String>,
        before: &Before,
    ) -> Result<(bool, Answer), Left> {
        let answer = self.ask(get, filled).await??;
        if !get.proof.accepted.holds(answer.status, &answer.body) {
            let gone = matches!(answer.status, 404 | 410);
            return Err(Left { gone, ..format!("what stands there could not be read: {}", answer.status).into() });
        }
        let now = String::from_utf8_lossy(&answer.body).into_owned();
        let same =
            now == before.body || without(&now, ignore).is_some_and(|now| Some(now) == without(&before.body, ignore));
        Ok((same, answer))
    }

    pub(super) async fn ask(
        &self,
        request: &Request,
        filled: &BTreeMap<String, String>,
    ) -> Result<Result<Answer, String>, String> {
        ask(self.terrain, self.client, self.vault, request, filled)
            .await
            .map_err(|missing: NoCredential| missing.to_string())
    }
}
