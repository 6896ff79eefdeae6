//! The reach graph: what leads where, by which reason, what all ways go through, and how it is handed on.

use std::collections::BTreeSet;

use runaway::graph::{
    Class, Cut, Graph, Node, Problem, Rule, Step, actual, classes, dot, label, opengraph, potential, work,
};
use runaway::model::{Baseline, Plan};
use runaway::plane::driver::Stop;
use runaway::run::{Behaviour, Kept, simulate};
use runaway::scenario::Overrides;
use serde_json::{Value, json};

use crate::support::{LONG, library, run};

fn plan(name: &str, variant: Option<&str>) -> Plan {
    library(name).resolve(variant, &Overrides::default()).unwrap_or_else(|e| panic!("{e}")).plan
}

/// Exhaustive search over small made-up graphs, where ways need several grants at once.
const BRUTE_FORCE: &str = include_str!("../fixtures/choke/bruteforce.json");

fn problem(instance: &Value) -> Problem<&str, &str> {
    let texts = |value: &'static str, of: &Value| -> Vec<String> {
        of[value].as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_owned()).collect()
    };
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let rules = instance["rules"].as_array().unwrap().iter().map(|rule| Rule {
        from: leak(rule["from"].as_str().unwrap().to_owned()),
        to: leak(rule["to"].as_str().unwrap().to_owned()),
        needs_all: texts("needs_all", rule).into_iter().map(leak).collect(),
    });
    Problem {
        sources: texts("sources", instance).into_iter().map(leak).collect(),
        target: leak(instance["target"].as_str().unwrap().to_owned()),
        rules: rules.collect(),
    }
}

#[test]
fn the_fewest_grants_are_those_of_an_exhaustive_search() {
    let truth: Value = serde_json::from_str(BRUTE_FORCE).unwrap();
    let instances = truth["instances"].as_array().unwrap();
    let (mut cuts, mut greedy_is_wrong) = (0, 0);
    for instance in instances {
        let (problem, id) = (problem(instance), &instance["id"]);
        assert_eq!(problem.reaching(&BTreeSet::new()) as u64, instance["reaching_before"], "{id}");
        let wanted = instance["min_grants_to_disconnect"].as_u64();
        let fewest = problem.fewest(instance["grants"].as_array().unwrap().len());
        assert_eq!(fewest.as_ref().map(|cut| cut.len() as u64), wanted, "{id}");
        if let Some(cut) = &fewest {
            assert_eq!(problem.reaching(cut), 0, "{id}: what is cut does cut");
            let fewer = wanted.unwrap() as usize;
            assert_eq!(problem.fewest(fewer.saturating_sub(1)), None, "{id}: and one fewer does not");
        }
        for optimal in instance["optimal"].as_array().unwrap() {
            let k = optimal["k"].as_u64().unwrap() as usize;
            let grants: Vec<&str> =
                instance["grants"].as_array().unwrap().iter().map(|g| g.as_str().unwrap()).collect();
            let (left, sets) = problem.least_reaching(&grants, k);
            assert_eq!(
                (left as u64, sets),
                (optimal["remaining"].as_u64().unwrap(), optimal["optimal_sets"].as_u64().unwrap()),
                "{id}, {k}"
            );
            cuts += 1;
            greedy_is_wrong += usize::from(greedy(&problem, k) > left);
        }
    }
    assert_eq!((instances.len(), cuts), (30, 90));
    assert!(greedy_is_wrong > 0, "the graphs are such that the obvious search is not enough");
}

/// The best grant first, then the best of the rest.
fn greedy(problem: &Problem<&str, &str>, k: usize) -> usize {
    let grants: BTreeSet<&str> = problem.rules.iter().flat_map(|rule| rule.needs_all.iter().copied()).collect();
    let mut cut = BTreeSet::new();
    for _ in 0..k {
        let after = |grant: &&str| {
            let mut more = cut.clone();
            more.insert(*grant);
            problem.reaching(&more)
        };
        let best =
            grants.iter().copied().filter(|grant| !cut.contains(grant)).min_by_key(|grant| (after(grant), *grant));
        cut.extend(best);
    }
    problem.reaching(&cut)
}

fn class<'c>(plan: &Plan, classes: &'c [Class], name: &str) -> &'c Class {
    classes.iter().find(|class| plan.classes[class.class.index()] == name).unwrap()
}

