//! A write: what stands there is read, how it is undone is put on the disk, and only then it is sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::{CONTENT_TYPE, ETAG};

use super::Terrain;
use super::outcome::refuses;
use super::rows::id_in;
use super::same::digest;
use super::undo_line::{Before, Line, Meant};
use super::undo_log::UndoLog;
use crate::planted::Mistake;
use crate::staging::client::{Answer, Client, Outgoing, Sent};
use crate::staging::drill::render::{Filling, present, render};
use crate::staging::drill::vault::{NoCredential, Vault};
use crate::staging::formats::published;
use crate::staging::guard::{Refused, Stopped};
use crate::staging::targets::{CredentialIx, Does, Looks, MARKER, Operation, OperationIx, Request, Undo};

/// What writing needs.
#[derive(Debug)]
pub struct Writer {
    pub terrain: Arc<Terrain>,
    pub client: Arc<Client>,
    pub vault: Arc<Vault>,
    pub log: Arc<UndoLog>,
    pub turns: Turns,
}

/// Writes to one record wait for one another: what stands there after one of them is what that one left.
#[derive(Debug, Default)]
pub struct Turns(Mutex<BTreeMap<Vec<String>, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    fn at(&self, record: &[String]) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(record.to_vec()).or_default().clone()
    }
}

/// A write that is about to be sent.
#[derive(Debug)]
pub struct Write {
    pub operation: OperationIx,
    pub n: u64,
    pub marker: String,
    pub record: Vec<String>,
}

impl Writer {
    /// Sends a write, once it is on the disk how it is undone.
    ///
    /// # Errors
    ///
    /// It was not sent.
    pub async fn send(&self, write: Write, outgoing: &Outgoing) -> Result<Sent, NoCredential> {
        let unsent = |why: String| NoCredential::NotIssued { name: "a write".to_owned(), why };
        let operation = self.terrain.explore.operation(write.operation);
        let turn = self.turns.at(&write.record);
        // What makes a record names none before it is there.
        let _turn = if write.record.is_empty() { None } else { Some(turn.lock().await) };
        let before = match &operation.undo {
            Some(Undo::PutBack { get, .. }) => Some(self.before(get, operation, &write).await?),
            Some(Undo::Marked { .. } | Undo::OwnOnly) => None,
            None => return Err(unsent("nothing says how it is undone".to_owned())),
        };
        let n = write.n;
        let (marker, record) = (write.marker.clone(), write.record.clone());
        let stood = before.as_ref().map(|before| before.body.clone());
        let meant = Line::Meant(Meant { n, operation: operation.name.clone(), marker, record, before });
        if !Mistake::UndoIsWrittenLater.here() {
            self.keep(&meant).await?;
        }
        let sent = self.client.send(outgoing).await;
        if Mistake::UndoIsWrittenLater.here() {
            self.keep(&meant).await?;
        }
        let (status, made, etag) = match &sent {
            Ok(Sent { got: Ok(answer), .. }) => (Some(answer.status), made_by(operation, answer), version(answer)),
            _ => (None, None, None),
        };
        let unsent = matches!(&sent, Err(refused) if !matches!(refused, Refused::UnderWay(_)));
        let said = |left| Line::Sent { n, status, made: made.clone(), etag: etag.clone(), left, unsent };
        self.keep(&said(None)).await?;
        if etag.is_none()
            && status.is_some_and(|status| !refuses(status))
            && let Some(stood) = stood
            && let Some(left) = self.left(operation, &write, &stood).await
        {
            self.keep(&said(Some(left))).await?;
        }
        Ok(sent?)
    }

    /// What stands there now, where it could be read and is not what stood there before, as a reader behind might see it.
    /// Without it, only its mark shows later whose it is.
    async fn left(&self, operation: &Operation, write: &Write, stood: &str) -> Option<String> {
        let Some(Undo::PutBack { get, ignore }) = &operation.undo else { return None };
        let answer = self.ask(get, &filled(operation, &write.record, &write.marker)).await.ok()?.ok()?;
        let left = digest(&String::from_utf8_lossy(&answer.body), ignore);
        let is_fresh = get.proof.accepted.holds(answer.status, &answer.body) && left != digest(stood, ignore);
        is_fresh.then_some(left)
    }

