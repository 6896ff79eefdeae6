//! By what a request can be followed: the `traceparent` of W3C Trace Context, level 1.

use data_encoding::HEXLOWER;

use crate::wire::RequestId;

/// The length of a `traceparent` of version 00.
const TRACEPARENT: usize = 55;

/// Where a request belongs: all requests of one running client have one trace, and each is a span of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trace {
    pub run: u128,
    pub span: u64,
}

impl Trace {
    /// The trace that the sender of a request puts into it. It follows from the seed, so that bytes repeat.
    pub fn of(seed: u64, id: RequestId) -> Trace {
        let run = mixed(seed ^ mixed(u64::from(id.by.number()) + 1));
        let run = (u128::from(mixed(run)) << 64) | u128::from(run);
        // Neither part may be all zeros, section 3.2.2.
        Trace { run: run.max(1), span: mixed(run as u64 ^ mixed(u64::from(id.n) + 1)).max(1) }
    }

    /// The trace id alone: 32 digits.
    pub fn run_text(self) -> String {
        HEXLOWER.encode(&self.run.to_be_bytes())
    }

    /// The parent id alone: 16 digits.
    pub fn span_text(self) -> String {
        HEXLOWER.encode(&self.span.to_be_bytes())
    }

    /// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`: version 00, sampled.
    pub fn traceparent(self) -> String {
        let mut text = String::with_capacity(TRACEPARENT);
        text.push_str("00-");
        HEXLOWER.encode_append(&self.run.to_be_bytes(), &mut text);
        text.push('-');
        HEXLOWER.encode_append(&self.span.to_be_bytes(), &mut text);
        text.push_str("-01");
        text
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): every bit of the input moves every bit of the output.
const fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::wire::ActorId;

    #[test]
    fn a_client_has_one_trace_and_each_of_its_requests_a_span() {
        let of = |by, n| Trace::of(7, RequestId { by: ActorId::new(by), n });
        assert_eq!(of(3, 0).run, of(3, 9).run);
        let spans: BTreeSet<u64> = (0..1_000).map(|n| of(3, n).span).collect();
        assert_eq!(spans.len(), 1_000);
        let runs: BTreeSet<u128> = (0..1_000).map(|by| of(by, 0).run).collect();
        assert_eq!(runs.len(), 1_000);
        assert_ne!(of(3, 0).run, Trace::of(8, RequestId { by: ActorId::new(3), n: 0 }).run, "another seed");
    }

    #[test]
    fn it_is_written_as_the_standard_says() {
        let text = Trace { run: 0x4bf9_2f35, span: 0xf067 }.traceparent();
        assert_eq!(text, "00-0000000000000000000000004bf92f35-000000000000f067-01");
    }
}
