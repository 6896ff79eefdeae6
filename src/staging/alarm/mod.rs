//! Their own detection, as it can be heard from outside; and a person at the terminal.

mod hook;
mod signature;

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http::HeaderMap;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::{Instant, interval, timeout};

use super::client::Client;
use super::drill::render::present;
use super::drill::vault::Vault;
use super::guard::RunId;
use super::targets::{Alarm, Targets, Webhook};
use crate::measure::counted;
use crate::planted::Mistake;
use hook::{Hook, Knows};
use signature::Signed;

/// A program that is asked has so much time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where an alarm is heard. What calls from outside is listened to as long as this lives.
#[derive(Debug)]
pub struct Ear {
    alarm: Alarm,
    hook: Option<Hook>,
}

impl Ear {
    /// Begins to listen, where the file says how their detection is heard.
    ///
    /// # Errors
    ///
    /// Why nothing can be heard.
    pub async fn open(targets: &Targets, client: &Client, vault: &Vault) -> Result<Option<Ear>, String> {
        let Some(alarm) = targets.alarm.clone() else { return Ok(None) };
        let hook = match &alarm {
            Alarm::Webhook(webhook) => Some(hooked(webhook, targets, client, vault).await?),
            Alarm::Command { .. } | Alarm::File(_) | Alarm::Key => None,
        };
        Ok(Some(Ear { alarm, hook }))
    }

    /// How many calls did not show so far that they know the secret.
    pub fn refused(&self) -> Option<Arc<AtomicU64>> {
        self.hook.as_ref().map(|hook| hook.refused.clone())
    }

    /// Whether nothing tells of an alarm before anything was done: what is heard later is news only then.
    ///
    /// # Errors
    ///
    /// Why an alarm would tell nothing.
    pub async fn silent(&self, run: RunId) -> Result<(), String> {
        let told = match &self.alarm {
            _ if Mistake::OldAlarmsCount.here() => return Ok(()),
            Alarm::Command { program, .. } => {
                says_yes(program, run).await?.then(|| format!("`{}` ended with 0", program.join(" ")))
            }
            Alarm::File(file) => exists(file).await.then(|| format!("{} exists", file.display())),
            Alarm::Key | Alarm::Webhook(_) => None,
        };
        told.map_or(Ok(()), |told| {
            Err(format!("{told}, which tells of an alarm before there is anything to detect: put that right first"))
        })
    }

    /// Waits for an alarm, and says when it came. It may never come.
    ///
    /// # Errors
    ///
    /// Why none can be heard any more.
    pub async fn heard(&self, run: RunId) -> Result<Instant, String> {
        if let Some(hook) = &self.hook {
            return Ok(hook.heard().await);
        }
        let every = match &self.alarm {
            Alarm::Command { every, .. } => Duration::from_micros(every.0.max(10_000)),
            Alarm::File(_) | Alarm::Key | Alarm::Webhook(_) => Duration::from_millis(50),
        };
        let mut next = interval(every);
        loop {
            next.tick().await;
            let raised = match &self.alarm {
                Alarm::Command { program, .. } => says_yes(program, run).await?,
                Alarm::File(file) => exists(file).await,
                Alarm::Key => {
                    return pressed("press Enter when there is an alarm").await.map(|()| Instant::now());
                }
                Alarm::Webhook(_) => false,
            };
            if raised {
                return Ok(Instant::now());
            }
        }
    }
}

async fn hooked(webhook: &Webhook, targets: &Targets, client: &Client, vault: &Vault) -> Result<Hook, String> {
    let mut expected = HeaderMap::new();
    let mut signed = None;
    if let Some(ix) = webhook.with {
        let secret = vault.current(targets, client, ix).await.map_err(|missing| missing.to_string())?;
        match webhook.signed {
            None => present(&targets.credential(ix).present, &secret, &mut expected)?,
            Some(how) => signed = Some(Signed::with(how, &secret)?),
        }
    }
    let knows = signed.map_or(Knows::Headers(expected), Knows::Signed);
    let at = webhook.listen;
    Hook::open(webhook, knows).await.map_err(|error| format!("no alarm can be heard at {at}: {error}"))
}

async fn exists(file: &Path) -> bool {
    tokio::fs::try_exists(file).await.unwrap_or(false)
}

/// Whether a program ends with 0, in time.
///
/// # Errors
///
/// It cannot be started.
async fn says_yes(program: &[String], run: RunId) -> Result<bool, String> {
    let Some((first, arguments)) = program.split_first() else { return Ok(false) };
    let mut command = tokio::process::Command::new(first);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.env("RUNAWAY_RUN", run.to_string());
    match timeout(PATIENCE, command.status()).await {
        Ok(Err(error)) => Err(format!("no alarm can be heard: `{first}` cannot be started: {error}")),
        Ok(Ok(status)) => Ok(status.success()),
        Err(_) => Ok(false),
    }
}

/// Says what a person does now, and waits until they press Enter.
///
/// # Errors
///
/// Where nobody can.
pub async fn pressed(said: &str) -> Result<(), String> {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("\n{said}\n[Enter] ").as_bytes());
    let mut line = String::new();
    match BufReader::new(tokio::io::stdin()).read_line(&mut line).await {
        Ok(n) if n > 0 => Ok(()),
        Ok(_) => Err("nobody answered: standard input is at its end".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// What is told of calls that were refused; nothing where none was.
pub fn told_of(refused: u64) -> Option<String> {
    let calls = counted(refused, "call");
    (refused > 0).then(|| format!("{calls} without the secret, or not signed with it"))
}
