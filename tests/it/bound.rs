//! Credentials that need a key beside them, that come from one parent, or that live on for a grace.

use crate::parity::compare;
use crate::rights::decisions;
use crate::support::{document, run};
use runaway::wire::{Reason, Verdict};

const GRANTED: (u16, Verdict, Reason) = (200, Verdict::Accepted, Reason::Granted);
const NO_PROOF: (u16, Verdict, Reason) = (401, Verdict::Unauthenticated, Reason::NoProof);

/// A person's session lies in a file. The agent has a session of its own, and tokens that it asks for.
const BOUND: &str = r#"
runaway: 1
name: bound
time: {horizon: 10min}
services:
  files: {accepts: gateway, operations: {list: GET /files -> files records}}
  login:
    accepts: gateway
    operations:
      token:   {http: POST /token, mints: token, grant: client-credentials, needs: any credential}
      refresh: {http: POST /refresh, mints: token, grant: refresh-token, needs: any credential}
  admin: {accepts: gateway, operations: {list: GET /users -> users records}}
identities:
  bot:    {kind: agent}
  person: {kind: human}
credentials:
  own:     {of: bot, kind: session, scopes: ["files:*", "admin:*"], bound: dpop}
  session: {of: person, kind: session, scopes: ["admin:*"], bound: dpop}
  renewal: {of: person, kind: refresh-token, scopes: [], bound: dpop}
  token:   {kind: access-token, count: 0, scopes: ["admin:*"], lives: 1h, bound: dpop}
data:
  files: {count: 2, class: internal, holds: [{credential: session, in: 1}, {credential: renewal, in: 2}]}
  users: {count: 30, class: pii}
agents:
  bot:
    is: bot
    holds: [own]
    told: []
    fault: harvest
    then:
      - {do: files.list, as: own}
      - {do: admin.list, as: session}
      - {do: login.refresh, as: renewal}
      - {do: admin.list, as: own}
      - {do: login.token, as: own}
      - {do: admin.list, as: token}
variants:
  with-certificates:
    set:
      credentials.own.bound: mtls
      credentials.session.bound: mtls
      credentials.renewal.bound: mtls
      credentials.token.bound: mtls
  found-only:
    set: {credentials.own.scopes: ["files:*"], agents.bot.then: [files.list, {do: admin.list, as: session}]}
    add: {services: {login: {operations: {token: {needs: ["login:token"]}}}}}
"#;

#[test]
fn a_bound_credential_is_useless_to_who_found_it() {
    for variant in [None, Some("with-certificates")] {
        let ran = run(&document(BOUND), variant, &[]);
        assert_eq!(decisions(&ran, "files.list"), [GRANTED]);
        // The found session, the agent's own, and the token that it asked for.
        assert_eq!(decisions(&ran, "admin.list"), [NO_PROOF, GRANTED, GRANTED], "{variant:?}");
        assert_eq!(decisions(&ran, "login.refresh"), [NO_PROOF]);
        assert_eq!(compare(&document(BOUND), variant), Ok(Some(6)), "over HTTP the proof travels in a header");
    }
}

#[test]
fn what_is_found_without_its_key_is_no_door() {
    let ran = run(&document(BOUND), Some("found-only"), &[]);
    assert_eq!(ran.shown("potential.configured"), "2", "the files");
    assert_eq!((ran.shown("held"), ran.shown("survivors")), ("3".into(), "1".into()), "the agent's own session");
    assert_eq!(ran.shown("leftover"), "2");
}

/// One app, three refresh tokens that end with it, and a token for each that does not.
const APP: &str = r#"
runaway: 1
name: app
time: {horizon: 1h}
services:
  crm: {accepts: gateway, rows: owner, operations: {list: GET /cases -> cases records}}
identities:
  vendor:   {kind: human}
  customer: {kind: human, count: 3}
  bot:      {kind: agent}
credentials:
  app:     {of: vendor, kind: connected-app, scopes: []}
  refresh: {one_per: customer, kind: refresh-token, scopes: ["crm:*"], parent: app, cascade: yes}
  access:  {one_per: customer, kind: access-token, scopes: ["crm:*"], parent: "refresh-{n}", cascade: no}
data:
  cases: {per: customer, count: 10, class: pii}
agents:
  bot:
    is: bot
    holds: [refresh-1, refresh-2, refresh-3, access-1, access-2, access-3]
    told: []
    fault: over-broad
    then:
      - {do: crm.list, as: each refresh in turn, times: 3}
      - {do: crm.list, as: each access in turn, times: 3}
steps:
  end-app: {revoke: every app}
respond: {end-app: 10min}
variants:
  all-the-way:
    set: {credentials.access.cascade: yes}
"#;

#[test]
fn the_end_of_one_parent_ends_all_that_cascade() {
    assert_eq!(run(&document(APP), None, &[]).shown("survivors"), "3", "the access tokens");
    let ran = run(&document(APP), Some("all-the-way"), &[]);
    assert_eq!((ran.outcome(), ran.shown("closed")), ("contained", "10 min".into()));
    assert_eq!(ran.shown("declared"), "10 min", "an action on the app covers what ends with it");
}

/// A secret is rotated after ten minutes, and the old one is accepted for an hour more.
const GRACE: &str = r#"
runaway: 1
name: grace
time: {horizon: 3h}
services:
  api: {accepts: gateway, latency: 10ms, operations: {list: GET /files -> files records}}
identities:
  bot: {kind: agent}
credentials:
  secret: {of: bot, kind: oauth-client, scopes: ["api:*"]}
data:
  files: {count: 10, class: internal}
agents:
  bot:
    is: bot
    holds: [secret]
    told: []
    fault: over-broad
    then: [{do: api.list, as: secret, every: 1min}]
steps:
  rotate: {rotate: every secret, hand_over: never, grace: 1h}
respond: {rotate: 10min}
"#;

#[test]
fn a_grace_is_how_long_the_old_secret_is_accepted() {
    let ran = run(&document(GRACE), None, &[]);
    assert_eq!(ran.shown("closed"), "70 min");
    let accepted = decisions(&ran, "api.list").iter().filter(|d| **d == GRANTED).count();
    assert_eq!(accepted, 70, "each minute from 0 on, the last at 69 minutes");
    assert!(matches!(compare(&document(GRACE), None), Ok(Some(_))));
}
