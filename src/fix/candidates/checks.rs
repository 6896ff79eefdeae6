//! How soon services hear of it that a credential has ended.

use std::collections::BTreeSet;

use crate::model::service::{Service, Validation};
use crate::scenario::Node;
use crate::wire::{ServiceId, Span};

use super::super::edit::{Edit, map, text};
use super::super::facts::Facts;
use super::{Candidate, Kind};

/// An event arrives within this, and an answer of the issuer is trusted for so long.
const SOON: (&str, Span) = ("1s", Span::from_secs(1));
/// A service fetches the set of trusted keys so often.
const FETCHED: (&str, Span) = ("1min", Span::from_secs(60));

pub fn all(facts: &Facts<'_>) -> Vec<Candidate> {
    let mut found = pushed(facts);
    found.extend(checked(facts));
    found.extend(keys_sooner(facts));
    found
}

/// Services at which the task was exceeded.
fn harmed<'f>(facts: &'f Facts<'_>) -> impl Iterator<Item = &'f Service> {
    let services: BTreeSet<ServiceId> = facts.harmful.iter().map(|op| facts.plan.operation(*op).service).collect();
    services.into_iter().map(|id| facts.plan.service(id))
}

/// How a service would validate, with these parts of what it says today.
fn beside(facts: &Facts<'_>, spec: &Service, accepts: [(&'static str, Node); 2], parts: &[&'static str]) -> Node {
    let said = facts.tree.get("services").and_then(|services| services.get(&spec.name)?.get("accepts"));
    let kept = parts.iter().filter_map(|part| Some((*part, said?.get(part)?.clone())));
    map(accepts.into_iter().chain(kept).collect())
}

/// Services are told of a revocation, instead of going on until they look again.
fn pushed(facts: &Facts<'_>) -> Vec<Candidate> {
    let late = |validation: Validation| match validation {
        Validation::Jwt { .. } => true,
        Validation::Push { delay } => delay > SOON.1,
        Validation::Introspect { .. } | Validation::ApiKey { .. } => validation.cache().is_some(),
        Validation::None | Validation::Gateway => false,
    };
    let service = |spec: &Service| {
        let accepts = [("mode", text("push")), ("delay", text(SOON.0))];
        let accepts = beside(facts, spec, accepts, &["keys", "audience", "jwks_cache"]);
        let told = match spec.validation {
            Validation::Push { delay } => {
                format!("push revocations to {} within 1 s, and not {delay} later", spec.name)
            }
            _ => format!("push revocations to {}, which learns of them by itself today", spec.name),
        };
        Candidate::new(Kind::PushRevocation, told, Edit::set(format!("services.{}.accepts", spec.name), accepts))
    };
    harmed(facts).filter(|spec| late(spec.validation)).map(service).collect()
}

/// A service checks again, instead of trusting what it checked long ago, a signature, or an event that is on its way.
fn checked(facts: &Facts<'_>) -> Vec<Candidate> {
    let service = |spec: &Service| {
        let (mode, told) = match spec.validation {
            Validation::None | Validation::Gateway => return None,
            Validation::Jwt { .. } => ("introspect", "and not go by their signatures".to_owned()),
            Validation::Push { delay } if delay > SOON.1 => ("introspect", format!("and not wait {delay} for events")),
            Validation::Push { .. } => return None,
            Validation::Introspect { .. } | Validation::ApiKey { .. } => {
                let (cache, stale) = spec.validation.cache().filter(|(cache, stale)| *cache + *stale > SOON.1)?;
                let mode = spec.validation.name();
                (mode, format!("and not trust them for {}", cache + stale))
            }
        };
        let accepts = beside(facts, spec, [("mode", text(mode)), ("cache", text(SOON.0))], &["audience"]);
        let told = format!("let {} check credentials again after {}, {told}", spec.name, SOON.1);
        Some(Candidate::new(Kind::CheckSooner, told, Edit::set(format!("services.{}.accepts", spec.name), accepts)))
    };
    harmed(facts).filter_map(service).collect()
}

/// A key that leaves the set is trusted until a service fetches the set again.
fn keys_sooner(facts: &Facts<'_>) -> Vec<Candidate> {
    let late =
        harmed(facts).filter(|spec| spec.validation.believes_signatures() && spec.keys.fetched_every > FETCHED.1);
    let candidate = |spec: &Service| {
        let told = format!("let {} fetch the set of keys every {}", spec.name, FETCHED.1);
        let edit = Edit::set(format!("services.{}.accepts.jwks_cache", spec.name), text(FETCHED.0));
        Candidate::new(Kind::FetchKeysSooner, told, edit)
    };
    if facts.forged_with.is_empty() { Vec::new() } else { late.map(candidate).collect() }
}
