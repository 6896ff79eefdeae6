//! Who did what, from the audit log alone: all that it can tell, exactly the ambiguity that a world was built with, and
//! nothing invented. Expected shares are counted by hand from the steps.

use crate::audit::{log, read, scores};
use crate::support::{LONG, Ran, document, library, run};
use runaway::audit::{Attribution, Edges, Naming, Scores, Story, Suspect};
use runaway::measure::{Accountability, Everyday};
use runaway::wire::{CollId, Event};

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
    assert_eq!(ran(&office(traced, "none", traced)).shown("attribution.unlogged"), "36 %", "12 of 33");
    assert_eq!(attribution(&office("none", "none", "none")), Attribution { unlogged: ALL, ..Attribution::default() });
}

#[test]
fn a_line_that_was_deleted_is_unlogged_too() {
    let ran = ran(&office("all", "all", "all"));
    let lines = crate::audit::lines(&ran);
    let kept: Vec<String> = lines.into_iter().filter(|line| !line.contains(r#""operation":"open""#)).collect();
    let scores = scores(&ran, &read(&kept));
    assert_eq!(scores.suspects, Attribution { right: 3 * (1 + 4), unlogged: 3 * 6, ..Attribution::default() });
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

/// A client has one trace. Where two name it, one of them is a thief's who used its key.
#[test]
fn a_stolen_key_does_not_make_its_owner_of_a_thiefs_trace() {
    // The bank alone records traces, so the thief's own key was never used under its trace: the clerk or the thief.
    let yaml = theft("[principal, credential, address]", "office", "office").replacen(
        "audit: [principal, credential, address], operations: {list",
        "audit: all, operations: {list",
        1,
    );
    assert_eq!(attribution(&yaml), Attribution { right: 1, ambiguous: 3, ..Attribution::default() });
    // With the keys of others under the same trace, it is not the clerk's.
    let of_many = yaml
        .replace("clerk-key: {of: clerk,", "clerk-key: {of: clerk, scopes: [\"bank:*\"], kind: api-key}\n  key: {one_per: other,")
        .replace("clerk: {kind: agent}}", "clerk: {kind: agent}, other: {kind: human, count: 2}}")
        .replace("notes: {count: 1, class: internal, holds: clerk-key}", "notes: {count: 1, class: internal, holds: clerk-key}, shared: {count: 2, class: internal, holds: \"key-{n}\"}")
        .replace("operations: {read: GET /notes -> notes records}", "operations: {read: GET /notes -> notes records, shared: GET /shared -> shared records}")
        .replace("[wiki.read, {do: bank.list, as: clerk-key, times: 3}]", "[wiki.read, wiki.shared, {do: bank.list, as: clerk-key}, {do: bank.list, as: each key in turn, times: 2}]");
    assert_eq!(
        attribution(&of_many),
        Attribution { right: 5, ..Attribution::default() },
        "two readings and three calls"
    );
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

/// Better than every guess on the log of each variant of the library, or as good where a guess cannot be bettered: where
/// one client did everything, or every credential tells whose it is.
#[test]
fn in_the_library_the_trail_is_better_than_every_guess_that_can_be_bettered() {
    let (mut better, mut several) = (0, 0);
    for scenario in runaway::library::SCENARIOS {
        let document = library(scenario.name);
        let variants = document.variants().into_iter().map(|variant| Some(variant.name));
        for variant in std::iter::once(None).chain(variants) {
            let name = variant.as_deref().map_or(scenario.name.to_owned(), |v| format!("{}@{v}", scenario.name));
            // A loop of a day is in its second hour what it was in its first.
            let sets: &[(&str, &str)] = if LONG.contains(&name.as_str()) { &[("time.horizon", "1h")] } else { &[] };
            let ran = run(&document, variant.as_deref(), sets);
            let (trail, guesses) = f1s(&scores(&ran, &log(&ran)));
            for guess in &guesses {
                assert!(trail > *guess || trail == 1.0 && *guess == 1.0, "{name}: {trail} {guesses:?}");
            }
            several += u32::from(ran.prepared.plan.agents.len() > 1);
            better += u32::from(guesses.iter().all(|guess| trail > *guess));
        }
    }
    assert!(several >= 30 && better >= 25, "{several} logs with several agents, {better} where no guess was perfect");
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

/// Two workers read one note each, before which the tokens in them were rotated, and make four calls with what lay there:
/// tokens of one account that each name who acts with it.
#[test]
fn a_rotated_token_names_who_acts_with_it_as_before() {
    let yaml = |respond: &str| {
        format!(
            r#"
runaway: 1
name: rotated
time: {{horizon: 1min}}
services:
  wiki: {{accepts: gateway, rows: owner, latency: 10ms, audit: [principal, act], operations: {{read: GET /notes -> notes records}}}}
  crm:  {{accepts: {{mode: api-key, cache: 0s}}, latency: 10ms, audit: [principal, act], operations: {{list: GET /cases -> cases records}}}}
identities: {{worker: {{kind: agent, count: 2}}, account: {{kind: service}}}}
credentials:
  badge: {{one_per: worker, kind: api-key, scopes: ["wiki:*"]}}
  token: {{of: account, count: 2, kind: access-token, scopes: ["crm:*"], act: "worker-{{n}}"}}
data:
  notes: {{count: 2, class: secret, owner: "worker-{{n}}", holds: "token-{{n}}"}}
  cases: {{count: 5, class: internal}}
steps: {{renew: {{rotate: everything of account}}}}
respond: {{{respond}}}
agents:
  workers:
    is: every worker
    holds: [badge]
    knows: [wiki.*, crm.*]
    told: []
    starts: 1s
    fault: harvest
    then: [{{do: wiki.read, as: badge}}, {{do: crm.list, as: token, times: 4}}]
"#
        )
    };
    for (respond, rotations) in [("", 0), ("renew: 500ms", 2)] {
        let ran = ran(&yaml(respond));
        let acted = |event: &&Event| matches!(event, Event::Acted { worked: true, .. });
        assert_eq!(ran.events.iter().filter(acted).count(), rotations);
        let log = log(&ran);
        let actors: Vec<Option<&str>> = log
            .lines
            .iter()
            .filter(|line| line.allowed && log.names.events.name(line.event) == "crm.list")
            .map(|line| line.account.act.known().map(|act| log.names.principals.name(act)))
            .collect();
        for worker in ["worker-1", "worker-2"] {
            assert_eq!(actors.iter().filter(|actor| **actor == Some(worker)).count(), 4, "{respond}: {actors:?}");
        }
        assert_eq!(ran.finished.measures.accountability.attribution.right, 10, "{respond}");
    }
}

/// A key that lies in the environment of a job was issued to nobody: whoever is its principal used it, also when it was
/// rotated in between.
#[test]
fn what_was_issued_to_no_workload_is_its_principals() {
    let yaml = |respond: &str| {
        format!(
            r#"
runaway: 1
name: environment
time: {{horizon: 1min}}
services:
  ci:   {{accepts: gateway, latency: 10ms, operations: {{env: GET /env -> environment records}}}}
  shop: {{accepts: {{mode: api-key, cache: 0s}}, latency: 10ms, operations: {{list: GET /goods -> goods records}}}}
identities: {{job: {{kind: agent}}, other: {{kind: agent}}}}
credentials:
  job-token:   {{of: job, kind: session, scopes: ["ci:*"]}}
  other-token: {{of: other, kind: session, scopes: ["ci:*"]}}
  key:         {{of: job, kind: api-key, scopes: ["shop:*"]}}
data: {{environment: {{count: 1, class: secret, holds: key}}, goods: {{count: 5, class: internal}}}}
steps: {{renew: {{rotate: every key}}}}
respond: {{{respond}}}
agents:
  job:
    is: job
    holds: [job-token]
    knows: [ci.*, shop.*]
    told: []
    starts: 1s
    fault: harvest
    then: [{{do: ci.env, as: job-token}}, {{do: shop.list, as: key, times: 3}}]
benign:
  other: {{is: other, holds: [other-token], knows: [ci.*, shop.*], told: [{{do: ci.env, as: other-token, times: 3}}]}}
"#
        )
    };
    for respond in ["", "renew: 500ms"] {
        let ran = ran(&yaml(respond));
        let scores = scores(&ran, &log(&ran));
        let right = Attribution { right: 4, ..Attribution::default() };
        assert_eq!((scores.suspects, scores.edges), (right, Edges { right: 1, ..Edges::default() }), "{respond}");
        assert_eq!(ran.finished.measures.accountability.attribution, right, "as the measure has it");
    }
}

/// An outsider holds nothing, so no registry has it. It shows by calling what nobody there is for, without a credential.
#[test]
fn an_outsider_is_among_the_suspects_where_one_shows() {
    let ran = run(&library("ticket-service-role"), None, &[]);
    let log = log(&ran);
    let story = Story::of(&log);
    let at = |event: &str| log.lines.iter().position(|line| log.names.events.name(line.event) == event).unwrap();
    for event in ["portal.read-replies", "billing.export", "mail.read"] {
        assert!(story.suspects(at(event)).contains(&Suspect::Outsider), "{event}");
        assert_eq!(story.named(at(event)), Some(Suspect::Outsider), "{event}");
    }
    assert!(
        !story.suspects(at("desk.read-tickets")).contains(&Suspect::Outsider),
        "that session was issued to somebody"
    );
    let quiet = run(&library("volume-delete"), None, &[]);
    let log = crate::audit::log(&quiet);
    let story = Story::of(&log);
    assert!((0..log.lines.len()).all(|at| !story.suspects(at).contains(&Suspect::Outsider)), "nothing shows one");
}

/// Edges on the logs of the library, each against the way that the scenario's own text tells: what lay in one place was
/// come by together.
#[test]
fn the_chains_of_the_library_are_found() {
    let edges = |name: &str| {
        let ran = run(&library(name), None, &[]);
        scores(&ran, &log(&ran)).edges
    };
    let right = |right: u64| Edges { right, ..Edges::default() };
    assert_eq!(edges("ticket-service-role"), right(3), "three tokens, read by nobody in particular");
    assert_eq!(edges("build-triage"), right(1), "the key of the release, with its session");
    assert_eq!(edges("ticket-attachments"), right(11), "five sessions and a token in files, five made with those");
    // Three keys for each of twelve teams, with its session; two who have no name of their own obey a second time.
    assert_eq!(edges("build-postinstall"), Edges { right: 36, missing: 7, ..Edges::default() });
    // 64 refresh tokens out of the vault, 64 minted with them. The keys in the cases: with which token, no line tells.
    assert_eq!(edges("saas-fanout"), Edges { right: 128, wrong: 13, missing: 13, ..Edges::default() });
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
fn honest_clients_are_not_held_to_what_they_say() {
    let clerk = "
benign:
  clerk: {is: account, holds: [shared], knows: [crm.*], told: [{do: crm.list, times: 2}, {claims: {crm.list: 9}}]}
";
    assert_eq!(ran(&(office("all", "all", "all") + clerk)).shown("contradictions"), "0");
}

#[test]
fn what_is_done_after_a_statement_does_not_refute_it() {
    let says = |claim: &str| {
        let more = format!("times: 6}}, {{claims: {claim}}}, {{do: files.open, as: shared, times: 2}}]");
        ran(&office("all", "all", "all").replace("times: 6}]", &more)).shown("contradictions")
    };
    assert_eq!(says("{files.open: 6}"), "0");
    assert_eq!(says("{files.open: 8}"), "3", "two were to come");
}

/// A bot that reads an order on a board and opens the vault three times.
fn told(audit: &str) -> Ran {
    ran(&format!(
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
    ))
}

#[test]
fn who_and_at_whose_word_are_told_apart() {
    let told = |audit: &str| {
        let ran = told(audit);
        (ran.shown("calls"), ran.shown("attribution.right"), ran.shown("attribution.instruction"))
    };
    let four = || "4".to_owned();
    assert_eq!(told("[principal, object]"), (four(), "100 %".into(), "100 %".into()));
    assert_eq!(told("[principal]"), (four(), "100 %".into(), "0 %".into()), "nobody wrote down what was read");
    assert_eq!(told("none"), (four(), "75 %".into(), "0 %".into()));
    let never = ran(&office("all", "all", "all")).shown("attribution.instruction");
    assert_eq!(never, "unknown: no agent obeyed an instruction that it read");
}

#[test]
fn a_reading_of_another_record_shows_no_order() {
    // The board is read whole: the line names records 1 to 5 of the first collection, and the order lies in record 2.
    let told = told("[principal, object]");
    let shown = |named: (u32, u32, u32)| {
        let events: Vec<Event> = told
            .events
            .iter()
            .map(|event| match *event {
                Event::Touched { at, id, coll, effect, first: 0, n: 5 } if coll == CollId::new(0) => {
                    let (coll, first, n) = (CollId::new(named.0), named.1, named.2);
                    Event::Touched { at, id, coll, effect, first, n }
                }
                other => other,
            })
            .collect();
        Accountability::of(&told.prepared.plan, &Everyday::default(), &events).orders.shown
    };
    assert_eq!(shown((0, 0, 5)), 3, "all that was done on the order");
    assert_eq!(shown((0, 1, 1)), 3);
    assert_eq!(shown((0, 2, 3)), 0, "the records behind it");
    assert_eq!(shown((0, 0, 1)), 0, "the record before it");
    assert_eq!(shown((1, 0, 5)), 0, "the same numbers in another collection");
}
