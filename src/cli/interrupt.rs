//! Ctrl-C, and a polite request to end: what is known so far is kept. The second one ends the program at once.

use crate::plane::driver::Stop;
use crate::verdict::Exit;

/// Listens from now on.
pub fn stop_on_interrupt() -> std::io::Result<Stop> {
    let stop = Stop::default();
    let wanted = stop.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut asked = {
        let _inside = runtime.enter();
        Asked::listen()?
    };
    std::thread::spawn(move || {
        runtime.block_on(async {
            asked.next().await;
            wanted.now();
            asked.next().await;
            std::process::exit(Exit::Stopped as i32);
        });
    });
    Ok(stop)
}

#[cfg(unix)]
struct Asked {
    interrupts: tokio::signal::unix::Signal,
    terminations: tokio::signal::unix::Signal,
    /// The terminal was closed.
    hangups: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Asked {
    fn listen() -> std::io::Result<Asked> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Asked {
            interrupts: signal(SignalKind::interrupt())?,
            terminations: signal(SignalKind::terminate())?,
            hangups: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupts.recv() => {}
            _ = self.terminations.recv() => {}
            _ = self.hangups.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Asked(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Asked {
    fn listen() -> std::io::Result<Asked> {
        tokio::signal::windows::ctrl_c().map(Asked)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
