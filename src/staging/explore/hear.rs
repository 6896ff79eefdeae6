//! What an answer says: to the agent that asked, for the journal, and about the API.

use http::HeaderMap;
use http::header::LOCATION;
use url::Url;

use super::Terrain;
use super::body::{Body, retry_after};
use super::ids::{Ids, Name};
use super::links::{linked, texts_of};
use super::model::Asked;
use super::paging::{Page, Pages};
use super::rows::{elements, id_in};
use super::secrets::Secrets;
use crate::planted::Mistake;
use crate::staging::client::Answer;
use crate::staging::drill::render::challenge;
use crate::staging::targets::{CollectionIx, Does, Operation, Paging, Pointer, Proof, Reading};
use crate::wire::{self, Effect, Found, Outcome, Res, Response, Rows, Slot, Span, Verdict};

/// Whoever is told to wait longer would wait in vain.
const LONGEST_WAIT: Span = Span::from_secs(3_600);
/// Whoever is not told how long waits so long.
const USUAL_WAIT: Span = Span::SECOND;

/// A request that was answered.
#[derive(Debug)]
pub struct Question<'q> {
    pub asked: Asked,
    pub about: Option<Res>,
    pub page: Option<&'q Page>,
    pub url: &'q str,
    /// Whether this service has accepted the credential before.
    pub accepted_before: bool,
    /// How long the run still lasts.
    pub left: Span,
}

/// What was heard.
#[derive(Debug)]
pub struct Heard {
    pub outcome: Outcome,
    pub slot: Slot,
    pub verdict: Verdict,
    /// Records that it showed with their content, changed or removed.
    pub touched: Vec<Res>,
    pub effect: Effect,
    pub created: Option<Res>,
    pub odd: Vec<String>,
    pub links_not_followed: u64,
}

/// Everything that answers have shown.
#[derive(Debug, Default)]
pub struct Memory {
    pub ids: Ids,
    pub secrets: Secrets,
    pub pages: Pages,
}

impl Memory {
    /// Reads an answer.
    pub fn hear(&mut self, terrain: &Terrain, question: &Question<'_>, answer: &Answer) -> Heard {
        let body = Body::read(&answer.headers, &answer.body, terrain.explore.largest_body);
        let operation = match question.asked {
            Asked::Listed(ix) => Some(terrain.explore.operation(ix)),
            Asked::Link(_) => None,
        };
        let plain = Proof::default();
        let proof = operation.map_or(&plain, |operation| &operation.request.proof);
        let reading = proof.read(answer.status, body.text.as_bytes());
        let (verdict, odd) = verdict(reading, answer, question.accepted_before);
        let mut heard = Heard {
            outcome: Outcome::NoAnswer,
            slot: Slot::default(),
            verdict,
            touched: Vec::new(),
            effect: Effect::Read,
            created: None,
            odd: odd.into_iter().chain(body.odd.map(str::to_owned)).collect(),
            links_not_followed: 0,
        };
        let wait = retry_after(&answer.headers, jiff::Timestamp::now);
        let wait = wait.or((verdict == Verdict::Limited).then_some(USUAL_WAIT));
        if wait.is_some_and(|wait| wait > question.left.min(LONGEST_WAIT)) {
            heard.odd.push("told to come back after the end of the run".to_owned());
        }
        let wait = wait.filter(|wait| *wait <= question.left.min(LONGEST_WAIT));
        let is_certain = challenge(&answer.headers).as_deref() == Some("invalid_token");
        let is_certain = is_certain || Mistake::AnyUnauthorizedIsTheEnd.here();
        let (status, retry_after) = as_the_agent_sees(verdict, is_certain, answer.status, wait);
        let may_hold = self.secrets.may_lie_in(&body.text, terrain);
        let shown = if verdict == Verdict::Accepted {
            self.read(terrain, question, (operation, &answer.headers, &body), may_hold, &mut heard)
        } else {
            wire::Body::Empty
        };
        if may_hold {
            self.notice(terrain, question, &body, &mut heard);
        }
        self.follow(terrain, question, &answer.headers, &body, &mut heard);
        heard.outcome = Outcome::Answer(Response { status, retry_after, body: shown });
        heard
    }

