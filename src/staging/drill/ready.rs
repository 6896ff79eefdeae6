//! Whether a drill may begin to contain. What is done to an identity cannot be taken back by finding out later that nothing
//! could be measured, so that is found out before the first step.

use std::time::Duration;

use tokio::time::{Instant, interval};

use super::event::{Event, Micros, Probed, Reading, Who};
use super::watching::Scene;
use crate::staging::targets::{CredentialIx, Sentinel, ServiceIx, Targets};
use crate::wire::Span;

/// What does not hold at the end of the steady state. Answers that are under way are waited for, and each control must be
/// accepted once more: a service that fell silent meanwhile shows nothing.
pub async fn unready(scene: &Scene) -> Vec<String> {
    let targets = &scene.targets;
    let steady = scene.record.now();
    let patience = targets.drill.patience.0.saturating_add(targets.drill.cadence.0.saturating_mul(2));
    let until = Instant::now() + Duration::from_micros(patience);
    let mut next = interval(Duration::from_millis(20));
    let mut events = scene.record.events();
    let known = |events: &[Event]| all_looked_at(targets, events) && controls_told(targets, events, steady);
    while !known(&events) && Instant::now() < until && scene.kill().thrown().is_none() {
        next.tick().await;
        events = scene.record.events();
    }
    let controls = refused_controls(targets, &events, steady);
    if !controls.is_empty() {
        return controls;
    }
    let credentials = refused_credentials(targets, &events);
    if credentials.is_empty() { refused_work(targets, &events) } else { credentials }
}

/// Why no request of this drill can prove anything: there is no service whose probe a made-up credential does not pass.
pub fn proves_nothing(targets: &Targets, events: &[Event]) -> Option<String> {
    let open = |at: ServiceIx| {
        events.iter().any(
            |event| matches!(event, Event::Negative { service, reading: Reading::Accepted, .. } if *service == at.0),
        )
    };
    if !targets.service_ids().all(open) {
        return None;
    }
    let names: Vec<&str> = targets.service_ids().map(|at| targets.service(at).name.as_str()).collect();
    Some(format!(
        "every probe ({}) is accepted without a credential or with a made-up one, so none of them can show an end: probe \
         something that only an accepted caller sees, or say under `accepted` what proves it",
        names.join(", ")
    ))
}

/// The controls that are not accepted by a request that was sent `since` then, each with what it was answered.
pub fn refused_controls(targets: &Targets, events: &[Event], since: Micros) -> Vec<String> {
    let refused = |at: ServiceIx| {
        let seen = control_since(events, at, since);
        let name = &targets.credential(targets.control_at(at)).name;
        (!is_accepted(seen)).then(|| {
            format!(
                "the control `{name}` is not accepted by {} ({}{}): while it is not, a refusal there says nothing. Look at \
                 where `{name}` is kept, and at the probe",
                targets.service(at).name,
                answered(seen.or_else(|| latest(events, |probed| is_control(probed, at)))),
                accepted_before(events, at, since)
            )
        })
    };
    targets.service_ids().filter_map(refused).collect()
}

fn is_control(probed: &Probed, at: ServiceIx) -> bool {
    probed.who == Who::Control && probed.service == Some(at.0)
}

fn control_since(events: &[Event], at: ServiceIx, since: Micros) -> Option<&Probed> {
    last(events, |probed| is_control(probed, at) && probed.sent >= since)
}

fn controls_told(targets: &Targets, events: &[Event], since: Micros) -> bool {
    let told = |at| control_since(events, at, since).is_some_and(|probed| probed.reading != Reading::Unknown);
    targets.service_ids().all(told)
}

/// `; last accepted 3 s before`, where it once was.
fn accepted_before(events: &[Event], at: ServiceIx, since: Micros) -> String {
    let accepted = latest(events, |probed| is_control(probed, at) && probed.reading == Reading::Accepted);
    accepted.map_or_else(String::new, |probed| {
        format!("; it was last accepted {} before the first step was due", Span(since.saturating_sub(probed.sent)))
    })
}