    /// Without the disk, nothing more is written.
    async fn keep(&self, line: &Line) -> Result<(), NoCredential> {
        self.log.add_beside(line).await.map_err(|error| {
            let why = Stopped::Condition(format!("the undo file takes no more: {error}"));
            self.client.kill().throw(why.clone());
            NoCredential::Refused(Refused::Stopped(why))
        })
    }

    async fn before(&self, get: &Request, operation: &Operation, write: &Write) -> Result<Before, NoCredential> {
        let unread = |why: String| NoCredential::NotIssued { name: "what stood there before".to_owned(), why };
        let filled = filled(operation, &write.record, &write.marker);
        let answer = self.ask(get, &filled).await?.map_err(unread)?;
        if !get.proof.accepted.holds(answer.status, &answer.body) {
            return Err(unread(format!("status {}", answer.status)));
        }
        let body = String::from_utf8(answer.body.to_vec()).map_err(|_| unread("it is no text".to_owned()))?;
        let own = self.terrain.explore.secrets.iter().any(|rule| match &rule.looks {
            Looks::Like(shape) => shape.is_match(&body),
            Looks::Exactly(_) => false,
        });
        if own || !published(&body).is_empty() {
            return Err(unread("it holds a secret, which is not written down".to_owned()));
        }
        let kind = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Before { content_type: kind, body })
    }

    /// A request of the cleanup credential.
    async fn ask(
        &self,
        request: &Request,
        filled: &BTreeMap<String, String>,
    ) -> Result<Result<Answer, String>, NoCredential> {
        ask(&self.terrain, &self.client, &self.vault, request, filled).await
    }
}

/// The version of what was answered, where the answer names one that a condition can be made of (RFC 9110 section 13.1.1).
pub fn version(answer: &Answer) -> Option<String> {
    let etag = answer.headers.get(ETAG)?.to_str().ok()?;
    etag.starts_with('"').then(|| etag.to_owned())
}

/// The id of what a write made, where the answer has it.
fn made_by(operation: &Operation, answer: &Answer) -> Option<String> {
    let json = serde_json::from_slice(&answer.body).ok()?;
    matches!(operation.does, Does::Create { .. }).then(|| id_in(&json, operation.ids.as_ref()))?
}

/// Asks with the cleanup credential. Inside stands why there is no answer.
///
/// # Errors
///
/// It could not be sent.
pub async fn ask(
    terrain: &Terrain,
    client: &Client,
    vault: &Vault,
    request: &Request,
    filled: &BTreeMap<String, String>,
) -> Result<Result<Answer, String>, NoCredential> {
    let unsent = |why: String| NoCredential::NotIssued { name: "a request".to_owned(), why };
    let mut outgoing = made(terrain, request, filled).map_err(unsent)?;
    let cleanup = cleanup(terrain).map_err(unsent)?;
    let secret = vault.current(&terrain.targets, client, cleanup).await?;
    present(&terrain.targets.credential(cleanup).present, &secret, &mut outgoing.headers).map_err(unsent)?;
    outgoing.told.credential = Some(terrain.targets.credential(cleanup).name.as_str().into());
    outgoing.told.purpose = "undo";
    Ok(client.send(&outgoing).await?.got.map_err(|broken| broken.to_string()))
}

fn cleanup(terrain: &Terrain) -> Result<CredentialIx, String> {
    terrain.targets.cleanup.ok_or_else(|| "there is no cleanup credential".to_owned())
}

/// A request with its placeholders filled in.
///
/// # Errors
///
/// What is missing.
pub fn made(terrain: &Terrain, request: &Request, filled: &BTreeMap<String, String>) -> Result<Outgoing, String> {
    if let Some((name, _)) = filled.iter().find(|(_, text)| text.is_empty()) {
        return Err(format!("`{name}` is empty"));
    }
    let captured = filled.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    render(&terrain.targets, request, &Filling::of_captured(captured))
}

/// What stands for the placeholders of an operation, and of what undoes it.
pub fn filled(operation: &Operation, record: &[String], marker: &str) -> BTreeMap<String, String> {
    let places = operation.request.path.captured().filter(|name| *name != MARKER);
    let named = places.zip(record).map(|(place, id)| (place.to_owned(), id.clone()));
    named.chain([(MARKER.to_owned(), marker.to_owned())]).collect()
}
