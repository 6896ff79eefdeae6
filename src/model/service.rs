//! Services and operations: what can be asked, and who may ask it.

use std::ops::Range;

use crate::wire::{CollId, Effect, FamilyId, IdentityId, OpId, RouteId, ServiceId, Span, Tick};

use super::chance::Share;
use super::column::Column;

/// An API.
#[derive(Clone, Debug)]
pub struct Service {
    pub name: String,
    pub validation: Validation,
    /// Whether it refuses tokens that name other services in `aud`, as RFC 9068 section 4 demands.
    pub checks_audience: bool,
    pub keys: KeySet,
    /// Replicas keep a cache each, so acceptance can flap.
    pub replicas: u16,
    pub role: Role,
}

/// Whose signatures a service believes (RFC 7517), where it believes signatures at all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeySet {
    /// The signing keys whose tokens it takes; all, where it does not say.
    pub trusted: Option<Vec<FamilyId>>,
    /// It fetches the set so often, from the start of the run on, and trusts what it fetched until then.
    pub fetched_every: Span,
}

impl KeySet {
    /// Whether it takes what this key signed, or what none of the scenario's keys did.
    pub fn trusts(&self, signed_by: Option<FamilyId>) -> bool {
        self.trusted.as_ref().is_none_or(|trusted| signed_by.is_some_and(|key| trusted.contains(&key)))
    }

    /// Until when a key is trusted that leaves the published set at `ends`. What was fetched at that very instant
    /// still had it.
    pub fn trusts_until(&self, ends: Tick) -> Tick {
        match self.fetched_every.0 {
            0 => ends,
            _ if ends == Tick::NEVER => ends,
            every => Tick((ends.0 / every + 1).saturating_mul(every)),
        }
    }
}

/// What kind of work a service does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Resource,
    /// Speaks OAuth; issues and revokes.
    IdentityProvider,
    /// The door of the responder: the runbook's steps arrive here.
    Administration,
}

/// How a service decides whether a credential is still good. This decides when a revoked one stops working.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Validation {
    /// The open door: whatever is presented, or nothing, is accepted.
    None,
    /// Signature and `exp` only (RFC 9068), with leeway for clock skew. Nobody else is asked.
    Jwt { leeway: Span },
    /// Token introspection (RFC 7662), each replica trusting a positive answer for `cache`, and for `stale` more
    /// while it asks again in the background.
    Introspect { cache: Span, stale: Span },
    /// Told by an event (CAEP session-revoked) that arrives after `delay`.
    Push { delay: Span },
    /// The service's own key store, cached like introspection.
    ApiKey { cache: Span },
    /// A central gateway that knows at once.
    Gateway,
}

impl Validation {
    pub const fn name(self) -> &'static str {
        match self {
            Validation::None => "none",
            Validation::Jwt { .. } => "jwt",
            Validation::Introspect { .. } => "introspect",
            Validation::Push { .. } => "push",
            Validation::ApiKey { .. } => "api-key",
            Validation::Gateway => "gateway",
        }
    }

    /// Whether it goes by the signature of a token, and not by what its issuer knows of it.
    pub const fn believes_signatures(self) -> bool {
        matches!(self, Validation::Jwt { .. } | Validation::Push { .. })
    }

    /// How long a replica trusts an earlier positive check, and how much longer it may serve it stale.
    pub const fn cache(self) -> Option<(Span, Span)> {
        match self {
            Validation::Introspect { cache, stale } if cache.0 + stale.0 > 0 => Some((cache, stale)),
            Validation::ApiKey { cache } if cache.0 > 0 => Some((cache, Span::ZERO)),
            _ => None,
        }
    }
}

/// What the audit log records of an operation beside its time, its event type and how it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditFields {
    pub principal: bool,
    pub credential: bool,
    pub address: bool,
    /// Which records it was about.
    pub object: bool,
    /// Who acts for the principal: the `act` claim of RFC 8693 section 4.1.
    pub act: bool,
    /// The `traceparent` that the request carried, W3C Trace Context.
    pub trace: bool,
}

impl AuditFields {
    pub const ALL: AuditFields =
        AuditFields { principal: true, credential: true, address: true, object: true, act: true, trace: true };
    /// What most services log: who, with what, from where.
    pub const USUAL: AuditFields = AuditFields { object: false, act: false, trace: false, ..AuditFields::ALL };
    /// That something was called, and nothing about by whom.
    pub const BARE: AuditFields =
        AuditFields { principal: false, credential: false, address: false, ..AuditFields::USUAL };
}

