//! From a request of a targets file to the bytes that are sent: placeholders filled in, credentials presented.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use zeroize::Zeroizing;

use super::vault::{Fetched, NoCredential, Vault};
use crate::staging::client::{Client, Outgoing, Told};
use crate::staging::secret::{Secret, overwrite, secret_bytes};
use crate::staging::targets::{Body, CredentialIx, Piece, Present, Request, Targets, Template, placeholder};

/// What is written in another way where something is filled in: all but what stands for itself (RFC 3986 section 2.3), and
/// dots, which could lead elsewhere.
const FILLED_IN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// What is known while a request is made.
#[derive(Default)]
pub struct Filling<'f> {
    credentials: Vec<(CredentialIx, Fetched)>,
    captured: Vec<(&'f str, &'f str)>,
}

impl<'f> Filling<'f> {
    /// Fetches what the request needs, but for `given`.
    pub async fn gather(
        vault: &Vault,
        targets: &Targets,
        client: &Client,
        request: &Request,
        given: Option<(CredentialIx, &Fetched)>,
        captured: &'f BTreeMap<String, Secret>,
    ) -> Result<Filling<'f>, NoCredential> {
        let captured = captured.iter().map(|(name, secret)| (name.as_str(), secret.expose())).collect();
        let mut filling = Filling::of_captured(captured);
        for ix in (0..targets.credentials.len()).map(CredentialIx) {
            if request.with != Some(ix) && !request.mentions(ix) {
                continue;
            }
            let fetched = match given {
                Some((known, fetched)) if known == ix => match vault.rotated(ix) {
                    Some(secret) => Fetched::plain(secret),
                    None => fetched.clone(),
                },
                _ => vault.kept(targets, client, ix).await?,
            };
            filling.credentials.push((ix, fetched));
        }
        Ok(filling)
    }

    /// What stands in placeholders that are no credentials.
    pub fn of_captured(captured: Vec<(&'f str, &'f str)>) -> Filling<'f> {
        Filling { credentials: Vec::new(), captured }
    }

    fn fetched(&self, ix: CredentialIx) -> Option<&Fetched> {
        self.credentials.iter().find(|(known, _)| *known == ix).map(|(_, fetched)| fetched)
    }

    fn credential(&self, ix: CredentialIx) -> Option<&Secret> {
        self.fetched(ix).map(|fetched| &fetched.secret)
    }

    fn of<'a>(&'a self, piece: &'a Piece) -> Result<&'a str, String> {
        let missing = || "something that should have been captured was not".to_owned();
        match piece {
            Piece::Text(text) => Ok(text),
            Piece::Credential(ix) => self.credential(*ix).map(Secret::expose).ok_or_else(missing),
            Piece::Issued { with, name } => {
                self.fetched(*with).and_then(|fetched| fetched.beside.get(name)).map(Secret::expose).ok_or_else(missing)
            }
            Piece::Captured(name) => {
                self.captured.iter().find(|(known, _)| known == name).map(|(_, text)| *text).ok_or_else(missing)
            }
        }
    }

    fn text(&self, template: &Template) -> Result<Zeroizing<String>, String> {
        let mut text = Zeroizing::new(String::new());
        for piece in &template.0 {
            text.push_str(self.of(piece)?);
        }
        Ok(text)
    }

    /// A URL, in whose path what is filled in cannot begin another part of it.
    fn url(&self, begins: &str, path: &Template) -> Result<Zeroizing<String>, String> {
        let mut filled = Zeroizing::new(String::new());
        for piece in &path.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                piece => filled.extend(utf8_percent_encode(self.of(piece)?, FILLED_IN)),
            }
        }
        if filled.split(['/', '?']).any(leads_elsewhere) {
            return Err("what is filled in would lead out of the path".to_owned());
        }
        filled.insert_str(0, begins);
        Ok(filled)
    }

    fn json(&self, targets: &Targets, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.filled_in(targets, text)),
            Value::Array(items) => items.iter().map(|item| self.json(targets, item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(key, field)| (key.clone(), self.json(targets, field))).collect()
            }
            other => other.clone(),
        }
    }

    /// What is filled in is not read for placeholders again: the other end may have chosen it.
    fn filled_in(&self, targets: &Targets, text: &str) -> String {
        let named = |name: &str| {
            let mut credentials = self.credentials.iter();
            let credential = credentials.find(|(ix, _)| targets.credential(*ix).name == name);
            let captured = || self.captured.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
            let beside = || self.credentials.iter().find_map(|(_, fetched)| fetched.beside.get(name));
            let secret = credential.map(|(_, fetched)| &fetched.secret).or_else(beside);
            secret.map(Secret::expose).or_else(captured)
        };
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, name, after)) = placeholder(rest) {
            filled.push_str(before);
            match named(name) {
                Some(text) => filled.push_str(text),
                None => filled.push_str(&rest[before.len()..rest.len() - after.len()]),
            }
            rest = after;
        }
        filled + rest
    }
}

