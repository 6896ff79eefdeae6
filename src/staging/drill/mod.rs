//! A drill: the team's own containment is done, and every credential is shown to every service until it is known when
//! each really stopped to accept it.

pub mod event;
pub(in crate::staging) mod health;
mod honest;
mod judge;
mod matrix;
mod needed;
mod outlived;
pub(in crate::staging) mod probe;
mod ranges;
mod ready;
mod record;
mod remint;
mod reminted;
pub(in crate::staging) mod render;
mod report;
mod restore;
mod schema;
mod silence;
mod stepped;
mod steps;
mod undo;
pub(in crate::staging) mod vault;
mod watching;

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep_until};

use super::alarm::Ear;
use super::client::{Client, SentLog};
use super::guard::{Consents, Pinned, Watch};
use super::secret::Secret;
use super::targets::{Act, Credential, Present, ServiceIx, StopCondition, Targets};
use crate::planted::Mistake;
use event::{CredentialLine, Event, Header, OriginLine, Reading, ServiceLine};
pub use judge::{Result as Judged, judge};
pub use matrix::{Ended, Row};
use probe::{Shown, look};
use record::Record;
use remint::remint;
pub use report::{summary, to_json, undone};
use restore::restore;
pub use schema::drill_schema;
use steps::Runbook;
pub use undo::{Past, undo};
use vault::NoCredential;
use watching::{Scene, Watching, first_use};

/// What happened, and what it was headed by.
#[derive(Debug)]
pub struct Drilled {
    pub header: Header,
    pub events: Vec<Event>,
    /// Whether the journal holds all of it.
    pub journal: io::Result<()>,
}

/// Runs a drill to its end, or until the switch is thrown. What is put back is put back in both cases.
pub async fn drill(
    targets: Arc<Targets>,
    pinned: &[Pinned],
    consents: Consents,
    watch: Watch,
    journal: File,
    sent: Arc<SentLog>,
) -> io::Result<Drilled> {
    let client = Client::new(consents.run, &targets)?.writing_down(sent.clone());
    let restoring = Client::new(consents.restore, &targets)?.writing_down(sent);
    watch.signals(client.kill().clone(), restoring.kill().clone())?;
    watch.duration(targets.caps.duration, client.kill().clone());
    if let Some(file) = &targets.kill_file {
        watch.file(file.clone(), vec![client.kill().clone(), restoring.kill().clone()]);
    }
    let header = header(&targets, pinned, &client);
    let record = Record::begin(journal, client.kill().clone());
    record.add(Event::Header(Box::new(header.clone())));
    let mut scene = Scene::new(targets.clone(), Arc::new(client), record);
    match Ear::open(&targets, &scene.client, &scene.vault).await {
        Ok(ear) => scene.ear = ear,
        Err(why) => return Ok(not_begun(&scene, header, why)),
    }
    if let Some(why) = alarmed_already(&scene).await {
        return Ok(not_begun(&scene, header, why));
    }
    match prepare(&mut scene).await {
        Ok(None) => {}
        Ok(Some(why)) => return Ok(not_begun(&scene, header, why)),
        Err(NoCredential::Refused(refused)) => scene.refused(&refused),
        Err(missing) => return Ok(not_begun(&scene, header, missing.to_string())),
    }
    let scene = Arc::new(scene);
    if let Err(why) = contain(&scene).await {
        return Ok(not_begun(&scene, header, why));
    }
    if scene.kill().thrown().is_none() {
        remint(&scene).await;
    }
    if let Some(why) = scene.kill().thrown() {
        scene.record.add(Event::Stopped { at: scene.record.now(), why: why.to_string() });
    }
    if !targets.drill.restore.is_empty() && scene.record.events().iter().any(Event::is_step_begun) {
        watch.duration(restoring.caps().duration, restoring.kill().clone());
        restore(&scene, &restoring, &BTreeSet::new()).await;
    }
    Ok(ended(&scene, header, restoring.counts()))
}

