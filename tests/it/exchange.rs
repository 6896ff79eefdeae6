//! Token exchange (RFC 8693) with two tokens: the subject's, and that of who asks for it.

use crate::parity::compare;
use crate::rights::decisions;
use crate::support::{Ran, document, run};
use runaway::audit::keep;
use runaway::scenario::Document;
use runaway::wire::{CredId, Event, IdentityId, Open, Reason, Verdict};

/// A bot may ask for tokens and has its boss's in hand, which only the provider takes.
const SCENARIO: &str = r#"
runaway: 1
name: exchange
time: {horizon: 2min}
services:
  idp:
    accepts: gateway
    operations:
      act-for:
        http: POST /exchange
        mints: acting
        grant: token-exchange
        scopes: presented
        needs: ["idp:exchange"]
  store:
    accepts: gateway
    audit: [principal, credential, act]
    operations:
      list: GET /files -> files records
      drop: {http: "DELETE /files/{id}", on: files}
identities:
  boss: {kind: human}
  bot:  {kind: agent, of: boss}
credentials:
  bot-token:  {of: bot, kind: access-token, lives: 1h, scopes: ["idp:exchange"]}
  boss-token: {of: boss, kind: access-token, lives: 1h, scopes: ["store:*"], audience: idp}
  acting:     {kind: access-token, count: 0, act: caller, lives: 1h, scopes: ["store:*"], audience: store}
  posing:     {kind: access-token, count: 0, lives: 1h, scopes: ["store:*"], audience: store}
data:
  files: {count: 4, class: internal, ids: guessable}
agents:
  bot:
    is: bot
    holds: [bot-token, boss-token]
    knows: [idp.act-for, store.list, store.drop]
    told: []
    fault: over-broad
    then:
      - {do: store.list, as: boss-token}
      - {do: idp.act-for, as: bot-token, subject: boss-token, first: 10s}
      - {do: store.list, as: acting}
      - {do: store.drop, as: acting, on: each listed files}
steps:
  revoke-subject: {revoke: every boss-token}
  revoke-caller:  {revoke: every bot-token}
  close-endpoint: {close: [idp.act-for]}
variants:
  alone:
    set: {agents.bot.holds: [bot-token]}
  the-other-alone:
    set: {agents.bot.holds: [boss-token]}
  impersonating:
    set:
      services.idp.operations.act-for.mints: posing
      agents.bot.then:
        - {do: idp.act-for, as: bot-token, subject: boss-token}
        - {do: store.list, as: posing}
        - {do: store.drop, as: posing, on: each listed files}
  both:
    set: {services.idp.operations.act-for.scopes: both}
  subject-gone: {respond: {revoke-subject: 5s}}
  caller-gone:  {respond: {revoke-caller: 5s}}
  closed:       {respond: {close-endpoint: 5s}}
  gone-too-late: {respond: {revoke-subject: 20s, revoke-caller: 20s}}
"#;

fn exchange() -> Document {
    document(SCENARIO)
}

/// A run that is the same over HTTP.
fn ran(variant: Option<&str>) -> Ran {
    assert!(matches!(compare(&exchange(), variant), Ok(Some(_))), "{:?}", compare(&exchange(), variant));
    run(&exchange(), variant, &[])
}

const BOT_TOKEN: u32 = 0;

