//! A run as OpenTelemetry spans, in the format of the OTLP file exporter: one `TracesData` a line, which a collector reads
//! (`otlpjsonfile`) and takes over HTTP (`/v1/traces`).
//!
//! Each client is one trace, with the ids of the `traceparent` that its requests carry, so that the spans stand beside what
//! the services themselves trace. Its root is `invoke_agent` and each call an `execute_tool` (semantic conventions for
//! generative AI) around the client span of the request (semantic conventions for HTTP). A span begins when the request
//! arrives and ends when the answer is back; times are those of the run's clock, from [`Time::zero`] on.

use std::collections::BTreeMap;
use std::io::{self, Write};

use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event as SpanEvent, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, TracesData};

use super::names::{credential_label, reason_in_words};
use crate::journal::{purpose_word, verdict_word};
use crate::model::{Plan, Trace};
use crate::wire::{ActorId, Event, RequestId, Tick, Turn};

/// So many spans stand in a line, so that a reader needs no more memory than that.
const SPANS_A_LINE: usize = 1_024;

/// Writes the spans of a run.
///
/// # Errors
///
/// Where `out` takes no more.
pub fn write(plan: &Plan, plane: &str, events: &[Event], out: impl Write) -> io::Result<()> {
    let mut lines = Lines { resource: resource(plan, plane), spans: Vec::new(), out };
    for span in spans(plan, events) {
        lines.add(span)?;
    }
    lines.finish()
}

/// Every span, clients after their requests.
fn spans<'a>(plan: &'a Plan, events: &'a [Event]) -> impl Iterator<Item = Span> + 'a {
    let mut clients = Clients { plan, all: BTreeMap::new() };
    let mut noted: BTreeMap<RequestId, Vec<SpanEvent>> = BTreeMap::new();
    for event in events {
        clients.note(event);
        if let Some((id, note)) = effect(plan, event) {
            noted.entry(id).or_default().push(note);
        }
    }
    let requests = events.iter().flat_map(move |event| {
        let id = asked(event);
        let notes = id.and_then(|id| noted.remove(&id)).unwrap_or_default();
        request(plan, event, notes)
    });
    requests.chain(clients.roots())
}

const fn asked(event: &Event) -> Option<RequestId> {
    match event {
        Event::Asked { id, .. } => Some(*id),
        _ => None,
    }
}

/// The tool call and the HTTP request in it.
fn request(plan: &Plan, event: &Event, notes: Vec<SpanEvent>) -> Vec<Span> {
    let Event::Asked { at, id, purpose, route, op, cred, principal, verdict, reason, status, back, .. } = *event else {
        return Vec::new();
    };
    let trace = Trace::of(plan.seed, id);
    let (start, end) = (nanos(plan, at), nanos(plan, at + back));
    let failed = status >= 400;
    let outcome = Status {
        message: if failed { reason_in_words(plan, reason) } else { String::new() },
        code: if failed { StatusCode::Error } else { StatusCode::Unset }.into(),
    };
    let tool = Span {
        trace_id: trace.run.to_be_bytes().into(),
        span_id: tool_span(plan, id),
        parent_span_id: root_span(plan, id.by),
        name: format!("execute_tool {}", plan.route_name(route)),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        attributes: vec![
            text("gen_ai.operation.name", "execute_tool"),
            text("gen_ai.tool.name", plan.route_name(route)),
            text("runaway.purpose", purpose_word(purpose)),
        ],
        status: Some(outcome.clone()),
        ..Span::default()
    };
    let mut attributes = vec![
        text("server.address", plan.service(plan.route(route).service).name.clone()),
        number("http.response.status_code", i64::from(status)),
        text("runaway.verdict", verdict_word(verdict)),
        text("runaway.reason", reason_in_words(plan, reason)),
        text("runaway.credential", credential_label(plan, cred)),
    ];
    let operation = op.map(|op| plan.operation(op));
    attributes.extend(operation.map(|op| text("http.request.method", op.method.name())));
    attributes.extend(operation.map(|op| text("url.template", op.path.clone())));
    attributes.extend(principal.map(|who| text("enduser.id", plan.identity_name(who))));
    attributes.extend(failed.then(|| text("error.type", status.to_string())));
    let http = Span {
        trace_id: trace.run.to_be_bytes().into(),
        span_id: trace.span.to_be_bytes().into(),
        parent_span_id: tool_span(plan, id),
        name: operation.map_or_else(|| "HTTP".to_owned(), |op| format!("{} {}", op.method.name(), op.path)),
        kind: SpanKind::Client.into(),
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        attributes,
        events: notes,
        status: Some(outcome),
        ..Span::default()
    };
    vec![tool, http]
}

/// What a request came to in the world.
fn effect(plan: &Plan, event: &Event) -> Option<(RequestId, SpanEvent)> {
    match *event {
        Event::Touched { at, id, coll, effect, n, .. } => {
            let attributes = vec![
                text("runaway.collection", plan.collection(coll).name.clone()),
                text("runaway.effect", effect.name()),
                number("runaway.records", i64::from(n)),
            ];
            Some((id, note(plan, at, "records touched", attributes)))
        }
        Event::Minted { at, id, family, .. } => Some((
            id,
            note(plan, at, "credential issued", vec![text("runaway.credential", plan.family(family).name.clone())]),
        )),
        Event::Got { at, via: Some(id), kind, .. } => {
            Some((id, note(plan, at, "credential found", vec![text("runaway.kind", kind.name())])))
        }
        Event::Obeyed { at, via, instruction, .. } => {
            let name = plan.instruction(instruction).name.clone();
            Some((via, note(plan, at, "instruction obeyed", vec![text("runaway.instruction", name)])))
        }
        _ => None,
    }
}

