//! One request of an agent on its way: its credential is fetched, it is sent, and what came of it comes back.

use std::sync::Arc;

use super::ask::{Made, Presenting};
use super::mint::Minted;
use super::write::{Write, Writer};
use crate::lanes::Carry;
use crate::staging::client::{Client, Outgoing, Sent};
use crate::staging::drill::render::present;
use crate::staging::drill::vault::{NoCredential, Vault};
use crate::staging::secret::Secret;
use crate::staging::targets::Targets;
use crate::wire::{Request, RequestId};
use zeroize::Zeroizing;

/// What sends the requests of agents.
pub struct Carrier {
    pub targets: Arc<Targets>,
    pub client: Arc<Client>,
    pub vault: Arc<Vault>,
    /// Writes, where the file lets agents write.
    pub writer: Option<Arc<Writer>>,
    /// What found clients were changed for.
    pub minted: Arc<Minted>,
}

/// A request that leaves.
pub struct Departure {
    pub flight: Flight,
    pub outgoing: Outgoing,
    pub presenting: Presenting,
    pub write: Option<Write>,
}

/// Which one it is.
pub struct Flight {
    pub id: RequestId,
    pub request: Request,
    pub made: Made,
}

/// What came of it.
pub struct Landed {
    pub flight: Flight,
    pub url: Zeroizing<String>,
    pub sent: Result<Sent, NoCredential>,
    /// The token that it presented, where one was minted for it.
    pub token: Option<Secret>,
}

impl Carry for &Carrier {
    type Departure = Departure;
    type Landed = Landed;

    /// Sends a request and waits for its answer. What few requests need lies elsewhere, so that most take little room.
    async fn carry(&self, departure: Departure) -> Landed {
        let Departure { flight, mut outgoing, presenting, write } = departure;
        let mut token = None;
        let sent = match self.shown(&presenting, &mut outgoing, &mut token).await {
            Err(missing) => Err(missing),
            Ok(()) => match write.zip(self.writer.as_ref()) {
                Some((write, writer)) => Box::pin(writer.send(write, &outgoing)).await,
                None => self.client.send(&outgoing).await.map_err(NoCredential::from),
            },
        };
        Landed { flight, url: outgoing.url, sent, token }
    }
}

impl Carrier {
    /// Puts the credential where it belongs.
    async fn shown(
        &self,
        presenting: &Presenting,
        outgoing: &mut Outgoing,
        token: &mut Option<Secret>,
    ) -> Result<(), NoCredential> {
        let Carrier { targets, client, vault, minted, .. } = self;
        let unfit = |why: String| NoCredential::NotIssued { name: "a credential".to_owned(), why };
        match presenting {
            Presenting::Nothing => Ok(()),
            Presenting::Given(ix) => {
                if let Some((name, value)) = vault.at_hand(targets, *ix) {
                    outgoing.headers.insert(name, value);
                    return Ok(());
                }
                let secret = vault.current(targets, client, *ix).await?;
                present(&targets.credential(*ix).present, &secret, &mut outgoing.headers).map_err(unfit)
            }
            Presenting::Found(how, secret) => present(how, secret, &mut outgoing.headers).map_err(unfit),
            Presenting::Minted(how, found) => {
                let secret = token.insert(Box::pin(minted.token_for(found, targets, client)).await?);
                present(how, secret, &mut outgoing.headers).map_err(unfit)
            }
        }
    }
}
