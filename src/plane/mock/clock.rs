//! What time it is in a world behind HTTP: as the driver says, or as the wall clock says.

use std::time::{Duration, Instant};

use crate::wire::{Span, Tick};

/// The time of a world.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The driver's: lock-step.
    Virtual(Tick),
    /// The wall's, `scale` times as fast as life.
    Wall { since: Instant, scale: f64 },
}

impl Clock {
    /// A wall clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "the live plane is the one that runs by the wall clock")]
    pub fn wall(scale: f64) -> Clock {
        Clock::Wall { since: Instant::now(), scale }
    }

    pub fn now(&self) -> Tick {
        match self {
            Clock::Virtual(now) => *now,
            Clock::Wall { since, scale } => Tick((since.elapsed().as_secs_f64() * scale * 1e6) as u64),
        }
    }

    /// How long a span of the world lasts outside it: nothing in lock-step, where the driver lets it pass.
    pub fn real(&self, span: Span) -> Span {
        match self {
            Clock::Virtual(_) => Span::ZERO,
            Clock::Wall { scale, .. } => Span((span.0 as f64 / scale) as u64),
        }
    }

    /// How long it is until an instant, outside the world.
    pub fn until(&self, at: Tick) -> Duration {
        Duration::from_micros(self.real(at.since(self.now())).0)
    }
}
