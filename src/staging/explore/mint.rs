//! Tokens of OAuth clients that were found: each client is changed for one when it is first tried, and again when that has
//! lived for half of its time (RFC 6749 sections 4.4 and 5.1).

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
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

/// What each of them was changed for, by the client's name. Who needs a token while it is asked for waits for it, and
/// nobody waits for another client's.
#[derive(Debug, Default)]
pub struct Minted(std::sync::Mutex<BTreeMap<String, Arc<Mutex<Option<Kept>>>>>);

#[derive(Debug)]
enum Kept {
    Token {
        secret: Secret,
        until: Option<Instant>,
    },
    /// The provider gives it none: it is not asked again, or not before a time where it gave no answer.
    Refused {
        why: NoCredential,
        until: Option<Instant>,
    },
}

impl Kept {
    fn is_fresh(&self) -> bool {
        match self {
            Kept::Refused { until: None, .. } => !Mistake::RefusedClientsAskAgain.here(),
            Kept::Token { until, .. } | Kept::Refused { until, .. } => until.is_none_or(|until| Instant::now() < until),
        }
    }

    fn token(&self) -> Result<Secret, NoCredential> {
        match self {
            Kept::Token { secret, .. } => Ok(secret.clone()),
            Kept::Refused { why, .. } => Err(why.clone()),
        }
    }
}

/// A provider that gave no answer is left alone for so long.
const SILENT: Duration = Duration::from_secs(10);

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
        let one = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(found.name.clone()).or_default().clone()
        };
        let mut kept = one.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_fresh()) {
            return kept.token();
        }
        kept.insert(asked(found, targets, client).await?).token()
    }
}

async fn asked(found: &FoundClient, targets: &Targets, client: &Client) -> Result<Kept, NoCredential> {
    let refused = |why: String| NoCredential::NotIssued { name: format!("a token for {}", found.name), why };
    let never = |why: String| Ok(Kept::Refused { why: refused(why), until: None });
    let Mint { request, take } = &*found.mint;
    let mut outgoing = render(targets, request, &Filling::default()).map_err(refused)?;
    present(&Present::Basic, &found.secret, &mut outgoing.headers).map_err(refused)?;
    outgoing.told = Told { purpose: "mint", credential: Some(found.name.as_str().into()), ..outgoing.told };
    let at = Instant::now();
    let sent = match client.send(&outgoing).await {
        // What is not sent for want of a token is no write itself.
        Err(Refused::Cap(Cap::Writes)) => return never(Refused::Cap(Cap::Writes).to_string()),
        sent => sent?,
    };
    let answer = match sent.got {
        Ok(answer) => answer,
        Err(broken) => {
            let until = Some(Instant::now() + SILENT);
            return Ok(Kept::Refused { why: refused(broken.to_string()), until });
        }
    };
    if !request.proof.accepted.holds(answer.status, &answer.body) {
        return never(told(answer.status, &answer.body));
    }
    let Some(secret) = pointed(&answer.body, take) else {
        return never(format!("the answer has nothing at {take}"));
    };
    let lifetime = serde_json::from_slice::<Lifetime>(&answer.body).ok();
    let until = lifetime.map(|lifetime| at + Duration::from_secs(lifetime.expires_in.into()) / 2);
    Ok(Kept::Token { secret, until })
}
