//! The world: services, an identity provider, data, detectors. A state machine without I/O, clock or chance.
//!
//! [`World::handle`] decides one request, [`World::advance`] lets time pass. Everything that happens is written to a
//! [`Log`]; the client learns the [`Response`](crate::wire::Response) and nothing else.

mod administer;
mod approvals;
mod census;
mod credentials;
pub mod detect;
mod doors;
mod doorways;
mod effects;
mod exchange;
mod flows;
mod forgery;
mod handle;
mod jobs;
mod limits;
mod messages;
mod original;
mod page;
mod provider;
mod quota;
mod records;
mod registry;
mod start;
mod touched;
mod validate;
mod writings;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::service::ObjectRule;
use crate::model::{Access, Bits, Index, Plan, Stream};
use crate::wire::{Alarm, Audit, Claims, CredId, IdentityId, Knock, Log, ServiceId, Slot, StepId, Text, Tick};

pub use doors::OpenDoors;
pub use jobs::Pending;

use approvals::Approvals;
use credentials::Credentials;
use detect::Detectors;
use doorways::Doorways;
use flows::Flows;
use jobs::Jobs;
use limits::Limits;
use records::Records;
use validate::Caches;
use writings::Writings;

/// The state of the world at one instant.
pub struct World {
    plan: Arc<Plan>,
    credentials: Credentials,
    caches: Caches,
    records: Records,
    writings: Writings,
    limits: Limits,
    flows: Flows,
    approvals: Approvals,
    /// By service, where any operation can fail.
    failures: Vec<Stream>,
    /// By step of the runbook: whether its actions come to something.
    actions: Vec<Stream>,
    detectors: Detectors,
    jobs: Jobs,
    doorways: Doorways,
    /// Operations that a limit, an approval, a flow rule or a failure may stand before.
    hindered: Bits,
    /// Who may touch which records, as it is now, by operation.
    rules: Vec<ObjectRule>,
    closed: Bits,
    closed_by: Option<StepId>,
    disabled: Bits,
    blocked: BTreeSet<(CredId, ServiceId)>,
    blocked_by: Option<StepId>,
    /// Whether the defence keeps the audit log.
    audited: bool,
    audit: Vec<Audit>,
    /// The records of the request that is being logged.
    objects: Vec<detect::Run>,
    alarms: Vec<Alarm>,
    changes: Changes,
    /// Rotated secrets and their successors, on their way to the owners.
    handed_over: Vec<HandedOver>,
    /// Credentials bound to a key that one of the agents under test has.
    keys: Bits,
    /// Messages on their way to whom they wake.
    knocks: Vec<Knock>,
    scratch: Slot,
}

/// How much of the audit log gathers before the defence takes it over.
const AUDIT_CHUNK: usize = 4_096;

/// A rotated secret and its successor, on its way to the owner.
#[derive(Clone, Copy, Debug)]
pub struct HandedOver {
    pub to: IdentityId,
    pub old: Text,
    pub new: Text,
    pub arrives: Tick,
}

/// What may have opened or shut a door since the census last looked.
#[derive(Default, Debug)]
pub struct Changes {
    pub credentials: Vec<CredId>,
    /// Tokens that nobody issued, and the keys that they were made with.
    pub forged: Vec<(CredId, CredId)>,
    /// A rule, an operation or a limit changed: every credential is affected.
    pub everything: bool,
}

impl Changes {
    fn clear(&mut self) {
        let Changes { credentials, forged, everything } = self;
        credentials.clear();
        forged.clear();
        *everything = false;
    }

    pub fn is_empty(&self) -> bool {
        self.credentials.is_empty() && self.forged.is_empty() && !self.everything
    }
}

impl World {
    /// What follows from the plan alone.
    pub fn index(&self) -> &Arc<Index> {
        self.records.index()
    }

