//! What holds in every world: tried on random ones.

use std::sync::Arc;

use rayon::prelude::*;

use crate::support::{document, run};
use runaway::analysis::{Ground, Reached, Relaxed};
use runaway::generate::random_world;
use runaway::journal::{FORMAT, Header, Writer, read};
use runaway::measure::{Measures, References};
use runaway::model::control::{Action, Response, Step, Trigger, Which};
use runaway::model::service::{Act, Grant, Validation};
use runaway::model::{Baseline, Draws, Index, Pairs, Plan, Stream, Takes};
use runaway::plane::driver::Stop;
use runaway::run::{Behaviour, Kept, simulate};
use runaway::scenario::{Overrides, plan_of};
use runaway::wire::{
    ActorId, Arg, CredId, Effect, Envelope, Event, FamilyId, HeldId, Log, OpId, Open, PlaceId, Presented, Purpose,
    Request, RequestId, Res, RouteId, Scheme, Slot, Span, StepId, Target, Text, Tick, Vantage,
};
use runaway::world::World;

fn plan(seed: u64) -> Plan {
    document(&random_world(seed)).resolve(None, &Overrides::default()).unwrap().plan
}

fn potential(plan: &Plan) -> Reached {
    Ground::new(plan, &Index::of(plan)).reach(&Relaxed::new(plan), Relaxed::start(plan))
}

/// A pair of records of the start that is in `inner` and not in `outer`.
fn beyond(plan: &Plan, inner: &Pairs, outer: &Pairs) -> Option<(String, Effect)> {
    inner.runs().find_map(|(coll, effect, first, n)| {
        let rows = first..(first + n).min(plan.collection(coll).count.max(first));
        let row = rows.into_iter().find(|row| !outer.contains(coll, effect, *row))?;
        Some((plan.record_name(Res { coll, row }), effect))
    })
}

pub fn kept(plan: &Arc<Plan>) -> Vec<Event> {
    let mut kept = Kept::default();
    simulate(plan, &Baseline::empty(plan), Behaviour::Faulty, &Stop::default(), &mut kept).unwrap();
    kept.0
}

#[test]
fn adding_a_grant_never_shrinks_the_potential() {
    (0..1_000).into_par_iter().for_each(|seed| {
        let mut plan = plan(seed);
        let mut stream = Stream::new(seed, Draws::Generation, 100);
        let mut before = potential(&plan);
        for _ in 0..8 {
            let family = FamilyId::new(stream.below(plan.families.len() as u64) as u32);
            let op = OpId::new(stream.below(plan.operations.len() as u64) as u32);
            plan.access.unlock(family, op, plan.operation(op).service);
            let after = potential(&plan);
            let lost = beyond(&plan, &before.pairs, &after.pairs);
            assert_eq!(lost, None, "seed {seed}: by letting family {family:?} call {op:?}");
            assert!(before.held.iter().all(|cred| after.held.contains(cred)), "seed {seed}");
            assert!(before.creates.iter().all(|op| after.creates.contains(op)), "seed {seed}");
            before = after;
        }
    });
}

#[test]
fn what_is_touched_was_possible() {
    let mut found: Vec<String> = (0..400)
        .into_par_iter()
        .filter_map(|seed| {
            let document = document(&random_world(seed));
            let ran = run(&document, None, &[]);
            let control = document.positive_control(None, &Overrides::default()).unwrap().plan;
            let (plan, reach) = (&*ran.prepared.plan, &ran.finished.measures.reach);
            let (configured, uncontrolled) = (potential(plan), potential(&control));
            let steps = [
                ("excess in what is touched", &reach.excess, &reach.touched),
                ("touched in the configured potential", &reach.touched, &configured.pairs),
                ("configured in the uncontrolled potential", &configured.pairs, &uncontrolled.pairs),
            ];
            steps.into_iter().find_map(|(what, inner, outer)| {
                beyond(plan, inner, outer).map(|pair| format!("seed {seed}: {what}: {pair:?}"))
            })
        })
        .collect();
    found.sort();
    assert!(found.is_empty(), "{found:#?}");
}

/// A world in which a refused request leaves nothing undone that would stand in the way of another: no limits that it
/// would have used up, no records that it would have deleted, no tokens that it would have spent, no protocol by which
/// it would have ended others. The runbook has one step, which ends what it is told to.
pub fn tame(plan: &mut Plan) {
    plan.controls.limits.clear();
    plan.controls.detectors.clear();
    plan.controls.responses.clear();
    plan.controls.steps = vec![revocation(Which::Named)];
    for op in &mut plan.operations {
        if op.effect == Effect::Delete {
            op.effect = Effect::Write;
        }
        op.act = match op.act {
            Act::Mint { family, refresh, grant: Grant::RefreshToken { .. } } => {
                Act::Mint { family, refresh, grant: Grant::RefreshToken { rotates: false } }
            }
            Act::RevokeToken => Act::Nothing,
            act => act,
        };
    }
}

