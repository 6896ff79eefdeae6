//! What to fix first: in each story of the library the first change is one that is known to contain, and what looks
//! right and is not never ranks as containing.

use runaway::fix::{FixError, Kind, Question, fixes};
use runaway::plane::driver::Stop;
use runaway::report::{Effect, Fixes, Style};
use runaway::scenario::{Document, Overrides};
use runaway::verdict::Verdict;

use crate::cli::Desk;
use crate::support::{document, library, run};

/// For each story, the kinds of change that contain it by what is known of the incident, and where such a change goes.
/// Each line quotes the control that the incident's own report, or the story's header, names.
const CONTAINS: &[(&str, &[(Kind, &str)])] = &[
    // Trusted publishing: no long-lived token lies in the environment of a job. Two people before a publication.
    ("build-postinstall", &[(Kind::RemoveSecret, "environments"), (Kind::RequireApproval, "registry.publish")]),
    // A cache for each level of trust.
    ("build-triage", &[(Kind::RowRule, "services.ci")]),
    // An exchange that intersects; approval where somebody acts for somebody else.
    ("deploy-recreate", &[(Kind::IntersectExchange, "act-for"), (Kind::RequireApproval, "iac.destroy")]),
    // Only the end of the key ends it: it leaves the set that is trusted.
    ("forged-issuer", &[(Kind::TrustFewerKeys, "enterprise-key")]),
    // Signed instructions only.
    ("heartbeat-worm", &[(Kind::DemandSignature, "members")]),
    // Row rules on the tables, from the start.
    ("moltbook", &[(Kind::RowRule, "services.db")]),
    // One repository for each session; a token that reads only; a rule about the flow from private to public.
    (
        "private-to-public",
        &[(Kind::LimitRecords, "pat"), (Kind::NarrowGrant, "credentials.pat"), (Kind::FlowRule, "open-pull")],
    ),
    // A credential for one environment; the freeze as a rule of the gateway.
    (
        "prod-freeze",
        &[(Kind::LimitAudience, "dev-role"), (Kind::NarrowGrant, "dev-role"), (Kind::CloseOperation, "db.")],
    ),
    // A budget of money; a cap on the steps of a conversation; a detector of loops.
    (
        "runaway-loop",
        &[(Kind::LimitCalls, "model.complete"), (Kind::LimitCalls, "conversation"), (Kind::AddDetector, "repeats")],
    ),
    // Tokens that are bound to the vendor's network, or to a key.
    ("saas-fanout", &[(Kind::BindCredential, "access")]),
    // Redaction; sessions that are bound; access by the case, which is what `owner` means there.
    (
        "ticket-attachments",
        &[(Kind::RemoveSecret, "files"), (Kind::BindCredential, "session"), (Kind::RowRule, "services.cases")],
    ),
    // A role that sees some rows; a rule about what may be written where strangers read.
    ("ticket-service-role", &[(Kind::NarrowGrant, "service-role"), (Kind::FlowRule, "desk.reply")]),
    // A granular token; one that is bound; a confirmation; a deletion that can be undone.
    (
        "volume-delete",
        &[
            (Kind::BindCredential, "domains-cli"),
            (Kind::NarrowGrant, "domains-cli"),
            (Kind::RequireApproval, "delete-volume"),
            (Kind::SoftDelete, "delete-volume"),
        ],
    ),
    // One profile for one task; approval of destructive verbs; protection from deletion; an alarm that is answered at once.
    (
        "wiper",
        &[
            (Kind::FewerCredentials, "profile-dev"),
            (Kind::RequireApproval, "delete"),
            (Kind::Respond, "destructive-burst"),
        ],
    ),
    // An allow-list from the inventory; a token that names its audience.
    ("wrong-endpoint", &[(Kind::CloseUndocumented, "undocumented"), (Kind::LimitAudience, "sandbox")]),
];

/// Under one seed: what depends on the seed has a test of its own.
fn found(document: &Document) -> Fixes {
    let overrides = Overrides::default();
    let asked = Question { document, variant: None, overrides: &overrides, seeds: Some(1) };
    fixes(&asked, &Stop::default(), &|_, _| {}).unwrap_or_else(|error| panic!("{}: {error}", document.name()))
}

