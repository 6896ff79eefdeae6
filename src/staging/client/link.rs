//! One connection, in the version of HTTP that both ends agreed on. It is driven by the exchange that uses it and by
//! nobody else, so that nothing is sent when that is dropped: no task of its own, no retry, no push.

use std::pin::Pin;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use http::uri::Scheme;
use http::{HeaderMap, Method, Request, Uri, Version, response};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Answer, Broken};
use crate::lanes::{first, goes_on};
use crate::staging::guard::{Ledger, Site};

/// Headers of an answer, in bytes.
const MOST_HEAD: u32 = 64 << 10;

/// Bytes, under TLS or not.
pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}
type Stream = Box<dyn Io>;
type ConnectionOne = http1::Connection<TokioIo<Stream>, Full<Bytes>>;

/// What is sent, as it is in either version.
pub(super) struct Parcel<'a> {
    pub method: &'a Method,
    pub site: &'a Site,
    /// Path and query.
    pub target: &'a str,
    pub headers: &'a HeaderMap,
    /// Headers of every request.
    pub own: &'a [(HeaderName, HeaderValue)],
    pub body: &'a Bytes,
}

impl Parcel<'_> {
    /// All headers, with room for those that the version of HTTP adds.
    fn head(&self) -> HeaderMap {
        let mut head = HeaderMap::with_capacity(self.headers.len() + self.own.len() + 2);
        for (name, value) in self.headers {
            head.append(name.clone(), value.clone());
        }
        for (name, value) in self.own {
            head.insert(name.clone(), value.clone());
        }
        head
    }
}

/// Why there is no answer.
pub(super) enum Unanswered {
    /// Nothing of the request has left: the other end had hung up before.
    Unsent,
    /// The other end hung up on a connection that had carried others. Whether it saw the request, nobody knows.
    HungUp,
    Broken(Broken),
}

impl From<Broken> for Unanswered {
    fn from(broken: Broken) -> Unanswered {
        Unanswered::Broken(broken)
    }
}

/// How much of an answer may be read.
#[derive(Clone, Copy)]
pub(super) struct Room<'a> {
    pub ledger: &'a Ledger,
    pub most: usize,
}

impl Room<'_> {
    fn add(self, whole: &mut Vec<u8>, data: &[u8]) -> Result<(), Broken> {
        let kept = self.ledger.take_bytes(data.len());
        if kept < data.len() || whole.len() + data.len() > self.most {
            return Err(Broken::TooLarge);
        }
        whole.extend_from_slice(data);
        Ok(())
    }
}

pub(super) enum Link {
    One(One),
    Two(Box<Two>),
}

impl Link {
    /// HTTP/1.1 (RFC 9112). `kept`: it may carry more than one request.
    pub async fn one(stream: Stream, kept: bool) -> Result<Link, Broken> {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MOST_HEAD as usize);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|_| Broken::Reset)?;
        Ok(Link::One(One { sender, connection: Some(Box::pin(connection)), kept, used: false }))
    }

    /// HTTP/2 (RFC 9113).
    pub async fn two(stream: Stream) -> Result<Link, Broken> {
        let mut builder = h2::client::Builder::new();
        builder.enable_push(false).max_header_list_size(MOST_HEAD);
        let (sender, connection) = builder.handshake(stream).await.map_err(|error| of_two(&error))?;
        Ok(Link::Two(Box::new(Two { sender, connection: Some(connection), used: false })))
    }

    /// Sends one request and reads its answer.
    pub async fn exchange(&mut self, parcel: &Parcel<'_>, room: Room<'_>) -> Result<Answer, Unanswered> {
        match self {
            Link::One(one) => one.exchange(parcel, room).await,
            Link::Two(two) => Box::pin(two.exchange(parcel, room)).await,
        }
    }

    /// Whether it can carry another request. Waits for nothing.
    pub async fn is_free(&mut self) -> bool {
        match self {
            Link::One(One { sender, connection: Some(connection), .. }) => {
                sender.is_ready() || goes_on(connection.as_mut()).await && sender.is_ready()
            }
            Link::Two(two) => match &mut two.connection {
                Some(connection) => goes_on(Pin::new(connection)).await,
                None => false,
            },
            Link::One(_) => false,
        }
    }
}

