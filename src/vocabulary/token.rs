//! Access tokens after RFC 9068, signed with EdDSA (RFC 8037), whose signatures repeat byte for byte.
//!
//! One that the provider issued carries its sealed name as `jti`. One that somebody forged cannot: its reader goes by
//! the signature, as services do, and by what it says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::model::identity::{Binding, ProofKind};
use crate::wire::{Claims, FamilyId, Forgery, Span, Text, Tick};

use super::Scribe;
use super::keys::{pair_of, signature};

/// What tokens say about who issued them.
pub const ISSUER: &str = "https://idp.runaway.test";

impl Scribe {
    /// Appends a token that the provider issues.
    pub(super) fn token(&self, family: FamilyId, claims: &Claims, jti: &str, out: &mut String) {
        let signed_by = self.plan.family(family).signed_by;
        let unsigned = self.unsigned(family, claims, jti);
        let signature = self.sign_as(signed_by, claims.key_turn, &unsigned).unwrap_or_default();
        out.extend([unsigned.as_str(), ".", &signature]);
    }

    /// Appends a token that nobody issued.
    pub(super) fn forged(&self, forgery: Forgery, key_turn: u16, out: &mut String) {
        self.token(forgery.family, &self.claims_of_forgery(forgery, key_turn), &self.made_up(forgery), out);
    }

    /// A token made by somebody who has read the text of a signing key. Nothing where it is not the key of such tokens,
    /// which anybody can tell by the key set.
    pub fn forge(&self, private_key: &str, forgery: Forgery) -> Option<String> {
        let pair = pair_of(private_key)?;
        let Text::Generated { family: key, turn, .. } = self.read(private_key)? else { return None };
        let (forgery, _) = Text::forged(forgery, turn)?.forgery()?;
        let claims = self.claims_of_forgery(forgery, turn);
        let unsigned = self.unsigned(forgery.family, &claims, &self.made_up(forgery));
        let theirs = self.plan.family(forgery.family).signed_by == Some(key);
        theirs.then(|| format!("{unsigned}.{}", signature(&pair, &unsigned)))
    }

    /// The name behind a token. What was forged has one as well, where it says what such tokens say.
    pub(super) fn read_token(&self, token: &str) -> Option<Text> {
        let (unsigned, signature) = token.rsplit_once('.')?;
        let (header, payload) = unsigned.split_once('.')?;
        let (header, said) = (decoded(header)?, decoded(payload)?);
        let issued = self.open(said.get("jti")?.as_str()?);
        let family = match issued {
            Some(Text::Generated { family, .. }) => family,
            _ => self.family_named(said.get("client_id")?.as_str()?)?,
        };
        let signed_by = self.plan.family(family).signed_by;
        let key_turn = self.turn_of(signed_by, header.get("kid")?.as_str()?)?;
        if !self.signed_as(signed_by, key_turn, unsigned, signature) {
            return None;
        }
        issued.or_else(|| {
            let seconds = said.get("iat")?.as_u64()?.checked_sub(self.epoch)?;
            let subject = self.plan.identity_named(said.get("sub")?.as_str()?)?;
            let forgery = Forgery { family, subject, at: Tick::ZERO + Span::from_secs(seconds) };
            let expected = self.said(family, &self.claims_of_forgery(forgery, key_turn), &self.made_up(forgery));
            Text::forged(forgery, key_turn).filter(|_| signed_by.is_some() && said == expected)
        })
    }

    /// The scopes that a token says it has.
    pub fn scopes(&self, family: FamilyId, claims: &Claims) -> &[String] {
        claims.rights.map_or(&self.plan.family(family).scopes, |rights| self.plan.access.words(rights))
    }

    fn family_named(&self, name: &str) -> Option<FamilyId> {
        self.plan.family_ids().find(|family| self.plan.family(*family).name == name)
    }

    pub(super) fn claims_of_forgery(&self, forgery: Forgery, key_turn: u16) -> Claims {
        let lives = self.plan.family(forgery.family).lives;
        let until = lives.map(|lives| forgery.at + lives);
        Claims { subject: Some(forgery.subject), until, key_turn, ..Claims::default() }
    }

    /// The `jti` that a forger makes up.
    fn made_up(&self, forgery: Forgery) -> String {
        let Forgery { family, subject, at } = forgery;
        let name = format!("{} {} {}", self.plan.family(family).name, self.plan.identity_name(subject), at.0);
        HEXLOWER.encode(&Sha256::digest(name)[..16])
    }

    /// Header and claims, as they are signed.
    fn unsigned(&self, family: FamilyId, claims: &Claims, jti: &str) -> String {
        let kid = self.kid(self.plan.family(family).signed_by, claims.key_turn);
        let header = json!({"alg": "EdDSA", "kid": kid, "typ": "at+jwt"});
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}", encoded(&header), encoded(&self.said(family, claims, jti)))
    }

    /// The claims: RFC 9068 section 2.2.
    fn said(&self, family: FamilyId, claims: &Claims, jti: &str) -> Value {
        let spec = self.plan.family(family);
        let mut said = json!({
            "iss": ISSUER, "client_id": spec.name, "jti": jti, "iat": self.epoch,
        });
        said["scope"] = self.scopes(family, claims).join(" ").into();
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
            said["cnf"] = json!({by: self.thumbprint(jti)});
        }
        said
    }
}

fn decoded(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// The claim `act`: the current actor outermost (RFC 8693 section 4.1).
fn acting(actors: impl DoubleEndedIterator<Item = String>) -> Option<Value> {
    actors.rev().fold(None, |before, actor| {
        let mut act = json!({"sub": actor});
        if let Some(before) = before {
            act["act"] = before;
        }
        Some(act)
    })
}
