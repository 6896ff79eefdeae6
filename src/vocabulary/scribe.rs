//! How the names of secrets become bytes, and bytes become names again.
//!
//! A secret is its name (family, index, turn) under a mask, behind a keyed digest of it: it looks like a key, nobody
//! can make one up, and the world needs no table to read it. Nothing here resembles a real vendor's format, so that a
//! report that leaks one alarms nobody.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use data_encoding::HEXLOWER;
use ring::signature::Ed25519KeyPair;
use sha2::{Digest, Sha256};

use crate::model::Plan;
use crate::wire::{Claims, FamilyId, IdentityId, SecretKind, Text, Tick};

use super::keys::{signature, verifies};

/// Writes and reads the secrets of one run. Holds key material: it has no `Debug`.
pub struct Scribe {
    pub(super) plan: Arc<Plan>,
    key: [u8; 32],
    /// Made when the first token is written or read.
    signer: OnceLock<Option<Ed25519KeyPair>>,
    /// The start of the run, in seconds since 1970.
    pub(super) epoch: u64,
}

/// Bytes of a name: family, index, turn.
const NAME: usize = 10;
/// Bytes of the digest before it.
const SEAL: usize = 10;

impl Scribe {
    pub fn new(plan: Arc<Plan>) -> Scribe {
        let zero = plan.time.zero;
        Scribe::starting(plan, zero)
    }

    /// A scribe whose tokens count from `epoch`, in seconds since 1970.
    pub fn starting(plan: Arc<Plan>, epoch: u64) -> Scribe {
        let key: [u8; 32] =
            Sha256::new().chain_update(b"runaway secrets").chain_update(plan.seed.to_le_bytes()).finalize().into();
        Scribe { plan, key, signer: OnceLock::new(), epoch }
    }

    /// 32 bytes that follow from the seed, for one purpose.
    pub(super) fn derived(&self, purpose: &[u8], of: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(purpose).chain_update(self.key).chain_update(of).finalize().into()
    }

    pub(super) fn signer(&self) -> Option<&Ed25519KeyPair> {
        let signer = self.signer.get_or_init(|| {
            let seed = Sha256::new().chain_update(b"runaway signing key").chain_update(self.key).finalize();
            Ed25519KeyPair::from_seed_unchecked(&seed).ok()
        });
        signer.as_ref()
    }

    /// What a credential of the start, or a forged one, says of itself.
    pub fn claims_at_start(&self, text: Text) -> Claims {
        if let Some((forgery, key_turn)) = text.forgery() {
            return self.claims_of_forgery(forgery, key_turn);
        }
        let Text::Generated { family, index, .. } = text else { return Claims::default() };
        let spec = self.plan.family(family);
        let subject = spec.of.get(index).map(IdentityId::new);
        let actors = spec.act.get(index).map(IdentityId::new).into_iter().collect();
        Claims { subject, actors, until: spec.lives.map(|lives| Tick::ZERO + lives), ..Claims::default() }
    }

    /// Appends the bytes of a secret that has a name here. One that was only seen on a socket has none.
    pub fn render(&self, text: Text, claims: Claims, out: &mut String) {
        if let Some((forgery, key_turn)) = text.forgery() {
            return self.forged(forgery, key_turn, out);
        }
        let Text::Generated { family, index, turn } = text else { return };
        let sealed = HEXLOWER.encode(&self.seal(family, index, turn));
        match self.plan.family(family).kind {
            SecretKind::AccessToken => self.token(family, &claims, &sealed, out),
            SecretKind::SigningKey => {
                let _ = write!(out, "-----BEGIN PRIVATE KEY-----{sealed}-----END PRIVATE KEY-----");
            }
            kind => {
                out.push_str(prefix(kind));
                out.push_str(&sealed);
            }
        }
    }

    /// The name behind bytes, if this world issued them.
    pub fn read(&self, bytes: &str) -> Option<Text> {
        let sealed = if bytes.starts_with("eyJ") {
            return self.read_token(bytes);
        } else if let Some(rest) = bytes.strip_prefix("-----BEGIN PRIVATE KEY-----") {
            rest.strip_suffix("-----END PRIVATE KEY-----")?
        } else {
            bytes.get(bytes.rfind('_')? + 1..)?
        };
        let text = self.open(sealed)?;
        let Text::Generated { family, .. } = text else { return None };
        let kind = self.plan.families.get(family.index())?.kind;
        let fits = match kind {
            SecretKind::AccessToken => false,
            SecretKind::SigningKey => bytes.starts_with("-----"),
            kind => bytes.strip_prefix(prefix(kind)) == Some(sealed),
        };
        fits.then_some(text)
    }

    /// The team's signature under a text, detached, in base64url.
    pub fn sign(&self, text: &str) -> String {
        self.signer().map_or(String::new(), |pair| signature(pair, text))
    }

    /// Whether this is the team's signature under a text.
    pub fn vouches(&self, text: &str, signature: &str) -> bool {
        self.signer().is_some_and(|pair| verifies(pair, text, signature))
    }

    fn seal(&self, family: FamilyId, index: u32, turn: u16) -> [u8; SEAL + NAME] {
        let mut name = [0; NAME];
        name[..4].copy_from_slice(&family.number().to_le_bytes());
        name[4..8].copy_from_slice(&index.to_le_bytes());
        name[8..].copy_from_slice(&turn.to_le_bytes());
        let digest = Sha256::new().chain_update(b"seal").chain_update(self.key).chain_update(name).finalize();
        let mut sealed = [0; SEAL + NAME];
        sealed[..SEAL].copy_from_slice(&digest[..SEAL]);
        let mask = self.mask(&sealed[..SEAL]);
        for (at, byte) in name.iter().enumerate() {
            sealed[SEAL + at] = byte ^ mask[at];
        }
        sealed
    }

    pub(super) fn open(&self, sealed: &str) -> Option<Text> {
        let bytes = HEXLOWER.decode(sealed.as_bytes()).ok().filter(|b| b.len() == SEAL + NAME)?;
        let mask = self.mask(&bytes[..SEAL]);
        let mut name = [0; NAME];
        for (at, byte) in name.iter_mut().enumerate() {
            *byte = bytes[SEAL + at] ^ mask[at];
        }
        let number = |at: usize| Some(u32::from_le_bytes(name.get(at..at + 4)?.try_into().ok()?));
        let (family, index, turn) = (number(0)?, number(4)?, u16::from_le_bytes([name[8], name[9]]));
        let known = (family as usize) < self.plan.families.len();
        let genuine = known && self.seal(FamilyId::new(family), index, turn)[..] == bytes[..];
        genuine.then(|| Text::Generated { family: FamilyId::new(family), index, turn })
    }

    fn mask(&self, seal: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(b"mask").chain_update(self.key).chain_update(seal).finalize().into()
    }
}

/// What the secrets of each kind begin with.
pub(super) const fn prefix(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::ApiKey => "rwk_",
        SecretKind::AccessToken => "eyJ",
        SecretKind::RefreshToken => "rwr_",
        SecretKind::Session => "rws_",
        SecretKind::OauthClient => "rwc_",
        SecretKind::ConnectedApp => "rwa_",
        SecretKind::PersonalToken => "rwp_",
        SecretKind::RoleSession => "rwi_",
        SecretKind::SigningKey => "-----BEGIN",
        SecretKind::Password => "rww_",
    }
}
