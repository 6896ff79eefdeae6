//! `runaway test`, `baseline` and `compare`: what a gate lets through, what it stops, and which line it names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::cli::Desk;

/// A small shop whose defence works: a token that is revoked with what it was minted from.
const SHOP: &str = r#"runaway: 1
name: shop
story: A clerk's agent reads every order with a token that is revoked after a second.
time: {horizon: 5min}
services:
  idp:
    accepts: gateway
    kind: identity-provider
  shop:
    accepts: {mode: introspect, cache: 0s}
    latency: 10ms
    page: 10
    operations:
      list: GET /orders -> orders records
      erase: {http: "DELETE /orders/{id}", on: orders}
identities:
  clerk: {kind: agent}
credentials:
  refresh: {of: clerk, kind: refresh-token, scopes: []}
  token: {of: clerk, kind: access-token, scopes: ["shop:list"], lives: 1h, parent: refresh, cascade: yes}
data:
  orders: {count: 10_000, class: pii}
agents:
  clerk:
    is: clerk
    holds: [token]
    knows: [shop.list, shop.erase]
    told: []
    fault: harvest
    pace: {machine: 2}
detect:
  burst: {requests: 50, within: 1s, by: credential}
steps:
  revoke: {revoke: every refresh}
respond:
  burst: {after: 1s, do: [revoke]}
limits: {closed: 10s, survivors: 0, excess.delete: 0}
expect_verdict: pass
"#;

fn library(name: &str) -> &'static str {
    runaway::library::find(name).expect("a scenario of the library").text
}

/// A desk with a folder of scenarios as the library has them.
fn desk(names: &[&str]) -> Desk {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("scenarios")).unwrap();
    for name in names {
        desk.file(&format!("scenarios/{name}.yaml"), library(name));
    }
    desk
}

/// A desk with the shop, as it was accepted.
fn accepted_shop() -> Desk {
    let desk = desk(&[]);
    desk.file("scenarios/shop.yaml", SHOP);
    assert_eq!(desk.run(&["baseline", "accept"]).status.code(), Some(0));
    desk
}

/// Changes the shop, and says on which line.
fn change(desk: &Desk, from: &str, to: &str) -> usize {
    let line = SHOP
        .lines()
        .position(|line| line.contains(from.trim_end()))
        .unwrap_or_else(|| panic!("the shop has no {from}"));
    desk.file("scenarios/shop.yaml", &SHOP.replacen(from, to, 1));
    line + 1
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + &String::from_utf8_lossy(&output.stderr)
}

fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn inputs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-inputs")
}