/// Whether what was filled in makes a dot segment, also an escaped one (RFC 3986 section 5.2.4, as URLs are parsed).
fn leads_elsewhere(segment: &str) -> bool {
    segment.contains("%2E") && matches!(segment.replace("%2E", ".").as_str(), "." | "..")
}

/// The request as it is sent, and what is told of it.
pub fn render(targets: &Targets, request: &Request, filling: &Filling<'_>) -> Result<Outgoing, String> {
    let told = Told {
        path: named_path(targets, request),
        purpose: "step",
        credential: request.with.map(|ix| targets.credential(ix).name.as_str().into()),
    };
    Ok(Outgoing { told, ..untold(targets, request, filling)? })
}

/// The request as it is sent, of which somebody else says what is told.
pub fn untold(targets: &Targets, request: &Request, filling: &Filling<'_>) -> Result<Outgoing, String> {
    let mut headers = HeaderMap::new();
    for (name, template) in &request.headers {
        headers.append(name.clone(), sensitive(&filling.text(template)?)?);
    }
    if let Some(ix) = request.with {
        let secret = filling.credential(ix).ok_or("a credential is missing")?;
        present(&targets.credential(ix).present, secret, &mut headers)?;
    }
    let (kind, body) = match &request.body {
        Body::None => (None, Vec::new()),
        Body::Form(fields) => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (name, template) in fields {
                form.append_pair(name, &filling.text(template)?);
            }
            (Some("application/x-www-form-urlencoded"), form.finish().into_bytes())
        }
        Body::Json(value, _) => {
            let mut filled = filling.json(targets, value);
            let body = filled.to_string().into_bytes();
            overwrite(&mut filled);
            (Some("application/json"), body)
        }
        Body::Text(template) => (None, filling.text(template)?.as_bytes().to_vec()),
    };
    if let Some(kind) = kind
        && !headers.contains_key(CONTENT_TYPE)
    {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    let url = filling.url(&targets.origin(request.origin).begins, &request.path)?;
    Ok(Outgoing { method: request.method.clone(), url, headers, body: secret_bytes(body), told: Told::default() })
}

/// The path, with names in braces for what is filled in, and without its query.
pub fn named_path(targets: &Targets, request: &Request) -> String {
    let mut path = String::new();
    for piece in &request.path.0 {
        match piece {
            Piece::Text(text) => path.push_str(text),
            Piece::Credential(ix) => path.push_str(&format!("{{{}}}", targets.credential(*ix).name)),
            Piece::Captured(name) | Piece::Issued { name, .. } => path.push_str(&format!("{{{name}}}")),
        }
    }
    path.truncate(path.find('?').unwrap_or(path.len()));
    path
}

/// Puts a credential where its service looks for it.
pub fn present(present: &Present, secret: &Secret, headers: &mut HeaderMap) -> Result<(), String> {
    let (name, value) = shown(present, secret)?;
    headers.insert(name, value);
    Ok(())
}

