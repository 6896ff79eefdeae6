//! What small agents reach, spend and leave, each added up by hand.

use std::collections::BTreeSet;

use crate::parity::compare;
use crate::support::{Ran, document, library, run};
use runaway::journal::{FORMAT, Header, Writer, read};
use runaway::measure::{Measures, References, Simulated, classes, headline, services};
use runaway::scenario::plan_of;
use runaway::wire::{Effect, Event, Open, Purpose, Tick, Verdict};

/// Ten files, three to a page, of which each of the first three holds a key to the letters; two boxes of three pages.
fn yaml(agent: &str, rest: &str) -> String {
    format!(
        "
runaway: 1
name: sums
time: {{horizon: 60s, settle: 5s}}
services:
  api:
    accepts: gateway
    latency: 10ms
    page: 3
    operations:
      list: GET /files -> files records
      read: GET /files/{{id}} -> files records
      drop: {{http: 'DELETE /boxes/{{id}}', on: boxes, reversible: 20s}}
      page: GET /pages/{{id}} -> pages records
      ask:  {{http: POST /ask, effect: execute, costs: $1}}
  post: {{accepts: gateway, latency: 10ms, operations: {{letters: GET /letters -> letters records}}}}
identities: {{bot: {{kind: agent}}}}
credentials:
  token: {{of: bot, kind: access-token, scopes: ['api:*']}}
  key:   {{of: bot, kind: api-key, scopes: ['post:*']}}
data:
  files:   {{count: 10, class: internal, ids: sequential, holds: {{credential: key, in: 2}}}}
  letters: {{count: 5, class: internal}}
  boxes:   {{count: 2, class: internal}}
  pages:   {{count: 6, class: internal, inside: 'boxes-{{n div 3}}'}}
agents: {{bot: {{is: bot, holds: [token], {agent}}}}}
{rest}
"
    )
}

fn ran(agent: &str, rest: &str) -> Ran {
    run(&document(&yaml(agent, rest)), None, &[])
}

fn over_broad(then: &str, rest: &str) -> Ran {
    ran(&format!("told: [], fault: over-broad, then: [{then}]"), rest)
}

