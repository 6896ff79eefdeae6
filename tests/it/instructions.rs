//! Instructions that lie in records, and agents that obey them: in the simulator and over HTTP.

use crate::parity::compare;
use crate::support::{Ran, document, run};
use runaway::wire::{Effect, Event, Verdict, Written};

/// A board on which anybody writes, a vault that nobody is sent to, and a bot that reads the board and may do anything.
fn scenario(parts: &str, agent: &str) -> String {
    format!(
        r#"
runaway: 1
name: instructed
time: {{horizon: 1h}}
services:
  board:
    accepts: gateway
    latency: 10ms
    operations:
      read:   {{http: GET /posts -> posts records, order: newest first}}
      post:   {{http: POST /posts, creates: posts}}
      edit:   {{http: "PUT /posts/{{id}}", on: posts}}
      drop:   {{http: "DELETE /posts/{{id}}", on: posts}}
  vault:
    accepts: gateway
    latency: 10ms
    operations:
      open:   GET /secrets -> secrets records
      copy:   {{http: POST /copies, creates: copies}}
      copies: GET /copies -> copies records
identities:
  stranger: {{kind: outsider}}
  team:     {{kind: human}}
  bot:      {{kind: agent, of: team}}
credentials:
  token: {{of: bot, kind: access-token, scopes: ["board:*", "vault:*"]}}
  safe:  {{of: team, count: 4, kind: api-key, scopes: []}}
data:
  posts:   {{count: 5, class: public, writers: stranger, plants: {{order: 2, rule: 4}}}}
  secrets: {{count: 12, class: secret, holds: {{credential: "safe-{{n}}", in: [2, 3, 5, 7]}}}}
  copies:  {{count: 0, class: public}}
{parts}
agents:
  bot: {{is: bot, holds: [token], knows: [board.*], told: [board.read], {agent}}}
"#
    )
}

const INSTRUCTIONS: &str = "instructions:
  order: {says: [vault.open]}
  rule:  {says: [{do: board.post, times: 3}], signed: yes}";

