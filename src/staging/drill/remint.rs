//! Whether the credentials can be had again after the drill.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{Event, Reading};
use super::probe::look;
use super::render;
use super::vault::{self, NoCredential, Vault};
use super::watching::Scene;
use crate::staging::client::Outgoing;
use crate::staging::guard::Refused;
use crate::staging::secret::Secret;
use crate::staging::targets::{CredentialIx, Reference, Remint};

/// Tries to have the credentials again, and shows what is issued where the old ones were accepted.
pub async fn remint(scene: &Arc<Scene>) {
    let targets = &scene.targets;
    let minted = targets.drilled.iter().filter(|ix| matches!(targets.credential(**ix).from, Reference::Request { .. }));
    for ix in minted {
        let got = Vault::new(targets).fetch(targets, &scene.client, *ix).await;
        let way = format!("{} by its own request", targets.credential(*ix).name);
        tell_reminted(scene, way, *ix, got.map(|fetched| fetched.secret)).await;
    }
    for way in &targets.drill.remint {
        let given =
            scene.drilled.iter().find(|((ix, _), _)| way.request.mentions(*ix) || way.request.with == Some(*ix));
        let given = given.map(|((ix, _), fetched)| (*ix, &fetched.secret));
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
    let refused = |why: String| NoCredential::NotIssued { name: way.name.clone(), why };
    let answer = scene.client.send(&outgoing).await?.got.map_err(|broken| refused(broken.to_string()))?;
    let fine = way.request.proof.accepted.holds(answer.status, &answer.body);
    let found = fine.then(|| vault::pointed(&answer.body, &way.take)).flatten();
    found.ok_or_else(|| refused(render::told(answer.status, &answer.body)))
}

async fn tell_reminted(scene: &Scene, way: String, like: CredentialIx, got: Result<Secret, NoCredential>) {
    let mut accepted_by = Vec::new();
    if let Ok(secret) = &got {
        let shown = Some((scene.targets.credential(like), secret));
        for service in scene.was_accepted(like) {
            let probe = &scene.targets.service(service).probe;
            match look(&scene.targets, &scene.client, probe, shown, &scene.learned[service.0]).await {
                Ok(seen) if seen.reading == Reading::Accepted => accepted_by.push(service.0),
                Ok(_) => {}
                Err(refused) => scene.refused(&refused),
            }
        }
    }
    if let Err(NoCredential::Refused(refused @ Refused::Cap(_))) = &got {
        scene.refused(refused);
    }
    scene.record.add(Event::Reminted { at: scene.record.now(), way, like: like.0, got: got.is_ok(), accepted_by });
}
