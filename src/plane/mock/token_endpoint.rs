//! What clients of a token endpoint read beside the token: what kind it is, and why they were given none.

use serde_json::json;

use crate::model::service::{Act, Grant, Operation};

use super::answer::Answering;

/// Adds what OAuth wants in an answer of this operation.
pub fn complete(spec: &Operation, answering: &mut Answering) {
    let Act::Mint { grant, .. } = spec.act else { return };
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

/// The field without which a request means nothing: RFC 6749 section 6, RFC 7009 section 2.1, RFC 7662 section 2.1, RFC 8693
/// section 2.1.
pub fn required_field(spec: &Operation) -> Option<&'static str> {
    match spec.act {
        Act::RevokeToken | Act::IntrospectToken => Some("token"),
        Act::Mint { grant: Grant::RefreshToken { .. }, .. } => Some("refresh_token"),
        Act::Mint { grant: Grant::TokenExchange, .. } => Some("subject_token"),
        _ => None,
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
