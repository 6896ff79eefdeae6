//! The probers: each credential at each service, at its cadence, with the control beside it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::event::{Event, Probed, Reading, Who};
use super::health::Health;
use super::probe::{Seen, look};
use super::record::Record;
use super::vault::{Fetched, Vault};
use crate::staging::alarm::Ear;
use crate::staging::client::Client;
use crate::staging::guard::{Kill, Refused, Stopped};
use crate::staging::targets::{CredentialIx, Probe, ServiceIx, Targets};
use crate::wire::Span;

/// What all parts of a running drill share.
#[derive(Debug)]
pub struct Scene {
    pub targets: Arc<Targets>,
    pub client: Arc<Client>,
    pub vault: Vault,
    pub record: Record,
    /// The instances of what is drilled.
    pub drilled: BTreeMap<(CredentialIx, usize), Fetched>,
    /// Statuses with which each service was seen to refuse.
    pub learned: Vec<Vec<u16>>,
    pub health: Health,
    /// Where their detection is heard.
    pub ear: Option<Ear>,
    pairs: Mutex<BTreeMap<Pair, Acceptance>>,
}

/// A fresh credential, and the service that it is shown to.
pub type Pair = (CredentialIx, usize, ServiceIx);

/// What the probes of a pair said so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Acceptance {
    accepted: bool,
    /// The first and the last of the refusals since then, where every answer that told something was one.
    refused: Option<(Instant, Instant)>,
}

impl Scene {
    pub fn new(targets: Arc<Targets>, client: Arc<Client>, record: Record) -> Scene {
        let learned = vec![Vec::new(); targets.services.len()];
        let health = Health::new(&targets.stops);
        let (vault, drilled, pairs) = (Vault::new(&targets), BTreeMap::new(), Mutex::default());
        Scene { targets, client, vault, record, drilled, learned, health, ear: None, pairs }
    }

    pub fn kill(&self) -> &Kill {
        self.client.kill()
    }

    fn pairs(&self) -> MutexGuard<'_, BTreeMap<Pair, Acceptance>> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Knows again what the events of an earlier run showed.
    pub fn remember(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::Probed(Probed {
                    who: Who::Drilled { credential, instance },
                    service: Some(service),
                    reading,
                    ..
                }) if *reading == Reading::Accepted => {
                    let pair = (CredentialIx(*credential), *instance, ServiceIx(*service));
                    self.pairs().entry(pair).or_default().accepted = true;
                }
                Event::Negative { service, status: Some(status), reading: Reading::Refused, .. } => {
                    self.learned[*service].push(*status);
                }
                _ => {}
            }
        }
    }

    fn note(&self, pair: Pair, seen: &Seen) {
        let mut pairs = self.pairs();
        let pair = pairs.entry(pair).or_default();
        match seen.reading {
            Reading::Accepted => *pair = Acceptance { accepted: true, refused: None },
            Reading::Refused => pair.refused.get_or_insert((seen.sent, seen.sent)).1 = seen.sent,
            Reading::Unknown => {}
        }
    }

    /// Whether everything that was ever accepted has been refused for so long: silence is no refusal. Who is shown more rarely
    /// than that is refused once.
    pub fn settled(&self, settle: Span, now: Instant) -> bool {
        let plan = &self.targets.drill;
        let pairs = self.pairs();
        let mut open = pairs.iter().filter(|(_, pair)| pair.accepted);
        open.all(|((_, instance, _), pair)| {
            let Some((first, last)) = pair.refused else { return false };
            let rarely = plan.every(*instance) > settle;
            (if rarely { now } else { last }).saturating_duration_since(first) >= Duration::from_micros(settle.0)
        })
    }

    /// Where a credential was accepted, whichever instance of it.
    pub fn was_accepted(&self, credential: CredentialIx) -> Vec<ServiceIx> {
        let pairs = self.pairs();
        let mut found: Vec<ServiceIx> = pairs
            .iter()
            .filter(|((ix, ..), pair)| *ix == credential && pair.accepted)
            .map(|((.., at), _)| *at)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// A cap that is used up ends the drill: without probes it measures nothing.
    pub fn refused(&self, refused: &Refused) {
        self.client.give_up(refused);
    }
}

/// Who is shown, and where.
#[derive(Clone, Debug)]
enum Watched {
    Pair(Pair),
    Control(ServiceIx),
    Sentinel(usize),
}

/// Probers, until they are dropped.
#[derive(Debug)]
pub struct Watching(JoinSet<()>);