/// A step that ends what it is told to.
pub fn revocation(which: Which) -> Step {
    Step::at_once(Action::Revoke, which)
}

/// So many requests of anybody, 30 ms apart on average.
pub fn any_requests(plan: &Plan, stream: &mut Stream, n: u32) -> Vec<(Tick, Request)> {
    let mut at = 0;
    let mut next = |_| {
        at += stream.below(60_000);
        (Tick(at), any_request(plan, stream))
    };
    (0..n).map(&mut next).collect()
}

/// A request of anybody, with any secret of the start, about any record.
fn any_request(plan: &Plan, stream: &mut Stream) -> Request {
    let mut below = |n: u32| stream.below(u64::from(n)) as u32;
    let route = RouteId::new(below(plan.operator_route().map_or(plan.routes.len() as u32, RouteId::number)));
    let text = any_secret(plan, &mut below);
    let about = plan.route(route).answers.and_then(|op| record(plan, op, &mut below));
    let presented =
        (below(6) > 0).then_some(Presented { scheme: Scheme::Bearer, text, held: HeldId::new(0), proven: true });
    let network = PlaceId::new(below(plan.networks.len() as u32));
    Request {
        route,
        about: about.map_or(Arg::Text(text), Arg::Id),
        page: Arg::None,
        carries: false,
        presented,
        from: Vantage { network, connection: 0, purpose: Purpose::Agent, conversation: None },
    }
}

fn any_secret(plan: &Plan, below: &mut impl FnMut(u32) -> u32) -> Text {
    let issued: Vec<FamilyId> = plan.family_ids().filter(|f| plan.family(*f).count > 0).collect();
    let family = issued[below(issued.len() as u32) as usize];
    Text::Generated { family, index: below(plan.family(family).count), turn: 0 }
}

fn record(plan: &Plan, op: OpId, below: &mut impl FnMut(u32) -> u32) -> Option<Res> {
    let coll = match plan.operation(op).act {
        Act::One { .. } => plan.operation(op).target?,
        Act::List { inside, .. } => inside?,
        _ => return None,
    };
    Some(Res { coll, row: below(plan.collection(coll).count) })
}

/// What a sequence of requests touches when a credential is revoked before the request of that number.
fn touched_by(plan: &Arc<Plan>, requests: &[(Tick, Request)], victim: CredId, revoked_before: usize) -> Pairs {
    let mut world = World::new(plan.clone());
    let (mut log, mut slot) = (Log::default(), Slot::default());
    for (n, (at, request)) in requests.iter().enumerate() {
        world.advance(*at, &mut log);
        let mut send = |by: u32, request: Request| {
            let id = RequestId { by: ActorId::new(by), n: n as u32 };
            world.handle(*at, &Envelope { id, request, back: Span(1) }, &mut slot, &mut log);
        };
        if n == revoked_before {
            send(1, revoke(plan, victim));
        }
        send(0, *request);
    }
    world.advance(Tick::NEVER, &mut log);
    let mut pairs = Pairs::default();
    for event in &log.events {
        if let Event::Touched { coll, effect, first, n, .. } = *event {
            (first..first + n).for_each(|row| _ = pairs.insert(coll, effect, row));
        }
    }
    pairs
}

/// The first step of the runbook, about a credential.
pub fn revoke(plan: &Plan, victim: CredId) -> Request {
    let (family, index) = plan.operator.expect("the runbook has an operator");
    let text = Text::Generated { family, index, turn: 0 };
    Request {
        route: plan.operator_route().expect("the control plane has a route"),
        about: Arg::Act { step: StepId::new(0), target: Target::Credential(victim) },
        page: Arg::None,
        carries: false,
        presented: Some(Presented { scheme: Scheme::Bearer, text, held: HeldId::new(0), proven: true }),
        from: Vantage { network: PlaceId::new(0), connection: 0, purpose: Purpose::Response, conversation: None },
    }
}

trait OperatorRoute {
    /// The route of the runbook's steps: the last one.
    fn operator_route(&self) -> Option<RouteId>;
}

impl OperatorRoute for Plan {
    fn operator_route(&self) -> Option<RouteId> {
        (0..self.operations.len()).find(|op| self.operations[*op].act == Act::Administer).map(RouteId::at)
    }
}

