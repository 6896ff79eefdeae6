//! A targets file: a real system, what may be sent to it, whose identity is drilled, and how it is contained.

mod drill;
mod explore;
mod fit;
pub mod grammar;
mod grammar_drill;
mod grammar_explore;
mod learnt;
mod lower;
mod lower_alarm;
mod lower_described;
mod lower_drill;
mod lower_explore;
mod lower_operation;
mod lower_provider;
mod lower_request;
mod lower_secret;
mod lower_text;
mod provider;
mod read;
mod request;

use std::path::{Path, PathBuf};

use crate::wire::Span;

pub use drill::{Act, DrillPlan, Remint, Step};
pub use explore::{
    Collection, CollectionIx, Does, ExplorePlan, FOUND, Looks, MARKER, Meant, Mint, Operation, OperationIx, Paging,
    Pointer, SecretRule, Undo, UseFound, Wider,
};
pub use learnt::Learnt;
pub(in crate::staging) use lower_text::placeholder;
pub use provider::{Endpoints, Issuer};
pub use read::{is_targets, read, read_knowing};
pub use request::{Body, Match, Pattern, Piece, Present, Proof, Reading, Request, Template};

/// The number of a credential in its file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CredentialIx(pub usize);

/// The number of an origin in its file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OriginIx(pub usize);

/// The number of a service in its file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ServiceIx(pub usize);

/// A targets file, read and checked. Nothing of it has been looked up or fetched.
#[derive(Clone, Debug)]
pub struct Targets {
    pub name: String,
    pub story: Option<String>,
    /// Whom to ask about what was sent: letters, digits and marks of ASCII that a user agent can carry in a comment.
    pub contact: Option<String>,
    /// The file as it was written, and the folder from which its paths start.
    pub text: std::sync::Arc<str>,
    pub folder: PathBuf,
    /// Who has to be asked for endpoints before anything else is sent.
    pub issuer: Option<Issuer>,
    /// What was said when it was asked.
    pub discovered: Option<Endpoints>,
    pub origins: Vec<Origin>,
    pub rules: WriteRules,
    pub credentials: Vec<Credential>,
    pub identity: String,
    /// What the drilled identity holds.
    pub drilled: Vec<CredentialIx>,
    pub control: CredentialIx,
    /// What puts things back.
    pub cleanup: Option<CredentialIx>,
    pub services: Vec<Service>,
    pub sentinels: Vec<Sentinel>,
    pub alarm: Option<Alarm>,
    pub caps: CapLimits,
    /// Empty where the file says `none`.
    pub stops: Vec<StopCondition>,
    pub kill_file: Option<PathBuf>,
    pub drill: DrillPlan,
    pub explore: Option<ExplorePlan>,
}

/// A scheme, a host and a port that may be talked to.
#[derive(Clone, Debug)]
pub struct Origin {
    pub name: String,
    pub at: crate::staging::origin::OriginKey,
    /// As URLs begin.
    pub begins: String,
    /// Written down by its author: not looked up, and not refused for being private.
    pub addresses: Vec<std::net::IpAddr>,
    pub ca: Option<PathBuf>,
}

/// What counts as a change, and which changes are allowed.
#[derive(Clone, Debug, Default)]
pub struct WriteRules {
    pub allowed: Vec<Pattern>,
    pub counted_as_write: Vec<Pattern>,
    pub counted_as_read: Vec<Pattern>,
    /// Endpoints that hand out or end tokens: always writes.
    pub provider: Vec<(OriginIx, String)>,
}

/// Where a credential is kept.
#[derive(Clone, Debug)]
pub enum Reference {
    Env(String),
    File(PathBuf),
    Command(Vec<String>),
    Request { request: Box<Request>, take: String },
}

impl Reference {
    /// Whether fetching again gives a new credential, and not the same again.
    pub fn gives_fresh_ones(&self) -> bool {
        matches!(self, Reference::Command(_) | Reference::Request { .. })
    }

    /// What is taken from the answer that issues it, beside itself.
    pub fn captures(&self) -> &[(String, String)] {
        match self {
            Reference::Request { request, .. } => &request.captures,
            _ => &[],
        }
    }
}

/// A credential by reference.
#[derive(Clone, Debug)]
pub struct Credential {
    pub name: String,
    pub kind: String,
    pub from: Reference,
    pub present: Present,
    pub lives: Option<Span>,
}

