//! A place at which their detection can call: it reads a little, answers at once, and leads nowhere.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::header::{ALLOW, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sha2::{Digest as _, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::signature::Signed;
use crate::planted::Mistake;
use crate::staging::targets::Webhook;

/// More of a call is not read.
const MOST_BODY: usize = 64 << 10;
/// Headers of a call, in bytes.
const MOST_HEAD: usize = 16 << 10;
/// So many are listened to together.
const AT_ONCE: usize = 16;
/// Whoever takes longer to say it is not listened to.
const PATIENCE: Duration = Duration::from_secs(5);

/// The listener, as long as this lives.
#[derive(Debug)]
pub struct Hook {
    _listening: JoinSet<()>,
    /// Calls that did not show that they know the secret.
    pub refused: Arc<AtomicU64>,
    raised: watch::Receiver<Option<Instant>>,
}

/// How a caller shows that it knows the secret.
#[derive(Debug)]
pub enum Knows {
    /// By these headers; by none, where there is no secret.
    Headers(HeaderMap),
    /// By a signature.
    Signed(Signed),
}

/// What a call is held against.
struct Judge {
    webhook: Webhook,
    knows: Knows,
    refused: Arc<AtomicU64>,
    raise: watch::Sender<Option<Instant>>,
}

impl Hook {
    /// Listens to whoever knows the secret.
    ///
    /// # Errors
    ///
    /// Nobody can listen there.
    pub async fn open(webhook: &Webhook, knows: Knows) -> io::Result<Hook> {
        let listener = TcpListener::bind(webhook.listen).await?;
        let (raise, raised) = watch::channel(None);
        let refused = Arc::<AtomicU64>::default();
        let judge = Arc::new(Judge { webhook: webhook.clone(), knows, refused: refused.clone(), raise });
        let mut listening = JoinSet::new();
        listening.spawn(listen(listener, judge));
        Ok(Hook { _listening: listening, refused, raised })
    }

    /// When the alarm came, as soon as it has.
    pub async fn heard(&self) -> Instant {
        let mut raised = self.raised.clone();
        match raised.wait_for(Option::is_some).await.map(|at| *at) {
            Ok(Some(at)) => at,
            // The listener lives as long as this.
            _ => std::future::pending().await,
        }
    }
}

async fn listen(listener: TcpListener, judge: Arc<Judge>) {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut calls = JoinSet::new();
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // There may be no descriptors left, for a while.
            sleep_until(Instant::now() + Duration::from_millis(50)).await;
            continue;
        };
        while calls.try_join_next().is_some() {}
        let judge = judge.clone();
        calls.spawn(async move {
            let _ = timeout(PATIENCE, serve(stream, judge)).await;
            drop(slot);
        });
    }
}

async fn serve(stream: TcpStream, judge: Arc<Judge>) {
    let answer = service_fn(|call| {
        let judge = judge.clone();
        async move { Ok::<_, Infallible>(judge.answer(call).await) }
    });
    let mut builder = http1::Builder::new();
    builder.keep_alive(false).max_buf_size(MOST_HEAD);
    // A caller that goes away has said what it wanted to, or nothing.
    let _ = builder.serve_connection(TokioIo::new(stream), answer).await;
}

impl Judge {
    async fn answer(&self, call: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = call.into_parts();
        if head.uri.path() != self.webhook.path {
            return with(StatusCode::NOT_FOUND);
        }
        if head.method != Method::POST {
            let mut answer = with(StatusCode::METHOD_NOT_ALLOWED);
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            return answer;
        }
        if let Knows::Headers(expected) = &self.knows
            && !expected.iter().all(|(name, value)| shows(&head.headers, name, value))
            && !Mistake::AnybodyRaisesAlarms.here()
        {
            return self.refuse();
        }
        let Ok(body) = Limited::new(body, MOST_BODY).collect().await else {
            return with(StatusCode::PAYLOAD_TOO_LARGE);
        };
        let body = body.to_bytes();
        if let Knows::Signed(signed) = &self.knows
            && !signed.holds(&head.headers, &body, jiff::Timestamp::now())
        {
            return self.refuse();
        }
        if !self.webhook.matching.holds(200, &body) && !Mistake::AnyRequestIsTheAlarm.here() {
            return with(StatusCode::ACCEPTED);
        }
        self.raise.send_if_modified(|at| {
            let first = at.is_none();
            at.get_or_insert_with(Instant::now);
            first
        });
        with(StatusCode::NO_CONTENT)
    }

    fn refuse(&self) -> Response<Full<Bytes>> {
        self.refused.fetch_add(1, Ordering::Relaxed);
        with(StatusCode::UNAUTHORIZED)
    }
}

/// Whether a header has a value. How long it takes to tell says nothing about the value.
fn shows(headers: &HeaderMap, name: &HeaderName, value: &HeaderValue) -> bool {
    let digest = |value: &HeaderValue| Sha256::digest(value.as_bytes());
    headers.get(name).is_some_and(|shown| digest(shown) == digest(value))
}

fn with(status: StatusCode) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}
