//! What clients of a token endpoint read beside the token: what kind it is, and why they were given none.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::model::service::{Act, Grant, Operation};
use crate::wire::Body;

use super::answer::Answering;
use super::host::{Decided, Shared};

/// Adds what OAuth wants in an answer of this operation.
pub fn complete(spec: &Operation, answering: &mut Answering) {
    let Act::Mint { grant, .. } = spec.act else { return };
    // RFC 6749 section 5.1.
    answering.unstored = true;
    match (answering.status, grant) {
        (_, Grant::Plain) => {}
        (200, Grant::TokenExchange) => {
            if let Some(body) = answering.body.strip_suffix('}') {
                answering.body = format!(r#"{body},"issued_token_type":"{ACCESS_TOKEN}"}}"#);
            }
        }
        (status, grant) => {
            if let Some(error) = error(status, grant) {
                answering.body = json!({ "error": error }).to_string();
            }
        }
    }
}

/// RFC 6749 section 3.3: a client that asked for other scopes than its token has reads which it has.
pub fn tell_scope(shared: &Shared, asked: &str, decided: &mut Decided) {
    let Body::Token { access, .. } = decided.response.body else { return };
    let issued = shared.scopes_of(access);
    let same = asked.split_whitespace().collect::<BTreeSet<_>>() == issued.split_whitespace().collect();
    if let Some(body) = decided.answering.body.strip_suffix('}').filter(|_| !same) {
        decided.answering.body = format!("{body},\"scope\":{}}}", Value::from(issued));
    }
}

/// RFC 8693 section 3.
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// RFC 6749 section 5.2; for a subject that is no good, RFC 8693 section 2.2.2.
fn error(status: u16, grant: Grant) -> Option<&'static str> {
    match (status, grant) {
        (400, Grant::TokenExchange) => Some("invalid_request"),
        (400, _) => Some("invalid_grant"),
        (401, _) => Some("invalid_client"),
        (403, _) => Some("unauthorized_client"),
        _ => None,
    }
}
