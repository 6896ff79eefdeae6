//! What a drill finds out before its first step, and what it says of answers that tell nothing.

use std::path::Path;
use std::time::Duration;

use runaway::scenario::Source;
use runaway::staging::targets;
use runaway::wire::Span;

use crate::drills::{Api, Behaviour, Ran, after_a_second, always, at_once, command, finished, run, targets_text};

const FINE: &str = "200 OK";
const PROMISED: &str = "stop: none\ndrill promised: 500ms\ndrill may_remint: yes";

fn drilled(api: &Api, text: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    finished(folder.path(), command(folder.path(), text, &api.server.address.to_string()).output().unwrap())
}

fn changes(api: &Api) -> usize {
    let came = api.server.came();
    came.iter().filter(|came| came.head.contains("/revoke") || came.head.contains("/restore")).count()
}

#[test]
fn no_step_is_done_where_the_control_fell_silent() {
    let hangs: Behaviour = |_, asked| if asked > 8 { "hang" } else { FINE };
    let busy: Behaviour = |_, asked| if asked > 8 { "503 Busy" } else { FINE };
    for (others, why) in [(hangs, "no answer within 500 ms (`patience`)"), (busy, "status 503")] {
        let api = Api::start(always, others, FINE);
        let ran = run(&api, PROMISED);
        assert_eq!((ran.code(), changes(&api)), (4, 0), "{}", ran.shown());
        assert!(ran.says("nothing was done: the control `other` is not accepted by api ("), "{}", ran.shown());
        assert!(ran.says(why) && ran.says("; it was last accepted"), "{}", ran.shown());
    }
}

#[test]
fn what_the_runbook_needs_is_looked_for_first() {
    let janitor = "runbook: {from: {file: runbook.secret}}\n  janitor: {from: {env: NO_JANITOR}}";
    let with = |text: &str, from: &str, to: &str| {
        text.replace("runbook: {from: {file: runbook.secret}}", janitor).replace(from, to)
    };
    let api = Api::start(at_once, always, FINE);
    let restored = format!("{PROMISED}\ndrill restore: [{{http: \"POST api:/restore\"}}]");
    let restored = with(&targets_text(&api.server.origin(), &restored), "cleanup: runbook", "cleanup: janitor");
    let revoked = with(&targets_text(&api.server.origin(), PROMISED), "with: runbook", "with: janitor");
    for (text, step) in [(restored, "POST api:/restore"), (revoked, "revoke token")] {
        let ran = drilled(&api, &text);
        assert_eq!((ran.code(), api.server.came().len()), (4, 0), "{}", ran.shown());
        let said = format!(
            "nothing was done: janitor is not in the environment variable NO_JANITOR, and the step `{step}` needs it"
        );
        assert!(ran.says(&said), "{}", ran.shown());
    }
    // Nobody needs it.
    let text = with(&targets_text(&api.server.origin(), PROMISED), "cleanup: runbook", "cleanup: janitor");
    assert_eq!(drilled(&api, &text).code(), 0);
}

/// The settling of a drill, and the messages of its check.
fn settling(lives: &str, cached: &str, settle: &str) -> Result<(Span, String), String> {
    let text = targets_text("http://127.0.0.1:8", PROMISED)
        .replace("lives: 1h", &format!("lives: {lives}"))
        .replace("accepted: {json: /id}}}", &format!("accepted: {{json: /id}}}}{cached}}}"))
        .replace("  settle: 500ms\n", settle)
        .replace("deadline: 3s", "deadline: 40s");
    let source = Source { name: "targets.yaml".into(), text: text.into() };
    match targets::read(source, Path::new(".")) {
        Ok((targets, warnings)) => Ok((targets.drill.settle, format!("{warnings:?}"))),
        Err(rejected) => Err(format!("{rejected:?}")),
    }
}

#[test]
fn a_drill_settles_for_as_long_as_its_services_trust() {
    let cadences = 100_000;
    let (settle, _) = settling("10min", ", cached: 15s", "").unwrap();
    assert_eq!(settle, Span(15_000_000 + cadences));
    let (settle, _) = settling("5s", ", cached: 15s", "").unwrap();
    assert_eq!(settle, Span(5_000_000 + cadences), "what has ended by itself is accepted nowhere");
    let refused = settling("10min", "", "").unwrap_err();
    assert!(refused.contains("10 min (`settle`") && refused.contains("longer than 40 s"), "{refused}");
    let refused = settling("10min", "", "  settle: 41s\n").unwrap_err();
    assert!(refused.contains("41 s (`settle`)") && refused.contains("longer than 40 s"), "{refused}");
    let again = |cached, settle| settling("10min", cached, settle).unwrap().1.contains("could be accepted again");
    assert!(again("", "  settle: 15s\n") && again(", cached: 20s", "  settle: 15s\n"));
    assert!(!again(", cached: 15s", "  settle: 15s\n"), "the file says that nothing is cached for longer");
}

#[test]
fn what_outlives_its_bound_says_that_the_file_is_wrong() {
    for (behaviour, outlives) in [(after_a_second as Behaviour, true), (at_once, false)] {
        let api = Api::start(behaviour, always, FINE);
        let text = targets_text(&api.server.origin(), &PROMISED.replace("500ms", "3s"))
            .replace("accepted: {json: /id}}}", "accepted: {json: /id}}, cached: 500ms}");
        let ran = drilled(&api, &text);
        assert_eq!(ran.code(), 0, "{}", ran.shown());
        assert_eq!(ran.json["matrix"][0]["outlived_bound"], outlives, "{}", ran.shown());
        let told = ran.says("outlived its bound: token at api was accepted until")
            && ran.says("and its bound is 500 ms: `cached` of `api` in the targets file is wrong");
        assert_eq!(told, outlives, "{}", ran.shown());
    }
}

#[test]
fn a_control_that_is_refused_is_told_of() {
    let sentinel = "sentinels: {desk: {with: other, probe: \"GET api:/tickets/2\"}}";
    let ran = run(&Api::start(at_once, at_once, FINE), &format!("{sentinel}\n{PROMISED}"));
    assert_eq!(ran.code(), 4, "{}", ran.shown());
    assert!(ran.says("more tell nothing: a control was not accepted beside them"), "{}", ran.shown());
    assert!(ran.says("the control was refused by api from"), "{}", ran.shown());
    let ran = run(&Api::start(at_once, always, FINE), &format!("{sentinel}\n{PROMISED}"));
    assert!(ran.code() == 0 && !ran.says("tell nothing"), "{}", ran.shown());
}

#[test]
fn a_stopped_drill_says_since_when_nothing_answered() {
    let hangs: Behaviour =
        |since, _| if since.is_some_and(|since| since > Duration::from_millis(150)) { "hang" } else { FINE };
    let api = Api::start(hangs, always, FINE);
    let text = targets_text(&api.server.origin(), PROMISED)
        .replace("duration: 20s", "duration: 2s")
        .replace("patience: 500ms", "patience: 5s");
    let ran = drilled(&api, &text);
    assert_eq!(ran.code(), 3, "{}", ran.shown());
    assert!(ran.says("token at api: last accepted at"), "{}", ran.shown());
    assert!(ran.says("and nothing answered from then until the drill was stopped at"), "{}", ran.shown());
    assert!(ran.says("not seen to stop"), "{}", ran.shown());
}
