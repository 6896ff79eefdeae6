//! The one queue, keyed by (tick, class, sequence). "Refuses at every t ≥ τ" means every later position in this order.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// A client wanted to be asked again.
    Wake { client: u32 },
    /// The answer in this flight reaches its sender.
    Arrive { flight: u32 },
    /// A rotated secret's successor reaches its owner.
    HandOver { parcel: u32 },
    /// A message reaches the clients that it wakes.
    Knock { knock: u32 },
}

/// What comes in the order in which it is due lies in a row, where it is put in at one end and taken out at the other; the
/// rest in a heap.
#[derive(Default)]
pub struct Queue {
    row: VecDeque<Entry>,
    heap: BinaryHeap<Reverse<Entry>>,
    sequence: u64,
    /// How many entries are not about probes.
    of_others: usize,
}

/// So many entries at the end of the row give way to one that is due before them.
const GIVE_WAY: usize = 4;
/// Class and sequence share a word; so many bits are the sequence's.
const SEQUENCE_BITS: u32 = 56;

#[derive(Clone, Copy)]
struct Entry {
    at: Tick,
    /// The class, then the sequence.
    place: u64,
    due: Due,
}

impl Entry {
    fn key(&self) -> (Tick, u64) {
        (self.at, self.place)
    }

    fn is_probe(&self) -> bool {
        self.place >> SEQUENCE_BITS == Class::Probe as u64
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Queue {
    /// Nothing is due, as at the start.
    pub fn clear(&mut self) {
        let Queue { row, heap, sequence, of_others } = self;
        row.clear();
        heap.clear();
        (*sequence, *of_others) = (0, 0);
    }

    pub fn push(&mut self, at: Tick, class: Class, due: Due) {
        let entry = Entry { at, place: (class as u64) << SEQUENCE_BITS | self.sequence, due };
        self.sequence += 1;
        self.of_others += usize::from(!entry.is_probe());
        for _ in 0..GIVE_WAY {
            match self.row.back() {
                Some(last) if *last > entry => self.heap.extend(self.row.pop_back().map(Reverse)),
                _ => return self.row.push_back(entry),
            }
        }
        self.heap.push(Reverse(entry));
    }

    pub fn next(&self) -> Option<Tick> {
        self.first().map(|entry| entry.at)
    }

    pub fn pop(&mut self) -> Option<(Tick, Due)> {
        let entry = match (self.row.front(), self.heap.peek()) {
            (Some(row), Some(Reverse(heap))) if heap < row => self.heap.pop()?.0,
            (Some(_), _) => self.row.pop_front()?,
            (None, _) => self.heap.pop()?.0,
        };
        self.of_others -= usize::from(!entry.is_probe());
        Some((entry.at, entry.due))
    }

    fn first(&self) -> Option<&Entry> {
        match (self.row.front(), self.heap.peek()) {
            (Some(row), Some(Reverse(heap))) => Some(row.min(heap)),
            (row, heap) => row.or(heap.map(|Reverse(heap)| heap)),
        }
    }

    /// Whether nobody but a prober wants anything any more.
    pub fn only_probes(&self) -> bool {
        self.of_others == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Draws, Stream};

    #[test]
    fn entries_come_out_by_tick_then_class_then_sequence() {
        let mut draws = Stream::new(1, Draws::Generation, 0);
        let mut queue = Queue::default();
        let mut expected = Vec::new();
        let mut popped = Vec::new();
        for n in 0..5_000u32 {
            let class = [Class::Responder, Class::Probe, Class::Benign, Class::Agent][draws.below(4) as usize];
            let at = Tick(u64::from(n / 300 * 50) + draws.below(200));
            queue.push(at, class, Due::Wake { client: n });
            expected.push((at, class, n));
            if draws.below(3) == 0 {
                expected.sort_unstable();
                let (at, class, n) = expected.remove(0);
                assert_eq!(queue.next(), Some(at));
                assert_eq!(queue.pop(), Some((at, Due::Wake { client: n })), "{class:?}");
            }
        }
        expected.sort_unstable();
        popped.extend(std::iter::from_fn(|| queue.pop()));
        let rest: Vec<_> = expected.iter().map(|(at, _, n)| (*at, Due::Wake { client: *n })).collect();
        assert_eq!(popped, rest);
        assert!(queue.only_probes() && queue.next().is_none());
    }
}
