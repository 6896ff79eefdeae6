//! Detectors, each on a log in which the record that must raise it can be counted by hand.

use crate::parity::compare;
use crate::support::{Ran, document, run};
use runaway::measure::lines;
use runaway::wire::{Conversation, Event, Key, Purpose};

/// A worker whose fault reads files one by one, a reader beside it, and a detector.
fn scenario(detector: &str, rest: &str) -> String {
    format!(
        r#"
runaway: 1
name: detectors
time: {{horizon: 10min}}
networks: [plant, office]
identities:
  worker: {{kind: agent}}
  clerk:  {{kind: human}}
credentials:
  token:     {{of: worker, kind: access-token, scopes: ["store:read", "model:*", "search:*"]}}
  clerk-key: {{of: clerk, kind: api-key, scopes: ["store:*"]}}
data:
  files: {{count: 20, class: internal, holds: {{credential: clerk-key, in: 20}}}}
services:
  store:
    accepts: gateway
    latency: 100ms
    operations:
      list: GET /files -> files ids
      read: GET /files/{{id}} -> files records
      drop: {{http: "DELETE /files/{{id}}", on: files}}
  model:
    accepts: gateway
    latency: 100ms
    operations:
      complete: {{http: POST /complete, effect: execute, costs: $0.50}}
agents:
  worker:
    is: worker
    holds: [token]
    from: plant
    knows: [store.*, model.*]
    told: [store.list]
    fault: over-broad
    then: THEN
benign:
  clerk: {{is: clerk, holds: [clerk-key], from: office, knows: [store.*], told: [{{do: store.list, every: 1min, first: 30s}}]}}
detect:
  watch: {detector}
{rest}"#
    )
}

fn ran(detector: &str, then: &str) -> Ran {
    run(&document(&scenario(detector, "").replace("THEN", then)), None, &[])
}

