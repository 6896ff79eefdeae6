//! The ways on which requests travel, one after the other on each. A way lasts as long as the exploration, so that what a
//! request needs while it is under way has its place in memory before it leaves.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::carry::{Carrier, Departure, Landed};

/// As many ways as requests were ever under way at once.
pub struct Lanes<'c> {
    carrier: &'c Carrier,
    lanes: Vec<Arc<Lane>>,
    idle: Vec<usize>,
    driven: FuturesUnordered<Pin<Box<dyn Future<Output = Infallible> + Send + 'c>>>,
    landed: Arc<Mutex<VecDeque<(usize, Landed)>>>,
}

/// Where a request waits for its way.
#[derive(Default)]
struct Lane(Mutex<(Option<Departure>, Option<Waker>)>);

impl<'c> Lanes<'c> {
    pub fn new(carrier: &'c Carrier) -> Lanes<'c> {
        Lanes { carrier, lanes: Vec::new(), idle: Vec::new(), driven: FuturesUnordered::new(), landed: Arc::default() }
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.idle.len() == self.lanes.len()
    }

    pub fn depart(&mut self, departure: Departure) {
        let at = self.idle.pop().unwrap_or_else(|| self.open());
        self.lanes[at].put(departure);
    }

    fn open(&mut self) -> usize {
        let (at, lane) = (self.lanes.len(), Arc::<Lane>::default());
        let (carrier, landed) = (self.carrier, self.landed.clone());
        self.lanes.push(lane.clone());
        self.driven.push(Box::pin(async move {
            loop {
                let departure = lane.take().await;
                let came = carrier.carry(departure).await;
                held(&landed).push_back((at, came));
            }
        }));
        at
    }

    /// What comes back next. Whoever waits with nothing under way waits for ever.
    pub async fn next(&mut self) -> Landed {
        poll_fn(|context| {
            if let Some(landed) = self.pop() {
                return Poll::Ready(landed);
            }
            match self.driven.poll_next_unpin(context) {
                Poll::Ready(Some(never)) => match never {},
                Poll::Ready(None) | Poll::Pending => {}
            }
            self.pop().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn pop(&mut self) -> Option<Landed> {
        let (at, landed) = held(&self.landed).pop_front()?;
        self.idle.push(at);
        Some(landed)
    }
}

impl Lane {
    fn put(&self, departure: Departure) {
        let waker = {
            let (waiting, waker) = &mut *held(&self.0);
            *waiting = Some(departure);
            waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    async fn take(&self) -> Departure {
        poll_fn(|context| {
            let (waiting, waker) = &mut *held(&self.0);
            match waiting.take() {
                Some(departure) => Poll::Ready(departure),
                None => {
                    *waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
