//! Authentication: whether a service still believes in a credential.
//!
//! A revocation that is effective at τ refuses at every t ≥ τ; what a service accepts after τ comes from what it
//! trusts without asking: a signature, a cached answer, an event that has not arrived.

use crate::model::Plan;
use crate::model::service::{Service, Validation};
use crate::planted::Mistake;
use crate::wire::{CredId, Open, PlaceId, Reason, ServiceId, Span, Tick};

use super::credentials::{Credential, Credentials, Elsewhere};

/// Positive answers that replicas remember.
pub struct Caches {
    /// By service, then replica: the instant of the last positive check of each credential row.
    checked: Vec<Vec<Vec<Tick>>>,
    /// The replica that the next request of each service goes to.
    turns: Vec<u16>,
}

impl Caches {
    pub fn new(plan: &Plan) -> Caches {
        let of = |s: &crate::model::service::Service| match s.validation.cache() {
            Some(_) => vec![Vec::new(); usize::from(s.replicas.max(1))],
            None => Vec::new(),
        };
        Caches { checked: plan.services.iter().map(of).collect(), turns: vec![0; plan.services.len()] }
    }

    /// Nothing was checked yet.
    pub fn reset(&mut self) {
        self.checked.iter_mut().flatten().for_each(Vec::clear);
        self.turns.fill(0);
    }

    /// The replica that answers the next request: round robin, as load balancers do by default.
    fn next_replica(&mut self, service: ServiceId) -> usize {
        let all = self.checked[service.index()].len().max(1);
        let replicas = if Mistake::ReplicasShareOneCache.here() { 1 } else { all };
        let turn = &mut self.turns[service.index()];
        let replica = usize::from(*turn) % replicas;
        *turn = ((replica + 1) % replicas) as u16;
        replica
    }

    fn entry(&mut self, service: ServiceId, replica: usize, cred: CredId) -> &mut Tick {
        let rows = &mut self.checked[service.index()][replica];
        if rows.len() <= cred.index() {
            rows.resize(cred.index() + 1, Tick::NEVER);
        }
        &mut rows[cred.index()]
    }
}

/// What a service makes of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Validated {
    pub reason: Reason,
    /// The window of a credential that has an end was changed by this very request.
    pub window_moved: bool,
}

/// Who is checked, and where.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    pub service: ServiceId,
    pub cred: CredId,
    /// The network that the request comes from.
    pub from: PlaceId,
}

/// Whether a service accepts a credential at `now`, and why. A cached check is remembered.
///
/// A binding that an action made later is known where a revocation would be: what was checked before it is trusted as
/// it was. One that was issued with the credential is known everywhere.
#[inline(always)]
pub fn validate(
    plan: &Plan,
    credentials: &Credentials,
    caches: &mut Caches,
    now: Tick,
    check: Check,
) -> Result<Validated, Reason> {
    let row = credentials.get(check.cred);
    let validation = plan.service(check.service).validation;
    let accepted = |reason| Ok(Validated { reason, window_moved: false });
    if validation == Validation::None {
        return accepted(Reason::OpenDoor);
    }
    if row.lasts() && validation.cache().is_none() {
        return accepted(Reason::Granted);
    }
    examine(plan, credentials, caches, now, check)
}

/// The same for a credential that something may speak against.
fn examine(
    plan: &Plan,
    credentials: &Credentials,
    caches: &mut Caches,
    now: Tick,
    check: Check,
) -> Result<Validated, Reason> {
    let Check { service, cred, from } = check;
    let row = credentials.get(cred);
    let validation = plan.service(service).validation;
    let accepted = |reason| Ok(Validated { reason, window_moved: false });
    if expired_for(validation, row, now) {
        return Err(Reason::Expired);
    }
    if credentials.from(cred, from) == Elsewhere::Never && !Mistake::BindingIgnored.here() {
        return Err(Reason::BoundElsewhere);
    }
    let (ends, by) = known_end(validation, credentials, cred, from);
    let ended = now >= ends;
    if let Some(key) = row.signed_by
        && let Some(reason) = believe_signature(plan, credentials, now, (service, row, key))?
        && !ended
    {
        return accepted(reason);
    }
    match validation {
        _ if !ended && validation.cache().is_none() => accepted(Reason::Granted),
        Validation::Jwt { .. } if !Mistake::RevocationHeardBySignature.here() => accepted(Reason::TrustedOffline),
        Validation::Push { delay } if now < ends + delay && !Mistake::PushWithoutDelay.here() => {
            accepted(Reason::NotYetTold)
        }
        _ => match validation.cache() {
            None if Mistake::RevocationIgnoredAtGateway.here() => accepted(Reason::Granted),
            None => Err(by),
            Some((fresh, stale)) => {
                let replica = caches.next_replica(service);
                let checked = caches.entry(service, replica, cred);
                let known = *checked != Tick::NEVER && *checked <= ends;
                if known && now < *checked + fresh + Span(Mistake::CacheHoldsOneTickLonger.slip()) {
                    return accepted(if ended { Reason::TrustedFromCache } else { Reason::Granted });
                }
                if !ended {
                    *checked = now;
                    // Whoever it has ended for, or will end for, is accepted for another time since.
                    let window_moved = ends != Tick::NEVER || credentials.was_bound(cred);
                    let window_moved = window_moved && !Mistake::RefillsMoveNothing.here();
                    return Ok(Validated { reason: Reason::Granted, window_moved });
                }
                let served_stale = known && now < *checked + fresh + stale.unless(Mistake::StaleNotServed);
                if (known || ended) && !Mistake::StaleServedForEver.here() {
                    *checked = Tick::NEVER;
                }
                if served_stale {
                    Ok(Validated { reason: Reason::TrustedFromCache, window_moved: true })
                } else {
                    Err(by)
                }
            }
        },
    }
}

