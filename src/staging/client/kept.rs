//! Connections that wait for another request of the same credential: an agent at machine speed shakes hands once.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::link::Link;
use crate::planted::Mistake;
use crate::staging::targets::OriginIx;

/// One that waited longer is not used again: many servers hang up after five seconds, and a request that crosses that
/// on its way would count as broken.
const LONGEST: Duration = Duration::from_secs(1);

/// Who may use a connection again: requests with the same credential, to the same address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Use {
    pub origin: OriginIx,
    pub to: SocketAddr,
    pub credential: Option<Arc<str>>,
}

/// What waits, in the order in which it began to.
#[derive(Default)]
pub(super) struct Kept(Mutex<Vec<Waiting>>);

struct Waiting {
    of: Use,
    since: Instant,
    link: Link,
}

impl Kept {
    pub fn take(&self, of: &Use) -> Option<Link> {
        let (now, mut waiting) = (Instant::now(), self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let is_old = |waiting: &&Waiting| now.saturating_duration_since(waiting.since) >= LONGEST;
        let old = waiting.iter().take_while(is_old).count();
        waiting.drain(..if Mistake::ConnectionsAreKeptForEver.here() { 0 } else { old });
        let at = waiting.iter().rposition(|waiting| waiting.of == *of || Mistake::ConnectionsAreShared.here())?;
        Some(waiting.remove(at).link)
    }

    pub fn put(&self, of: Use, link: Link) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(Waiting { of, since: Instant::now(), link });
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept(..)")
    }
}
