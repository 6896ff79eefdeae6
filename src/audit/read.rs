//! Reading an audit log: OCSF events, one a line, from this program or from elsewhere.
//!
//! What another program wrote has no `unmapped` of ours: then whatever is missing counts as unrecorded, workloads are
//! known by `actor.app_uid` of Authentication events. The order is that of the lines, unless their times say otherwise.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

use crate::wire::{Effect, Tick};

use super::file::Log;
use super::known::Workload;
use super::line::{Account, Change, Deed, Field, Line, Run};
use super::write::ANONYMOUS;

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("line {line} is no JSON object: {why}")]
    Json { line: usize, why: String },
    #[error("line {line} is no OCSF event: it has no `class_uid`")]
    NoEvent { line: usize },
    #[error("line {line} has no `time`")]
    NoTime { line: usize },
    #[error("there is no event in it")]
    Empty,
}

/// Takes a log up, line by line.
#[derive(Default)]
pub struct Reader {
    log: Log,
    read: usize,
    next: u64,
    /// When the run began, where a line says how far into it that was written.
    began: Option<Tick>,
    /// The lines that have a number of their own, by it and what they say.
    numbered: BTreeSet<(u64, u64)>,
}

impl Reader {
    /// Takes one line up. An empty one says nothing.
    pub fn line(&mut self, text: &str) -> Result<(), ReadError> {
        self.read += 1;
        let line = self.read;
        if text.trim().is_empty() {
            return Ok(());
        }
        let event: Value =
            serde_json::from_str(text).map_err(|error| ReadError::Json { line, why: error.to_string() })?;
        if !event.is_object() {
            return Err(ReadError::Json { line, why: "it is something else".to_owned() });
        }
        let class = event["class_uid"].as_u64().ok_or(ReadError::NoEvent { line })?;
        if !matches!(class, 6003 | 3002 | 3001) {
            self.log.skipped += 1;
            return Ok(());
        }
        if event["unmapped"]["registry"] == Value::Bool(true) {
            self.registration(&event);
            return Ok(());
        }
        let at = at(&event).ok_or(ReadError::NoTime { line })?;
        if let Some(sequence) = event["metadata"]["sequence"].as_u64()
            && !self.numbered.insert((sequence, digest(text)))
        {
            self.log.repeated += 1;
            return Ok(());
        }
        let began = event["unmapped"]["at_us"].as_u64().map(|into| Tick(at.0.saturating_sub(into)));
        self.began = self.began.into_iter().chain(began).min();
        self.event(&event, class, at);
        Ok(())
    }

    /// The whole log.
    pub fn finish(mut self) -> Result<Log, ReadError> {
        if self.log.lines.is_empty() && self.log.registry.registered.is_empty() && self.log.skipped == 0 {
            return Err(ReadError::Empty);
        }
        self.log.registry.workloads.resize_with(self.log.names.workloads.len(), Workload::default);
        // A log of ours begins with its run, another one with its first line.
        let first = self.log.lines.iter().map(|line| line.at).min().unwrap_or_default();
        let began = self.began.map_or(first, |began| began.min(first));
        self.log.lines.iter_mut().for_each(|line| line.at = Tick(line.at.0 - began.0));
        self.log.sort();
        Ok(self.log)
    }

    fn registration(&mut self, event: &Value) {
        let Log { names, registry, .. } = &mut self.log;
        let Some(credential) = text(&event["user"], "credential_uid") else { return };
        let credential = names.credentials.number(credential);
        let principal = principal(&event["user"]).map(|name| names.principals.number(name));
        let unmapped = &event["unmapped"];
        let registration = registry.registered.entry(credential).or_default();
        registration.principal = registration.principal.or(principal);
        let instead_of = text(unmapped, "instead_of").map(|name| names.credentials.number(name));
        registration.instead_of = registration.instead_of.or(instead_of);
        if let (Some(principal), Some(owner)) = (principal, text(unmapped, "owner")) {
            let owner = names.principals.number(owner);
            registry.owners.insert(principal, owner);
        }
        for record in unmapped["stored_in"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if let Some((coll, row, 1)) = run(record, &mut names.collections) {
                registry.stored.entry((coll, row)).or_default().push(credential);
            }
        }
        let Some(workload) = text(&event["actor"], "app_uid") else { return };
        let number = names.workloads.number(workload);
        registration.holders.insert(number);
        if registry.workloads.len() <= number as usize {
            registry.workloads.resize_with(number as usize + 1, Workload::default);
        }
        let workload = &mut registry.workloads[number as usize];
        workload.credentials.insert(credential);
        workload.identity = text(unmapped, "identity").map(|name| names.principals.number(name)).or(workload.identity);
        let there_for = unmapped["registered_for"].as_array().into_iter().flatten().filter_map(Value::as_str);
        workload.registered_for.extend(there_for.map(|event| names.events.number(event)));
        workload.addresses.extend(address(event).map(|name| names.addresses.number(name)));
    }

