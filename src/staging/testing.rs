//! What the tests of the staging plane share.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use http::{HeaderMap, Method};

use super::guard::{Agreement, Ask, Consents, Kill, Permit, Proposal, Refused};
use super::targets::{self, Targets};
use crate::scenario::Source;

/// A targets file about origins that are called `o0`, `o1` and so on.
pub fn targets(origins: &[String], more: &str) -> Targets {
    let origins: Vec<String> = origins.iter().enumerate().map(|(n, origin)| format!("o{n}: {origin}")).collect();
    let text = format!(
        "targets: 1\nname: test\norigins: {{{}}}\ncredentials:\n  held: {{from: {{env: HELD}}}}\n  other: {{from: {{env: \
         OTHER}}}}\nidentity: {{name: agent, credentials: held}}\ncontrol: other\nservices: {{api: {{probe: \"GET \
         o0:/probe\"}}}}\nstop: none\ndrill: {{steps: [{{pause: now}}], settle: 1s, deadline: 1s, patience: 1s}}\n{more}",
        origins.join(", ")
    );
    let source = Source { name: "targets.yaml".into(), text: text.into() };
    targets::read(source, Path::new(".")).unwrap_or_else(|rejected| panic!("{rejected}")).0
}

/// A targets file whose names were looked up, each with these addresses.
pub async fn proposed(targets: Targets, found: &[IpAddr]) -> Result<Proposal, Refused> {
    Proposal::resolve(Arc::new(targets), async |_: &str, _| Ok(found.to_vec())).await
}

/// Agreed to, with names that lead to an address of the outside world.
pub async fn agreed(targets: Targets, kill: Kill) -> Consents {
    let proposal = proposed(targets, &["8.8.8.8".parse().unwrap()]).await.expect("addresses");
    proposal.agree(&Agreement::AllShown, kill, Kill::default()).expect("consent")
}

/// Asks for leave for a request without headers.
pub async fn admitted(consents: &Consents, method: &Method, url: &str, body: &[u8]) -> Result<Permit, Refused> {
    consents.run.admit(&Ask { method, url, headers: &HeaderMap::new(), body, told: "" }).await
}

/// Waits on a thread of its own.
pub fn wait<T>(doing: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(doing)
}