fn labels(plan: &Plan, nodes: impl IntoIterator<Item = Node>) -> Vec<String> {
    nodes.into_iter().map(|node| label(plan, node)).collect()
}

#[test]
fn the_shortest_way_to_moltbooks_conversations_goes_through_the_page() {
    let plan = plan("moltbook", None);
    let graph = potential(&plan);
    let found = classes(&plan, &graph);
    let pii = class(&plan, &found, "pii");
    let way: Vec<String> = labels(&plan, pii.fewest_hops.hops.iter().map(|hop| hop.to));
    assert_eq!(&way[..6], ["visitor", "no credential", "web.home", "page", "publishable", "db.list-conversations"]);
    assert_eq!(pii.fewest_hops.takes.to_string(), "50 ms", "the second request, after an answer of 50 ms");
    let choke = labels(&plan, graph.choke_points(&plan));
    assert_eq!(choke, ["visitor", "no credential", "web.home", "page", "publishable"]);
}

#[test]
fn a_hop_without_a_credential_is_an_edge_as_well() {
    let plan = plan("build-triage", None);
    let graph = potential(&plan);
    let coll = |name: &str| {
        let id = plan.collection_ids().find(|coll| plan.collection(*coll).name == name).unwrap();
        Node::Collection(id)
    };
    let nightly = graph.nodes().into_iter().find(|node| label(&plan, *node) == "nightly").unwrap();
    let edge = graph.edge(coll("cache"), nightly).expect("the release obeys what lies in the cache");
    assert_eq!(edge.step, Step::Tells);
    assert!(graph.edge(Node::Start, nightly).is_none(), "nothing is wrong with it before");
    let found = classes(&plan, &graph);
    let way = labels(&plan, class(&plan, &found, "secret").fewest_hops.hops.iter().map(|hop| hop.to));
    let place =
        |name: &str| way.iter().position(|at| at.starts_with(name)).unwrap_or_else(|| panic!("{name}: {way:?}"));
    assert!(
        place("issues") < place("triage")
            && place("cache") < place("nightly")
            && place("nightly") < place("environment")
    );
}

#[test]
fn what_a_run_did_is_within_what_it_could_do() {
    for scenario in runaway::library::SCENARIOS.iter().filter(|scenario| !LONG.contains(&scenario.name)) {
        let ran = run(&library(scenario.name), None, &[]);
        let plan = &ran.prepared.plan;
        let (could, did) = (potential(plan), actual(plan, &ran.events));
        let missing: Vec<String> = did
            .edges()
            .into_iter()
            .filter(|(from, to, edge)| {
                // A run shows whom a record turned by its row; and what a record holds that somebody wrote into it.
                could.edge(*from, *to).is_none() && !matches!(edge.step, Step::Tells | Step::LiesIn)
            })
            .map(|(from, to, edge)| format!("{} -> {} ({:?})", label(plan, from), label(plan, to), edge.step))
            .collect();
        assert!(missing.is_empty(), "{}: {missing:#?}", scenario.name);
        let touched: BTreeSet<Node> =
            ran.finished.measures.reach.touched.runs().map(|(coll, ..)| Node::Collection(coll)).collect();
        let drawn: BTreeSet<Node> = did.nodes().into_iter().collect();
        assert!(touched.is_subset(&drawn), "{}: all that was touched is drawn", scenario.name);
    }
}

#[test]
fn the_quickest_way_of_a_run_is_as_quick_as_the_run() {
    let ran = run(&library("moltbook"), None, &[]);
    let plan = &ran.prepared.plan;
    let found = classes(plan, &actual(plan, &ran.events));
    let pii = class(plan, &found, "pii");
    let first = ran.events.iter().find_map(|event| match *event {
        runaway::wire::Event::Touched { at, coll, .. } if plan.collection(coll).name == "conversations" => Some(at),
        _ => None,
    });
    assert_eq!(Some(pii.quickest.takes.0), first.map(|at| at.0));
}

fn task(plan: &Plan) -> Graph {
    let (plan, mut sane) = (std::sync::Arc::new(plan.clone()), Kept::default());
    simulate(&plan, &Baseline::empty(&plan), Behaviour::Sane, &Stop::default(), &mut sane).unwrap();
    work(&plan, &sane.0)
}