    fn event(&mut self, event: &Value, class: u64, at: Tick) {
        let unmapped = &event["unmapped"];
        let account = self.account(event);
        let names = &mut self.log.names;
        let credential =
            |names: &mut super::file::LogNames, name: Option<&str>| name.map(|n| names.credentials.number(n));
        let (service, operation) = match class {
            6003 => (text(&event["api"]["service"], "name"), text(&event["api"], "operation")),
            3002 => (text(&event["service"], "name"), text(unmapped, "operation")),
            _ => (text(unmapped, "service"), text(unmapped, "operation")),
        };
        let of = match (service, operation) {
            (Some(service), Some(operation)) => format!("{service}.{operation}"),
            (part, other) => part.or(other).unwrap_or_default().to_owned(),
        };
        let deed = match class {
            6003 => Deed::Call,
            3002 => {
                let issued = credential(names, text(&event["user"], "credential_uid"));
                let from = credential(names, text(unmapped, "issued_from"));
                let to = text(unmapped, "issued_to").map(|name| names.workloads.number(name));
                let principal = principal(&event["user"]).map(|name| names.principals.number(name));
                Deed::Issue { credential: issued, principal, from, to }
            }
            _ => Deed::Change {
                how: change(event["activity_id"].as_u64()),
                principal: principal(&event["user"]).map(|name| names.principals.number(name)),
                credential: credential(names, text(unmapped, "credential")),
            },
        };
        let objects: Vec<Run> = event["resources"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|resource| run(text(resource, "uid")?, &mut names.collections))
            .collect();
        let sequence = event["metadata"]["sequence"].as_u64().unwrap_or(self.next);
        self.next = sequence.saturating_add(1);
        let span = text(&event["trace"]["span"], "uid").or_else(|| text(unmapped, "traceparent")?.split('-').nth(2));
        let line = Line {
            sequence,
            at,
            account,
            deed,
            event: names.events.number(&of),
            effect: effect(unmapped, event["activity_id"].as_u64()),
            allowed: event["status_id"].as_u64() != Some(2) && event["action_id"].as_u64() != Some(2),
            status: status(event),
            rows: unmapped["rows"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            span: span.and_then(|span| u64::from_str_radix(span, 16).ok()),
        };
        self.log.push(line, objects);
    }

    fn account(&mut self, event: &Value) -> Account {
        let names = &mut self.log.names;
        let (actor, unmapped) = (&event["actor"], &event["unmapped"]);
        let unrecorded = |field: &str| {
            let listed = unmapped["unrecorded"].as_array();
            listed.is_some_and(|fields| fields.iter().any(|f| f.as_str() == Some(field)))
        };
        // A log from elsewhere that says nothing of a field does not record it; ours lists what it does not record.
        let ours = unmapped.get("at_us").is_some();
        let field = |name: &str, value: Option<u32>| match value {
            Some(value) => Field::Is(value),
            None if ours && !unrecorded(name) => Field::Nothing,
            None => Field::Unrecorded,
        };
        let user = &actor["user"];
        let nobody = text(user, "uid") == Some(ANONYMOUS);
        let proved = principal(user).map(|name| names.principals.number(name));
        let presented = text(user, "credential_uid").or_else(|| text(&actor["session"], "credential_uid"));
        let presented = presented.map(|name| names.credentials.number(name));
        let act = unmapped["delegation"].as_array().filter(|chain| chain.len() > 1);
        let act = act.and_then(|chain| chain.first()?.as_str()).or_else(|| text(actor, "app_uid"));
        let act = act.map(|name| names.principals.number(name));
        let trace = text(&event["trace"], "uid").or_else(|| text(unmapped, "traceparent")?.split('-').nth(1));
        let trace = trace.map(|name| names.traces.number(name));
        let from = address(event).filter(|_| !unrecorded("address")).map(|name| names.addresses.number(name));
        Account {
            principal: if nobody { Field::Nothing } else { field("principal", proved) },
            credential: field("credential", presented),
            act: field("act", act),
            address: field("address", from),
            trace: field("trace", trace),
        }
    }
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.trim().hash(&mut hasher);
    hasher.finish()
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

/// A user's name, if it is anybody's.
fn principal(user: &Value) -> Option<&str> {
    text(user, "uid").or_else(|| text(user, "name")).filter(|name| *name != ANONYMOUS)
}

fn address(event: &Value) -> Option<&str> {
    let endpoint = event.get("src_endpoint")?;
    text(endpoint, "ip").or_else(|| text(endpoint, "name")).or_else(|| text(endpoint, "hostname"))
}

/// In microseconds since 1970. Our own lines say those since the start besides, where OCSF has milliseconds.
fn at(event: &Value) -> Option<Tick> {
    let time = event["time"].as_u64()?.saturating_mul(1_000);
    let below = event["unmapped"]["at_us"].as_u64().map_or(0, |at| at % 1_000);
    Some(Tick(time.saturating_add(below)))
}

fn status(event: &Value) -> u16 {
    let code = event["api"]["response"]["code"].as_u64();
    let code = code.or_else(|| text(event, "status_code")?.parse().ok());
    code.and_then(|code| u16::try_from(code).ok()).unwrap_or(0)
}

fn effect(unmapped: &Value, activity: Option<u64>) -> Effect {
    text(unmapped, "effect").and_then(Effect::parse).unwrap_or(match activity {
        Some(1 | 3) => Effect::Write,
        Some(2) => Effect::Read,
        Some(4) => Effect::Delete,
        _ => Effect::Execute,
    })
}

const fn change(activity: Option<u64>) -> Change {
    match activity {
        Some(5) => Change::Disabled,
        Some(3) => Change::Rotated,
        Some(7) => Change::Bound,
        Some(9) => Change::Blocked,
        _ => Change::Revoked,
    }
}

/// `files-12`, `files-1..100`; the name of a record from elsewhere is a collection of its own.
fn run(uid: &str, collections: &mut super::known::Names) -> Option<Run> {
    let numbered = || {
        let (name, rows) = uid.rsplit_once('-')?;
        let (first, last) = rows.split_once("..").unwrap_or((rows, rows));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        let n = last.checked_sub(first)?.checked_add(1)?;
        Some((name, first.checked_sub(1)?, n))
    };
    let (name, first, n) = numbered().unwrap_or((uid, 0, 1));
    (n <= MOST_RECORDS).then(|| (collections.number(name), first, n))
}

/// No line names more records than a scenario has.
const MOST_RECORDS: u32 = 20_000_000;
