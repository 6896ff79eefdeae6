//! Who throws the switch: Ctrl-C and a polite request to end, a file, the cap on the duration.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep_until};

use super::{Kill, Stopped};
use crate::wire::Span;

/// The switch is thrown within 100 ms of the file: it is looked for more often.
const LOOK: Duration = Duration::from_millis(25);

/// Watches as long as it lives. It must be made, and kept, inside a tokio runtime.
#[derive(Debug, Default)]
pub struct Watch(JoinSet<()>);

impl Watch {
    /// The first request to stop ends the run; the second one ends putting things back, too.
    #[cfg(unix)]
    pub fn signals(&mut self, run: Kill, restore: Kill) -> io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupts = signal(SignalKind::interrupt())?;
        let mut terminations = signal(SignalKind::terminate())?;
        self.0.spawn(async move {
            for kill in [run, restore] {
                tokio::select! {
                    _ = interrupts.recv() => {}
                    _ = terminations.recv() => {}
                }
                kill.throw(Stopped::Asked);
            }
        });
        Ok(())
    }

    /// The first request to stop ends the run; the second one ends putting things back, too.
    #[cfg(windows)]
    pub fn signals(&mut self, run: Kill, restore: Kill) -> io::Result<()> {
        let mut interrupts = tokio::signal::windows::ctrl_c()?;
        self.0.spawn(async move {
            for kill in [run, restore] {
                interrupts.recv().await;
                kill.throw(Stopped::Asked);
            }
        });
        Ok(())
    }

    /// A file that stops everything as soon as it is there.
    pub fn file(&mut self, file: PathBuf, kills: Vec<Kill>) {
        self.0.spawn(async move {
            let mut look = interval(LOOK);
            loop {
                look.tick().await;
                if tokio::fs::try_exists(&file).await.unwrap_or(false) {
                    kills.iter().for_each(|kill| kill.throw(Stopped::File));
                    return;
                }
            }
        });
    }

    /// Stops everything when so much time has passed. The clock is one that nobody sets.
    pub fn duration(&mut self, span: Span, kill: Kill) {
        let end = Instant::now() + Duration::from_micros(span.0);
        self.0.spawn(async move {
            sleep_until(end).await;
            kill.throw(Stopped::Deadline);
        });
    }
}
