//! The simulator's transport: a call.

use crate::wire::{CredId, Envelope, Log, Outcome, Slot, Text, Tick};
use crate::world::World;

use super::Transport;

/// The world, reached directly.
pub struct Direct {
    world: World,
}

impl Direct {
    pub fn new(world: World) -> Direct {
        Direct { world }
    }

    /// The world is as it was at the start.
    pub fn reset(&mut self) {
        self.world.reset();
    }
}

impl Transport for Direct {
    #[inline]
    fn exchange(
        &mut self,
        now: Tick,
        _flight: u32,
        envelope: &Envelope,
        slot: &mut Slot,
        log: &mut Log,
    ) -> Option<Outcome> {
        Some(Outcome::Answer(self.world.handle(now, envelope, slot, log)))
    }

    fn advance(&mut self, now: Tick, log: &mut Log) {
        self.world.advance(now, log);
    }

    fn due(&self) -> Option<Tick> {
        self.world.due()
    }

    fn identify(&self, text: Text) -> Option<CredId> {
        self.world.find(text)
    }

    fn world<R>(&mut self, look: impl FnOnce(&mut World) -> R) -> R {
        look(&mut self.world)
    }
}
