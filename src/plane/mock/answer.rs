//! Answers as HTTP: how a service writes one, and how a client reads it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::sync::Arc;

use http::HeaderMap;
use http::header::{HeaderName, LOCATION, RETRY_AFTER};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::model::Plan;
use crate::model::identity::{Binding, ProofKind};
use crate::model::service::Method;
use crate::planted::Mistake;
use crate::vocabulary::{Phrasebook, Scribe};
use crate::wire::{
    Body, CollId, Found, JobId, OpId, Planted, Res, Response, RouteId, Rows, ServiceId, Slot, Span, Text,
};

use super::address::Addresses;
use super::names::Names;
use super::origins::Origins;

/// RFC 9110 section 10.2.3 counts in whole seconds; beside it, services say it in milliseconds, as Azure's do.
pub const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// Answers, written and read.
pub struct Answerer {
    plan: Arc<Plan>,
    addresses: Arc<Addresses>,
    origins: Arc<Origins>,
    phrasebook: Arc<Phrasebook>,
}

/// An answer as it goes onto a socket.
#[derive(Default)]
pub struct Answering {
    pub status: u16,
    pub retry_after: Option<Span>,
    pub location: Option<String>,
    pub fresh_for: Option<Span>,
    pub body: String,
}

/// Every body that services send, RFC 6749 section 5.1 and RFC 7662 section 2.2 among them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent<'a> {
    #[serde(borrow)]
    collection: Option<Cow<'a, str>>,
    #[serde(borrow)]
    ids: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow)]
    records: Option<Vec<&'a RawValue>>,
    next: Option<u32>,
    count: Option<u32>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    job: Option<u32>,
    active: Option<bool>,
    #[serde(borrow)]
    access_token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    refresh_token: Option<Cow<'a, str>>,
    expires_in: Option<u64>,
}

/// The parts of a record that a client reads.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    author: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    note: Option<Cow<'a, str>>,
}

impl Answerer {
    pub fn new(
        plan: Arc<Plan>,
        addresses: Arc<Addresses>,
        origins: Arc<Origins>,
        phrasebook: Arc<Phrasebook>,
    ) -> Answerer {
        Answerer { plan, addresses, origins, phrasebook }
    }

    /// What a service sends. `secret` writes the bytes of a secret.
    pub fn write(
        &self,
        response: &Response,
        slot: &Slot,
        scribe: &Scribe,
        mut secret: impl FnMut(Text, &mut String),
    ) -> Answering {
        let retry_after = response.retry_after.filter(|_| !Mistake::RetryAfterDropped.here());
        let mut answering = Answering { status: response.status, retry_after, ..Answering::default() };
        let body = &mut answering.body;
        match response.body {
            Body::Empty => {}
            Body::Ids { coll, rows, next } => {
                self.open(coll, "ids", body);
                for (at, row) in rows.iter(slot).enumerate() {
                    body.push_str(if at == 0 { "\"" } else { ",\"" });
                    self.addresses.record(&self.plan, Res { coll, row }, body);
                    body.push('"');
                }
                close(next, body);
            }
            Body::Records { coll, rows, next } => {
                self.open(coll, "records", body);
                let mut found = slot.texts.iter().peekable();
                let mut planted = slot.planted.iter().peekable();
                for (at, row) in rows.iter(slot).enumerate() {
                    let res = Res { coll, row };
                    body.push_str(if at == 0 { "{\"id\":\"" } else { ",{\"id\":\"" });
                    self.addresses.record(&self.plan, res, body);
                    body.push('"');
                    let mut nth = 1;
                    while let Some(lies) = found.next_if(|f| f.lay_in == Some(res)) {
                        match nth {
                            1 => body.push_str(",\"secret\":\""),
                            _ => _ = write!(body, ",\"secret-{nth}\":\""),
                        }
                        secret(lies.text, body);
                        body.push('"');
                        nth += 1;
                    }
                    if let Some(lies) = planted.next_if(|p| p.lay_in == res) {
                        self.note(lies, scribe, body);
                    }
                    body.push('}');
                }
                close(next, body);
            }
            Body::Count(n) => {
                let _ = write!(body, "{{\"count\":{n}}}");
            }
            Body::Created(res) => {
                body.push_str("{\"id\":\"");
                self.addresses.record(&self.plan, res, body);
                body.push_str("\"}");
            }
            Body::Job(job) => {
                let _ = write!(body, "{{\"job\":{}}}", job.number());
            }
            Body::Token { access, refresh, lives } => {
                body.push_str("{\"access_token\":\"");
                secret(access, body);
                let kind = if self.is_dpop(access) { "DPoP" } else { "Bearer" };
                let _ = write!(body, "\",\"token_type\":\"{kind}\"");
                if let Some(lives) = lives {
                    let _ = write!(body, ",\"expires_in\":{}", lives.whole_seconds());
                }
                if let Some(refresh) = refresh {
                    body.push_str(",\"refresh_token\":\"");
                    secret(refresh, body);
                    body.push('"');
                }
                body.push('}');
            }
            Body::Introspection { active } => {
                let _ = write!(body, "{{\"active\":{active}}}");
            }
            Body::Link(route) => answering.location = self.link(route),
        }
        answering
    }

    /// RFC 9449 section 5: the answer says that a token is bound.
    fn is_dpop(&self, token: Text) -> bool {
        let Text::Generated { family, .. } = token else { return false };
        self.plan.family(family).binding == Binding::Key(ProofKind::Dpop)
    }

