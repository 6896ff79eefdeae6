//! The ways on which requests travel over HTTP, one after the other on each. A way lasts as long as the run, so that what
//! a request needs while it is under way has its place in memory before it leaves. All of it is on one thread, and no
//! connection has a task of its own: what sends is driven by whoever waits for the answer, and by nobody else.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Takes a request to its answer.
pub trait Carry {
    type Departure: Send;
    type Landed: Send;

    fn carry(&self, departure: Self::Departure) -> impl Future<Output = Self::Landed> + Send;
}

/// As many ways as requests were ever under way at once.
pub struct Lanes<'c, C: Carry> {
    carrier: C,
    lanes: Vec<UnboundedSender<C::Departure>>,
    idle: Vec<usize>,
    driven: FuturesUnordered<BoxFuture<'c, ()>>,
    landing: UnboundedSender<(usize, C::Landed)>,
    landed: UnboundedReceiver<(usize, C::Landed)>,
}

impl<'c, C: Carry + Clone + Send + Sync + 'c> Lanes<'c, C>
where
    C::Departure: 'c,
    C::Landed: 'c,
{
    pub fn new(carrier: C) -> Self {
        let (landing, landed) = unbounded_channel();
        Lanes { carrier, lanes: Vec::new(), idle: Vec::new(), driven: FuturesUnordered::new(), landing, landed }
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.idle.len() == self.lanes.len()
    }

    /// It leaves when what comes back is next [waited for](Lanes::next).
    pub fn depart(&mut self, departure: C::Departure) {
        let at = self.idle.pop().unwrap_or_else(|| self.open());
        // A way ends with its lanes: it takes what is sent on it.
        let _ = self.lanes[at].send(departure);
    }

    fn open(&mut self) -> usize {
        let (at, (lane, mut departures)) = (self.lanes.len(), unbounded_channel());
        let (carrier, landing) = (self.carrier.clone(), self.landing.clone());
        self.lanes.push(lane);
        self.driven.push(Box::pin(async move {
            while let Some(departure) = departures.recv().await {
                let _ = landing.send((at, carrier.carry(departure).await));
            }
        }));
        at
    }

    /// What comes back next. Whoever waits with nothing under way waits for ever.
    pub async fn next(&mut self) -> C::Landed {
        poll_fn(|context| match self.pop() {
            Some(landed) => Poll::Ready(landed),
            None => {
                let _ = self.driven.poll_next_unpin(context);
                self.pop().map_or(Poll::Pending, Poll::Ready)
            }
        })
        .await
    }

    /// What has come back already.
    pub fn pop(&mut self) -> Option<C::Landed> {
        let (at, landed) = self.landed.try_recv().ok()?;
        self.idle.push(at);
        Some(landed)
    }
}

/// Waits for an answer while its connection is driven: to its end, at which it is dropped. What the connection has just
/// read is looked at in the same turn.
pub async fn first<T, F: Future + Unpin>(answered: impl Future<Output = T>, connection: &mut Option<F>) -> T {
    let mut answered = pin!(answered);
    poll_fn(|context| {
        if let Poll::Ready(answer) = answered.as_mut().poll(context) {
            return Poll::Ready(answer);
        }
        if let Some(driven) = connection
            && Pin::new(driven).poll(context).is_ready()
        {
            *connection = None;
        }
        answered.as_mut().poll(context)
    })
    .await
}

/// Whether a connection that waits has not ended. Looks once.
pub async fn goes_on<F: Future>(mut connection: Pin<&mut F>) -> bool {
    poll_fn(|context| Poll::Ready(connection.as_mut().poll(context).is_pending())).await
}
