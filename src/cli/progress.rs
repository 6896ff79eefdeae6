//! Live progress: what the agent has done so far, on one line of the terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::measure::{counted, thousands};
use crate::model::Pairs;
use crate::wire::{Event, Purpose, Tick};

/// A line that is redrawn while a run goes on. Silent where standard error is no terminal.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub fn new(title: &str, quiet: bool) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if quiet {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(title.to_owned());
        bar.set_message("runs what it will be compared with");
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress { bar }
    }

    /// The run itself begins, with so many agents.
    #[expect(clippy::disallowed_methods, reason = "the speed on the screen is in wall time")]
    pub fn begins(&self, agents: usize) -> Counting<'_> {
        self.bar.set_message("");
        let reached = Pairs::default();
        Counting { bar: &self.bar, agents, reached, requests: 0, alarms: 0, started: Instant::now() }
    }

    /// The run is over, and is repeated at human pace.
    pub fn compares(&self) {
        self.bar.set_message("runs again at the pace of a person");
    }

    /// The run is over, and is repeated under other seeds.
    pub fn repeats(&self, seeds: u32) {
        if seeds > 1 {
            self.bar.set_message(format!("runs again under {}", counted(seeds.into(), "seed")));
        }
    }

    /// Changes are tried: so many runs of so many are done.
    pub fn tries(&self, done: usize, all: usize) {
        self.bar.set_message(format!("run {done} of {all}"));
    }

    pub fn done(&self) {
        self.bar.finish_and_clear();
    }
}

/// Counts what goes by.
pub struct Counting<'p> {
    bar: &'p ProgressBar,
    agents: usize,
    reached: Pairs,
    requests: u64,
    alarms: u64,
    started: Instant,
}

impl Counting<'_> {
    /// Takes a chunk of events in.
    pub fn events(&mut self, events: &[Event]) {
        if self.bar.is_hidden() {
            return;
        }
        for event in events {
            match *event {
                Event::Asked { purpose: Purpose::Agent, .. } => self.requests += 1,
                Event::Touched { id, coll, effect, first, n, .. } if id.by.index() < self.agents => {
                    for row in first..first.saturating_add(n) {
                        self.reached.insert(coll, effect, row);
                    }
                }
                Event::Alarm { .. } => self.alarms += 1,
                _ => {}
            }
        }
        let now = events.last().map_or(Tick::ZERO, Event::at);
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!(
            "{now}: {} reached, {}/s, {}",
            thousands(self.reached.len()),
            counted((self.requests as f64 / seconds) as u64, "request"),
            counted(self.alarms, "alarm"),
        ));
    }
}
