//! Defences that can do nothing as they are written: `check` says so, and where nothing is wrong it is silent.

use crate::support::document;

/// An agent that lists, a watched list, and a key that is revoked once it was.
const WATCHED: &str = r#"runaway: 1
name: watched
time: {horizon: 1h}
services:
  hub: {accepts: gateway, operations: {list: GET /notes -> notes records}}
identities: {bot: {kind: agent}}
credentials:
  key: {of: bot, kind: api-key, scopes: ["hub:*"]}
data:
  notes: {count: 10, class: internal}
agents:
  bot: {is: bot, holds: [key], knows: [hub.list], told: [], fault: over-broad, then: [hub.list]}
detect:
  trap: {records: 5, within: 1min}
steps:
  off: {revoke: every key}
respond:
  trap: {after: 1min, do: [off]}
"#;

/// What is said where this stands instead.
fn said(changes: &[(&str, &str)]) -> Vec<String> {
    let text = changes.iter().fold(WATCHED.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let findings = document(&text).check(None).unwrap_or_else(|rejected| panic!("{rejected}"));
    findings.into_iter().map(|finding| finding.message).collect()
}

#[test]
fn a_defence_that_can_act_is_no_finding() {
    assert_eq!(said(&[]), [""; 0]);
}

#[test]
fn canaries_have_to_be_there_and_in_the_log() {
    let watched = ("records: 5, within: 1min", "canary: records");
    let (laid, logged) = (("class: internal", "class: internal, canary: 1"), ("gateway,", "gateway, audit: all,"));
    assert_eq!(said(&[watched]), ["`trap` watches canary records, and there are none"]);
    assert_eq!(said(&[watched, laid]), ["`trap` watches what no log tells: which records were read"]);
    assert_eq!(said(&[watched, laid, logged]), [""; 0]);
}

#[test]
fn what_was_read_has_to_be_in_the_log() {
    let exposed = ("revoke: every key", "revoke: exposed");
    assert_eq!(said(&[exposed]), ["`off` goes by what no log tells: which records were read"]);
    assert_eq!(said(&[exposed, ("gateway,", "gateway, audit: all,")]), [""; 0]);
}

#[test]
fn an_answer_comes_before_the_run_is_over() {
    let late = ["the answer to `trap` comes when the run is over, at 60 min"];
    assert_eq!(said(&[("after: 1min", "after: 1h")]), late);
    assert_eq!(said(&[("after: 1min", "after: 59min")]), [""; 0]);
}

#[test]
fn a_scope_that_is_nearly_one_of_a_service_is_a_slip() {
    assert_eq!(said(&[("\"hub:*\"", "\"hubb:*\"")]), ["`hubb:*` unlocks nothing: there is no service `hubb`"]);
    assert_eq!(said(&[("\"hub:*\"", "\"hub:*\", \"elsewhere:*\"")]), [""; 0], "of a service that is not modelled");
}

#[test]
fn every_step_is_done_by_somebody() {
    let hold = ("steps:\n", "steps:\n  hold: {disable: bot}\n");
    assert_eq!(said(&[hold]), ["nothing does `hold`: no entry of `respond` names it"]);
    let impossible = ("steps:\n", "steps:\n  hold: {disable: bot, supported: no}\n");
    assert_eq!(said(&[impossible]), [""; 0], "it says that nobody can");
    let of = |variant: &str| format!("do: [off]}}\nvariants:\n  other: {variant}\n");
    for variant in [
        "{respond: {hold: 5min}}",
        "{respond: {trap: {after: 1s, do: [off, hold]}}}",
        "{set: {respond.trap.do: [hold]}}",
    ] {
        assert_eq!(said(&[hold, ("do: [off]}\n", &of(variant))]), [""; 0], "{variant}");
    }
    let added = ("do: [off]}\n", &*of("{add: {steps: {hold: {disable: bot}}}}"));
    assert_eq!(said(&[added]), ["nothing does `hold`: no entry of `respond` names it"]);
}

#[test]
fn what_an_operation_asks_for_somebody_has() {
    let wipe = |needs: &str| format!("operations: {{wipe: {{http: DELETE /notes, on: notes, needs: {needs}}}, list:");
    let needs = |needs: &str| said(&[("operations: {list:", &wipe(needs))]);
    let nobody = |what: &str| format!("nobody may call `hub.wipe`: no credential has {what}");
    assert_eq!(needs("[admin]"), [nobody("admin")]);
    assert_eq!(needs("[\"hub:wipe\", admin]"), [nobody("hub:wipe and admin")]);
    assert_eq!(needs("[[admin], [root, \"hub:wipe\"]]"), [nobody("admin, or root and hub:wipe")]);
    for fine in ["[\"hub:wipe\"]", "[[admin], [\"hub:wipe\"]]", "any credential", "[]"] {
        assert_eq!(needs(fine), [""; 0], "{fine}");
    }
    let granted = "do: [off]}\nvariants:\n  other: {set: {credentials.key.scopes: [\"hub:*\", admin]}}\n";
    assert_eq!(said(&[("operations: {list:", &wipe("[admin]")), ("do: [off]}\n", granted)]), [""; 0]);
}

#[test]
fn a_run_of_more_than_a_year_is_a_slip() {
    let horizon = |span: &str| said(&[("horizon: 1h", &format!("horizon: {span}"))]);
    assert_eq!(horizon("365d"), [""; 0]);
    let long = horizon("1_000_000d");
    assert!(matches!(&long[..], [told] if told.starts_with("the run goes on for up to 1000000 d:")), "{long:?}");
}

#[test]
fn the_library_has_no_defence_that_can_do_nothing() {
    for scenario in runaway::library::SCENARIOS {
        let findings = document(scenario.text).check(None).unwrap_or_else(|rejected| panic!("{rejected}"));
        assert!(findings.is_empty(), "{}: {findings:?}", scenario.name);
    }
}
