//! Credentials while a drill runs: fetched by reference, kept in memory only, fetched again before they end.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{self, Arc, PoisonError};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::render::{Filling, render, shown, told};
use crate::planted::Mistake;
use crate::staging::client::{Answer, Broken, Client};
use crate::staging::guard::Refused;
use crate::staging::secret::{Secret, overwrite};
use crate::staging::targets::{Credential, CredentialIx, Proof, Reference, Request, Targets};

/// A program that prints a credential has so much time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no credential.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoCredential {
    #[error("{name} is not in the environment variable {variable}")]
    NotInEnvironment { name: String, variable: String },
    #[error("{name} cannot be read from its file: {why}")]
    NotInFile { name: String, why: String },
    #[error("the program for {name} {why}")]
    NotPrinted { name: String, why: String },
    #[error("{name} was not issued: {why}")]
    NotIssued { name: String, why: String },
    /// Who issues it said neither yes nor no.
    #[error("{name} was not issued: {why}")]
    Untold { name: String, why: String },
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// A credential, and from when on it counts.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub secret: Secret,
    pub at: Instant,
    /// What the answer that issued it told beside it, by the names of its `captures`.
    pub beside: BTreeMap<String, Secret>,
    /// As it is presented, once somebody did.
    shown: Option<(HeaderName, HeaderValue)>,
}

/// All that is not drilled is kept here; of what is drilled, its owner keeps each instance. Who needs one while it is
/// fetched waits for it: it is fetched once. No credential needs itself, which the check of the targets file knows.
#[derive(Debug)]
pub struct Vault {
    kept: Vec<Mutex<Option<Fetched>>>,
    /// What took the place of refresh tokens that were used: a server that rotates them takes each one once (RFC 9700
    /// section 4.14.2).
    rotated: Arc<sync::Mutex<BTreeMap<CredentialIx, Secret>>>,
}

type Fetching<'a, T> = Pin<Box<dyn Future<Output = Result<T, NoCredential>> + Send + 'a>>;

impl Vault {
    pub fn new(targets: &Targets) -> Vault {
        Vault { kept: targets.credentials.iter().map(|_| Mutex::default()).collect(), rotated: Arc::default() }
    }

    /// Another one that keeps nothing yet, but knows what took the place of what.
    pub fn anew(&self) -> Vault {
        Vault { kept: self.kept.iter().map(|_| Mutex::default()).collect(), rotated: self.rotated.clone() }
    }

    /// What took the place of a refresh token.
    pub fn rotated(&self, ix: CredentialIx) -> Option<Secret> {
        self.rotated.lock().unwrap_or_else(PoisonError::into_inner).get(&ix).cloned()
    }

    /// Keeps the refresh token of an answer in the place of the one that it was asked for with.
    pub fn note_rotation(&self, request: &Request, answer: &Answer) {
        if let Some(ix) = request.refreshes().filter(|_| !Mistake::RotatedTokensAreDropped.here())
            && let Some(fresh) = pointed(&answer.body, "/refresh_token")
        {
            self.rotated.lock().unwrap_or_else(PoisonError::into_inner).insert(ix, fresh);
        }
    }

