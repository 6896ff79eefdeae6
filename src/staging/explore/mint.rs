//! Tokens of OAuth clients that were found: each client is changed for one when it is first tried, and again when that has
//! lived for half of its time (RFC 6749 sections 4.4 and 5.1).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::planted::Mistake;
use crate::staging::client::{Client, Told};
use crate::staging::drill::render::{Filling, named_path, present, render, told};
use crate::staging::drill::vault::{NoCredential, pointed};
use crate::staging::guard::{Cap, Refused};
use crate::staging::secret::Secret;
use crate::staging::targets::{Mint, Present, Targets};

/// A client that lay in an answer.
#[derive(Clone, Debug)]
pub struct FoundClient {
    /// As the run calls it.
    pub name: String,
    pub secret: Secret,
    pub mint: Arc<Mint>,
}

/// What each of them was changed for, by the client's name. Who needs a token while it is asked for waits for it.
#[derive(Debug, Default)]
pub struct Minted(Mutex<BTreeMap<String, Kept>>);

#[derive(Debug)]
enum Kept {
    Token {
        secret: Secret,
        until: Option<Instant>,
    },
    /// The provider gives it none: it is not asked again.
    Refused(NoCredential),
}

/// What a token response says beside the token.
#[derive(Deserialize)]
struct Lifetime {
    /// In seconds.
    expires_in: u32,
}

/// `POST issuer:/token`.
pub fn line_of(targets: &Targets, Mint { request, .. }: &Mint) -> String {
    format!("{} {}:{}", request.method, targets.origin(request.origin).name, named_path(targets, request))
}

impl Minted {
    /// A token that is good for a while.
    ///
    /// # Errors
    ///
    /// Why the client gets none.
    pub async fn token_for(
        &self,
        found: &FoundClient,
        targets: &Targets,
        client: &Client,
    ) -> Result<Secret, NoCredential> {
        let mut all = self.0.lock().await;
        match all.get(&found.name) {
            Some(Kept::Refused(why)) if !Mistake::RefusedClientsAskAgain.here() => return Err(why.clone()),
            Some(Kept::Token { secret, until }) if until.is_none_or(|until| Instant::now() < until) => {
                return Ok(secret.clone());
            }
            _ => {}
        }
        let kept = asked(found, targets, client).await?;
        let token = match &kept {
            Kept::Token { secret, .. } => Ok(secret.clone()),
            Kept::Refused(why) => Err(why.clone()),
        };
        all.insert(found.name.clone(), kept);
        token
    }
}

async fn asked(found: &FoundClient, targets: &Targets, client: &Client) -> Result<Kept, NoCredential> {
    let refused = |why: String| NoCredential::NotIssued { name: format!("a token for {}", found.name), why };
    let Mint { request, take } = &*found.mint;
    let mut outgoing = render(targets, request, &Filling::default()).map_err(refused)?;
    present(&Present::Basic, &found.secret, &mut outgoing.headers).map_err(refused)?;
    outgoing.told = Told { purpose: "mint", credential: Some(found.name.as_str().into()), ..outgoing.told };
    let at = Instant::now();
    let sent = match client.send(&outgoing).await {
        // What is not sent for want of a token is no write itself.
        Err(Refused::Cap(Cap::Writes)) => return Ok(Kept::Refused(refused(Refused::Cap(Cap::Writes).to_string()))),
        sent => sent?,
    };
    let answer = sent.got.map_err(|broken| refused(broken.to_string()))?;
    if !request.proof.accepted.holds(answer.status, &answer.body) {
        return Ok(Kept::Refused(refused(told(answer.status, &answer.body))));
    }
    let Some(secret) = pointed(&answer.body, take) else {
        return Ok(Kept::Refused(refused(format!("the answer has nothing at {take}"))));
    };
    let lifetime = serde_json::from_slice::<Lifetime>(&answer.body).ok();
    let until = lifetime.map(|lifetime| at + Duration::from_secs(lifetime.expires_in.into()) / 2);
    Ok(Kept::Token { secret, until })
}
