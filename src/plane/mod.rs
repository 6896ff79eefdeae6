//! Where requests of a world are answered: in virtual time, or over HTTP on loopback. One driver, one queue; the planes
//! differ in their transport only. A real API is explored by [`crate::staging`], without a world.

pub mod census;
mod door_table;
pub mod driver;
pub mod mock;
mod probe;
mod queue;
pub mod sim;
mod snapshot;

use crate::wire::{CredId, Envelope, Log, Outcome, Slot, Text, Tick};
use crate::world::World;

/// What ended a wait.
pub enum Passed {
    /// It is so late now; earlier, perhaps, than was asked for.
    Time(Tick),
    /// An answer came, to be [heard](Transport::hear).
    Answer { flight: u32, at: Tick },
}

/// Carries requests to the world and answers back.
pub trait Transport {
    /// Whether it is time to hand so many events to the journal.
    fn hands_over(&mut self, gathered: usize) -> bool {
        gathered >= 512
    }

    /// Puts one request on the wire. In virtual time the world decides at `now` and the answer is here at once: the
    /// driver delivers it `envelope.back` later. In real time there is no answer yet: [`Transport::pass`] brings it.
    fn exchange(
        &mut self,
        now: Tick,
        flight: u32,
        envelope: &Envelope,
        slot: &mut Slot,
        log: &mut Log,
    ) -> Option<Outcome>;

    /// Lets time pass, until then at the latest. In virtual time it takes none.
    fn pass(&mut self, until: Tick, _log: &mut Log) -> Passed {
        Passed::Time(until)
    }

    /// The answer that [`Transport::pass`] has just brought, if there was one in time.
    fn hear(&mut self, _slot: &mut Slot) -> Outcome {
        Outcome::NoAnswer
    }

    /// Whether an answer is on its way that the driver does not have yet.
    fn in_flight(&self) -> bool {
        false
    }

    /// Lets the world's own timers pass.
    fn advance(&mut self, now: Tick, log: &mut Log);

    /// The world's next timer.
    fn due(&self) -> Option<Tick>;

    /// Whose secret this is, for the journal only: no client ever learns it.
    fn identify(&self, text: Text) -> Option<CredId>;

    /// The name by which clients of this plane know a secret that the world speaks of.
    fn as_client_knows(&mut self, text: Text) -> Text {
        text
    }

    /// Whether nothing happened in the world that anybody in process looks at.
    fn is_quiet(&mut self) -> bool {
        self.world(|world| world.is_quiet())
    }

    /// For the census and the responder's feed, which are in process on every plane that has a world.
    fn world<R>(&mut self, look: impl FnOnce(&mut World) -> R) -> R;
}