pub(super) struct One {
    sender: http1::SendRequest<Full<Bytes>>,
    /// Until it has ended: what waits for an answer is told so when it is dropped.
    connection: Option<Pin<Box<ConnectionOne>>>,
    kept: bool,
    used: bool,
}

impl One {
    async fn exchange(&mut self, parcel: &Parcel<'_>, room: Room<'_>) -> Result<Answer, Unanswered> {
        let mut request = Request::new(Full::new(parcel.body.clone()));
        *request.method_mut() = parcel.method.clone();
        *request.uri_mut() = parcel.target.parse().map_err(|_| Broken::Connect)?;
        *request.headers_mut() = parcel.head();
        let host = HeaderValue::from_maybe_shared(parcel.site.authority.clone()).map_err(|_| Broken::Connect)?;
        request.headers_mut().insert(HOST, host);
        if !self.kept {
            request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let used = std::mem::replace(&mut self.used, true);
        let One { sender, connection, .. } = self;
        let answered = async {
            let (parts, mut body) = match sender.try_send_request(request).await {
                Ok(answer) => answer.into_parts(),
                Err(error) if error.message().is_some() => return Err(Unanswered::Unsent),
                Err(error) => return Err(unanswered(of_one(error.error()), used)),
            };
            let mut whole = Vec::new();
            while let Some(frame) = body.frame().await {
                if let Ok(data) = frame.map_err(|_| Broken::Reset)?.into_data() {
                    room.add(&mut whole, &data)?;
                }
            }
            Ok(answer(parts, whole))
        };
        first(answered, connection).await
    }
}

pub(super) struct Two {
    sender: h2::client::SendRequest<Bytes>,
    connection: Option<h2::client::Connection<Stream, Bytes>>,
    used: bool,
}

impl Two {
    async fn exchange(&mut self, parcel: &Parcel<'_>, room: Room<'_>) -> Result<Answer, Unanswered> {
        let uri = Uri::builder().scheme(Scheme::HTTPS).authority(&*parcel.site.authority);
        let uri = uri.path_and_query(parcel.target).build().map_err(|_| Broken::Connect)?;
        let mut request = Request::new(());
        *request.method_mut() = parcel.method.clone();
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = parcel.head();
        if !parcel.body.is_empty() {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(parcel.body.len()));
        }
        let used = std::mem::replace(&mut self.used, true);
        let Two { sender, connection, .. } = self;
        let answered = async {
            let mut ready = sender.clone().ready().await.map_err(|_| Unanswered::Unsent)?;
            let (coming, mut sending) =
                ready.send_request(request, parcel.body.is_empty()).map_err(|error| of_two(&error))?;
            if !parcel.body.is_empty() {
                sending.send_data(parcel.body.clone(), true).map_err(|error| of_two(&error))?;
            }
            let (parts, mut body) = coming.await.map_err(|error| unanswered(of_two(&error), used))?.into_parts();
            let mut whole = Vec::new();
            while let Some(data) = body.data().await {
                let data = data.map_err(|error| of_two(&error))?;
                room.add(&mut whole, &data)?;
                body.flow_control().release_capacity(data.len()).map_err(|error| of_two(&error))?;
            }
            Ok(answer(parts, whole))
        };
        first(answered, connection).await
    }
}

/// Nothing came of a request.
fn unanswered(broken: Broken, used: bool) -> Unanswered {
    if used && broken == Broken::Reset { Unanswered::HungUp } else { Unanswered::Broken(broken) }
}

fn answer(parts: response::Parts, whole: Vec<u8>) -> Answer {
    Answer { status: parts.status.as_u16(), headers: parts.headers, body: whole.into() }
}

fn of_one(error: &hyper::Error) -> Broken {
    match error {
        error if error.is_parse_too_large() => Broken::TooLarge,
        error if error.is_parse() => Broken::Protocol,
        _ => Broken::Reset,
    }
}

fn of_two(error: &h2::Error) -> Broken {
    match error.reason() {
        Some(h2::Reason::HTTP_1_1_REQUIRED) => Broken::Protocol,
        Some(h2::Reason::PROTOCOL_ERROR | h2::Reason::FRAME_SIZE_ERROR | h2::Reason::COMPRESSION_ERROR)
            if error.is_library() =>
        {
            Broken::Protocol
        }
        _ => Broken::Reset,
    }
}
