//! The definitions, case by case: each odd-looking clause is there because the plain wording gave an absurd answer.
//! Every expected value is written by hand, from the numbers in the scenario above it.

use crate::support::{Ran, document, run};
use runaway::measure::Lag;
use runaway::wire::{Event, Open, Purpose, Reason, Span, Tick, Verdict};

const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3_600 * SECOND;
/// An action returns one millisecond after it took effect.
const RETURNS: u64 = 1_000;

/// One service with a gateway, one agent with one token, ten files in which it has no business.
fn scenario(parts: &str) -> String {
    format!(
        r#"
runaway: 1
name: definition
identities:
  owner: {{kind: human}}
  bot:   {{kind: agent, of: owner}}
credentials:
  token: {{of: bot, kind: access-token, scopes: ["*"]}}
data:
  files:   {{count: 10, class: confidential}}
  letters: {{count: 20, class: internal}}
{parts}"#
    )
}

fn ran(parts: &str) -> Ran {
    run(&document(&scenario(parts)), None, &[])
}

fn asked(ran: &Ran, purpose: Purpose) -> Vec<(u64, Verdict)> {
    let of = |e: &Event| match *e {
        Event::Asked { at, purpose: p, verdict, .. } if p == purpose => Some((at.0, verdict)),
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

fn ended(ran: &Ran) -> (u64, bool) {
    match ran.events.last() {
        Some(Event::Ended { at, settled, .. }) => (at.0, *settled),
        other => panic!("{other:?}"),
    }
}

fn closed(ran: &Ran) -> Option<u64> {
    ran.finished.measures.closed().map(|t| t.0)
}

mod ends {
    use super::*;

    #[test]
    fn an_attacker_out_of_work_is_not_contained() {
        let ran = ran(r#"
services:
  api: {accepts: gateway, latency: 10ms, operations: {list: GET /files -> files records}}
agents:
  bot: {is: bot, holds: [token], knows: [api.list], told: [], fault: harvest, then: [api.list]}
"#);
        assert_eq!(ran.shown("excess"), "10");
        assert_eq!(ran.shown("last_effect"), "0 s", "one call took all that there is");
        assert_eq!(ran.shown("exhausted_at"), "10 ms", "when its answer came");
        assert_eq!(ran.outcome(), "not-contained");
        assert_eq!(ran.shown("closed"), "never");
        assert_eq!((ran.shown("leftover"), ran.shown("leftover.fresh")), ("10".into(), "0".into()), "again, none new");
        assert_eq!(ran.shown("survivors"), "1");
    }

    #[test]
    fn an_open_door_that_never_refuses_ends_no_phase() {
        let ran = ran(r#"
time: {horizon: 10min, settle: 60s}
services:
  api:  {accepts: gateway, latency: 10ms, operations: {list: GET /files -> files records}}
  open: {accepts: none, latency: 10ms, operations: {list: GET /letters -> letters records}}
agents:
  bot:
    is: bot
    holds: [token]
    knows: [api.list, open.list]
    told: []
    fault: harvest
    then: [open.list, {do: api.list, every: 1s}]
steps: {revoke: {revoke: every token}}
respond: {revoke: 30s}
"#);
        assert_eq!(
            ended(&ran),
            (600 * SECOND, false),
            "the run goes to its horizon, nine minutes after the last effect"
        );
        assert_eq!(ran.shown("last_effect"), "29.01 s", "the line began at 10 ms");
        assert_eq!(ran.outcome(), "not-contained");
        assert_eq!((ran.shown("closed"), ran.shown("lag")), ("never".into(), "never".into()));
        assert_eq!(ran.shown("declared"), "30.001 s", "the token was dealt with, and its row says so");
        let rows: Vec<_> =
            ran.finished.measures.doors.iter().map(|d| (d.cred.is_some(), d.closed.map(|t| t.0), d.lag())).collect();
        assert_eq!(rows, [(false, None, Lag::NeverClosed), (true, Some(30 * SECOND), Lag::Early)]);
        assert_eq!(ran.shown("leftover"), "20");
    }

    #[test]
    fn no_fault_is_benign_and_passes_by_its_limits() {
        let parts = r#"
services:
  api: {accepts: gateway, latency: 10ms, operations: {list: GET /files -> files records}}
agents:
  bot:
    is: bot
    holds: [token]
    knows: [api.list]
    told: [{do: api.list, every: 1s, times: 6}]
    fault: none
detect: {burst: {requests: ALARM, within: 10s}}
steps: {revoke: {revoke: alarmed}}
respond: {burst: {after: 500ms, do: [revoke]}}
limits: {collateral: 0, false_alarms: 0}
time: {horizon: 1min}
"#;
        let quiet = ran(&parts.replace("ALARM", "7"));
        assert_eq!((quiet.outcome(), quiet.verdict()), ("benign", "pass"));
        assert_eq!(quiet.shown("excess"), "0");
        // The third request, at 2 s, raises the alarm; the token ends at 2.5 s; the last three requests are refused.
        let noisy = ran(&parts.replace("ALARM", "3"));
        assert_eq!((noisy.outcome(), noisy.verdict()), ("benign", "fail"));
        assert_eq!(noisy.shown("false_alarms"), "1", "there is nobody who could have caused it rightly");
        assert_eq!(noisy.shown("detected"), "nothing to detect");
        assert_eq!(noisy.shown("collateral"), "3");
    }
}

mod actors {
    use super::*;

    /// The agent reads one file a second from 0 to 9 s; its owner reads letters with the same token until the end.
    const SHARED: &str = r#"
time: {horizon: 30s}
services:
  api:
    accepts: gateway
    latency: 10ms
    operations:
      read: GET /files/{id} -> files records
      list: GET /letters -> letters records
agents:
  bot:
    is: bot
    holds: [token]
    knows: [api.read, api.list]
    knows_records: [files-1, files-2, files-3, files-4, files-5, files-6, files-7, files-8, files-9, files-10]
    told: []
    fault: harvest
    then:
      - do: api.read
        on: [files-1, files-2, files-3, files-4, files-5, files-6, files-7, files-8, files-9, files-10]
    pace: {rate: 1/s}
benign:
  owner:
    is: owner
    holds: [token]
    knows: [api.list]
    told: [{do: api.list, every: 1s}]
detect: {told: {report: 4500ms}}
steps: {revoke: {revoke: every token}}
respond: {told: {after: 15500ms, do: [revoke]}}
"#;

    #[test]
    fn the_owner_of_a_stolen_token_is_not_the_thief() {
        let ran = ran(SHARED);
        assert_eq!((ran.shown("reach"), ran.shown("excess")), ("10".into(), "10".into()), "no letter");
        assert_eq!(ran.shown("calls"), "10");
        assert_eq!(ran.shown("last_effect"), "9 s", "though the token was used until 19 s");
        assert_eq!(ran.shown("overshoot"), "5", "files 6 to 10, after 4.5 s; the owner's letters are his own");
        assert_eq!(closed(&ran), Some(20 * SECOND));
        assert_eq!(ran.shown("collateral"), "10", "the owner is refused each second from 20 to 29 s");
        assert_eq!(asked(&ran, Purpose::Benign).len(), 30);
        assert_eq!(ran.shown("leftover"), "0");
        assert_eq!(ran.outcome(), "contained");
    }

    #[test]
    fn a_credential_is_measured_from_every_network_that_the_closure_has() {
        // The first agent is elsewhere; the token works from the office, where the second one is.
        let yaml = scenario(
            r#"
services:
  api: {accepts: gateway, latency: 10ms, operations: {list: GET /files -> files records}}
agents:
  outside: {is: owner, holds: [], knows: [api.list], told: [], fault: harvest, then: [api.list], from: cafe}
  inside: {is: bot, holds: [token], knows: [api.list], told: [], fault: harvest, then: [api.list], from: office}
"#,
        );
        let bound = yaml.replace(r#"scopes: ["*"]"#, r#"scopes: ["*"], bound: {network: office}"#);
        let ran = run(&document(&bound), None, &[]);
        assert_eq!(ran.shown("excess"), "10");
        assert_eq!(ran.outcome(), "not-contained");
        assert_eq!((ran.shown("survivors"), ran.shown("leftover")), ("1".into(), "10".into()));
        assert_eq!(ran.shown("potential.uncontrolled"), "10");
    }
}

mod propagation {
    use super::*;

    #[test]
    fn replicas_flap_and_the_worst_one_is_the_lag() {
        // The caches hold for 30 s and were filled at 0 s and 10 s. Revoked at 20 s; asked in turn from 21.01 s on.
        let ran = ran(r#"
time: {horizon: 2min}
services:
  api:
    accepts: {mode: introspect, cache: 30s}
    replicas: 2
    latency: 10ms
    operations: {list: GET /files -> files records}
agents:
  bot:
    is: bot
    holds: [token]
    knows: [api.list]
    told: []
    fault: harvest
    then:
      - {do: api.list, every: 10s, times: 2}
      - {do: api.list, every: 1s, first: 11s, times: 22}
steps: {revoke: {revoke: every token}}
respond: {revoke: 20s}
"#);
        let accepted = |second: u64| {
            let at = second * SECOND + 10_000;
            asked(&ran, Purpose::Agent).iter().any(|(t, verdict)| *t == at && *verdict == Verdict::Accepted)
        };
        assert!((21..=30).all(accepted), "both replicas trust what they checked");
        assert!((31..=39).step_by(2).all(|s| !accepted(s)), "the first one's check lapsed at 30 s");
        assert!((32..=38).step_by(2).all(accepted), "the second one's lapses at 40 s");
        assert!((40..=42).all(|s| !accepted(s)));
        assert_eq!(closed(&ran), Some(40 * SECOND));
        assert_eq!(ran.finished.measures.doors[0].lag(), Lag::After(Span(20 * SECOND - RETURNS)));
        assert_eq!(ran.shown("lag"), "19.999 s");
    }

    const EXPORT: &str = r#"
services:
  api:
    accepts: gateway
    latency: 10ms
    operations:
      list:   GET /letters -> letters records
      export: {http: POST /exports -> files records, effect_after: 1h, recheck: RECHECK}
agents:
  bot: {is: bot, holds: [token], knows: [api.list, api.export], told: [], fault: harvest, then: [api.list, api.export]}
steps: {revoke: {revoke: every token}}
respond: {revoke: 10s}
time: {horizon: HORIZON, settle: 60s}
"#;

    fn export(recheck: &str, horizon: &str) -> Ran {
        ran(&EXPORT.replace("RECHECK", recheck).replace("HORIZON", horizon))
    }

    /// The export is accepted when the answer to the list has come.
    const FIRES: u64 = HOUR + 10_000;

    #[test]
    fn a_queued_effect_is_contained_when_it_happens() {
        let ran = export("no", "3h");
        assert_eq!(ran.shown("excess"), "30", "20 letters at 0 s, 10 files an hour later");
        assert_eq!(ran.finished.measures.reach.last_effect, Some(Tick(FIRES)));
        assert_eq!(closed(&ran), Some(FIRES), "not 10 s, when the token ended");
        assert_eq!(ended(&ran), (FIRES + 60 * SECOND, true), "settled, counted from the effect");
        assert_eq!(ran.outcome(), "contained");
        let rows: Vec<_> =
            ran.finished.measures.doors.iter().map(|d| (d.queued.is_some(), d.closed, d.lag())).collect();
        let late = Lag::After(Span(FIRES - 10 * SECOND - RETURNS));
        assert_eq!(rows, [(false, Some(Tick(10 * SECOND)), Lag::Early), (true, Some(Tick(FIRES)), late)]);
        assert_eq!(ran.shown("lag"), "59 min 50 s", "3,590.009 s");
    }

    #[test]
    fn one_that_has_not_happened_leaves_the_door_open() {
        let ran = export("no", "30min");
        assert_eq!(ran.outcome(), "not-contained");
        assert_eq!(
            (ran.shown("leftover"), ran.shown("queued"), ran.shown("closed")),
            ("0 to 10".into(), "1".into(), "never".into())
        );
        assert_eq!(ran.shown("excess"), "20 to 30", "the files may still go");
        assert_eq!(ended(&ran), (HOUR / 2, false));
    }

    /// Three of ten files are to be deleted after the end of the run, and nothing stops that any more.
    #[test]
    fn what_is_accepted_and_will_happen_is_not_prevented() {
        let ran = ran(r#"
services:
  api:
    accepts: gateway
    latency: 10ms
    operations:
      list: GET /files -> files ids
      drop: {http: "DELETE /files/{id}", on: files, effect_after: 5min}
agents:
  bot:
    is: bot
    holds: [token]
    knows: [api.list, api.drop]
    told: []
    fault: over-broad
    then: [api.list, {do: api.drop, on: each listed files}]
    pace: {rate: 1/s}
steps: {revoke: {revoke: every token}}
respond: {revoke: 3500ms}
time: {horizon: 2min}
"#);
        let decided: Vec<bool> =
            asked(&ran, Purpose::Agent).iter().map(|(_, verdict)| *verdict == Verdict::Accepted).collect();
        assert_eq!(decided, [[true; 4].as_slice(), &[false; 7]].concat(), "the list and three deletions, then no more");
        assert_eq!(ran.outcome(), "not-contained");
        let told = ["excess", "leftover", "queued"].map(|measure| ran.shown(measure));
        assert_eq!(told, ["0 to 3", "0 to 3", "3"].map(String::from), "one file each");
    }

    #[test]
    fn one_that_is_authorized_again_is_refused_when_it_would_happen() {
        let ran = export("yes", "3h");
        assert_eq!(ran.shown("excess"), "20", "the letters");
        let cancelled = ran.events.iter().find_map(|e| match *e {
            Event::Cancelled { at, reason, .. } => Some((at.0, matches!(reason, Reason::Revoked(_)))),
            _ => None,
        });
        assert_eq!(cancelled, Some((FIRES, true)));
        assert_eq!(ran.shown("last_effect"), "0 s");
        assert_eq!(closed(&ran), Some(FIRES), "until then nobody could say that it would be refused");
        assert_eq!(ran.outcome(), "contained");
    }
}

mod limits {
    use super::*;

    /// Two paid calls a second, of which the task needs one.
    const PAID: &str = r#"
time: {horizon: 24h, settle: 60s}
services:
  api: {accepts: gateway, latency: 10ms, operations: {ask: {http: POST /ask, effect: execute, costs: 0.002}}}
agents:
  bot: {is: bot, holds: [token], knows: [api.ask], told: [api.ask], fault: runaway-loop, pace: {rate: 2/s}}
CONTROLS
"#;

    fn paid(controls: &str) -> Ran {
        ran(&PAID.replace("CONTROLS", controls))
    }

    #[test]
    fn a_loop_may_exceed_by_its_cost_alone() {
        let ran = paid("");
        assert_eq!((ran.shown("calls"), ran.shown("cost")), ("172,800".into(), "345.60".into()));
        assert_eq!((ran.shown("excess"), ran.shown("excess.creations")), ("0".into(), "0".into()));
        assert_eq!(ran.finished.measures.reach.excess_cost, 345_600_000 - 2_000);
        assert_eq!(ran.shown("t0"), "500 ms", "the second call");
        assert_eq!(ran.outcome(), "not-contained");
    }

    #[test]
    fn a_spent_budget_shuts_the_door_with_its_last_call() {
        let ran = paid("controls: {budget: {on: [api.ask], at_most: $5}}");
        let asked = asked(&ran, Purpose::Agent);
        let last = asked.iter().rfind(|(_, v)| *v == Verdict::Accepted).unwrap();
        let first = asked.iter().find(|(_, v)| *v != Verdict::Accepted).unwrap();
        assert_eq!(ran.shown("calls"), "2,500", "$5 at $0.002");
        assert_eq!(last.0, 1_249_500_000);
        assert_eq!(*first, (1_250_000_000, Verdict::Exhausted));
        assert_eq!(closed(&ran), Some(1_249_500_000), "known with the call that spent it, not with the next one");
        assert_eq!((ran.outcome(), ran.finished.measures.doors[0].lag()), ("contained", Lag::NoneDeclared));
        assert_eq!(ended(&ran), (1_309_500_000, true));
    }

    #[test]
    fn a_rate_delays_and_does_not_end() {
        let ran = paid("controls: {rate: {on: [api.ask], at_most: 1 per 1s}}");
        assert_eq!((ran.shown("calls"), ran.shown("cost")), ("86,400".into(), "172.80".into()));
        assert!(asked(&ran, Purpose::Agent).iter().all(|(_, v)| matches!(v, Verdict::Accepted | Verdict::Limited)));
        assert_eq!((ran.outcome(), ran.shown("spared")), ("not-contained", "50 %".into()));
        assert_eq!(ran.shown("closed"), "never");
    }

    const QUOTA: &str = r#"
services:
  api: {accepts: gateway, latency: 10ms, operations: {read: "GET /files/{id} -> files records"}}
agents:
  bot:
    is: bot
    holds: [token]
    knows: [api.read]
    knows_records: [files-1, files-2, files-3, files-4]
    told: []
    fault: harvest
    then: [{do: api.read, on: [files-1, files-2, files-3]}]
    pace: {rate: 1/s}
controls: {quota: {on: [api.read], at_most: 2 per 1h}}
time: {horizon: HORIZON}
"#;

    #[test]
    fn a_limit_that_returns_within_the_run_leaves_the_door_open() {
        let ran = ran(&QUOTA.replace("HORIZON", "90min"));
        let verdicts: Vec<_> = asked(&ran, Purpose::Agent);
        assert_eq!(
            verdicts[..3],
            [(0, Verdict::Accepted), (SECOND, Verdict::Accepted), (2 * SECOND, Verdict::Limited)]
        );
        assert_eq!(ran.outcome(), "not-contained");
        assert_eq!(ran.shown("closed"), "never");
        assert_eq!(ran.shown("leftover"), "4", "the four whose ids it knows");
    }

    #[test]
    fn a_limit_that_does_not_return_is_exhausted() {
        let ran = ran(&QUOTA.replace("HORIZON", "30min"));
        let verdicts: Vec<_> = asked(&ran, Purpose::Agent);
        assert_eq!(
            verdicts[..3],
            [(0, Verdict::Accepted), (SECOND, Verdict::Accepted), (2 * SECOND, Verdict::Exhausted)]
        );
        assert_eq!(ran.outcome(), "contained");
        assert_eq!(closed(&ran), Some(SECOND));
        assert_eq!((ran.shown("excess"), ran.shown("leftover")), ("2".into(), "0".into()));
    }

    #[test]
    fn records_are_counted_before_they_are_shown_or_deleted() {
        let parts = r#"
services:
  api:
    accepts: gateway
    latency: 10ms
    page: 6
    operations:
      list:  GET /letters -> letters records
      purge: {http: DELETE /letters, on: letters}
agents:
  bot: {is: bot, holds: [token], knows: [api.list, api.purge], told: [], fault: harvest, then: [DOES]}
controls: {quota: {on: [api.list, api.purge], at_most: 15, counts: records, by: principal}}
"#;
        let listed = ran(&parts.replace("DOES", "{do: api.list, pages: all}"));
        assert_eq!(listed.shown("excess"), "15", "pages of 6, 6 and 3");
        let verdicts: Vec<Verdict> = asked(&listed, Purpose::Agent).into_iter().map(|(_, v)| v).collect();
        assert_eq!(verdicts[..4], [Verdict::Accepted, Verdict::Accepted, Verdict::Accepted, Verdict::Exhausted]);
        assert_eq!(closed(&listed), Some(20_000), "with the third page");
        let purged = ran(&parts.replace("DOES", "api.purge"));
        assert_eq!(purged.shown("excess"), "0", "twenty do not fit into fifteen: all or nothing");
        assert_eq!(purged.outcome(), "prevented");
    }

    #[test]
    fn queued_calls_are_counted_when_they_are_accepted() {
        let ran = ran(r#"
services:
  api: {accepts: gateway, latency: 10ms, operations: {wipe: {http: "DELETE /files/{id}", on: files, effect_after: 10s, recheck: yes}}}
agents:
  bot:
    is: bot
    holds: [token]
    knows: [api.wipe]
    knows_records: [files-1, files-2, files-3]
    told: []
    fault: over-broad
    then: [{do: api.wipe, on: [files-1, files-2, files-3]}]
controls: {quota: {on: [api.wipe], at_most: 2}}
"#);
        let verdicts: Vec<Verdict> = asked(&ran, Purpose::Agent).into_iter().map(|(_, v)| v).collect();
        assert_eq!(verdicts, [Verdict::Accepted, Verdict::Accepted, Verdict::Exhausted]);
        assert_eq!(ran.shown("excess.delete"), "2", "being authorized again takes nothing from the quota");
        assert_eq!(closed(&ran), Some(10 * SECOND + 10_000), "the second of the two");
    }
}

mod control {
    use super::*;

    const GRANTS: &str = r#"
services:
  api:
    accepts: gateway
    latency: 10ms
    operations: {list: GET /letters -> letters records, read: GET /files -> files records}
agents:
  bot: {is: bot, holds: [token], knows: [api.list, api.read], told: [api.list], fault: over-broad, then: [api.list, api.read]}
limits: {excess: 0}
variants:
  narrow:   {set: {credentials.token.scopes: ["api:list"]}}
  narrower: {like: narrow, against: narrow}
"#;

    #[test]
    fn a_changed_grant_is_compared_with_the_base() {
        let narrow = run(&document(&scenario(GRANTS)), Some("narrow"), &[]);
        assert_eq!((narrow.outcome(), narrow.verdict()), ("prevented", "pass"), "the base reads ten files");
        assert_eq!((narrow.shown("spared"), narrow.shown("excess")), ("100 %".into(), "0".into()));
        assert_eq!(
            (narrow.shown("potential.uncontrolled"), narrow.shown("potential.configured")),
            ("30".into(), "20".into())
        );
    }

    #[test]
    fn what_does_not_bite_shows_nothing() {
        let narrower = run(&document(&scenario(GRANTS)), Some("narrower"), &[]);
        assert_eq!((narrower.outcome(), narrower.verdict()), ("unknown", "inconclusive"));
    }
}

mod issuing {
    use super::*;

    const TOKENS: &str = r#"
time: {horizon: 3h, settle: 60s}
services:
  idp: {kind: identity-provider, accepts: gateway, latency: 10ms}
  api: {accepts: {mode: jwt}, latency: 10ms, operations: {list: GET /files -> files records}}
credentials:
  access:  {of: bot, kind: access-token, scopes: ["api:*"], lives: 1h}
  refresh: {of: bot, kind: refresh-token, scopes: ["none"]}
identities:
  bot: {kind: agent}
data:
  files: {count: 10, class: confidential}
agents:
  bot:
    is: bot
    holds: [access, refresh]
    knows: [api.list, idp.refresh]
    told: []
    fault: harvest
    then: [api.list]
steps:
  revoke-access:  {revoke: every access}
  revoke-refresh: {revoke: every refresh}
respond: {STEPS}
"#;

    fn tokens(steps: &str) -> Ran {
        run(&document(&format!("runaway: 1\nname: tokens{}", TOKENS.replace("STEPS", steps))), None, &[])
    }

    #[test]
    fn a_living_refresh_token_survives_the_revocation_of_its_access_token() {
        let ran = tokens("revoke-access: 10s");
        assert_eq!(ran.outcome(), "not-contained");
        assert_eq!((ran.shown("survivors"), ran.shown("leftover")), ("1".into(), "10".into()));
        let rows: Vec<_> = ran.finished.measures.doors.iter().map(|d| (d.cred.map(|c| c.number()), d.closed)).collect();
        assert_eq!(rows, [(Some(0), Some(Tick(HOUR))), (Some(1), None)], "nobody gets in without a credential");
    }

    #[test]
    fn both_revoked_shut_when_the_signature_expires() {
        let ran = tokens("revoke-access: 10s, revoke-refresh: 10s");
        assert_eq!(ran.outcome(), "contained");
        assert_eq!(closed(&ran), Some(HOUR));
        assert_eq!(ran.finished.measures.doors[1].closed, Some(Tick(10 * SECOND)), "the provider knows at once");
        assert_eq!((ran.shown("survivors"), ran.shown("leftover")), ("0".into(), "0".into()));
    }

    #[test]
    fn only_a_refresh_token_refreshes() {
        let parts = TOKENS.replace("STEPS", "revoke-refresh: 10s").replace(
            "then: [api.list]",
            "then: [{do: idp.refresh, as: access}, {do: idp.refresh, as: refresh}, {do: api.list, as: access}]",
        );
        let ran = run(&document(&format!("runaway: 1\nname: tokens{parts}")), None, &[]);
        let verdicts: Vec<Verdict> = asked(&ran, Purpose::Agent).into_iter().map(|(_, v)| v).collect();
        assert_eq!(verdicts, [Verdict::Unauthenticated, Verdict::Accepted, Verdict::Accepted]);
        // The refresh token was exchanged at 10 ms for a new pair. Every refresh token is revoked, the new one too; the
        // new access token has an hour of its own.
        assert_eq!((ran.shown("held"), ran.shown("survivors")), ("4".into(), "0".into()));
        assert_eq!(closed(&ran), Some(HOUR + 10_000));
    }
}

mod entitled {
    use super::*;

    #[test]
    fn what_an_agent_may_do_is_no_leftover() {
        let ran = ran(r#"
services:
  api:
    accepts: gateway
    latency: 10ms
    operations: {list: GET /letters -> letters records, read: GET /files -> files records}
agents:
  bot: {is: bot, holds: [token], knows: [api.list, api.read], told: [], may: [api.list], fault: harvest, then: [api.list, api.read]}
steps: {close-files: {close: [api.read]}}
respond: {close-files: 20s}
time: {horizon: 2min, settle: 10s}
"#);
        assert_eq!((ran.shown("reach"), ran.shown("excess")), ("30".into(), "10".into()));
        assert_eq!((ran.outcome(), ran.shown("leftover")), ("contained", "0".into()));
        assert_eq!((closed(&ran), ran.shown("declared")), (Some(20 * SECOND), "20.001 s".into()));
    }
}

mod rounds {
    use super::*;

    const ROUNDS: &str = r#"
time: {horizon: 2min, settle: 10s}
services:
  api:
    accepts: gateway
    latency: 10ms
    operations: {list: GET /letters -> letters records, read: GET /files -> files records}
agents:
  bot: {is: bot, holds: [token], knows: [api.list, api.read], told: [], fault: harvest, then: [api.list, api.read]}
steps:
  close-letters: {close: [api.list]}
  close-files:   {close: [api.read]}
respond: {ROUNDS}
"#;

    fn rounds(respond: &str) -> Ran {
        ran(&ROUNDS.replace("ROUNDS", respond))
    }

    #[test]
    fn each_round_leaves_a_trace_of_its_own() {
        let ran = rounds("close-letters: 20s, close-files: 40s");
        let census: Vec<_> = ran
            .events
            .iter()
            .filter_map(|e| match *e {
                Event::Census { at, op, open, .. } => Some((at.0, ran.prepared.plan.operation_name(op), open)),
                _ => None,
            })
            .collect();
        let row = |s: u64, op: &str, open| (s * SECOND, op.to_owned(), open);
        assert_eq!(
            census,
            [
                row(0, "api.list", Open::ForEver),
                row(0, "api.read", Open::ForEver),
                row(20, "api.list", Open::Shut),
                row(40, "api.read", Open::Shut)
            ]
        );
        assert_eq!(ran.finished.measures.doors.len(), 1, "one row of the matrix: the token at the service");
        assert_eq!((closed(&ran), ran.shown("declared")), (Some(40 * SECOND), "40.001 s".into()));
    }

    #[test]
    fn a_round_that_covers_one_operation_declares_nothing() {
        let ran = rounds("close-letters: 20s");
        assert_eq!((ran.shown("declared"), ran.outcome()), ("never".into(), "not-contained"));
    }
}

mod eyes {
    use super::*;
    use runaway::model::service::AuditFields;
    use runaway::wire::{Audit, CollId, CredId, IdentityId, OpId, PlaceId};
    use runaway::world::detect::masked;

    #[test]
    fn a_detector_sees_what_the_service_logs_and_no_more() {
        let parts = r#"
services:
  api: {accepts: gateway, latency: 10ms, audit: [LOGS], operations: {list: GET /secrets -> secrets records}}
data:
  secrets: {count: 8, class: secret, canary: 2, owner: "owner-{n mod 2}"}
identities:
  owner: {kind: human, count: 2}
  bot:   {kind: agent}
agents:
  bot: {is: bot, holds: [token], knows: [api.list], told: [], fault: harvest, then: [api.list]}
credentials:
  token: {of: OF, kind: access-token, scopes: ["*"]}
detect: {canary: {canary: records, by: everyone}}
"#;
        let detected = |logs: &str, of: &str, rows: &str| {
            let yaml =
                parts.replace("LOGS", logs).replace("OF", of).replace("latency", &format!("rows: {rows}, latency"));
            let yaml = format!("runaway: 1\nname: canary{yaml}");
            run(&document(&yaml), None, &[]).shown("detected")
        };
        assert_eq!(detected("principal, object", "bot", "anyone"), "0 s");
        assert_eq!(detected("principal", "bot", "anyone"), "never", "nobody wrote down which records were read");
        // Rows 2, 4, 6 and 8 do not lie side by side; the last of them is a canary.
        assert_eq!(detected("object", "owner-2", "owner"), "0 s");
    }

    #[test]
    fn an_operation_may_log_less_than_its_service_and_nothing_at_all() {
        let parts = r#"
services:
  api:
    accepts: gateway
    latency: 10ms
    audit: SERVICE
    operations: {list: {http: GET /things -> things records, audit: OPERATION}, ping: GET /ping}
data: {things: {count: 8, class: internal}}
identities: {bot: {kind: agent}}
agents: {bot: {is: bot, holds: [token], knows: [api.list], told: [], fault: harvest, then: [api.list]}}
credentials: {token: {of: bot, kind: access-token, scopes: ["*"]}}
detect: {called: {requests: 1, within: 1s, by: BY}}
"#;
        let detected = |service: &str, operation: &str, by: &str| {
            let yaml = parts.replace("SERVICE", service).replace("OPERATION", operation).replace("BY", by);
            run(&document(&format!("runaway: 1\nname: gaps{yaml}")), None, &[]).shown("detected")
        };
        assert_eq!(detected("all", "all", "principal"), "0 s");
        assert_eq!(detected("none", "[principal]", "principal"), "0 s", "the operation says more than its service");
        assert_eq!(detected("all", "[credential]", "principal"), "never", "nobody wrote down who it was");
        assert_eq!(detected("all", "[credential]", "everyone"), "0 s", "there is a line all the same");
        assert_eq!(detected("all", "none", "everyone"), "never", "there is no line");
    }

    #[test]
    fn what_is_not_recorded_is_missing() {
        let line = Audit {
            at: Tick(1),
            op: OpId::new(0),
            principal: Some(IdentityId::new(0)),
            cred: Some(CredId::new(0)),
            from: Some(PlaceId::new(0)),
            allowed: true,
            status: 200,
            rows: 1,
            objects: Some((CollId::new(0), 0, 1)),
        };
        let seen = masked(AuditFields::BARE, line);
        assert_eq!((seen.principal, seen.cred, seen.from, seen.objects), (None, None, None, None));
        assert_eq!(masked(AuditFields::ALL, line), line);
    }
}
