//! Exploration of a real API: the same agents as on every plane, without our world, behind the guard. What they reach is
//! what their own client saw; what only a world could know is not known.

mod ask;
mod body;
mod by_hand;
mod carry;
mod checks;
mod hear;
mod ids;
mod links;
mod marked;
mod mint;
mod model;
mod outcome;
mod own;
mod paging;
mod put_back;
mod rows;
mod same;
mod secrets;
mod tally;
mod tour;
mod undo;
mod undo_line;
mod undo_log;
mod write;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use super::alarm::Ear;
use super::client::{Client, SentLog};
use super::drill::health::{Health, keep_asking};
use super::drill::vault::{NoCredential, Vault};
use super::guard::{Consents, Stopped, Watch};
use super::targets::{CredentialIx, ExplorePlan, Looks, Probe, StopCondition, Targets};
use crate::agent::{Agent, Conduct, Inventory, Part};
use crate::measure::{Explored, Stage, Undone};
use crate::planted::Mistake;
use crate::wire::{Purpose, Text};
pub use mint::line_of;
pub use model::{Modelled, explorers, full_name};
pub use tour::Sink;
use tour::{Tour, actor};
pub use undo::undo;
pub use undo_log::Past as Writes;
use undo_log::UndoLog;
use write::{Turns, Writer};

/// What is explored, and with what.
#[derive(Debug)]
pub struct Terrain {
    pub targets: Arc<Targets>,
    pub explore: ExplorePlan,
    pub modelled: Modelled,
}

impl Terrain {
    /// Nothing is sent and nothing looked up.
    ///
    /// # Errors
    ///
    /// Why it cannot be explored.
    pub fn of(targets: Arc<Targets>) -> Result<Terrain, String> {
        let explore = targets.explore.clone().ok_or("the targets file does not say what may be explored")?;
        let modelled = Modelled::of(&targets, &explore)?;
        Ok(Terrain { targets, explore, modelled })
    }

    /// Whether agents may write anything.
    fn writes(&self) -> bool {
        self.explore.operations.iter().any(|operation| operation.undo.is_some() && operation.not_tried.is_none())
    }
}

/// An exploration that is over.
#[derive(Debug)]
pub struct Toured {
    pub explored: Explored,
    /// Whether the journal took all of it.
    pub journal: io::Result<()>,
}

/// Explores, stage by stage, until nobody has anything left to try, a check fails, or the switch is thrown. What was written
/// is undone in each case.
///
/// # Errors
///
/// It cannot begin, or what was written cannot be known.
pub async fn explore(
    terrain: &Arc<Terrain>,
    consents: Consents,
    watch: Watch,
    sent: Arc<SentLog>,
    undo_file: &Path,
    sink: Sink<'_>,
) -> io::Result<Toured> {
    let targets = &terrain.targets;
    let most = terrain.explore.largest_body;
    let client =
        Client::new(consents.run, targets)?.reading_up_to(most).keeping_connections().writing_down(sent.clone());
    let (client, restoring) = (Arc::new(client), Client::new(consents.restore, targets)?.writing_down(sent.clone()));
    watch.signals(client.kill().clone(), restoring.kill().clone())?;
    watch.duration(targets.caps.duration, client.kill().clone());
    if let Some(file) = &targets.kill_file {
        watch.file(file.clone(), vec![client.kill().clone(), restoring.kill().clone()]);
    }
    let health = Health::new(&targets.stops);
    let vault = Arc::new(Vault::new(targets));
    let mut explored = Explored {
        run: client.run_id().to_string(),
        started: jiff::Timestamp::now().to_string(),
        listens: targets.alarm.is_some(),
        ..Explored::default()
    };
    let mut tour = Tour::new(terrain, client.clone(), vault.clone(), &health, agents(terrain), sink);
    if terrain.writes() {
        let log = UndoLog::begin(undo_file, undo::head(terrain, client.run_id()));
        let log = Arc::new(log.map_err(|error| named(undo_file, "written", &error))?);
        let (terrain, client, vault) = (terrain.clone(), client.clone(), vault.clone());
        tour.writer = Some(Arc::new(Writer { terrain, client, vault, log, turns: Turns::default() }));
    }
    let mut beside = JoinSet::new();
    beside.spawn(sent.gather());
    let (ear, ready) = match Ear::open(targets, &client, &vault).await {
        Ok(Some(ear)) => match ear.silent(client.run_id()).await {
            Ok(()) => (Some(ear), prepare(&mut tour).await),
            Err(why) => (None, Ok(vec![why])),
        },
        Ok(None) => (None, prepare(&mut tour).await),
        Err(why) => (None, Ok(vec![why])),
    };
    let refused = ear.as_ref().and_then(Ear::refused);
    let mut alarm = ear.map(|ear| listen(ear, &client, &mut beside));
    for (at, condition) in targets.stops.iter().enumerate() {
        if matches!(condition, StopCondition::Health { .. }) {
            beside.spawn(keep_asking(targets.clone(), client.clone(), at));
        }
    }
    let mut journal = Ok(());
    match ready {
        Ok(failed) if failed.is_empty() => {
            beside.spawn(checks::keep_watching(terrain.clone(), client.clone(), vault.clone()));
            journal = stages(&mut tour, &mut alarm, &mut explored).await;
        }
        Ok(failed) => explored.stopped = Some(format!("before anything was tried, {}", failed.join("; "))),
        Err(NoCredential::Refused(refused)) => client.give_up(&refused),
        Err(missing) => explored.stopped = Some(missing.to_string()),
    }
    beside.shutdown().await;
    let thrown = client.kill().thrown();
    // A run that could not begin was not stopped: it says nothing.
    let ended = tour.end(thrown.is_some() || explored.stages.iter().any(|stage| !stage.failed.is_empty()));
    if let Some(writer) = tour.writer.take().filter(|_| journal.is_ok() || !Mistake::FullDiskLeavesWrites.here()) {
        let undone = undo::undo_with(terrain, &restoring, &watch, &writer.log, undo_file).await;
        explored.undo = Some(undone.unwrap_or_else(|error| {
            let why = format!("{}: nothing was undone", named(undo_file, "read again", &error));
            Undone { unsteady: vec![why], ..Undone::default() }
        }));
    }
    explored.stopped = thrown.map(|why| why.to_string()).or(explored.stopped);
    let (sent, undoing) = (client.counts(), restoring.counts());
    (explored.requests, explored.writes) = (sent.0 + undoing.0, sent.1 + undoing.1);
    tour.tally.finish(terrain, &tour.memory, &mut explored);
    if let Some(n) = refused.map(|n| n.load(Ordering::Relaxed)).filter(|n| *n > 0) {
        explored.oddities.insert("a call to the webhook that does not know the secret".to_owned(), n);
    }
    Ok(Toured { explored, journal: journal.and(ended) })
}

