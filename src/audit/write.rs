//! The audit log as OCSF 1.8 in NDJSON: API Activity (6003), Authentication (3002) and Account Change (3001), under the
//! profiles `trace` and `security_control`.
//!
//! OCSF has no place for a chain of delegation, for what the registry knows beside an event, and for what a service
//! does not record: these stand in `unmapped`.

mod entry;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::service::Act;
use crate::model::{Plan, Trace};
use crate::wire::{ActorId, CredId, Effect, Event, IdentityId, OpId, RequestId};

use super::keep::{EventTypes, Kept, keep};
use super::known::{Client, Registry, clients};
use super::line::{Account, Change, Deed, Field, Line};
use super::record::{
    Actor, Api, Class, Code, Metadata, Named, Record, Resource, Session, Span, Traced, Unmapped, User,
};

/// The version of OCSF that is written.
pub const VERSION: &str = "1.8.0";
/// The event type under which the registry tells what it has about a credential.
pub(super) const REGISTRY: &str = "identity-registry";
/// Somebody who proved to be nobody.
pub(super) const ANONYMOUS: &str = "anonymous";
/// What stands where OCSF wants a value that the service does not record: `unmapped.unrecorded` says so.
const UNRECORDED: &str = "unrecorded";

/// Tells the log of a run, line by line: first what the registry has about the credentials in it, then what happened.
pub fn write(plan: &Plan, events: &[Event], mut tell: impl FnMut(&str)) {
    let mut named: BTreeSet<u32> = BTreeSet::new();
    keep(plan, events, |kept| named.extend(kept.line.account.credential.known()));
    let clients = clients(plan).collect();
    let registry = Registry::in_full(plan, events);
    let mut stored: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
    for (record, lies) in &registry.stored {
        lies.iter().for_each(|credential| stored.entry(*credential).or_default().push(*record));
    }
    let ocsf = Ocsf { plan, types: EventTypes::of(plan), registry, stored, clients };
    let mut say = |record: &Record<'_>| {
        // Every key is a text and no number is out of range: there is nothing here that JSON cannot hold.
        if let Ok(json) = serde_json::to_string(record) {
            tell(&json);
        }
    };
    for credential in &named {
        ocsf.entry(*credential, None).iter().for_each(&mut say);
    }
    for (number, workload) in (0u32..).zip(&ocsf.registry.workloads) {
        let mut there_for = ocsf.registered_for(number);
        for credential in &workload.credentials {
            let entry = ocsf.entry(*credential, Some(number));
            if let Some(mut record) = entry {
                record.unmapped.registered_for = std::mem::take(&mut there_for);
                say(&record);
            }
        }
    }
    keep(plan, events, |kept| say(&ocsf.line(&kept)));
}

/// How a credential of the registry is called: never the secret.
pub fn credential_name(plan: &Plan, credential: u32) -> String {
    if credential < plan.credentials() {
        let (family, index) = plan.origin_of(CredId::new(credential));
        plan.credential_name(family, index)
    } else {
        format!("issued-{}", credential - plan.credentials() + 1)
    }
}

struct Ocsf<'p> {
    plan: &'p Plan,
    types: EventTypes,
    registry: Registry,
    /// The records in which each credential lies.
    stored: BTreeMap<u32, Vec<(u32, u32)>>,
    clients: Vec<Client<'p>>,
}