#[test]
fn an_earlier_revocation_never_widens_what_a_sequence_touches() {
    (0..1_000).into_par_iter().for_each(|seed| {
        let mut plan = plan(seed);
        tame(&mut plan);
        let plan = Arc::new(plan);
        let mut stream = Stream::new(seed, Draws::Generation, 101);
        let requests = any_requests(&plan, &mut stream, 150);
        let victim = CredId::new(stream.below(u64::from(plan.credentials())) as u32);
        let mut narrower = touched_by(&plan, &requests, victim, 0);
        for before in [1, 20, 50, 90, 140, 1_000] {
            let wider = touched_by(&plan, &requests, victim, before);
            assert_eq!(beyond(&plan, &narrower, &wider), None, "seed {seed}: revoked before request {before}");
            narrower = wider;
        }
    });
}

/// Until when each door of the start's credentials was open; never, where it was open at the end.
fn windows(plan: &Plan, events: &[Event]) -> Vec<((CredId, OpId), Tick)> {
    let mut open = std::collections::BTreeMap::new();
    for event in events {
        if let Event::Census { at, cred: Some(cred), op, open: door } = *event
            && cred.number() < plan.credentials()
        {
            let until = match door {
                Open::Shut => at,
                Open::Until(until) => until,
                Open::ForEver => Tick::NEVER,
            };
            open.insert((cred, op), until);
        }
    }
    open.into_iter().collect()
}

#[test]
fn no_window_of_acceptance_widens_when_the_revocation_comes_earlier() {
    (0..300).into_par_iter().for_each(|seed| {
        let mut plan = plan(seed);
        tame(&mut plan);
        plan.controls.steps = vec![revocation(Which::Every(FamilyId::new(0)))];
        for service in &mut plan.services {
            // Traffic shortens a stale window, since the first stale answer asks anew; and traffic is what differs.
            if let Validation::Introspect { stale, .. } = &mut service.validation {
                *stale = Span::ZERO;
            }
        }
        let windows_of = |at: u64| {
            let mut plan = plan.clone();
            let on = Trigger::At(Tick(at));
            let response =
                Response { name: "revoke".to_owned(), on, takes: Takes::NOTHING, steps: vec![StepId::new(0)] };
            plan.controls.responses.push(response);
            let plan = Arc::new(plan);
            windows(&plan, &kept(&plan))
        };
        let mut narrower = windows_of(1);
        for at in [100_000, 400_000, 1_000_000, 3_000_000] {
            let wider = windows_of(at);
            for (door, until) in &narrower {
                let later = wider.iter().find(|(d, _)| d == door).map(|(_, until)| *until);
                assert!(
                    later.is_none_or(|later| *until <= later),
                    "seed {seed}: {door:?} shuts at {until:?}, and with a revocation at {at} at {later:?}"
                );
            }
            narrower = wider;
        }
    });
}

#[test]
fn every_journal_reads_back_and_measures_the_same() {
    (0..300).into_par_iter().for_each(|seed| {
        let ran = run(&document(&random_world(seed)), None, &[]);
        let references = serde_json::to_value(&ran.prepared.references).unwrap();
        let header = Header {
            format: FORMAT,
            written_by: "test".into(),
            scenario: format!("random-{seed}"),
            variant: None,
            seed,
            plane: "sim".into(),
            truth_applies: true,
            document: ran.comparison.resolved.document.clone(),
            references: references.clone(),
        };
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, ran.prepared.plan.clone(), &header).unwrap();
        writer.events(&ran.events).unwrap();
        let digest = writer.finish(references).unwrap();
        let journal = read(&bytes[..], plan_of).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        assert_eq!(journal.header, header, "seed {seed}");
        for (at, (read, wrote)) in journal.events.iter().zip(&ran.events).enumerate() {
            assert_eq!(read, wrote, "seed {seed}: event {at}");
        }
        assert_eq!(journal.events.len(), ran.events.len(), "seed {seed}");
        let trailer = journal.trailer.unwrap_or_else(|| panic!("seed {seed}: no trailer"));
        assert_eq!(trailer.digest, digest, "seed {seed}");
        let references: References = serde_json::from_value(trailer.references).unwrap();
        let measures = Measures::of(&journal.plan, &references, &journal.events);
        for (measure, value) in measures.values() {
            let ran = ran.finished.measures.get(measure.key);
            assert_eq!(ran.map(ToString::to_string), Some(value.to_string()), "seed {seed}: {}", measure.key);
        }
    });
}
