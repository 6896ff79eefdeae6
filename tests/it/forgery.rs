//! Tokens that nobody issued: which services take them, until when, and what hangs on the key that they are made with.

use std::sync::Arc;

use crate::parity::compare;
use crate::rights::decisions;
use crate::support::{Ran, document, run};
use runaway::measure::{Measures, Probed, probed};
use runaway::plane::driver::Stop;
use runaway::run::{Kept, Plane, Prepared, RunOptions, prepare};
use runaway::scenario::{Document, Overrides};
use runaway::vocabulary::Scribe;
use runaway::wire::{Claims, Event, Forgery, IdentityId, Purpose, Reason, Span, Text, Tick, Verdict};

/// A stranger reads a key, makes a token for the second of three people, and reads their files each second.
const SCENARIO: &str = r#"
runaway: 1
name: forgery
time: {horizon: 100s}
services:
  dump:
    accepts: none
    operations: {show: GET /dump -> dumps records}
  api:
    accepts: ACCEPTS
    latency: 10ms
    rows: owner
    operations:
      list:  GET /files -> files records
      mint: {http: POST /tokens, mints: personal, needs: ["api:read"]}
  desk:
    accepts: gateway
    rows: owner
    operations: {read: {http: GET /desk -> files records, needs: ["desk:read"]}}
identities:
  provider: {kind: service}
  person:   {kind: human, count: 3}
  stranger: {kind: outsider}
credentials:
  signer:   {of: provider, kind: signing-key, kid: one, scopes: []}
  other:    {of: provider, kind: signing-key, kid: two, scopes: []}
  made:     {kind: access-token, count: 0, lives: 40s, scopes: ["api:*"], signed_by: signer}
  spare:    {kind: access-token, count: 0, lives: 40s, scopes: ["api:*"], signed_by: other}
  session:  {one_per: person, kind: session, scopes: []}
  personal: {kind: personal-token, count: 0, scopes: ["desk:*"]}
data:
  dumps: {count: 1, class: secret, holds: signer}
  files: {per: person, count: 4, class: internal}
agents:
  stranger:
    is: stranger
    told: [dump.show]
    fault: harvest
    then:
      - dump.show
      - {forge: made, for: person-2}
      - {do: api.list, as: made, every: 1s}
steps:
  remove: {revoke: every signer}
  rotate: {rotate: every signer, grace: 10s}
  wrong-key: {revoke: every other}
  end-tokens: {revoke: every made}
  end-sessions: {revoke: every session}
  disable-people: {disable: every session}
variants:
  without-the-key:
    set: {agents.stranger.then: [{forge: made, for: person-2}, {do: api.list, as: made, every: 1s}]}
  another-key:
    set: {agents.stranger.then: [dump.show, {forge: spare, for: person-2}, {do: api.list, as: spare, every: 1s}]}
  chained:
    set:
      agents.stranger.fault: [over-broad, harvest]
      agents.stranger.knows: [dump.show, api.list, api.mint, desk.read]
      agents.stranger.then: [dump.show, {forge: made, for: person-2}]
      services.api.rows: anyone
  removed:  {respond: {remove: 25s}}
  rotated:  {respond: {rotate: 20s}}
  anything-else: {respond: {wrong-key: 10s, end-tokens: 10s, end-sessions: 10s, disable-people: 10s}}
  minting:
    respond: {remove: 25s}
    set: {agents.stranger.then: [dump.show, {forge: made, for: person-2}, {do: api.mint, as: made}, {do: desk.read, as: personal, every: 1s}]}
  at-once:
    respond: {remove: 0s}
    like: minting
"#;

fn accepting(by: &str) -> Document {
    document(&SCENARIO.replace("ACCEPTS", by))
}

/// A run that is the same over HTTP.
fn ran(by: &str, variant: Option<&str>) -> Ran {
    let document = accepting(by);
    assert!(matches!(compare(&document, variant), Ok(Some(_))), "{:?}", compare(&document, variant));
    run(&document, variant, &[])
}

/// How many reads were accepted, and why the others were not.
fn reads(ran: &Ran) -> (usize, Vec<Reason>) {
    let decided = decisions(ran, "api.list");
    let accepted = decided.iter().take_while(|(_, verdict, _)| *verdict == Verdict::Accepted).count();
    (accepted, decided[accepted..].iter().map(|(.., reason)| *reason).collect())
}