/// A method on a path template.
#[derive(Clone, Debug)]
pub struct Operation {
    pub service: ServiceId,
    pub name: String,
    pub method: Method,
    /// With `{id}` where a record is named.
    pub path: String,
    /// Where one path serves many operations: the body field that tells them apart, and its value.
    pub selector: Option<(String, String)>,
    pub act: Act,
    pub effect: Effect,
    /// The collection that it reads, changes or fills.
    pub target: Option<CollId>,
    pub rule: ObjectRule,
    pub documented: bool,
    pub reversible: Reversible,
    pub denies: Denial,
    pub latency: Latency,
    /// Work that is queued, and happens this much later.
    pub effect_after: Option<Span>,
    /// Whether queued work is authorized again when it happens.
    pub recheck: bool,
    /// Millionths of the scenario's currency for each accepted call.
    pub cost: u64,
    /// Records per page of a list.
    pub page: u32,
    /// Whether a list begins with what was made last.
    pub newest_first: bool,
    /// How often it fails for no fault of the caller.
    pub fails: Share,
    /// The clients that a call of it wakes: agents, then honest work, in one row.
    pub wakes: Range<u32>,
    /// Whose a credential is that it mints, and what that unlocks.
    pub minting: Minting,
    /// What the audit log has of it; nothing where it leaves no line there.
    pub audit: Option<AuditFields>,
    /// The event type under which the audit log has it: its own name, or another one's.
    pub logged_as: String,
}

/// What an operation that mints gives to the new credential, where that is not the usual.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Minting {
    /// The identity that each new credential proves, round and round; without one, whoever it is minted from.
    pub to: Column,
    /// After how many it goes round.
    pub round: u32,
    pub scopes: MintedScopes,
}

impl Minting {
    /// Whose the `n`-th new credential is, if the scenario says.
    pub fn owner(&self, n: u32) -> Option<IdentityId> {
        self.to.get(n % self.round.max(1)).map(IdentityId::new)
    }

    /// Everybody for whom it mints.
    pub fn owners(&self) -> impl Iterator<Item = IdentityId> + '_ {
        (0..self.round).filter_map(|n| self.owner(n))
    }
}

/// What a new credential unlocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MintedScopes {
    /// What its family does.
    #[default]
    Family,
    /// What the credential does that it is minted from: impersonation, RFC 8693 section 1.1.
    Presented,
    /// What both this credential and the caller's unlock.
    Both,
}

/// What an operation does, seen from its request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Lists a collection, or the part of it inside one record.
    List { answer: Answer, inside: Option<CollId> },
    /// Acts on one record, named in the path.
    One { answer: Answer },
    /// Acts on the whole collection at once.
    All,
    /// Makes a record, in one record of another collection where there is an `inside`.
    Create { inside: Option<CollId> },
    /// Mints a credential of a family for the caller, from what it presents.
    Mint { family: FamilyId, refresh: Option<FamilyId>, grant: Grant },
    /// RFC 7009.
    RevokeToken,
    /// RFC 7662.
    IntrospectToken,
    /// RFC 8414 and RFC 7517 documents.
    Metadata,
    /// A step of the runbook, sent by the responder.
    Administer,
    /// Touches nothing that the scenario tracks.
    Nothing,
}

/// A path template as a router sees it, with its parameters nameless: `/a/{x}` and `/a/{y}` answer the same requests,
/// and so do `/a/{x}` and `/a/{x}...{y}`, because a router takes a segment with several parameters as one.
pub fn shape_of(path: &str) -> String {
    let segment = |segment: &str| match (segment.matches('{').count(), segment.find('{'), segment.rfind('}')) {
        (0, ..) => segment.to_owned(),
        (1, Some(open), Some(close)) if open < close => format!("{}{{}}{}", &segment[..open], &segment[close + 1..]),
        _ => "{}".to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// How a token is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grant {
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 6749 section 6, with rotation and reuse detection after RFC 9700 section 4.14.2 where `rotates`.
    RefreshToken { rotates: bool },
    /// RFC 8693.
    TokenExchange,
    /// An ordinary operation that hands out a credential: a personal token, a role session.
    Plain,
}

/// What an answer shows of the records that it speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    Ids,
    Records,
    Count,
    Nothing,
}

/// Which records a caller may touch with an operation that it may call: BOLA is `Anyone`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ObjectRule {
    Anyone,
    Owner,
    Tenant,
}

/// How a service says no to somebody whom it knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Denial {
    Unauthorized,
    Forbidden,
    NotFound,
    /// `200` and no rows: row-level security.
    Empty,
}

impl Denial {
    pub const fn status(self) -> u16 {
        match self {
            Denial::Unauthorized => 401,
            Denial::Forbidden => 403,
            Denial::NotFound => 404,
            Denial::Empty => 200,
        }
    }
}

/// Until when an effect can be undone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reversible {
    Never,
    For(Span),
    Always,
}

/// How long an answer takes, drawn uniformly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Latency {
    pub least: Span,
    pub most: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub const ALL: [Method; 5] = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];

    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    pub fn parse(name: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|m| m.name() == name)
    }
}

/// What a client believes it can call: a service's address, a method, a path.
#[derive(Clone, Debug)]
pub struct Route {
    pub service: ServiceId,
    pub name: String,
    /// The operation that answers, or nothing where the client's belief is wrong.
    pub answers: Option<OpId>,
    /// Where a client is sent instead, once.
    pub redirects: Option<RouteId>,
}
