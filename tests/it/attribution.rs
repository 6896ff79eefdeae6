//! Who did what, from the audit log alone: all that it can tell, exactly the ambiguity that a world was built with, and
//! nothing invented. Expected shares are counted by hand from the steps.

use crate::audit::{log, read, scores};
use crate::support::{Ran, document, library, run};
use runaway::audit::{Attribution, Edges, Naming, Scores, Story};

/// Three workers that each call `desk` once with a key of their own, and with an account that all three share `crm` four
/// times and `files` six times: 33 actions.
fn office(desk: &str, crm: &str, files: &str) -> String {
    format!(
        r#"
runaway: 1
name: office
time: {{horizon: 1min}}
services:
  desk:  {{accepts: gateway, latency: 10ms, audit: {desk}, operations: {{ping: GET /ping}}}}
  crm:   {{accepts: gateway, latency: 10ms, audit: {crm}, operations: {{list: GET /cases -> cases records}}}}
  files: {{accepts: gateway, latency: 10ms, audit: {files}, operations: {{open: GET /pages -> pages records}}}}
identities: {{worker: {{kind: agent, count: 3}}, account: {{kind: service}}}}
credentials:
  own:    {{one_per: worker, kind: api-key, scopes: ["desk:*"]}}
  shared: {{of: account, kind: api-key, scopes: ["crm:*", "files:*"]}}
data: {{cases: {{count: 5, class: internal}}, pages: {{count: 5, class: internal}}}}
agents:
  workers:
    is: every worker
    holds: [own, shared]
    knows: [desk.*, crm.*, files.*]
    told: []
    fault: over-broad
    then: [{{do: desk.ping, as: own}}, {{do: crm.list, as: shared, times: 4}}, {{do: files.open, as: shared, times: 6}}]
"#
    )
}

fn ran(yaml: &str) -> Ran {
    run(&document(yaml), None, &[])
}

fn attribution(yaml: &str) -> Attribution {
    ran(yaml).finished.measures.accountability.attribution
}

const ALL: u64 = 3 * (1 + 4 + 6);

#[test]
fn with_traces_everywhere_every_action_has_its_agent() {
    let right = Attribution { right: ALL, ..Attribution::default() };
    assert_eq!(attribution(&office("all", "all", "all")), right);
    // Who a trace belongs to, the key tells that only one of them was issued.
    let traced = "[credential, trace]";
    assert_eq!(attribution(&office(traced, traced, traced)), right);
    assert_eq!(attribution(&office(traced, "[trace]", "[trace]")), right);
}

#[test]
fn a_shared_account_leaves_exactly_those_who_share_it() {
    let usual = "[principal, credential, address]";
    let yaml = office(usual, usual, usual);
    // Each worker's own key tells; ten actions of each with the shared account do not.
    assert_eq!(attribution(&yaml), Attribution { right: 3, ambiguous: 30, ..Attribution::default() });
    let ran = ran(&yaml);
    let log = log(&ran);
    let story = Story::of(&log);
    for (at, line) in log.lines.iter().enumerate() {
        let candidates = if log.names.events.name(line.event) == "desk.ping" { 1 } else { 3 };
        assert_eq!(story.suspects(at).len(), candidates, "line {at}");
    }
}

#[test]
fn traces_that_nothing_names_tell_instances_apart_and_nobody_by_name() {
    // No key of their own is ever used where the trace is logged: three instances, each may be any of the three.
    let yaml = office("[principal]", "[principal, trace]", "[principal, trace]");
    assert_eq!(attribution(&yaml), Attribution { right: 3, ambiguous: 30, ..Attribution::default() });
}

#[test]
fn one_service_that_strips_the_trace_costs_its_own_actions() {
    let traced = "[principal, credential, address, trace]";
    let stripped = "[principal, credential, address]";
    assert_eq!(attribution(&office(traced, traced, traced)).right, ALL);
    let fallen = attribution(&office(traced, traced, stripped));
    assert_eq!(fallen, Attribution { right: 3 * (1 + 4), ambiguous: 3 * 6, ..Attribution::default() });
    let shown = ran(&office(traced, traced, stripped));
    assert_eq!(shown.shown("attribution.right"), "45 %", "15 of 33");
    assert_eq!(shown.shown("attribution.ambiguous"), "55 %", "18 of 33");
    let fallen = attribution(&office(traced, stripped, stripped));
    assert_eq!(fallen, Attribution { right: 3, ambiguous: 30, ..Attribution::default() });
    let nothing = attribution(&office(stripped, traced, stripped));
    assert_eq!(nothing, Attribution { right: 3, ambiguous: 30, ..Attribution::default() }, "the name was at the desk");
}

