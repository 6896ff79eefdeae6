//! The transport: one request, one answer, by HTTP/2 where the other end prefers it under TLS, else by HTTP/1.1. Nothing is
//! retried, redirected, proxied or unpacked behind anybody's back. Each request has a connection of its own, but for those
//! of a client that [keeps](Client::keeping_connections) them.

mod kept;
mod link;
mod message;
mod sent;
mod tls;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use http::header::{HeaderValue, USER_AGENT};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::guard::{Ask, Consent, Guard, Kill, Permit, Refused, RunId, Stopped};
use super::origin::Scheme;
use super::targets::{CapLimits, Targets};
use crate::planted::Mistake;
use crate::wire::Span;
use kept::{Kept, Use};
use link::{Link, Parcel, Room, Unanswered};
pub use message::{Answer, Broken, Outgoing, Sent, Told};
pub use sent::{SentLine, SentLog};
pub use tls::Authorities;
use tls::HTTP_2;

/// More of an answer is not read, where nobody says otherwise.
const MOST_BODY: usize = 1 << 20;
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const RUN: HeaderName = HeaderName::from_static("runaway-run");

/// Sends what the guard admits.
#[derive(Debug)]
pub struct Client {
    guard: Arc<Guard>,
    authorities: Authorities,
    agent: HeaderValue,
    run: HeaderValue,
    patience: Span,
    most_body: usize,
    log: Option<Arc<SentLog>>,
    kept: Option<Kept>,
}

impl Client {
    /// A transport for what was agreed to.
    pub fn new(consent: Consent, targets: &Targets) -> io::Result<Client> {
        let guard = consent.into_guard();
        let id = guard.run_id();
        let contact = targets.contact.as_ref().map_or_else(String::new, |contact| format!("; contact {contact}"));
        let agent = format!("runaway/{} (containment drill; run {id}{contact})", env!("CARGO_PKG_VERSION"));
        let header = |text: String| HeaderValue::try_from(text).map_err(io::Error::other);
        Ok(Client {
            authorities: Authorities::load(targets)?,
            agent: header(agent)?,
            run: header(id.to_string())?,
            patience: targets.drill.patience,
            most_body: MOST_BODY,
            log: None,
            kept: None,
            guard,
        })
    }

    /// Reads answers of up to so many bytes.
    pub fn reading_up_to(mut self, bytes: usize) -> Client {
        self.most_body = bytes;
        self
    }

    /// Uses a connection again for the same credential, as agents at machine speed do. What is measured by single
    /// requests takes one for each, so that nothing that a server remembers of a connection lies between two.
    pub fn keeping_connections(mut self) -> Client {
        self.kept = Some(Kept::default());
        self
    }

    /// Writes every request down.
    pub fn writing_down(mut self, log: Arc<SentLog>) -> Client {
        self.log = Some(log);
        self
    }

    pub fn run_id(&self) -> RunId {
        self.guard.run_id()
    }

    pub fn kill(&self) -> &Kill {
        self.guard.kill()
    }

    pub fn caps(&self) -> &CapLimits {
        self.guard.ledger().limits()
    }

    /// Requests and writes so far.
    pub fn counts(&self) -> (u64, u64) {
        self.guard.ledger().counts()
    }

    /// Sends one request and waits for its answer. What was not sent comes back as an error.
    ///
    /// A read over a kept connection on which the other end hung up goes out once more over its own: a request like any
    /// other, with its line in the log and its place among the caps (RFC 9110 section 9.2.2).
    pub async fn send(&self, outgoing: &Outgoing) -> Result<Sent, Refused> {
        let again = self.kept.is_some() && outgoing.method.is_safe();
        match self.once(outgoing, again).await? {
            Sent { got: Err(Broken::HungUp), .. } => self.once(outgoing, false).await,
            sent => Ok(sent),
        }
    }

    async fn once(&self, outgoing: &Outgoing, may_keep: bool) -> Result<Sent, Refused> {
        let Outgoing { method, url, headers, body, told } = outgoing;
        let permit = self.guard.admit(&Ask { method, url, headers, body, told: &told.path }).await?;
        let at = Instant::now();
        // Who stops waiting drops this, and the line is written all the same.
        let mut line = self.log.as_deref().map(|log| {
            let said = SentLine {
                time: log.time(at).into(),
                traceparent: permit.traceparent.as_str().into(),
                method: method.as_str().into(),
                origin: permit.site.begins.as_str().into(),
                path: told.path.as_str().into(),
                purpose: told.purpose.into(),
                credential: told.credential.as_deref().map(Into::into),
                status: None,
                broken: Some("nobody waited for its answer".into()),
            };
            log.line(said)
        });
        let ended = tokio::select! {
            biased;
            why = self.guard.kill().wait(), if !Mistake::SwitchLeavesWhatIsUnderWay.here() => Err(Refused::UnderWay(why)),
            got = self.exchange(&permit, outgoing, may_keep, at + Duration::from_micros(self.patience.0)) => {
                Ok(Sent { at, back: Instant::now(), got })
            }
        };
        if let Some(line) = &mut line {
            line.ended(match &ended {
                Ok(Sent { got: Ok(answer), .. }) => Ok(answer.status),
                Ok(Sent { got: Err(broken), .. }) => Err(broken.to_string()),
                Err(refused) => Err(refused.to_string()),
            });
        }
        drop(line);
        ended
    }