impl Ocsf<'_> {
    fn line(&self, kept: &Kept<'_>) -> Record<'_> {
        let line = &kept.line;
        let event = self.types.names.get(line.event as usize).map_or("", String::as_str);
        let (service, operation) = event.split_once('.').unwrap_or(("", event));
        let mut record = match line.deed {
            Deed::Call => self.call(line, service, operation, kept),
            Deed::Issue { credential, principal, from, to } => {
                let mut record = self.record(Class::Authentication, if to.is_some() { 5 } else { 3 }, line.at.0);
                record.user = Some(self.user(principal, credential));
                record.service = Some(Named { name: service.to_owned() });
                record.unmapped.issued_from = from.map(|c| credential_name(self.plan, c));
                let to = to.and_then(|to| self.clients.get(to as usize));
                record.unmapped.issued_to = to.map(|client| client.name.to_owned());
                record
            }
            Deed::Change { how, principal, credential } => {
                let mut record = self.record(Class::AccountChange, activity_of(how), line.at.0);
                record.activity_name = Some(word(how));
                record.user = Some(self.user(principal, credential));
                record.unmapped.service = Some(service.to_owned());
                record.unmapped.credential = credential.map(|c| credential_name(self.plan, c));
                record
            }
        };
        record.metadata.sequence = Some(line.sequence);
        record.status_id = if line.allowed { 1 } else { 2 };
        record.status_code = Some(line.status.to_string());
        record.unmapped.operation = Some(operation.to_owned()).filter(|_| line.deed != Deed::Call);
        record.unmapped.effect = Some(line.effect.name());
        record.unmapped.rows = Some(line.rows).filter(|rows| *rows > 0);
        self.account(&line.account, kept, &mut record);
        record
    }

    fn call(&self, line: &Line, service: &str, operation: &str, kept: &Kept<'_>) -> Record<'_> {
        let mut record = self.record(Class::ApiActivity, self.activity(line), line.at.0);
        record.api = Some(Api {
            operation: operation.to_owned(),
            service: Named { name: service.to_owned() },
            response: Code { code: line.status },
        });
        record.action_id = Some(if line.allowed { 1 } else { 2 });
        record.disposition_id = record.action_id;
        record.src_endpoint = Some(Named { name: UNRECORDED.into() });
        record.actor = Some(Actor::default());
        record.resources = kept
            .objects
            .iter()
            .map(|(coll, first, n)| Resource {
                uid: self.records(*coll, *first, *n),
                kind: self.plan.collections[*coll as usize].name.clone(),
            })
            .collect();
        record
    }

    /// Who and from where.
    fn account(&self, account: &Account, kept: &Kept<'_>, record: &mut Record<'_>) {
        let line = &kept.line;
        let fields = [
            (account.principal, "principal"),
            (account.credential, "credential"),
            (account.act, "act"),
            (account.address, "address"),
            (account.trace, "trace"),
        ];
        let unrecorded = fields.iter().filter(|(field, _)| *field == Field::Unrecorded);
        record.unmapped.unrecorded = unrecorded.map(|(_, name)| *name).collect();
        let principal = match account.principal {
            Field::Is(principal) => Some(self.plan.identity_name(IdentityId::new(principal))),
            Field::Nothing => Some(ANONYMOUS.to_owned()),
            Field::Unrecorded => None,
        };
        let credential = account.credential.known().map(|c| credential_name(self.plan, c));
        let app = account.act.known().map(|act| self.plan.identity_name(IdentityId::new(act)));
        let session = credential.clone().filter(|_| principal.is_none());
        let named = principal.is_some() || app.is_some() || session.is_some();
        record.actor = Some(Actor {
            user: principal.clone().map(|uid| User { type_id: 0, uid, credential_uid: credential }),
            session: session.map(|credential_uid| Session { credential_uid }),
            app_uid: app.clone(),
            app_name: (!named).then(|| UNRECORDED.to_owned()),
        });
        let actors = kept.actors.iter().map(|actor| self.plan.identity_name(IdentityId::new(*actor)));
        record.unmapped.delegation = actors.chain(principal.filter(|_| !kept.actors.is_empty())).collect();
        if let Some(address) = account.address.known() {
            record.src_endpoint = Some(Named { name: self.network(address) });
        }
        if let (Some(actor), Some(span)) = (account.trace.known(), line.span) {
            let run = Trace::of(self.plan.seed, RequestId { by: ActorId::new(actor), n: 0 });
            let trace = Trace { span, ..run };
            let time = record.time;
            let traced = Traced {
                uid: trace.run_text(),
                span: Span { uid: trace.span_text(), start_time: time, end_time: time },
            };
            match line.deed {
                Deed::Call => record.trace = Some(traced),
                // The other classes have no profile for it.
                _ => record.unmapped.traceparent = Some(trace.traceparent()),
            }
        }
    }

    fn activity(&self, line: &Line) -> u16 {
        let creates = |op: OpId| {
            let act = self.plan.operation(op).act;
            self.types.number(op) == line.event && matches!(act, Act::Create { .. })
        };
        match line.effect {
            Effect::Write if self.plan.operation_ids().any(creates) => 1,
            Effect::Read => 2,
            Effect::Write => 3,
            Effect::Delete => 4,
            Effect::Mint => 1,
            Effect::Execute | Effect::Grant | Effect::Send => 99,
        }
    }

    fn record(&self, class: Class, activity: u16, at: u64) -> Record<'static> {
        let (class_uid, category_uid) = match class {
            Class::ApiActivity => (6003, 6),
            Class::Authentication => (3002, 3),
            Class::AccountChange => (3001, 3),
        };
        let meta = &self.plan.meta;
        let run = meta.variant.as_ref().map_or(meta.name.clone(), |variant| format!("{}@{variant}", meta.name));
        let profiles: &[&str] = if class_uid == 6003 { &["security_control", "trace"] } else { &[] };
        Record {
            class_uid,
            category_uid,
            activity_id: activity,
            type_uid: u32::from(class_uid) * 100 + u32::from(activity),
            time: self.plan.time.zero.saturating_mul(1_000).saturating_add(at / 1_000),
            severity_id: 1,
            status_id: 1,
            metadata: Metadata {
                version: VERSION,
                product: Named { name: "runaway".to_owned() },
                profiles,
                sequence: None,
                correlation_uid: format!("{run}#{}", self.plan.seed),
            },
            unmapped: Unmapped { at_us: at, ..Unmapped::default() },
            ..Record::default()
        }
    }

    fn user(&self, principal: Option<u32>, credential: Option<u32>) -> User {
        use crate::model::identity::IdentityKind;
        let kind = principal.map(|p| self.plan.population_of(IdentityId::new(p)).kind);
        User {
            uid: principal.map_or(ANONYMOUS.to_owned(), |p| self.plan.identity_name(IdentityId::new(p))),
            type_id: match kind {
                Some(IdentityKind::Human) => 1,
                Some(IdentityKind::Agent | IdentityKind::Service) => 4,
                Some(IdentityKind::Outsider) | None => 0,
            },
            credential_uid: credential.map(|c| credential_name(self.plan, c)),
        }
    }

    fn owner(&self, principal: u32) -> Option<String> {
        let owner = self.plan.owner_of(IdentityId::new(principal));
        (owner.number() != principal).then(|| self.plan.identity_name(owner))
    }

    fn network(&self, number: u32) -> String {
        self.plan.networks.get(number as usize).cloned().unwrap_or_default()
    }

    /// `files-12`, `files-1..100`.
    fn records(&self, coll: u32, first: u32, n: u32) -> String {
        let name = &self.plan.collections[coll as usize].name;
        if n == 1 { format!("{name}-{}", first + 1) } else { format!("{name}-{}..{}", first + 1, first + n) }
    }
}

const fn activity_of(how: Change) -> u16 {
    match how {
        Change::Disabled => 5,
        Change::Rotated => 3,
        Change::Bound => 7,
        Change::Blocked => 9,
        Change::Revoked => 99,
    }
}

const fn word(how: Change) -> &'static str {
    match how {
        Change::Disabled => "Disable",
        Change::Rotated => "Password Change",
        Change::Bound => "Attach Policy",
        Change::Blocked => "Lock",
        Change::Revoked => "Revoke Credential",
    }
}
