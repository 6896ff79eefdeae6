//! What goes out and what comes back.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::wire::Span;

/// What is sent. Credentials are among the headers, and may be in the URL and the body.
pub struct Outgoing {
    pub method: Method,
    pub url: Zeroizing<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub told: Told,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("method", &self.method).field("told", &self.told).finish_non_exhaustive()
    }
}

/// What may be written down of a request beside its method and origin.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Its path, without what nobody may read.
    pub path: String,
    pub purpose: &'static str,
    pub credential: Option<Arc<str>>,
}

/// A request that was started, and what came of it.
#[derive(Debug)]
pub struct Sent {
    pub at: Instant,
    pub back: Instant,
    pub got: Result<Answer, Broken>,
}

/// An answer, whole. A token may be in it.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Why there is no answer. None of these says anything about a credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    #[error("no connection")]
    Connect,
    #[error("no trusted certificate")]
    Tls,
    #[error("no answer within {0} (`patience`)")]
    Timeout(Span),
    #[error("the connection broke")]
    Reset,
    #[error("the connection was kept from an earlier request, and had been closed")]
    HungUp,
    /// Not HTTP, or a version of it that nobody asked for.
    #[error("no answer in HTTP/1.1, nor in HTTP/2 under TLS")]
    Protocol,
    #[error("the answer is too large")]
    TooLarge,
}
