//! Hard caps. Everything that starts is counted in one place, before it starts, all of it or nothing.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indexmap::IndexSet;
use tokio::time::Instant;

use crate::planted::Mistake;
use crate::staging::targets::CapLimits;

/// What there can be too much of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cap {
    Requests,
    Rate,
    AtOnce,
    Duration,
    Objects,
    Bytes,
    Writes,
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cap::Requests => "requests",
            Cap::Rate => "the rate",
            Cap::AtOnce => "requests at once",
            Cap::Duration => "the duration",
            Cap::Objects => "different URLs",
            Cap::Bytes => "bytes",
            Cap::Writes => "writes",
        })
    }
}

/// What was used, against what may be.
#[derive(Debug)]
pub struct Ledger {
    limits: CapLimits,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    requests: u64,
    writes: u64,
    bytes: u64,
    objects: Objects,
    /// When the next request may start.
    next: Option<Instant>,
}

/// The URLs that were sent to, as two hashes under keys that nobody knows: a credential may stand in a URL.
#[derive(Debug, Default)]
struct Objects {
    seen: IndexSet<[u64; 2]>,
    keys: [RandomState; 2],
}

impl Objects {
    /// Whether it is known, or one of so many.
    fn admit(&mut self, object: &str, most: u64) -> bool {
        let hashes = self.keys.each_ref().map(|key| key.hash_one(object));
        let known = self.seen.len() as u64;
        if known >= most {
            return self.seen.contains(&hashes);
        }
        self.seen.insert(hashes);
        true
    }
}

impl Ledger {
    pub fn new(limits: CapLimits) -> Ledger {
        Ledger { limits, used: Mutex::default() }
    }

    pub fn limits(&self) -> &CapLimits {
        &self.limits
    }

    /// Counts one request, and says when it may start; counts nothing where a cap is used up.
    pub fn take(&self, now: Instant, write: bool, object: &str) -> Result<Instant, Cap> {
        let mut used = self.used();
        let limits = &self.limits;
        let between = limits.rate.between().ok_or(Cap::Rate)?;
        if limits.duration.0 == 0 {
            return Err(Cap::Duration);
        }
        if used.requests >= limits.requests + Mistake::CapAdmitsOneMore.slip() {
            return Err(Cap::Requests);
        }
        if write && used.writes >= limits.writes {
            return Err(Cap::Writes);
        }
        if used.bytes >= limits.bytes {
            return Err(Cap::Bytes);
        }
        if !used.objects.admit(object, limits.objects) {
            return Err(Cap::Objects);
        }
        used.requests += 1;
        used.writes += u64::from(write);
        let start = used.next.map_or(now, |next| next.max(now));
        used.next = Some(start + Duration::from_micros(between.0));
        Ok(start)
    }

    /// Counts bytes of an answer, and says how many of them may be kept.
    pub fn take_bytes(&self, n: usize) -> usize {
        let mut used = self.used();
        let left = self.limits.bytes.saturating_sub(used.bytes);
        let kept = u64::try_from(n).unwrap_or(u64::MAX).min(left);
        used.bytes += kept;
        usize::try_from(kept).unwrap_or(n)
    }

    /// Requests and writes so far.
    pub fn counts(&self) -> (u64, u64) {
        let used = self.used();
        (used.requests, used.writes)
    }

    /// A thread that panicked while counting has counted all or nothing.
    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::staging::targets::Rate;
    use crate::wire::Span;

    fn limits(requests: u64, writes: u64, objects: u64, n: u64) -> CapLimits {
        let rate = Rate { n, per: Span::SECOND };
        CapLimits { requests, rate, at_once: 8, duration: Span::SECOND, objects, bytes: 1_000, writes }
    }

    proptest! {
        /// No order of requests gets more through than each cap allows, nor fewer than the narrowest one does.
        #[test]
        fn caps_are_exact(
            requests in 0u64..20, writes in 0u64..6, objects in 0u64..6,
            asked in prop::collection::vec((any::<bool>(), 0u8..8), 0..60),
        ) {
            let ledger = Ledger::new(limits(requests, writes, objects, 1_000));
            let now = Instant::now();
            let (mut let_through, mut written, mut seen) = (0, 0, BTreeSet::new());
            for (write, object) in asked {
                let expected = let_through < requests
                    && !(write && written >= writes)
                    && (seen.contains(&object) || (seen.len() as u64) < objects);
                let taken = ledger.take(now, write, &object.to_string()).is_ok();
                prop_assert_eq!(taken, expected);
                if taken {
                    let_through += 1;
                    written += u64::from(write);
                    seen.insert(object);
                }
            }
            prop_assert_eq!(ledger.counts(), (let_through, written));
        }

        /// However they come, starts are at least the rate's step apart, and none is later than it must be.
        #[test]
        fn starts_keep_their_distance(n in 1u64..2_000, gaps in prop::collection::vec(0u64..4_000, 1..50)) {
            let ledger = Ledger::new(limits(1_000, 0, 1, n));
            let step = Duration::from_micros(1_000_000u64.div_ceil(n));
            let mut now = Instant::now();
            let mut last: Option<Instant> = None;
            for gap in gaps {
                now += Duration::from_micros(gap);
                let start = ledger.take(now, false, "x").unwrap();
                prop_assert_eq!(start, last.map_or(now, |last| now.max(last + step)));
                last = Some(start);
            }
        }

        #[test]
        fn bytes_are_exact(parts in prop::collection::vec(0usize..400, 0..20)) {
            let ledger = Ledger::new(limits(1, 0, 1, 1));
            let kept: usize = parts.iter().map(|n| ledger.take_bytes(*n)).sum();
            prop_assert_eq!(kept, parts.iter().sum::<usize>().min(1_000));
        }
    }

    #[test]
    fn zero_means_zero() {
        let now = Instant::now();
        let of = |change: &dyn Fn(&mut CapLimits)| {
            let mut limits = limits(1, 1, 1, 1);
            change(&mut limits);
            Ledger::new(limits).take(now, true, "x").err()
        };
        assert_eq!(of(&|_| {}), None);
        assert_eq!(of(&|l| l.requests = 0), Some(Cap::Requests));
        assert_eq!(of(&|l| l.writes = 0), Some(Cap::Writes));
        assert_eq!(of(&|l| l.objects = 0), Some(Cap::Objects));
        assert_eq!(of(&|l| l.bytes = 0), Some(Cap::Bytes));
        assert_eq!(of(&|l| l.rate.n = 0), Some(Cap::Rate));
        assert_eq!(of(&|l| l.duration = Span::ZERO), Some(Cap::Duration));
    }
}