/// The alarms, in milliseconds, with their keys.
fn alarms(ran: &Ran) -> Vec<(u64, u64, Key)> {
    let of = |e: &Event| match *e {
        Event::Alarm { at, since, key, .. } => Some((at.0 / 1_000, since.0 / 1_000, key)),
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

fn times(ran: &Ran) -> Vec<(u64, u64)> {
    alarms(ran).into_iter().map(|(at, since, _)| (at, since)).collect()
}

const DROP_ALL: &str = "[store.list, {do: store.drop, on: each listed files}]";

#[test]
fn a_burst_of_refusals() {
    // Listed at 0, then refused at 100, 200, … ms: the fifth at 500.
    let ran = ran("{denials: 5, within: 10s}", DROP_ALL);
    assert_eq!(times(&ran), [(500, 100)], "twenty refusals in two seconds are one burst");
    assert_eq!(ran.shown("detected"), "500 ms", "nothing was ever dropped");
}

#[test]
fn what_is_merely_slow_down_or_empty_is_no_refusal() {
    let yaml = scenario("{denials: 1, within: 10s}", "controls: {slow: {on: [store.read], at_most: 1 per 1s}}");
    let reads = "[{do: store.read, on: 'files-1', times: 3}]";
    assert_eq!(alarms(&run(&document(&yaml.replace("THEN", reads)), None, &[])), [], "429 is no 403");
    let empty = scenario("{denials: 1, within: 10s}", "")
        .replace("DELETE /files/{id}\", on: files", "DELETE /files/{id}\", on: files, denies: empty");
    assert_eq!(alarms(&run(&document(&empty.replace("THEN", DROP_ALL)), None, &[])), [], "the log shows 200");
}

#[test]
fn the_same_message_again() {
    // At 0, 100, … ms. Each record is another message.
    let same = ran("{repeats: 5, within: 1min}", "[{do: store.read, on: files-1, times: 9}]");
    assert_eq!(times(&same), [(400, 0)]);
    let others = ran("{repeats: 5, within: 1min}", "[store.list, {do: store.read, on: each listed files}]");
    assert_eq!(times(&others), []);
    let slow = ran("{repeats: 5, within: 400ms}", "[{do: store.read, on: files-1, times: 9}]");
    assert_eq!(times(&slow), [], "the first has left the window when the fifth comes");
}

#[test]
fn money_spent() {
    // 50 cents at 0, 100, … ms: five dollars with the tenth call.
    let ran = ran("{cost: $5, within: 1h}", "[{do: model.complete, times: 12}]");
    assert_eq!(times(&ran), [(900, 0)]);
}

#[test]
fn an_operation_that_is_new_to_its_caller() {
    // The task lists, and so does the clerk. Reading is new, and known after the first time.
    let then = "[store.list, {do: store.read, on: each listed files}, {do: store.drop, on: files-1}]";
    let ran = ran("{never_seen: yes}", then);
    assert_eq!(times(&ran), [(100, 100), (2_100, 2_100)]);
    assert!(matches!(alarms(&ran)[0].2, Key::Principal(_)));
    assert_eq!(ran.shown("false_alarms"), "0", "the clerk does what the clerk did the day before");
}

#[test]
fn a_new_thing_that_somebody_else_has_done_is_no_news_by_everyone() {
    let ran = ran("{never_seen: yes, by: everyone}", "[store.list, {do: store.read, on: files-1}]");
    assert_eq!(times(&ran), [(100, 100)], "nobody reads");
}

#[test]
fn a_credential_in_other_hands() {
    // files-20 holds the clerk's key. Read at 0 ms, used from the plant at 100 ms; the clerk's own use is from the office.
    let stolen = ran(
        "{not_owner: clerk-key}",
        "[{do: store.read, on: files-20}, {do: store.drop, as: clerk-key, on: files-1, times: 2}]",
    );
    assert_eq!(times(&stolen), [(100, 100)], "the second use is no news");
    assert!(matches!(alarms(&stolen)[0].2, Key::Credential(_)));
    let own = ran("{not_owner: token}", "[{do: store.read, on: files-20}]");
    assert_eq!(times(&own), []);
}

#[test]
fn what_is_not_logged_is_not_seen() {
    let then = "[{do: store.read, on: files-20}, {do: store.drop, as: clerk-key, on: files-1}]";
    let seen = |detector: &str, logs: &str| {
        let yaml = scenario(detector, "").replace("THEN", then);
        let yaml = yaml.replace(
            "    latency: 100ms\n    operations:\n      list",
            &format!("    latency: 100ms\n    audit: [{logs}]\n    operations:\n      list"),
        );
        alarms(&run(&document(&yaml), None, &[])).len()
    };
    assert_eq!(seen("{not_owner: clerk-key}", "principal, credential, address"), 1);
    assert_eq!(seen("{not_owner: clerk-key}", "principal, credential"), 0, "no addresses");
    assert_eq!(seen("{never_seen: yes}", "principal"), 2, "reading by the worker, dropping by the clerk");
    assert_eq!(seen("{never_seen: yes}", "address"), 0, "no principals");
}

#[test]
fn a_conversation_is_counted_as_one() {
    // A task each second: no conversation says anything five times.
    let tasks =
        ran("{repeats: 5, within: 1min, by: conversation}", "[{do: store.read, on: files-1, every: 1s, times: 9}]");
    assert_eq!(times(&tasks), []);
    let one = ran("{requests: 5, within: 1min, by: conversation}", "[{do: store.read, on: files-1, times: 9}]");
    assert_eq!(times(&one), [(400, 0)]);
    assert!(matches!(alarms(&one)[0].2, Key::Conversation(Conversation { n: 0, .. })));
}

#[test]
fn a_false_alarm_is_told_apart() {
    // The clerk lists at 30 s, 90 s, …; three lists within 5 min at 150 s, then again at 450 s.
    let ran = ran("{repeats: 3, within: 5min}", "[store.list]");
    assert_eq!(times(&ran), [(150_000, 30_000), (450_000, 330_000)]);
    assert_eq!(ran.shown("false_alarms"), "2");
    assert_eq!(ran.shown("detected"), "nothing to detect");
}

#[test]
fn detectors_are_the_same_over_http() {
    for detector in ["{repeats: 5, within: 1min, by: conversation}", "{never_seen: yes}", "{not_owner: clerk-key}"] {
        let then = "[{do: store.read, on: files-20, times: 6}, {do: store.drop, as: clerk-key, on: files-1}]";
        let compared = compare(&document(&scenario(detector, "").replace("THEN", then)), None);
        assert!(matches!(compared, Ok(Some(n)) if n > 7), "{detector}: {compared:?}");
    }
}

#[test]
fn what_was_issued_in_the_run_is_known_when_honest_work_is_counted_again() {
    // The clerk logs in at 30 s and lists with the session: an alarm about nothing but honest work.
    let yaml = scenario("{canary: session}", "")
        .replace(
            "  clerk-key: {of",
            "  session: {of: clerk, kind: session, scopes: [\"store:*\"], count: 0}\n  clerk-key: {of",
        )
        .replace("      drop:", "      login: {http: POST /login, mints: session}\n      drop:")
        .replace(
            "told: [{do: store.list, every: 1min, first: 30s}]",
            "told: [{do: store.login, every: 1min, first: 30s, times: 1}, {do: store.list, as: session}]",
        )
        .replace("THEN", "[store.list]");
    let ran = run(&document(&yaml), None, &[]);
    assert_eq!(times(&ran), [(30_100, 30_100)]);
    assert_eq!((ran.shown("false_alarms"), ran.shown("detected")), ("1".into(), "nothing to detect".into()));
}

#[test]
fn honest_work_is_read_back_as_it_stood_in_the_log() {
    // The clerk reads two files, files a third, and queues the end of a fourth, which comes while nobody asks anything.
    let yaml = scenario("{repeats: 9, within: 1min}", "")
        .replace("THEN", "[store.list]")
        .replace(
            "    latency: 100ms\n    operations:\n      list",
            "    latency: 100ms\n    audit: [principal, object]\n    operations:\n      list",
        )
        .replace(
            "      drop:",
            "      file: {http: POST /files, creates: files}
      shred: {http: \"DELETE /shredder/{id}\", on: files, effect_after: 10s}
      drop:",
        )
        .replace(
            "told: [{do: store.list, every: 1min, first: 30s}]",
            "told: [{do: store.read, on: files-1, first: 30s}, {do: store.read, on: files-2}, store.file, \
             {do: store.shred, on: files-3}, {do: store.drop, on: files-4, first: 1min}]",
        );
    let ran = run(&document(&yaml), None, &[]);
    let (mut seen, mut said) = (Vec::new(), Vec::new());
    lines(
        &ran.prepared.plan,
        &ran.events,
        |purpose| purpose == Purpose::Benign,
        |line| {
            let objects: Vec<(u32, u32)> = line.objects.iter().map(|(_, first, n)| (first + 1, *n)).collect();
            seen.push((ran.prepared.plan.operation(line.audit.op).name.clone(), line.audit.rows, objects));
            said.push(line.message);
        },
    );
    let line = |name: &str, objects: &[(u32, u32)]| (name.to_owned(), objects.len() as u32, objects.to_vec());
    let expected = [
        line("read", &[(1, 1)]),
        line("read", &[(2, 1)]),
        line("file", &[(21, 1)]),
        line("shred", &[]),
        line("drop", &[(4, 1)]),
    ];
    assert_eq!(seen, expected, "what queued work does leaves no line, and adds to none");
    assert!(ran.events.iter().any(|event| matches!(event, Event::Fired { .. })));
    assert!(said.iter().all(|message| message.conversation.is_some()));
    assert_ne!(said[0].digest, said[1].digest, "of different files");
}

#[test]
fn only_who_has_read_there_carries_anything_on() {
    let yaml = scenario("{after_reading: files, on: [store.drop]}", "")
        .replace("[\"store:read\", ", "[\"store:*\", ")
        .replace("\nservices:", "\n  notes: {count: 3, class: internal}\nservices:")
        .replace("      drop:", "      look: GET /notes -> notes records\n      drop:");
    let raised = |then: &str| times(&run(&document(&yaml.replace("THEN", then)), None, &[]));
    assert_eq!(raised("[{do: store.read, on: files-1}, {do: store.drop, on: files-2}]"), [(100, 0)]);
    assert_eq!(raised("[store.look, {do: store.drop, on: files-2}]"), [], "it has read something else");
    assert_eq!(raised("[store.list, {do: store.drop, on: files-2}]"), [], "ids are no content");
    assert_eq!(raised("[{do: store.drop, on: [files-1, files-2]}]"), [], "to delete is not to read");
}

#[test]
fn what_is_made_behind_the_canaries_is_none() {
    // Files 19 and 20 are canaries, and file 21 is made in the run: the newest, which the list shows alone.
    let yaml = scenario("{canary: records}", "")
        .replace("[\"store:read\", ", "[\"store:*\", ")
        .replace("count: 20, class: internal,", "count: 20, class: internal, canary: 2,")
        .replace(
            "    latency: 100ms\n    operations:\n      list: GET /files -> files ids",
            "    latency: 100ms\n    audit: [principal, object]\n    operations:
      file: {http: POST /files, creates: files}
      list: {http: GET /files -> files ids, order: newest first, page: 1}",
        );
    let raised = |then: &str| times(&run(&document(&yaml.replace("THEN", then)), None, &[]));
    assert_eq!(raised("[store.file, store.list, {do: store.read, on: each listed files}]"), []);
    assert_eq!(raised("[store.list, {do: store.read, on: each listed files}]"), [(100, 100)], "the last canary");
    assert_eq!(raised("[{do: store.read, on: [files-18, files-19]}]"), [(100, 100)], "the first");
}

#[test]
fn an_alarm_stands_in_the_journal_where_it_became_known() {
    // Read at 0, 100, … ms. The second time is told 150 ms later, when two more are behind it.
    let ran = ran("{requests: 2, within: 1min, delay: 150ms}", "[{do: store.read, on: files-1, times: 5}]");
    assert_eq!(times(&ran), [(250, 0)]);
    let alarm = ran.events.iter().position(|event| matches!(event, Event::Alarm { .. })).unwrap();
    let (before, after) = (&ran.events[..alarm], &ran.events[alarm..]);
    let read = |events: &[Event]| {
        let by_agent = |e: &&Event| matches!(e, Event::Asked { purpose: Purpose::Agent, .. });
        events.iter().filter(by_agent).count()
    };
    assert_eq!((read(before), read(after)), (3, 2));
}

#[test]
fn what_is_free_raises_no_alarm_about_money() {
    // 50 cents at 0 and 5 s: an alarm, and silence until 10 s. At 12 s something free, while the second is in the window.
    let then = "[{do: model.complete, every: 5s, times: 2}, {do: store.read, on: files-1, first: 6900ms}]";
    assert_eq!(times(&ran("{cost: $0.50, within: 10s}", then)), [(0, 0)]);
    let again = "[{do: model.complete, every: 5s, times: 2}, {do: model.complete, first: 6900ms}]";
    assert_eq!(times(&ran("{cost: $0.50, within: 10s}", again)), [(0, 0), (12_000, 12_000)]);
}

#[test]
fn what_was_refused_cost_nothing_and_carried_nothing_on() {
    let raised = |detector: &str, scopes: &str, then: &str| {
        let yaml = scenario(detector, "").replace("\"store:read\", \"model:*\"", scopes).replace("THEN", then);
        times(&run(&document(&yaml), None, &[]))
    };
    let (money, complete) = ("{cost: $5, within: 1h}", "[{do: model.complete, times: 12}]");
    assert_eq!(raised(money, "\"store:*\", \"model:*\"", complete), [(900, 0)]);
    assert_eq!(raised(money, "\"store:*\"", complete), []);
    let flow = "{after_reading: files, on: [store.drop]}";
    let carried = "[{do: store.read, on: files-1}, {do: store.drop, on: files-2}]";
    assert_eq!(raised(flow, "\"store:*\"", carried), [(100, 0)]);
    assert_eq!(raised(flow, "\"store:read\"", carried), []);
}

#[test]
fn what_was_read_long_ago_is_carried_on_no_more() {
    // Read at 0, dropped at 900 ms or at 1 s.
    let raised = |then: &str| {
        let yaml = scenario("{after_reading: files, on: [store.drop], within: 1s}", "")
            .replace("[\"store:read\", ", "[\"store:*\", ")
            .replace("THEN", then);
        times(&run(&document(&yaml), None, &[]))
    };
    let dropped =
        |first: &str| format!("[{{do: store.read, on: files-1}}, {{do: store.drop, on: files-2, first: {first}}}]");
    assert_eq!(raised(&dropped("800ms")), [(900, 0)]);
    assert_eq!(raised(&dropped("900ms")), []);
}

#[test]
fn who_was_shown_an_empty_list_has_read_nothing() {
    let raised = |notes: &str| {
        let yaml = scenario("{after_reading: notes, on: [store.drop]}", "")
            .replace("[\"store:read\", ", "[\"store:*\", ")
            .replace("\nservices:", &format!("\n  notes: {{count: {notes}, class: internal}}\nservices:"))
            .replace("      drop:", "      look: GET /notes -> notes records\n      drop:")
            .replace("THEN", "[store.look, {do: store.drop, on: files-2}]");
        times(&run(&document(&yaml), None, &[]))
    };
    assert_eq!((raised("1"), raised("0")), (vec![(100, 0)], vec![]));
}
