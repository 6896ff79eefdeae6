//! The name of a run, on every request, so that the defenders can find it.

use std::fmt;

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::model::Trace;

/// 128 random bits: the trace id of W3C Trace Context, which is never zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunId(u128);

impl RunId {
    pub fn draw() -> std::io::Result<RunId> {
        let mut bytes = [0; 16];
        SystemRandom::new().fill(&mut bytes).map_err(|_| std::io::Error::other("the system has no random numbers"))?;
        Ok(RunId(u128::from_be_bytes(bytes).max(1)))
    }

    /// The `traceparent` of the request with this number, counted from 1 (W3C Trace Context, section 3.2).
    pub fn traceparent(self, ordinal: u64) -> String {
        Trace { run: self.0, span: ordinal.max(1) }.traceparent()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_the_recommendation_says() {
        for (run, ordinal) in [(1, 0), (u128::MAX, u64::MAX), (0x0123_4567_89ab_cdef_0011_2233_4455_6677, 1 << 62)] {
            let run = RunId(run);
            assert_eq!(run.traceparent(ordinal), format!("00-{run}-{:016x}-01", ordinal.max(1)));
        }
    }
}
