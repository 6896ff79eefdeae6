//! Whether the credentials can be had again after the drill.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::interval;

use super::event::{Event, Reading};
use super::probe::look;
use super::render;
use super::vault::{self, NoCredential};
use super::watching::Scene;
use crate::staging::client::Outgoing;
use crate::staging::guard::Refused;
use crate::staging::secret::Secret;
use crate::staging::targets::{CredentialIx, Reference, Remint, ServiceIx};

/// Tries to have the credentials again, and shows what is issued where the old ones were accepted.
pub async fn remint(scene: &Arc<Scene>) {
    let targets = &scene.targets;
    let minted = targets.drilled.iter().filter(|ix| matches!(targets.credential(**ix).from, Reference::Request { .. }));
    for ix in minted {
        let got = scene.vault.anew().fetch(targets, &scene.client, *ix).await;
        let way = format!("{} by its own request", targets.credential(*ix).name);
        tell_reminted(scene, way, *ix, got.map(|fetched| fetched.secret)).await;
    }
    for way in &targets.drill.remint {
        let given = scene.drilled.iter().find(|((ix, _), _)| way.request.concerns(*ix));
        let given = given.map(|((ix, _), fetched)| (*ix, fetched));
        let nothing = BTreeMap::new();
        let filling =
            render::Filling::gather(&scene.vault, targets, &scene.client, &way.request, given, &nothing).await;
        let got = match filling.map(|filling| render::render(targets, &way.request, &filling)) {
            Err(missing) => Err(missing),
            Ok(Err(why)) => Err(NoCredential::NotIssued { name: way.name.clone(), why }),
            Ok(Ok(outgoing)) => issued(scene, outgoing, way).await,
        };
        tell_reminted(scene, way.name.clone(), way.like, got).await;
    }
}

async fn issued(scene: &Scene, outgoing: Outgoing, way: &Remint) -> Result<Secret, NoCredential> {
    let sent = scene.client.send(&outgoing).await?;
    if let Ok(answer) = &sent.got {
        scene.vault.note_rotation(&way.request, answer);
    }
    vault::issued(&way.name, &way.request.proof, &way.take, sent.got)
}

/// A service that says nothing is asked so often.
const TRIES: u32 = 5;

async fn tell_reminted(scene: &Scene, way: String, like: CredentialIx, got: Result<Secret, NoCredential>) {
    let (mut accepted_by, mut silent) = (Vec::new(), Vec::new());
    if let Ok(secret) = &got {
        for service in scene.was_accepted(like) {
            match shown(scene, (like, secret), service).await {
                Ok(Reading::Accepted) => accepted_by.push(service.0),
                Ok(Reading::Refused) => {}
                Ok(Reading::Unknown) => silent.push(service.0),
                Err(refused) => scene.refused(&refused),
            }
        }
    }
    if let Err(NoCredential::Refused(refused @ Refused::Cap(_))) = &got {
        scene.refused(refused);
    }
    let untold = got.as_ref().err().filter(|why| why.is_untold()).map(ToString::to_string);
    let at = scene.record.now();
    scene.record.add(Event::Reminted { at, way, like: like.0, got: got.is_ok(), accepted_by, untold, silent });
}

async fn shown(scene: &Scene, (like, secret): (CredentialIx, &Secret), service: ServiceIx) -> Result<Reading, Refused> {
    let (targets, probe) = (&scene.targets, &scene.targets.service(service).probe);
    let mut next = interval(Duration::from_micros(targets.drill.cadence.0));
    for _ in 0..TRIES {
        next.tick().await;
        let credential = Some((targets.credential(like), secret));
        let seen = look(targets, &scene.client, probe, credential, &scene.learned[service.0]).await?;
        if seen.reading != Reading::Unknown {
            return Ok(seen.reading);
        }
    }
    Ok(Reading::Unknown)
}