/// Why an alarm that a step waits for would tell nothing.
async fn alarmed_already(scene: &Scene) -> Option<String> {
    let waits = scene.targets.drill.steps.iter().any(|step| matches!(step.act, Act::WaitForAlarm { .. }));
    let ear = scene.ear.as_ref().filter(|_| waits)?;
    tokio::select! {
        biased;
        _ = scene.kill().wait() => None,
        silent = ear.silent(scene.client.run_id()) => silent.err(),
    }
}

fn not_begun(scene: &Scene, header: Header, why: String) -> Drilled {
    scene.record.add(Event::NotBegun { at: scene.record.now(), why });
    ended(scene, header, (0, 0))
}

/// `more` requests and writes were sent beside those of the drill itself.
fn ended(scene: &Scene, header: Header, more: (u64, u64)) -> Drilled {
    let (requests, writes) = scene.client.counts();
    let (requests, writes) = (requests + more.0, writes + more.1);
    scene.record.add(Event::Ended { at: scene.record.now(), requests, writes });
    let journal = scene.record.finish();
    Drilled { header, events: scene.record.events(), journal }
}

fn header(targets: &Targets, pinned: &[Pinned], client: &Client) -> Header {
    let drill = &targets.drill;
    let origin = |(origin, pinned): (&super::targets::Origin, &Pinned)| OriginLine {
        name: origin.name.clone(),
        origin: pinned.key.to_string(),
        address: pinned.address.to_string(),
    };
    let service = |ix: ServiceIx| {
        let service = targets.service(ix);
        let must_accept = service.must_accept.as_ref().map(|all| all.iter().map(|ix| ix.0).collect());
        ServiceLine {
            name: service.name.clone(),
            promised: targets.promised(ix).map(|span| span.0),
            cached: service.cached.map(|span| span.0),
            must_accept,
        }
    };
    Header {
        format: event::FORMAT.to_owned(),
        written_by: concat!("runaway ", env!("CARGO_PKG_VERSION")).to_owned(),
        plane: "staging".to_owned(),
        targets: targets.name.clone(),
        document: targets.text.to_string(),
        folder: targets.folder_from_anywhere(),
        endpoints: targets.discovered.clone(),
        identity: targets.identity.clone(),
        run: client.run_id().to_string(),
        started: jiff::Timestamp::now().to_string(),
        origins: targets.origins.iter().zip(pinned).map(origin).collect(),
        services: targets.service_ids().map(service).collect(),
        credentials: targets
            .credentials
            .iter()
            .map(|credential| CredentialLine { name: credential.name.clone(), kind: credential.kind.clone() })
            .collect(),
        sentinels: targets.sentinels.iter().map(|sentinel| sentinel.name.clone()).collect(),
        cadence: drill.cadence.0,
        sparse: drill.sparse.map(|span| span.0),
        phases: drill.phases,
        settle: drill.settle.0,
        deadline: drill.deadline.0,
        may_remint: drill.may_remint,
    }
}