#[test]
fn who_goes_by_the_signature_takes_it_until_it_says_that_it_expires() {
    for by in ["{mode: jwt}", "{mode: jwt, keys: [signer]}", "{mode: push, delay: 7s}"] {
        let ran = ran(by, None);
        let (accepted, refused) = reads(&ran);
        assert_eq!(accepted, 40, "{by}");
        assert!(!refused.is_empty() && refused.iter().all(|reason| *reason == Reason::Expired), "{by}: {refused:?}");
        assert_eq!(ran.shown("excess.records"), "4", "{by}: those of the one who is named");
        assert_eq!(ran.outcome(), "not-contained", "{by}: the key makes new ones");
        assert_eq!(ran.shown("survivors"), "1", "{by}: the key, and no token that has expired");
        assert_eq!(ran.shown("leftover"), "12", "{by}: it could name anybody");
    }
}

#[test]
fn who_asks_the_issuer_hears_that_nobody_issued_it() {
    for by in ["gateway", "{mode: introspect, cache: 30s}", "{mode: api-key, cache: 12s}"] {
        let ran = ran(by, None);
        let (accepted, refused) = reads(&ran);
        assert_eq!(accepted, 0, "{by}");
        let lives = &refused[..40];
        assert!(lives.iter().all(|reason| *reason == Reason::UnknownCredential), "{by}: {lives:?}");
        assert_eq!((ran.shown("survivors"), ran.shown("leftover")), ("0".into(), "0".into()), "{by}");
    }
}

#[test]
fn a_key_that_is_not_trusted_opens_nothing() {
    let ran = ran("{mode: jwt, keys: [other]}", None);
    let (accepted, refused) = reads(&ran);
    assert_eq!(accepted, 0);
    let lives = &refused[..40];
    assert!(lives.iter().all(|reason| *reason == Reason::UntrustedKey), "{lives:?}");
    assert_eq!((ran.shown("potential.configured"), ran.shown("leftover")), ("1".into(), "0".into()), "the dump alone");
}

#[test]
fn nothing_is_made_without_the_key_that_signs_it() {
    for variant in ["without-the-key", "another-key"] {
        let ran = ran("{mode: jwt}", Some(variant));
        assert!(decisions(&ran, "api.list").is_empty(), "{variant}");
        assert!(!ran.events.iter().any(|event| matches!(event, Event::Forged { .. })), "{variant}");
    }
}

#[test]
fn a_removed_key_is_trusted_until_the_set_is_fetched_again() {
    // Removed at 25 s. A set of 10 s was fetched at 20 s, one of 25 s at 25 s, just before.
    for (cache, closed) in [("0s", 25), ("10s", 30), ("25s", 40), ("60s", 40)] {
        let ran = ran(&format!("{{mode: jwt, jwks_cache: {cache}}}"), Some("removed"));
        let (accepted, _) = reads(&ran);
        assert_eq!(accepted, closed, "{cache}");
    }
    for (cache, closed) in [("0s", "25 s"), ("10s", "30 s"), ("25s", "50 s")] {
        let ran = ran(&format!("{{mode: jwt, jwks_cache: {cache}}}"), Some("removed"));
        assert_eq!((ran.outcome(), ran.shown("closed")), ("contained", closed.into()), "the key itself, for {cache}");
        assert_eq!(ran.shown("survivors"), "0", "{cache}");
    }
}

#[test]
fn a_rotated_key_signs_until_the_grace_is_over_and_its_successor_lies_where_it_lay() {
    let ran = ran("{mode: jwt}", Some("rotated"));
    assert_eq!(reads(&ran).0, 30, "rotated at 20 s, with 10 s of grace");
    assert_eq!((ran.outcome(), ran.shown("survivors")), ("not-contained", "0".into()));
    assert_eq!(ran.shown("leftover"), "12", "the dump shows the new key to whoever asks again");
}

/// A bot has tokens issued, which the API takes by their signature.
const ISSUED: &str = r#"
runaway: 1
name: issued
time: {horizon: 60s}
services:
  idp: {accepts: gateway, operations: {login: {http: POST /tokens, mints: signed}}}
  api: {accepts: {mode: jwt}, operations: {list: GET /files -> files records}}
identities: {provider: {kind: service}, bot: {kind: agent}}
credentials:
  signer:  {of: provider, kind: signing-key, kid: one, scopes: []}
  session: {of: bot, kind: session, scopes: ["idp:*"]}
  signed:  {kind: access-token, count: 0, scopes: ["api:*"], signed_by: signer}
