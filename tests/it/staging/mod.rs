//! What the tests of the staging plane share: servers on loopback that keep count, and clients behind the guard.

pub mod moments;
pub mod oidc;
pub mod rabbitmq;
pub mod real;
pub mod servers;
pub mod tls;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use http::{HeaderMap, Method};
use runaway::scenario::Source;
use runaway::staging::client::{Client, Outgoing};
use runaway::staging::guard::{Agreement, Kill, Proposal, Refused};
use runaway::staging::targets::{self, Targets};

/// A targets file about one origin, with more of it behind `more`.
pub fn targets(origin: &str, more: &str) -> Targets {
    let text = format!(
        "targets: 1\nname: test\norigins: {{api: {origin}}}\ncredentials:\n  held: {{from: {{env: HELD}}}}\n  \
         other: {{from: {{env: OTHER}}}}\nidentity: {{name: agent, credentials: held}}\ncontrol: other\n\
         services: {{api: {{probe: \"GET api:/probe\"}}}}\nstop: none\n\
         drill: {{steps: [{{pause: now}}], settle: 1s, deadline: 1s, patience: 1s}}\n{more}"
    );
    read(&text, Path::new("."))
}

pub fn read(text: &str, folder: &Path) -> Targets {
    let source = Source { name: "targets.yaml".into(), text: text.into() };
    targets::read(source, folder).unwrap_or_else(|rejected| panic!("{rejected}")).0
}

/// Nothing in these tests is looked up.
pub async fn no_lookup(host: &str, _port: u16) -> std::io::Result<Vec<IpAddr>> {
    Err(std::io::Error::other(format!("{host} was looked up")))
}

pub async fn client(targets: Targets, kill: Kill) -> Client {
    let targets = Arc::new(targets);
    let proposal = Proposal::resolve(targets.clone(), no_lookup).await.expect("an address");
    let consents = proposal.agree(&Agreement::AllShown, kill, Kill::default()).expect("consent");
    Client::new(consents.run, &targets).expect("a client")
}

pub fn get(url: impl Into<String>) -> Outgoing {
    request(Method::GET, url)
}

pub fn request(method: Method, url: impl Into<String>) -> Outgoing {
    Outgoing {
        method,
        url: url.into().into(),
        headers: HeaderMap::new(),
        body: Default::default(),
        told: Default::default(),
    }
}

/// The status of an answer; a panic where there is none.
pub async fn status(client: &Client, outgoing: Outgoing) -> Result<u16, Refused> {
    Ok(client.send(&outgoing).await?.got.expect("an answer").status)
}
