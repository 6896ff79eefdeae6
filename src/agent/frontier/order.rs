//! In which order a harvesting agent tries what it knows.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::model::agent::Strategy;
use crate::model::{Draws, Stream};

use super::range::Walk;

/// The ranges that are not through, by number.
#[derive(Debug)]
pub(super) enum Order {
    /// First found, first tried.
    Breadth(VecDeque<u32>),
    /// Last found, first tried.
    Depth(Vec<u32>),
    /// By how much the next try promises; of two, the one found first. Within a range, doors come in the order of what
    /// they are said to do.
    Greedy { heap: BinaryHeap<(u32, Reverse<u32>, u32)>, pushed: u32 },
    /// By lot, drawn once for each try.
    Random { bag: Vec<u32>, picked: Option<usize>, stream: Box<Stream> },
}

impl Order {
    pub fn new(strategy: Strategy, seed: u64, entity: u32) -> Order {
        match strategy {
            Strategy::Breadth => Order::Breadth(VecDeque::new()),
            Strategy::Depth => Order::Depth(Vec::new()),
            Strategy::Greedy => Order::Greedy { heap: BinaryHeap::new(), pushed: 0 },
            Strategy::Random => {
                let stream = Box::new(Stream::new(seed, Draws::Exploration, entity));
                Order::Random { bag: Vec::new(), picked: None, stream }
            }
        }
    }

    pub fn push(&mut self, range: u32, lure: u32) {
        match self {
            Order::Breadth(queue) => queue.push_back(range),
            Order::Depth(stack) => stack.push(range),
            Order::Greedy { heap, pushed } => {
                heap.push((lure, Reverse(*pushed), range));
                *pushed += 1;
            }
            Order::Random { bag, .. } => bag.push(range),
        }
    }

    /// The range to try next. It stays the next until it was tried or dropped.
    pub fn front(&mut self) -> Option<u32> {
        match self {
            Order::Breadth(queue) => queue.front().copied(),
            Order::Depth(stack) => stack.last().copied(),
            Order::Greedy { heap, .. } => heap.peek().map(|(_, _, range)| *range),
            Order::Random { bag, picked, stream } => {
                if bag.is_empty() {
                    return None;
                }
                let at = *picked.get_or_insert_with(|| stream.below(bag.len() as u64) as usize);
                bag.get(at).copied()
            }
        }
    }

    /// The range in front promises `lure` now. False when another should come before it.
    pub fn stays(&mut self, lure: u32) -> bool {
        let Order::Greedy { heap, .. } = self else { return true };
        let Some(mut front) = heap.peek_mut() else { return true };
        if front.0 == lure {
            return true;
        }
        let range = front.2;
        front.0 = lure;
        drop(front);
        heap.peek().is_some_and(|front| front.2 == range)
    }

    /// Promises have changed: `lure` says what the next try of a range promises now.
    pub fn weigh(&mut self, mut lure: impl FnMut(u32) -> u32) {
        let Order::Greedy { heap, .. } = self else { return };
        let mut ranges = std::mem::take(heap).into_vec();
        ranges.iter_mut().for_each(|(weight, _, range)| *weight = lure(*range));
        *heap = BinaryHeap::from(ranges);
    }

    /// The range in front was tried once.
    pub fn tried(&mut self) {
        if let Order::Random { picked, .. } = self {
            *picked = None;
        }
    }

    /// The range in front is through.
    pub fn drop_front(&mut self) {
        match self {
            Order::Breadth(queue) => _ = queue.pop_front(),
            Order::Depth(stack) => _ = stack.pop(),
            Order::Greedy { heap, .. } => _ = heap.pop(),
            Order::Random { bag, picked, .. } => {
                if let Some(at) = picked.take().filter(|at| *at < bag.len()) {
                    bag.swap_remove(at);
                }
            }
        }
    }

    /// How a new range of so many pairs is walked.
    pub fn walk(&mut self, pairs: u64) -> Walk {
        match self {
            Order::Breadth(_) | Order::Depth(_) => Walk::ByCredential,
            Order::Greedy { .. } => Walk::ByDoor,
            Order::Random { stream, .. } => Walk::Strides { start: stream.below(pairs), stride: stream.below(pairs) },
        }
    }
}
