//! The transport: one request, one connection, one answer. Nothing is retried, redirected, proxied or unpacked behind
//! anybody's back.

mod sent;
mod tls;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, HOST, HeaderValue, USER_AGENT};
use http::{HeaderMap, HeaderName, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::guard::{Ask, Consent, Guard, Kill, Permit, Refused, RunId, Stopped};
use super::origin::Scheme;
use super::targets::Targets;
use crate::planted::Mistake;
pub use sent::{SentLine, SentLog};
pub use tls::Authorities;

/// More of an answer is not read, where nobody says otherwise.
const MOST_BODY: usize = 1 << 20;
/// Headers of an answer, in bytes.
const MOST_HEAD: usize = 64 << 10;
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const RUN: HeaderName = HeaderName::from_static("runaway-run");

/// What is sent. Credentials are among the headers, marked as sensitive.
#[derive(Debug)]
pub struct Outgoing {
    pub method: Method,
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub told: Told,
}

/// What may be written down of a request beside its method and origin.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Its path, without what nobody may read.
    pub path: String,
    pub purpose: &'static str,
    pub credential: Option<String>,
}

/// A request that was started, and what came of it.
#[derive(Debug)]
pub struct Sent {
    pub at: Instant,
    pub back: Instant,
    pub got: Result<Answer, Broken>,
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why there is no answer. None of these says anything about a credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    #[error("no connection")]
    Connect,
    #[error("no trusted certificate")]
    Tls,
    #[error("no answer in time")]
    Timeout,
    #[error("the connection broke")]
    Reset,
    /// HTTP/2 alone, or something else.
    #[error("no answer in HTTP/1.1, the only version that is spoken here")]
    Protocol,
    #[error("the answer is too large")]
    TooLarge,
}

/// Sends what the guard admits.
#[derive(Debug)]
pub struct Client {
    guard: Arc<Guard>,
    authorities: Authorities,
    agent: HeaderValue,
    run: HeaderValue,
    patience: Duration,
    most_body: usize,
    log: Option<Arc<SentLog>>,
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
            patience: Duration::from_micros(targets.drill.patience.0),
            most_body: MOST_BODY,
            log: None,
            guard,
        })
    }

    /// Reads answers of up to so many bytes.
    pub fn reading_up_to(mut self, bytes: usize) -> Client {
        self.most_body = bytes;
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

    /// Requests and writes so far.
    pub fn counts(&self) -> (u64, u64) {
        self.guard.ledger().counts()
    }

    /// Sends one request and waits for its answer. What was not sent comes back as an error.
    pub async fn send(&self, outgoing: Outgoing) -> Result<Sent, Refused> {
        let Outgoing { method, url, headers, body, told } = outgoing;
        let permit = self.guard.admit(&Ask { method: &method, url: &url, headers: &headers, body: &body }).await?;
        let at = Instant::now();
        let line = self.log.as_ref().map(|_| line(&method, &permit, told));
        let ended = tokio::select! {
            biased;
            why = self.guard.kill().wait(), if !Mistake::SwitchLeavesWhatIsUnderWay.here() => Err(Refused::UnderWay(why)),
            got = self.exchange(permit, method, headers, body, at + self.patience) => Ok(Sent { at, back: Instant::now(), got }),
        };
        if let (Some(log), Some(line)) = (&self.log, line) {
            let (status, broken) = match &ended {
                Ok(Sent { got: Ok(answer), .. }) => (Some(answer.status), None),
                Ok(Sent { got: Err(broken), .. }) => (None, Some(broken.to_string())),
                Err(refused) => (None, Some(refused.to_string())),
            };
            log.add(&SentLine { status, broken, ..line });
        }
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
        permit: Permit,
        method: Method,
        mut headers: HeaderMap,
        body: Bytes,
        until: Instant,
    ) -> Result<Answer, Broken> {
        let own = [
            (HOST, HeaderValue::try_from(permit.key.authority()).map_err(|_| Broken::Connect)?),
            (TRACEPARENT, HeaderValue::try_from(permit.traceparent.as_str()).map_err(|_| Broken::Connect)?),
            (USER_AGENT, self.agent.clone()),
            (RUN, self.run.clone()),
            (CONNECTION, HeaderValue::from_static("close")),
        ];
        headers.extend(own.into_iter().map(|(name, value)| (Some(name), value)));
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = permit.target.parse().map_err(|_| Broken::Connect)?;
        *request.headers_mut() = headers;
        timeout_at(until, self.over_a_connection(&permit, request)).await.unwrap_or(Err(Broken::Timeout))
    }

    async fn over_a_connection(&self, permit: &Permit, request: Request<Full<Bytes>>) -> Result<Answer, Broken> {
        let stream = TcpStream::connect(permit.to).await.map_err(|_| Broken::Connect)?;
        stream.set_nodelay(true).map_err(|_| Broken::Connect)?;
        match permit.key.scheme {
            Scheme::Http => self.speak(stream, request).await,
            Scheme::Https => {
                let stream = self.authorities.handshake(permit.origin, &permit.key.host, stream).await;
                self.speak(stream.map_err(|error| refusal(&error))?, request).await
            }
        }
    }

    async fn speak<S>(&self, stream: S, request: Request<Full<Bytes>>) -> Result<Answer, Broken>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MOST_HEAD);
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|_| Broken::Reset)?;
        // The connection is driven here, so that it ends with this future: nothing is sent after the kill switch.
        let exchange = async {
            let answered = sender.send_request(request).await;
            let spoken = |error: hyper::Error| if error.is_parse() { Broken::Protocol } else { Broken::Reset };
            let (parts, mut body) = answered.map_err(spoken)?.into_parts();
            let mut whole = Vec::new();
            while let Some(frame) = body.frame().await {
                let Ok(data) = frame.map_err(|_| Broken::Reset)?.into_data() else { continue };
                let kept = self.guard.ledger().take_bytes(data.len());
                if kept < data.len() || whole.len() + data.len() > self.most_body {
                    return Err(Broken::TooLarge);
                }
                whole.extend_from_slice(&data);
            }
            Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body: whole.into() })
        };
        let driven = async {
            let _ = connection.await;
            std::future::pending::<Broken>().await
        };
        tokio::select! {
            biased;
            answered = exchange => answered,
            broken = driven => Err(broken),
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

/// A request that is about to leave.
fn line(method: &Method, permit: &Permit, told: Told) -> SentLine {
    SentLine {
        time: jiff::Timestamp::now().to_string(),
        traceparent: permit.traceparent.clone(),
        method: method.to_string(),
        origin: permit.key.to_string(),
        path: told.path,
        purpose: told.purpose.to_owned(),
        credential: told.credential,
        status: None,
        broken: None,
    }
}
