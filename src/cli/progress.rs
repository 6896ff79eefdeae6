//! Live progress: what the agent has done so far, on one line of the terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::measure::thousands;
use crate::wire::{Event, Purpose, Tick, Verdict};

/// A line that is redrawn while a run goes on. Silent where standard error is no terminal.
pub struct Progress {
    bar: ProgressBar,
    requests: u64,
    accepted: u64,
    alarms: u64,
    started: std::time::Instant,
}

impl Progress {
    #[expect(clippy::disallowed_methods, reason = "the speed on the screen is in wall time")]
    pub fn new(title: &str, quiet: bool) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if quiet {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress { bar, requests: 0, accepted: 0, alarms: 0, started: std::time::Instant::now() }
    }

    /// Takes a chunk of events in.
    pub fn events(&mut self, events: &[Event]) {
        let mut now = Tick::ZERO;
        for event in events {
            now = event.at();
            match event {
                Event::Asked { purpose: Purpose::Agent, verdict, .. } => {
                    self.requests += 1;
                    self.accepted += u64::from(*verdict == Verdict::Accepted);
                }
                Event::Alarm { .. } => self.alarms += 1,
                _ => {}
            }
        }
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!(
            "clock {now}, {} requests ({} accepted), {}/s, {} alarms",
            thousands(self.requests),
            thousands(self.accepted),
            thousands((self.requests as f64 / seconds) as u64),
            self.alarms,
        ));
    }

    pub fn done(&self) {
        self.bar.finish_and_clear();
    }
}
