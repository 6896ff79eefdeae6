//! The runbook: each step done, one after the other, with what came of it.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::timeout;

use super::event::{Came, Event, Stepped};
use super::render::{Filling, error_code, render};
use super::vault::{Fetched, Vault, pointed};
use super::watching::Scene;
use crate::staging::alarm::{Ear, pressed, told_of};
use crate::staging::client::Client;
use crate::staging::secret::Secret;
use crate::staging::targets::{Act, CredentialIx, Request, Step};
use crate::wire::Span;

/// A program of the runbook has so much time.
const PATIENCE: Duration = Duration::from_secs(600);

/// What came of a step, and why.
struct Outcome {
    came: Came,
    status: Option<u16>,
    error: Option<String>,
}

impl Outcome {
    fn done() -> Outcome {
        Outcome { came: Came::Done, status: None, error: None }
    }

    fn failed(why: impl ToString) -> Outcome {
        Outcome { came: Came::Failed, status: None, error: Some(why.to_string()) }
    }

    fn untold(why: impl ToString) -> Outcome {
        Outcome { came: Came::Untold, ..Outcome::failed(why) }
    }
}

/// Who does the steps: the drill, or what puts everything back.
pub struct Runbook<'a> {
    pub scene: &'a Scene,
    pub client: &'a Client,
    pub vault: &'a Vault,
    pub restoring: bool,
    captured: BTreeMap<String, Secret>,
}

impl<'a> Runbook<'a> {
    pub fn new(scene: &'a Scene, client: &'a Client, vault: &'a Vault, restoring: bool) -> Runbook<'a> {
        Runbook { scene, client, vault, restoring, captured: BTreeMap::new() }
    }

    /// Does one step: once for each fresh credential, where it is about one.
    pub async fn act(&mut self, at: usize, step: &Step) {
        let record = &self.scene.record;
        record.add(Event::Began { at: record.now(), step: at, restoring: self.restoring, name: step.name.clone() });
        let each = match &step.act {
            Act::Http(request) => {
                self.scene.targets.drilled.iter().copied().find(|ix| request.mentions(*ix) || request.with == Some(*ix))
            }
            _ => None,
        };
        match (each, &step.act) {
            (Some(credential), Act::Http(request)) => {
                let phases = self.scene.targets.drill.phases;
                for instance in 0..phases {
                    let given = self.scene.drilled.get(&(credential, instance)).cloned();
                    let outcome = self.send(request, given.map(|fetched| (credential, fetched))).await;
                    self.tell(at, step, (phases > 1).then_some(instance), outcome);
                }
            }
            (None, Act::Http(request)) => {
                let outcome = self.send(request, None).await;
                self.tell(at, step, None, outcome);
            }
            (_, act) => {
                let outcome = self.other(act).await;
                self.tell(at, step, None, outcome);
            }
        }
    }

    fn tell(&self, at: usize, step: &Step, instance: Option<usize>, outcome: Outcome) {
        let Outcome { came, status, error } = outcome;
        self.scene.record.add(Event::Stepped(Stepped {
            at: self.scene.record.now(),
            step: at,
            restoring: self.restoring,
            name: step.name.clone(),
            instance,
            came,
            status,
            error,
            covers: step.covers.iter().map(|ix| ix.0).collect(),
            services: step.at.iter().map(|ix| ix.0).collect(),
        }));
    }

    async fn send(&mut self, request: &Request, given: Option<(CredentialIx, Fetched)>) -> Outcome {
        let given = given.as_ref().map(|(ix, fetched)| (*ix, &fetched.secret));
        let filling =
            Filling::gather(self.vault, &self.scene.targets, self.client, request, given, &self.captured).await;
        let outgoing = match filling.map(|filling| render(&self.scene.targets, request, &filling)) {
            Ok(Ok(outgoing)) => outgoing,
            Ok(Err(why)) => return Outcome::untold(why),
            Err(missing) => return Outcome::untold(missing),
        };
        let answer = match self.client.send(&outgoing).await {
            Err(refused) => return Outcome::untold(refused),
            Ok(sent) => match sent.got {
                Err(broken) => return Outcome::untold(format!("{broken}: it may or may not have happened")),
                Ok(answer) => answer,
            },
        };
        let status = Some(answer.status);
        if !request.proof.accepted.holds(answer.status, &answer.body) {
            let came = if answer.status >= 500 { Came::Untold } else { Came::Failed };
            return Outcome { came, status, error: error_code(&answer.body) };
        }
        for (name, pointer) in &request.captures {
            match pointed(&answer.body, pointer) {
                Some(found) => drop(self.captured.insert(name.clone(), found)),
                None => {
                    return Outcome { status, ..Outcome::failed(format!("the answer has nothing at {pointer}")) };
                }
            }
        }
        Outcome { status, ..Outcome::done() }
    }

    async fn other(&self, act: &Act) -> Outcome {
        let kill = self.client.kill();
        let doing = async {
            match act {
                Act::Http(_) => Outcome::done(),
                Act::Command { program, with } => self.command(program, *with).await,
                Act::Pause(said) => pressed(said).await.map_or_else(Outcome::failed, |()| Outcome::done()),
                Act::WaitForAlarm { at_most } => match timeout(Duration::from_micros(at_most.0), self.alarm()).await {
                    Ok(outcome) => outcome,
                    Err(_) => self.no_alarm(*at_most),
                },
            }
        };
        tokio::select! {
            biased;
            why = kill.wait() => Outcome::failed(format!("stopped: {why}")),
            outcome = doing => outcome,
        }
    }

    async fn command(&self, program: &[String], with: Option<CredentialIx>) -> Outcome {
        let Some((first, arguments)) = program.split_first() else { return Outcome::failed("no program") };
        let mut command = tokio::process::Command::new(first);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        command.env("RUNAWAY_RUN", self.client.run_id().to_string());
        if let Some(ix) = with {
            match self.vault.current(&self.scene.targets, self.client, ix).await {
                Ok(secret) => drop(command.env("RUNAWAY_CREDENTIAL", secret.expose())),
                Err(missing) => return Outcome::untold(missing),
            }
        }
        match timeout(PATIENCE, command.status()).await {
            Err(_) => Outcome::untold("the program did not end in time"),
            Ok(Err(error)) => Outcome::untold(format!("the program cannot be started: {error}")),
            Ok(Ok(status)) if status.success() => Outcome::done(),
            Ok(Ok(status)) => Outcome::failed(format!("the program ended with {status}")),
        }
    }

    /// What called without the secret may have been their detection.
    fn no_alarm(&self, at_most: Span) -> Outcome {
        let refused = self.scene.ear.as_ref().and_then(Ear::refused).map_or(0, |n| n.load(Ordering::Relaxed));
        match told_of(refused) {
            Some(told) => Outcome::untold(format!("no alarm within {at_most}; {told}")),
            None => Outcome { came: Came::NoAlarm, ..Outcome::failed(format!("no alarm within {at_most}")) },
        }
    }

    /// Waits for their own detection.
    async fn alarm(&self) -> Outcome {
        let Some(ear) = &self.scene.ear else { return Outcome::untold("nothing tells of an alarm") };
        match ear.heard(self.client.run_id()).await {
            Ok(at) => {
                self.scene.record.add(Event::Alarm { at: self.scene.record.micros(at) });
                Outcome::done()
            }
            Err(why) => Outcome::untold(why),
        }
    }
}
