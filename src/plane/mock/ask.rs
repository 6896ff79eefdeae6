//! Requests as HTTP: how a client writes one, and how a service reads it.

use std::borrow::Cow;
use std::sync::Arc;

use form_urlencoded::Serializer;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value};

use crate::model::Plan;
use crate::model::identity::{Binding, ProofKind};
use crate::model::service::{Act, Grant, Method, Operation};
use crate::planted::Mistake;
use crate::vocabulary::{Phrasebook, Scribe};
use crate::wire::{
    Arg, Cargo, Envelope, HeldId, OpId, PlaceId, Presented, Purpose, Request, Res, RouteId, ServiceId, Target, Text,
    Vantage,
};

use super::address::{Addresses, normal};
use super::names::Names;
use super::said::Said;
use super::server::REQUEST_ID;
use super::unreadable::Unreadable;
use super::{client, context, presented, runbook};

/// Room for the path of most requests, and for the headers of all: nothing has to grow.
const USUAL_TARGET: usize = 64;
const MOST_HEADERS: usize = 8;

/// A request as it goes onto a socket.
pub struct Asking {
    pub method: http::Method,
    /// Path and query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: String,
}

/// A request as a server takes it off a socket.
pub struct Received<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// A request as a service understands it.
pub struct Heard {
    pub op: OpId,
    pub request: Request,
    /// What it writes down.
    pub cargo: Cargo,
    /// The scopes that it asks for.
    pub scope: Option<String>,
}

/// Requests, written and read.
pub struct Asker {
    pub(super) plan: Arc<Plan>,
    pub(super) addresses: Arc<Addresses>,
    pub(super) phrasebook: Arc<Phrasebook>,
    /// How the clients of this world prove to have a key.
    proofs: Vec<ProofKind>,
}

/// How the fields of a request travel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Carrier {
    Query,
    /// `application/x-www-form-urlencoded`, as OAuth wants it.
    Form,
    Json,
}

impl Asker {
    pub fn new(plan: Arc<Plan>, addresses: Arc<Addresses>, phrasebook: Arc<Phrasebook>) -> Asker {
        Asker { proofs: presented::kinds(&plan), plan, addresses, phrasebook }
    }

    /// The path of an operation for the first record of its kind.
    pub fn example(&self, op: OpId) -> String {
        let spec = self.plan.operation(op);
        let of = match spec.act {
            Act::List { inside, .. } => inside,
            _ => spec.target,
        };
        let mut path = String::new();
        self.addresses.path(&self.plan, op, of.map(|coll| Res { coll, row: 0 }), &mut path);
        path
    }

