//! The story of one run in prose, from its journal alone: what the agent was told, where it went wrong, the hop that made
//! it an incident, what was noticed, what the response did and did not stop, what survives. Every sentence names the
//! lines of the journal that it stands on.

mod causes;
mod end;
mod evidence;
mod start;

use serde::Serialize;

use crate::measure::{Closure, Measures, References};
use crate::model::Plan;
use crate::wire::{ActorId, Event, HeldId, RequestId};

use super::names::held_label;
use super::text::wrapped_with;

pub use evidence::Evidence;

use causes::Causes;

/// A part of the story.
#[derive(Clone, Debug, Serialize)]
pub struct Chapter {
    pub title: &'static str,
    pub sentences: Vec<Sentence>,
}

/// One statement, and the lines of the journal that show it.
#[derive(Clone, Debug, Serialize)]
pub struct Sentence {
    pub text: String,
    /// First and last line of each run of lines; the header is line 1.
    #[serde(rename = "lines", serialize_with = "as_runs")]
    pub evidence: Evidence,
}

fn as_runs<S: serde::Serializer>(evidence: &Evidence, serializer: S) -> Result<S::Ok, S::Error> {
    evidence.runs().serialize(serializer)
}

impl Sentence {
    fn new(text: impl Into<String>, evidence: Evidence) -> Sentence {
        Sentence { text: text.into(), evidence }
    }
}

/// What a story is told from.
struct Teller<'a> {
    plan: &'a Plan,
    measures: &'a Measures,
    events: &'a [Event],
    causes: Causes,
    /// It was a real system, of which little is known.
    explored: bool,
}

/// Tells the story of a run.
pub fn explain(plan: &Plan, references: &References, measures: &Measures, events: &[Event]) -> Vec<Chapter> {
    let baseline = references.baseline(plan);
    let causes = Causes::of(plan, &baseline, events, measures.end);
    let explored = references.explored.is_some();
    let teller = Teller { plan, measures, events, causes, explored };
    let chapters = [
        ("what it was told", teller.told()),
        ("where it went wrong", teller.wrong()),
        ("the hop that made it an incident", teller.hop()),
        ("what was noticed", teller.noticed()),
        ("what the response did", teller.response()),
        ("what it did not stop", teller.not_stopped()),
        ("what is left", teller.left()),
    ];
    let told = |(title, sentences): (&'static str, Vec<Sentence>)| Chapter { title, sentences };
    chapters.into_iter().map(told).filter(|chapter| !chapter.sentences.is_empty()).collect()
}

/// The story as text, at most eighty columns wide.
pub fn prose(chapters: &[Chapter]) -> String {
    let mut out = String::new();
    for chapter in chapters {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(chapter.title);
        out.push('\n');
        for Sentence { text, evidence } in &chapter.sentences {
            out.push_str(&wrapped_with(&format!("{text} {evidence}"), 2, 4));
        }
    }
    out
}

impl Teller<'_> {
    fn closure(&self) -> &Closure {
        &self.measures.closure
    }

    fn agent(&self, by: ActorId) -> &str {
        self.plan
            .agents
            .get(by.index())
            .or_else(|| self.plan.benign.get(by.index() - self.plan.agents.len()))
            .map_or("somebody", |a| &a.name)
    }

    /// `api-key #1 (publishable)`.
    fn held(&self, (by, held): (ActorId, Option<HeldId>)) -> String {
        held.map_or_else(|| "no credential".to_owned(), |held| held_label(self.plan, self.closure(), by, held))
    }

    /// Where the events say that a request was made.
    fn request(&self, id: RequestId) -> Option<usize> {
        self.events.iter().position(|event| matches!(event, Event::Asked { id: asked, .. } if *asked == id))
    }

    /// The places of all events that are wanted.
    fn places(&self, wanted: impl Fn(&Event) -> bool) -> Evidence {
        self.events.iter().enumerate().filter(|(_, event)| wanted(event)).map(|(place, _)| place).collect()
    }

    fn nowhere(&self) -> Evidence {
        Evidence::all(self.events.len())
    }
}
