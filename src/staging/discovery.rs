//! Where an identity provider's endpoints are, as it says itself: the metadata of RFC 8414, or of OpenID Connect Discovery
//! where there is none.

use http::{HeaderMap, Method};
use serde_json::Value;

use super::client::{Client, Outgoing, Told};
use super::guard::Refused;
use super::origin::{NotAUrl, OriginKey, strict_url};
use super::targets::{Endpoints, Issuer, Targets};
use crate::planted::Mistake;

/// Why the endpoints are not known.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Undiscovered {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("{url} is not answered with metadata: {why}")]
    NoMetadata { url: String, why: String },
    #[error("{url} is the metadata of another issuer, so nothing in it is believed (RFC 8414 section 3.3)")]
    OtherIssuer { url: String },
    #[error("its `{field}` is no URL that may be used: {why}")]
    NotAUrl { field: &'static str, why: NotAUrl },
    #[error("its `{field}` is at {origin}, which is not among the origins")]
    Elsewhere { field: &'static str, origin: String },
}

impl Undiscovered {
    /// Whether an answer was there, and was not believed.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Undiscovered::NoMetadata { .. })
    }
}

/// Asks an issuer.
///
/// # Errors
///
/// What was wrong with its answer, or why it was not asked.
pub async fn discover(client: &Client, targets: &Targets, issuer: &Issuer) -> Result<Endpoints, Undiscovered> {
    let (origin, path) = (&targets.origin(issuer.origin).at, path_of(&issuer.url));
    // RFC 8414 section 3.1 puts the well-known part before the path, OpenID Connect Discovery 1.0 section 4 behind it.
    let first = format!("{origin}/.well-known/oauth-authorization-server{path}");
    let second = format!("{origin}{path}/.well-known/openid-configuration");
    match metadata(client, &first).await {
        Ok(metadata) => endpoints(targets, issuer, &first, &metadata),
        Err(Undiscovered::NoMetadata { why, .. }) => {
            let metadata = metadata(client, &second).await.map_err(|error| match error {
                Undiscovered::NoMetadata { url, why: again } => {
                    Undiscovered::NoMetadata { url: format!("{first} ({why}), nor {url},"), why: again }
                }
                other => other,
            })?;
            endpoints(targets, issuer, &second, &metadata)
        }
        Err(other) => Err(other),
    }
}

/// The path of an issuer, without a slash at its end.
fn path_of(issuer: &str) -> &str {
    let authority = issuer.find("://").map_or(0, |at| at + 3);
    let rest = &issuer[authority..];
    rest.find('/').map_or("", |at| rest[at..].trim_end_matches('/'))
}

async fn metadata(client: &Client, url: &str) -> Result<Value, Undiscovered> {
    let none = |why: String| Undiscovered::NoMetadata { url: url.to_owned(), why };
    let told = Told { path: path_of(url).to_owned(), purpose: "discovery", credential: None };
    let outgoing = Outgoing {
        method: Method::GET,
        url: url.to_owned().into(),
        headers: HeaderMap::new(),
        body: Default::default(),
        told,
    };
    let answer = client.send(&outgoing).await?.got.map_err(|broken| none(broken.to_string()))?;
    if answer.status != 200 {
        return Err(none(format!("status {}", answer.status)));
    }
    let json: Value = serde_json::from_slice(&answer.body).map_err(|_| none("it is no JSON".to_owned()))?;
    if json.get("issuer").is_some_and(Value::is_string) { Ok(json) } else { Err(none("it names no issuer".to_owned())) }
}

fn endpoints(targets: &Targets, issuer: &Issuer, url: &str, metadata: &Value) -> Result<Endpoints, Undiscovered> {
    if metadata["issuer"] != issuer.url.as_str() && !Mistake::AnyIssuerIsBelieved.here() {
        return Err(Undiscovered::OtherIssuer { url: url.to_owned() });
    }
    let endpoint = |field: &'static str| -> Result<Option<String>, Undiscovered> {
        let Some(text) = metadata[field].as_str() else { return Ok(None) };
        let url = strict_url(text).map_err(|why| Undiscovered::NotAUrl { field, why })?;
        let key = OriginKey::of(&url).ok_or(Undiscovered::NotAUrl { field, why: NotAUrl::Host })?;
        let listed = targets.origins.iter().find(|origin| origin.at == key);
        let listed = listed.ok_or_else(|| Undiscovered::Elsewhere { field, origin: key.to_string() })?;
        let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
        Ok(Some(format!("{}:{}{query}", listed.name, url.path())))
    };
    Ok(Endpoints { token: endpoint("token_endpoint")?, revocation: endpoint("revocation_endpoint")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_an_issuer_has_no_slash_at_its_end() {
        assert_eq!(path_of("https://id.example"), "");
        assert_eq!(path_of("https://id.example/"), "");
        assert_eq!(path_of("https://id.example/a/b/"), "/a/b");
    }
}
