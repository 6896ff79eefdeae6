//! What the runbook needs. A step that lacks its credential is found out when the identity is contained already, and one that
//! puts something back when nobody can.

use super::vault::NoCredential;
use super::watching::Scene;
use crate::staging::targets::{Act, CredentialIx, Reference, Step, Targets};

/// The credentials of the steps and of those that put everything back that are not where the targets file says. Those that are
/// had by a program or a request are not looked for: that could change something.
pub async fn missing(scene: &Scene) -> Vec<String> {
    let mut missing = Vec::new();
    for ix in (0..scene.targets.credentials.len()).map(CredentialIx) {
        let Some(step) = step_that_needs(&scene.targets, ix) else { continue };
        if let Err(why) = kept(scene, ix).await {
            missing.push(format!("{why}, and the step `{}` needs it", step.name));
        }
    }
    missing
}

/// Whether a credential is there that needs no traffic.
async fn kept(scene: &Scene, ix: CredentialIx) -> Result<(), NoCredential> {
    match scene.targets.credential(ix).from {
        Reference::Env(_) | Reference::File(_) => {
            scene.vault.current(&scene.targets, &scene.client, ix).await.map(drop)
        }
        Reference::Command(_) | Reference::Request { .. } => Ok(()),
    }
}

fn step_that_needs(targets: &Targets, ix: CredentialIx) -> Option<&Step> {
    let plan = &targets.drill;
    plan.steps.iter().chain(&plan.restore).find(|step| match &step.act {
        Act::Http(request) => (0..targets.credentials.len())
            .map(CredentialIx)
            .any(|of| request.concerns(of) && stands_on(targets, of, ix)),
        Act::Command { with, .. } => with.is_some_and(|of| stands_on(targets, of, ix)),
        Act::Pause(_) | Act::WaitForAlarm { .. } => false,
    })
}

/// Whether it is this one, or is had by a request that needs it. No credential needs itself.
fn stands_on(targets: &Targets, of: CredentialIx, ix: CredentialIx) -> bool {
    of == ix
        || match &targets.credential(of).from {
            Reference::Request { request, .. } => (0..targets.credentials.len())
                .map(CredentialIx)
                .any(|needed| request.concerns(needed) && stands_on(targets, needed, ix)),
            _ => false,
        }
}