    /// Ends the run where a cap is used up, or where the guard would let nothing of the kind through.
    pub fn give_up(&self, refused: &Refused) {
        match refused {
            Refused::Stopped(_) | Refused::UnderWay(_) => {}
            Refused::Cap(cap) => self.kill().throw(Stopped::Condition(format!("the cap on {cap} is used up"))),
            other => self.kill().throw(Stopped::Condition(other.to_string())),
        }
    }

    async fn exchange(
        &self,
        permit: &Permit,
        outgoing: &Outgoing,
        may_keep: bool,
        until: Instant,
    ) -> Result<Answer, Broken> {
        let traceparent = HeaderValue::try_from(permit.traceparent.as_str()).map_err(|_| Broken::Connect)?;
        let parcel = Parcel {
            method: &outgoing.method,
            site: &permit.site,
            target: &permit.target,
            headers: &outgoing.headers,
            own: &[(TRACEPARENT, traceparent), (USER_AGENT, self.agent.clone()), (RUN, self.run.clone())],
            body: &outgoing.body,
        };
        let kept_by = may_keep.then(|| Use {
            origin: permit.origin,
            to: permit.to,
            credential: outgoing.told.credential.clone(),
        });
        timeout_at(until, self.over_a_connection(permit, &parcel, kept_by))
            .await
            .unwrap_or(Err(Broken::Timeout(self.patience)))
    }

    async fn over_a_connection(
        &self,
        permit: &Permit,
        parcel: &Parcel<'_>,
        kept_by: Option<Use>,
    ) -> Result<Answer, Broken> {
        if let Some((kept, kept_by)) = self.kept.as_ref().zip(kept_by.as_ref())
            && let Some(link) = kept.take(kept_by)
        {
            match self.through(link, parcel, Some(kept_by.clone())).await {
                Err(Unanswered::Unsent) => {}
                Err(Unanswered::HungUp) => return Err(Broken::HungUp),
                Err(Unanswered::Broken(broken)) => return Err(broken),
                Ok(answer) => return Ok(answer),
            }
        }
        // Shaking hands takes more room than all else, and is rare.
        let link = Box::pin(self.connect(permit, kept_by.is_some())).await?;
        self.through(link, parcel, kept_by).await.map_err(|unanswered| match unanswered {
            Unanswered::Unsent | Unanswered::HungUp => Broken::Reset,
            Unanswered::Broken(broken) => broken,
        })
    }

    /// One request over one connection, which is kept for another where it can be.
    async fn through(&self, mut link: Link, parcel: &Parcel<'_>, kept_by: Option<Use>) -> Result<Answer, Unanswered> {
        let room = Room { ledger: self.guard.ledger(), most: self.most_body };
        let answer = link.exchange(parcel, room).await?;
        if let (Some(kept), Some(kept_by)) = (&self.kept, kept_by)
            && link.is_free().await
        {
            kept.put(kept_by, link);
        }
        Ok(answer)
    }

    async fn connect(&self, permit: &Permit, kept: bool) -> Result<Link, Broken> {
        let stream = TcpStream::connect(permit.to).await.map_err(|_| Broken::Connect)?;
        stream.set_nodelay(true).map_err(|_| Broken::Connect)?;
        match permit.site.key.scheme {
            Scheme::Http => Link::one(Box::new(stream), kept).await,
            Scheme::Https => {
                let stream = self.authorities.handshake(permit.origin, &permit.site.key.host, stream).await;
                let stream = stream.map_err(|error| refusal(&error))?;
                match stream.get_ref().1.alpn_protocol() {
                    Some(HTTP_2) => Link::two(Box::new(stream)).await,
                    _ => Link::one(Box::new(stream), kept).await,
                }
            }
        }
    }
}

/// Why there was no handshake.
fn refusal(error: &io::Error) -> Broken {
    use rustls::{AlertDescription, Error};
    let inside = error.get_ref().and_then(|inside| inside.downcast_ref::<Error>());
    match inside {
        Some(Error::AlertReceived(AlertDescription::NoApplicationProtocol) | Error::NoApplicationProtocol) => {
            Broken::Protocol
        }
        _ => Broken::Tls,
    }
}

#[cfg(test)]
mod tests;
