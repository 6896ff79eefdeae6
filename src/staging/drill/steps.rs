//! The runbook: each step done, one after the other, with what came of it.

use std::collections::{BTreeMap, BTreeSet};
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

/// A step, and which of the fresh credentials it was done for where it is done for each.
pub type Turn = (usize, Option<usize>);

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

    /// Does one step as often as it is to be done, but for the times that are `already` done.
    pub async fn act(&mut self, at: usize, step: &Step, already: &BTreeSet<Turn>) {
        let record = &self.scene.record;
        record.add(Event::Began { at: record.now(), step: at, restoring: self.restoring, name: step.name.clone() });
        let targets = self.scene.targets.clone();
        for instance in step.turns(&targets).filter(|instance| !already.contains(&(at, *instance))) {
            let outcome = match &step.act {
                Act::Http(request) => match self.given(step, instance.unwrap_or(0)) {
                    Ok(given) => self.send(request, given).await,
                    Err(why) => Outcome::untold(why),
                },
                Act::Command { program, with } => self.unless_stopped(self.command(program, *with)).await,
                Act::Pause(said) => {
                    let pressed = async { pressed(said).await.map_or_else(Outcome::failed, |()| Outcome::done()) };
                    self.unless_stopped(pressed).await
                }
                Act::WaitForAlarm { at_most } => self.unless_stopped(self.alarm_within(*at_most)).await,
            };
            self.tell(at, step, instance, outcome);
        }
    }

    /// The fresh credential that a step is about. One that was issued for a drill that is over is known to nobody any more.
    fn given(&self, step: &Step, instance: usize) -> Result<Option<(CredentialIx, Fetched)>, &'static str> {
        let targets = &self.scene.targets;
        let Some(credential) = step.drilled(targets) else { return Ok(None) };
        match self.scene.drilled.get(&(credential, instance)) {
            Some(fetched) => Ok(Some((credential, fetched.clone()))),
            None if targets.drill.phases > 1 => Err("the credential that was issued for the drill is known no more"),
            None => Ok(None),
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
        let given = given.as_ref().map(|(ix, fetched)| (*ix, fetched));
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

    async fn unless_stopped(&self, doing: impl Future<Output = Outcome>) -> Outcome {
        tokio::select! {
            biased;
            why = self.client.kill().wait() => Outcome::failed(format!("stopped: {why}")),
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

    async fn alarm_within(&self, at_most: Span) -> Outcome {
        timeout(Duration::from_micros(at_most.0), self.alarm()).await.unwrap_or_else(|_| self.no_alarm(at_most))
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
