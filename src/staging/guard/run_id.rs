//! The name of a run, on every request, so that the defenders can find it.

use std::fmt;

use ring::rand::{SecureRandom as _, SystemRandom};

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
        format!("00-{self}-{:016x}-01", ordinal.max(1))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
