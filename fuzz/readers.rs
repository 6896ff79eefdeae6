//! What reads bytes that nobody here wrote. Each takes any bytes, and never panics.

use std::io::BufReader;
use std::sync::{Arc, LazyLock};

use runaway::audit::{Reader, Story};
use runaway::import::openapi;
use runaway::journal;
use runaway::measure::{Measures, References};
use runaway::run::measurable;
use runaway::scenario::{Document, Overrides, Source, parse, plan_of};
use runaway::vocabulary::{Recogniser, Scribe};

fn document(text: &str) -> Option<Document> {
    parse(Source { name: "fuzzed.yaml".into(), text: text.into() }, &measurable()).ok()
}

/// The loader of scenarios: what it takes has a plan, or findings that say where.
pub fn scenario(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(document) = document(text) else { return };
    if let Err(rejected) = document.check(None) {
        assert!(!rejected.findings.is_empty(), "refused without a reason");
        assert!(!rejected.to_string().is_empty());
    }
}

/// The importer of OpenAPI descriptions.
pub fn openapi(bytes: &[u8]) {
    if let Ok(description) = openapi::read(bytes) {
        std::hint::black_box(openapi::single_scope_reach(&description));
    }
}

/// The reader of journals: what it takes can be measured.
pub fn journal(bytes: &[u8]) {
    let Ok(journal) = journal::read(BufReader::new(bytes), plan_of) else { return };
    let Ok(references) = serde_json::from_value::<References>(journal.header.references.clone()) else { return };
    std::hint::black_box(Measures::of(&journal.plan, &references, &journal.events));
}

/// The reader of audit logs: what it takes can be told as a story.
pub fn audit(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut reader = Reader::default();
    if text.lines().try_for_each(|line| reader.line(line)).is_ok()
        && let Ok(log) = reader.finish()
    {
        std::hint::black_box(Story::of(&log));
    }
}

/// The reader of tokens: keys, opaque tokens and signed ones, and the recogniser that finds them in a text.
pub fn token(bytes: &[u8]) {
    static SCRIBE: LazyLock<Scribe> = LazyLock::new(|| {
        let document = document(include_str!("../tests/fixtures/oauth.yaml")).expect("a scenario of our own");
        let resolved = document.resolve(None, &Overrides::default()).unwrap_or_else(|e| panic!("{e}"));
        Scribe::new(Arc::new(resolved.plan))
    });
    static RECOGNISER: LazyLock<Recogniser> = LazyLock::new(Recogniser::default);
    std::hint::black_box(RECOGNISER.spot(bytes).count());
    if let Ok(text) = std::str::from_utf8(bytes) {
        std::hint::black_box(SCRIBE.read(text));
    }
}
