//! Endpoints that a targets file leaves to its issuer: asked for after somebody agreed, before anything else is sent.

use std::path::Path;
use std::sync::Arc;

use super::failure::Failure;
use crate::scenario::Source;
use crate::staging::client::{Client, SentLog};
use crate::staging::discovery::discover;
use crate::staging::guard::{Agreement, Kill, Proposal, Watch};
use crate::staging::targets::{self, Endpoints, Issuer, Targets};

/// The file with its endpoints, and the proposal about it, at the same addresses. Where nothing is left open, nothing is
/// sent.
pub async fn discovered(
    targets: Arc<Targets>,
    proposal: Proposal,
    agreement: &Agreement,
    sent: Arc<SentLog>,
) -> Result<(Arc<Targets>, Proposal), Failure> {
    let Some(issuer) = targets.issuer.clone() else { return Ok((targets, proposal)) };
    let endpoints = asked(&targets, &issuer, &proposal, agreement, Some(sent)).await?;
    let targets = Arc::new(knowing(&targets, &endpoints)?);
    let proposal = proposal.about(targets.clone())?;
    Ok((targets, proposal))
}

/// The file again, with what its issuer said.
pub fn knowing(targets: &Targets, endpoints: &Endpoints) -> Result<Targets, Failure> {
    let source = Source { name: targets.name.clone(), text: targets.text.clone() };
    Ok(targets::read_knowing(source, Path::new(&targets.folder), Some(endpoints))?.0)
}

/// Asks the issuer.
pub async fn asked(
    targets: &Targets,
    issuer: &Issuer,
    proposal: &Proposal,
    agreement: &Agreement,
    sent: Option<Arc<SentLog>>,
) -> Result<Endpoints, Failure> {
    let kill = Kill::default();
    let watch = Watch::begin()?;
    watch.signals(kill.clone(), kill.clone())?;
    if let Some(file) = &targets.kill_file {
        watch.file(file.clone(), vec![kill.clone()]);
    }
    let mut client = Client::new(proposal.to_discover(agreement, kill)?, targets)?;
    if let Some(sent) = sent {
        client = client.writing_down(sent);
    }
    discover(&client, targets, issuer).await.map_err(|why| {
        let message = format!("the endpoints of {} are not known: {why}", issuer.url);
        let help =
            "look at its metadata; or write them out as `provider: {token: origin:/path, revocation: origin:/path}`";
        if why.is_refusal() { Failure::refused(message, help) } else { Failure::unanswered(message, help) }
    })
}
