//! Where requests are answered: in virtual time, over HTTP on loopback, or by a real API. One driver, one queue; the
//! planes differ in their transport only.

pub mod census;
pub mod driver;
mod probe;
mod queue;
pub mod sim;
mod snapshot;

use crate::wire::{CredId, Envelope, Log, Outcome, Slot, Text, Tick};
use crate::world::World;

/// Carries requests to the world and answers back.
pub trait Transport {
    /// Puts one request on the wire. The world decides at `now`; the driver delivers the answer `envelope.back` later.
    fn exchange(&mut self, now: Tick, envelope: &Envelope, slot: &mut Slot, log: &mut Log) -> Outcome;

    /// Lets the world's own timers pass.
    fn advance(&mut self, now: Tick, log: &mut Log);

    /// The world's next timer.
    fn due(&self) -> Option<Tick>;

    /// Whose secret this is, for the journal only: no client ever learns it.
    fn identify(&self, text: Text) -> Option<CredId>;

    /// For the census and the responder's feed, which are in process on every plane that has a world.
    fn world<R>(&mut self, look: impl FnOnce(&mut World) -> R) -> R;
}
