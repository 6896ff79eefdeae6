//! Who throws the switch: Ctrl-C and a polite request to end, a file, the cap on the duration. They are looked for on a
//! thread of their own, so that nothing that a run is busy with holds them up.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::time::{Instant, interval, sleep_until};

use super::{Kill, Stopped};
use crate::wire::Span;

/// The switch is thrown within 100 ms of the file: it is looked for more often.
const LOOK: Duration = Duration::from_millis(25);

/// Watches as long as it lives.
#[derive(Debug)]
pub struct Watch {
    on: Handle,
    /// The thread ends with it.
    _alive: oneshot::Sender<Infallible>,
}

impl Watch {
    /// Watches for nothing yet.
    ///
    /// # Errors
    ///
    /// The system has no thread for it.
    pub fn begin() -> io::Result<Watch> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (on, (alive, over)) = (runtime.handle().clone(), oneshot::channel());
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || runtime.block_on(over))?;
        Ok(Watch { on, _alive: alive })
    }

    /// The first request to stop ends the run; the second one ends putting things back, too.
    #[cfg(unix)]
    pub fn signals(&self, run: Kill, restore: Kill) -> io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let _inside = self.on.enter();
        let mut interrupts = signal(SignalKind::interrupt())?;
        let mut terminations = signal(SignalKind::terminate())?;
        self.on.spawn(async move {
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
    pub fn signals(&self, run: Kill, restore: Kill) -> io::Result<()> {
        let _inside = self.on.enter();
        let mut interrupts = tokio::signal::windows::ctrl_c()?;
        self.on.spawn(async move {
            for kill in [run, restore] {
                interrupts.recv().await;
                kill.throw(Stopped::Asked);
            }
        });
        Ok(())
    }

    /// A file that stops everything as soon as it is there; before anything is sent, where it is there already.
    pub fn file(&self, file: PathBuf, kills: Vec<Kill>) {
        let stop = move || kills.iter().for_each(|kill| kill.throw(Stopped::File));
        if file.try_exists().unwrap_or(false) {
            return stop();
        }
        self.on.spawn(async move {
            let mut look = interval(LOOK);
            loop {
                look.tick().await;
                if tokio::fs::try_exists(&file).await.unwrap_or(false) {
                    return stop();
                }
            }
        });
    }

    /// Stops everything when so much time has passed. The clock is one that nobody sets.
    pub fn duration(&self, span: Span, kill: Kill) {
        let end = Instant::now() + Duration::from_micros(span.0);
        self.on.spawn(async move {
            sleep_until(end).await;
            kill.throw(Stopped::Deadline);
        });
    }
}