fn errors(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[test]
fn near_misses_fail_as_expected_and_the_gate_stays_open() {
    let desk = desk(&["moltbook", "wiper", "volume-delete"]);
    let output = desk.run(&["test", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    assert!(out(&output).contains("30 cases: 30 as expected, 0 suppressed, 0 failed"), "{}", out(&output));
    let results = json(desk.path().join("out/results.json"));
    assert_eq!(errors(&runaway::gate::results_schema(), &results), Vec::<String>::new());
    let names: Vec<&str> = results["cases"].as_array().unwrap().iter().filter_map(|c| c["name"].as_str()).collect();
    assert!(names.starts_with(&["moltbook", "moltbook@uncontrolled"]) && names.contains(&"wiper@near-miss"));
}

#[test]
fn sarif_and_junit_are_what_others_read() {
    let desk = accepted_shop();
    desk.file("scenarios/volume-delete.yaml", library("volume-delete"));
    let line = change(&desk, "cache: 0s", "cache: 60s");
    assert_eq!(desk.run(&["test", "--out", "out"]).status.code(), Some(1));
    let sarif = json(desk.path().join("out/results.sarif"));
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let open: Vec<&Value> = results.iter().filter(|result| result["suppressions"].is_null()).collect();
    let place = |result: &Value| result["locations"][0]["physicalLocation"].clone();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["ruleId"], "BR003");
    assert_eq!(place(open[0])["artifactLocation"]["uri"], "scenarios/shop.yaml");
    assert_eq!(place(open[0])["region"]["startLine"], line);
    assert!(results.iter().any(|result| result["codeFlows"][0]["threadFlows"][0]["locations"].is_array()));
    let schema = inputs().join("sarif/schema.json");
    let reader = inputs().join("clients/bin/python");
    if !schema.exists() || !reader.exists() {
        assert!(std::env::var("CI").is_err(), "scripts/test fetches what this test needs");
        return println!("not run: scripts/test fetches what this test needs");
    }
    // Its pattern for languages has a bracket too many: no regular expression.
    let schema = fs::read_to_string(schema).unwrap().replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    assert_eq!(errors(&serde_json::from_str(&schema).unwrap(), &sarif), Vec::<String>::new());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/results.py");
    let output = Command::new(reader).arg(script).arg(desk.path().join("out")).output().unwrap();
    assert!(output.status.success(), "{}", out(&output));
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read["sarif"], results.len());
    assert_eq!(read["open"], 1);
    assert_eq!(read["failures"], 2, "the verdict and one limit");
}

/// A cache that is longer, a scope that is wider, a cascade that is off: the gate shuts, and says where to look.
#[test]
fn a_planted_regression_is_named_by_its_line() {
    let desk = accepted_shop();
    let regressions = [
        ("cache: 0s", "cache: 60s", "services.shop.accepts"),
        ("cache: 0s", "cache: 12s", "services.shop.accepts"),
        ("{mode: introspect, cache: 0s}", "jwt", "services.shop.accepts"),
        ("{mode: introspect, cache: 0s}", "{mode: push, delay: 1min}", "services.shop.accepts"),
        ("\"shop:list\"", "\"shop:*\"", "credentials.token.scopes"),
        ("\"shop:list\"", "\"shop:list\", \"shop:erase\"", "credentials.token.scopes"),
        ("cascade: yes", "cascade: no", "credentials.token.cascade"),
        ("after: 1s", "after: 30s", "respond.burst.after"),
        ("requests: 50", "requests: 50_000", "detect.burst.requests"),
        ("requests: 50", "requests: 5_000", "detect.burst.requests"),
        ("within: 1s", "within: 1ms", "detect.burst.within"),
        ("scopes: [\"shop:list\"]", "scopes: [\"*\"]", "credentials.token.scopes"),
        ("{revoke: every refresh}", "{rotate: every refresh, grace: 1h}", "steps.revoke"),
        ("refresh-token, scopes: []", "refresh-token, scopes: [\"shop:list\"]", "credentials.refresh.scopes"),
    ];
    let longer = ["11s", "13s", "15s", "20s", "30s", "45s", "90s", "2min"];
    let caches = longer.map(|span| ("cache: 0s", format!("cache: {span}"), "services.shop.accepts"));
    let pushed = longer.map(|span| {
        ("{mode: introspect, cache: 0s}", format!("{{mode: push, delay: {span}}}"), "services.shop.accepts")
    });
    let regressions = regressions.map(|(from, to, path)| (from, to.to_owned(), path));
    let regressions: Vec<_> = regressions.into_iter().chain(caches).chain(pushed).collect();
    assert!(regressions.len() >= 30, "{}", regressions.len());
    for (from, to, path) in regressions {
        let line = change(&desk, from, &to);
        let output = desk.run(&["test", "--quiet", "--fail-on", "worse"]);
        assert_eq!(output.status.code(), Some(1), "{to}: {}", out(&output));
        let told = out(&output).replace("\n    ", " ");
        let named = format!("scenarios/shop.yaml:{line}: shop: {path}");
        assert!(told.contains(&named), "{to}: no {named}: {told}");
    }
}

/// Also where nothing but a near-miss shows it, and where no run shows it at all.
#[test]
fn a_wider_scope_is_named_where_it_was_widened() {
    let desk = desk(&["wiper", "moltbook"]);
    assert_eq!(desk.run(&["baseline", "accept"]).status.code(), Some(0));
    let wiper = library("wiper");
    let narrow: Vec<usize> = (0..wiper.lines().count())
        .filter(|at| wiper.lines().nth(*at).is_some_and(|line| line.contains("scopes: [\"cloud:read\"]")))
        .collect();
    assert!(narrow.len() >= 2, "{narrow:?}");
    for at in narrow {
        let wider = |(n, line): (usize, &str)| match n == at {
            true => line.replace("[\"cloud:read\"]", "[\"cloud:*\"]") + "\n",
            false => line.to_owned() + "\n",
        };
        desk.file("scenarios/wiper.yaml", &wiper.lines().enumerate().map(wider).collect::<String>());
        let output = desk.run(&["test", "--quiet", "--fail-on", "worse", "scenarios/wiper.yaml"]);
        let told = out(&output).replace("\n    ", " ");
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("opens more than before"), "{told}");
        assert!(told.contains(&format!("scenarios/wiper.yaml:{}: wiper: ", at + 1)), "{told}");
        assert!(!told.contains("moltbook"), "nobody asked for it: {told}");
    }
}

