//! What is written can be read back, to the bit.

use std::sync::Arc;

use crate::plane::driver::Stop;
use crate::run::{Comparison, Kept, measurable};
use crate::scenario::{Overrides, Source, parse, plan_of};
use crate::wire::{Event, Key};

use super::*;

fn written(name: &str, variant: Option<&str>) -> (Vec<Event>, Vec<u8>) {
    written_as(name, crate::library::find(name).unwrap().text, variant)
}

fn written_as(name: &str, text: &str, variant: Option<&str>) -> (Vec<Event>, Vec<u8>) {
    let document = parse(Source { name: name.into(), text: text.into() }, &measurable()).unwrap();
    let comparison = Comparison::of(&document, variant, &Overrides::default()).unwrap();
    let prepared = comparison.prepare(&Stop::default()).unwrap();
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
        document: comparison.resolved.document,
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

/// A journal as it is without its last line.
fn without_its_end(bytes: &[u8]) -> Vec<&str> {
    let mut lines: Vec<&str> = std::str::from_utf8(bytes).unwrap().lines().collect();
    lines.pop();
    lines
}

#[test]
fn every_run_that_is_killed_is_read_as_it_was_written() {
    // A day of half a million requests.
    for scenario in crate::library::SCENARIOS.iter().filter(|scenario| scenario.name != "runaway-loop") {
        let (events, bytes) = written(scenario.name, None);
        let read = read(without_its_end(&bytes).join("\n").as_bytes(), plan_of);
        assert_eq!(read.unwrap_or_else(|why| panic!("{}: {why}", scenario.name)).events, events);
    }
}

#[test]
fn a_killed_run_that_was_changed_is_noticed() {
    let (_, bytes) = written("moltbook", Some("rotated-first"));
    let lines = without_its_end(&bytes);
    let events = lines.len();
    let asked = |from: usize| (from..events).find(|at| lines[*at].contains("\"asked\"")).unwrap();
    let (early, late) = (asked(events / 4), asked(events / 2));
    let doubled: Vec<&str> = lines[..=early].iter().chain(&lines[early..]).copied().collect();
    let again: Vec<&str> = lines[..late].iter().chain(&lines[early..]).copied().collect();
    // Elsewhere than in the simulator, answers may overtake each other, and only times tell.
    let over_http = lines[0].replace("\"plane\":\"sim\"", "\"plane\":\"mock\"");
    let reversed: Vec<&str> = [over_http.as_str()].into_iter().chain(lines[1..].iter().rev().copied()).collect();
    let with_a_gap: Vec<&str> = lines[..early].iter().chain(&lines[late..]).copied().collect();
    let swapped = {
        let mut lines = lines.clone();
        lines.swap(early, late);
        lines
    };
    for (changed, line, why) in [
        (doubled, Some(early + 2), "its request stands above it already"),
        (again, Some(late + 1), "it happened before what stands above it"),
        (reversed, None, "it happened before what stands above it"),
        (with_a_gap, None, "requests are missing above it"),
        (swapped, Some(early + 1), "requests are missing above it"),
    ] {
        match read(changed.join("\n").as_bytes(), plan_of) {
            Err(ReadError::Damaged { line: told, why: said }) => {
                assert_eq!(said, why);
                assert_eq!(told, line.unwrap_or(told), "{why}");
            }
            Err(other) => panic!("{why}: {other}"),
            Ok(_) => panic!("{why}: it was read"),
        }
    }
}
