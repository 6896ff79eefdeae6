//! When does a dead credential stop working? Each validation mode, at the edges of its window.

use std::sync::Arc;

use crate::model::containment::{Cascade, Verb};
use crate::model::identity::{Binding, Family, IdentityKind, Population};
use crate::model::service::{
    Act, AuditFields, Denial, KeySet, Latency, Method, Minting, ObjectRule, Operation, Reversible, Role, Route,
    Service, Validation,
};
use crate::model::{Access, Column, Meta, Plan, Routine, Share, Time};
use crate::wire::{
    ActorId, Arg, Claims, CredId, Effect, Envelope, Event, FamilyId, HeldId, IdentityId, Log, OpId, Open, PlaceId,
    Presented, Purpose, Reason, Request, RequestId, RouteId, Scheme, SecretKind, ServiceId, Slot, Span, Text, Tick,
    Vantage,
};

use super::World;

const CRED: CredId = CredId::new(0);
const SERVICE: ServiceId = ServiceId::new(0);
const SECOND: u64 = 1_000_000;

/// One service with one operation, one identity with one credential.
pub(super) fn plan(validation: Validation, replicas: u16, lives: Option<Span>) -> Plan {
    let mut access = Access::new(1, 1);
    access.unlock(FamilyId::new(0), OpId::new(0), SERVICE);
    Plan {
        meta: Meta::default(),
        time: Time { zero: Time::YEAR_2026, horizon: None, settle: Span::SECOND },
        seed: 1,
        services: vec![Service {
            name: "api".into(),
            validation,
            checks_audience: true,
            keys: KeySet::default(),
            replicas,
            role: Role::Resource,
        }],
        routes: vec![Route { service: SERVICE, name: "call".into(), answers: Some(OpId::new(0)), redirects: None }],
        operations: vec![Operation {
            service: SERVICE,
            name: "call".into(),
            method: Method::Post,
            path: "/call".into(),
            selector: None,
            act: Act::Nothing,
            effect: Effect::Execute,
            target: None,
            rule: ObjectRule::Anyone,
            documented: true,
            reversible: Reversible::Always,
            denies: Denial::Forbidden,
            latency: Latency { least: Span(1), most: Span(1) },
            effect_after: None,
            recheck: false,
            cost: 1,
            page: 100,
            newest_first: false,
            fails: Share::NONE,
            wakes: 0..0,
            minting: Minting::default(),
            audit: Some(AuditFields::USUAL),
            logged_as: "call".into(),
        }],
        access,
        populations: vec![Population {
            name: "bot".into(),
            kind: IdentityKind::Agent,
            first: IdentityId::new(0),
            count: 1,
            owner: Column::Empty,
            tenant: Column::Empty,
        }],
        families: vec![Family {
            name: "token".into(),
            kind: SecretKind::AccessToken,
            count: 1,
            of: Column::Same(0),
            act: Column::Empty,
            delegated: false,
            audience: None,
            opens: None,
            scopes: vec!["*".into()],
            meant: None,
            lives,
            parent: None,
            parents: Column::Empty,
            cascade: Cascade::Usual,
            binding: Binding::None,
            signed_by: None,
            kid: None,
            first_row: 0,
        }],
        collections: Vec::new(),
        classes: Vec::new(),
        instructions: Vec::new(),
        tenants: Vec::new(),
        networks: vec!["internet".into()],
        currency: "USD".into(),
        agents: Vec::new(),
        benign: Vec::new(),
        controls: Default::default(),
        routine: Routine::default(),
        operator: None,
        expectations: Default::default(),
    }
}

/// The same, and a key that signs the token.
pub(super) fn signed_plan(validation: Validation) -> Plan {
    let mut plan = plan(validation, 1, None);
    plan.access = Access::new(2, 1);
    let signer = Family { kind: SecretKind::SigningKey, first_row: 1, ..plan.families[0].clone() };
    plan.families.push(signer);
    plan.families[0].signed_by = Some(FamilyId::new(1));
    plan
}

struct Probe {
    world: World,
    sent: u32,
}