data: {files: {count: 4, class: internal}}
agents:
  bot:
    is: bot
    holds: [session]
    told: []
    fault: over-broad
    then: [idp.login, {do: api.list, as: signed, every: 1s}]
steps:
  remove: {revoke: every signer}
  close:  {revoke: every session}
respond: {close: 5s, remove: 20s}
"#;

#[test]
fn what_a_key_signs_is_declared_shut_with_the_key() {
    let declared = |scenario: &str| run(&document(scenario), None, &[]).shown("declared");
    let shut = |ran: &Ran| (ran.outcome(), ran.shown("closed"), ran.shown("lag"));
    assert_eq!(declared(ISSUED), "20.001 s");
    assert_eq!(shut(&run(&document(ISSUED), None, &[])), ("contained", "20 s".into(), "0 s".into()));
    let without = ISSUED.replace(", signed_by: signer", "");
    assert_eq!(declared(&without), "5.001 s", "that key has nothing to do with it");
}

/// A harvesting agent makes nothing itself, and tries what steps before it made.
#[test]
fn what_steps_made_is_tried_by_the_harvest_behind_them() {
    let ran = ran("{mode: jwt}", Some("chained"));
    let forged = ran.events.iter().filter(|event| matches!(event, Event::Forged { .. })).count();
    assert_eq!(forged, 1, "one token, for the second of three people");
    let accepted = |operation: &str| {
        decisions(&ran, operation).iter().filter(|(_, verdict, _)| *verdict == Verdict::Accepted).count()
    };
    assert_eq!((accepted("api.list"), accepted("api.mint")), (1, 1), "each door of the API, with that token alone");
    assert!(accepted("desk.read") > 0, "and with what it minted, the next");
    assert_eq!((ran.shown("excess.records"), ran.shown("depth")), ("12".into(), "3".into()));
}

#[test]
fn what_was_minted_with_a_forged_token_outlives_the_key() {
    let minted = ran("{mode: jwt}", Some("minting"));
    let reads = decisions(&minted, "desk.read");
    assert!(!reads.is_empty() && reads.iter().all(|(_, verdict, _)| *verdict == Verdict::Accepted), "{reads:?}");
    assert_eq!((minted.outcome(), minted.shown("survivors")), ("not-contained", "1".into()), "the personal token");
    assert_eq!(minted.shown("depth"), "3", "the key, the token, the personal token");
    let at_once = ran("{mode: jwt}", Some("at-once"));
    assert!(decisions(&at_once, "desk.read").is_empty(), "nothing is issued for a key that is gone");
}

#[test]
fn the_bytes_of_a_forged_token_are_believed_word_for_word_or_not_at_all() {
    let plan = Arc::new(accepting("{mode: jwt}").resolve(None, &Overrides::default()).unwrap().plan);
    let family = |name: &str| plan.family_ids().find(|family| plan.family(*family).name == name).unwrap();
    let scribe = Scribe::new(plan.clone());
    let rendered = |text: Text| {
        let mut bytes = String::new();
        scribe.render(text, scribe.claims_at_start(text), &mut bytes);
        bytes
    };
    let key = |name: &str| rendered(Text::Generated { family: family(name), index: 0, turn: 0 });
    let forgery = Forgery { family: family("made"), subject: IdentityId::new(2), at: Tick(7_300_000) };
    let text = Text::forged(forgery, 0).unwrap();

    let token = scribe.forge(&key("signer"), forgery).unwrap();
    assert_eq!(token, rendered(text), "the same bytes every time");
    assert_eq!(scribe.read(&token), Some(text));
    assert_eq!(text.forgery().unwrap().0.at, Tick(7_000_000), "in whole seconds");
    assert_eq!(scribe.forge(&key("other"), forgery), None, "another key");
    assert_eq!(scribe.forge(&key("signer").replace("KEY-----", "KEY-----0"), forgery), None, "no key");

    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let for_another = scribe.forge(&key("signer"), Forgery { subject: IdentityId::new(3), ..forgery }).unwrap();
    let [_, their_payload, their_signature] = for_another.split('.').collect::<Vec<_>>()[..] else { panic!() };
    for forged in [
        format!("{header}.{their_payload}.{signature}"),
        format!("{header}.{payload}.{their_signature}"),
        format!("{header}.{payload}."),
        format!("{}.{payload}.{signature}", header.replace('e', "f")),
    ] {
        assert_eq!(scribe.read(&forged), None, "{forged}");
    }
    assert_eq!(scribe.read(&for_another), Text::forged(Forgery { subject: IdentityId::new(3), ..forgery }, 0));

    let mut issued = String::new();
    let own = Text::Generated { family: family("made"), index: 0, turn: 0 };
    scribe.render(own, Claims { key_turn: 1, ..Claims::default() }, &mut issued);
    assert_eq!(scribe.read(&issued), Some(own), "signed with the second key of that name");
}