    /// A credential that is good for a while: the kept one, or another where that is more than half over.
    pub fn current<'a>(&'a self, targets: &'a Targets, client: &'a Client, ix: CredentialIx) -> Fetching<'a, Secret> {
        Box::pin(async move { Ok(self.kept(targets, client, ix).await?.secret) })
    }

    /// The same, with what was issued beside it.
    pub fn kept<'a>(&'a self, targets: &'a Targets, client: &'a Client, ix: CredentialIx) -> Fetching<'a, Fetched> {
        Box::pin(async move {
            if let Some(secret) = self.rotated(ix) {
                return Ok(Fetched::plain(secret));
            }
            let mut kept = self.kept[ix.0].lock().await;
            if let Some(fetched) = kept.as_ref().filter(|fetched| is_good(fetched, targets.credential(ix))) {
                return Ok(fetched.clone());
            }
            let fetched = self.fetch(targets, client, ix).await?;
            Ok(kept.insert(fetched).clone())
        })
    }

    /// The header in which a credential is presented that is kept and good for a while: nobody has to wait for it.
    pub fn at_hand(&self, targets: &Targets, ix: CredentialIx) -> Option<(HeaderName, HeaderValue)> {
        let (credential, mut kept) = (targets.credential(ix), self.kept[ix.0].try_lock().ok()?);
        let fetched = kept.as_mut().filter(|fetched| is_good(fetched, credential))?;
        if fetched.shown.is_none() {
            fetched.shown = shown(&credential.present, &fetched.secret).ok();
        }
        fetched.shown.clone()
    }

    /// A credential, from where it is kept.
    pub fn fetch<'a>(&'a self, targets: &'a Targets, client: &'a Client, ix: CredentialIx) -> Fetching<'a, Fetched> {
        Box::pin(async move {
            let credential = targets.credential(ix);
            let name = || credential.name.clone();
            let (at, mut beside) = (Instant::now(), BTreeMap::new());
            if let Some(secret) = self.rotated(ix) {
                return Ok(Fetched::plain(secret));
            }
            let secret = match &credential.from {
                Reference::Env(variable) => {
                    let missing = NoCredential::NotInEnvironment { name: name(), variable: variable.clone() };
                    std::env::var(variable).ok().and_then(Secret::new).ok_or(missing)?
                }
                Reference::File(file) => {
                    let unread = |why: String| NoCredential::NotInFile { name: name(), why };
                    let text = tokio::fs::read_to_string(file).await.map_err(|error| unread(error.to_string()))?;
                    Secret::new(text).ok_or_else(|| unread("it is empty".to_owned()))?
                }
                Reference::Command(program) => printed(credential, program).await?,
                Reference::Request { request, take } => {
                    let nothing = BTreeMap::new();
                    let filling = Filling::gather(self, targets, client, request, None, &nothing).await?;
                    let outgoing = render(targets, request, &filling)
                        .map_err(|why| NoCredential::NotIssued { name: name(), why })?;
                    let got = client.send(&outgoing).await?.got;
                    if let Ok(answer) = &got {
                        self.note_rotation(request, answer);
                        let told =
                            request.captures.iter().map(|(name, at)| Some((name.clone(), pointed(&answer.body, at)?)));
                        beside.extend(told.flatten());
                    }
                    let secret = issued(&credential.name, &request.proof, take, got)?;
                    if let Some((_, at)) = request.captures.iter().find(|(name, _)| !beside.contains_key(name)) {
                        let why = format!("the answer has nothing at {at}");
                        return Err(NoCredential::NotIssued { name: name(), why });
                    }
                    secret
                }
            };
            Ok(Fetched { secret, at, beside, shown: None })
        })
    }
}

impl Fetched {
    /// With nothing beside it.
    pub fn plain(secret: Secret) -> Fetched {
        Fetched { secret, at: Instant::now(), beside: BTreeMap::new(), shown: None }
    }
}

/// Whether it has lived for less than half of its time.
fn is_good(fetched: &Fetched, credential: &Credential) -> bool {
    credential.lives.is_none_or(|lives| fetched.at.elapsed() < Duration::from_micros(lives.0 / 2))
}

impl NoCredential {
    /// Whether it may be had all the same, another time.
    pub fn is_untold(&self) -> bool {
        !matches!(self, NoCredential::NotIssued { .. })
    }
}

/// What an answer issues.
///
/// # Errors
///
/// It does not, or says nothing: too many requests, an error of the server, or no answer at all.
pub fn issued(name: &str, proof: &Proof, take: &str, got: Result<Answer, Broken>) -> Result<Secret, NoCredential> {
    let name = || name.to_owned();
    let answer = got.map_err(|broken| NoCredential::Untold { name: name(), why: broken.to_string() })?;
    if !proof.accepted.holds(answer.status, &answer.body) {
        let why = told(answer.status, &answer.body);
        return Err(match answer.status {
            408 | 429 | 500.. => NoCredential::Untold { name: name(), why },
            _ => NoCredential::NotIssued { name: name(), why },
        });
    }
    let nothing = || NoCredential::NotIssued { name: name(), why: format!("the answer has nothing at {take}") };
    pointed(&answer.body, take).ok_or_else(nothing)
}

/// What stands at a JSON pointer of an answer.
pub fn pointed(body: &[u8], pointer: &str) -> Option<Secret> {
    let mut json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let found = match json.pointer(pointer) {
        Some(serde_json::Value::String(text)) => Secret::new(text.clone()),
        Some(serde_json::Value::Number(number)) => Secret::new(number.to_string()),
        _ => None,
    };
    overwrite(&mut json);
    found
}

async fn printed(credential: &Credential, program: &[String]) -> Result<Secret, NoCredential> {
    let failed = |why: String| NoCredential::NotPrinted { name: credential.name.clone(), why };
    let (first, arguments) = program.split_first().ok_or_else(|| failed("is not named".to_owned()))?;
    let running = tokio::process::Command::new(first)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, running)
        .await
        .map_err(|_| failed("did not end in time".to_owned()))?
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    if !output.status.success() {
        return Err(failed(format!("ended with {}", output.status)));
    }
    String::from_utf8(output.stdout).ok().and_then(Secret::new).ok_or_else(|| failed("printed nothing".to_owned()))
}