impl Probe {
    fn new(validation: Validation, replicas: u16, lives: Option<Span>) -> Probe {
        Probe { world: World::new(Arc::new(plan(validation, replicas, lives))), sent: 0 }
    }

    fn revoke(&mut self, at: u64) {
        self.world.credentials.end(CRED, Tick(at), Reason::RevokedByProtocol, Verb::Revoke);
    }

    /// The status and reason of a call with the credential.
    fn call(&mut self, at: u64) -> (u16, Reason) {
        let from = Vantage { network: PlaceId::new(0), connection: 0, purpose: Purpose::Agent, conversation: None };
        let text = Text::Generated { family: FamilyId::new(0), index: 0, turn: 0 };
        let presented = Some(Presented { scheme: Scheme::Bearer, text, held: HeldId::new(0), proven: true });
        let request =
            Request { route: RouteId::new(0), about: Arg::None, page: Arg::None, presented, carries: false, from };
        let id = RequestId { by: ActorId::new(0), n: self.sent };
        self.sent += 1;
        let mut log = Log::default();
        let envelope = Envelope { id, request, back: Span(1) };
        let response = self.world.handle(Tick(at), &envelope, &mut Slot::default(), &mut log);
        match log.events[0] {
            Event::Asked { status, reason, .. } => {
                assert_eq!(status, response.status);
                (status, reason)
            }
            other => panic!("{other:?}"),
        }
    }

    fn open(&self, at: u64) -> Open {
        let baseline = crate::model::Baseline::empty(&self.world.plan);
        let internet = [PlaceId::new(0)];
        let doors = self.world.doors(Tick(at), Some(CRED), &internet, &baseline);
        doors.map(|(_, open)| open).max().unwrap()
    }
}

const REVOKED: (u16, Reason) = (401, Reason::RevokedByProtocol);

#[test]
fn a_gateway_refuses_at_the_instant_of_the_revocation() {
    let mut probe = Probe::new(Validation::Gateway, 1, None);
    assert_eq!(probe.call(5 * SECOND - 1).0, 200);
    probe.revoke(5 * SECOND);
    assert_eq!(probe.call(5 * SECOND), REVOKED);
    assert_eq!(probe.open(5 * SECOND), Open::Shut);
}

#[test]
fn an_event_takes_its_time() {
    let mut probe = Probe::new(Validation::Push { delay: Span(7 * SECOND) }, 1, None);
    probe.revoke(SECOND);
    assert_eq!(probe.open(SECOND), Open::Until(Tick(8 * SECOND)));
    assert_eq!(probe.call(8 * SECOND - 1), (200, Reason::NotYetTold));
    assert_eq!(probe.call(8 * SECOND), REVOKED);
}

#[test]
fn an_offline_check_trusts_until_expiry_and_leeway() {
    let mut probe = Probe::new(Validation::Jwt { leeway: Span(2 * SECOND) }, 1, Some(Span(10 * SECOND)));
    probe.revoke(SECOND);
    assert_eq!(probe.open(SECOND), Open::Until(Tick(12 * SECOND)));
    assert_eq!(probe.call(12 * SECOND - 1), (200, Reason::TrustedOffline));
    assert_eq!(probe.call(12 * SECOND), (401, Reason::Expired));
}

#[test]
fn every_other_mode_ends_at_expiry_itself() {
    let mut probe = Probe::new(Validation::Gateway, 1, Some(Span(10 * SECOND)));
    assert_eq!(probe.open(0), Open::Until(Tick(10 * SECOND)));
    assert_eq!(probe.call(10 * SECOND - 1).0, 200);
    assert_eq!(probe.call(10 * SECOND), (401, Reason::Expired));
}

#[test]
fn a_cache_trusts_its_last_check_and_no_later_one() {
    let cache = Validation::Introspect { cache: Span(30 * SECOND), stale: Span::ZERO };
    let mut probe = Probe::new(cache, 1, None);
    assert_eq!(probe.call(10 * SECOND), (200, Reason::Granted));
    probe.revoke(20 * SECOND);
    assert_eq!(probe.open(20 * SECOND), Open::Until(Tick(40 * SECOND)));
    assert_eq!(probe.call(39 * SECOND), (200, Reason::TrustedFromCache));
    assert_eq!(probe.call(40 * SECOND), REVOKED);
}

