//! One look: a credential is shown to a service, and what came back is read.

use std::process::Stdio;
use std::time::Duration;

use http::HeaderMap;
use tokio::time::{Instant, timeout};

use super::event::Reading;
use super::render::{Filling, challenge, present, render};
use crate::staging::client::{Broken, Client, Outgoing};
use crate::staging::guard::Refused;
use crate::staging::secret::Secret;
use crate::staging::targets::{self, Credential, Match, Probe, Targets};

/// What was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    pub sent: Instant,
    pub back: Instant,
    pub reading: Reading,
    pub status: Option<u16>,
    pub challenge: Option<String>,
    pub broken: Option<String>,
}

/// How a credential is shown; nothing, where none is.
pub type Shown<'a> = Option<(&'a Credential, &'a Secret)>;

/// Looks once. `learned` are statuses with which this service was seen to refuse.
pub async fn look(
    targets: &Targets,
    client: &Client,
    probe: &Probe,
    shown: Shown<'_>,
    learned: &[u16],
) -> Result<Seen, Refused> {
    match probe {
        Probe::Command(program) => by_command(targets, client, program, shown).await,
        Probe::Http(request) => {
            let unsent = |why: String| seen_nothing(Instant::now(), why);
            let mut outgoing: Outgoing = match render(targets, request, &Filling::default()) {
                Ok(outgoing) => outgoing,
                Err(why) => return Ok(unsent(why)),
            };
            if let Some((credential, secret)) = shown {
                if let Err(why) = present(&credential.present, secret, &mut outgoing.headers) {
                    return Ok(unsent(why));
                }
                outgoing.told.credential = Some(credential.name.as_str().into());
            }
            outgoing.told.purpose = "probe";
            let sent = client.send(&outgoing).await?;
            Ok(match sent.got {
                Err(broken) => Seen { back: sent.back, ..seen_nothing(sent.at, broken.to_string()) },
                Ok(answer) => {
                    let mut proof = request.proof.clone();
                    let learned = learned.iter().map(|status| Match { statuses: vec![*status], ..Match::default() });
                    proof.refused.extend(learned);
                    Seen {
                        sent: sent.at,
                        back: sent.back,
                        reading: proof.read(answer.status, &answer.body).into(),
                        status: Some(answer.status),
                        challenge: challenge(&answer.headers as &HeaderMap),
                        broken: None,
                    }
                }
            })
        }
    }
}

fn seen_nothing(at: Instant, why: String) -> Seen {
    Seen { sent: at, back: at, reading: Reading::Unknown, status: None, challenge: None, broken: Some(why) }
}

/// The credential is in the environment of the program, where nobody else sees it.
async fn by_command(targets: &Targets, client: &Client, program: &[String], shown: Shown<'_>) -> Result<Seen, Refused> {
    if let Some(why) = client.kill().thrown() {
        return Err(Refused::Stopped(why));
    }
    let sent = Instant::now();
    let Some((first, arguments)) = program.split_first() else {
        return Ok(seen_nothing(sent, "no program".to_owned()));
    };
    let mut command = tokio::process::Command::new(first);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.env("RUNAWAY_RUN", client.run_id().to_string());
    if let Some((_, secret)) = shown {
        command.env("RUNAWAY_CREDENTIAL", secret.expose());
    }
    let patience = Duration::from_micros(targets.drill.patience.0);
    let ended = tokio::select! {
        biased;
        why = client.kill().wait() => return Err(Refused::Stopped(why)),
        ended = timeout(patience, command.status()) => ended,
    };
    let (reading, broken) = match ended {
        Err(_) => (Reading::Unknown, Some(Broken::Timeout(targets.drill.patience).to_string())),
        Ok(Err(error)) => (Reading::Unknown, Some(format!("the program cannot be started: {error}"))),
        Ok(Ok(status)) => match status.code() {
            Some(0) => (Reading::Accepted, None),
            Some(1) => (Reading::Refused, None),
            _ => (Reading::Unknown, Some(format!("the program ended with {status}"))),
        },
    };
    Ok(Seen { sent, back: Instant::now(), reading, status: None, challenge: None, broken })
}

impl From<targets::Reading> for Reading {
    fn from(reading: targets::Reading) -> Reading {
        match reading {
            targets::Reading::Accepted => Reading::Accepted,
            targets::Reading::Refused => Reading::Refused,
            targets::Reading::Unknown => Reading::Unknown,
        }
    }
}