#[test]
fn what_leaves_no_line_is_unlogged() {
    let traced = "[credential, trace]";
    let told = attribution(&office(traced, "none", traced));
    assert_eq!(told, Attribution { right: 3 * (1 + 6), unlogged: 3 * 4, ..Attribution::default() });
    assert_eq!(attribution(&office("none", "none", "none")), Attribution { unlogged: ALL, ..Attribution::default() });
}

#[test]
fn a_line_that_was_deleted_is_unlogged_too() {
    let ran = ran(&office("all", "all", "all"));
    let lines = crate::audit::lines(&ran);
    let kept: Vec<String> = lines.into_iter().filter(|line| !line.contains(r#""operation":"open""#)).collect();
    let scores = scores(&ran, &read(&kept));
    assert_eq!(scores.trail.attribution, Attribution { right: 3 * (1 + 4), unlogged: 3 * 6, ..Attribution::default() });
}

/// A thief with a key of its own finds the key of a clerk in a note and makes three calls with it. The clerk, an honest
/// client, makes two before. Eight actions: one note, three calls, and the clerk's are none of the closure's.
fn theft(audit: &str, thief_from: &str, clerk_from: &str) -> String {
    format!(
        r#"
runaway: 1
name: theft
time: {{horizon: 1min}}
networks: [office, vendor]
services:
  wiki: {{accepts: gateway, latency: 10ms, audit: {audit}, operations: {{read: GET /notes -> notes records}}}}
  bank: {{accepts: gateway, latency: 10ms, audit: {audit}, operations: {{list: GET /cases -> cases records}}}}
identities: {{thief: {{kind: agent}}, clerk: {{kind: agent}}}}
credentials:
  thief-key: {{of: thief, kind: api-key, scopes: ["wiki:*"]}}
  clerk-key: {{of: clerk, kind: api-key, scopes: ["bank:*"]}}
data: {{notes: {{count: 1, class: internal, holds: clerk-key}}, cases: {{count: 5, class: internal}}}}
agents:
  thief:
    is: thief
    holds: [thief-key]
    knows: [wiki.*, bank.*]
    from: {thief_from}
    told: []
    fault: harvest
    then: [wiki.read, {{do: bank.list, as: clerk-key, times: 3}}]
benign:
  clerk: {{is: clerk, holds: [clerk-key], knows: [bank.*], from: {clerk_from}, told: [{{do: bank.list, times: 2}}]}}
"#
    )
}

#[test]
fn a_stolen_key_is_told_by_where_it_is_used() {
    let elsewhere = theft("[principal, credential, address]", "vendor", "office");
    assert_eq!(attribution(&elsewhere), Attribution { right: 4, ..Attribution::default() });
    // From the same office, the log names the clerk: it was the clerk's key.
    let same = theft("[principal, credential, address]", "office", "office");
    assert_eq!(attribution(&same), Attribution { right: 1, wrong: 3, ..Attribution::default() });
    // Where the log says which notes were read, the thief had the key in hands too.
    let objects = theft("[principal, credential, address, object]", "office", "office");
    assert_eq!(attribution(&objects), Attribution { right: 1, ambiguous: 3, ..Attribution::default() });
    // And by the trace there is no doubt.
    let traced = theft("all", "office", "office");
    assert_eq!(attribution(&traced), Attribution { right: 4, ..Attribution::default() });
}

#[test]
fn the_chain_of_credentials_is_found_where_the_log_leads_there() {
    let edges = |yaml: &str| {
        let ran = ran(yaml);
        scores(&ran, &log(&ran)).edges
    };
    assert_eq!(edges(&theft("all", "office", "office")), Edges { right: 1, ..Edges::default() });
    let elsewhere = theft("[principal, credential, address]", "vendor", "office");
    assert_eq!(edges(&elsewhere), Edges { right: 1, ..Edges::default() }, "what it read last");
    // Blamed on the clerk, who was given the key: nobody came by anything.
    let blamed = theft("[principal, credential, address]", "office", "office");
    assert_eq!(edges(&blamed), Edges { missing: 1, ..Edges::default() });
    let (found, none) = (Edges { right: 3, wrong: 1, missing: 2, reversed: 1 }, Edges::default());
    assert_eq!((found.precision(), found.recall()), (0.75, 0.6));
    assert_eq!((none.precision(), none.recall()), (1.0, 1.0));
}

#[test]
fn the_harmonic_mean_counts_what_was_named_and_what_there_was() {
    let attribution = Attribution { right: 6, wrong: 2, ambiguous: 3, unlogged: 1 };
    // Precision 6 of 9 that were pinned on an agent, recall 6 of 12.
    let naming = Naming { attribution, pinned: 3 };
    assert!((naming.f1() - 12.0 / 21.0).abs() < 1e-12);
    let open = Naming { attribution: Attribution { ambiguous: 5, ..Attribution::default() }, pinned: 0 };
    assert_eq!(open.f1(), 0.0);
}

fn f1s(scores: &Scores) -> (f64, Vec<f64>) {
    (scores.trail.f1(), scores.baselines.iter().map(|(_, naming)| naming.f1()).collect())
}

#[test]
fn the_trail_is_never_worse_than_a_guess_and_better_where_there_is_a_choice() {
    let usual = "[principal, credential, address]";
    let made = [
        office("all", "all", "all"),
        office("all", "all", usual),
        theft(usual, "vendor", "office"),
        theft("all", "office", "office"),
    ];
    for yaml in made {
        let ran = ran(&yaml);
        let (trail, guesses) = f1s(&scores(&ran, &log(&ran)));
        for guess in guesses {
            assert!(trail > guess || guess == 1.0 && trail == 1.0, "{trail} {guess}\n{yaml}");
        }
    }
}

/// Known and not mended: here one of the guesses names more than the trail does, which leaves them open or names another.
const WORSE: [&str; 4] = ["ticket-service-role", "build-triage", "heartbeat-worm", "build-postinstall"];

/// Never worse than any guess on the logs of the library. Where one agent did everything, or where every credential tells,
/// a guess is as good; where what was stolen can be told from what was lent, the trail is better than each.
#[test]
fn in_the_library_no_guess_is_better_than_the_trail() {
    for scenario in runaway::library::SCENARIOS.iter().filter(|scenario| !WORSE.contains(&scenario.name)) {
        let document = library(scenario.name);
        let every = ["moltbook", "volume-delete", "ticket-attachments"].contains(&scenario.name);
        let variants = document.variants().into_iter().filter(|_| every).map(|v| Some(v.name));
        for variant in std::iter::once(None).chain(variants) {
            let ran = run(&document, variant.as_deref(), &[]);
            let (trail, guesses) = f1s(&scores(&ran, &log(&ran)));
            for guess in &guesses {
                assert!(trail >= *guess, "{} {variant:?}: {trail} {guess}", scenario.name);
            }
            if scenario.name == "ticket-attachments" && [None, Some("files-tab")].contains(&variant.as_deref()) {
                assert!(guesses.iter().all(|guess| trail > *guess), "{variant:?}: {trail} {guesses:?}");
            }
        }
    }
}

#[test]
fn honest_work_makes_routine_of_what_looks_like_it() {
    // The clerk lists cases as the clerk: with the clerk's key, so does the thief. Reading notes is nobody's routine.
    let ran_ = ran(&theft("[principal, credential, address]", "office", "office"));
    assert_eq!(ran_.shown("camouflage"), "75 %", "three of four");
    let blind = ran(&theft("[credential, address]", "office", "office"));
    assert_eq!(blind.shown("camouflage"), "75 %", "nobody is recorded, and somebody lists cases every day");
    let alone = theft("[principal, credential, address]", "office", "office");
    let alone = &alone[..alone.find("benign:").unwrap()];
    assert_eq!(ran(alone).shown("camouflage"), "0 %");
}

/// Three workers that each have a token made out to an account that nobody holds, and call four times with it: fifteen
/// actions. What the token says of who acts with it is up to `act`.
fn exchange(act: &str, audit: &str) -> String {
    format!(
        r#"
runaway: 1
name: exchange
time: {{horizon: 1min}}
services:
  idp:
    accepts: gateway
    latency: 10ms
    audit: {audit}
    operations: {{swap: {{http: POST /swap, mints: token, mints_for: account, needs: ["idp:swap"]}}}}
  crm: {{accepts: gateway, latency: 10ms, audit: {audit}, operations: {{list: GET /cases -> cases records}}}}
identities: {{worker: {{kind: agent, count: 3}}, account: {{kind: service}}}}
credentials:
  badge: {{one_per: worker, kind: api-key, scopes: ["idp:*"]}}
  token: {{kind: access-token, count: 0, scopes: ["crm:*"]{act}}}
data: {{cases: {{count: 5, class: internal}}}}
agents:
  workers:
    is: every worker
    holds: [badge]
    knows: [idp.*, crm.*]
    told: []
    fault: over-broad
    then: [{{do: idp.swap, as: badge}}, {{do: crm.list, as: token, times: 4}}]
"#
    )
}

#[test]
fn with_act_on_everywhere_every_action_has_its_agent() {
    let right = Attribution { right: 15, ..Attribution::default() };
    assert_eq!(attribution(&exchange(", act: caller", "[principal, act]")), right);
    // Impersonation: the token says nothing of who acts with it. The three exchanges themselves are each worker's own.
    let fallen = Attribution { right: 3, ambiguous: 12, ..Attribution::default() };
    assert_eq!(attribution(&exchange("", "[principal, act]")), fallen);
    // Delegation that nobody logs.
    assert_eq!(attribution(&exchange(", act: caller", "[principal]")), fallen);
    // Where each token is logged by itself, the provider knows whom it gave it to.
    assert_eq!(attribution(&exchange("", "[principal, credential]")), right);
    let ran = ran(&exchange("", "[principal, act]"));
    let log = log(&ran);
    let story = Story::of(&log);
    let candidates = (0..log.lines.len()).filter(|at| log.names.events.name(log.lines[*at].event) == "crm.list");
    assert!(candidates.into_iter().all(|at| story.suspects(at).len() == 3), "exactly the three");
}

#[test]
fn the_chain_of_delegation_stands_in_the_log() {
    let ran = ran(&exchange(", act: caller", "all"));
    let lines = crate::audit::lines(&ran);
    let call = lines.iter().find(|line| line.contains(r#""operation":"list""#)).unwrap();
    let event: serde_json::Value = serde_json::from_str(call).unwrap();
    assert_eq!(event["actor"]["user"]["uid"], "account");
    assert_eq!(event["actor"]["app_uid"], "worker-1");
    assert_eq!(event["unmapped"]["delegation"], serde_json::json!(["worker-1", "account"]));
}

/// What agents say of themselves: the operation, how often, and what the log has.
pub fn claims_of(ran: &Ran) -> Vec<(String, u32, (u64, u64))> {
    let plan = &ran.prepared.plan;
    let claims = &ran.finished.measures.accountability.claims;
    claims.iter().map(|claim| (plan.operation_name(claim.op), claim.says, claim.logged)).collect()
}

#[test]
fn a_statement_is_refuted_by_what_is_logged_and_by_nothing_else() {
    let says = |audit: &str, claim: &str| {
        let yaml = office(audit, audit, audit).replace("times: 6}]", &format!("times: 6}}, {{claims: {claim}}}]"));
        ran(&yaml).shown("contradictions")
    };
    assert_eq!(says("all", "{crm.list: 4, files.open: 6}"), "0");
    assert_eq!(says("all", "{crm.list: 5, files.open: 0}"), "6", "two statements of three workers");
    // Of twelve calls any may be any worker's: less than none and more than twelve cannot be.
    let usual = "[principal, credential, address]";
    assert_eq!(says(usual, "{crm.list: 0}"), "0");
    assert_eq!(says(usual, "{crm.list: 12}"), "0");
    assert_eq!(says(usual, "{crm.list: 13}"), "3");
    assert_eq!(says("none", "{crm.list: 99}"), "0", "nobody logged anything");
}

#[test]
fn who_and_at_whose_word_are_told_apart() {
    let yaml = |audit: &str| {
        format!(
            r#"
runaway: 1
name: told
time: {{horizon: 1min}}
services:
  board: {{accepts: gateway, latency: 10ms, audit: {audit}, operations: {{read: GET /posts -> posts records}}}}
  vault: {{accepts: gateway, latency: 10ms, operations: {{open: GET /secrets -> secrets records}}}}
identities: {{stranger: {{kind: outsider}}, bot: {{kind: agent}}}}
credentials: {{token: {{of: bot, kind: access-token, scopes: ["board:*", "vault:*"]}}}}
data:
  posts: {{count: 5, class: public, writers: stranger, plants: {{order: 2}}}}
  secrets: {{count: 12, class: secret}}
instructions: {{order: {{says: [{{do: vault.open, times: 3}}]}}}}
agents:
  bot: {{is: bot, holds: [token], knows: [board.*], told: [board.read], fault: injected, obeys: everybody}}
"#
        )
    };
    let told = |audit: &str| {
        let ran = ran(&yaml(audit));
        (ran.shown("calls"), ran.shown("attribution.right"), ran.shown("attribution.instruction"))
    };
    let four = || "4".to_owned();
    assert_eq!(told("[principal, object]"), (four(), "100 %".into(), "100 %".into()));
    assert_eq!(told("[principal]"), (four(), "100 %".into(), "0 %".into()), "nobody wrote down what was read");
    assert_eq!(told("none"), (four(), "75 %".into(), "0 %".into()));
    let never = ran(&office("all", "all", "all")).shown("attribution.instruction");
    assert_eq!(never, "unknown: no agent obeyed an instruction that it read");
}
