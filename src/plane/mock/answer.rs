//! Answers as HTTP: how a service writes one.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::sync::Arc;

use http::header::HeaderName;
use serde_json::Value;

use crate::model::Plan;
use crate::model::identity::{Binding, ProofKind};
use crate::planted::Mistake;
use crate::vocabulary::{Phrasebook, Scribe};
use crate::wire::{Body, CollId, OpId, Planted, Res, Response, RouteId, ServiceId, Slot, Span, Text};

use super::address::Addresses;
use super::origins::Origins;

/// RFC 9110 section 10.2.3 counts in whole seconds; beside it, services say it in milliseconds, as Azure's do.
pub const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// Answers, written and read.
pub struct Answerer {
    pub(super) plan: Arc<Plan>,
    pub(super) addresses: Arc<Addresses>,
    pub(super) origins: Arc<Origins>,
    pub(super) phrasebook: Arc<Phrasebook>,
}

/// An answer as it goes onto a socket.
#[derive(Default)]
pub struct Answering {
    pub status: u16,
    pub retry_after: Option<Span>,
    pub location: Option<String>,
    pub fresh_for: Option<Span>,
    /// Nobody on its way may keep it.
    pub unstored: bool,
    pub body: String,
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