    /// A client's request to an operation, in bytes.
    pub fn write(&self, op: OpId, envelope: &Envelope, cargo: &Cargo, names: &mut Names) -> Asking {
        let request = &envelope.request;
        let spec = self.plan.operation(op);
        let about = if let Arg::Id(res) = request.about { Some(res) } else { None };
        let mut target = String::with_capacity(USUAL_TARGET);
        self.addresses.path(&self.plan, op, about, &mut target);
        let mut fields = self.fields(op, request, names);
        if request.carries {
            self.written(cargo, names, &mut fields);
        }
        let mut headers = HeaderMap::with_capacity(MOST_HEADERS);
        let mut body = String::new();
        match carrier(spec) {
            _ if fields.is_empty() => {}
            Carrier::Query => {
                target.push('?');
                target.push_str(&Serializer::new(String::new()).extend_pairs(&fields).finish());
            }
            Carrier::Form => {
                body = Serializer::new(String::new()).extend_pairs(&fields).finish();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            }
            Carrier::Json => {
                let fields: Map<String, Value> =
                    fields.into_iter().map(|(name, value)| (name.into_owned(), Value::String(value))).collect();
                body = Value::Object(fields).to_string();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
        }
        if let Some(presented) = request.presented {
            let bytes = names.bytes(presented.text);
            if presented.proven {
                let asked = (spec.method.name(), target.split('?').next().unwrap_or_default());
                presented::prove(names.scribe(), &self.proofs, &bytes, asked, &mut headers);
            }
            presented::put(presented.scheme, &bytes, &mut headers);
        }
        context::put(self.plan.seed, envelope, &mut headers);
        let method = http::Method::from_bytes(spec.method.name().as_bytes()).unwrap_or_default();
        Asking { method, target, headers, body }
    }

    /// What a request says beside its path.
    fn fields(&self, op: OpId, request: &Request, names: &mut Names) -> Vec<(Cow<'static, str>, String)> {
        let spec = self.plan.operation(op);
        let mut fields: Vec<(Cow<'static, str>, String)> = Vec::new();
        if let Some((field, value)) = &spec.selector {
            fields.push((field.clone().into(), value.clone()));
        }
        match request.about {
            Arg::Id(res) if !self.addresses.names_record(op) => {
                let mut id = String::new();
                self.addresses.record(&self.plan, res, &mut id);
                fields.push(("id".into(), id));
            }
            Arg::Text(text) => fields.push((secret_field(spec).into(), names.bytes(text).as_ref().to_owned())),
            Arg::Act { step, target } => {
                fields.push(("step".into(), step.number().to_string()));
                match target {
                    Target::Credential(cred) => fields.push(("credential".into(), cred.number().to_string())),
                    Target::Identity(identity) => fields.push(("identity".into(), identity.number().to_string())),
                    Target::Record(res) => {
                        let mut id = String::new();
                        self.addresses.record(&self.plan, res, &mut id);
                        fields.push(("record".into(), id));
                    }
                    Target::Named => {}
                }
            }
            _ => {}
        }
        if let Arg::Cursor(at) = request.page
            && !Mistake::CursorDropped.here()
        {
            fields.push(("cursor".into(), at.to_string()));
        }
        fields
    }

    /// What a service makes of bytes. The connection, the purpose and the sender's own numbers are not in them.
    pub fn read(&self, service: ServiceId, received: &Received<'_>, scribe: &Scribe) -> Result<Heard, Unreadable> {
        let Received { method, path, query, headers, body } = *received;
        let same_path = normal(path);
        let located = self.addresses.locate(service, method, &same_path).map_err(Unreadable::Nowhere)?;
        let said = Said::of(query, headers, body);
        // Our own clients show in a header what others hand over here, and know no names of clients.
        let strict = |op: &OpId| !headers.contains_key(REQUEST_ID) && client::speaks_oauth(self.plan.operation(*op));
        if located.candidates.iter().any(strict) {
            client::check_form(headers, &said)?;
        }
        let op = self.choose(located.candidates, &said)?;
        let (spec, strict) = (self.plan.operation(op), strict(&op));
        if strict {
            client::check_meaning(&self.plan, spec, &said)?;
        }
        let text = |bytes: &str| scribe.read(bytes).unwrap_or(Text::Seen(u32::MAX));
        let named = located.named.filter(|_| self.addresses.names_record(op)).map(Cow::Borrowed);
        let id = named.or_else(|| said.get("id").map(Cow::Borrowed)).and_then(|id| self.record(&id));
        let about = match id {
            Some(res) => Arg::Id(res),
            None => match said.get(secret_field(spec)) {
                Some(secret) if takes_secret(spec) => Arg::Text(text(secret)),
                _ => self.act(&said).unwrap_or(Arg::None),
            },
        };
        let presented =
            presented::find(headers, said.get("client_secret").or(said.get("actor_token"))).map(|(scheme, bytes)| {
                let text = text(&bytes);
                let its_own = !strict || client::shows_its_own(&self.plan, headers, &said, text);
                let text = if its_own { text } else { Text::Seen(u32::MAX) };
                let proven = match self.binding(text) {
                    Binding::Key(kind) => presented::proven(scribe, kind, &bytes, (method, path), headers),
                    Binding::None | Binding::Network(_) => true,
                };
                Presented { scheme, text, held: HeldId::new(0), proven }
            });
        let cargo = self.taken_down(&said, scribe);
        let request = Request {
            route: RouteId::new(op.number()),
            about,
            page: said.number("cursor").map_or(Arg::None, Arg::Cursor),
            presented,
            carries: !cargo.is_empty(),
            from: Vantage {
                network: self.network(headers),
                connection: 0,
                purpose: Purpose::Agent,
                conversation: context::conversation(headers),
            },
        };
        let scope = said.get("scope").filter(|_| strict).map(str::to_owned);
        Ok(Heard { op, request, cargo, scope })
    }

    /// The step of a runbook that was asked for, and what it acts on.
    fn act(&self, said: &Said<'_>) -> Option<Arg> {
        let step = runbook::step(&self.plan, said.get("step")?)?;
        let target = match (said.get("credential"), said.get("identity"), said.get("record")) {
            (Some(cred), ..) => Target::Credential(runbook::credential(&self.plan, cred)?),
            (None, Some(identity), _) => Target::Identity(runbook::identity(&self.plan, identity)?),
            (None, None, Some(record)) => Target::Record(self.record(record)?),
            (None, None, None) => Target::Named,
        };
        Some(Arg::Act { step, target })
    }

    fn binding(&self, text: Text) -> Binding {
        let Text::Generated { family, .. } = text else { return Binding::None };
        self.plan.families.get(family.index()).map_or(Binding::None, |family| family.binding)
    }

    pub(super) fn record(&self, id: &str) -> Option<Res> {
        let id = percent_encoding::percent_decode_str(id).decode_utf8().ok()?;
        self.addresses.named(&id)
    }

    fn network(&self, headers: &HeaderMap) -> PlaceId {
        let known = |number: &u32| (*number as usize) < self.plan.networks.len();
        PlaceId::new(context::network(headers).filter(known).unwrap_or(0))
    }

    /// Among the operations of one path, the one that the body selects.
    fn choose(&self, candidates: &[OpId], said: &Said<'_>) -> Result<OpId, Unreadable> {
        let selector = |op: &OpId| self.plan.operation(*op).selector.as_ref();
        let selected =
            candidates.iter().find(|op| selector(op).is_some_and(|(field, value)| said.get(field) == Some(value)));
        let plain = || candidates.iter().find(|op| selector(op).is_none());
        selected.or_else(plain).copied().ok_or_else(|| {
            let mut fields = candidates.iter().filter_map(selector);
            let field = fields.next().map_or(String::new(), |(field, _)| field.clone());
            let values = candidates.iter().filter_map(selector).map(|(_, value)| value.clone()).collect();
            let said = said.get(&field).is_some();
            Unreadable::Undecided { field, values, said }
        })
    }
}

fn carrier(spec: &Operation) -> Carrier {
    match (spec.act, spec.method) {
        (Act::Mint { grant: Grant::Plain, .. }, Method::Post) => Carrier::Json,
        (Act::Mint { .. } | Act::RevokeToken | Act::IntrospectToken, Method::Post) => Carrier::Form,
        (_, Method::Get | Method::Delete) => Carrier::Query,
        _ => Carrier::Json,
    }
}

/// The field of the body in which the operation takes a secret.
fn secret_field(spec: &Operation) -> &'static str {
    match spec.act {
        Act::Mint { grant: Grant::RefreshToken { .. }, .. } => "refresh_token",
        Act::Mint { grant: Grant::TokenExchange, .. } => "subject_token",
        _ => "token",
    }
}

fn takes_secret(spec: &Operation) -> bool {
    matches!(spec.act, Act::Mint { .. } | Act::RevokeToken | Act::IntrospectToken)
}