/// The header in which a credential is presented.
pub fn shown(present: &Present, secret: &Secret) -> Result<(HeaderName, HeaderValue), String> {
    let text = secret.expose();
    let (name, value): (HeaderName, Zeroizing<String>) = match present {
        Present::Bearer => (AUTHORIZATION, Zeroizing::new(format!("Bearer {text}"))),
        Present::Basic => (AUTHORIZATION, Zeroizing::new(format!("Basic {}", STANDARD.encode(text)))),
        Present::Scheme(scheme) => (AUTHORIZATION, Zeroizing::new(format!("{scheme} {text}"))),
        Present::Header(name) => (name.clone(), Zeroizing::new(text.to_owned())),
        Present::Cookie(name) => (COOKIE, Zeroizing::new(format!("{name}={text}"))),
    };
    Ok((name, sensitive(&value)?))
}

/// A header that nothing prints.
fn sensitive(text: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(text).map_err(|_| "a credential holds what no header can".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// What an answer told, in words that hold no secret: its status, and the error code where it has one.
pub fn told(status: u16, body: &[u8]) -> String {
    error_code(body).map_or_else(|| status.to_string(), |code| format!("{status} {code}"))
}

/// The `error` of a JSON answer (RFC 6749 section 5.2), where it is a plain word.
pub fn error_code(body: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    json.get("error")?.as_str().filter(|code| is_code(code)).map(str::to_owned)
}

/// The `error` of a `WWW-Authenticate` header (RFC 6750 section 3), where it is a plain word.
pub fn challenge(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(http::header::WWW_AUTHENTICATE)?.to_str().ok()?;
    let (_, rest) = text.split_once("error=")?;
    let rest = rest.trim_start_matches('"');
    let code: String = rest.chars().take_while(|c| *c == '_' || c.is_ascii_lowercase()).collect();
    is_code(&code).then_some(code)
}

fn is_code(code: &str) -> bool {
    (3..=40).contains(&code.len()) && code.chars().all(|c| c == '_' || c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_a_word() {
        let of = |text: &'static str| {
            challenge(&HeaderMap::from_iter([(http::header::WWW_AUTHENTICATE, HeaderValue::from_static(text))]))
        };
        assert_eq!(
            of("Bearer realm=\"x\", error=\"invalid_token\", error_description=\"no\"").as_deref(),
            Some("invalid_token")
        );
        assert_eq!(of("Bearer error=invalid_token").as_deref(), Some("invalid_token"));
        assert_eq!(of("Basic realm=\"x\""), None);
        assert_eq!(of("Bearer error=\"eyJhbGciOi\""), None);
    }

    #[test]
    fn nothing_that_is_filled_in_leads_out_of_its_path() {
        let path = Template(vec![
            Piece::Text("/notes/".to_owned()),
            Piece::Captured("id".to_owned()),
            Piece::Text("/admin?of=".to_owned()),
            Piece::Captured("other".to_owned()),
        ]);
        let url = |id, other| Filling::of_captured(vec![("id", id), ("other", other)]).url("http://a", &path);
        assert_eq!(url("a.b", "x").unwrap().as_str(), "http://a/notes/a%2Eb/admin?of=x");
        assert_eq!(url("...", "/../").unwrap().as_str(), "http://a/notes/%2E%2E%2E/admin?of=%2F%2E%2E%2F");
        for id in [".", ".."] {
            assert!(url(id, "x").is_err(), "{id}");
        }
    }

    #[test]
    fn error_codes_are_words() {
        assert_eq!(told(400, b"{\"error\":\"unsupported_token_type\"}"), "400 unsupported_token_type");
        assert_eq!(told(400, b"{\"error\":\"ghp_0123456789abcdef\"}"), "400");
        assert_eq!(told(500, b"<html>"), "500");
    }
}
