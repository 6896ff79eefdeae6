//! How the names of secrets become bytes, and bytes become names again.
//!
//! A secret is its name (family, index, turn) under a mask, behind a keyed digest of it: it looks like a key, nobody
//! can make one up, and the world needs no table to read it. Nothing here resembles a real vendor's format, so that a
//! report that leaks one alarms nobody.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use crate::model::identity::{Binding, ProofKind};
use crate::model::{Plan, Time};
use crate::wire::{Claims, FamilyId, IdentityId, SecretKind, Text, Tick};

/// Writes and reads the secrets of one run. Holds key material: it has no `Debug`.
pub struct Scribe {
    plan: Arc<Plan>,
    key: [u8; 32],
    /// Made when the first token is written or read.
    signer: OnceLock<Option<Ed25519KeyPair>>,
    /// The start of the run, in seconds since 1970.
    epoch: u64,
}

/// Bytes of a name: family, index, turn.
const NAME: usize = 10;
/// Bytes of the digest before it.
const SEAL: usize = 10;
/// What tokens say about who issued them.
pub const ISSUER: &str = "https://idp.runaway.test";

impl Scribe {
    pub fn new(plan: Arc<Plan>) -> Scribe {
        Scribe::starting(plan, Time::EPOCH)
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

    fn signer(&self) -> Option<&Ed25519KeyPair> {
        let signer = self.signer.get_or_init(|| {
            let seed = Sha256::new().chain_update(b"runaway signing key").chain_update(self.key).finalize();
            Ed25519KeyPair::from_seed_unchecked(&seed).ok()
        });
        signer.as_ref()
    }

    /// The public half of the signing key, for a JWKS document (RFC 8037).
    pub fn public_key(&self) -> Vec<u8> {
        self.signer().map_or(Vec::new(), |pair| pair.public_key().as_ref().to_vec())
    }

    /// What a credential of the start says of itself.
    pub fn claims_at_start(&self, text: Text) -> Claims {
        let Text::Generated { family, index, .. } = text else { return Claims::default() };
        let spec = self.plan.family(family);
        let subject = spec.of.get(index).map(IdentityId::new);
        let actors = spec.act.get(index).map(IdentityId::new).into_iter().collect();
        Claims { subject, actors, rights: None, until: spec.lives.map(|lives| Tick::ZERO + lives) }
    }

    /// Appends the bytes of a generated secret. A secret that was only seen on a socket has no name here.
    pub fn render(&self, text: Text, claims: Claims, out: &mut String) {
        let Text::Generated { family, index, turn } = text else { return };
        let sealed = hex(&self.seal(family, index, turn));
        match self.plan.family(family).kind {
            SecretKind::AccessToken => self.jwt(family, claims, &sealed, out),
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
        let sealed = if let Some(rest) = bytes.strip_prefix("eyJ") {
            let payload = rest.split('.').nth(1)?;
            let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
            let text = self.open(claims.get("jti")?.as_str()?)?;
            return self.signed(bytes).then_some(text);
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

    /// Whether this token carries our signature: RFC 7515 section 5.2 with the one algorithm that we use.
    fn signed(&self, token: &str) -> bool {
        token.rsplit_once('.').is_some_and(|(input, signature)| self.vouches(input, signature))
    }

    /// The team's signature under a text, detached, in base64url.
    pub fn sign(&self, text: &str) -> String {
        self.signer().map_or(String::new(), |pair| URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes())))
    }

    /// Whether this is the team's signature under a text.
    pub fn vouches(&self, text: &str, signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.public_key());
        URL_SAFE_NO_PAD.decode(signature).is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok())
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

    fn open(&self, sealed: &str) -> Option<Text> {
        let bytes = unhex(sealed).filter(|b| b.len() == SEAL + NAME)?;
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

    /// An access token after RFC 9068, signed with EdDSA (RFC 8037), whose signatures repeat byte for byte.
    fn jwt(&self, family: FamilyId, claims: Claims, jti: &str, out: &mut String) {
        let spec = self.plan.family(family);
        let header = serde_json::json!({"alg": "EdDSA", "kid": "k1", "typ": "at+jwt"});
        let mut said = serde_json::json!({
            "iss": ISSUER, "client_id": spec.name, "jti": jti, "iat": self.epoch,
        });
        let scopes = claims.rights.map_or(&spec.scopes[..], |rights| self.plan.access.words(rights));
        said["scope"] = scopes.join(" ").into();
        said["aud"] = match &spec.audience {
            None => "runaway".into(),
            Some(services) => services.iter().map(|service| self.plan.service(*service).name.as_str()).collect(),
        };
        if let Some(act) = acting(claims.actors.iter().map(|actor| self.plan.identity_name(*actor))) {
            said["act"] = act;
        }
        if let Some(subject) = claims.subject {
            said["sub"] = self.plan.identity_name(subject).into();
        }
        if let Some(until) = claims.until {
            let lives = spec.lives.unwrap_or_default();
            said["iat"] = (self.epoch + until.since(Tick::ZERO + lives).whole_seconds()).into();
            said["exp"] = (self.epoch + until.since(Tick::ZERO).whole_seconds()).into();
        }
        if let Binding::Key(kind) = spec.binding {
            let by = match kind {
                ProofKind::Dpop => "jkt",
                ProofKind::MutualTls => "x5t#S256",
            };
            said["cnf"] = serde_json::json!({by: self.thumbprint(jti)});
        }
        let start = out.len();
        URL_SAFE_NO_PAD.encode_string(header.to_string(), out);
        out.push('.');
        URL_SAFE_NO_PAD.encode_string(said.to_string(), out);
        let signature = self.signer().map(|pair| pair.sign(&out.as_bytes()[start..]));
        out.push('.');
        if let Some(signature) = signature {
            URL_SAFE_NO_PAD.encode_string(signature.as_ref(), out);
        }
    }
}

/// The claim `act`: the current actor outermost (RFC 8693 section 4.1).
fn acting(actors: impl DoubleEndedIterator<Item = String>) -> Option<serde_json::Value> {
    actors.rev().fold(None, |before, actor| {
        let mut act = serde_json::json!({"sub": actor});
        if let Some(before) = before {
            act["act"] = before;
        }
        Some(act)
    })
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let even = text.len().is_multiple_of(2) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    even.then(|| (0..text.len()).step_by(2).filter_map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect())
}