/// What is known of each client so far: from when to when it was seen, and what happened to it.
struct Clients<'a> {
    plan: &'a Plan,
    all: BTreeMap<ActorId, Seen>,
}

struct Seen {
    first: Tick,
    last: Tick,
    notes: Vec<SpanEvent>,
}

impl Clients<'_> {
    fn note(&mut self, event: &Event) {
        let plan = self.plan;
        match *event {
            Event::Asked { at, id, back, .. } => _ = self.see(id.by, at, at + back),
            Event::Turned { at, by, turn } => {
                let name = match turn {
                    Turn::Started => "started",
                    Turn::FaultTookOver => "fault took over",
                    Turn::OutOfWork => "out of work",
                    Turn::Forgot => "forgot",
                };
                self.see(by, at, at).notes.push(note(plan, at, name, Vec::new()));
            }
            Event::Alarm { at, rule, .. } => {
                let rule = text("runaway.detector", plan.controls.detectors[rule.index()].name.clone());
                self.see(responder(plan), at, at).notes.push(note(plan, at, "alarm", vec![rule]));
            }
            Event::Acted { at, id, step, worked, .. } => {
                let step = text("runaway.step", plan.controls.steps[step.index()].name.clone());
                let name = if worked { "step took effect" } else { "step failed" };
                self.see(id.by, at, at).notes.push(note(plan, at, name, vec![step]));
            }
            _ => {}
        }
    }

    fn see(&mut self, by: ActorId, from: Tick, to: Tick) -> &mut Seen {
        let seen = self.all.entry(by).or_insert(Seen { first: from, last: to, notes: Vec::new() });
        (seen.first, seen.last) = (seen.first.min(from), seen.last.max(to));
        seen
    }

    fn roots(self) -> impl Iterator<Item = Span> {
        let plan = self.plan;
        self.all.into_iter().map(move |(by, seen)| {
            let name = name_of(plan, by);
            Span {
                trace_id: Trace::of(plan.seed, RequestId { by, n: 0 }).run.to_be_bytes().into(),
                span_id: root_span(plan, by),
                name: format!("invoke_agent {name}"),
                kind: SpanKind::Internal.into(),
                start_time_unix_nano: nanos(plan, seen.first),
                end_time_unix_nano: nanos(plan, seen.last),
                attributes: vec![text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", name)],
                events: seen.notes,
                ..Span::default()
            }
        })
    }
}

/// Agents come first, then the clients that do honest work, then the responder and what probes.
fn name_of(plan: &Plan, by: ActorId) -> String {
    let clients = plan.agents.iter().chain(&plan.benign);
    clients.map(|client| client.name.clone()).nth(by.index()).unwrap_or_else(|| {
        if by == responder(plan) { "responder".to_owned() } else { format!("prober-{}", by.number()) }
    })
}

fn responder(plan: &Plan) -> ActorId {
    ActorId::at(plan.agents.len() + plan.benign.len())
}

/// No request has this number: the span around all requests of a client.
fn root_span(plan: &Plan, by: ActorId) -> Vec<u8> {
    Trace::of(plan.seed, RequestId { by, n: u32::MAX }).span.to_be_bytes().into()
}

/// The complement of the request's own span.
fn tool_span(plan: &Plan, id: RequestId) -> Vec<u8> {
    (!Trace::of(plan.seed, id).span).max(1).to_be_bytes().into()
}

/// Since 1970.
fn nanos(plan: &Plan, at: Tick) -> u64 {
    plan.time.zero.saturating_mul(1_000_000).saturating_add(at.0).saturating_mul(1_000)
}

fn resource(plan: &Plan, plane: &str) -> Resource {
    let mut attributes = vec![
        text("service.name", "runaway"),
        text("service.version", env!("CARGO_PKG_VERSION")),
        text("runaway.scenario", plan.meta.name.clone()),
        text("runaway.seed", plan.seed.to_string()),
        text("runaway.plane", plane),
    ];
    attributes.extend(plan.meta.variant.clone().map(|variant| text("runaway.variant", variant)));
    Resource { attributes, ..Resource::default() }
}

fn note(plan: &Plan, at: Tick, name: &str, attributes: Vec<KeyValue>) -> SpanEvent {
    SpanEvent { time_unix_nano: nanos(plan, at), name: name.to_owned(), attributes, ..SpanEvent::default() }
}

fn text(key: &str, value: impl Into<String>) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

fn number(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// Spans on their way out, so many to a line.
struct Lines<W> {
    resource: Resource,
    spans: Vec<Span>,
    out: W,
}

impl<W: Write> Lines<W> {
    fn add(&mut self, span: Span) -> io::Result<()> {
        self.spans.push(span);
        if self.spans.len() == SPANS_A_LINE { self.write() } else { Ok(()) }
    }

    fn finish(mut self) -> io::Result<()> {
        if !self.spans.is_empty() {
            self.write()?;
        }
        self.out.flush()
    }

    fn write(&mut self) -> io::Result<()> {
        let scope = InstrumentationScope { name: "runaway".to_owned(), ..InstrumentationScope::default() };
        let spans = std::mem::take(&mut self.spans);
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }];
        let of_run = ResourceSpans { resource: Some(self.resource.clone()), scope_spans, ..ResourceSpans::default() };
        serde_json::to_writer(&mut self.out, &TracesData { resource_spans: vec![of_run] })?;
        self.out.write_all(b"\n")
    }
}
