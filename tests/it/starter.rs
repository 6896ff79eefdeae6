//! A first scenario from a real description runs as it is: one journal on both planes, and a document that stands
//! for itself.

use std::path::{Path, PathBuf};

use runaway::import::{openapi, starter};
use runaway::measure::Outcome;
use runaway::plane::driver::Stop;
use runaway::run::prepare;
use runaway::scenario::{Overrides, plan_of};

use crate::parity::compare;
use crate::support::{document, run};

fn starts(file: &Path, scope: Option<&str>) {
    let bytes = std::fs::read(file).expect("a description");
    let description = openapi::read(&bytes).expect("a description");
    let (_, text) = starter::scenario(&description, file, scope, None).expect("a first scenario");
    let document = document(&text);
    let ran = run(&document, None, &[]);
    assert!(ran.finished.measures.reach.exceeded(), "{}: the instruction does harm", file.display());
    assert_eq!(ran.finished.measures.outcome, Outcome::Contained, "{}", file.display());
    assert_eq!(run(&document, Some("uncontrolled"), &[]).finished.measures.outcome, Outcome::NotContained);
    for variant in [None, Some("uncontrolled")] {
        let requests = compare(&document, variant).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert!(requests.is_none_or(|n| n > 10), "{}@{variant:?}: {requests:?}", file.display());
    }

    let prepared = prepare(&document, None, &Overrides::default(), &Stop::default()).expect("a scenario that runs");
    let told = serde_json::to_string(&prepared.document).expect("JSON").replace(&*file.to_string_lossy(), "/gone");
    let again = plan_of(&serde_json::from_str(&told).expect("JSON"), None).expect("a document that stands for itself");
    let names =
        |plan: &runaway::model::Plan| plan.operation_ids().map(|op| plan.operation_name(op)).collect::<Vec<_>>();
    assert_eq!(names(&again), names(&prepared.plan));
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
