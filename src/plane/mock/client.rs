//! What OAuth asks of a client's request before anybody looks at who sent it, and of the name that a client goes by.

use std::collections::BTreeSet;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::model::service::{Act, Grant, MintedScopes, Operation};
use crate::model::{Plan, grants};
use crate::wire::{IdentityId, Scheme, Text};

use super::presented;
use super::said::Said;
use super::unreadable::Unreadable;

/// Whether clients of OAuth ask something here: RFC 6749, 7009, 7662 and 8693.
pub fn speaks_oauth(spec: &Operation) -> bool {
    match spec.act {
        Act::Mint { grant, .. } => grant != Grant::Plain,
        act => matches!(act, Act::RevokeToken | Act::IntrospectToken),
    }
}

/// Whether the form of a request is one, whatever it asks for: RFC 6749 sections 2.3 and 3.2.
pub fn check_form(headers: &HeaderMap, said: &Said<'_>) -> Result<(), Unreadable> {
    // RFC 8693 section 2.1: there may be several of these.
    if let Some(field) = said.repeated().find(|field| !matches!(*field, "audience" | "resource")) {
        return Err(Unreadable::Repeated(field.to_owned()));
    }
    match headers.contains_key(AUTHORIZATION) && said.get("client_secret").is_some() {
        true => Err(Unreadable::TwoLogins),
        false => Ok(()),
    }
}

/// Whether a request says what this operation cannot do without, and asks for no more than it can give.
pub fn check_meaning(plan: &Plan, spec: &Operation, said: &Said<'_>) -> Result<(), Unreadable> {
    if let Some(field) = required_field(spec).filter(|field| said.get(field).is_none()) {
        return Err(Unreadable::Missing(field));
    }
    match said.get("scope").and_then(|asked| beyond(plan, spec, asked)) {
        Some(scope) => Err(Unreadable::BeyondScope(scope.to_owned())),
        None => Ok(()),
    }
}

/// The field without which a request means nothing: RFC 6749 section 6, RFC 7009 section 2.1, RFC 7662 section 2.1, RFC 8693
/// section 2.1.
fn required_field(spec: &Operation) -> Option<&'static str> {
    match spec.act {
        Act::RevokeToken | Act::IntrospectToken => Some("token"),
        Act::Mint { grant: Grant::RefreshToken { .. }, .. } => Some("refresh_token"),
        Act::Mint { grant: Grant::TokenExchange, .. } => Some("subject_token"),
        _ => None,
    }
}

/// A scope that no token of this operation has. What has the scopes of other tokens is not known before these are looked at.
fn beyond<'a>(plan: &Plan, spec: &Operation, asked: &'a str) -> Option<&'a str> {
    let Act::Mint { family, .. } = spec.act else { return None };
    let held = &plan.family(family).scopes;
    let is_beyond = |scope: &&str| !held.iter().any(|held| grants(held, scope));
    asked.split_whitespace().find(is_beyond).filter(|_| spec.minting.scopes == MintedScopes::Family)
}

/// Whether a client shows a secret of its own: every name that it gives has to be that of the secret (RFC 6749 section
/// 2.3.1). A client goes by the name of its credential, as tokens have it in `client_id`, and by that of its identity.
pub fn shows_its_own(plan: &Plan, headers: &HeaderMap, said: &Said<'_>, secret: Text) -> bool {
    let user = presented::user(headers);
    if user.is_none() && said.get("client_secret").is_none() {
        return true;
    }
    let Text::Generated { family, index, .. } = secret else { return false };
    let spec = plan.family(family);
    let identity = spec.of.get(index).map(|of| plan.identity_name(IdentityId::new(of)));
    let is_its = |name: &str| {
        name == spec.name || name == plan.credential_name(family, index) || Some(name) == identity.as_deref()
    };
    let names: BTreeSet<&str> = user.as_deref().into_iter().chain(said.get("client_id")).collect();
    !names.is_empty() && names.into_iter().all(is_its)
}

/// How a client that was refused may authenticate: where it is asked for a client's secret by the scheme of that (RFC 6749
/// section 5.2), elsewhere as RFC 6750 section 3.1 says. Who shows nothing is told of no error.
pub fn challenge(spec: &Operation, shown: Option<Scheme>) -> &'static str {
    match shown {
        None | Some(Scheme::Basic) if speaks_oauth(spec) => "Basic realm=\"runaway\"",
        None => "Bearer",
        Some(_) => "Bearer error=\"invalid_token\"",
    }
}
