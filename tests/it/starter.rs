//! A first scenario from a real description runs as it is: one journal on both planes, and a document that stands
//! for itself.

use std::path::{Path, PathBuf};

use runaway::import::{openapi, starter};
use runaway::measure::Outcome;
use runaway::scenario::{Overrides, plan_of};

use crate::cli::Desk;
use crate::parity::compare;
use crate::support::{document, run};

fn starts(file: &Path, scope: Option<&str>) {
    let bytes = std::fs::read(file).expect("a description");
    let description = openapi::read(&bytes).expect("a description");
    let (_, text) = starter::scenario(&description, file, scope).expect("a first scenario");
    let document = document(&text);
    let ran = run(&document, None, &[]);
    assert!(ran.finished.measures.reach.exceeded(), "{}: the instruction does harm", file.display());
    assert_eq!(ran.finished.measures.outcome, Outcome::Contained, "{}", file.display());
    assert_eq!(run(&document, Some("uncontrolled"), &[]).finished.measures.outcome, Outcome::NotContained);
    for variant in [None, Some("uncontrolled")] {
        let requests = compare(&document, variant).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert!(requests.is_none_or(|n| n > 10), "{}@{variant:?}: {requests:?}", file.display());
    }

    let resolved = document.resolve(None, &Overrides::default()).expect("a scenario");
    let told = serde_json::to_string(&resolved.document).expect("JSON").replace(&*file.to_string_lossy(), "/gone");
    let again = plan_of(&serde_json::from_str(&told).expect("JSON"), None).expect("a document that stands for itself");
    let names =
        |plan: &runaway::model::Plan| plan.operation_ids().map(|op| plan.operation_name(op)).collect::<Vec<_>>();
    assert_eq!(names(&again), names(&resolved.plan));
}

#[test]
fn one_scope_on_digitalocean_and_on_slack_runs_in_both_planes() {
    let shared = PathBuf::from("../shared/openapi");
    if !shared.exists() {
        println!("did not run: {} is not here", shared.display());
        return;
    }
    starts(&shared.join("digitalocean.json.gz"), None);
    starts(&shared.join("digitalocean.json.gz"), Some("droplet:delete"));
    starts(&shared.join("slack.json.gz"), None);
    starts(&shared.join("slack.json.gz"), Some("admin.users:write"));
}

#[test]
fn github_runs_in_both_planes() {
    if crate::openapi::octokit().is_some() {
        starts(Path::new("target/test-inputs/octokit/api.github.com.json"), None);
    }
}

/// Descriptions of one, three and forty operations: the alarm that the starter has is raised in each, and the gate is
/// green at once.
#[test]
fn a_small_api_raises_the_alarm_too() {
    for things in [1, 3, 40] {
        let desk = Desk::new();
        let mut paths = serde_json::Map::new();
        for n in 0..things {
            let scope = serde_json::json!([{"auth": ["api:all"]}]);
            paths.insert(
                format!("/things-{n}"),
                serde_json::json!({"get": {"operationId": format!("list{n}"), "security": scope,
                    "responses": {"200": {"description": "all", "content": {"application/json": {"schema":
                        {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}}}}}}}),
            );
        }
        let flows = serde_json::json!({"clientCredentials": {"tokenUrl": "/token", "scopes": {"api:all": "all"}}});
        let api = serde_json::json!({"openapi": "3.1.0", "info": {"title": "Small", "version": "1"}, "paths": paths,
            "components": {"securitySchemes": {"auth": {"type": "oauth2", "flows": flows}}}});
        desk.file("api.json", &api.to_string());
        std::fs::create_dir(desk.path().join("scenarios")).expect("a folder");
        let told = desk.run(&["init", "--from", "openapi", "api.json", "--out", "scenarios/api.yaml"]);
        assert!(told.status.success(), "{told:?}");
        let text = std::fs::read_to_string(desk.path().join("scenarios/api.yaml")).expect("a scenario");
        assert!(text.contains("file: \"../api.json\""), "{text}");
        let first = text.lines().next().unwrap_or_default();
        assert_eq!(first, "# yaml-language-server: $schema=scenario.schema.json");
        let schema = std::fs::read_to_string(desk.path().join("scenarios/scenario.schema.json")).expect("a schema");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&schema).expect("JSON"), runaway::scenario::schema());
        let tested = desk.run(&["test", "--json", "now.json"]);
        let told = String::from_utf8_lossy(&tested.stdout);
        assert_eq!(tested.status.code(), Some(0), "{things}: {told}");
        let results: serde_json::Value =
            serde_json::from_slice(&std::fs::read(desk.path().join("now.json")).expect("results")).expect("JSON");
        let base = &results["cases"][0]["measures"];
        assert_eq!(base["outcome"]["value"], "contained", "{things}: {told}");
        assert!(base["detected"]["value"].is_number(), "{things}: {base}");
    }
}