    /// The instruction in a record, and whose words the record is.
    fn note(&self, planted: &Planted, scribe: &Scribe, body: &mut String) {
        if let Some(author) = planted.author {
            let _ = write!(body, ",\"author\":{}", Value::from(self.plan.identity_name(author)));
        }
        let mut text = String::new();
        self.phrasebook.render(&self.plan, planted.instruction, scribe, &mut text);
        let _ = write!(body, ",\"note\":{}", Value::from(text));
    }

    fn open(&self, coll: CollId, what: &str, body: &mut String) {
        let _ = write!(body, "{{\"collection\":\"{}\",\"{what}\":[", self.plan.collection(coll).name);
    }

    fn link(&self, route: RouteId) -> Option<String> {
        let op = self.plan.route(route).answers?;
        let mut url = self.origins.url(self.plan.route(route).service)?;
        self.addresses.path(&self.plan, op, None, &mut url);
        Some(url)
    }

    /// What a client makes of bytes. Secrets are recognised in them; nobody says where they lie.
    pub fn read(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &str,
        asked: OpId,
        names: &mut Names,
        slot: &mut Slot,
    ) -> Response {
        slot.clear();
        let text = |name| headers.get(name).and_then(|v: &http::HeaderValue| v.to_str().ok());
        let millis = text(RETRY_AFTER_MS).and_then(|ms| ms.parse().ok()).map(Span::from_millis);
        let retry_after = millis.or_else(|| text(RETRY_AFTER)?.parse().ok().map(Span::from_secs));
        let link = text(LOCATION).filter(|_| (300..400).contains(&status)).and_then(|url| self.linked(url, asked));
        let body = match link {
            Some(route) => Body::Link(route),
            None if body.is_empty() => Body::Empty,
            None => serde_json::from_str(body).map_or(Body::Empty, |sent| self.meaning(&sent, names, slot)),
        };
        Response { status, retry_after, body }
    }

    fn meaning(&self, sent: &Sent<'_>, names: &mut Names, slot: &mut Slot) -> Body {
        let next = sent.next.and_then(NonZeroU32::new);
        let coll = sent.collection.as_ref().and_then(|name| self.addresses.collection(name));
        if let Some(token) = &sent.access_token {
            return Body::Token {
                access: names.name(token),
                refresh: sent.refresh_token.as_ref().map(|token| names.name(token)),
                lives: sent.expires_in.map(Span::from_secs),
            };
        }
        match (coll, sent) {
            (Some(coll), Sent { records: Some(records), .. }) => {
                for record in records {
                    self.read_record(record.get(), names, slot);
                }
                Body::Records { coll, rows: rows(slot), next }
            }
            (Some(coll), Sent { ids: Some(ids), .. }) => {
                slot.ids.extend(ids.iter().filter_map(|id| self.addresses.named(id)).map(|res| res.row));
                Body::Ids { coll, rows: rows(slot), next }
            }
            (_, Sent { count: Some(n), .. }) => Body::Count(*n),
            (_, Sent { job: Some(n), .. }) => Body::Job(JobId::new(*n)),
            (_, Sent { active: Some(active), .. }) => Body::Introspection { active: *active },
            (_, Sent { id: Some(id), .. }) => self.addresses.named(id).map_or(Body::Empty, Body::Created),
            _ => Body::Empty,
        }
    }

    fn read_record(&self, bytes: &str, names: &mut Names, slot: &mut Slot) {
        let Ok(Record { id, author, note }) = serde_json::from_str(bytes) else { return };
        let Some(res) = self.addresses.named(&id) else { return };
        slot.ids.push(res.row);
        slot.texts.extend(names.spot(bytes).map(|text| Found { text, lay_in: Some(res) }));
        if let Some(instruction) = note.and_then(|note| names.instruction(&note, &self.phrasebook)) {
            let author = author.and_then(|name| self.plan.identity_named(&name));
            slot.planted.push(Planted { instruction, lay_in: res, author });
        }
    }

    /// The route that a URL leads to, as far as the client's own inventory knows it.
    /// A 307 keeps the method (RFC 9110 section 15.4.8), where the path knows it.
    fn linked(&self, url: &str, asked: OpId) -> Option<RouteId> {
        let (service, path) = self.origins.split(url)?;
        let kept = self.plan.operation(asked).method;
        std::iter::once(kept).chain(Method::ALL).find_map(|method| {
            let located = self.addresses.locate(service, method.name(), path).ok()?;
            located.candidates.first().map(|op| RouteId::new(op.number()))
        })
    }

    /// The operation that answers a client's route, and the service that it believes in.
    pub fn answers(&self, route: RouteId) -> Option<(ServiceId, OpId)> {
        let route = self.plan.route(route);
        Some((route.service, route.answers?))
    }
}

fn close(next: Option<NonZeroU32>, body: &mut String) {
    body.push(']');
    if let Some(next) = next {
        let _ = write!(body, ",\"next\":{next}");
    }
    body.push('}');
}

/// The rows that were read, as a span where they lie side by side.
fn rows(slot: &mut Slot) -> Rows {
    let n = slot.ids.len() as u32;
    match slot.ids.first() {
        Some(first) if slot.ids.iter().zip(*first..).all(|(row, expected)| *row == expected) => {
            let first = *first;
            slot.ids.clear();
            Rows::Span { first, n }
        }
        _ => Rows::Pick { offset: 0, n },
    }
}
