//! The rules that every request passes, in their order, before a socket is opened for it.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::plain::plain;
use super::{Cap, Kill, Ledger, Pinned, Refused, RunId};
use crate::planted::Mistake;
use crate::staging::origin::{OriginKey, strict_url};
use crate::staging::targets::{CapLimits, OriginIx, Targets, WriteRules};

/// What somebody wants to send. Its URL and body may hold what nobody may read.
pub struct Ask<'a> {
    pub method: &'a Method,
    pub url: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// What may be told of its path.
    pub told: &'a str,
}

/// The rules of a run, and what was used of its caps.
#[derive(Debug)]
pub struct Guard {
    pinned: Vec<Pinned>,
    sites: Vec<Arc<Site>>,
    rules: WriteRules,
    names: Vec<String>,
    ledger: Ledger,
    slots: Arc<Semaphore>,
    kill: Kill,
    id: RunId,
    ordinal: AtomicU64,
}

/// An origin, and how it is written.
#[derive(Debug)]
pub struct Site {
    pub key: OriginKey,
    /// As URLs begin.
    pub begins: String,
    /// As a `Host` header has it.
    pub authority: Bytes,
}

impl From<&OriginKey> for Site {
    fn from(key: &OriginKey) -> Site {
        Site { key: key.clone(), begins: key.to_string(), authority: key.authority().into() }
    }
}

/// Leave to send one request, to one address. A slot is kept as long as it lives.
pub struct Permit {
    pub origin: OriginIx,
    pub to: SocketAddr,
    pub site: Arc<Site>,
    /// Path and query, as they go onto the wire.
    pub target: String,
    pub traceparent: String,
    _slot: OwnedSemaphorePermit,
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("origin", &self.origin).field("to", &self.to).finish_non_exhaustive()
    }
}

/// Headers that the transport sets, or that make another request of the one that was judged.
pub(in crate::staging) fn is_never_sent(name: &str) -> bool {
    matches!(
        name,
        "host"
            | "content-length"
            | "transfer-encoding"
            | "connection"
            | "keep-alive"
            | "te"
            | "trailer"
            | "upgrade"
            | "expect"
            | "proxy-authorization"
            | "proxy-connection"
            | "forwarded"
            | "x-forwarded-host"
            | "x-forwarded-for"
            | "x-original-url"
            | "x-rewrite-url"
            | "x-http-method-override"
            | "x-http-method"
            | "x-method-override"
            | "user-agent"
            | "traceparent"
            | "tracestate"
    )
}

impl Guard {
    /// Requests are counted from behind `first`.
    pub(super) fn new(
        targets: &Targets,
        pinned: Vec<Pinned>,
        caps: CapLimits,
        kill: Kill,
        (id, first): (RunId, u64),
    ) -> Guard {
        let most = usize::try_from(caps.at_once).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Guard {
            sites: pinned.iter().map(|pinned| Arc::new(Site::from(&pinned.key))).collect(),
            pinned,
            rules: targets.rules.clone(),
            names: targets.origins.iter().map(|origin| origin.name.clone()).collect(),
            ledger: Ledger::new(caps),
            slots: Arc::new(Semaphore::new(most)),
            kill,
            id,
            ordinal: AtomicU64::new(first),
        }
    }

    pub fn run_id(&self) -> RunId {
        self.id
    }

    pub fn kill(&self) -> &Kill {
        &self.kill
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Judges a request; waits until the caps let it start.
    pub async fn admit(&self, ask: &Ask<'_>) -> Result<Permit, Refused> {
        self.alive()?;
        let Judged { origin, target, write, object } = self.judge(ask)?;
        if self.ledger.limits().at_once == 0 {
            return Err(Refused::Cap(Cap::AtOnce));
        }
        let slot = match self.slots.clone().try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => tokio::select! {
                biased;
                why = self.kill.wait() => return Err(Refused::Stopped(why)),
                slot = self.slots.clone().acquire_owned() => slot.map_err(|_| Refused::Cap(Cap::AtOnce))?,
            },
        };
        let now = Instant::now();
        let start = self.ledger.take(now, write, &object).map_err(Refused::Cap)?;
        if start > now {
            tokio::select! {
                biased;
                why = self.kill.wait() => return Err(Refused::Stopped(why)),
                () = sleep_until(start) => {}
            }
        }
        let next = || self.ordinal.fetch_add(1, Ordering::Relaxed) + 1;
        let ordinal = self.kill.unless_thrown(next).map_err(Refused::Stopped)?;
        let (to, site) = (self.pinned[origin.0].address, self.sites[origin.0].clone());
        Ok(Permit { origin, to, site, target, traceparent: self.id.traceparent(ordinal), _slot: slot })
    }

    fn alive(&self) -> Result<(), Refused> {
        self.kill.thrown().map_or(Ok(()), |why| Err(Refused::Stopped(why)))
    }

    /// Where it goes, and whether it writes.
    fn judge<'a>(&self, ask: &Ask<'a>) -> Result<Judged<'a>, Refused> {
        let plain = self.sites.iter().enumerate().find_map(|(at, site)| Some((at, plain(ask.url, &site.begins)?)));
        let url;
        let (at, path, query) = match plain {
            Some((at, target)) => {
                let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
                (at, path, query)
            }
            None => {
                url = strict_url(ask.url)?;
                let key = OriginKey::of(&url).ok_or_else(|| Refused::OffTheList("this".to_owned()))?;
                let at = self.pinned.iter().position(|pinned| pinned.key == key);
                (at.ok_or_else(|| Refused::OffTheList(key.to_string()))?, url.path(), url.query())
            }
        };
        if let Some(name) = ask.headers.keys().map(http::HeaderName::as_str).find(|name| is_never_sent(name))
            && !Mistake::DisguiseSent.here()
        {
            return Err(Refused::Disguised(format!("the header `{name}`")));
        }
        let method_field =
            |pairs: &[u8]| url::form_urlencoded::parse(pairs).any(|(name, _)| name.eq_ignore_ascii_case("_method"));
        if method_field(query.unwrap_or_default().as_bytes()) || method_field(ask.body) {
            return Err(Refused::Disguised("the field `_method`".to_owned()));
        }
        if matches!(*ask.method, Method::CONNECT | Method::TRACE) {
            return Err(Refused::Disguised(format!("the method `{}`", ask.method)));
        }
        let origin = OriginIx(at);
        let body_without_use =
            !ask.body.is_empty() && matches!(*ask.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let write = body_without_use || self.rules.is_write(ask.method, origin, path);
        if write && !self.rules.allows(ask.method, origin, path) && !Mistake::UnlistedWriteSent.here() {
            return Err(Refused::Write(format!("{} {}:{}", ask.method, self.names[at], ask.told)));
        }
        let target = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        let object = match plain {
            Some(_) => Cow::Borrowed(ask.url),
            None => Cow::Owned(format!("{}{target}", self.sites[at].begins)),
        };
        Ok(Judged { origin, target, write, object })
    }
}

/// A request that may be sent, as far as the rules go.
struct Judged<'a> {
    origin: OriginIx,
    target: String,
    write: bool,
    /// The URL, written in one way.
    object: Cow<'a, str>,
}

#[cfg(test)]
mod tests;
