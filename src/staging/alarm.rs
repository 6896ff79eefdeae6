//! Their own detection, as it can be heard from outside; and a person at the terminal.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::{interval, timeout};

use super::guard::RunId;
use super::targets::Alarm;

/// A program that is asked has so much time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for an alarm. It may never come.
///
/// # Errors
///
/// Why none can be heard any more.
pub async fn heard(alarm: &Alarm, run: RunId) -> Result<(), String> {
    let every = match alarm {
        Alarm::Command { every, .. } => Duration::from_micros(every.0.max(10_000)),
        Alarm::File(_) | Alarm::Key => Duration::from_millis(50),
    };
    let mut next = interval(every);
    loop {
        next.tick().await;
        let raised = match alarm {
            Alarm::Command { program, .. } => says_yes(program, run).await,
            Alarm::File(file) => tokio::fs::try_exists(file).await.unwrap_or(false),
            Alarm::Key => return pressed("press Enter when there is an alarm").await,
        };
        if raised {
            return Ok(());
        }
    }
}

async fn says_yes(program: &[String], run: RunId) -> bool {
    let Some((first, arguments)) = program.split_first() else { return false };
    let mut command = tokio::process::Command::new(first);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.env("RUNAWAY_RUN", run.to_string());
    matches!(timeout(PATIENCE, command.status()).await, Ok(Ok(status)) if status.success())
}

/// Says what a person does now, and waits until they press Enter.
///
/// # Errors
///
/// Where nobody can.
pub async fn pressed(said: &str) -> Result<(), String> {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("\n{said}\n[Enter] ").as_bytes());
    let mut line = String::new();
    match BufReader::new(tokio::io::stdin()).read_line(&mut line).await {
        Ok(n) if n > 0 => Ok(()),
        Ok(_) => Err("nobody answered: standard input is at its end".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