/// What the census said of the door at which tokens are exchanged: when, and how long it is open.
fn door(ran: &Ran) -> Vec<(u64, Open)> {
    let plan = &ran.prepared.plan;
    let of = |event: &Event| match *event {
        Event::Census { at, cred: Some(cred), op, open }
            if cred.number() == BOT_TOKEN && plan.operation_name(op) == "idp.act-for" =>
        {
            Some((at.0 / 1_000_000, open))
        }
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

#[test]
fn two_tokens_open_a_door_that_neither_opens_alone() {
    let both = ran(None);
    let accepted = (200, Verdict::Accepted, Reason::Granted);
    assert_eq!(decisions(&both, "store.list"), [(401, Verdict::Unauthenticated, Reason::Audience), accepted]);
    assert_eq!(decisions(&both, "store.drop"), [accepted; 4]);
    assert_eq!((both.shown("excess.delete"), both.shown("excess.records")), ("4".into(), "4".into()));
    assert_eq!(both.shown("potential.configured"), "8", "each file read and deleted");
    assert!(matches!(door(&both)[..], [(0, Open::Until(at))] if at.0 == 3_600_000_000), "{:?}", door(&both));
    for variant in ["alone", "the-other-alone"] {
        let one = ran(Some(variant));
        assert_eq!(one.shown("potential.configured"), "0", "{variant}");
        assert_eq!((one.shown("survivors"), one.shown("leftover")), ("0".into(), "0".into()), "{variant}");
        assert!(door(&one).is_empty() && one.shown("excess") == "0", "{variant}");
    }
}

#[test]
fn the_new_token_is_the_subjects_and_keeps_the_subjects_scopes_or_what_both_may() {
    let minted = |ran: &Ran| {
        let found = ran.events.iter().find_map(|event| match *event {
            Event::Minted { parent, principal, actor, .. } => Some((parent, principal, actor)),
            _ => None,
        });
        found.expect("a token")
    };
    let (boss_token, boss, bot) = (CredId::new(1), IdentityId::new(0), IdentityId::new(1));
    assert_eq!(minted(&ran(None)), (Some(boss_token), Some(boss), Some(bot)), "delegation: the bot acts for the boss");
    assert_eq!(minted(&ran(Some("impersonating"))), (Some(boss_token), Some(boss), None), "and nobody knows");
    let both = ran(Some("both"));
    assert_eq!(minted(&both), (Some(boss_token), Some(boss), Some(bot)));
    let no_scope = (403, Verdict::Forbidden, Reason::Scope);
    assert_eq!(decisions(&both, "store.list")[1..], [no_scope], "the bot itself may do nothing there");
    assert_eq!(both.shown("potential.configured"), "0");
}

#[test]
fn the_log_shows_who_acts_where_a_token_says_so_and_the_boss_alone_where_it_does_not() {
    for (variant, actor) in [(None, Some(1)), (Some("impersonating"), None)] {
        let ran = ran(variant);
        let (mut lines, plan) = (Vec::new(), &ran.prepared.plan);
        keep(plan, &ran.events, |kept| {
            if kept.of.is_some() && kept.line.allowed && kept.line.rows > 0 {
                lines.push((kept.line.account.principal.known(), kept.line.account.act.known()));
            }
        });
        assert_eq!(lines.len(), 5, "one list and four deletions");
        assert!(lines.iter().all(|line| *line == (Some(0), actor)), "{variant:?}: {lines:?}");
    }
}

#[test]
fn the_end_of_either_token_shuts_the_door_and_ends_nothing_that_came_of_it() {
    let subject = ran(Some("subject-gone"));
    let refused = |ran: &Ran| decisions(ran, "idp.act-for").iter().map(|d| (d.0, d.1)).collect::<Vec<_>>();
    assert_eq!(refused(&subject), [(400, Verdict::Unauthenticated)], "RFC 8693 section 2.2.2");
    assert_eq!((subject.outcome(), subject.shown("excess")), ("prevented", "0".into()));
    assert!(matches!(door(&subject)[..], [(0, Open::Until(_)), (5, Open::Shut)]), "{:?}", door(&subject));
    let caller = ran(Some("caller-gone"));
    assert_eq!(refused(&caller), [(401, Verdict::Unauthenticated)]);
    assert!(matches!(door(&caller)[..], [(0, Open::Until(_)), (5, Open::Shut)]), "{:?}", door(&caller));
    let closed = ran(Some("closed"));
    assert_eq!(refused(&closed), [(403, Verdict::Forbidden)]);
    assert!(matches!(door(&closed)[..], [(0, Open::Until(_)), (5, Open::Shut)]), "{:?}", door(&closed));
    let late = ran(Some("gone-too-late"));
    assert_eq!((late.outcome(), late.shown("survivors")), ("not-contained", "1".into()), "the token that was made");
    assert!(matches!(door(&late)[..], [(0, Open::Until(_)), (20, Open::Shut)]), "{:?}", door(&late));
}

/// The same with a board that anyone may read. All that the bot does is to read it.
fn idle(holds: &str, steps: &str) -> Ran {
    let yaml = SCENARIO
        .replace(
            "  store:\n",
            "  board: {accepts: none, operations: {read: GET /board -> notes records}}\n  store:\n",
        )
        .replace(
            "    operations:\n      act-for:",
            "    operations:\n      login: {http: POST /login, mints: fresh, needs: [\"idp:login\"]}\n      act-for:",
        )
        .replace(
            "  acting: ",
            "  pass:  {of: boss, kind: session, scopes: [\"idp:login\"]}
  fresh: {kind: access-token, count: 0, scopes: [\"store:*\"], audience: idp}
  acting: ",
        )
        .replace("data:\n", "data:\n  notes: {count: 1, class: internal}\n")
        .replace("variants:\n", &format!("  disable-boss: {{disable: boss}}\nvariants:\n  idle:\n    respond: {{{steps}}}\n    set: {{agents.bot.holds: [{holds}], agents.bot.then: [board.read]}}\n"));
    run(&document(&yaml), Some("idle"), &[])
}

#[test]
fn what_two_tokens_could_still_be_made_into_is_left_over() {
    let left = |holds: &str, steps: &str| idle(holds, steps).shown("leftover");
    assert_eq!(left("bot-token, boss-token", ""), "9", "each file read and deleted, and the note");
    assert_eq!(left("bot-token, boss-token", "revoke-subject: 20s"), "1");
    assert_eq!(left("bot-token, pass", ""), "9", "the subject is yet to be issued");
    assert_eq!(left("bot-token, pass", "disable-boss: 20s"), "1");
}