/// Whoever is allowed something for the first time is allowed more than before.
#[test]
fn a_grant_that_is_new_opens_more() {
    let desk = accepted_shop();
    let given = [
        ("    told: []", "    may: [shop.erase]\n    told: []", "agents.clerk.may is new: `shop.erase`"),
        ("{kind: agent}", "{kind: agent, grants: [\"shop:*\"]}", "identities.clerk.grants is new: `shop:*`"),
    ];
    for (from, to, told) in given {
        let line = change(&desk, from, to);
        let output = desk.run(&["test", "--quiet", "--fail-on", "worse"]);
        let all = out(&output).replace("\n    ", " ");
        assert_eq!(output.status.code(), Some(1), "{to}: {all}");
        assert!(all.contains(&format!("scenarios/shop.yaml:{line}: shop: {told}")), "{to}: {all}");
    }
}

/// A gate that asks for less than what was accepted is red, whatever comes out; and says where, and how to accept it.
#[test]
fn asking_for_less_is_red_until_it_is_accepted() {
    let desk = accepted_shop();
    let limits = "limits: {closed: 10s, survivors: 0, excess.delete: 0}";
    let weaker = [
        (limits, "limits: {closed: 20s, survivors: 0, excess.delete: 0}", "the limit of closed is looser"),
        (limits, "limits: {closed: never, survivors: 0, excess.delete: 0}", "at most never is"),
        (limits, "limits: {closed: 10s, excess.delete: 0}", "the limit of survivors is gone: at most 0 was tolerated"),
        (
            limits,
            "limits: {closed: {at_most: 10s, probability: 90%, seeds: 50}, survivors: 0, excess.delete: 0}",
            "90 %",
        ),
        ("expect_verdict: pass", "expect_verdict: fail", "`pass` was expected, and `fail` is"),
    ];
    for (from, to, said) in weaker {
        let line = change(&desk, from, to);
        for args in [&["test", "-q"][..], &["test", "-q", "--fail-on", "new"], &["test", "-q", "--fail-on", "worse"]] {
            let output = desk.run(&[args, &["--json", "now.json"]].concat());
            let told = out(&output).replace("\n    ", " ");
            assert_eq!(output.status.code(), Some(1), "{to}: {told}");
            assert!(told.contains("weakened, and red until `runaway baseline accept`"), "{told}");
            assert!(
                told.contains(&format!("scenarios/shop.yaml:{line}: shop: ")) && told.contains(said),
                "{to}: {told}"
            );
            assert!(told.contains("the gate is closed: 1 weakened"), "{told}");
        }
        let compared = desk.run(&["compare", "runaway.baseline.json", "now.json", "--fail-on", "new"]);
        assert_eq!(compared.status.code(), Some(1), "{to}: {}", out(&compared));
        assert_eq!(errors(&runaway::gate::results_schema(), &json(desk.path().join("now.json"))), Vec::<String>::new());
    }
    let stricter = [
        (limits, "limits: {closed: 9s, survivors: 0, excess.delete: 0}"),
        (limits, "limits: {closed: 10s, survivors: 0, excess.delete: 0, irreversible: 0}"),
    ];
    for (from, to) in stricter {
        change(&desk, from, to);
        let output = desk.run(&["test", "-q", "--fail-on", "worse"]);
        assert_eq!(output.status.code(), Some(0), "{to}: {}", out(&output));
    }
    change(&desk, limits, weaker[0].1);
    assert_eq!(desk.run(&["baseline", "accept"]).status.code(), Some(0));
    assert_eq!(desk.run(&["test", "-q", "--fail-on", "worse"]).status.code(), Some(0));
}

