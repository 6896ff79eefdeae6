//! Credentials in requests: how they are put there, and where they are found.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use crate::model::Plan;
use crate::model::identity::{Binding, ProofKind};
use crate::vocabulary::Scribe;
use crate::wire::Scheme;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// RFC 9449 section 4.1.
const DPOP: HeaderName = HeaderName::from_static("dpop");
/// RFC 9440 section 2.2, from the proxy that ends the connection.
const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");

/// The ways in which the clients of a world prove to have a key.
pub fn kinds(plan: &Plan) -> Vec<ProofKind> {
    let bound = |kind: &ProofKind| plan.families.iter().any(|family| family.binding == Binding::Key(*kind));
    [ProofKind::Dpop, ProofKind::MutualTls].into_iter().filter(bound).collect()
}

/// Proves that the sender has the key that a secret may be bound to, before the secret itself is put there.
pub fn prove(
    scribe: &Scribe,
    kinds: &[ProofKind],
    secret: &str,
    (method, path): (&str, &str),
    headers: &mut HeaderMap,
) {
    for kind in kinds {
        let (name, value) = match kind {
            ProofKind::Dpop => (DPOP, scribe.dpop(secret, method, path)),
            ProofKind::MutualTls => (CLIENT_CERT, scribe.certificate(secret)),
        };
        headers.extend(value.and_then(|value| HeaderValue::try_from(value).ok()).map(|value| (name, value)));
    }
}

/// Whether a request carries the proof that a secret of this kind asks for.
pub fn proven(
    scribe: &Scribe,
    kind: ProofKind,
    secret: &str,
    (method, path): (&str, &str),
    headers: &HeaderMap,
) -> bool {
    let header = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    match kind {
        ProofKind::Dpop => header(DPOP).is_some_and(|proof| scribe.proves(proof, secret, method, path)),
        ProofKind::MutualTls => {
            header(CLIENT_CERT).is_some_and(|shown| scribe.certificate(secret).as_deref() == Some(shown))
        }
    }
}

/// Puts a credential into the headers, marked as sensitive so that nothing prints it.
pub fn put(scheme: Scheme, secret: &str, headers: &mut HeaderMap) {
    let mut value = String::new();
    let name = match scheme {
        Scheme::Bearer => {
            let word = if headers.contains_key(DPOP) { "DPoP" } else { "Bearer" };
            let _ = write!(value, "{word} {secret}");
            AUTHORIZATION
        }
        Scheme::Basic => {
            value.push_str("Basic ");
            STANDARD.encode_string(format!("client:{secret}"), &mut value);
            AUTHORIZATION
        }
        Scheme::Key => {
            value.push_str(secret);
            API_KEY
        }
        Scheme::Cookie => {
            let _ = write!(value, "session={secret}");
            COOKIE
        }
    };
    if let Ok(mut value) = HeaderValue::try_from(value) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

/// User and password of RFC 7617.
fn basic(authorization: &str) -> Option<(String, String)> {
    let (_, rest) = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))?;
    let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// Who a request says that it is from, where it names somebody beside the credential; encoded as RFC 6749 section 2.3.1 has
/// the names of clients.
pub fn user(headers: &HeaderMap) -> Option<String> {
    let (user, _) = basic(headers.get(AUTHORIZATION)?.to_str().ok()?)?;
    Some(percent_decode_str(&user.replace('+', " ")).decode_utf8_lossy().into_owned())
}

/// The credential that a request presents: in a header, or as RFC 6749 section 2.3.1 allows in the form.
pub fn find(headers: &HeaderMap, in_form: Option<&str>) -> Option<(Scheme, String)> {
    let header = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(value) = header(AUTHORIZATION) {
        let (scheme, rest) = value.split_once(' ')?;
        if ["bearer", "dpop"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return Some((Scheme::Bearer, rest.trim().to_owned()));
        }
        if scheme.eq_ignore_ascii_case("basic") {
            return Some((Scheme::Basic, basic(value)?.1));
        }
        return Some((Scheme::Bearer, value.to_owned()));
    }
    if let Some(key) = header(API_KEY) {
        return Some((Scheme::Key, key.to_owned()));
    }
    let cookie = header(COOKIE).and_then(|c| c.split(';').find_map(|c| c.trim().strip_prefix("session=")));
    let cookie = cookie.map(|session| (Scheme::Cookie, session.to_owned()));
    cookie.or_else(|| Some((Scheme::Basic, in_form?.to_owned())))
}
