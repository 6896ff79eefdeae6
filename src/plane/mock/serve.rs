//! A world for a person with curl: its own clock, no agents, no end.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::Runtime;

use crate::model::Plan;
use crate::plane::driver::Stop;
use crate::vocabulary::Scribe;
use crate::wire::{Event, FamilyId, Log, OpId, ServiceId, Text, Tick};

use super::clock::Clock;
use super::host::Shared;
use super::server::{Server, start_all};

/// A world that listens.
pub struct Served {
    runtime: Runtime,
    shared: Arc<Shared>,
    /// They listen until they are dropped.
    _servers: Vec<Server>,
}

/// How often the log is looked at.
const LOOK: Duration = Duration::from_millis(50);

impl Served {
    /// Starts a server for each service, on `first_port` and those after it, or on free ports where that is 0.
    pub fn start(plan: Arc<Plan>, first_port: u16) -> io::Result<Served> {
        #[expect(clippy::disallowed_methods, reason = "real clients compare `exp` with the date")]
        let today = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let shared = Shared::new(Scribe::starting(plan.clone(), today), plan, Clock::Virtual(Tick::ZERO));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let servers = runtime.block_on(start_all(&shared, first_port))?;
        shared.host().clock = Clock::wall(1.0);
        Ok(Served { runtime, shared, _servers: servers })
    }

    /// Where a service listens.
    pub fn url(&self, service: ServiceId) -> String {
        self.shared.origins.url(service).unwrap_or_default()
    }

    /// The bytes of a credential. They are synthetic, and open nothing but this world.
    pub fn credential(&self, family: FamilyId, index: u32) -> String {
        let mut bytes = String::new();
        let text = Text::Generated { family, index, turn: 0 };
        self.shared.scribe.render(text, self.shared.scribe.claims_at_start(text), &mut bytes);
        bytes
    }

    /// The path of an operation, with its first record in it where it names one.
    pub fn path(&self, op: OpId) -> String {
        self.shared.asker.example(op)
    }

    /// Serves until it is told to stop. `each` is shown what happens, as it happens.
    pub fn run<E>(self, stop: &Stop, mut each: impl FnMut(&[Event]) -> Result<(), E>) -> Result<(), E> {
        let mut log = Log::default();
        while !stop.wanted() {
            self.runtime.block_on(async {
                // Nothing answers this: the wait is for time to pass.
                let _ = tokio::time::timeout(LOOK, std::future::pending::<()>()).await;
            });
            self.shared.host().drain(&mut log);
            each(&log.events)?;
            log.events.clear();
        }
        Ok(())
    }
}
