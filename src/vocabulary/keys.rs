//! The keys that sign access tokens: the provider's own, and those of the scenario, whose private half is a secret that
//! can lie in a record like any other. Whoever reads its text has the key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use crate::wire::{Claims, FamilyId, Text};

use super::Scribe;

/// A key as the key set shows it (RFC 7517).
pub struct PublishedKey {
    pub kid: String,
    /// Its public half (RFC 8037).
    pub public: Vec<u8>,
}

/// The id of the provider's own key.
const OWN: &str = "k1";

impl Scribe {
    /// The provider's own key, and those of the scenario that are in the set: by family, and how often each was rotated.
    pub fn key_set(&self, of_the_scenario: &[(FamilyId, u16)]) -> Vec<PublishedKey> {
        let own = self.signer().map(|pair| published(OWN.to_owned(), pair));
        let theirs = of_the_scenario.iter().filter_map(|(key, turn)| {
            let pair = pair_of(&self.private_key(*key, *turn))?;
            Some(published(self.kid(Some(*key), *turn), &pair))
        });
        own.into_iter().chain(theirs).collect()
    }

    /// Signs with the key of a family.
    pub(super) fn sign_as(&self, signed_by: Option<FamilyId>, turn: u16, text: &str) -> Option<String> {
        match signed_by {
            None => self.signer().map(|pair| signature(pair, text)),
            Some(key) => pair_of(&self.private_key(key, turn)).map(|pair| signature(&pair, text)),
        }
    }

    /// Whether a signature was made with the key of a family.
    pub(super) fn signed_as(&self, signed_by: Option<FamilyId>, turn: u16, text: &str, signature: &str) -> bool {
        match signed_by {
            None => self.signer().is_some_and(|pair| verifies(pair, text, signature)),
            Some(key) => pair_of(&self.private_key(key, turn)).is_some_and(|pair| verifies(&pair, text, signature)),
        }
    }

    /// Under which id a key stands in the set. Its successors have numbers.
    pub(super) fn kid(&self, signed_by: Option<FamilyId>, turn: u16) -> String {
        let name = signed_by.map(|key| self.plan.family(key)).map(|key| key.kid.as_ref().unwrap_or(&key.name));
        let name = name.map_or(OWN, String::as_str);
        if turn == 0 { name.to_owned() } else { format!("{name}.{}", turn + 1) }
    }

    /// Which of its keys an id means: how often it had been rotated.
    pub(super) fn turn_of(&self, signed_by: Option<FamilyId>, kid: &str) -> Option<u16> {
        let turn = match kid.strip_prefix(&self.kid(signed_by, 0))? {
            "" => 0,
            later => later.strip_prefix('.')?.parse::<u16>().ok()?.checked_sub(1)?,
        };
        (self.kid(signed_by, turn) == kid).then_some(turn)
    }

    fn private_key(&self, key: FamilyId, turn: u16) -> String {
        let mut text = String::new();
        self.render(Text::Generated { family: key, index: 0, turn }, Claims::default(), &mut text);
        text
    }
}

/// The key pair behind the text of a signing key.
pub(super) fn pair_of(private_key: &str) -> Option<Ed25519KeyPair> {
    let seed = Sha256::new().chain_update(b"private key").chain_update(private_key).finalize();
    Ed25519KeyPair::from_seed_unchecked(&seed).ok()
}

pub(super) fn signature(pair: &Ed25519KeyPair, text: &str) -> String {
    URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes()).as_ref())
}

pub(super) fn verifies(pair: &Ed25519KeyPair, text: &str, signature: &str) -> bool {
    let key = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
    URL_SAFE_NO_PAD.decode(signature).is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok())
}

fn published(kid: String, pair: &Ed25519KeyPair) -> PublishedKey {
    PublishedKey { kid, public: pair.public_key().as_ref().to_vec() }
}
