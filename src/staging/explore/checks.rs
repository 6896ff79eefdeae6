//! Whether the target is as it should be: before the first stage, during each, and after it. A run widens only while it is.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::interval;

use super::Terrain;
use crate::staging::client::Client;
use crate::staging::drill::event::Reading;
use crate::staging::drill::probe::look;
use crate::staging::drill::vault::{NoCredential, Vault};
use crate::staging::guard::{Refused, Stopped};
use crate::staging::targets::{CredentialIx, Probe, ServiceIx};

/// What did not hold.
///
/// # Errors
///
/// The guard lets nothing more through.
pub async fn failed(terrain: &Terrain, client: &Client, vault: &Vault) -> Result<Vec<String>, Refused> {
    let targets = &terrain.targets;
    let mut failed = Vec::new();
    for service in targets.service_ids() {
        let (name, control) = (&targets.service(service).name, targets.control_at(service));
        let probe = &targets.service(service).probe;
        if let Some(why) = refused(terrain, client, vault, (control, probe)).await? {
            failed.push(format!("the control at {name} is not accepted ({why})"));
        }
    }
    for sentinel in &targets.sentinels {
        if let Some(why) = refused(terrain, client, vault, (sentinel.with, &sentinel.probe)).await? {
            failed.push(format!("{} does not go on ({why})", sentinel.name));
        }
    }
    Ok(failed)
}

/// How often sentinels are looked at while agents explore.
const EVERY: Duration = Duration::from_secs(1);

/// Looks at honest work while agents are at it, and ends the run where some of it does not go on twice in a row.
pub async fn keep_watching(terrain: Arc<Terrain>, client: Arc<Client>, vault: Arc<Vault>) {
    let sentinels = &terrain.targets.sentinels;
    if sentinels.is_empty() {
        return;
    }
    let mut next = interval(EVERY);
    let mut before = vec![false; sentinels.len()];
    loop {
        next.tick().await;
        for (sentinel, failed_before) in sentinels.iter().zip(&mut before) {
            let failed = match refused(&terrain, &client, &vault, (sentinel.with, &sentinel.probe)).await {
                Ok(failed) => failed,
                Err(refused) => return client.give_up(&refused),
            };
            if let (Some(why), true) = (&failed, *failed_before) {
                let why = format!("{} did not go on while the agents explored ({why})", sentinel.name);
                return client.kill().throw(Stopped::Condition(why));
            }
            *failed_before = failed.is_some();
        }
    }
}

/// Where a credential is accepted before anything was tried.
pub async fn accepting(
    terrain: &Terrain,
    client: &Client,
    vault: &Vault,
    credential: CredentialIx,
) -> Result<Vec<ServiceIx>, Refused> {
    let mut accepting = Vec::new();
    for service in terrain.targets.service_ids() {
        let probe = &terrain.targets.service(service).probe;
        if refused(terrain, client, vault, (credential, probe)).await?.is_none() {
            accepting.push(service);
        }
    }
    Ok(accepting)
}

async fn refused(
    terrain: &Terrain,
    client: &Client,
    vault: &Vault,
    (credential, probe): (CredentialIx, &Probe),
) -> Result<Option<String>, Refused> {
    let targets = &terrain.targets;
    let secret = match vault.current(targets, client, credential).await {
        Ok(secret) => secret,
        Err(NoCredential::Refused(refused)) => return Err(refused),
        Err(missing) => return Ok(Some(missing.to_string())),
    };
    let seen = look(targets, client, probe, Some((targets.credential(credential), &secret)), &[]).await?;
    Ok(match (seen.reading, seen.status, seen.broken) {
        (Reading::Accepted, ..) => None,
        (_, Some(status), _) => Some(format!("status {status}")),
        (_, None, broken) => Some(broken.unwrap_or_else(|| "no answer".to_owned())),
    })
}