/// Whether a service believes the key of a token: why, where it does so by the set of keys that it fetched before.
fn believe_signature(
    plan: &Plan,
    credentials: &Credentials,
    now: Tick,
    (service, row, key): (ServiceId, &Credential, CredId),
) -> Result<Option<Reason>, Reason> {
    let service = plan.service(service);
    if !row.issued() && !service.validation.believes_signatures() && !Mistake::ForgedTokensAreKnown.here() {
        return Err(Reason::UnknownCredential);
    }
    let key = credentials.get(key);
    if now < key.ends || issuer_knows_end(service.validation) {
        return Ok(None);
    }
    if now < key_trusted_until(service, key.ends) {
        return Ok(Some(Reason::TrustedFromCache));
    }
    Err(key.ended_by)
}

/// Whether the end of a key reaches a service as the end of a token does: from the issuer, which it asks.
fn issuer_knows_end(validation: Validation) -> bool {
    !validation.believes_signatures() && !Mistake::KeysEndAtOnce.here()
}

/// When a credential ended for whoever uses it from a network, as its issuer tells those who ask, and why.
fn known_end(validation: Validation, credentials: &Credentials, cred: CredId, from: PlaceId) -> (Tick, Reason) {
    let own = credentials.ends_from(cred, from);
    let key = credentials.get(cred).signed_by.filter(|_| issuer_knows_end(validation)).map(|key| credentials.get(key));
    key.filter(|key| key.ends < own.0).map_or(own, |key| (key.ends, key.ended_by))
}

/// Until when a service trusts a key that ends then.
pub fn key_trusted_until(service: &Service, ends: Tick) -> Tick {
    match service.validation {
        Validation::Jwt { .. } if !Mistake::KeySetIsNeverOld.here() => service.keys.trusts_until(ends),
        _ => ends,
    }
}

fn expired_for(validation: Validation, row: &Credential, now: Tick) -> bool {
    match validation {
        Validation::Jwt { leeway } => {
            row.expires != Tick::NEVER && now >= row.expires + leeway.unless(Mistake::LeewayForgotten)
        }
        _ => row.expired(now) && !(validation.cache().is_some() && Mistake::ExpiryIgnoredByCaches.here()),
    }
}

/// How long a service that asks for credentials will go on believing in one, given no further action and no further
/// request.
pub fn believes_until(plan: &Plan, credentials: &Credentials, caches: &Caches, now: Tick, check: Check) -> Open {
    let Check { service, cred, from } = check;
    let row = credentials.get(cred);
    let validation = plan.service(service).validation;
    let expiry = match validation {
        Validation::Jwt { leeway } if row.expires != Tick::NEVER => row.expires + leeway,
        _ => row.expires,
    };
    if credentials.from(cred, from) == Elsewhere::Never {
        return Open::Shut;
    }
    let signed = match row.signed_by {
        Some(_) if !row.issued() && !validation.believes_signatures() => return Open::Shut,
        Some(_) if issuer_knows_end(validation) => Tick::NEVER,
        Some(key) => key_trusted_until(plan.service(service), credentials.get(key).ends),
        None => Tick::NEVER,
    };
    let (ends, _) = known_end(validation, credentials, cred, from);
    let trust = match validation {
        _ if ends == Tick::NEVER => ends,
        Validation::Jwt { .. } => Tick::NEVER,
        Validation::Push { delay } => ends + delay,
        _ => match validation.cache() {
            None => ends,
            Some((fresh, stale)) => caches.checked[service.index()]
                .iter()
                .filter_map(|rows| rows.get(cred.index()).copied())
                .filter(|at| *at != Tick::NEVER && *at <= ends)
                .map(|at| at + fresh + stale.unless(Mistake::CensusWithoutStale))
                .reduce(|a, b| if Mistake::CensusOfBestReplica.here() { a.min(b) } else { a.max(b) })
                .map_or(ends, |cached| cached.max(ends)),
        },
    };
    match if Mistake::CensusForgetsExpiry.here() { trust } else { trust.min(expiry).min(signed) } {
        Tick::NEVER => Open::ForEver,
        until if until > now => Open::Until(until),
        _ => Open::Shut,
    }
}