#[test]
fn one_grant_is_enough_where_one_key_opens_everything() {
    let plan = plan("volume-delete", None);
    let Cut::Grants(cut) = potential(&plan).cut(&plan, &task(&plan)) else { panic!("there is a cut") };
    assert!(!cut.is_empty() && cut.len() <= 2, "{cut:?}");
    // The page of a site may hold a key that its visitors do not need.
    let moltbook = self::plan("moltbook", None);
    let Cut::Grants(cut) = potential(&moltbook).cut(&moltbook, &task(&moltbook)) else { panic!("there is a cut") };
    let ends: Vec<(String, String)> =
        cut.iter().map(|(from, to, _)| (label(&moltbook, *from), label(&moltbook, *to))).collect();
    assert_eq!(ends, [("page".to_owned(), "publishable".to_owned())]);
    // A world in which nothing can be cut: the task itself goes there.
    let open = plan_where_the_task_is_the_harm();
    assert_eq!(potential(&open).cut(&open, &task(&open)), Cut::NotNeeded);
}

/// Everything that could be reached is what the task reaches.
fn plan_where_the_task_is_the_harm() -> Plan {
    let yaml = "runaway: 1\nname: small\ntime: {horizon: 1min}\nservices:\n  db: {accepts: gateway, operations: {read: GET /rows -> rows records}}\n\
        identities:\n  clerk: {kind: agent}\ncredentials:\n  key: {of: clerk, kind: api-key, scopes: [\"db:*\"]}\n\
        data:\n  rows: {count: 5, class: pii}\nagents:\n  clerk: {is: clerk, holds: [key], knows: [db.read], told: [db.read], fault: runaway-loop}\n";
    crate::support::document(yaml).resolve(None, &Overrides::default()).unwrap_or_else(|e| panic!("{e}")).plan
}

#[test]
fn the_drawing_for_bloodhound_is_valid() {
    let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let node = read(include_str!("../fixtures/opengraph/opengraph-node.schema.json"));
    let edge = read(include_str!("../fixtures/opengraph/opengraph-edge.schema.json"));
    let (node, edge) = (jsonschema::validator_for(&node).unwrap(), jsonschema::validator_for(&edge).unwrap());
    assert!(
        !node.is_valid(&json!({"id": 7, "kinds": []})) && !edge.is_valid(&json!({"kind": "no spaces"})),
        "the schemas tell"
    );
    for scenario in runaway::library::SCENARIOS {
        let plan = plan(scenario.name, None);
        let drawn = opengraph(&plan, &potential(&plan));
        let parts = |part: &str| drawn["graph"][part].as_array().unwrap().clone();
        let ids: BTreeSet<String> = parts("nodes").iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.len(), parts("nodes").len(), "{}: ids are unique", scenario.name);
        for each in parts("nodes") {
            assert!(node.is_valid(&each), "{}: {each}", scenario.name);
        }
        for each in parts("edges") {
            assert!(edge.is_valid(&each), "{}: {each}", scenario.name);
            let ends = [&each["start"]["value"], &each["end"]["value"]];
            assert!(ends.iter().all(|end| ids.contains(end.as_str().unwrap())), "{}: {each}", scenario.name);
        }
    }
}

#[test]
fn names_are_harmless_in_the_drawing_for_graphviz() {
    let yaml = "runaway: 1\nname: small\ntime: {horizon: 1min}\nservices:\n  db: {accepts: gateway, operations: {read: GET /rows -> rows records}}\n\
        identities:\n  clerk: {kind: agent}\ncredentials:\n  key: {of: clerk, kind: api-key, scopes: [\"db:*\", \"a\\\"b\\\\c\\u0007\"]}\n\
        data:\n  rows: {count: 5, class: pii}\nagents:\n  clerk: {is: clerk, holds: [key], knows: [db.read], told: [], fault: harvest}\n";
    let plan =
        crate::support::document(yaml).resolve(None, &Overrides::default()).unwrap_or_else(|e| panic!("{e}")).plan;
    let drawn = dot(&plan, &potential(&plan), "a \"title\"");
    assert!(drawn.contains(r#"a\"b\\c"#) && !drawn.contains('\u{7}'), "{drawn}");
    let unquoted = drawn.replace("\\\\", "").replace("\\\"", "");
    assert!(unquoted.lines().all(|line| line.matches('"').count() % 2 == 0), "{drawn}");
}