/// HEAD and OPTIONS change nothing, and no service of a scenario has them; an empty requirement beside others makes these
/// optional (OpenAPI 3.1 section 4.8.30).
#[test]
fn what_changes_nothing_is_no_change_and_what_anybody_may_do_is_no_excess() {
    const API: &str = r#"
openapi: 3.1.0
info: {title: Small, version: "1"}
paths:
  /things:
    get: {operationId: list, security: [{auth: [read]}], responses: {"200": {description: all}}}
    head: {operationId: peek, security: [{auth: [read]}], responses: {"200": {description: none}}}
    options: {operationId: ways, security: [], responses: {"204": {description: none}}}
    post: {operationId: make, security: [{auth: [write]}], responses: {"201": {description: made}}}
  /things/{id}:
    get: {operationId: one, security: [{}, {auth: [read]}], responses: {"200": {description: one}}}
    head: {operationId: there, security: [{auth: [read]}], responses: {"200": {description: none}}}
  /things/{id}.{kind}:
    get: {operationId: one-as, security: [{auth: [read]}], responses: {"200": {description: one}}}
components:
  securitySchemes:
    auth: {type: oauth2, flows: {clientCredentials: {tokenUrl: /token, scopes: {read: see, write: change}}}}
"#;
    let desk = Desk::new();
    desk.file("api.yaml", API);
    std::fs::create_dir(desk.path().join("scenarios")).expect("a folder");
    let made = desk.run(&["init", "--from", "openapi", "api.yaml", "--out", "scenarios/small.yaml"]);
    assert!(made.status.success(), "{made:?}");
    let text = std::fs::read_to_string(desk.path().join("scenarios/small.yaml")).expect("a scenario");
    assert!(text.contains("scopes: [\"write\"]"), "{text}");
    assert!(text.contains(": 3 operations, of which 1 are\n"), "a router holds `one-as` for `one`: {text}");
    assert!(text.contains("- api.one\n") && !text.contains("api.ways"), "{text}");
    let tested = desk.run(&["test"]);
    assert_eq!(tested.status.code(), Some(0), "{}", String::from_utf8_lossy(&tested.stdout));
}

/// What cannot be run is not written.
#[test]
fn generated_files_are_fine_or_are_not_made() {
    let desk = Desk::new();
    let refused = |from: &str, said: &str| {
        let told = desk.run(&["init", "--from", from, "--out", "no.yaml"]);
        assert_eq!(told.status.code(), Some(2), "{told:?}");
        assert!(String::from_utf8_lossy(&told.stderr).contains(said), "{from}: {told:?}");
        assert!(!desk.path().join("no.yaml").exists());
    };
    refused("grid:100000x100000", "60000 operations");
    refused("grid:10000000x60000", "records");
    refused("random:7", "random:8");
    for (at, from) in ["grid:10x60000", "grid:10000000x10", "random:8", "chain:10000"].into_iter().enumerate() {
        let file = format!("{at}.yaml");
        let made = desk.run(&["init", "--from", from, "--out", &file]);
        let noted = String::from_utf8_lossy(&made.stderr).contains("note: made larger than asked for: 20 keys");
        assert!(made.status.success() && noted == (from == "grid:10x60000"), "{from}: {made:?}");
        let checked = desk.run(&["check", &file]);
        assert!(
            checked.status.success(),
            "{from}: {}",
            String::from_utf8_lossy(&checked.stdout).chars().take(500).collect::<String>()
        );
    }
}