/// What the runbook needs, the negative controls, the positive ones, then the credentials: their lifetimes begin as late as
/// they can. Says why the drill would show nothing.
async fn prepare(scene: &mut Scene) -> Result<Option<String>, NoCredential> {
    let missing = needed::missing(scene).await;
    if !missing.is_empty() {
        return Ok(Some(missing.join("; ")));
    }
    let first = scene.targets.drilled.first().map(|ix| scene.targets.credential(*ix));
    let shape = first.map(|first| Credential { name: "a made-up one".to_owned(), ..first.clone() });
    let made_up = shape.as_ref().and_then(|shape| made_up(&shape.present));
    for service in scene.targets.service_ids() {
        let probe = &scene.targets.service(service).probe;
        let mut statuses = Vec::new();
        for shown in [None, shape.as_ref().zip(made_up.as_ref())] {
            let shown: Shown<'_> = shown;
            let mut seen = look(&scene.targets, &scene.client, probe, shown, &[]).await?;
            // A server may refuse with any status but those that say "not now".
            let refuses = seen.status.filter(|status| (300..500).contains(status) && *status != 429);
            if seen.reading == Reading::Unknown && refuses.is_some() {
                seen.reading = Reading::Refused;
                statuses.extend(refuses);
            }
            let reading = if Mistake::OpenDoorProves.here() { Reading::Refused } else { seen.reading };
            let status = seen.status;
            scene.record.add(Event::Negative { service: service.0, made_up: shown.is_some(), reading, status });
        }
        scene.learned[service.0] = statuses;
    }
    let targets = scene.targets.clone();
    if let Some(why) = ready::proves_nothing(&targets, &scene.record.events()) {
        return Ok(Some(why));
    }
    for service in targets.service_ids() {
        scene.vault.current(&targets, &scene.client, targets.control_at(service)).await?;
        watching::look_at_control(scene, service).await?;
    }
    let refused = ready::refused_controls(&targets, &scene.record.events(), 0);
    if !refused.is_empty() {
        return Ok(Some(refused.join("; ")));
    }
    for credential in &targets.drilled {
        for instance in 0..targets.drill.phases {
            let fetched = scene.vault.fetch(&targets, &scene.client, *credential).await?;
            let lives = targets.credential(*credential).lives.map(|lives| lives.0);
            let at = scene.record.micros(fetched.at);
            scene.record.add(Event::Issued { at, credential: credential.0, instance, lives });
            scene.drilled.insert((*credential, instance), fetched);
        }
    }
    Ok(None)
}

/// A credential that nobody issued, in the form of those that are: what is malformed is refused for another reason.
fn made_up(present: &Present) -> Option<Secret> {
    let mut bytes = [0; 20];
    SystemRandom::new().fill(&mut bytes).ok()?;
    let text = HEXLOWER.encode(&bytes);
    let is_pair = *present == Present::Basic && !Mistake::MadeUpIsMalformed.here();
    Secret::new(if is_pair { format!("nobody:{text}") } else { text })
}

/// Steady state, the steps, and then watching until everything has been shut for long enough, or for too long.
///
/// # Errors
///
/// Why no step was done: it would have shown nothing.
async fn contain(scene: &Arc<Scene>) -> Result<(), String> {
    if scene.kill().thrown().is_some() {
        return Ok(());
    }
    let plan = &scene.targets.drill;
    let watching = Watching::begin(scene);
    let mut asking = JoinSet::new();
    for (at, condition) in scene.targets.stops.iter().enumerate() {
        if matches!(condition, StopCondition::Health { .. }) {
            asking.spawn(health::keep_asking(scene.targets.clone(), scene.client.clone(), at));
        }
    }
    let steady =
        Instant::now() + first_use(plan.over, plan.phases, plan.phases - 1) + Duration::from_micros(plan.steady.0);
    tokio::select! {
        _ = scene.kill().wait() => {}
        () = sleep_until(steady) => {}
    }
    let unready = ready::unready(scene).await;
    if !unready.is_empty() && scene.kill().thrown().is_none() {
        asking.shutdown().await;
        watching.end().await;
        return Err(unready.join("; "));
    }
    let mut runbook = Runbook::new(scene, &scene.client, &scene.vault, false);
    for (at, step) in plan.steps.iter().enumerate() {
        if scene.kill().thrown().is_none() {
            runbook.act(at, step, &BTreeSet::new()).await;
        }
    }
    let deadline = Instant::now() + Duration::from_micros(plan.deadline.0);
    let mut next = interval(Duration::from_millis(100));
    while scene.kill().thrown().is_none() && Instant::now() < deadline && !scene.settled(plan.settle, Instant::now()) {
        next.tick().await;
    }
    asking.shutdown().await;
    watching.end().await;
    Ok(())
}