/// What is drilled and was not accepted where it has to be, or nowhere.
fn refused_credentials(targets: &Targets, events: &[Event]) -> Vec<String> {
    let seen = |credential: CredentialIx, at: ServiceIx| {
        let shown = |probed: &Probed| {
            let drilled = matches!(probed.who, Who::Drilled { credential: of, .. } if of == credential.0);
            drilled && probed.service == Some(at.0)
        };
        let accepted = last(events, |probed| shown(probed) && probed.reading == Reading::Accepted);
        accepted.or_else(|| last(events, shown))
    };
    let told = |credential: CredentialIx, at: ServiceIx| {
        let name = &targets.credential(credential).name;
        format!("`{name}` is not accepted by {} ({})", targets.service(at).name, answered(seen(credential, at)))
    };
    let demanded = targets.service_ids().flat_map(|at| {
        let all = targets.service(at).must_accept.iter().flatten();
        all.map(move |credential| (*credential, at)).collect::<Vec<_>>()
    });
    let missing: Vec<String> = demanded
        .filter(|(credential, at)| targets.drilled.contains(credential) && !is_accepted(seen(*credential, *at)))
        .map(|(credential, at)| told(credential, at))
        .collect();
    if !missing.is_empty() {
        return missing;
    }
    let all = || targets.drilled.iter().flat_map(|credential| targets.service_ids().map(|at| (*credential, at)));
    if all().any(|(credential, at)| is_accepted(seen(credential, at))) {
        return Vec::new();
    }
    let refused: Vec<String> = all().map(|(credential, at)| told(credential, at)).collect();
    vec![format!(
        "{}: nothing was there to be contained. Look at where the credential is kept, and at the probes",
        refused.join(", ")
    )]
}

/// Honest work that does not go on before anything is done: that it does not afterwards would tell nothing.
fn refused_work(targets: &Targets, events: &[Event]) -> Vec<String> {
    let refused = |(at, sentinel): (usize, &Sentinel)| {
        let seen = last(events, |probed| probed.who == Who::Sentinel { sentinel: at });
        (!is_accepted(seen)).then(|| {
            format!(
                "the honest work `{}` does not go on ({}), though nothing was done yet. Look at its probe, and at where \
                 `{}` is kept",
                sentinel.name,
                answered(seen),
                targets.credential(sentinel.with).name
            )
        })
    };
    targets.sentinels.iter().enumerate().filter_map(refused).collect()
}

/// Whether each control, all honest work, and each of what is drilled was looked at everywhere.
fn all_looked_at(targets: &Targets, events: &[Event]) -> bool {
    let works = |at| last(events, |probed| probed.who == Who::Sentinel { sentinel: at }).is_some();
    (0..targets.sentinels.len()).all(works)
        && targets.service_ids().all(|at| {
            let seen = |who: &dyn Fn(&Who) -> bool| last(events, |p| p.service == Some(at.0) && who(&p.who)).is_some();
            let drilled = |ix: CredentialIx| {
                (0..targets.drill.phases).all(|n| seen(&|who| *who == Who::Drilled { credential: ix.0, instance: n }))
            };
            seen(&|who| *who == Who::Control) && targets.drilled.iter().all(|ix| drilled(*ix))
        })
}

/// The last answer that told something; where none did, the last of all.
fn last(events: &[Event], of: impl Fn(&Probed) -> bool) -> Option<&Probed> {
    latest(events, |probed| of(probed) && probed.reading != Reading::Unknown).or_else(|| latest(events, of))
}

fn latest(events: &[Event], of: impl Fn(&Probed) -> bool) -> Option<&Probed> {
    events.iter().rev().find_map(|event| match event {
        Event::Probed(probed) if of(probed) => Some(probed),
        _ => None,
    })
}

fn is_accepted(seen: Option<&Probed>) -> bool {
    seen.is_some_and(|probed| probed.reading == Reading::Accepted)
}

fn answered(seen: Option<&Probed>) -> String {
    match seen {
        None => "nobody looked".to_owned(),
        Some(Probed { status: Some(status), reading: Reading::Unknown, .. }) => {
            format!("status {status}, which neither proves nor refuses")
        }
        Some(Probed { status: Some(status), .. }) => format!("status {status}"),
        Some(Probed { broken: Some(broken), .. }) => broken.clone(),
        Some(_) => "refused".to_owned(),
    }
}