    /// The next instant at which something happens by itself.
    #[inline]
    pub fn due(&self) -> Option<Tick> {
        match (self.jobs.next(), self.detectors.due()) {
            (Some(job), Some(alarm)) => Some(job.min(alarm)),
            (job, alarm) => job.or(alarm),
        }
    }

    /// Lets everything happen that is due by `now`.
    pub fn advance(&mut self, now: Tick, log: &mut Log) {
        while let Some((job, work)) = self.jobs.pop(now) {
            self.fire(now, job, work, log);
        }
        let alarms = &mut self.alarms;
        self.detectors.advance(now, |alarm| {
            log.push(alarm_event(alarm));
            alarms.push(alarm);
        });
    }

    /// The row of a secret, if it was ever issued here.
    pub fn find(&self, text: Text) -> Option<CredId> {
        self.credentials.find(text)
    }

    /// What a token says of itself, if it was ever issued here.
    pub fn claims(&self, text: Text) -> Claims {
        self.find(text).map_or(Claims::default(), |cred| {
            let row = self.credentials.get(cred);
            Claims {
                subject: row.principal,
                actors: self.credentials.actors(cred),
                rights: Some(row.rights).filter(|rights| *rights != Access::of(row.family)),
                until: Some(row.expires).filter(|at| *at != Tick::NEVER),
                key_turn: row.signed_by.map_or(0, |key| self.credentials.get(key).turn),
            }
        })
    }

    /// What the defence has not been shown yet: the audit log and the alarms since the last call.
    pub fn tail(&mut self) -> (Vec<Audit>, Vec<Alarm>) {
        (std::mem::take(&mut self.audit), std::mem::take(&mut self.alarms))
    }

    /// Takes back the room of what the defence has seen.
    pub fn seen(&mut self, mut audit: Vec<Audit>, mut alarms: Vec<Alarm>) {
        audit.clear();
        alarms.clear();
        (self.audit, self.alarms) = (audit, alarms);
    }

    /// Whether the defence should look now: an alarm, or much that was logged.
    pub fn wants_attention(&self) -> bool {
        !self.alarms.is_empty() || self.audit.len() >= AUDIT_CHUNK
    }

    /// Whether there is nothing that the census, the defence or an owner would have to be told of.
    #[inline]
    pub fn is_quiet(&self) -> bool {
        self.changes.is_empty() && self.handed_over.is_empty() && self.knocks.is_empty() && !self.wants_attention()
    }

    /// What the agents under test have queued.
    pub fn pending(&self) -> Pending {
        self.jobs.pending()
    }

    /// The secrets that are on their way to their owners since the last call.
    pub fn take_handed_over(&mut self) -> Vec<HandedOver> {
        std::mem::take(&mut self.handed_over)
    }

    /// The messages that clients are to be woken by, since the last call.
    pub fn take_knocks(&mut self) -> Vec<Knock> {
        std::mem::take(&mut self.knocks)
    }

    /// What the census must look at again.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// Whether a step shut a credential out of a service.
    #[inline]
    fn blocks(&self, cred: CredId, service: ServiceId) -> bool {
        !self.blocked.is_empty() && self.blocked.contains(&(cred, service))
    }

    /// Whether a credential is good for nothing without a key.
    fn is_bound_to_key(&self, cred: CredId) -> bool {
        self.credentials.get(cred).keyed
    }

    /// Whether no agent under test could prove that a credential is theirs.
    fn is_keyless(&self, cred: CredId) -> bool {
        self.is_bound_to_key(cred) && !self.keys.contains(cred.number())
    }

    fn is_disabled(&self, principal: Option<IdentityId>) -> bool {
        principal.is_some_and(|p| self.disabled.contains(p.number()))
    }
}

fn alarm_event(alarm: Alarm) -> crate::wire::Event {
    crate::wire::Event::Alarm { at: alarm.at, rule: alarm.rule, key: alarm.key, since: alarm.since }
}

#[cfg(test)]
mod tests;