    /// The records in an accepted answer.
    fn read(
        &mut self,
        terrain: &Terrain,
        question: &Question<'_>,
        (operation, headers, body): (Option<&Operation>, &HeaderMap, &Body<'_>),
        may_hold: bool,
        heard: &mut Heard,
    ) -> wire::Body {
        let does = operation.map(|operation| operation.does);
        if let Some(Does::Create { of }) = does {
            return self.made(
                terrain,
                question,
                (of, operation.and_then(|operation| operation.ids.as_ref()), body),
                heard,
            );
        }
        let (of, ids_only) = match (does, question.about) {
            (Some(Does::Nothing), _) => {
                if let Asked::Listed(ix) = question.asked {
                    heard.touched.extend(terrain.modelled.answer(ix));
                }
                if operation.is_some_and(|operation| operation.undo.is_some()) {
                    heard.effect = Effect::Execute;
                }
                return wire::Body::Empty;
            }
            (Some(Does::Change { .. } | Does::Remove { .. }), Some(record)) => {
                heard.touched.push(record);
                heard.effect = if matches!(does, Some(Does::Remove { .. })) { Effect::Delete } else { Effect::Write };
                return wire::Body::Empty;
            }
            (Some(Does::List { of, ids_only, .. }), _) => (of, ids_only),
            (Some(Does::One { .. }) | None, Some(record)) => {
                heard.touched.push(record);
                let rows = Rows::Span { first: record.row, n: 1 };
                return wire::Body::Records { coll: record.coll, rows, next: None };
            }
            _ => return wire::Body::Empty,
        };
        let coll = terrain.modelled.collection(of);
        let outer: Name = question.about.and_then(|record| self.ids.name(record)).cloned().unwrap_or_default();
        let ids = operation.and_then(|operation| operation.ids.as_ref());
        let listed = body.json().map_or_else(Vec::new, |json| elements(json, ids));
        for (id, element) in listed {
            let Some(id) = id else {
                heard.odd.push("a record in a list without an id".to_owned());
                continue;
            };
            let name: Name = outer.iter().cloned().chain([id]).collect();
            let Some(record) = self.ids.record(coll, name) else {
                heard.odd.push("more records than are told apart".to_owned());
                break;
            };
            heard.slot.ids.push(record.row);
            if !ids_only {
                heard.touched.push(record);
            }
            if may_hold {
                let mut texts = Vec::new();
                super::body::texts(element, &mut texts);
                self.notice_in(terrain, &texts, Some(record), &mut heard.slot);
            }
        }
        let paging = operation.and_then(|operation| operation.paging.as_ref()).unwrap_or(&terrain.explore.paging);
        let next = match paging {
            Paging::None => None,
            paging => self.pages.after(question.page, paging, (headers, body.json()), &heard.slot.ids),
        };
        let rows = Rows::Pick { offset: 0, n: heard.slot.ids.len() as u32 };
        if ids_only { wire::Body::Ids { coll, rows, next } } else { wire::Body::Records { coll, rows, next } }
    }

    /// The record that was made, as far as the answer names it.
    fn made(
        &mut self,
        terrain: &Terrain,
        question: &Question<'_>,
        (of, ids, body): (CollectionIx, Option<&Pointer>, &Body<'_>),
        heard: &mut Heard,
    ) -> wire::Body {
        let outer: Name = question.about.and_then(|record| self.ids.name(record)).cloned().unwrap_or_default();
        let id = body.json().and_then(|json| id_in(json, ids));
        let Some(id) = id else {
            heard.odd.push("a record was made, and the answer does not name it".to_owned());
            return wire::Body::Empty;
        };
        heard.created = self.ids.record(terrain.modelled.collection(of), outer.into_iter().chain([id]).collect());
        heard.created.map_or(wire::Body::Empty, wire::Body::Created)
    }

    /// Secrets anywhere in an answer, also in one that refuses.
    fn notice(&mut self, terrain: &Terrain, question: &Question<'_>, body: &Body<'_>, heard: &mut Heard) {
        let record = question.about.filter(|record| heard.touched.contains(record));
        self.notice_in(terrain, &body.texts(), record, &mut heard.slot);
    }

    fn notice_in(&mut self, terrain: &Terrain, texts: &[&str], lay_in: Option<Res>, slot: &mut Slot) {
        for text in texts {
            for text in self.secrets.seen_in(text, terrain) {
                if slot.texts.iter().all(|found: &Found| found.text != text) {
                    slot.texts.push(Found { text, lay_in });
                }
            }
        }
    }

    fn follow(
        &mut self,
        terrain: &Terrain,
        question: &Question<'_>,
        headers: &HeaderMap,
        body: &Body<'_>,
        heard: &mut Heard,
    ) {
        let mut links = body.json_with_links().map_or_else(Vec::new, texts_of);
        links.extend(headers.get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned));
        if links.is_empty() {
            return;
        }
        let Ok(base) = Url::parse(question.url) else { return };
        let found = linked(terrain, &mut self.ids, &base, links.into_iter());
        heard.slot.links = found.records;
        heard.links_not_followed = found.not_followed;
    }
}

/// Whether the effect happened, and what is odd about the answer.
fn verdict(reading: Reading, answer: &Answer, accepted_before: bool) -> (Verdict, Option<String>) {
    let status = answer.status;
    match (reading, status) {
        (Reading::Accepted, _) => (Verdict::Accepted, None),
        (Reading::Refused, 401) => {
            // Some servers say 401 for a missing scope, too. Only the challenge, or that the credential is good here
            // otherwise, tells the two apart (RFC 6750 section 3.1).
            let forbidden = match challenge(&answer.headers).as_deref() {
                Some("insufficient_scope") => true,
                Some("invalid_token") => false,
                _ => accepted_before,
            };
            (if forbidden { Verdict::Forbidden } else { Verdict::Unauthenticated }, None)
        }
        (Reading::Refused, 404) | (_, 405 | 410 | 501) => (Verdict::Missing, None),
        (Reading::Refused, _) => (Verdict::Forbidden, None),
        (Reading::Unknown, 429) => (Verdict::Limited, Some("limited".to_owned())),
        (Reading::Unknown, 200..300) => (Verdict::Failed, Some("success without what proves it".to_owned())),
        (Reading::Unknown, 300..400) => (Verdict::Failed, Some("sent elsewhere".to_owned())),
        (Reading::Unknown, status) => (Verdict::Failed, Some(format!("status {status}"))),
    }
}

/// The same in a way that every client understands.
fn as_the_agent_sees(verdict: Verdict, is_certain: bool, status: u16, wait: Option<Span>) -> (u16, Option<Span>) {
    match verdict {
        Verdict::Accepted => (200, None),
        Verdict::Unauthenticated if is_certain => (401, None),
        // Where 401 also means "not you, here", one such answer is no reason to put the credential away.
        Verdict::Unauthenticated | Verdict::Forbidden => (403, None),
        Verdict::Missing => (404, None),
        Verdict::Limited | Verdict::Exhausted => (429, wait),
        Verdict::Failed if status == 503 => (503, wait),
        Verdict::Failed => (500, None),
    }
}
