//! What an identity provider says of itself: RFC 8414 metadata, and its keys as RFC 7517 and RFC 8037 write them.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::model::Plan;
use crate::model::service::{Act, Grant, Operation, Validation};
use crate::vocabulary::{ISSUER, PublishedKey};
use crate::wire::{OpId, Span};

use super::answer::Answering;
use super::host::Shared;

/// Writes the document that this operation serves, if it serves one.
pub fn fill(shared: &Shared, op: OpId, answering: &mut Answering) {
    let spec = shared.plan.operation(op);
    if spec.act != Act::Metadata || !answering.body.is_empty() {
        return;
    }
    if spec.path.ends_with("jwks.json") {
        answering.body = keys(shared);
        answering.fresh_for = Some(kept_for(&shared.plan));
    } else {
        answering.body = server(shared, op);
    }
}

/// For how long the services of this world may trust a set of keys that they fetched. Whoever goes by the header is as
/// late as the latest of them.
fn kept_for(plan: &Plan) -> Span {
    let by_signature = plan.services.iter().filter(|service| matches!(service.validation, Validation::Jwt { .. }));
    by_signature.map(|service| service.keys.fetched_every).max().unwrap_or_default()
}

fn keys(shared: &Shared) -> String {
    let published = {
        let host = shared.host();
        host.world.published_keys(host.clock.now())
    };
    let keys: Vec<Value> = shared.scribe.key_set(&published).iter().map(key).collect();
    json!({ "keys": keys }).to_string()
}

fn key(PublishedKey { kid, public }: &PublishedKey) -> Value {
    let x = URL_SAFE_NO_PAD.encode(public);
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x})
}

fn server(shared: &Shared, op: OpId) -> String {
    let service = shared.plan.operation(op).service;
    let origin = shared.origins.url(service).unwrap_or_default();
    let mut document = serde_json::Map::new();
    // The endpoint is where a grant is asked for first; what is asked for elsewhere is none of it.
    let of_service = shared.plan.operations.iter().filter(|spec| spec.service == service);
    let issuing = of_service.filter_map(|spec| Some((spec.path.as_str(), issued_for(spec)?)));
    let issuing: Vec<(&str, &str)> = issuing.collect();
    let tokens = issuing.first().map(|(path, _)| *path);
    let grants: BTreeSet<&str> =
        issuing.iter().filter(|(path, _)| Some(*path) == tokens).map(|(_, name)| *name).collect();
    for spec in shared.plan.operations.iter().filter(|spec| spec.service == service) {
        let url = json!(format!("{origin}{}", spec.path));
        let endpoint = match spec.act {
            Act::Mint { .. } if tokens == Some(spec.path.as_str()) => "token_endpoint",
            Act::IntrospectToken => "introspection_endpoint",
            Act::RevokeToken => "revocation_endpoint",
            Act::Metadata if spec.path.ends_with("jwks.json") => "jwks_uri",
            _ => continue,
        };
        document.insert(endpoint.to_owned(), url);
    }
    // Tokens name the issuer, and their bytes must not depend on the port.
    document.insert("issuer".to_owned(), json!(ISSUER));
    document.insert("grant_types_supported".to_owned(), json!(grants));
    document.insert("response_types_supported".to_owned(), json!([]));
    let methods = json!(["client_secret_basic", "client_secret_post"]);
    document.insert("token_endpoint_auth_methods_supported".to_owned(), methods);
    serde_json::Value::Object(document).to_string()
}

/// The grant type with which a token is asked for.
fn issued_for(spec: &Operation) -> Option<&'static str> {
    let Act::Mint { grant, .. } = spec.act else { return None };
    match grant {
        Grant::ClientCredentials => Some("client_credentials"),
        Grant::RefreshToken { .. } => Some("refresh_token"),
        Grant::TokenExchange => Some("urn:ietf:params:oauth:grant-type:token-exchange"),
        Grant::Plain => None,
    }
}
