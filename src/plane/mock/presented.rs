//! Credentials in requests: how they are put there, and where they are found.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::wire::Scheme;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Puts a credential into the headers, marked as sensitive so that nothing prints it.
pub fn put(scheme: Scheme, secret: &str, headers: &mut HeaderMap) {
    let mut value = String::new();
    let name = match scheme {
        Scheme::Bearer => {
            let _ = write!(value, "Bearer {secret}");
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

/// The credential that a request presents: in a header, or as RFC 6749 section 2.3.1 allows in the form.
pub fn find(headers: &HeaderMap, in_form: Option<&str>) -> Option<(Scheme, String)> {
    let header = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(value) = header(AUTHORIZATION) {
        let (scheme, rest) = value.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some((Scheme::Bearer, rest.trim().to_owned()));
        }
        if scheme.eq_ignore_ascii_case("basic") {
            let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
            return Some((Scheme::Basic, decoded.split_once(':')?.1.to_owned()));
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
