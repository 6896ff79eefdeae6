//! Putting everything back, and looking whether the drilled identity works as before.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, interval};

use super::event::{Event, Reading};
use super::probe::look;
use super::steps::{Runbook, Turn};
use super::vault::Vault;
use super::watching::Scene;
use crate::planted::Mistake;
use crate::staging::client::Client;
use crate::staging::secret::Secret;
use crate::staging::targets::{CredentialIx, ServiceIx};
use crate::wire::Span;

/// Puts everything back but what was `already` done, and looks whether the drilled identity works as before.
pub async fn restore(scene: &Scene, client: &Client, already: &BTreeSet<Turn>) {
    let targets = &scene.targets;
    let vault = Vault::new(targets);
    let mut runbook = Runbook::new(scene, client, &vault, true);
    for (at, step) in targets.drill.restore.iter().enumerate() {
        if step.turns(targets).any(|instance| !already.contains(&(at, instance))) {
            runbook.act(at, step, already).await;
        }
    }
    let done = Instant::now();
    for credential in &targets.drilled {
        let fetched = vault.fetch(targets, client, *credential).await;
        for service in scene.was_accepted(*credential) {
            let reading = match &fetched {
                Ok(fetched) => works_again(scene, client, (*credential, &fetched.secret), (service, done)).await,
                Err(_) => Reading::Unknown,
            };
            let at = scene.record.now();
            scene.record.add(Event::Restored { at, credential: credential.0, service: service.0, reading });
        }
    }
}

/// Whether a credential is accepted after everything was put back. A service that trusts for a while what it has checked
/// may go on refusing for as long.
async fn works_again(
    scene: &Scene,
    client: &Client,
    (credential, secret): (CredentialIx, &Secret),
    (service, restored): (ServiceIx, Instant),
) -> Reading {
    let (targets, learned) = (&scene.targets, &scene.learned[service.0]);
    let (credential, service) = (targets.credential(credential), targets.service(service));
    let cached = service.cached.unwrap_or(Span::ZERO).unless(Mistake::PutBackIsLookedAtOnce);
    let until = restored + Duration::from_micros(cached.0);
    // Few requests are left for this, however long it takes.
    let mut next = interval(Duration::from_micros(targets.drill.cadence.0.max(cached.0 / 20)));
    loop {
        next.tick().await;
        let seen = look(targets, client, &service.probe, Some((credential, secret)), learned).await;
        let reading = seen.as_ref().map_or(Reading::Unknown, |seen| seen.reading);
        if reading == Reading::Accepted || seen.is_err() || Instant::now() >= until {
            return reading;
        }
    }
}
