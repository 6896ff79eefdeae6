//! The one queue, keyed by (tick, class, sequence). "Refuses at every t ≥ τ" means every later position in this order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::wire::Tick;

/// Who goes first at the same instant. World timers come before all of these.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Class {
    Responder,
    Probe,
    Benign,
    Agent,
}

/// What the driver does when an entry is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Due {
    /// A client wanted to be asked again.
    Wake { client: u32 },
    /// The answer in this flight reaches its sender.
    Arrive { flight: u32 },
    /// A rotated secret's successor reaches its owner.
    HandOver { parcel: u32 },
}

#[derive(Default)]
pub struct Queue {
    heap: BinaryHeap<Reverse<(Tick, Class, u64, Due)>>,
    sequence: u64,
    /// How many entries are not about probes.
    of_others: usize,
}

impl Queue {
    pub fn push(&mut self, at: Tick, class: Class, due: Due) {
        self.heap.push(Reverse((at, class, self.sequence, due)));
        self.sequence += 1;
        self.of_others += usize::from(class != Class::Probe);
    }

    pub fn next(&self) -> Option<Tick> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    pub fn pop(&mut self) -> Option<(Tick, Due)> {
        let Reverse((at, class, _, due)) = self.heap.pop()?;
        self.of_others -= usize::from(class != Class::Probe);
        Some((at, due))
    }

    /// Whether nobody but a prober wants anything any more.
    pub fn only_probes(&self) -> bool {
        self.of_others == 0
    }
}