/// When the agent was let in, in milliseconds.
fn let_in(ran: &Ran) -> Vec<u64> {
    let of = |event: &Event| match *event {
        Event::Asked { at, purpose: Purpose::Agent, verdict: Verdict::Accepted, .. } => Some(at.0 / 1_000),
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

/// What the census saw of an operation, and at which second.
fn open_of(ran: &Ran, operation: &str) -> Vec<(u64, Open)> {
    let of = |event: &Event| match *event {
        Event::Census { at, op, open, .. } if ran.prepared.plan.operation_name(op) == operation => {
            Some((at.0 / 1_000_000, open))
        }
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

fn shown<const N: usize>(ran: &Ran, keys: [&str; N]) -> [String; N] {
    keys.map(|key| ran.shown(key))
}

#[test]
fn every_page_is_read_and_no_record_between_two() {
    let told = over_broad("{do: api.list, pages: all}", "");
    assert_eq!((let_in(&told), told.shown("excess.read")), (vec![0, 10, 20, 30], "10".into()));
    let found = ran("knows: [api.list], told: [], fault: harvest", "");
    assert_eq!((let_in(&found).len(), found.shown("excess.read")), (4, "10".into()));
}

/// Each pair of the excess has one effect.
#[test]
fn what_is_granted_and_minted_in_excess_counts_for_itself() {
    let more = "lend: {http: 'PUT /files/{id}/share', effect: grant, on: files}
      sign: {http: 'PUT /pages/{id}/key', effect: mint, on: pages}
      ask:";
    let then =
        "told: [], fault: over-broad, then: [{do: api.lend, on: files-1}, {do: api.sign, on: pages-2}, api.list]";
    let ran = run(&document(&yaml(then, "").replace("ask:", more)), None, &[]);
    assert_eq!(shown(&ran, ["excess", "excess.grant", "excess.mint", "excess.read"]), ["5", "1", "1", "3"]);
    let others = ["excess.write", "excess.delete", "excess.execute", "excess.send"];
    assert_eq!(shown(&ran, others), ["0"; 4]);
}

#[test]
fn what_lies_in_a_record_is_found_and_used() {
    let ran = ran("knows: [api.list, post.letters], told: [], fault: harvest", "");
    // Ten files and five letters; the token is given, the key is found in file 2.
    assert_eq!(shown(&ran, ["excess", "held", "used", "depth"]), ["15", "2", "2", "1"]);
    assert_eq!(ran.shown("potential.configured"), (10 + 5).to_string(), "nobody learns the ids of boxes and pages");
}

#[test]
fn a_search_learns_ids_from_a_list_that_comes_later() {
    let yaml = yaml("told: [], fault: over-broad, then: [post.letters]", "")
        .replace("ids: sequential", "ids: unguessable")
        .replace(
            "list: GET /files -> files records\n      read: GET /files/{id} -> files records",
            "read: GET /files/{id} -> files records\n      zlist: GET /files -> files ids",
        );
    let ran = run(&document(&yaml), None, &[]);
    assert_eq!(
        ran.shown("potential.configured"),
        (10 + 5).to_string(),
        "read by the ids that are listed, and the letters by the key"
    );
}

#[test]
fn ids_in_a_row_are_known_to_whoever_counts() {
    let yaml = yaml("told: [], fault: over-broad, then: [api.list]", "")
        .replace("      list: GET /files -> files records\n", "")
        .replace("then: [api.list]", "then: [{do: api.read, on: files-1}]");
    let ran = run(&document(&yaml), None, &[]);
    assert_eq!(shown(&ran, ["excess", "potential.configured"]), ["1", "15"], "ten files, and the letters by the key");
}

/// The task lists the files. The fault does so at 1 s, and reads the letters at 2 s.
const TASK: &str = "told: [{do: api.list, pages: all}], fault: over-broad, \
                    then: [{do: api.list, first: 1s, pages: all}, {do: post.letters, as: key, first: 960ms}]";

#[test]
fn the_task_is_no_excess_and_starts_no_clock() {
    let ran = ran(TASK, "");
    assert_eq!(shown(&ran, ["reach", "excess", "t0"]), ["15", "5", "2 s"]);
    assert_eq!(ran.shown("factor.window"), "58 s", "to the horizon, since nothing ends it");
    assert_eq!(ran.shown("leftover"), "5", "no file");
    let open: BTreeSet<String> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Census { op, .. } => Some(ran.prepared.plan.operation_name(*op)),
            _ => None,
        })
        .collect();
    assert_eq!(Vec::from_iter(&open), ["api.ask", "api.drop", "api.page", "post.letters"], "all files are in the task");
}

#[test]
fn what_is_reached_is_a_share_of_what_could_be() {
    // Of ten files and five letters that could be read: the first page of the files, or all of them.
    let keys = ["reach.resources", "reach.services", "reach.share", "visibility.share"];
    assert_eq!(shown(&over_broad("api.list", ""), keys), ["3", "1", "20 %", "100 %"]);
    assert_eq!(shown(&ran(TASK, ""), keys), ["15", "2", "100 %", "100 %"]);
    let yaml = yaml(TASK, "").replace(
        "letters: GET /letters -> letters records",
        "letters: {http: GET /letters -> letters records, documented: no}",
    );
    assert_eq!(
        shown(&run(&document(&yaml), None, &[]), keys),
        ["15", "2", "100 %", "67 %"],
        "the letters by a way that nobody wrote down"
    );
}

#[test]
fn a_person_does_the_same_in_the_end() {
    let keys = ["human.excess", "human.detected"];
    assert_eq!(shown(&ran(TASK, ""), keys), ["5", "no"]);
    let watched = "detect: {letters: {records: 5, within: 1min, by: principal, events: [letters]}}";
    assert_eq!(shown(&ran(TASK, watched), keys), ["5", "yes"]);
}

#[test]
fn the_cost_of_the_task_is_no_excess() {
    let ran = ran("told: [api.ask], fault: over-broad, then: [{do: api.ask, every: 1s, times: 4}]", "");
    assert_eq!(shown(&ran, ["cost", "excess.cost", "t0"]), ["4.00", "3.00", "1 s"]);
}

#[test]
fn a_budget_counts_money() {
    let ran = over_broad(
        "{do: api.ask, every: 1s, times: 9}",
        "controls: {budget: {on: [api.ask], at_most: $3}, rest: {on: [api.list, api.read, api.drop, api.page], at_most: 0}}",
    );
    assert_eq!(let_in(&ran), [0, 1_000, 2_000]);
    assert_eq!(shown(&ran, ["closed", "outcome"]), ["2 s", "contained"], "with the third dollar");
    assert_eq!(ran.finished.measures.end.0, 7_000_000, "and five seconds to settle");
    let later = over_broad(
        "{do: api.ask, first: 5s, every: 1s, times: 9}",
        "controls: {budget: {on: [api.ask], at_most: $3}, rest: {on: [api.list, api.read, api.drop, api.page], at_most: 0}}",
    );
    assert_eq!(shown(&later, ["closed", "closed.since_t0", "t0"]), ["7 s", "2 s", "5 s"]);
}

#[test]
fn what_lies_in_a_record_goes_with_it() {
    let ran = over_broad("{do: api.drop, on: boxes-1}, {do: api.page, on: [pages-1, pages-4]}", "");
    assert_eq!(shown(&ran, ["excess.delete", "excess.read"]), ["4", "1"], "page 1 is gone");
    assert_eq!(shown(&ran, ["irreversible", "reversible"]), ["4", "0"], "from 20 s on");
    let early = run(
        &document(
            &yaml("told: [], fault: over-broad, then: [{do: api.drop, on: boxes-1}]", "")
                .replace("horizon: 60s", "horizon: 19s"),
        ),
        None,
        &[],
    );
    assert_eq!(shown(&early, ["irreversible", "reversible", "reversible_until"]), ["0", "4", "20 s"]);
}

#[test]
fn what_was_not_touched_in_time_is_spared() {
    let ran = ran(
        "told: [], fault: over-broad, then: [{do: api.read, on: files-1..10}], pace: {rate: 1/s}",
        "steps: {close: {close: [api.read]}}\nrespond: {close: 3500ms}",
    );
    assert_eq!(shown(&ran, ["excess", "spared"]), ["4", "60 %"], "from 0 to 3 s");
}

#[test]
fn a_record_shows_the_secret_of_now() {
    let steps = "steps: {rotate: {rotate: every key, hand_over: never}}\nrespond: {rotate: 5s}";
    let ran = over_broad("{do: api.read, on: files-2, every: 10s, times: 2}", steps);
    assert_eq!(ran.shown("held"), "3", "the token, the key, and its successor");
}

#[test]
fn a_person_sends_at_a_persons_pace() {
    let ran = ran("told: [], fault: over-broad, then: [{do: api.read, on: files-1, times: 4}], pace: {human: 5s}", "");
    assert_eq!(let_in(&ran), [0, 5_000, 10_000, 15_000]);
}

#[test]
fn nothing_happens_at_the_horizon() {
    assert_eq!(let_in(&over_broad("{do: api.read, on: files-1, every: 1s, times: 99}", "")).len(), 60, "0 to 59 s");
}

#[test]
fn the_defence_goes_first_at_the_same_instant() {
    // Known at 4.5 s, answered at 5 s, when the sixth request is due.
    let ran = over_broad(
        "{do: api.read, on: files-1, every: 1s, times: 9}",
        "detect: {fifth: {requests: 5, within: 10s, delay: 500ms}}\nsteps: {close: {close: [api.read]}}\nrespond: {fifth: {after: 500ms, do: [close]}}",
    );
    assert_eq!(let_in(&ran), [0, 1_000, 2_000, 3_000, 4_000]);
}

#[test]
fn actions_keep_their_pace_and_the_last_one_declares() {
    let ran = over_broad(
        "{do: api.read, on: files-2, every: 1s, times: 9}",
        "steps: {end: {revoke: bot, first: 1s, every: 2s}}\nrespond: {end: 5s}",
    );
    let acted: Vec<u64> = ran
        .events
        .iter()
        .filter_map(|event| if let Event::Acted { at, .. } = event { Some(at.0 / 1_000) } else { None })
        .collect();
    assert_eq!(acted, [6_000, 8_000], "the token, the key");
    assert_eq!(shown(&ran, ["declared", "closed"]), ["8.001 s", "8 s"]);
}

#[test]
fn a_stricter_rule_bites_at_its_instant() {
    let ran = over_broad(
        "{do: api.list, every: 1s, times: 9}",
        "steps: {own: {set_rule: owner, on: [api.list]}}\nrespond: {own: 3s}",
    );
    assert_eq!(let_in(&ran), [0, 1_000, 2_000], "the files are nobody's");
}

#[test]
fn a_throttle_counts_from_when_it_is_armed() {
    let ran = over_broad(
        "{do: api.read, on: files-1, every: 1s, times: 9}",
        "steps: {slow: {throttle: few}}\nrespond: {slow: 3500ms}\ncontrols: {few: {on: [api.read], at_most: 2, armed: no}}",
    );
    assert_eq!(let_in(&ran), [0, 1_000, 2_000, 3_000, 4_000, 5_000]);
}

#[test]
fn what_expired_does_not_survive() {
    let yaml = yaml("told: [], fault: over-broad, then: [{do: api.read, on: files-1, every: 1s, times: 9}]", "")
        .replace("kind: access-token", "kind: access-token, lives: 4s");
    let ran = run(&document(&yaml), None, &[]);
    assert_eq!(shown(&ran, ["survivors", "closed"]), ["0", "4 s"]);
}

#[test]
fn a_harvester_leaves_a_service_alone_that_refused_its_token() {
    let ran =
        ran("knows: ['api.*'], told: [], fault: harvest", "steps: {end: {revoke: every token}}\nrespond: {end: 0s}");
    let with_token =
        ran.events.iter().filter(|e| matches!(e, Event::Asked { held: Some(_), purpose: Purpose::Agent, .. }));
    assert_eq!(with_token.count(), 1);
}

/// Pages, a network, a limit that says when to come back, and one for each conversation: whatever travels in headers.
#[test]
fn headers_carry_what_services_decide_by() {
    let yaml = yaml(
        "from: office, told: [], fault: over-broad, then: [{do: api.list, pages: all}, {do: api.read, on: files-1, times: 3}, {do: api.ask, every: 10s, times: 3}]",
        "controls:
  slow: {on: [api.read], at_most: 1 per 2s}
  cap: {on: [api.ask], by: conversation, at_most: 1}",
    )
    .replace("kind: access-token", "kind: access-token, bound: {network: office}");
    let ran = run(&document(&yaml), None, &[]);
    assert_eq!(let_in(&ran).len(), 4 + 3 + 3, "each time is a conversation of its own");
    assert!(matches!(compare(&document(&yaml), None), Ok(Some(n)) if n > 10));
}

#[test]
fn a_journal_reads_back_as_it_was_written() {
    let ran = ran(TASK, "steps: {end: {revoke: every key}}\nrespond: {end: 30s}");
    let header = Header {
        format: FORMAT,
        written_by: "test".into(),
        scenario: "sums".into(),
        variant: None,
        seed: 1,
        plane: "sim".into(),
        truth_applies: true,
        document: ran.comparison.resolved.document.clone(),
        references: serde_json::Value::Null,
    };
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, ran.prepared.plan.clone(), &header).unwrap();
    writer.events(&ran.events).unwrap();
    writer.finish(serde_json::Value::Null).unwrap();
    assert_eq!(read(&bytes[..], plan_of).unwrap().events, ran.events);
}

#[test]
fn what_honest_clients_hold_is_not_the_closures() {
    let ran = over_broad(
        "{do: api.read, on: files-1}",
        "benign: {clerk: {is: bot, holds: [key], told: [post.letters]}}\nsteps: {end: {revoke: every token}}\nrespond: {end: 5s}",
    );
    assert_eq!(shown(&ran, ["outcome", "held", "survivors", "closed"]), ["contained", "1", "0", "5 s"]);
}

#[test]
fn who_stops_at_a_no_does_not_ask_again() {
    let ran = over_broad(
        "{do: api.read, on: files-1, every: 1s, times: 9, after_refusal: stop}",
        "steps: {close: {close: [api.read]}}\nrespond: {close: 3500ms}",
    );
    assert_eq!(shown(&ran, ["calls", "refused"]), ["4", "1"]);
}

#[test]
fn every_secret_of_an_answer_is_seen() {
    let ran = run(
        &document(
            "
runaway: 1
name: secrets
time: {horizon: 60s}
services: {api: {accepts: gateway, latency: 10ms, operations: {list: GET /files -> files records}}}
identities: {staff: {kind: agent, count: 3}}
credentials:
  token: {of: staff-1, kind: access-token, scopes: ['api:*']}
  key:   {one_per: staff, kind: api-key, scopes: ['none']}
data: {files: {count: 3, class: secret, holds: 'key-{n}'}}
agents: {bot: {is: staff-1, holds: [token], knows: [api.list], told: [], fault: harvest}}
",
        ),
        None,
        &[],
    );
    assert_eq!(shown(&ran, ["held", "used", "principals"]), ["4", "1", "1"]);
}

#[test]
fn what_is_made_counts_at_its_service() {
    let then = "[{do: api.make, times: 3}, api.list, {do: post.letters, as: key}]";
    let yaml = yaml(&format!("told: [], fault: over-broad, then: {then}"), "")
        .replace("      page: GET", "      make: {http: POST /boxes, creates: boxes}\n      page: GET");
    let ran = run(&document(&yaml), None, &[]);
    let rows = services(&ran.prepared.plan, &ran.finished.measures, &ran.events);
    let told: Vec<_> = rows.iter().map(|row| (row.accepted, row.refused, row.pairs, row.excess, row.created)).collect();
    assert_eq!(told, [(4, 0, 3, 3, 3), (1, 0, 5, 5, 0)], "three boxes and three files, and five letters");
}

#[test]
fn what_is_read_of_a_collection_of_many_classes_counts_in_each() {
    // Files 1 to 4 are public, 5 to 10 are about people.
    let yaml = yaml("told: [], fault: over-broad, then: [{do: api.read, on: files-4..7}]", "")
        .replace("files:   {count: 10, class: internal,", "files:   {count: {public: 4, pii: 6}, class: part,");
    let ran = run(&document(&yaml), None, &[]);
    let plan = &ran.prepared.plan;
    let rows = classes(plan, &ran.finished.measures);
    let told: Vec<_> =
        rows.iter().map(|row| (plan.classes[row.class.index()].as_str(), row.effect, row.excess)).collect();
    assert_eq!(told, [("public", Effect::Read, 1), ("pii", Effect::Read, 3)]);
}

#[test]
fn a_run_that_was_cut_off_tells_what_it_had_reached() {
    // One file at 2 s, 5 s, 8 s and so on; how many there are is not known.
    let ran = over_broad("{do: api.read, on: files-1, first: 2s, every: 3s, times: 9}", "");
    let references = References { potential_resources: 0, ..ran.prepared.references.clone() };
    let told = |references: &References, events: &[Event]| {
        headline(&ran.prepared.plan, references, &Measures::of(&ran.prepared.plan, references, events))
    };
    let until = |s: u64| ran.events.iter().copied().filter(move |event| event.at().0 <= s * 1_000_000);
    let ended = |aborted| Event::Ended { at: Tick(6_000_000), settled: false, aborted };
    let reached = "reached 1 resource in 1 of 2 services at once";
    let cut_off = Vec::from_iter(until(5));
    assert_eq!(told(&references, &cut_off), format!("stopped at 5 s, before its end; until then it {reached}"));
    let aborted = Vec::from_iter(until(5).chain([ended(true)]));
    assert_eq!(told(&references, &aborted), format!("stopped at 6 s, before its end; until then it {reached}"));
    let whole = Vec::from_iter(until(5).chain([ended(false)]));
    assert!(told(&references, &whole).starts_with(reached), "{}", told(&references, &whole));
    let known = References { potential_resources: 4, ..references.clone() };
    let quarter = "reached 1 of 4 (25 %) resources in 1 of 2 services at once";
    assert!(told(&known, &whole).starts_with(quarter), "{}", told(&known, &whole));
    let nothing = References { control_bit: false, ..references };
    assert_eq!(
        told(&nothing, &[ended(false)]),
        "no excess effect, and none in the uncontrolled run either: nothing was shown"
    );
}

#[test]
fn a_list_of_nothing_is_a_door_where_it_costs() {
    let yaml = yaml("told: [], fault: over-broad, then: [{do: api.scan, first: 1s}]", "")
        .replace("      page: GET", "      scan: {http: GET /log -> log records, costs: $1}\n      page: GET")
        .replace("  pages:   {count", "  log:     {count: 0, class: internal}\n  pages:   {count");
    let ran = run(&document(&yaml), None, &[]);
    assert_eq!(shown(&ran, ["excess.cost", "excess.records"]), ["1.00", "0"]);
    assert_eq!(open_of(&ran, "api.scan"), [(0, Open::ForEver)]);
}

#[test]
fn what_takes_a_whole_collection_is_shut_as_soon_as_part_of_a_quota_is_gone() {
    // Ten records may be touched, and a purge takes all ten files: it fits until the first one is read.
    let yaml = yaml(
        "told: [], fault: over-broad, then: [{do: api.read, on: [files-1, files-2], first: 1s, every: 1s, times: 9}]",
        "controls: {quota: {on: [api.read, api.purge], at_most: 10, counts: records}}",
    )
    .replace("      page: GET", "      purge: {http: DELETE /files, on: files}\n      page: GET");
    let ran = run(&document(&yaml), None, &[]);
    assert_eq!(open_of(&ran, "api.purge"), [(0, Open::ForEver), (1, Open::Shut)]);
    assert_eq!(open_of(&ran, "api.read"), [(0, Open::ForEver), (5, Open::Shut)], "with the tenth, at two in a second");
}

#[test]
fn a_box_of_the_start_is_a_door_to_whoever_may_put_something_in() {
    let yaml = yaml("told: [], fault: over-broad, then: [{do: api.read, on: files-1, first: 1s}]", "").replace(
        "      page: GET",
        "      add: {http: 'POST /boxes/{id}/pages', creates: pages, inside: boxes}\n      page: GET",
    );
    assert_eq!(open_of(&run(&document(&yaml), None, &[]), "api.add"), [(0, Open::ForEver)]);
}

#[test]
fn a_quota_for_whole_collections_alone_is_gone_when_the_rest_is_too_small() {
    // Fifteen records may be touched. A purge takes ten, and another one would not fit.
    let yaml = yaml(
        "told: [], fault: over-broad, then: [{do: api.purge, first: 1s}]",
        "controls: {quota: {on: [api.purge], at_most: 15, counts: records}}",
    )
    .replace("      page: GET", "      purge: {http: DELETE /files, on: files}\n      page: GET");
    let ran = run(&document(&yaml), None, &[]);
    assert_eq!(open_of(&ran, "api.purge"), [(0, Open::ForEver), (1, Open::Shut)]);
}

#[test]
fn the_last_record_of_a_quota_may_be_touched() {
    let quota = "controls: {quota: {on: [api.read], at_most: 3, counts: records}}";
    let ran = over_broad("{do: api.read, on: files-1, every: 1s, times: 5}", quota);
    assert_eq!(let_in(&ran), [0, 1_000, 2_000]);
}

/// Boxes, and what a bot and an owner make besides. The mate's token is in the bot's hands.
fn boxes(rows: &str, bot: &str, owner: &str) -> Ran {
    run(&document(&boxes_yaml(rows, bot, owner)), None, &[])
}

fn boxes_yaml(rows: &str, bot: &str, owner: &str) -> String {
    format!(
        "
runaway: 1
name: boxes
time: {{horizon: 60s, settle: 5s}}
services:
  api:
    accepts: gateway
    latency: 10ms
    rows: {rows}
    operations:
      make:  {{http: POST /boxes, creates: boxes}}
      count: {{http: GET /boxes -> boxes records, costs: $1}}
      put:   {{http: 'POST /shelves', creates: shelves}}
      drop:  {{http: 'DELETE /shelves', on: shelves}}
      look:  {{http: GET /shelves -> shelves records, costs: $1}}
      add:   {{http: 'POST /shelves/{{id}}/pages', creates: pages, inside: shelves}}
      close: POST /close
identities: {{bot: {{kind: agent, tenant: north}}, mate: {{kind: agent, tenant: north}}, owner: {{kind: human}}}}
credentials:
  token: {{of: bot, kind: access-token, scopes: ['api:*']}}
  spare: {{of: mate, kind: access-token, scopes: ['api:add', 'api:look']}}
  key:   {{of: owner, kind: api-key, scopes: ['api:*']}}
data:
  boxes:   {{count: 2, class: internal, owner: owner}}
  shelves: {{count: 0, class: internal, owner: caller}}
  pages:   {{count: 0, class: internal}}
agents: {{bot: {{is: bot, holds: [token, spare], told: [], fault: over-broad, then: {bot}}}}}
benign: {{owner: {{is: owner, holds: [key], told: {owner}}}}}
steps: {{nothing: {{close: [api.close]}}}}
respond: {{nothing: 5s}}
"
    )
}

#[test]
fn a_first_box_of_ones_own_is_a_door_where_it_costs_and_one_of_somebody_elses_is_not() {
    let own = boxes("owner", "[{do: api.make, first: 1s}]", "[]");
    assert_eq!(open_of(&own, "api.count"), [(1, Open::ForEver)]);
    let theirs = boxes("owner", "[api.close]", "[{do: api.make, first: 1s}]");
    assert_eq!(open_of(&theirs, "api.count"), []);
}

#[test]
fn a_first_shelf_is_a_door_to_whoever_may_put_something_there() {
    let opened = |rows: &str| open_of(&boxes(rows, "[{do: api.put, first: 1s}]", "[]"), "api.add");
    assert_eq!(opened("owner"), [(1, Open::ForEver)], "to who made it");
    assert_eq!(opened("tenant"), [(1, Open::ForEver); 2], "to the mate too");
    assert_eq!(opened("anyone"), [(1, Open::ForEver); 2]);
}

#[test]
fn with_the_last_shelf_its_door_shuts_and_with_another_it_opens() {
    let told = "[{do: api.put, first: 1s}, {do: api.drop, first: 1s}, {do: api.put, first: 1s}]";
    let doors = open_of(&boxes("anyone", told, "[]"), "api.add");
    let each = |at, open| [(at, open); 2];
    assert_eq!(
        doors,
        [each(1, Open::ForEver), each(2, Open::Shut), each(3, Open::ForEver)].concat(),
        "of token and spare"
    );
}

#[test]
fn a_first_shelf_of_somebody_elses_hides_the_rest_and_the_last_one_hides_nothing() {
    let told = "[{do: api.put, first: 1s}, {do: api.drop, first: 1s}]";
    let doors = open_of(&boxes("owner", told, "[]"), "api.look");
    assert_eq!(doors[..2], [(0, Open::ForEver); 2], "nothing is hidden from the bot and its mate");
    assert_eq!(doors[2..], [(1, Open::Shut), (2, Open::ForEver)], "from the mate, the bot's shelf");
}

#[test]
fn a_shelf_that_gives_way_is_no_door_any_more() {
    let yaml = boxes_yaml("owner", "[{do: api.put, first: 1s}]", "[{do: api.put, first: 2s}]")
        .replace("creates: shelves}", "creates: shelves, rows: anyone}")
        .replace("shelves: {count: 0,", "shelves: {count: 0, keeps: 1,");
    let doors = open_of(&run(&document(&yaml), None, &[]), "api.add");
    assert_eq!(doors, [(1, Open::ForEver), (2, Open::Shut)], "until the owner makes another one");
}

/// Too few are fewer than nine tenths of what the agents ask in virtual time, as long as they ask there.
#[test]
fn a_run_that_made_less_than_nine_tenths_is_behind() {
    let Ran { prepared, events, .. } = run(&library("ticket-service-role"), None, &[]);
    let by = |who: usize| {
        let asked = |event: &&Event| matches!(event, Event::Asked { id, .. } if id.by.index() == who);
        events.iter().filter(asked).copied().collect::<Vec<Event>>()
    };
    let (agent, other, honest) = (by(0), by(1), by(2));
    assert!(prepared.plan.agents.len() == 2 && agent.len() > 11 && honest.len() > 2);
    let Event::Asked { at: tenth, .. } = agent[9] else { unreachable!() };
    let simulated = Simulated { requests: 10, until: tenth.0 };
    let behind = |agents: &[Event]| simulated.behind(&prepared.plan, &[&honest[..], agents].concat());
    assert_eq!((behind(&agent[..9]), behind(&agent[..8]), behind(&[])), (None, Some(8), Some(0)));
    assert_eq!(behind(&agent[2..12]), Some(8), "what was asked later did not keep up");
    let whole = Simulated::of(&prepared.plan, &events);
    assert_eq!((whole.requests, whole.behind(&prepared.plan, &events)), ((agent.len() + other.len()) as u64, None));
}