fn with_probes(prepared: &Prepared, plane: Plane, every: u64) -> Vec<Event> {
    let mut kept = Kept::default();
    let probes = Some(Span::from_secs(every));
    prepared.run(plane, RunOptions { probes }, &Stop::default(), &mut kept).expect("a run");
    kept.0
}

/// What probes each two seconds saw of the forged token at the API, on both planes.
fn probed_each_two_seconds(by: &str, variant: Option<&str>) -> Probed {
    let prepared = prepare(&accepting(by), variant, &Overrides::default(), &Stop::default()).unwrap();
    let events = with_probes(&prepared, Plane::Sim, 2);
    assert_eq!(events, with_probes(&prepared, Plane::Mock, 2), "{by}, {variant:?}: the same over HTTP");
    let shown = |event: &Event| match *event {
        Event::Forged { id, cred, .. } => Some((id, cred)),
        _ => None,
    };
    let forged: Vec<_> = events.iter().filter_map(shown).collect();
    let [(id, cred)] = forged[..] else { panic!("{by}, {variant:?}: {forged:?}") };
    assert_eq!(id.by.index(), 0, "the agent shows it first, and no probe does");
    let plan = &prepared.plan;
    let list = plan.operation_ids().find(|op| plan.operation_name(*op) == "api.list").unwrap();
    probed(&events)[&(Some(cred), list)]
}

#[test]
fn probes_see_a_forged_token_end_with_its_key_and_the_lag_of_the_set() {
    let seconds = |tick: Option<Tick>| tick.map(|tick| tick.0 / 1_000_000);
    for (by, variant, accepted, refused) in [
        // The key is removed at 25 s. A set that is kept for 10 s was fetched at 20 s.
        ("{mode: jwt}", "removed", Some(24), Some(26)),
        ("{mode: jwt, jwks_cache: 10s}", "removed", Some(28), Some(30)),
        // One that is kept for 25 s outlives what the token says of itself: 40 s.
        ("{mode: jwt, jwks_cache: 25s}", "removed", Some(38), Some(40)),
        // Rotated at 20 s, with 10 s of grace.
        ("{mode: jwt}", "rotated", Some(28), Some(30)),
        // Everything else that a playbook has, at 10 s.
        ("{mode: jwt}", "anything-else", Some(38), Some(40)),
        ("{mode: push, delay: 1s}", "anything-else", Some(38), Some(40)),
        // Who asks the issuer never took it.
        ("{mode: introspect, cache: 30s}", "removed", None, Some(2)),
    ] {
        let seen = probed_each_two_seconds(by, Some(variant));
        let seen = (seconds(seen.last_accepted), seconds(seen.refused_from));
        assert_eq!(seen, (accepted, refused), "{by}, {variant}");
    }
}

#[test]
fn probes_of_forged_tokens_count_nowhere() {
    let prepared =
        prepare(&accepting("{mode: jwt}"), Some("removed"), &Overrides::default(), &Stop::default()).unwrap();
    let mut quiet = Kept::default();
    prepared.run(Plane::Sim, RunOptions::default(), &Stop::default(), &mut quiet).unwrap();
    let asked = with_probes(&prepared, Plane::Sim, 2);
    let own = |events: &[Event]| -> Vec<Event> {
        let probe = |event: &&Event| !matches!(event, Event::Asked { purpose: Purpose::Probe, .. });
        events.iter().filter(probe).filter(|event| !matches!(event, Event::Touched { .. })).copied().collect()
    };
    assert_eq!(own(&quiet.0), own(&asked));
    let measures = |events: &[Event]| Measures::of(&prepared.plan, &prepared.references, events);
    let (quiet, asked) = (measures(&quiet.0), measures(&asked));
    for key in ["excess", "reach", "calls", "refused", "closed", "survivors", "depth", "principals", "held", "used"] {
        assert_eq!(quiet.get(key), asked.get(key), "{key}");
    }
}
