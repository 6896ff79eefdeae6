//! What a credential is good for: its audience, the records that it opens, whose it is, and what an exchange keeps.

use crate::parity::compare;
use crate::support::{Ran, document, run};
use runaway::wire::{Event, Open, Reason, Verdict};

/// The decisions on the agents' requests to one operation, in order.
pub fn decisions(ran: &Ran, operation: &str) -> Vec<(u16, Verdict, Reason)> {
    let plan = &ran.prepared.plan;
    let of = |event: &Event| match *event {
        Event::Asked { op: Some(op), status, verdict, reason, .. } if plan.operation_name(op) == operation => {
            Some((status, verdict, reason))
        }
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

/// One token for one of three services; the third does not look at `aud`.
const AUDIENCE: &str = r#"
runaway: 1
name: audience
time: {horizon: 10min}
services:
  first:  {accepts: {mode: jwt}, operations: {list: GET /files -> files records}}
  second: {accepts: {mode: jwt}, operations: {list: GET /files -> files records}}
  third:  {accepts: {mode: jwt, audience: ignored}, operations: {list: GET /letters -> letters records}}
  old:    {accepts: {mode: jwt}, operations: {list: {http: GET /v1 -> prices records, needs: any credential}}}
identities:
  bot: {kind: agent}
credentials:
  token:  {of: bot, kind: access-token, scopes: ["*"], audience: first, lives: 1h}
  narrow: {of: bot, kind: access-token, scopes: ["first:read"], lives: 1h}
data:
  files:   {count: 10, class: internal}
  letters: {count: 20, class: internal}
  prices:  {count: 40, class: internal}
agents:
  bot:
    is: bot
    holds: [token, narrow]
    told: []
    fault: over-broad
    then:
      - {do: first.list, as: token}
      - {do: second.list, as: token}
      - {do: third.list, as: token}
      - {do: old.list, as: token}
      - {do: old.list, as: nothing}
      - {do: old.list, as: narrow}
      - {do: second.list, as: narrow}
variants:
  one-token:
    set: {agents.bot.holds: [token], agents.bot.then: [first.list, third.list]}
"#;

#[test]
fn a_token_for_one_service_is_no_token_at_another_that_looks() {
    let ran = run(&document(AUDIENCE), None, &[]);
    let refused = (401, Verdict::Unauthenticated, Reason::Audience);
    assert_eq!(decisions(&ran, "first.list"), [(200, Verdict::Accepted, Reason::Granted)]);
    assert_eq!(decisions(&ran, "second.list"), [refused, (403, Verdict::Forbidden, Reason::Scope)]);
    assert_eq!(decisions(&ran, "third.list"), [(200, Verdict::Accepted, Reason::Granted)]);
    let without = (401, Verdict::Unauthenticated, Reason::NoCredential);
    assert_eq!(decisions(&ran, "old.list"), [refused, without, (200, Verdict::Accepted, Reason::Granted)]);
    assert_eq!(ran.shown("excess.records"), (10 + 20 + 40).to_string());
    assert_eq!(compare(&document(AUDIENCE), None), Ok(Some(7)));
}

#[test]
fn an_audience_bounds_what_could_be_reached() {
    let ran = run(&document(AUDIENCE), Some("one-token"), &[]);
    assert_eq!(ran.shown("potential.configured"), (10 + 20).to_string(), "the old service and the second one are shut");
    assert_eq!(ran.shown("leftover"), (10 + 20).to_string());
}

/// A token for one file and one box with its pages. Letters are not named, and lie in nothing that is.
const RECORDS: &str = r#"
runaway: 1
name: records
services:
  store:
    accepts: gateway
    operations:
      list-files: GET /files -> files records
      drop-file:  {http: "DELETE /files/{id}", on: files}
      pages:      {http: "GET /boxes/{id}/pages -> pages records", inside: boxes}
      letters:    GET /letters -> letters records
      wipe:       {http: DELETE /pages, on: pages}
identities:
  bot: {kind: agent, count: 2}
credentials:
  token: {one_per: bot, kind: personal-token, scopes: ["*"], records: [files-3, "boxes-{n}"]}
data:
  files:   {count: 10, class: internal}
  boxes:   {count: 4, class: internal}
  pages:   {count: 20, class: internal, inside: "boxes-{n div 5}"}
  letters: {count: 7, class: internal}
agents:
  bot:
    is: bot-2
    holds: [token-2]
    told: []
    fault: over-broad
    then:
      - {do: store.list-files, pages: all}
      - {do: store.drop-file, on: [files-3, files-4]}
      - {do: store.pages, on: [boxes-1, boxes-2]}
      - store.letters
      - store.wipe
"#;

#[test]
fn a_credential_opens_its_records_with_what_lies_in_them_and_no_others() {
    let ran = run(&document(RECORDS), None, &[]);
    let (granted, refused) = ((200, Verdict::Accepted, Reason::Granted), (403, Verdict::Forbidden, Reason::ObjectRule));
    assert_eq!(decisions(&ran, "store.drop-file"), [granted, refused]);
    // Reads: file 3, the five pages of box 2, seven letters. Deletions: file 3, the same five pages.
    assert_eq!(ran.shown("excess.read"), (1 + 5 + 7).to_string());
    assert_eq!(ran.shown("excess.delete"), (1 + 5).to_string());
    assert_eq!(ran.shown("potential.configured"), (1 + 5 + 7 + 1 + 5).to_string());
    assert_eq!(ran.shown("leftover"), (1 + 5 + 7 + 1 + 5).to_string());
    assert!(matches!(compare(&document(RECORDS), None), Ok(Some(n)) if n > 5));
}

/// A session makes administrators, three that the directory has room for, round and round.
const MINTED_FOR: &str = r#"
runaway: 1
name: minted-for
services:
  admin:
    accepts: gateway
    rows: owner
    operations:
      invite: {http: POST /admins, mints: new-admin, mints_for: "admin-{n}"}
      files:  GET /files -> files records
identities:
  bot:   {kind: agent}
  admin: {kind: human, count: 3}
credentials:
  session:   {of: bot, kind: session, scopes: ["*"]}
  new-admin: {kind: session, count: 0, scopes: ["admin:files"], act: caller}
data:
  files: {per: admin, count: 10, class: internal}
agents:
  bot:
    is: bot
    holds: [session]
    told: []
    fault: over-broad
    then:
      - {do: admin.invite, as: session, times: 2}
      - {do: admin.files, as: each new-admin in turn, times: 2}
time: {horizon: 1h}
steps:
  end-bot: {disable: bot}
variants:
  bot-ended: {respond: {end-bot: 1min}}
"#;

#[test]
fn a_credential_can_be_minted_for_somebody_else() {
    let ran = run(&document(MINTED_FOR), None, &[]);
    assert_eq!(ran.shown("excess.records"), "20", "of two administrators");
    assert_eq!(ran.shown("principals"), "3", "the bot and the two");
    assert_eq!(ran.shown("potential.configured"), "30", "a third could be made");
    assert!(matches!(compare(&document(MINTED_FOR), None), Ok(Some(4))));
}

#[test]
fn ending_who_made_them_leaves_them() {
    let ran = run(&document(MINTED_FOR), Some("bot-ended"), &[]);
    assert_eq!(ran.shown("survivors"), "2");
}

#[test]
fn a_list_that_hides_everything_is_a_refusal_and_one_of_nothing_is_not() {
    let yaml = r#"
runaway: 1
name: hidden
time: {horizon: 1min}
services:
  store:
    accepts: gateway
    rows: owner
    operations:
      list: {http: GET /files -> files records, order: newest first}
      wipe: {http: DELETE /files, on: files}
identities: {owner: {kind: human}, bot: {kind: agent}}
credentials:
  token: {of: bot, kind: session, scopes: ["store:*"]}
  key:   {of: owner, kind: api-key, scopes: ["store:*"]}
data: {files: {count: 3, class: internal, owner: owner}}
agents:
  bot:
    is: bot
    holds: [token, key]
    told: []
    fault: over-broad
    then: [{do: store.list, as: token}, {do: store.wipe, as: key}, {do: store.list, as: token}]
"#;
    let ran = run(&document(yaml), None, &[]);
    let (hidden, empty) = ((200, Verdict::Forbidden, Reason::ObjectRule), (200, Verdict::Accepted, Reason::Granted));
    assert_eq!(decisions(&ran, "store.list"), [hidden, empty], "three files of somebody else, and then none");
}

#[test]
fn a_call_that_costs_is_a_door_to_whoever_may_make_it_about_a_record() {
    // All files lie in box 2. The task lists those that the token opens, so all that a call can exceed is what it costs.
    let yaml = |records: &str| {
        format!(
            r#"
runaway: 1
name: paid
time: {{horizon: 1min}}
services:
  store:
    accepts: gateway
    operations:
      boxes: GET /boxes -> boxes records
      list:  {{http: GET /files -> files records, costs: $1}}
identities: {{bot: {{kind: agent}}}}
credentials: {{token: {{of: bot, kind: personal-token, scopes: ["*"], records: [{records}]}}}}
data:
  boxes: {{count: 2, class: internal}}
  files: {{count: 3, class: internal, inside: boxes-2}}
agents: {{bot: {{is: bot, holds: [token], told: [store.list], fault: over-broad, then: [store.boxes, store.list]}}}}
"#
        )
    };
    let open = |records: &str| {
        let ran = run(&document(&yaml(records)), None, &[]);
        let of = |event: &Event| match *event {
            Event::Census { op, open, .. } if ran.prepared.plan.operation_name(op) == "store.list" => Some(open),
            _ => None,
        };
        ran.events.iter().filter_map(of).collect::<Vec<_>>()
    };
    assert_eq!(open("boxes-2"), [Open::ForEver]);
    assert_eq!(open("boxes-1"), [], "the list is refused");
}

#[test]
fn what_was_made_in_a_record_is_opened_by_whoever_opens_that_record() {
    let read = |with: &str| {
        let yaml = format!(
            r#"
runaway: 1
name: made-inside
time: {{horizon: 1min}}
services:
  store:
    accepts: gateway
    operations:
      add:  {{http: "POST /boxes/{{id}}/pages", creates: pages, inside: boxes}}
      read: "GET /pages/{{id}} -> pages records"
identities: {{bot: {{kind: agent}}}}
credentials:
  first:  {{of: bot, kind: personal-token, scopes: ["*"], records: [boxes-1]}}
  second: {{of: bot, kind: personal-token, scopes: ["*"], records: [boxes-2]}}
data:
  boxes: {{count: 2, class: internal}}
  pages: {{count: 2, class: internal, inside: "boxes-{{n}}"}}
agents:
  bot:
    is: bot
    holds: [first, second]
    told: []
    fault: over-broad
    then: [{{do: store.add, as: first, on: boxes-1}}, {{do: store.read, as: {with}, on: last created}}]
"#
        );
        decisions(&run(&document(&yaml), None, &[]), "store.read")
    };
    assert_eq!(read("first"), [(200, Verdict::Accepted, Reason::Granted)]);
    assert_eq!(read("second"), [(403, Verdict::Forbidden, Reason::ObjectRule)], "it opens box 2");
}

#[test]
fn a_first_page_in_a_box_is_a_door_to_somebody_else_whose_token_opens_that_box() {
    // The mate's token opens box 1. The one page there is lies in box 2, until the bot puts another into box 1.
    let yaml = r#"
runaway: 1
name: opened
time: {horizon: 1min}
services:
  store:
    accepts: gateway
    operations:
      add:  {http: "POST /boxes/{id}/pages", creates: pages, inside: boxes}
      list: {http: GET /pages -> pages records, costs: $1}
identities: {bot: {kind: agent}, mate: {kind: agent}}
credentials:
  token:  {of: bot, kind: session, scopes: ["store:add"]}
  narrow: {of: mate, kind: personal-token, scopes: ["store:list"], records: [boxes-1]}
data:
  boxes: {count: 2, class: internal}
  pages: {count: 1, class: internal, inside: boxes-2}
agents:
  bot:
    is: bot
    holds: [token, narrow]
    told: []
    fault: over-broad
    then: [{do: store.add, as: token, on: boxes-1, first: 1s}]
"#;
    let ran = run(&document(yaml), None, &[]);
    let of = |event: &Event| match *event {
        Event::Census { at, op, open, .. } if ran.prepared.plan.operation_name(op) == "store.list" => {
            Some((at.0 / 1_000_000, open))
        }
        _ => None,
    };
    assert_eq!(ran.events.iter().filter_map(of).collect::<Vec<_>>(), [(1, Open::ForEver)]);
}

#[test]
fn a_record_that_was_made_holds_no_secret_that_lies_in_all_that_were_there() {
    let yaml = r#"
runaway: 1
name: made
time: {horizon: 1min}
services:
  store:
    accepts: gateway
    operations:
      file: {http: POST /files, creates: files}
      read: "GET /files/{id} -> files records"
identities: {bot: {kind: agent}}
credentials:
  token: {of: bot, kind: session, scopes: ["store:*"]}
  key:   {of: bot, kind: api-key, scopes: []}
data: {files: {count: 2, class: internal, holds: key}}
agents: {bot: {is: bot, holds: [token], told: [], fault: over-broad, then: [store.file, {do: store.read, on: RECORD}]}}
"#;
    let held = |record: &str| run(&document(&yaml.replace("RECORD", record)), None, &[]).shown("held");
    assert_eq!((held("files-2"), held("last created")), ("2".into(), "1".into()));
}