/// What shows whether a credential is accepted.
#[derive(Clone, Debug)]
pub enum Probe {
    Http(Box<Request>),
    /// Exit code 0 is accepted, 1 refused, others unknown.
    Command(Vec<String>),
}

/// A service whose enforcement is watched.
#[derive(Clone, Debug)]
pub struct Service {
    pub name: String,
    pub probe: Probe,
    /// What it must accept at first. `None`: what it does accept.
    pub must_accept: Option<Vec<CredentialIx>>,
    /// Where it is not the control of all services.
    pub control: Option<CredentialIx>,
    pub promised: Option<Span>,
    /// How long it trusts what it has checked.
    pub cached: Option<Span>,
}

/// Honest work that must go on.
#[derive(Clone, Debug)]
pub struct Sentinel {
    pub name: String,
    pub with: CredentialIx,
    pub probe: Probe,
}

/// How their detection is heard.
#[derive(Clone, Debug)]
pub enum Alarm {
    Command { program: Vec<String>, every: Span },
    File(PathBuf),
    Key,
    Webhook(Webhook),
}

/// Where their detection calls: the first request that matches is the alarm.
#[derive(Clone, Debug)]
pub struct Webhook {
    pub listen: std::net::SocketAddr,
    pub path: String,
    /// What a caller presents.
    pub with: Option<CredentialIx>,
    /// How a call is signed with that, where it is not presented itself.
    pub signed: Option<Signature>,
    pub matching: Match,
}

/// How a call shows that it was signed with a shared secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signature {
    /// `X-Hub-Signature-256: sha256=HEX`, the HMAC of the body.
    Hub,
    /// Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    Standard,
}

/// Hard limits. Zero means zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CapLimits {
    pub requests: u64,
    pub rate: Rate,
    pub at_once: u64,
    pub duration: Span,
    pub objects: u64,
    pub bytes: u64,
    pub writes: u64,
}

/// So many starts in a time, evenly spread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    pub n: u64,
    pub per: Span,
}

impl Rate {
    /// The time between two starts; nothing ever starts where there is none.
    pub fn between(self) -> Option<Span> {
        (self.n > 0).then(|| Span(self.per.0.div_ceil(self.n)))
    }
}

/// What ends a run early.
#[derive(Clone, Debug)]
pub enum StopCondition {
    Health {
        probe: Probe,
        every: Span,
        fails: u64,
    },
    /// More than this share of the last `of` requests got no answer, or 5xx.
    Errors {
        share: f64,
        of: usize,
    },
    /// The median of the last `of` answers took longer.
    Slower {
        than: Span,
        of: usize,
    },
}

impl Targets {
    /// The folder from which its paths start, for whoever undoes something from another one.
    pub fn folder_from_anywhere(&self) -> String {
        // Of a file that is named alone, the folder is empty.
        let folder = Path::new(".").join(&self.folder);
        std::path::absolute(&folder).unwrap_or(folder).display().to_string()
    }

    pub fn credential(&self, ix: CredentialIx) -> &Credential {
        &self.credentials[ix.0]
    }

    pub fn service(&self, ix: ServiceIx) -> &Service {
        &self.services[ix.0]
    }

    pub fn origin(&self, ix: OriginIx) -> &Origin {
        &self.origins[ix.0]
    }

    pub fn service_ids(&self) -> impl Iterator<Item = ServiceIx> + use<> {
        (0..self.services.len()).map(ServiceIx)
    }

    /// The known-good credential beside the drilled ones.
    pub fn control_at(&self, service: ServiceIx) -> CredentialIx {
        self.service(service).control.unwrap_or(self.control)
    }

    /// What was promised for a service.
    pub fn promised(&self, service: ServiceIx) -> Option<Span> {
        self.service(service).promised.or(self.drill.promised)
    }

    /// The longest time that any drilled credential is known to be good for.
    pub fn longest_life(&self) -> Option<Span> {
        self.drilled.iter().filter_map(|ix| self.credential(*ix).lives).max()
    }

    /// Probes for each second at the cadence, controls and sentinels among them.
    pub fn probes_per_second(&self) -> f64 {
        let pairs = self.drilled.len() * self.drill.phases * self.services.len();
        let all = pairs + self.services.len() + self.sentinels.len();
        all as f64 / self.drill.cadence.as_secs_f64()
    }
}
