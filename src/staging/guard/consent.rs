//! Consent: what was looked up is shown, somebody agrees to the very hosts, and only then can anything be sent.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::address::special;
use super::{Ask, Guard, Kill, Permit, Refused, RunId};
use crate::planted::Mistake;
use crate::staging::origin::{Host, OriginKey};
use crate::staging::targets::{CapLimits, Targets};
use crate::wire::Span;

/// An origin with the address that it has for the whole run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pinned {
    pub key: OriginKey,
    pub address: SocketAddr,
}

/// A targets file whose origins were looked up. Nothing has been sent.
#[derive(Debug)]
pub struct Proposal {
    targets: Arc<Targets>,
    pinned: Vec<Pinned>,
    /// Of everything that comes of it.
    id: RunId,
}

/// What somebody agreed to: hosts with their ports, or all that they were shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Agreement {
    Hosts(Vec<String>),
    AllShown,
}

/// The right to send, within the rules. It cannot be copied, and only [`Proposal::agree`] makes one.
#[derive(Debug)]
pub struct Consent(Arc<Guard>);

/// One consent for the run, and one, under caps and a switch of its own, for putting things back.
#[derive(Debug)]
pub struct Consents {
    pub run: Consent,
    pub restore: Consent,
}

impl Proposal {
    /// Looks every origin up once. An address that nobody listed and nobody means is refused, also beside others.
    pub async fn resolve(
        targets: Arc<Targets>,
        lookup: impl AsyncFn(&str, u16) -> io::Result<Vec<IpAddr>>,
    ) -> Result<Proposal, Refused> {
        let mut pinned = Vec::new();
        for origin in &targets.origins {
            let address = match (&origin.at.host, origin.addresses.first()) {
                (_, Some(listed)) => *listed,
                (Host::Address(address), None) => *address,
                (Host::Name(host), None) => looked_up(host, lookup(host, origin.at.port).await)?,
            };
            pinned.push(Pinned { key: origin.at.clone(), address: SocketAddr::new(address, origin.at.port) });
        }
        let id = RunId::draw().map_err(|error| Refused::NoConsent(error.to_string()))?;
        Ok(Proposal { targets, pinned, id })
    }

    /// The same addresses, for a file of which more is known.
    pub fn about(self, targets: Arc<Targets>) -> Result<Proposal, Refused> {
        let new = targets.origins.iter().map(|origin| &origin.at).find(|at| self.pinned.iter().all(|p| &p.key != *at));
        match new {
            Some(new) => Err(Refused::OffTheList(new.to_string())),
            None => Ok(Proposal { targets, ..self }),
        }
    }

    pub fn pinned(&self) -> &[Pinned] {
        &self.pinned
    }

    /// What has to be agreed to.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = self.pinned.iter().map(|pinned| pinned.key.host_and_port()).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }

    /// Whether every host was agreed to.
    pub fn is_agreed(&self, agreement: &Agreement) -> Result<(), Refused> {
        match agreement {
            Agreement::AllShown => Ok(()),
            Agreement::Hosts(agreed) => match self.hosts().into_iter().find(|host| !agreed.contains(host)) {
                Some(missing) => Err(Refused::NoConsent(missing)),
                None => Ok(()),
            },
        }
    }

    /// The consents, where every host was agreed to.
    pub fn agree(self, agreement: &Agreement, run: Kill, restore: Kill) -> Result<Consents, Refused> {
        self.is_agreed(agreement)?;
        if let Some(issuer) = &self.targets.issuer {
            return Err(Refused::NotDiscovered(issuer.url.clone()));
        }
        let caps = self.targets.caps;
        let restore = self.guard(caps_of_restoring(caps), restore, FIRST_OF_RESTORING);
        Ok(Consents { run: self.guard(caps, run, 0), restore })
    }

    /// The consent to ask an issuer for its endpoints, where every host was agreed to.
    pub fn to_discover(&self, agreement: &Agreement, kill: Kill) -> Result<Consent, Refused> {
        self.is_agreed(agreement)?;
        Ok(self.guard(caps_of_discovery(self.targets.caps), kill, FIRST_OF_DISCOVERY))
    }

    fn guard(&self, caps: CapLimits, kill: Kill, first: u64) -> Consent {
        Consent(Arc::new(Guard::new(&self.targets, self.pinned.clone(), caps, kill, (self.id, first))))
    }
}

impl Consent {
    /// Judges a request as the transport does, and counts it. The leave that comes of it sends nothing by itself.
    pub async fn admit(&self, ask: &Ask<'_>) -> Result<Permit, Refused> {
        self.0.admit(ask).await
    }

    /// The guard that this consent was given to.
    pub(in crate::staging) fn into_guard(self) -> Arc<Guard> {
        self.0
    }
}

/// Requests that put things back are counted from here, so that no two of a run have one number.
const FIRST_OF_RESTORING: u64 = 1 << 62;

/// And those that ask an issuer from here.
const FIRST_OF_DISCOVERY: u64 = 1 << 61;

/// Two documents may be asked for, and nothing is changed.
fn caps_of_discovery(caps: CapLimits) -> CapLimits {
    let (requests, objects, at_once) = (caps.requests.min(2), caps.objects.min(2), caps.at_once.min(1));
    CapLimits { requests, objects, at_once, writes: 0, bytes: caps.bytes.min(1 << 20), ..caps }
}