fn obeyed(ran: &Ran) -> Vec<(u64, String, u32, Option<String>)> {
    let plan = &ran.prepared.plan;
    let of = |e: &Event| match *e {
        Event::Obeyed { at, instruction, lay_in, author, .. } => Some((
            at.0 / 1_000,
            plan.instruction(instruction).name.clone(),
            lay_in.row + 1,
            author.map(|a| plan.identity_name(a)),
        )),
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

/// Runs a scenario in memory, and makes sure that it runs alike over HTTP.
fn both(yaml: &str) -> Ran {
    let document = document(yaml);
    let compared = compare(&document, None);
    assert!(matches!(compared, Ok(Some(n)) if n > 0), "{compared:?}");
    run(&document, None, &[])
}

#[test]
fn an_agent_obeys_everybody_or_whom_it_is_told_to() {
    // Newest first: record 4 is read before record 2. All in one answer, 10 ms after the start.
    let (order, rule) = ((10, "order".to_owned(), 2, Some("stranger".to_owned())), "rule".to_owned());
    let rule = (10, rule, 4, Some("stranger".to_owned()));
    let cases = [
        ("everybody", vec![rule.clone(), order.clone()]),
        ("nobody", vec![]),
        ("signed", vec![rule.clone()]),
        ("stranger", vec![rule, order]),
        ("team", vec![]),
    ];
    for (whom, expected) in cases {
        let ran = both(&scenario(INSTRUCTIONS, &format!("fault: injected, obeys: {whom}")));
        assert_eq!(obeyed(&ran), expected, "obeys {whom}");
        let (posts, reads) = match whom {
            "everybody" | "stranger" => (3, "12"),
            "signed" => (3, "0"),
            _ => (0, "0"),
        };
        assert_eq!(ran.shown("excess.creations"), posts.to_string(), "obeys {whom}");
        assert_eq!(ran.shown("excess.records"), reads, "obeys {whom}");
    }
}

#[test]
fn without_the_fault_nobody_obeys() {
    let ran = both(&scenario(INSTRUCTIONS, "fault: none"));
    assert!(obeyed(&ran).is_empty());
    assert_eq!((ran.outcome(), ran.shown("reach")), ("benign", "5".into()), "the board is read, and that is all");
}

#[test]
fn what_is_written_is_read_by_the_next_one() {
    // The first bot carries the order on to a fresh record; the second reads that alone, since the old ones are gone.
    let parts = "instructions:
  order: {says: [{do: board.post, carrying: order}]}
  rule:  {says: [{do: board.drop, on: [posts-2, posts-4]}]}";
    let second = "fault: injected, obeys: everybody}
  late: {is: bot, holds: [token], knows: [board.*], told: [board.read], starts: 1min, fault: injected, obeys: bot";
    let ran = both(&scenario(parts, second));
    let bot = Some("bot".to_owned());
    let stranger = Some("stranger".to_owned());
    assert_eq!(
        obeyed(&ran),
        [
            (10, "rule".to_owned(), 4, stranger.clone()),
            (10, "order".to_owned(), 2, stranger),
            (60_010, "order".to_owned(), 6, bot)
        ],
        "the copy is the bot's own words"
    );
    let wrote = |e: &Event| match *e {
        Event::Wrote { into, what: Written::Instruction(_), .. } => Some(into.row + 1),
        _ => None,
    };
    assert_eq!(ran.events.iter().filter_map(wrote).collect::<Vec<_>>(), [6, 7]);
}

#[test]
fn a_record_that_is_overwritten_says_what_was_written_last() {
    let parts = "instructions:
  order: {says: [vault.open]}
  rule:  {says: [{do: board.edit, on: posts-2, carrying: rule}]}";
    let second = "fault: injected, obeys: signed}
  first: {is: bot, holds: [token], knows: [board.*], told: [{do: board.edit, on: [posts-2, posts-4], carrying: rule}]}
  late: {is: bot, holds: [token], knows: [board.*], told: [board.read], starts: 1min, fault: injected, obeys: everybody";
    let ran = both(&scenario(parts, second));
    assert_eq!(obeyed(&ran), [(60_010, "rule".to_owned(), 4, Some("bot".to_owned()))], "the order is gone");
}

#[test]
fn copies_carry_what_was_read_with_the_secrets_in_it() {
    let parts = "instructions:
  order: {says: [vault.open, {do: vault.copy, carrying: [secrets, order]}]}
  rule:  {says: [board.read]}";
    let second = "fault: injected, obeys: everybody}
  late: {is: bot, holds: [token], knows: [vault.copies], told: [vault.copies], starts: 1min, fault: injected, obeys: nobody";
    let ran = both(&scenario(parts, second));
    let wrote = |e: &Event| match *e {
        Event::Wrote { what: Written::Copies { first, n, .. }, .. } => Some((first + 1, n)),
        _ => None,
    };
    assert_eq!(ran.events.iter().filter_map(wrote).collect::<Vec<_>>(), [(1, 12)]);
    let secrets = |e: &&Event| matches!(e, Event::Wrote { what: Written::Secret(Some(_)), .. });
    assert_eq!(ran.events.iter().filter(secrets).count(), 4);
    let late = |e: &&Event| matches!(e, Event::Got { by, via: Some(_), .. } if by.index() == 1);
    assert_eq!(ran.events.iter().filter(late).count(), 4, "whoever reads the copy has the four keys");
}

#[test]
fn a_chain_harvests_when_the_instruction_is_carried_out() {
    let parts = "instructions:
  order: {says: [vault.open]}
  rule:  {says: [board.read]}";
    let ran = both(&scenario(parts, "fault: [injected, harvest], obeys: everybody, knows_records: [posts-1]"));
    let dropped = |e: &&Event| matches!(e, Event::Asked { verdict: Verdict::Accepted, op: Some(op), .. } if ran.prepared.plan.operation_name(*op) == "board.drop");
    assert!(ran.events.iter().any(|e| dropped(&e)), "the frontier tries what it knows");
    let nobody = both(&scenario(parts, "fault: [injected, harvest], obeys: nobody, knows_records: [posts-1]"));
    assert_eq!(nobody.shown("excess"), "0", "who was told nothing harvests nothing");
}

#[test]
fn data_leaks_through_hands_and_copies_but_not_into_a_closed_room() {
    // The first bot copies the secrets into a room of the team, the second copies that room where a stranger reads.
    let yaml = |order: &str| {
        format!(
            r#"
runaway: 1
name: leaks
time: {{horizon: 1h}}
services:
  api:
    accepts: gateway
    latency: 10ms
    operations:
      letters: GET /letters -> letters records
      note:    {{http: POST /notes, creates: notes}}
      notes:   GET /notes -> notes records
      post:    {{http: POST /posts, creates: posts}}
identities:
  stranger: {{kind: outsider}}
  team:     {{kind: human}}
  bot:      {{kind: agent, of: team}}
credentials:
  token: {{of: bot, kind: access-token, scopes: ["api:*"]}}
  key:   {{of: team, kind: api-key, scopes: []}}
data:
  letters: {{count: {{public: 3, pii: 7}}, class: part, holds: {{credential: key, in: 9}}}}
  notes:   {{count: 0, class: internal, readers: team}}
  posts:   {{count: 0, class: public, readers: [team, stranger]}}
agents:
  first:
    is: bot
    holds: [token]
    told: [api.letters, {{do: api.note, carrying: letters}}]
  second:
    is: bot
    holds: [token]
    starts: 1min
    told: [api.notes, {order}]
    fault: over-broad
"#
        )
    };
    let cases = [
        ("{do: api.post, carrying: notes}", "7", "all but the public letters, through the note"),
        ("{do: api.post, carrying: found secrets}", "1", "the key is the data of the letter that it lay in"),
        ("{do: api.note, carrying: notes}", "0", "no outsider reads the notes"),
        ("api.post", "0", "a way out is no leak"),
    ];
    for (order, leaked, why) in cases {
        assert_eq!(both(&yaml(order)).shown("leaked"), leaked, "{why}");
    }
}

#[test]
fn a_collection_keeps_the_newest_for_each_tenant() {
    // Ten of each tenant's, room for ten: what one adds pushes its own oldest out, and nobody else's.
    let yaml = |rule: &str| {
        format!(
            r#"
runaway: 1
name: cache
time: {{horizon: 1h}}
services:
  ci:
    accepts: gateway
    latency: 10ms
    rows: {rule}
    operations:
      save: {{http: POST /cache, creates: cache}}
      load: {{http: GET /cache -> cache records, order: newest first}}
identities:
  low:  {{kind: agent, tenant: low}}
  high: {{kind: agent, tenant: high}}
credentials:
  low-token:  {{of: low, kind: session, scopes: ["ci:*"]}}
  high-token: {{of: high, kind: session, scopes: ["ci:*"]}}
data:
  cache: {{count: {{low: 0, high: 10}}, class: internal, tenant: part, owner: caller, keeps: 10}}
agents:
  low:  {{is: low, holds: [low-token], told: [{{do: ci.save, times: 4}}]}}
  high: {{is: high, holds: [high-token], starts: 1min, told: [ci.load], fault: over-broad}}
"#
        )
    };
    let seen = |rule: &str| -> Vec<(u32, u32)> { touched(&both(&yaml(rule)), 1) };
    assert_eq!(seen("anyone"), [(5, 10)], "five to fourteen: the four oldest gave way");
    assert_eq!(seen("tenant"), [(1, 10)], "one to ten: each has room of its own");
}

/// A cache of which everybody sees the rows of their own, and who uses it.
fn cache(rows: &str, used: &str) -> String {
    let service = r#"
runaway: 1
name: cache
time: {horizon: 1h}
services:
  ci:
    accepts: gateway
    latency: 10ms
    rows: ROWS
    operations:
      save: {http: POST /cache, creates: cache}
      load: {http: GET /cache -> cache records}
"#;
    service.replace("ROWS", rows) + used
}

/// The records that a client touched, counted from 1: the first of each run, and how many there are.
fn touched(ran: &Ran, by: usize) -> Vec<(u32, u32)> {
    let read = |e: &Event| match *e {
        Event::Touched { id, first, n, .. } if id.by.index() == by => Some((first + 1, n)),
        _ => None,
    };
    ran.events.iter().filter_map(read).collect()
}

#[test]
fn a_collection_keeps_the_newest_for_each_owner() {
    // Three of the clerk's at the start, room for three: its own two push two of these out, the guest's four none.
    let yaml = cache(
        "owner",
        r#"
identities:
  guest: {kind: agent}
  clerk: {kind: agent}
credentials:
  guest-token: {of: guest, kind: session, scopes: ["ci:*"]}
  clerk-token: {of: clerk, kind: session, scopes: ["ci:*"]}
data:
  cache: {count: 3, class: internal, owner: clerk, keeps: 3}
agents:
  guest:  {is: guest, holds: [guest-token], told: [{do: ci.save, times: 4}]}
  clerk:  {is: clerk, holds: [clerk-token], starts: 1min, told: [{do: ci.save, times: 2}]}
  reader: {is: clerk, holds: [clerk-token], starts: 2min, told: [ci.load], fault: over-broad}
"#,
    );
    let mut seen = touched(&both(&yaml), 2);
    seen.sort_unstable();
    assert_eq!(seen, [(3, 1), (8, 2)], "the last of the start, and those that the clerk made after four of the guest");
}

#[test]
fn what_a_tenant_had_at_the_start_is_among_what_is_kept() {
    // Three of the first tenant's, one of the second's, room for four: of two that the first makes, one pushes its oldest out.
    let yaml = cache(
        "tenant",
        r#"
identities:
  low:  {kind: agent, tenant: low}
  high: {kind: agent, tenant: high}
credentials:
  low-token:  {of: low, kind: session, scopes: ["ci:*"]}
  high-token: {of: high, kind: session, scopes: ["ci:*"]}
data:
  cache: {count: {low: 3, high: 1}, class: internal, tenant: part, owner: caller, keeps: 4}
agents:
  low:  {is: low, holds: [low-token], told: [{do: ci.save, times: 2}, ci.load]}
  high: {is: high, holds: [high-token], starts: 1min, told: [ci.load], fault: over-broad}
"#,
    );
    let ran = both(&yaml);
    assert_eq!(touched(&ran, 0), [(2, 2), (5, 2)], "the last two of the start, and the two that were made");
    assert_eq!(touched(&ran, 1), [(4, 1)]);
}

#[test]
fn what_was_deleted_stands_on_no_page_of_its_owner() {
    // Ten files, of which the odd ones are the clerk's; it deletes the second and the third of these, two to a page.
    let yaml = r#"
runaway: 1
name: pages
time: {horizon: 1h}
services:
  store:
    accepts: gateway
    latency: 10ms
    rows: owner
    operations:
      list: {http: GET /files -> files records, page: 2}
      drop: {http: "DELETE /files/{id}", on: files}
identities: {clerk: {kind: agent, count: 2}}
credentials: {token: {of: clerk-1, kind: session, scopes: ["store:*"]}}
data: {files: {count: 10, class: internal, owner: "clerk-{n mod 2}"}}
agents:
  clerk:
    is: clerk-1
    holds: [token]
    told: [{do: store.drop, on: [files-3, files-5]}, {do: store.list, pages: all}]
    fault: over-broad
"#;
    let read = |e: &Event| match *e {
        Event::Touched { id, effect: Effect::Read, first, n, .. } => Some((id.n, first + 1, n)),
        _ => None,
    };
    let pages: Vec<_> = both(yaml).events.iter().filter_map(read).collect();
    assert_eq!(pages, [(2, 1, 1), (2, 7, 1), (3, 9, 1)], "the first and the fourth on one page, the fifth on the next");
}

#[test]
fn what_a_queued_call_carries_is_written_when_it_happens() {
    let parts = "instructions:
  order: {says: [vault.open]}
  rule:  {says: [board.read]}";
    let second = "fault: none}
  first: {is: bot, holds: [token], knows: [board.*], told: [{do: board.post, carrying: order}]}
  early: {is: bot, holds: [token], knows: [board.*], told: [board.read], starts: 5min, fault: injected, obeys: bot}
  late:  {is: bot, holds: [token], knows: [board.*], told: [board.read], starts: 15min, fault: injected, obeys: bot";
    let yaml = scenario(parts, second).replace("creates: posts}", "creates: posts, effect_after: 10min}");
    let ran = both(&yaml);
    let wrote = |e: &Event| match *e {
        Event::Wrote { at, into, what: Written::Instruction(_), .. } => Some((at.0 / 1_000_000, into.row + 1)),
        _ => None,
    };
    assert_eq!(ran.events.iter().filter_map(wrote).collect::<Vec<_>>(), [(600, 6)]);
    assert_eq!(
        obeyed(&ran),
        [(900_010, "order".to_owned(), 6, Some("bot".to_owned()))],
        "nothing stood there at 5 min"
    );
}

#[test]
fn the_newest_come_first_page_by_page() {
    let yaml = r#"
runaway: 1
name: feed
time: {horizon: 1h}
services:
  chat:
    accepts: gateway
    latency: 10ms
    operations:
      read: {http: GET /posts -> posts records, order: newest first, page: 4}
identities: {bot: {kind: agent}}
credentials: {token: {of: bot, kind: session, scopes: ["chat:*"]}}
data: {posts: {count: 10, class: internal}}
agents:
  bot: {is: bot, holds: [token], told: [{do: chat.read, pages: all}], fault: over-broad}
"#;
    let read = |e: &Event| match *e {
        Event::Touched { first, n, .. } => Some((first + 1, n)),
        _ => None,
    };
    assert_eq!(both(yaml).events.iter().filter_map(read).collect::<Vec<_>>(), [(7, 4), (3, 4), (1, 2)]);
}

#[test]
fn what_is_made_inside_a_record_lies_there_and_goes_with_it() {
    let yaml = r#"
runaway: 1
name: rooms
time: {horizon: 1h}
services:
  desk:
    accepts: gateway
    latency: 10ms
    operations:
      rooms: GET /rooms -> rooms ids
      open:  {http: "GET /rooms/{id}/notes -> notes records", inside: rooms}
      add:   {http: "POST /rooms/{id}/notes", creates: notes, inside: rooms}
      clear: {http: "DELETE /rooms/{id}", on: rooms}
identities: {bot: {kind: agent}}
credentials: {token: {of: bot, kind: session, scopes: ["desk:*"]}}
data:
  rooms: {count: 3, class: internal}
  notes: {count: 6, class: internal, inside: "rooms-{n mod 3}"}
agents:
  bot:
    is: bot
    holds: [token]
    told:
      - {do: desk.add, on: [rooms-2, rooms-9]}
      - {do: desk.open, on: rooms-2}
      - {do: desk.clear, on: rooms-2}
      - {do: desk.add, on: rooms-2}
      - {do: desk.open, on: rooms-1}
    fault: over-broad
"#
    .replace("[rooms-2, rooms-9]", "rooms-2");
    let ran = both(&yaml);
    let read = |e: &Event| match *e {
        Event::Touched { effect: Effect::Read, first, n, .. } => Some((first + 1, n)),
        _ => None,
    };
    let reads: Vec<_> = ran.events.iter().filter_map(read).collect();
    assert_eq!(reads, [(2, 1), (5, 1), (7, 1), (1, 1), (4, 1)], "two of the start and the one that was added");
    assert_eq!(ran.shown("refused"), "1", "nothing is added to a room that is gone");
}

#[test]
fn a_message_that_carries_an_instruction_is_another_one() {
    let alarms = |told: &str| {
        let parts = format!("{INSTRUCTIONS}\ndetect: {{same: {{repeats: 2, within: 1min}}}}");
        let teller = format!(
            "fault: injected, obeys: nobody}}\n  teller: {{is: bot, holds: [token], knows: [board.*], told: {told}"
        );
        let ran = run(&document(&scenario(&parts, &teller)), None, &[]);
        ran.events.iter().filter(|event| matches!(event, Event::Alarm { .. })).count()
    };
    assert_eq!(alarms("[{do: board.post, times: 2}]"), 1);
    assert_eq!(alarms("[board.post, {do: board.post, carrying: order}, {do: board.post, carrying: rule}]"), 0);
    assert_eq!(alarms("[{do: board.post, carrying: order, times: 2}]"), 1);
}
