//! The ways on which requests travel, one after the other on each. A way lasts as long as the exploration, so that what a
//! request needs while it is under way has its place in memory before it leaves.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::carry::{Carrier, Departure, Landed};

/// As many ways as requests were ever under way at once.
pub struct Lanes<'c> {
    carrier: &'c Carrier,
    lanes: Vec<UnboundedSender<Departure>>,
    idle: Vec<usize>,
    driven: FuturesUnordered<Pin<Box<dyn Future<Output = ()> + Send + 'c>>>,
    landing: UnboundedSender<(usize, Landed)>,
    landed: UnboundedReceiver<(usize, Landed)>,
}

impl<'c> Lanes<'c> {
    pub fn new(carrier: &'c Carrier) -> Lanes<'c> {
        let (landing, landed) = unbounded_channel();
        Lanes { carrier, lanes: Vec::new(), idle: Vec::new(), driven: FuturesUnordered::new(), landing, landed }
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.idle.len() == self.lanes.len()
    }

    pub fn depart(&mut self, departure: Departure) {
        let at = self.idle.pop().unwrap_or_else(|| self.open());
        // A way ends with its lanes: it takes what is sent on it.
        let _ = self.lanes[at].send(departure);
    }

    fn open(&mut self) -> usize {
        let (at, (lane, mut departures)) = (self.lanes.len(), unbounded_channel());
        let (carrier, landing) = (self.carrier, self.landing.clone());
        self.lanes.push(lane);
        self.driven.push(Box::pin(async move {
            while let Some(departure) = departures.recv().await {
                let _ = landing.send((at, carrier.carry(departure).await));
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
            let _ = self.driven.poll_next_unpin(context);
            self.pop().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn pop(&mut self) -> Option<Landed> {
        let (at, landed) = self.landed.try_recv().ok()?;
        self.idle.push(at);
        Some(landed)
    }
}