/// Looking a write up, undoing it and looking again takes no more requests.
const FOR_EACH_WRITE: u64 = 8;
/// The credential that puts things back may have to be asked for.
const FOR_TOKENS: u64 = 10;

/// Putting things back takes no longer than this.
const RESTORING: Span = Span::from_secs(300);

/// Putting things back has caps of its own, and goes one after the other. Where nothing may be sent, nothing is put back.
pub fn caps_of_restoring(caps: CapLimits) -> CapLimits {
    let undoing = caps.writes.saturating_mul(FOR_EACH_WRITE);
    CapLimits {
        requests: caps.requests.min(100).max(undoing),
        objects: caps.objects.max(undoing),
        writes: if caps.writes == 0 { 0 } else { caps.writes.saturating_add(FOR_TOKENS) },
        at_once: caps.at_once.min(1),
        duration: if caps.duration == Span::ZERO { Span::ZERO } else { RESTORING },
        ..caps
    }
}

fn looked_up(host: &str, found: io::Result<Vec<IpAddr>>) -> Result<IpAddr, Refused> {
    let unresolved = |why: String| Refused::Unresolved { host: host.to_owned(), why };
    let found = found.map_err(|error| unresolved(error.to_string()))?;
    if let Some((address, why)) = found.iter().find_map(|address| Some((*address, special(*address)?)))
        && !Mistake::InsideAddressPinned.here()
    {
        return Err(Refused::Address { host: host.to_owned(), address, why });
    }
    found.first().copied().ok_or_else(|| unresolved("it has no address".to_owned()))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;
    use crate::staging::testing::{proposed, targets, wait};

    const HOSTS: [&str; 4] = ["a.example:443", "a.example:8443", "b.example:443", "203.0.113.7:443"];
    /// What looks like leave for some of them, and is none.
    const NO_LEAVE: [&str; 6] = ["a.example", "https://a.example:443", "A.EXAMPLE:443", "*", "", "a.example:4430"];

    fn resolved(hosts: &[&str], found: &[IpAddr]) -> Result<Proposal, Refused> {
        let urls: Vec<String> = hosts.iter().map(|host| format!("\"https://{host}\"")).collect();
        wait(proposed(targets(&urls, ""), found))
    }

    fn outside() -> IpAddr {
        Ipv4Addr::new(8, 8, 8, 8).into()
    }

    proptest! {
        /// Whoever agrees to some of the hosts has agreed to nothing, in whatever order and beside whatever else.
        #[test]
        fn consent_is_given_to_every_host_or_not_at_all(
            (named, agreed) in prop::sample::subsequence(&HOSTS[..], 1..=4).prop_flat_map(|named| {
                (Just(named), prop::sample::subsequence([&HOSTS[..], &NO_LEAVE[..]].concat(), 0..=10).prop_shuffle())
            }),
        ) {
            let missing = named.iter().any(|host| !agreed.contains(host));
            let agreement = Agreement::Hosts(agreed.iter().map(|host| (*host).to_owned()).collect());
            let refused = |refused: Refused| matches!(refused, Refused::NoConsent(host) if named.contains(&&*host));
            let asks_an_issuer = resolved(&named, &[outside()]).unwrap().to_discover(&agreement, Kill::default());
            prop_assert_eq!(asks_an_issuer.err().map(refused), missing.then_some(true));
            let sends = resolved(&named, &[outside()]).unwrap().agree(&agreement, Kill::default(), Kill::default());
            prop_assert_eq!(sends.err().map(refused), missing.then_some(true));
        }

        /// What is known later of the same file may lead to no host that was not shown.
        #[test]
        fn what_is_learnt_later_adds_no_host(
            shown in prop::sample::subsequence(&HOSTS[..], 1..=4), later in prop::sample::subsequence(&HOSTS[..], 1..=4),
        ) {
            let urls: Vec<String> = later.iter().map(|host| format!("\"https://{host}\"")).collect();
            let about = resolved(&shown, &[outside()]).unwrap().about(Arc::new(targets(&urls, "")));
            prop_assert_eq!(about.is_ok(), later.iter().all(|host| shown.contains(host)));
        }

        /// A name that leads inside is refused, also where it leads elsewhere as well; a name with a listed address is not
        /// even looked up.
        #[test]
        fn a_name_leads_inside_only_where_its_address_is_listed(
            found in prop::collection::vec(any::<IpAddr>(), 1..4), listed in any::<IpAddr>(),
        ) {
            let inside = found.iter().copied().find(|address| special(*address).is_some());
            match (resolved(&["a.example:443"], &found), inside) {
                (Ok(proposal), None) => prop_assert_eq!(proposal.pinned()[0].address, SocketAddr::new(found[0], 443)),
                (Err(Refused::Address { address, .. }), Some(inside)) => prop_assert_eq!(address, inside),
                (other, _) => prop_assert!(false, "{found:?}: {other:?}"),
            }
            let origin = format!("{{url: \"https://a.example\", address: \"{listed}\"}}");
            let proposal = wait(Proposal::resolve(Arc::new(targets(&[origin], "")), async |host: &str, _| {
                Err(io::Error::other(format!("{host} was looked up")))
            }));
            prop_assert_eq!(proposal.unwrap().pinned()[0].address, SocketAddr::new(listed, 443));
        }
    }
}
