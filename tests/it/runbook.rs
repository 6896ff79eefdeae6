//! A runbook that is not done as it is written, detection that sees nothing, and honest work that does not go on.

use serde_json::{Value, json};

use crate::drills::{Api, Behaviour, Ran, always, at_once, command, finished, run, targets_text};

const FINE: &str = "200 OK";
const PROMISED: &str = "stop: none\ndrill promised: 500ms\ndrill may_remint: yes";

/// A drill with a step before the revocation, that covers nothing.
fn with_step(step: &str, more: &str) -> Ran {
    let api = Api::start(at_once, always, FINE);
    let folder = tempfile::tempdir().unwrap();
    let text = targets_text(&api.server.origin(), &format!("{more}\n{PROMISED}")).replace(
        "steps: [{revoke: token, with: runbook}]",
        &format!("steps: [{{{step}, covers: []}}, {{revoke: token, with: runbook}}]"),
    );
    finished(folder.path(), command(folder.path(), &text, &api.server.address.to_string()).output().unwrap())
}

#[test]
fn a_runbook_that_fails_in_part_is_no_pass() {
    for (program, why) in [("false", "the program ended with"), ("/nowhere/at/all", "the program cannot be started")] {
        let ran = with_step(&format!("command: [{program}]"), "");
        assert_eq!(ran.code(), 4, "{}", ran.shown());
        assert!(ran.says(why) && ran.says("so the runbook was not done as it is written"), "{}", ran.shown());
        assert!(ran.json["headline"].as_str().unwrap().ends_with(&format!("; the step `{program}` failed")));
        assert_eq!(ran.json["matrix"][0]["ended"], "stopped", "the token ended all the same: {}", ran.shown());
    }
    let ran = with_step("command: [true]", "");
    assert_eq!((ran.code(), ran.json["unsure"].as_array().map(Vec::len)), (0, Some(0)), "{}", ran.shown());
}

/// YAML reads `false` as a boolean and `1.10` as a number; an argument is what was written.
#[test]
fn arguments_are_what_was_written() {
    let written = "command: [sh, -c, 'test \"$*\" = \"true TRUE 1.10 007 0x1F 1e3 ~x\"', x, true, TRUE, 1.10, 007, 0x1F, 1e3, ~x]";
    let ran = with_step(written, "");
    assert_eq!(ran.code(), 0, "{}", ran.shown());
}

#[test]
fn what_another_step_declares_does_not_make_a_failed_one_good() {
    let api = Api::start(at_once, always, FINE);
    let folder = tempfile::tempdir().unwrap();
    let steps = "steps: [{command: [false]}, {revoke: token, with: runbook}]";
    let text = targets_text(&api.server.origin(), PROMISED).replace("steps: [{revoke: token, with: runbook}]", steps);
    let ran = finished(folder.path(), command(folder.path(), &text, &api.server.address.to_string()).output().unwrap());
    assert_eq!(ran.code(), 4, "{}", ran.shown());
    assert_ne!(ran.json["matrix"][0]["declared_us"], Value::Null);
}

#[test]
fn detection_that_sees_nothing_breaks_what_the_step_asks() {
    let ran = with_step("wait_for: alarm, at_most: 400ms", "alarm: {command: [false], every: 100ms}");
    assert_eq!(ran.code(), 1, "{}", ran.shown());
    assert!(ran.says("no alarm within 400 ms: their detection did not see it"), "{}", ran.shown());
}

#[test]
fn an_alarm_of_before_tells_nothing() {
    for (alarm, why) in [
        ("file: runbook.secret", "runbook.secret exists, which tells of an alarm before there is anything to detect"),
        ("command: [\"true\"]", "`true` ended with 0, which tells of an alarm before there is anything to detect"),
        ("command: [/nowhere/at/all]", "no alarm can be heard: `/nowhere/at/all` cannot be started"),
    ] {
        let ran = with_step("wait_for: alarm, at_most: 400ms", &format!("alarm: {{{alarm}}}"));
        assert_eq!((ran.code(), ran.json["steps"].as_array().map(Vec::len)), (4, Some(0)), "{}", ran.shown());
        assert!(ran.says(why), "{}", ran.shown());
    }
    let unused = with_step("command: [\"true\"]", "alarm: {file: runbook.secret}");
    assert_eq!(unused.code(), 0, "no step waits for it: {}", unused.shown());
}

fn beside_honest_work(probe: &str, others: Behaviour) -> Ran {
    let sentinel = format!("sentinels: {{desk: {{with: other, probe: \"GET api:{probe}\"}}}}");
    run(&Api::start(at_once, others, FINE), &format!("{sentinel}\n{PROMISED}"))
}

#[test]
fn honest_work_must_go_on() {
    let fine = beside_honest_work("/tickets/2", always);
    assert_eq!(fine.code(), 0, "{}", fine.shown());
    let told = &fine.json["collateral"][0];
    assert_eq!((&told["sentinel"], &told["refused"], &told["unknown"]), (&json!("desk"), &json!(0), &json!(0)));
    assert!(told["requests"].as_u64() >= Some(5), "{told}");

    let hit = beside_honest_work("/desk", always);
    assert_eq!(hit.code(), 1, "{}", hit.shown());
    assert!(
        hit.says("honest work `desk` must go on: refused") && hit.says("; honest work was refused"),
        "{}",
        hit.shown()
    );
    assert!(hit.json["collateral"][0]["refused"].as_u64() >= Some(5), "{}", hit.shown());

    let banned = beside_honest_work("/desk", at_once);
    assert_eq!(banned.code(), 4, "while the control is refused too, it may be us: {}", banned.shown());
    assert_eq!(banned.json["collateral"][0]["refused"], 0, "{}", banned.shown());
}

#[test]
fn honest_work_that_did_not_go_on_before_lets_nothing_begin() {
    let ran = beside_honest_work("/closed", always);
    assert_eq!((ran.code(), ran.json["steps"].as_array().map(Vec::len)), (4, Some(0)), "{}", ran.shown());
    assert!(
        ran.says("the honest work `desk` does not go on (status 401), though nothing was done yet"),
        "{}",
        ran.shown()
    );
}
