//! One microsecond, one record, one caller more: what decides at an edge, each with the values by hand.

use std::sync::Arc;

use crate::support::{Ran, document, run};
use runaway::journal::Digest;
use runaway::model::Plan;
use runaway::scenario::Overrides;
use runaway::wire::{
    ActorId, Arg, Body, Envelope, Event, FamilyId, HeldId, Log, OpId, PlaceId, Presented, Purpose, Reason, Request,
    RequestId, Response, RouteId, Scheme, Slot, Span, Target, Text, Tick, Vantage, Verdict,
};
use runaway::world::World;

/// One service, one bot that reads a file each second, and what a test puts in.
fn scenario(parts: &str) -> Ran {
    run(
        &document(&format!(
            "
runaway: 1
name: edges
time: {{horizon: 60s}}
{parts}"
        )),
        None,
        &[],
    )
}

/// The decisions on requests of this purpose with this credential, in milliseconds.
fn asked(ran: &Ran, purpose: Purpose, cred: u32) -> Vec<(u64, Verdict)> {
    let of = |event: &Event| match *event {
        Event::Asked { at, purpose: of, cred: Some(with), verdict, .. } if of == purpose && with.number() == cred => {
            Some((at.0 / 1_000, verdict))
        }
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

/// Which credentials the runbook ended.
fn ended(ran: &Ran) -> Vec<u32> {
    let of = |event: &Event| match *event {
        Event::Acted { target: Target::Credential(cred), worked: true, .. } => Some(cred.number()),
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

mod reach_of_a_step {
    use super::*;

    #[test]
    fn an_end_reaches_what_was_minted_where_its_family_cascades() {
        let ran = scenario(
            "
services: {api: {accepts: gateway, latency: 10ms, operations: {list: GET /files -> files records}}}
identities: {bot: {kind: agent}}
credentials:
  client: {of: bot, kind: oauth-client, scopes: ['api:*']}
  loose:  {of: bot, kind: access-token, scopes: ['api:*'], parent: client, cascade: no}
  tied:   {of: bot, kind: access-token, scopes: ['api:*'], parent: client, cascade: yes}
data: {files: {count: 10, class: internal}}
agents:
  bot:
    is: bot
    holds: [client, loose, tied]
    told: []
    fault: over-broad
    then: [{together: [[{do: api.list, as: loose, every: 1s, times: 9}], [{do: api.list, as: tied, every: 1s, times: 9}]]}]
    pace: {machine: 2}
steps: {end: {revoke: every client}}
respond: {end: 5500ms}
",
        );
        let accepted = |cred| asked(&ran, Purpose::Agent, cred).iter().filter(|(_, v)| *v == Verdict::Accepted).count();
        assert_eq!((accepted(1), accepted(2)), (9, 6), "from 0 to 8 s; from 0 to 5 s");
        assert_eq!(ran.shown("survivors"), "1");
    }

    /// A client, a token of it, a token of that; and a token beside them. The agent uses the client's token.
    const FAMILY: &str = "
services: {api: {accepts: gateway, latency: 10ms, operations: {list: GET /files -> files records}}}
identities: {bot: {kind: agent}, other: {kind: agent}}
credentials:
  root:   {of: bot, kind: oauth-client, scopes: ['api:*']}
  child:  {of: other, kind: access-token, scopes: ['api:*'], parent: root}
  grand:  {of: bot, kind: access-token, scopes: ['api:*'], parent: child}
  beside: {of: bot, kind: access-token, scopes: ['api:*']}
data: {files: {count: 10, class: internal}}
agents: {bot: {is: bot, holds: [root], told: [], fault: over-broad, then: [{do: api.list, every: 1s, times: 3}]}}
detect: {many: {requests: 2, within: 10s, by: credential}}
respond: {many: {after: 0s, do: [end]}}
";

    #[test]
    fn descendants_are_all_that_hang_below() {
        let ran = scenario(&format!("{FAMILY}steps: {{end: {{revoke: descendants}}}}"));
        assert_eq!(ended(&ran), [0, 1, 2], "the alarmed one, its child, and the child of that");
    }

    #[test]
    fn everything_of_the_principal_is_nobody_elses() {
        let ran = scenario(&format!("{FAMILY}steps: {{end: {{revoke: everything of the principal}}}}"));
        assert_eq!(ended(&ran), [0, 2, 3], "the child belongs to another");
    }

    /// What it holds and what it owns, also where somebody else owns it; what an owner owns, from an alarm about the owner.
    #[test]
    fn everything_of_somebody_is_what_it_holds_too() {
        let owned = FAMILY.replace("other: {kind: agent}", "other: {kind: agent, of: bot}").replace(
            "bot: {kind: agent},",
            "firm: {kind: human}, boss: {kind: human, of: firm}, bot: {kind: agent, of: boss},",
        );
        let ran = scenario(&format!("{owned}steps: {{end: {{revoke: everything of bot}}}}"));
        assert_eq!(ended(&ran), [0, 1, 2, 3], "its own, and that of the other, which it owns");
        let by_owner = owned.replace("by: credential", "by: owner");
        for which in ["everything of the owner", "alarmed"] {
            let ran = scenario(&format!("{by_owner}steps: {{end: {{revoke: {which}}}}}"));
            assert_eq!(ended(&ran), [0, 2, 3], "{which}: what the boss owns; the other is the bot's");
        }
    }

    #[test]
    fn what_was_minted_from_a_survivor_is_no_root() {
        let ran = scenario(
            &FAMILY
                .replace("holds: [root]", "holds: [root, child, beside]")
                .replace("{many: {after: 0s, do: [end]}}", "{end: 30s}")
                .lines()
                .chain(["steps: {end: {revoke: every grand}}"])
                .collect::<Vec<_>>()
                .join("\n"),
        );
        assert_eq!((ran.shown("survivors"), ran.shown("survivors.roots")), ("3".into(), "2".into()));
    }

    /// Three files hold keys. The first one is read, the second is refused, and somebody else reads the third.
    #[test]
    fn what_is_exposed_is_what_the_alarmed_one_was_shown() {
        let ran = scenario(
            "
services:
  api:
    accepts: gateway
    latency: 10ms
    audit: all
    operations: {read: {http: 'GET /files/{id} -> files records', rows: owner}, ping: GET /ping}
identities: {staff: {kind: agent, count: 3}}
credentials:
  token: {of: staff-1, kind: access-token, scopes: ['api:*']}
  desk:  {of: staff-3, kind: session, scopes: ['api:*']}
  key:   {one_per: staff, kind: api-key, scopes: ['none']}
data: {files: {count: 3, class: secret, owner: 'staff-{n}', holds: 'key-{n}'}}
agents: {bot: {is: staff-1, holds: [token], told: [], fault: over-broad, then: [{do: api.read, on: [files-1, files-2]}, api.ping]}}
benign: {clerk: {is: staff-3, holds: [desk], told: [{do: api.read, on: files-3}]}}
detect: {many: {requests: 3, within: 10s, by: principal}}
steps: {end: {revoke: exposed}}
respond: {many: {after: 1s, do: [end]}}
",
        );
        assert_eq!(ended(&ran), [2], "the key in the first file");
    }

    #[test]
    fn what_one_answer_showed_apart_from_each_other_is_exposed_alike() {
        let ran = scenario(
            "
services:
  api:
    accepts: gateway
    latency: 10ms
    audit: all
    operations: {list: {http: 'GET /files -> files records', rows: owner}}
identities: {staff: {kind: agent, count: 2}, holder: {kind: agent, count: 5}}
credentials:
  token: {of: staff-1, kind: access-token, scopes: ['api:*']}
  key:   {one_per: holder, kind: api-key, scopes: ['none']}
data: {files: {count: 5, class: secret, owner: 'staff-{n mod 2}', holds: 'key-{n}'}}
agents: {bot: {is: staff-1, holds: [token], told: [], fault: over-broad, then: [api.list]}}
detect: {any: {requests: 1, within: 10s, by: principal}}
steps: {end: {revoke: exposed}}
respond: {any: {after: 1s, do: [end]}}
",
        );
        assert_eq!(ended(&ran), [1, 3, 5], "the keys in files 1, 3 and 5, which were shown in one list");
    }
}

/// An agent that lists each second, and steps of a runbook.
fn defended(steps: &str, respond: &str) -> Ran {
    scenario(&format!(
        "
services:
  api: {{accepts: gateway, latency: 10ms, operations: {{list: GET /files -> files records}}}}
identities: {{bot: {{kind: agent}}}}
credentials: {{token: {{of: bot, kind: api-key, scopes: ['api:*']}}}}
data: {{files: {{count: 10, class: internal}}}}
agents: {{bot: {{is: bot, holds: [token], told: [], fault: over-broad, then: [{{do: api.list, every: 1s, times: 9}}]}}}}
steps: {{{steps}}}
respond: {{{respond}}}
"
    ))
}

/// The seconds at which the agent was let in, whatever it presented.
fn let_in(ran: &Ran) -> Vec<u64> {
    let of = |event: &Event| match *event {
        Event::Asked { at, purpose: Purpose::Agent, verdict: Verdict::Accepted, .. } => Some(at.0 / 1_000_000),
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

#[test]
fn an_operation_that_was_closed_answers_nobody() {
    assert_eq!(let_in(&defended("close: {close: [api.list]}", "close: 5s")), [0, 1, 2, 3, 4]);
}

#[test]
fn the_successor_of_a_bound_secret_is_bound_too() {
    let steps = "bind: {bind: every token, to: office}, rotate: {rotate: every token, hand_over: 0s}";
    assert_eq!(let_in(&defended(steps, "rotate: 3500ms")), [0, 1, 2, 3, 4, 5, 6, 7, 8], "its owner gets the new one");
    assert_eq!(let_in(&defended(steps, "bind: 2500ms, rotate: 3500ms")), [0, 1, 2]);
}

#[test]
fn a_looser_rule_declares_nothing() {
    let ran = defended("open: {set_rule: anyone, on: [api.list]}", "open: 5s");
    assert_eq!((ran.shown("declared"), ran.outcome()), ("never".into(), "not-contained"));
}

mod alarms {
    use super::*;

    const NONE: [u64; 0] = [];

    /// A bot that pings, reads and writes; what watches it; and what answers.
    fn watched(then: &str, defence: &str) -> Ran {
        scenario(&format!(
            "
services:
  api:
    accepts: gateway
    latency: 10ms
    operations: {{ping: GET /ping, list: GET /files -> files records, drop: {{http: 'DELETE /files/{{id}}', on: files, needs: [admin]}}}}
identities: {{bot: {{kind: agent}}, clerk: {{kind: human}}}}
credentials:
  token: {{of: bot, kind: access-token, scopes: ['api:*']}}
  desk: {{of: clerk, kind: access-token, scopes: ['api:*']}}
data: {{files: {{count: 10, class: internal}}}}
agents: {{bot: {{is: bot, holds: [token], told: [], fault: over-broad, then: [{then}]}}}}
benign: {{clerk: {{is: clerk, holds: [desk], told: [{{do: api.ping, every: 1s, times: 2}}]}}}}
{defence}"
        ))
    }

    fn raised(ran: &Ran) -> Vec<u64> {
        let of = |event: &Event| if let Event::Alarm { at, .. } = event { Some(at.0 / 1_000) } else { None };
        ran.events.iter().filter_map(of).collect()
    }

    /// When somebody was told, and when that one acts.
    fn responded(ran: &Ran) -> Vec<[u64; 2]> {
        let of = |event: &Event| match event {
            Event::Responding { at, acts, .. } => Some([at.0 / 1_000, acts.0 / 1_000]),
            _ => None,
        };
        ran.events.iter().filter_map(of).collect()
    }

    #[test]
    fn a_fan_out_that_takes_longer_than_its_window_is_none() {
        let three = |gap: &str| -> Vec<u64> {
            let then = format!("api.list, {{do: api.ping, first: {gap}}}, {{do: api.drop, first: {gap}, on: files-1}}");
            raised(&watched(&then, "detect: {spread: {operations: 3, within: 10s}}"))
        };
        assert_eq!(three("4s"), [8_020], "at 0, 4.01 and 8.02 s");
        assert_eq!(three("6s"), NONE, "the third falls into the next window");
    }

    #[test]
    fn callers_are_counted_apart() {
        let pings = "{do: api.ping, every: 1s, times: 2}";
        assert_eq!(raised(&watched(pings, "detect: {many: {requests: 3, within: 10s, by: credential}}")), NONE);
        assert_eq!(raised(&watched(pings, "detect: {many: {requests: 3, within: 10s, by: everyone}}")), [1_000]);
    }

    #[test]
    fn an_alarm_is_known_after_its_delay() {
        let ran = watched(
            "{do: api.ping, every: 1s, times: 3}",
            "detect: {many: {requests: 3, within: 10s, by: credential, delay: 7s}}",
        );
        assert_eq!(raised(&ran), [9_000], "counted at 2 s");
    }

    #[test]
    fn a_deletion_that_was_refused_destroys_nothing() {
        let drops = "{do: api.drop, on: files-1, every: 1s, times: 3}";
        assert_eq!(raised(&watched(drops, "detect: {destroyed: {deletes: 1, within: 10s}}")), NONE);
    }

    #[test]
    fn the_runbook_answers_an_alarm_once_and_its_own_only() {
        let pings = "{do: api.ping, every: 1s, times: 40}";
        let ran = watched(
            pings,
            "
detect:
  slow: {requests: 5, within: 10s, by: credential}
  fast: {requests: 2, within: 10s, by: credential}
steps: {look: {set_rule: owner, on: [api.drop]}}
respond: {slow: {after: 500ms, do: [look]}}
",
        );
        assert!(raised(&ran).len() > 4, "both go off again whenever their window has passed: {:?}", raised(&ran));
        assert_eq!(responded(&ran), [[4_000, 4_500]], "the fifth request");
    }

    #[test]
    fn a_report_is_heard_when_it_is_made() {
        let ran = watched("{do: api.ping, every: 1s, times: 9}", "detect: {told: {report: 4500ms}}");
        assert_eq!(raised(&ran), [4_500]);
    }
}

mod limits {
    use super::*;

    fn limited(limit: &str, then: &str) -> Ran {
        scenario(&format!(
            "
services: {{api: {{accepts: gateway, latency: 10ms, operations: {{list: GET /files -> files records}}}}}}
identities: {{bot: {{kind: agent}}, clerk: {{kind: human}}}}
credentials:
  token: {{of: bot, kind: access-token, scopes: ['api:*']}}
  desk: {{of: clerk, kind: access-token, scopes: ['api:*']}}
data: {{files: {{count: 10, class: internal}}}}
agents: {{bot: {{is: bot, holds: [token], told: [], fault: over-broad, then: [{then}]}}}}
benign: {{clerk: {{is: clerk, holds: [desk], told: [{{do: api.list, first: 500ms}}]}}}}
controls: {{limit: {limit}}}
"
        ))
    }

    #[test]
    fn a_window_begins_on_its_tick() {
        let ran = limited("{on: [api.list], by: credential, at_most: 1 per 2s}", "{do: api.list, every: 2s, times: 9}");
        let agent = asked(&ran, Purpose::Agent, 0);
        assert_eq!(agent, (0..9).map(|n| (n * 2_000, Verdict::Accepted)).collect::<Vec<_>>());
    }

    #[test]
    fn who_has_used_nothing_is_let_through() {
        let ran = limited("{on: [api.list], by: credential, at_most: 1}", "{do: api.list, every: 2s, times: 2}");
        let verdicts = |purpose, cred| asked(&ran, purpose, cred).into_iter().map(|(_, v)| v).collect::<Vec<_>>();
        assert_eq!(verdicts(Purpose::Agent, 0), [Verdict::Accepted, Verdict::Exhausted]);
        assert_eq!(verdicts(Purpose::Benign, 1), [Verdict::Accepted]);
        assert_eq!(ran.shown("collateral"), "0");
    }
}

mod stale {
    use super::*;

    /// A check is good for 10 s, and for 20 s more it is served while it is made again. Revoked at 5 s.
    fn served(times: &str) -> Ran {
        scenario(&format!(
            "
services:
  api:
    accepts: {{mode: introspect, cache: 10s, stale: 20s}}
    latency: 10ms
    operations: {{list: GET /files -> files records}}
identities: {{bot: {{kind: agent}}}}
credentials: {{token: {{of: bot, kind: access-token, scopes: ['api:*']}}}}
data: {{files: {{count: 10, class: internal}}}}
agents: {{bot: {{is: bot, holds: [token], told: [], fault: over-broad, then: [{{do: api.list, {times}}}]}}}}
steps: {{end: {{revoke: every token}}}}
respond: {{end: 5s}}
"
        ))
    }

    fn last_accepted(ran: &Ran) -> Option<u64> {
        asked(ran, Purpose::Agent, 0).into_iter().rfind(|(_, verdict)| *verdict == Verdict::Accepted).map(|(at, _)| at)
    }

    #[test]
    fn what_lapsed_is_served_once_and_checked() {
        let ran = served("every: 1s, times: 40");
        assert_eq!(last_accepted(&ran), Some(10_000), "the request that had it checked again");
        assert_eq!(ran.shown("closed"), "10 s");
    }

    #[test]
    fn nobody_has_it_checked_until_it_is_used() {
        let ran = served("every: 29s, times: 2");
        assert_eq!(last_accepted(&ran), Some(29_000));
        assert_eq!(ran.shown("closed"), "29 s", "it would have been served until 30 s");
        assert_eq!(last_accepted(&served("every: 30s, times: 2")), Some(0));
    }
}

mod bystanders {
    use super::*;

    /// Two agents that ask at random latencies.
    const TWO: &str = "
services: {api: {accepts: gateway, latency: 10ms..900ms, operations: {list: GET /files -> files records}}}
identities: {bot: {kind: agent, count: 2}}
credentials: {key: {one_per: bot, kind: api-key, scopes: ['api:*']}}
data: {files: {count: 10, class: internal}}
agents:
  one: {is: bot-1, holds: [key-1], told: [], fault: over-broad, then: [{do: api.list, times: 20}]}
";

    #[test]
    fn somebody_beside_shifts_no_draw() {
        let alone = scenario(TWO);
        let beside = scenario(&format!(
            "{TWO}  two: {{is: bot-2, holds: [key-2], told: [], fault: over-broad, then: [{{do: api.list, times: 20}}]}}\n"
        ));
        assert_eq!(asked(&alone, Purpose::Agent, 0).len(), 20);
        assert_eq!(asked(&alone, Purpose::Agent, 0), asked(&beside, Purpose::Agent, 0));
    }

    /// An honest client with a key that is rotated at 5.5 s, and no right to write.
    fn rotated(hand_over: &str) -> Ran {
        scenario(&format!(
            "
services:
  api: {{accepts: gateway, latency: 10ms, operations: {{list: GET /files -> files records, add: {{http: POST /files, creates: files, needs: [admin]}}}}}}
identities: {{bot: {{kind: agent}}, clerk: {{kind: human}}}}
credentials: {{token: {{of: bot, kind: access-token, scopes: ['api:*']}}, desk: {{of: clerk, kind: api-key, scopes: ['api:*']}}}}
data: {{files: {{count: 10, class: internal}}}}
agents: {{bot: {{is: bot, holds: [token], told: [], fault: over-broad, then: [api.list]}}}}
benign: {{clerk: {{is: clerk, holds: [desk], told: [api.add, {{do: api.list, every: 1s, times: 9}}]}}}}
steps: {{rotate: {{rotate: every desk, hand_over: {hand_over}}}}}
respond: {{rotate: 5500ms}}
"
        ))
    }

    #[test]
    fn who_gets_the_new_secret_in_time_is_no_collateral() {
        assert_eq!(rotated("0s").shown("collateral"), "0", "what is refused without any control does not count either");
        assert_eq!(rotated("2s").shown("collateral"), "2", "at 6.01 and 7.01 s");
        assert_eq!(rotated("never").shown("collateral"), "3", "from 6.01 to 8.01 s");
    }
}

mod records {
    use super::*;

    #[test]
    fn a_record_of_another_tenant_is_refused_by_its_id() {
        let ran = scenario(
            "
services:
  api: {accepts: gateway, latency: 10ms, operations: {read: {http: 'GET /files/{id} -> files records', rows: tenant}}}
identities: {bot: {kind: agent, count: 2, tenant: 'firm-{n}'}}
credentials: {key: {one_per: bot, kind: api-key, scopes: ['api:*']}}
data: {files: {count: 4, class: internal, tenant: 'firm-{n mod 2}'}}
agents: {bot: {is: bot-1, holds: [key-1], told: [], fault: over-broad, then: [{do: api.read, on: files-1..4}]}}
",
        );
        assert_eq!(ran.shown("excess.read"), "2");
    }
}

mod verdicts {
    use super::*;

    fn open(limits: &str, rest: &str) -> Ran {
        scenario(&format!(
            "
services: {{api: {{accepts: gateway, latency: 10ms, operations: {{list: GET /files -> files records, export: {{http: POST /exports -> letters records, effect_after: 1h}}}}}}}}
identities: {{bot: {{kind: agent}}}}
credentials: {{token: {{of: bot, kind: access-token, scopes: ['api:*']}}}}
data: {{files: {{count: 10, class: internal}}, letters: {{count: 20, class: internal}}}}
agents: {{bot: {{is: bot, holds: [token], told: [], fault: over-broad, then: [api.list, api.export]}}}}
limits: {limits}
{rest}
"
        ))
    }

    /// Nothing is left but the queued export.
    const ENDED: &str = "steps: {end: {revoke: every token}}\nrespond: {end: 10s}\n";

    #[test]
    fn a_door_that_never_shut_is_within_no_limit_of_time() {
        assert_eq!(open("{closed: 1h}", "").verdict(), "fail");
    }

    #[test]
    fn what_may_still_happen_is_not_within_a_limit() {
        let excess = |most: u32| open(&format!("{{excess: {most}}}"), ENDED).verdict();
        assert_eq!(excess(9), "fail", "ten files are gone");
        assert_eq!([excess(10), excess(29)], ["inconclusive"; 2], "10 to 30");
        assert_eq!(excess(30), "pass");
        assert_eq!(["{held: 0}", "{held: 1}"].map(|limit| open(limit, ENDED).verdict()), ["fail", "pass"]);
    }

    #[test]
    fn a_run_that_contradicts_its_truth_never_passes() {
        let queued = |n: u32| open("{excess: 30}", &format!("{ENDED}truth: {{queued: {n}}}")).verdict();
        assert_eq!([queued(1), queued(2)], ["pass", "inconclusive"]);
    }
}

#[test]
fn a_digest_is_about_every_event_and_the_last_one_too() {
    let of = |events: &[Event]| {
        let mut digest = Digest::new("edges", None, 1, &serde_json::Value::Null);
        digest.events(events);
        digest.finish()
    };
    let ended = |at: u64| Event::Ended { at: Tick(at), settled: false, aborted: false };
    assert_eq!(of(&[ended(1)]), of(&[ended(1)]));
    assert_ne!(of(&[ended(1)]), of(&[ended(2)]));
    assert_ne!(of(&[ended(1)]), of(&[ended(1), ended(1)]));
}

/// RFC 6749, 7662 and 9700, request by request.
mod protocol {
    use super::*;

    const OAUTH: &str = "
runaway: 1
name: protocol
services:
  idp:
    accepts: gateway
    operations:
      refresh: {http: POST /token, mints: access, refresh: refresh, grant: refresh-token rotating, needs: []}
      start:   {http: POST /start, mints: access, refresh: refresh}
      keep:    {http: POST /keep, mints: access, grant: token-exchange, scopes: presented}
      both:    {http: POST /both, mints: access, grant: token-exchange, scopes: both}
  oauth: {kind: identity-provider, accepts: gateway}
  api: {accepts: gateway, operations: {list: GET /files -> files records, drop: {http: DELETE /files, on: files}}}
identities: {bot: {kind: agent}}
credentials:
  client:  {of: bot, kind: oauth-client, scopes: ['oauth:*']}
  reader:  {of: bot, kind: access-token, scopes: ['api:list', 'idp:*']}
  dropper: {of: bot, kind: access-token, scopes: ['api:drop', 'idp:*']}
  access:  {of: bot, kind: access-token, count: 0, scopes: ['api:*'], lives: 1h}
  refresh: {of: bot, kind: refresh-token, scopes: ['none'], lives: 100s}
data: {files: {count: 10, class: internal}}
agents: {bot: {is: bot, holds: [client, reader, dropper], told: [oauth.introspect, idp.refresh, api.list]}}
";

    struct Desk {
        plan: Arc<Plan>,
        world: World,
    }

    impl Desk {
        fn new() -> Desk {
            let plan = Arc::new(document(OAUTH).resolve(None, &Overrides::default()).unwrap().plan);
            Desk { world: World::new(plan.clone()), plan }
        }

        fn secret(&self, family: &str, index: u32) -> Text {
            let of = |f: &FamilyId| self.plan.family(*f).name == family;
            Text::Generated { family: self.plan.family_ids().find(of).unwrap(), index, turn: 0 }
        }

        /// Asks an operation at a second, with a secret in the header and one in the body.
        fn ask(&mut self, s: u64, operation: &str, presented: Option<Text>, about: Option<Text>) -> (Response, Reason) {
            let of = |op: &OpId| self.plan.operation_name(*op) == operation;
            let op = self.plan.operation_ids().find(of).unwrap();
            let request = Request {
                route: RouteId::new(op.number()),
                about: about.map_or(Arg::None, Arg::Text),
                page: Arg::None,
                carries: false,
                presented: presented.map(|text| Presented {
                    scheme: Scheme::Bearer,
                    text,
                    held: HeldId::new(0),
                    proven: true,
                }),
                from: Vantage { network: PlaceId::new(0), connection: 0, purpose: Purpose::Agent, conversation: None },
            };
            let id = RequestId { by: ActorId::new(0), n: 0 };
            let (mut slot, mut log) = (Slot::default(), Log::default());
            let now = Tick(s * 1_000_000);
            let answer = self.world.handle(now, &Envelope { id, request, back: Span(1) }, &mut slot, &mut log);
            let reason = log.events.iter().find_map(|event| match *event {
                Event::Asked { reason, .. } => Some(reason),
                _ => None,
            });
            (answer, reason.expect("every request is decided"))
        }

        fn refresh(&mut self, s: u64, with: Text) -> Option<(Text, Text)> {
            match self.ask(s, "idp.refresh", None, Some(with)).0.body {
                Body::Token { access, refresh: Some(refresh), .. } => Some((access, refresh)),
                _ => None,
            }
        }

        fn exchange(&mut self, operation: &str, caller: Text, subject: Text) -> Text {
            match self.ask(1, operation, Some(caller), Some(subject)).0.body {
                Body::Token { access, .. } => access,
                other => panic!("{other:?}"),
            }
        }

        fn lists(&mut self, s: u64, with: Text) -> u16 {
            self.ask(s, "api.list", Some(with), None).0.status
        }

        fn is_active(&mut self, s: u64, token: Text) -> bool {
            let client = self.secret("client", 0);
            let (answer, _) = self.ask(s, "oauth.introspect", Some(client), Some(token));
            answer.body == Body::Introspection { active: true }
        }
    }

    #[test]
    fn a_refresh_token_that_rotates_is_good_once_and_its_reuse_ends_the_line() {
        let mut desk = Desk::new();
        let first = desk.secret("refresh", 0);
        let (early, second) = desk.refresh(1, first).unwrap();
        let (later, third) = desk.refresh(2, second).unwrap();
        let (latest, fourth) = desk.refresh(3, third).unwrap();
        assert_eq!([early, later, latest].map(|token| desk.lists(4, token)), [200, 200, 200]);
        let (answer, reason) = desk.ask(5, "idp.refresh", None, Some(third));
        assert_eq!((answer.status, reason), (400, Reason::RevokedByProtocol), "it was exchanged at 3 s");
        assert_eq!([early, later, latest].map(|token| desk.lists(6, token)), [401; 3], "from the first of the line on");
        assert_eq!(desk.refresh(6, fourth), None, "and so is the youngest");
    }

    #[test]
    fn a_refresh_token_ends_with_all_tokens_of_its_grant_and_the_first_one_is_among_them() {
        let mut desk = Desk::new();
        let (reader, client) = (desk.secret("reader", 0), desk.secret("client", 0));
        let start = |desk: &mut Desk, s| match desk.ask(s, "idp.start", Some(reader), None).0.body {
            Body::Token { access, refresh: Some(refresh), .. } => (access, refresh),
            other => panic!("{other:?}"),
        };
        let ((first, refresh), (other, _)) = (start(&mut desk, 1), start(&mut desk, 1));
        let (second, renewed) = desk.refresh(2, refresh).unwrap();
        assert_eq!([first, second, other].map(|token| desk.lists(3, token)), [200, 200, 200]);
        desk.ask(4, "oauth.revoke", Some(client), Some(renewed));
        assert_eq!([first, second].map(|token| desk.lists(5, token)), [401, 401], "RFC 7009 section 2.1: of one grant");
        assert_eq!(
            [other, reader].map(|token| desk.lists(5, token)),
            [200, 200],
            "of another grant, and what it was asked with"
        );
    }

    #[test]
    fn an_exchange_gives_no_more_than_was_there() {
        let mut desk = Desk::new();
        let (reader, dropper) = (desk.secret("reader", 0), desk.secret("dropper", 0));
        let mut may = |operation, caller, subject| {
            let token = desk.exchange(operation, caller, subject);
            ["api.list", "api.drop"].map(|operation| desk.ask(2, operation, Some(token), None).0.status)
        };
        assert_eq!(may("idp.keep", dropper, reader), [200, 403], "what the subject could");
        assert_eq!(may("idp.both", reader, reader), [200, 403]);
        assert_eq!(may("idp.both", dropper, reader), [403, 403], "one can list, the other can drop");
    }

    #[test]
    fn only_what_is_alive_introspects_as_active() {
        let mut desk = Desk::new();
        let first = desk.secret("refresh", 0);
        let unknown = desk.secret("refresh", 7);
        assert!(!desk.is_active(0, unknown));
        assert!(desk.is_active(99, first));
        assert!(!desk.is_active(100, first), "`exp` is the first instant at which it is no good");
        let (access, _) = desk.refresh(50, first).unwrap();
        assert!(desk.is_active(51, access));
        let client = desk.secret("client", 0);
        desk.ask(52, "oauth.revoke", Some(client), Some(access));
        assert!(!desk.is_active(52, access), "from that instant on");
    }
}