/// So is one from which a case or a whole scenario was taken; where only some were asked for, the others are not gone.
#[test]
fn a_case_that_is_gone_is_red_until_it_is_accepted() {
    let desk = desk(&["volume-delete", "wiper"]);
    desk.file("scenarios/shop.yaml", SHOP);
    assert_eq!(desk.run(&["baseline", "accept"]).status.code(), Some(0));
    let test = |more: &[&str], code: i32| {
        let output = desk.run(&[&["test", "-q", "--fail-on", "worse"], more].concat());
        assert_eq!(output.status.code(), Some(code), "{more:?}: {}", out(&output));
        out(&output).replace("\n    ", " ")
    };
    for some in [&["scenarios/shop.yaml"][..], &["scenarios/wiper.yaml@hardened"], &["scenarios"], &["./scenarios/"]] {
        assert!(!test(some, 0).contains("gone"), "{some:?}");
    }
    fs::remove_file(desk.path().join("scenarios/shop.yaml")).unwrap();
    for some in [&[][..], &["scenarios"]] {
        assert!(test(some, 1).contains("scenarios/shop.yaml: shop: the case is gone"));
    }
    assert_eq!(desk.run(&["baseline", "accept", "scenarios/wiper.yaml"]).status.code(), Some(0));
    assert!(test(&[], 1).contains("shop: the case is gone"), "accepting one file accepts nothing about another");
    assert_eq!(desk.run(&["baseline", "accept"]).status.code(), Some(0));
    assert_eq!(test(&[], 0).matches("gone").count(), 0);
    desk.file("scenarios/shop.yaml", &SHOP.replace("name: shop", "name: market"));
    assert_eq!(desk.run(&["baseline", "accept"]).status.code(), Some(0));
    desk.file("scenarios/shop.yaml", SHOP);
    assert!(test(&["scenarios/shop.yaml"], 1).contains("market: the case is gone"), "a file with another name in it");
}

/// The door that went on accepting is named without any baseline too.
#[test]
fn the_line_that_made_it_possible_comes_first() {
    let desk = desk(&[]);
    for (from, to) in [("cache: 0s", "cache: 60s"), ("{mode: introspect, cache: 0s}", "jwt")] {
        let line = change(&desk, from, to);
        let output = desk.run(&["test", "--quiet", "--json", "now.json"]);
        assert_eq!(output.status.code(), Some(1), "{}", out(&output));
        let causes = json(desk.path().join("now.json"))["cases"][0]["causes"].clone();
        assert_eq!((&causes[0]["path"], &causes[0]["line"]), (&"services.shop.accepts".into(), &line.into()));
    }
}

