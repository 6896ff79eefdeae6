//! Proofs that a sender has the key that its credential is bound to: DPoP (RFC 9449), and the certificate of a
//! connection as a proxy in front of a service passes it on (RFC 8705, RFC 9440).
//!
//! The key of a credential follows from the run's seed and the credential's public handle. Only who has it by right
//! asks for it: a client who found the token elsewhere sends no proof.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Scribe;

impl Scribe {
    /// The header `DPoP` of a request that presents these bytes.
    pub fn dpop(&self, secret: &str, method: &str, path: &str) -> Option<String> {
        let pair = self.proof_key(secret)?;
        let header = json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk(pair.public_key().as_ref())});
        let ath = hash(secret);
        let jti = hash(&format!("{method} {path} {ath}"));
        let claims = json!({"jti": jti, "htm": method, "htu": path, "iat": 0, "ath": ath});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encode(&header), encode(&claims));
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(input.as_bytes()).as_ref());
        Some(format!("{input}.{signature}"))
    }

    /// Whether a proof is about this request and this secret, and signed with its key: RFC 9449 section 4.3, without
    /// the checks against replay.
    pub fn proves(&self, proof: &str, secret: &str, method: &str, path: &str) -> bool {
        let claims = || -> Option<Value> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(proof.split('.').nth(1)?).ok()?).ok()
        };
        let signed = || -> Option<bool> {
            let (input, signature) = proof.rsplit_once('.')?;
            let pair = self.proof_key(secret)?;
            let key = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
            Some(key.verify(input.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).is_ok())
        };
        let about = claims().is_some_and(|said| {
            said["htm"] == method && said["htu"] == path && said["ath"] == Value::String(hash(secret))
        });
        about && signed() == Some(true)
    }

    /// The header `Client-Cert` of a connection with the key of this secret.
    pub fn certificate(&self, secret: &str) -> Option<String> {
        Some(format!(":{}:", STANDARD.encode(self.proof_key(secret)?.public_key().as_ref())))
    }

    /// The claim `cnf` of a token that is bound to its key (RFC 7800): its thumbprint after RFC 7638.
    pub(super) fn thumbprint(&self, handle: &str) -> Option<String> {
        let pair = self.key_of(handle)?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        Some(hash(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
    }

    fn proof_key(&self, secret: &str) -> Option<Ed25519KeyPair> {
        self.key_of(&handle_of(secret)?)
    }

    fn key_of(&self, handle: &str) -> Option<Ed25519KeyPair> {
        Ed25519KeyPair::from_seed_unchecked(&self.derived(b"proof key", handle.as_bytes())).ok()
    }
}

/// What of a secret is no secret: the `jti` of a token, the last part of anything else.
fn handle_of(secret: &str) -> Option<String> {
    if !secret.starts_with("eyJ") {
        return Some(secret.rsplit('_').next()?.to_owned());
    }
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(secret.split('.').nth(1)?).ok()?).ok()?;
    Some(claims.get("jti")?.as_str()?.to_owned())
}

fn jwk(key: &[u8]) -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(key)})
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}