#[test]
fn the_first_change_is_one_that_is_known_to_contain() {
    let stories: Vec<&str> = runaway::library::SCENARIOS.iter().map(|scenario| scenario.name).collect();
    let named: Vec<&str> = CONTAINS.iter().map(|(name, _)| *name).collect();
    let mut sorted = (stories.clone(), named.clone());
    sorted.0.sort_unstable();
    sorted.1.sort_unstable();
    assert_eq!(sorted.0, sorted.1, "every story has its line");
    for (name, known) in CONTAINS {
        let found = found(&library(name));
        let first = found.first().unwrap_or_else(|| panic!("{name}: nothing helps"));
        let is_known =
            known.iter().any(|(kind, place)| first.kinds.contains(&kind.name()) && first.patch.contains(place));
        assert!(is_known, "{name}: {:?} is not among {known:?}:\n{}", first.kinds, first.patch);
        assert!(first.effect <= Effect::IfAnswered, "{name}: {:?}", first.effect);
        let worst = |fix: &runaway::report::Fix| fix.after.leftover.worst();
        assert!(found.fixes.iter().all(|fix| fix.effect != first.effect || worst(fix) >= worst(first)), "{name}");
    }
}

#[test]
fn what_looks_right_and_is_not_never_ranks_as_containing() {
    let mut seen = 0;
    for scenario in runaway::library::SCENARIOS {
        let found = found(&library(scenario.name));
        for own in &found.own {
            match own.name.as_str() {
                "near-miss" | "uncontrolled" => assert!(own.effect > Effect::IfAnswered, "{}: {own:?}", scenario.name),
                "hardened" => assert_eq!(own.effect, Effect::Contains, "{}: {own:?}", scenario.name),
                _ => continue,
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 3 * runaway::library::SCENARIOS.len(), "each story has all three");
}

#[test]
fn the_change_as_printed_comes_to_what_was_told() {
    for name in ["volume-delete", "saas-fanout", "ticket-service-role", "wiper"] {
        let text = runaway::library::find(name).unwrap().text;
        let first = found(&library(name)).fixes.remove(0);
        let indented: String = first.patch.lines().map(|line| format!("  {line}\n")).collect();
        let pasted = document(&text.replacen("\nvariants:\n", &format!("\nvariants:\n{indented}"), 1));
        let ran = run(&pasted, Some(&first.name), &[]);
        assert_eq!(ran.finished.judgement.verdict, Verdict::Pass, "{name}: {:?}", ran.finished.judgement.reasons);
        let measures = &ran.finished.measures;
        assert_eq!(Some(measures.leftover.at_deadline.len()), first.after.leftover.most, "{name}");
        let excess = measures.reach.excess.len() + measures.reach.excess_creations;
        assert_eq!(Some(excess), first.after.excess.most, "{name}");
        assert_eq!(measures.outcome.name(), first.after.outcomes[0].0, "{name}");
    }
}

#[test]
fn a_change_that_only_delays_says_so() {
    let found = found(&library("runaway-loop"));
    let rate =
        found.fixes.iter().find(|fix| fix.patch.contains("1 per 1s") && fix.patch.contains("model.complete")).unwrap();
    assert_eq!(rate.effect, Effect::Delays);
    assert_eq!(rate.effect.told(), "delays, does not contain");
    assert_eq!(rate.after.outcomes, [("not-contained", 1)]);
}

#[test]
fn what_stops_it_after_the_fact_does_not_contain() {
    let found = found(&library("forged-issuer"));
    let told = found.fixes.iter().find(|fix| fix.kinds == ["respond"]).unwrap();
    assert_eq!(told.effect, Effect::AfterTheFact, "the key ends, and everything was read: {told:?}");
}

#[test]
fn what_needs_an_answer_says_so() {
    let found = found(&library("build-postinstall"));
    let alarms: Vec<_> = found.fixes.iter().filter(|fix| fix.kinds == ["add-detector"]).collect();
    assert!(alarms.iter().any(|fix| fix.effect == Effect::IfAnswered), "{alarms:?}");
    assert!(alarms.iter().all(|fix| fix.effect != Effect::Contains), "{alarms:?}");
}

/// What is published waits for a day, and is called back: the story's own variant, found without it. The two jobs that
/// run the script read their environment and their objects, and nothing comes of the rest.
#[test]
fn a_cooldown_is_worth_what_is_called_back_in_time() {
    let found = found(&library("build-postinstall"));
    let held =
        found.fixes.iter().find(|fix| fix.kinds == ["cooldown"] && fix.patch.contains("publish.effect")).unwrap();
    assert!(held.patch.contains("publish.effect_after: 24h") && held.patch.contains("cancel"), "{}", held.patch);
    assert_eq!((held.effect, held.after.excess.most), (Effect::IfAnswered, Some(2 * (1 + 400))), "{held:?}");
}

/// The backups survive the volume; what lies in the volume itself does not.
#[test]
fn a_backup_elsewhere_outlives_what_it_is_a_backup_of() {
    let found = found(&library("volume-delete"));
    let apart = found.fixes.iter().find(|fix| fix.patch.contains("data.backups")).unwrap();
    assert_eq!(apart.kinds, ["keep-apart"]);
    assert_eq!(apart.after.irreversible.most, Some(38_015 - 14), "{apart:?}");
    assert_eq!(apart.effect, Effect::Helps);
}

/// A key that leaves the set is trusted for a minute, and no longer for a day.
#[test]
fn a_set_of_keys_that_is_fetched_sooner_ends_a_key_sooner() {
    let document = library("forged-issuer");
    let overrides = Overrides::default();
    let asked = Question { document: &document, variant: Some("key-removed-24h"), overrides: &overrides, seeds: None };
    let found = fixes(&asked, &Stop::default(), &|_, _| {}).unwrap();
    let sooner = found.fixes.iter().find(|fix| fix.kinds == ["fetch-keys-sooner"]).unwrap();
    let day = 86_400_000_000;
    assert_eq!(found.before.closed.most, Some(31 * day));
    let after = sooner.after.closed.most.unwrap();
    assert!((30 * day..=30 * day + 60_000_000).contains(&after), "{sooner:?}");
}

/// Tokens of two customers lie in a vault. One is still served; the other left, and nobody ended the token.
#[test]
fn what_nobody_works_with_is_ended_before_it_is_found() {
    let document = document(
        r#"runaway: 1
name: leavers
story: A vault holds the tokens of two customers, one of whom has left.
time: {horizon: 10min}
services:
  vault: {accepts: gateway, operations: {dump: GET /secrets -> secrets records}}
  crm: {accepts: gateway, operations: {export: GET /cases -> cases records}}
identities:
  bot: {kind: agent}
  served: {kind: service}
  left: {kind: service}
credentials:
  session: {of: bot, kind: session, scopes: ["vault:*"]}
  live: {of: served, kind: api-key, scopes: ["crm:*"]}
  stale: {of: left, kind: api-key, scopes: ["crm:*"]}
data:
  secrets: {count: 2, class: secret, holds: [{credential: live, in: [1]}, {credential: stale, in: [2]}]}
  cases: {count: 10, class: pii}
agents:
  bot: {is: bot, holds: [session], knows: [vault.dump, crm.export], told: [], fault: harvest}
benign:
  sync: {is: served, holds: [live], knows: [crm.export], told: [{do: crm.export, every: 1min}]}
limits: {excess: 0}
"#,
    );
    let found = found(&document);
    let ended: Vec<&str> = found.fixes.iter().filter(|fix| fix.kinds == ["end-unused"]).map(|fix| &*fix.told).collect();
    assert_eq!(ended, ["end stale, which nobody works with"], "the owner of the other works with it");
    let stale = found.fixes.iter().find(|fix| fix.kinds == ["end-unused"]).unwrap();
    assert!(stale.patch.contains("credentials.stale.lives: 0s"), "{}", stale.patch);
}

#[test]
fn pairs_are_tried_where_no_single_change_is_enough() {
    let fanout = found(&library("saas-fanout"));
    let first = fanout.first().unwrap();
    assert!(fanout.pairs > 0 && first.kinds.len() == 2, "{:?}", first.kinds);
    let singles = fanout.fixes.iter().filter(|fix| fix.kinds.len() == 1);
    assert!(singles.clone().count() > 10 && singles.clone().all(|fix| fix.effect > Effect::Contains));
    assert_eq!(found(&library("volume-delete")).pairs, 0, "where one is enough, no two are");
}

#[test]
fn a_variant_can_be_mended_as_well() {
    let document = library("wiper");
    let overrides = Overrides::default();
    let asked = Question { document: &document, variant: Some("lag-60s"), overrides: &overrides, seeds: None };
    let found = fixes(&asked, &Stop::default(), &|_, _| {}).unwrap();
    assert!(found.before.excess.most < Some(7_479), "the alarm of the variant is answered");
    let first = found.first().unwrap();
    assert!(first.patch.contains("like: lag") && first.patch.contains("lag: 60s"), "{}", first.patch);
    assert_eq!(first.effect, Effect::Contains, "{first:?}");
    let undefended = found.own.iter().find(|own| own.name == "uncontrolled").unwrap();
    assert_eq!(undefended.effect, Effect::Worse, "nobody answers any more: {undefended:?}");
}

#[test]
fn honest_work_that_a_change_stops_is_counted() {
    let found = found(&library("heartbeat-worm"));
    let asked =
        found.fixes.iter().find(|fix| fix.kinds == ["require-approval"] && fix.patch.contains("feed.post")).unwrap();
    assert!(asked.after.collateral.worst() >= 1_000, "members post six times a day: {:?}", asked.after.collateral);
}

/// A key for the export of 900 records, and a client with a key of its own that lists once a minute for an hour.
const EXPORT: &str = r#"runaway: 1
name: export
time: {horizon: 1h, settle: 5s}
services:
  api: {accepts: gateway, operations: {list: GET /list -> lists records, read: "GET /files/{id} -> files records"}}
identities: {bot: {kind: agent}, client: {kind: service}}
credentials:
  key: {of: bot, kind: api-key, scopes: ["api:*"]}
  own: {of: client, kind: api-key, scopes: ["api:list"]}
data:
  lists: {count: 1, class: internal}
  files: {count: 900, class: pii}
agents:
  bot:
    is: bot
    holds: [key]
    knows: [api.*]
    knows_records: ["files-1..900"]
    told: [api.list]
    fault: over-broad
    then: [{do: api.read, on: "files-1..900"}]
    pace: {rate: 1/s}
benign:
  client: {is: client, holds: [own], knows: [api.list], told: [{do: api.list, every: 1min}]}
limits: {excess: 100}
"#;

/// With the key gone after a minute, the run is over an hour before the client is.
#[test]
fn what_would_have_come_after_the_end_is_not_hit() {
    let found = found(&document(EXPORT));
    let shorter = found.fixes.iter().find(|fix| fix.kinds == ["shorten-lifetime"]).unwrap();
    assert_eq!((shorter.effect, shorter.after.excess.most), (Effect::Contains, Some(60)), "{shorter:?}");
    assert_eq!(shorter.after.collateral.most, Some(0), "the client's own key lives for ever: {shorter:?}");
}

/// Two of three calls a second by the agent and one a minute by the client: 123 by the end of the third minute. The
/// client's call at three minutes is the 124th, for which $31 are still enough; the 56 after it are refused.
#[test]
fn what_is_hit_after_the_end_is_counted() {
    let found = found(&document(
        r#"runaway: 1
name: loop
time: {horizon: 1h, settle: 5s}
services:
  llm:
    accepts: gateway
    latency: 1s
    operations:
      ask: {http: POST /ask, effect: execute, creates: answers, costs: 0.25}
      done: GET /done -> answers count
identities: {bot: {kind: agent}, client: {kind: service}}
credentials:
  key: {of: bot, kind: api-key, scopes: ["llm:*"]}
  own: {of: client, kind: api-key, scopes: ["llm:*"]}
data:
  answers: {count: 0, class: internal}
agents:
  bot: {is: bot, holds: [key], knows: [llm.*], told: [llm.ask, llm.ask, llm.done], fault: runaway-loop, pace: {machine: 1}}
benign:
  client: {is: client, holds: [own], knows: [llm.*], told: [{do: llm.ask, every: 1min}]}
limits: {cost: 20}
"#,
    ));
    let budget = found.fixes.iter().find(|fix| fix.told.contains("a budget of $31")).unwrap();
    assert_eq!(budget.after.collateral.most, Some(56), "{budget:?}");
}

/// Where the limits hold as it is, nothing contains: a change is what it makes better or worse.
#[test]
fn what_is_within_its_limits_is_told_by_what_changes() {
    let text = EXPORT.replace("excess: 100", "excess: 1000").replace(
        "limits:",
        "detect: {burst: {records: 10, within: 1min, by: principal}}\nsteps: {off: {revoke: every key}}\nrespond: {burst: {after: 20s, do: [off]}}\nlimits:",
    );
    let found = found(&document(&text));
    assert!(found.already.is_some_and(|told| told.contains("no limit is broken")), "{found:?}");
    assert_eq!(found.pairs, 0, "there is nothing that only two could contain");
    let of =
        |kind: &str| found.fixes.iter().filter(|fix| fix.kinds == [kind]).map(|fix| fix.effect).collect::<Vec<_>>();
    // Everything was over after half a minute; an answer after a second is sooner.
    assert_eq!(of("shorten-lifetime"), [Effect::Nothing]);
    assert_eq!(of("respond-sooner"), [Effect::Helps]);
    assert!(found.fixes.iter().all(|fix| fix.effect >= Effect::Helps), "{found:?}");
    let text = found.render(Style::Plain);
    assert!(text.contains("no limit is broken") && !text.contains("contains"), "{text}");
}

/// The scenario with the change pasted as it is printed.
fn pasted(text: &str, fix: &runaway::report::Fix) -> crate::support::Ran {
    let indented: String = fix.patch.lines().map(|line| format!("  {line}\n")).collect();
    let ran = run(&document(&format!("{text}variants:\n{indented}")), Some(&fix.name), &[]);
    assert_eq!(ran.finished.judgement.verdict, Verdict::Pass, "{:?}\n{}", ran.finished.judgement.reasons, fix.patch);
    assert_eq!(Some(ran.finished.measures.reach.excess.len()), fix.after.excess.most, "{}", fix.patch);
    ran
}

/// What was accepted happens five minutes later, and the run is over after two: the files of 0, 1, 2 and 3 s will go.
#[test]
fn harm_that_is_only_queued_is_harm() {
    let text = EXPORT
        .replace("horizon: 1h", "horizon: 2min")
        .replace(
            "read: \"GET /files/{id} -> files records\"",
            "drop: {http: \"DELETE /files/{id}\", on: files, effect_after: 5min}",
        )
        .replace("api.read", "api.drop")
        .replace("identities: {", "identities: {boss: {kind: human}, ")
        .replace(
            "limits: {excess: 100}",
            "steps: {off: {revoke: every key}}\nrespond: {off: 3500ms}\nlimits: {excess: 0}",
        );
    let found = found(&document(&text));
    assert_eq!((found.before.excess.most, found.before.leftover.most), (Some(4), Some(4)), "{:?}", found.before);
    assert_eq!(found.before.outcomes, [("not-contained", 1)]);
    let first = found.first().unwrap();
    assert_eq!((first.effect, first.after.excess.most), (Effect::Contains, Some(0)), "{first:?}");
    assert_eq!(pasted(&text, first).finished.measures.outcome.name(), "prevented", "the positive control has bitten");
}

/// The key ends after ten seconds, and its last check is trusted for up to a minute.
#[test]
fn a_service_that_checks_again_sooner_notices_sooner() {
    let late = EXPORT.replace(
        "limits: {excess: 100}",
        "steps: {off: {revoke: every key}}\nrespond: {off: 10s}\nlimits: {excess: 30}",
    );
    for (accepts, into, before) in [
        ("{mode: introspect, cache: 60s}", "{mode: introspect, cache: 1s}", 60),
        ("{mode: api-key, cache: 60s}", "{mode: api-key, cache: 1s}", 60),
        ("{mode: push, delay: 60s}", "{mode: introspect, cache: 1s}", 70),
    ] {
        let text = late.replace("accepts: gateway", &format!("accepts: {accepts}"));
        let found = found(&document(&text));
        let is_near = |n: u64, than: u64| n.abs_diff(than) <= 2;
        assert!(found.before.excess.most.is_some_and(|n| is_near(n, before)), "{accepts}: {:?}", found.before);
        let sooner: Vec<_> = found.fixes.iter().filter(|fix| fix.kinds == ["check-sooner"]).collect();
        let [sooner] = sooner[..] else { panic!("{accepts}: {sooner:?}") };
        assert!(sooner.patch.contains(&format!("services.api.accepts: {into}")), "{}", sooner.patch);
        assert_eq!(sooner.effect, Effect::Contains, "{sooner:?}");
        assert!(sooner.after.excess.most.is_some_and(|n| is_near(n, 11)), "{sooner:?}");
        pasted(&text, sooner);
    }
    let at_once = found(&document(&late));
    assert!(at_once.fixes.iter().all(|fix| fix.kinds != ["check-sooner"]), "a gateway knows at once");
}

/// The step begins after ten seconds, and takes half a minute more to come to its first key.
#[test]
fn a_step_that_acts_at_once_ends_it_sooner() {
    let text = EXPORT.replace(
        "limits: {excess: 100}",
        "steps: {off: {revoke: every key, first: 30s, every: 5s}, idle: {disable: bot, first: 1s, supported: no}}\n\
         respond: {off: 10s}\nlimits: {excess: 20}",
    );
    let found = found(&document(&text));
    let faster: Vec<_> = found.fixes.iter().filter(|fix| fix.kinds == ["faster-step"]).collect();
    let [faster] = faster[..] else { panic!("of the step that nothing sets off nothing is said: {faster:?}") };
    assert!(
        faster.patch.contains("steps.off.first: 0s") && faster.patch.contains("steps.off.every: 0s"),
        "{}",
        faster.patch
    );
    assert_eq!(faster.effect, Effect::IfAnswered, "{faster:?}");
    assert!(found.before.excess.most >= Some(39) && faster.after.excess.most <= Some(11), "{faster:?}");
    pasted(&text, faster);
}

#[test]
fn over_seeds_the_range_and_the_interval_stand_beside_it() {
    let document = library("heartbeat-worm");
    let overrides = Overrides::default();
    let asked = Question { document: &document, variant: None, overrides: &overrides, seeds: Some(3) };
    let found = fixes(&asked, &Stop::default(), &|_, _| {}).unwrap();
    assert_eq!((found.seeds, found.before.contained.of), (3, 3));
    let first = found.first().unwrap();
    assert_eq!((first.after.contained.held, first.after.contained.of), (3, 3));
    assert!(
        (0.2..0.5).contains(&first.after.contained.lo) && first.after.contained.hi == 1.0,
        "three seeds say little: {first:?}"
    );
    assert!(
        found.fixes.iter().any(|fix| fix.after.excess.least < fix.after.excess.most),
        "some of it depends on the seed"
    );
}

#[test]
fn the_library_can_say_every_change() {
    for scenario in runaway::library::SCENARIOS.iter().filter(|scenario| scenario.name != "forged-issuer") {
        assert_eq!(found(&library(scenario.name)).impossible, [""; 0], "{}", scenario.name);
    }
    let forged = found(&library("forged-issuer"));
    assert!(forged.impossible.iter().all(|told| told.contains("means nothing")), "{:?}", forged.impossible);
}

#[test]
fn where_nothing_goes_wrong_there_is_nothing_to_fix() {
    let document = library("moltbook");
    let overrides = Overrides { sets: vec![("agents.visitor.fault".into(), "none".into())], seed: None };
    let asked = Question { document: &document, variant: None, overrides: &overrides, seeds: None };
    let asked_of_nothing = fixes(&asked, &Stop::default(), &|_, _| {});
    assert!(matches!(asked_of_nothing, Err(FixError::NothingToFix | FixError::Prepare(_))));
    let stop = Stop::default();
    stop.now();
    let overrides = Overrides::default();
    let asked = Question { document: &document, variant: None, overrides: &overrides, seeds: None };
    assert!(matches!(fixes(&asked, &stop, &|_, _| {}), Err(FixError::Stopped)));
}

#[test]
fn the_same_question_has_the_same_answer() {
    let desk = Desk::new();
    let once = desk.run(&["fix", "saas-fanout", "--format", "json"]);
    assert!(once.status.success(), "{}", String::from_utf8_lossy(&once.stderr));
    assert_eq!(once.stdout, desk.run(&["fix", "saas-fanout", "--format", "json"]).stdout);
    let value: serde_json::Value = serde_json::from_slice(&once.stdout).unwrap();
    let schema = runaway::report::run_schema()["properties"]["fixes"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(value["schema"] == "runaway.fixes/1" && wrong.is_empty(), "{wrong:?}");
    let text = desk.run(&["fix", "volume-delete"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("contains") && text.contains("variants:\n  fix-bind-credential:"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}