impl Watching {
    /// Begins to probe. Fresh credentials begin one after the other, spread over the time that the targets file names.
    pub fn begin(scene: &Arc<Scene>) -> Watching {
        let plan = &scene.targets.drill;
        let mut probers = JoinSet::new();
        let now = Instant::now();
        let mut all: Vec<(Watched, Duration, Duration)> = Vec::new();
        let cadence = Duration::from_micros(plan.cadence.0);
        for service in scene.targets.service_ids() {
            all.push((Watched::Control(service), cadence, Duration::ZERO));
        }
        for sentinel in 0..scene.targets.sentinels.len() {
            all.push((Watched::Sentinel(sentinel), cadence, Duration::ZERO));
        }
        for (credential, instance) in scene.drilled.keys() {
            let every = Duration::from_micros(plan.every(*instance).0);
            let after = first_use(plan.over, plan.phases, *instance);
            for service in scene.targets.service_ids() {
                all.push((Watched::Pair((*credential, *instance, service)), every, after));
            }
        }
        // Probes of one cadence are spread over it, so that they do not come all at once.
        let slots = u32::try_from(all.len()).unwrap_or(u32::MAX).max(1);
        for (n, (watched, every, after)) in (0u32..).zip(all) {
            let first = now + after + cadence.min(every) * n / slots;
            probers.spawn(keep_looking(scene.clone(), watched, every, first, n.into()));
        }
        Watching(probers)
    }

    /// Ends all probers.
    pub async fn end(mut self) {
        self.0.shutdown().await;
    }
}

/// When an instance is used for the first time.
pub fn first_use(over: Span, phases: usize, instance: usize) -> Duration {
    Duration::from_micros(over.0 / phases.max(1) as u64 * instance as u64)
}

async fn keep_looking(scene: Arc<Scene>, watched: Watched, every: Duration, first: Instant, place: u64) {
    let mut next = first;
    let mut dice = ChaCha8Rng::seed_from_u64(place);
    loop {
        tokio::select! {
            biased;
            _ = scene.kill().wait() => return,
            () = sleep_until(next) => {}
        }
        match look_once(&scene, &watched).await {
            Ok(()) => {}
            Err(refused) => {
                scene.refused(&refused);
                return;
            }
        }
        // A tenth of jitter, so that nothing in the target beats in time with the probes.
        let jitter = dice.random_range(0.95..1.05);
        next = (next + every.mul_f64(jitter)).max(Instant::now());
    }
}

/// Shows a service its control once.
pub async fn look_at_control(scene: &Scene, service: ServiceIx) -> Result<(), Refused> {
    look_once(scene, &Watched::Control(service)).await
}

async fn look_once(scene: &Scene, watched: &Watched) -> Result<(), Refused> {
    let targets = &scene.targets;
    let (who, service, probe): (Who, Option<ServiceIx>, &Probe) = match watched {
        Watched::Pair((credential, instance, service)) => {
            let who = Who::Drilled { credential: credential.0, instance: *instance };
            (who, Some(*service), &targets.service(*service).probe)
        }
        Watched::Control(service) => (Who::Control, Some(*service), &targets.service(*service).probe),
        Watched::Sentinel(at) => (Who::Sentinel { sentinel: *at }, None, &targets.sentinels[*at].probe),
    };
    let credential = match watched {
        Watched::Pair((credential, ..)) => *credential,
        Watched::Control(service) => targets.control_at(*service),
        Watched::Sentinel(at) => targets.sentinels[*at].with,
    };
    let secret = match watched {
        Watched::Pair((credential, instance, _)) => scene.drilled[&(*credential, *instance)].secret.clone(),
        _ => match scene.vault.current(targets, &scene.client, credential).await {
            Ok(secret) => secret,
            Err(super::vault::NoCredential::Refused(refused)) => return Err(refused),
            // Without the control, refusals stay unknown; a stop condition may end the drill.
            Err(missing) => {
                let now = scene.record.now();
                let broken = Some(missing.to_string());
                let reading = Reading::Unknown;
                let service = service.map(|service| service.0);
                scene.record.add(Event::Probed(Probed {
                    sent: now,
                    back: now,
                    who,
                    service,
                    reading,
                    status: None,
                    challenge: None,
                    broken,
                }));
                return Ok(());
            }
        },
    };
    let learned = service.map_or(&[][..], |service| &scene.learned[service.0]);
    let shown = Some((targets.credential(credential), &secret));
    let seen = look(targets, &scene.client, probe, shown, learned).await?;
    if let Watched::Pair(pair) = watched {
        scene.note(*pair, &seen);
    }
    if let Some(why) = scene.health.take(&seen) {
        scene.kill().throw(Stopped::Condition(why));
    }
    scene.record.add(Event::Probed(Probed {
        sent: scene.record.micros(seen.sent),
        back: scene.record.micros(seen.back),
        who,
        service: service.map(|service| service.0),
        reading: seen.reading,
        status: seen.status,
        challenge: seen.challenge,
        broken: seen.broken,
    }));
    Ok(())
}