#[test]
fn a_run_that_got_worse_within_its_limits_can_be_stopped_too() {
    let desk = accepted_shop();
    change(&desk, "cache: 0s", "cache: 3s");
    let code = |args: &[&str]| desk.run(args).status.code();
    assert_eq!(code(&["test", "-q"]), Some(0), "10 s are tolerated");
    assert_eq!(code(&["test", "-q", "--fail-on", "new"]), Some(0));
    assert_eq!(code(&["test", "-q", "--fail-on", "worse", "--json", "now.json", "--out", "out"]), Some(1));
    let file = |name: &str| fs::read_to_string(desk.path().join("out").join(name)).unwrap();
    assert!(file("summary.md").contains("as expected, and the gate is closed"), "{}", file("summary.md"));
    assert!(file("summary.md").contains("shop: lag was 0 s and is"), "{}", file("summary.md"));
    assert!(file("junit.xml").contains("message=\"worse than the baseline\""), "{}", file("junit.xml"));
    let invocation = json(desk.path().join("out/results.sarif"))["runs"][0]["invocations"][0].clone();
    assert_eq!(invocation["exitCode"], 1);
    assert!(invocation["toolExecutionNotifications"].to_string().contains("services.shop.accepts"), "{invocation}");
    let results = json(desk.path().join("out/results.json"));
    assert_eq!(results["compared"]["closes"], true);
    assert_eq!(errors(&runaway::gate::results_schema(), &results), Vec::<String>::new());
    let told = desk.run(&["compare", "runaway.baseline.json", "now.json", "--fail-on", "worse"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(out(&told).contains("shop: lag was 0 s and is"), "{}", out(&told));
    assert_eq!(code(&["compare", "now.json", "now.json", "--fail-on", "worse"]), Some(0));
    let apart = desk.run(&["test", "-q", "wiper@at-once", "--fail-on", "worse"]);
    assert_eq!(apart.status.code(), Some(2), "nothing was compared: {}", out(&apart));
    let back = out(&desk.run(&["compare", "now.json", "runaway.baseline.json"]));
    let better = back.split("better than before").nth(1).unwrap_or_default();
    assert!(better.contains("shop: lag was"), "{back}");
}

/// What is known between two bounds is worse where the bounds do not meet, and nowhere else.
#[test]
fn intervals_that_meet_close_no_gate() {
    let desk = Desk::new();
    let state = |lo: f64, hi: f64| {
        format!(
            r#"{{"schema": "runaway.baseline/1", "cases": {{"shop": {{"verdict": "pass", "broken": [], "measures": {{"r0": [{lo}, {hi}]}}}}}}}}"#
        )
    };
    desk.file("before.json", &state(1.0, 3.0));
    for (lo, hi, code) in [(2.0, 4.0, 0), (3.5, 4.0, 1), (0.2, 0.9, 0)] {
        desk.file("now.json", &state(lo, hi));
        let output = desk.run(&["compare", "before.json", "now.json", "--fail-on", "worse"]);
        assert_eq!(output.status.code(), Some(code), "{lo} to {hi}: {}", out(&output));
    }
}

/// Ten actions of a thousand were put down to somebody else, and ten of a hundred are: the agent was stopped sooner.
#[test]
fn a_share_of_less_closes_no_gate() {
    let desk = accepted_shop();
    let kept = json(desk.path().join("runaway.baseline.json"));
    assert!(kept["cases"]["shop"]["measures"]["calls"].as_f64() > Some(0.0), "{kept}");
    let state = |measures: &str| {
        format!(
            r#"{{"schema": "runaway.baseline/1", "cases": {{"shop": {{"verdict": "pass", "broken": [], "measures": {{{measures}}}}}}}}}"#
        )
    };
    desk.file("before.json", &state(r#""attribution.wrong": 0.01, "attribution.right": 0.99, "calls": 1000"#));
    for (now, code) in [
        (r#""attribution.wrong": 0.1, "attribution.right": 0.9, "calls": 100"#, 0),
        (r#""attribution.wrong": 0.11, "attribution.right": 0.89, "calls": 100"#, 1),
        (r#""attribution.wrong": 0.02, "attribution.right": 0.98, "calls": 1000"#, 1),
        (r#""attribution.wrong": 0.1, "attribution.right": 0.9"#, 1),
    ] {
        desk.file("now.json", &state(now));
        let output = desk.run(&["compare", "before.json", "now.json", "--fail-on", "worse"]);
        assert_eq!(output.status.code(), Some(code), "{now}: {}", out(&output));
        assert!(!out(&output).contains("calls was"), "more calls are neither: {}", out(&output));
    }
}

#[test]
fn a_suppression_holds_until_its_day_and_then_shuts_the_gate() {
    let desk = accepted_shop();
    change(&desk, "cache: 0s", "cache: 60s");
    let suppress = |until: &str| {
        let text = format!("suppress:\n  - {{case: shop, limit: closed, reason: ticket 12, until: {until}}}\n");
        desk.file("runaway.suppressions.yaml", &text);
        desk.run(&["test", "--out", "out"])
    };
    let held = suppress("2999-12-31");
    assert_eq!(held.status.code(), Some(0), "{}", out(&held));
    assert!(out(&held).contains("1 suppressed"));
    let summary = fs::read_to_string(desk.path().join("out/summary.md")).unwrap();
    assert!(summary.contains("ticket 12 (until 2999-12-31)"), "{summary}");
    let expired = suppress("2001-01-01");
    assert_eq!(expired.status.code(), Some(1));
    let told = out(&expired).replace("\n       ", " ");
    assert!(
        told.contains("runaway.suppressions.yaml:2: the suppression of closed in shop expired on 2001-01-01"),
        "{told}"
    );
    assert!(told.contains("ticket 12") && told.contains("the gate is closed: 1 wrong with the suppressions"), "{told}");
    let nonsense = suppress("soon");
    assert_eq!(nonsense.status.code(), Some(2));
    assert!(out(&nonsense).contains("`soon` is no day"));
}

/// A wrong truth says nothing about the controls, and so is no green light either, whatever becomes of the limits.
#[test]
fn a_contradicted_truth_is_never_as_expected() {
    let desk = desk(&[]);
    let wiper = library("wiper");
    let base = "truth:  {outcome: not-contained, excess.delete: 7_479}";
    assert!(wiper.contains(base));
    desk.file("scenarios/wiper.yaml", &wiper.replace(base, &base.replace("7_479", "7_470")));
    let output = desk.run(&["test", "--out", "out"]);
    let told = out(&output);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(
        told.contains("fail, but untrue") && told.contains("excess.delete is 7,479, and should be 7,470"),
        "{told}"
    );
    let untrue = |case: &&Value| case["standing"] == "inconclusive";
    let results = json(desk.path().join("out/results.json"));
    let untrue: Vec<&Value> = results["cases"].as_array().unwrap().iter().filter(untrue).collect();
    assert_eq!(untrue.len(), 1, "variants have truths of their own: {untrue:?}");

    let shop = |more: &str| SHOP.replace("limits: {closed: 10s", &format!("{more}\nlimits: {{closed: 10s"));
    let shop = |more: &str| shop(more).replace("cache: 0s", "cache: 60s");
    let text = "suppress:\n  - {case: shop, limit: closed, reason: ticket 12, until: 2999-12-31}\n";
    desk.file("runaway.suppressions.yaml", text);
    fs::remove_file(desk.path().join("scenarios/wiper.yaml")).unwrap();
    for (truth, code) in [("", 0), ("truth: {survivors: 0}", 0), ("truth: {survivors: 3}", 4)] {
        desk.file("scenarios/shop.yaml", &shop(truth));
        let output = desk.run(&["test"]);
        assert_eq!(output.status.code(), Some(code), "{truth}: {}", out(&output));
    }
}

/// Of two files with one name, a baseline could keep one only.
#[test]
fn a_name_belongs_to_one_file() {
    let desk = accepted_shop();
    desk.file("scenarios/a-shop.yaml", SHOP);
    for args in [&["test"][..], &["baseline", "accept"], &["test", "scenarios/shop.yaml", "./scenarios/a-shop.yaml"]] {
        let output = desk.run(args);
        assert_eq!(output.status.code(), Some(2), "{}", out(&output));
        let told = out(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("two scenarios are called `shop`:"), "{told}");
    }
    assert_eq!(desk.run(&["test", "scenarios/shop.yaml", "./scenarios/shop.yaml"]).status.code(), Some(0));
}

/// What is tolerated for now is no news; what got worse beside it is.
#[test]
fn a_suppressed_limit_is_not_newly_broken() {
    let desk = accepted_shop();
    change(&desk, "cache: 0s", "cache: 60s");
    let code = |on: &str| desk.run(&["test", "-q", "--fail-on", on]).status.code();
    assert_eq!(code("new"), Some(1));
    let text = "suppress:\n  - {case: shop, limit: closed, reason: ticket 12, until: 2999-12-31}\n";
    desk.file("runaway.suppressions.yaml", text);
    let told = desk.run(&["test", "--fail-on", "new"]);
    assert_eq!(told.status.code(), Some(0), "{}", out(&told));
    assert!(!out(&told).contains("limits that hold no more"), "{}", out(&told));
    assert_eq!(code("worse"), Some(1));
}

/// The step of the action, as its runner would run it: every scenario that is named, on one line or on several.
#[test]
fn the_action_runs_every_scenario_that_it_is_given() {
    let desk = desk(&["volume-delete", "moltbook"]);
    let action = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml")).unwrap();
    let (_, script) = action.rsplit_once("run: |\n").expect("a script");
    let script: String = script.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    let program = Path::new(env!("CARGO_BIN_EXE_runaway")).parent().unwrap().display().to_string();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap());
    let ran = |scenarios: &str| {
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]).current_dir(desk.path());
        bash.env("PATH", &path).env("SCENARIOS", scenarios).env("FAIL_ON", "").env("OUT", "out");
        bash.env("GITHUB_OUTPUT", "output").env("GITHUB_STEP_SUMMARY", "steps").output().unwrap()
    };
    for scenarios in [
        "scenarios/moltbook.yaml scenarios/volume-delete.yaml",
        "scenarios/moltbook.yaml\nscenarios/volume-delete.yaml\n",
    ] {
        let output = ran(scenarios);
        assert_eq!(output.status.code(), Some(0), "{}", out(&output));
        assert!(out(&output).contains("volume-delete@hardened") && out(&output).contains("moltbook@hardened"));
    }
    assert!(fs::read_to_string(desk.path().join("output")).unwrap().starts_with("sarif=out/results.sarif\n"));
    assert!(fs::read_to_string(desk.path().join("steps")).unwrap().contains("as expected"));
    desk.file("scenarios/moltbook.yaml", "x: [");
    assert_eq!(ran("scenarios").status.code(), Some(2));
}

/// A subset says nothing about what was left out; all of them say that there is no such case.
#[test]
fn a_suppression_is_judged_where_its_case_was_run() {
    let desk = desk(&["volume-delete"]);
    desk.file("scenarios/shop.yaml", SHOP);
    let suppress = |case: &str, until: &str| {
        let text = format!("suppress:\n  - {{case: {case}, limit: closed, reason: ticket 12, until: {until}}}\n");
        desk.file("runaway.suppressions.yaml", &text);
    };
    let code = |args: &[&str]| desk.run(args).status.code();
    for until in ["2999-12-31", "2001-01-01"] {
        suppress("shop", until);
        assert_eq!(code(&["test", "-q", "scenarios/volume-delete.yaml"]), Some(0), "until {until}");
    }
    assert_eq!(code(&["test", "-q", "scenarios/shop.yaml"]), Some(1), "it has expired");
    suppress("shop@gone", "2999-12-31");
    assert_eq!(code(&["test", "-q", "scenarios/volume-delete.yaml"]), Some(0));
    for all in [&["test", "-q"][..], &["test", "-q", "scenarios/shop.yaml"]] {
        let told = desk.run(all);
        assert_eq!(told.status.code(), Some(1), "{}", out(&told));
        assert!(out(&told).replace("\n       ", " ").contains("about shop@gone, which is not there"), "{}", out(&told));
    }
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let desk = desk(&["moltbook", "wiper"]);
    let bytes = |jobs: &str| {
        let output = desk.run(&["test", "-q", "--jobs", jobs, "--out", "out"]);
        assert_eq!(output.status.code(), Some(0));
        let mut results = json(desk.path().join("out/results.json"));
        results["cases"].as_array_mut().unwrap().iter_mut().for_each(|case| case["seconds"] = Value::Null);
        let [sarif, summary] =
            ["results.sarif", "summary.md"].map(|f| fs::read_to_string(desk.path().join("out").join(f)).unwrap());
        (results, sarif, summary, output.stdout)
    };
    let first = bytes("1");
    let repeats = std::env::var("REPEATS").ok().and_then(|n| n.parse().ok()).unwrap_or(10usize);
    for jobs in ["2", "8", "3"].into_iter().cycle().take(repeats.saturating_sub(1)) {
        assert!(bytes(jobs) == first, "with {jobs} jobs");
    }
}

#[test]
fn what_cannot_be_run_is_said() {
    let desk = Desk::new();
    let fails = |args: &[&str], word: &str| {
        let output = desk.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", out(&output));
        assert!(out(&output).contains(word), "{args:?}: {}", out(&output));
    };
    fs::create_dir(desk.path().join("empty")).unwrap();
    fails(&["test", "empty"], "there is no scenario in empty");
    fails(&["test", "moltbok"], "did you mean `moltbook`?");
    fails(&["test", "wiper", "--fail-on", "worse"], "there is no runaway.baseline.json");
    desk.file("b.json", "{");
    fails(&["test", "wiper", "--baseline", "b.json"], "this is no JSON");
    desk.file("c.json", "{\"schema\": \"other/1\"}");
    fails(&["compare", "c.json", "c.json"], "`other/1` is none of");
    desk.file("bad.yaml", "runaway: 1\nname: x\nservices: {}\nidentities: {}\nagents: {}\nnonsense: 1\n");
    fails(&["test", "bad.yaml"], "nonsense");
    fails(&["test", "wiper", "--out", "bad.yaml"], "cannot be the folder of the results");
    assert_eq!(desk.run(&["baseline", "accept", "wiper"]).status.code(), Some(0));
    fails(&["test"], "no folder `scenarios` here");
}

#[test]
fn a_run_is_compared_with_one_of_a_variant() {
    let desk = Desk::new();
    for (run, to) in [("volume-delete", "as-it-is"), ("volume-delete@hardened", "hardened"), ("wiper", "wiper")] {
        assert!(desk.run(&["run", run, "--out", to, "--quiet"]).status.code().is_some_and(|code| code < 2), "{run}");
    }
    let compared = |before: &str, now: &str| {
        let output = desk.run(&["compare", before, now, "--fail-on", "worse"]);
        (output.status.code(), out(&output))
    };
    let (code, told) = compared("as-it-is", "hardened");
    let line = "volume-delete -> volume-delete@hardened: irreversible was 38,015 and is 0";
    assert!(code == Some(0) && told.contains(line) && !told.contains("worse than"), "{told}");
    let (code, told) = compared("hardened", "as-it-is");
    assert!(code == Some(1) && told.contains("irreversible was 0 and is 38,015"), "{told}");
    let broken = "volume-delete@uncontrolled";
    assert_eq!(desk.run(&["run", broken, "--out", "broken", "--quiet"]).status.code(), Some(1));
    assert_eq!(desk.run(&["test", broken, "--json", "broken.json", "-q"]).status.code(), Some(0));
    for (before, now) in [("broken", "broken.json"), ("broken.json", "broken")] {
        assert_eq!(
            compared(before, now),
            (Some(0), "nothing is different\n".to_owned()),
            "a run says nothing of limits"
        );
    }
    let (code, told) = compared("wiper", "hardened");
    assert!(code == Some(2) && told.contains("whatever their variants"), "{told}");
}

/// A scenario that says nothing is no green light.
#[test]
fn nothing_expected_is_no_green_light() {
    let desk = desk(&[]);
    change(&desk, "limits: {closed: 10s, survivors: 0, excess.delete: 0}\n", "");
    let output = desk.run(&["test"]);
    assert_eq!(output.status.code(), Some(4), "{}", out(&output));
    assert!(out(&output).contains("nothing was expected"), "{}", out(&output));
}

#[test]
fn an_inventory_shows_what_no_scenario_exercises() {
    let desk = desk(&[]);
    desk.file(
        "api.json",
        r#"{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {
            "/things": {"get": {"responses": {}}, "post": {"responses": {}}},
            "/things/{thing}": {"delete": {"responses": {}}}}}"#,
    );
    desk.file(
        "scenarios/things.yaml",
        "runaway: 1\nname: things\nstory: s\nservices:\n  api: {accepts: gateway, operations: {list: GET /things -> things records}}\n\
         identities: {bot: {kind: agent}}\ncredentials: {key: {of: bot, kind: api-key, scopes: ['api:*']}}\n\
         data: {things: {count: 3, class: internal}}\n\
         agents: {bot: {is: bot, holds: [key], knows: [api.list], told: [], fault: harvest}}\nlimits: {excess: 9}\n",
    );
    let output = desk.run(&["test", "--inventory", "api.json"]);
    let told = out(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("operations exercised: 1 of 3 of api.json"), "{told}");
    assert!(told.contains("never: DELETE /things/{thing}") && told.contains("never: POST /things"), "{told}");
}

/// The schemas that GitHub's and GitLab's own editors use.
#[test]
fn the_workflows_of_the_docs_are_what_their_systems_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checker = inputs().join("clients/bin/check-jsonschema");
    if !checker.exists() {
        assert!(std::env::var("CI").is_err(), "scripts/test fetches what this test needs");
        return println!("not run: scripts/test fetches what this test needs");
    }
    for (schema, file) in [
        ("vendor.github-workflows", "docs/ci/github.yml"),
        ("vendor.github-actions", "action.yml"),
        ("vendor.gitlab-ci", "docs/ci/gitlab.yml"),
    ] {
        let output = Command::new(&checker).args(["--builtin-schema", schema]).arg(root.join(file)).output().unwrap();
        assert!(output.status.success(), "{file}: {}", out(&output));
    }
}