#[test]
fn a_cold_cache_has_nothing_to_trust() {
    let mut probe = Probe::new(Validation::ApiKey { cache: Span(30 * SECOND) }, 1, None);
    probe.revoke(20 * SECOND);
    assert_eq!(probe.open(20 * SECOND), Open::Shut);
    assert_eq!(probe.call(20 * SECOND), REVOKED);
}

#[test]
fn replicas_flap_and_the_worst_one_counts() {
    let cache = Validation::Introspect { cache: Span(30 * SECOND), stale: Span::ZERO };
    let mut probe = Probe::new(cache, 2, None);
    assert_eq!(probe.call(0).0, 200);
    assert_eq!(probe.call(10 * SECOND).0, 200);
    probe.revoke(20 * SECOND);
    assert_eq!(probe.open(20 * SECOND), Open::Until(Tick(40 * SECOND)));
    let statuses = [35, 36, 37, 38, 40, 41].map(|s| probe.call(s * SECOND).0);
    assert_eq!(
        statuses,
        [401, 200, 401, 200, 401, 401],
        "the first replica's check lapsed at 30 s, the second's at 40 s"
    );
}

#[test]
fn a_stale_answer_is_served_once_while_the_replica_asks_again() {
    let cache = Validation::Introspect { cache: Span(30 * SECOND), stale: Span(60 * SECOND) };
    let mut probe = Probe::new(cache, 1, None);
    probe.call(0);
    probe.revoke(10 * SECOND);
    assert_eq!(probe.open(10 * SECOND), Open::Until(Tick(90 * SECOND)));
    assert_eq!(probe.call(50 * SECOND), (200, Reason::TrustedFromCache));
    assert_eq!(probe.open(50 * SECOND), Open::Shut, "the request itself moved the window");
    assert_eq!(probe.call(51 * SECOND), REVOKED);
}

#[test]
fn an_open_door_asks_nobody() {
    let mut probe = Probe::new(Validation::None, 1, None);
    probe.revoke(SECOND);
    assert_eq!(probe.call(2 * SECOND), (200, Reason::OpenDoor));
}

#[test]
fn the_census_and_requests_agree_at_every_instant() {
    let modes = [
        Validation::Gateway,
        Validation::Push { delay: Span(3 * SECOND) },
        Validation::Jwt { leeway: Span(SECOND) },
        Validation::ApiKey { cache: Span(4 * SECOND) },
        Validation::Introspect { cache: Span(2 * SECOND), stale: Span(3 * SECOND) },
    ];
    for mode in modes {
        for warmed_at in 0..6 {
            for asked_at in 6..20 {
                let mut probe = Probe::new(mode, 1, Some(Span(15 * SECOND)));
                probe.call(warmed_at * SECOND);
                probe.revoke(6 * SECOND);
                let open = match probe.open(6 * SECOND) {
                    Open::Shut => false,
                    Open::Until(at) => asked_at * SECOND < at.0,
                    Open::ForEver => true,
                };
                let accepted = probe.call(asked_at * SECOND).0 == 200;
                assert_eq!(accepted, open, "{mode:?} warmed at {warmed_at} s, asked at {asked_at} s");
            }
        }
    }
}

#[test]
fn a_token_says_whose_it_is_and_until_when() {
    let probe = Probe::new(Validation::Gateway, 1, Some(Span(10 * SECOND)));
    let [first, later] = [0, 1].map(|turn| Text::Generated { family: FamilyId::new(0), index: 0, turn });
    let (subject, until) = (Some(IdentityId::new(0)), Some(Tick(10 * SECOND)));
    assert_eq!(probe.world.claims(first), Claims { subject, until, ..Claims::default() });
    assert_eq!(probe.world.claims(later), Claims::default(), "it was never issued");
    let lasting = Probe::new(Validation::Gateway, 1, None);
    assert_eq!(lasting.world.claims(first), Claims { subject, ..Claims::default() });
}