fn named(file: &Path, what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{} cannot be {what}: {error}", file.display()))
}

/// One identity, then all others, while the checks hold.
async fn stages(
    tour: &mut Tour<'_>,
    alarm: &mut Option<UnboundedReceiver<()>>,
    explored: &mut Explored,
) -> io::Result<()> {
    let names: Vec<String> =
        explorers(&tour.terrain.targets, &tour.terrain.explore).map(|(name, _)| name.to_owned()).collect();
    let stages = [0..1, 1..names.len()];
    for agents in stages.into_iter().filter(|agents| !agents.is_empty()) {
        tour.go(agents.clone(), alarm).await?;
        let mut stage = Stage { identities: names[agents].to_vec(), failed: Vec::new() };
        if tour.client.kill().thrown().is_none() {
            match checks::failed(tour.terrain, &tour.client, &tour.vault).await {
                Ok(failed) => stage.failed = failed,
                Err(refused) => tour.client.give_up(&refused),
            }
        }
        let holds = stage.failed.is_empty();
        if !holds {
            explored.stopped = Some(format!("after {}, {}", stage.identities.join(", "), stage.failed.join("; ")));
        }
        explored.stages.push(stage);
        if !holds && !Mistake::ChecksAreNotHeld.here() || tour.client.kill().thrown().is_some() {
            return Ok(());
        }
    }
    Ok(())
}

fn agents(terrain: &Terrain) -> Vec<Agent> {
    let plan = &terrain.modelled.plan;
    let inventory = Arc::new(Inventory::of(plan));
    let agent = |(at, spec)| Agent::new(plan, &inventory, actor(at), spec, Purpose::Agent, Conduct::Faulty(Part::Acts));
    plan.agents.iter().enumerate().map(agent).collect()
}

/// Fetches what is explored with and the canaries, and looks whether the target is as it should be.
async fn prepare(tour: &mut Tour<'_>) -> Result<Vec<String>, NoCredential> {
    let terrain = tour.terrain;
    let (targets, explore) = (&terrain.targets, &terrain.explore);
    let canaries = explore.secrets.iter().filter_map(|rule| match rule.looks {
        Looks::Exactly(ix) => Some(ix),
        Looks::Like(_) => None,
    });
    let held: Vec<CredentialIx> = explorers(targets, explore).flat_map(|(_, held)| held).copied().collect();
    for ix in held.iter().copied().chain(canaries) {
        let secret = tour.vault.current(targets, &tour.client, ix).await?;
        tour.memory.secrets.know(ix, &secret, &targets.credential(ix).present);
    }
    let failed = checks::failed(terrain, &tour.client, &tour.vault).await?;
    for service in targets.service_ids() {
        let control = targets.control_at(service);
        let secret = tour.vault.current(targets, &tour.client, control).await?;
        tour.memory.secrets.know(control, &secret, &targets.credential(control).present);
    }
    for ix in held {
        for service in checks::accepting(terrain, &tour.client, &tour.vault, ix).await? {
            if let (Probe::Http(request), Some(family)) = (&targets.service(service).probe, terrain.modelled.family(ix))
            {
                let text = Text::Generated { family, index: 0, turn: 0 };
                tour.accepted.insert((Some(text), request.origin));
            }
        }
    }
    Ok(failed)
}

/// Listens for their own detection.
fn listen(ear: Ear, client: &Client, beside: &mut JoinSet<()>) -> UnboundedReceiver<()> {
    let (tell, told) = unbounded_channel();
    let (run, kill) = (client.run_id(), client.kill().clone());
    beside.spawn(async move {
        match ear.heard(run).await {
            // Nobody listens any more when the run is over.
            Ok(_) => drop(tell.send(())),
            Err(why) => kill.throw(Stopped::Condition(format!("no alarm can be heard: {why}"))),
        }
    });
    told
}
