//! Answers as HTTP: how a client reads one.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;

use http::HeaderMap;
use http::header::{LOCATION, RETRY_AFTER};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::service::Method;
use crate::wire::{Body, CollId, Found, JobId, OpId, Planted, Res, Response, RouteId, Rows, Slot, Span};

use super::answer::{Answerer, RETRY_AFTER_MS};
use super::names::Names;

/// Every body that services send, RFC 6749 section 5.1 and RFC 7662 section 2.2 among them.
#[derive(Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct Sent<'a, R> {
    #[serde(borrow)]
    collection: Option<Cow<'a, str>>,
    #[serde(borrow)]
    ids: Option<Vec<Cow<'a, str>>>,
    records: Option<Records<R>>,
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

/// Records, with room for those of most pages from the start.
struct Records<R>(Vec<R>);

const USUAL_PAGE: usize = 16;

impl<'de, R: Deserialize<'de>> Deserialize<'de> for Records<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InTurn<R>(PhantomData<R>);

        impl<'de, R: Deserialize<'de>> Visitor<'de> for InTurn<R> {
            type Value = Records<R>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of records")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut shown: A) -> Result<Records<R>, A::Error> {
                let mut records = Vec::with_capacity(USUAL_PAGE);
                while let Some(record) = shown.next_element()? {
                    records.push(record);
                }
                Ok(Records(records))
            }
        }

        deserializer.deserialize_seq(InTurn(PhantomData))
    }
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

/// All that a client reads of a record without a note.
#[derive(Deserialize)]
struct Plain<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

impl Answerer {
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
            // Where no secret stands in all of it, none is looked for in each of its records.
            None if names.are_in(body) => self.meaning(body, names, slot, |raw: &RawValue| {
                Some((serde_json::from_str(raw.get()).ok()?, Some(raw.get())))
            }),
            None if may_hold_notes(body) => self.meaning(body, names, slot, |record: Record<'_>| Some((record, None))),
            None => {
                self.meaning(body, names, slot, |Plain { id }| Some((Record { id, author: None, note: None }, None)))
            }
        };
        Response { status, retry_after, body }
    }

    /// What a body says. `shown` takes one of its records apart: what a client reads of it, and the bytes in which
    /// secrets may stand.
    fn meaning<'b, R: Deserialize<'b>>(
        &self,
        body: &'b str,
        names: &mut Names,
        slot: &mut Slot,
        shown: impl Fn(R) -> Option<(Record<'b>, Option<&'b str>)>,
    ) -> Body {
        let Ok(sent) = serde_json::from_str::<Sent<'_, R>>(body) else { return Body::Empty };
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
            (Some(coll), Sent { records: Some(Records(records)), .. }) => {
                slot.ids.reserve(records.len());
                for (record, secrets_in) in records.into_iter().filter_map(shown) {
                    self.take_in(coll, &record, secrets_in, names, slot);
                }
                Body::Records { coll, rows: rows(slot), next }
            }
            (Some(coll), Sent { ids: Some(ids), .. }) => {
                slot.ids.extend(ids.iter().filter_map(|id| self.addresses.named_in(&self.plan, coll, id)));
                Body::Ids { coll, rows: rows(slot), next }
            }
            (_, Sent { count: Some(n), .. }) => Body::Count(n),
            (_, Sent { job: Some(n), .. }) => Body::Job(JobId::new(n)),
            (_, Sent { active: Some(active), .. }) => Body::Introspection { active },
            (_, Sent { id: Some(id), .. }) => self.addresses.named(&id).map_or(Body::Empty, Body::Created),
            _ => Body::Empty,
        }
    }

    fn take_in(&self, coll: CollId, record: &Record<'_>, secrets_in: Option<&str>, names: &mut Names, slot: &mut Slot) {
        let Record { id, author, note } = record;
        let Some(row) = self.addresses.named_in(&self.plan, coll, id) else { return };
        let res = Res { coll, row };
        slot.ids.push(row);
        if let Some(bytes) = secrets_in {
            slot.texts.extend(names.spot(bytes).map(|text| Found { text, lay_in: Some(res) }));
        }
        if let Some(instruction) = note.as_ref().and_then(|note| names.instruction(note, &self.phrasebook)) {
            let author = author.as_ref().and_then(|name| self.plan.identity_named(name));
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
}

/// Whether a record of a body may have a note: its key stands in it, or an escape that could hide the key.
fn may_hold_notes(body: &str) -> bool {
    body.contains("\"note\"") || body.contains('\\')
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
