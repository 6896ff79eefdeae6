//! What is written can be read back, to the bit.

use std::sync::Arc;

use crate::measure::registry;
use crate::plane::driver::Stop;
use crate::run::{Kept, prepare};
use crate::scenario::{Overrides, Source, parse, plan_of};
use crate::wire::{Event, Key};

use super::*;

fn written(name: &str, variant: Option<&str>) -> (Vec<Event>, Vec<u8>) {
    written_as(name, crate::library::find(name).unwrap().text, variant)
}

fn written_as(name: &str, text: &str, variant: Option<&str>) -> (Vec<Event>, Vec<u8>) {
    let document = parse(Source { name: name.into(), text: text.into() }, &registry::keys()).unwrap();
    let prepared = prepare(&document, variant, &Overrides::default(), &Stop::default()).unwrap();
    let mut kept = Kept::default();
    prepared.simulate(&Stop::default(), &mut kept).unwrap();
    let header = Header {
        format: FORMAT,
        written_by: "test".into(),
        scenario: name.into(),
        variant: variant.map(str::to_owned),
        seed: prepared.plan.seed,
        plane: "sim".into(),
        truth_applies: true,
        document: prepared.document.clone(),
        references: serde_json::Value::Null,
    };
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, Arc::clone(&prepared.plan), &header).unwrap();
    writer.events(&kept.0).unwrap();
    writer.finish(serde_json::Value::Null).unwrap();
    (kept.0, bytes)
}

#[test]
fn a_journal_reads_back_event_for_event() {
    let runs = [
        ("moltbook", Some("rotated-first")),
        ("wiper", Some("lag-7s")),
        ("volume-delete", None),
        ("ticket-service-role", None),
        ("private-to-public", Some("flow-rule")),
        ("build-triage", None),
    ];
    for (name, variant) in runs {
        let (events, bytes) = written(name, variant);
        let journal = read(&bytes[..], plan_of).unwrap();
        for (at, (read, wrote)) in journal.events.iter().zip(&events).enumerate() {
            assert_eq!(read, wrote, "{name}: event {at}");
        }
        assert_eq!(journal.events.len(), events.len());
        assert!(journal.trailer.is_some());
    }
}

/// A call that one in two people agree to, in one conversation.
const APPROVED: &str = "
runaway: 1
name: approved
time: {horizon: 1min}
identities: {bot: {kind: agent}}
credentials: {token: {of: bot, kind: access-token, scopes: ['*']}}
data: {files: {count: 2, class: internal}}
services: {api: {accepts: gateway, operations: {list: GET /files -> files records}}}
agents: {bot: {is: bot, holds: [token], knows: [api.list], told: [], fault: harvest, then: [{do: api.list, times: 20}]}}
controls: {agreed: {on: [api.list], approval: {by: bot, says_yes: 50%, takes: 1s}}}
detect: {again: {repeats: 5, within: 1min, by: conversation}}
";

#[test]
fn a_question_and_its_answer_read_back() {
    let (events, bytes) = written_as("approved", APPROVED, None);
    let journal = read(&bytes[..], plan_of).unwrap();
    assert_eq!(journal.events, events);
    let yes = |wanted| events.iter().any(|e| matches!(e, Event::Consulted { yes, .. } if *yes == wanted));
    assert!(yes(true) && yes(false), "both answers are written");
    let said = |e: &Event| matches!(e, Event::Said { message, .. } if message.conversation.is_some());
    assert!(events.iter().any(said), "and what was said");
    let by_conversation = |e: &Event| matches!(e, Event::Alarm { key: Key::Conversation(_), .. });
    assert!(events.iter().any(by_conversation));
}

#[test]
fn a_killed_run_leaves_a_journal_that_says_so() {
    let (events, bytes) = written("volume-delete", None);
    let mut whole = 0;
    for cut in (0..bytes.len()).filter(|cut| *cut > bytes.iter().position(|b| *b == b'\n').unwrap()) {
        let journal = read(&bytes[..cut], plan_of).unwrap();
        assert!(journal.trailer.is_none() || cut + 1 >= bytes.len());
        assert!(events.starts_with(&journal.events), "cut at {cut}");
        whole = whole.max(journal.events.len());
    }
    assert_eq!(whole, events.len());
}

#[test]
fn a_changed_journal_is_noticed() {
    let (_, bytes) = written("volume-delete", None);
    let text = String::from_utf8(bytes).unwrap();
    let changed = text.replacen("\"rows\":1}", "\"rows\":2}", 1);
    assert_ne!(text, changed);
    assert!(matches!(read(changed.as_bytes(), plan_of), Err(ReadError::Changed { .. })));
    for (from, to) in [("\"references\":null", "\"references\":{}"), ("\"events\":", "\"events\":1")] {
        let changed = text.replacen(from, to, if from.contains("events") { 1 } else { 2 });
        assert_ne!(text, changed);
        assert!(read(changed.as_bytes(), plan_of).is_err(), "{to}");
    }
    let damaged = text.replacen("{\"event\":\"got\"", "{\"event\":\"goat\"", 1);
    assert!(matches!(read(damaged.as_bytes(), plan_of), Err(ReadError::Damaged { .. })));
}
