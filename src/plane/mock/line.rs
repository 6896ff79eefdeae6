//! A kept-alive HTTP/1.1 connection to one service. Nothing is retried behind anybody's back.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::ask::Asking;
use super::server::{REQUEST_ID, request_id_text};
use crate::lanes::first;
use crate::wire::RequestId;

/// A connection, opened when it is first needed.
pub struct Line {
    to: SocketAddr,
    host: HeaderValue,
    open: Option<Open>,
}

type Asked = Request<Full<Bytes>>;
type Driven = Connection<TokioIo<TcpStream>, Full<Bytes>>;

struct Open {
    sender: SendRequest<Full<Bytes>>,
    /// Until it has ended.
    connection: Option<Pin<Box<Driven>>>,
}

/// An answer as it came.
pub struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why there is no answer.
enum Unanswered {
    /// Nothing of this request has left: the other end had hung up before.
    Unsent(Box<Asked>),
    Broken(hyper::Error),
}

impl From<TrySendError<Asked>> for Unanswered {
    fn from(mut error: TrySendError<Asked>) -> Unanswered {
        match error.take_message() {
            Some(unsent) => Unanswered::Unsent(Box::new(unsent)),
            None => Unanswered::Broken(error.into_error()),
        }
    }
}

impl From<hyper::Error> for Unanswered {
    fn from(error: hyper::Error) -> Unanswered {
        Unanswered::Broken(error)
    }
}

impl From<Unanswered> for io::Error {
    fn from(unanswered: Unanswered) -> io::Error {
        match unanswered {
            Unanswered::Unsent(_) => io::ErrorKind::ConnectionReset.into(),
            Unanswered::Broken(error) => io::Error::other(error),
        }
    }
}

impl Open {
    async fn to(address: SocketAddr) -> io::Result<Open> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        Ok(Open { sender, connection: Some(Box::pin(connection)) })
    }

    async fn carry(&mut self, request: Asked) -> Result<Answered, Unanswered> {
        let Open { sender, connection } = self;
        let answered = async {
            let (parts, body) = sender.try_send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(Answered { status: parts.status.as_u16(), headers: parts.headers, body })
        };
        first(answered, connection).await
    }
}

impl Line {
    pub fn to(to: SocketAddr) -> Line {
        let host = HeaderValue::try_from(to.to_string()).unwrap_or(HeaderValue::from_static("localhost"));
        Line { to, host, open: None }
    }

    /// Sends one request and waits for the whole answer.
    pub async fn exchange(&mut self, asking: Asking, id: RequestId) -> io::Result<Answered> {
        let mut request = Request::new(Full::new(Bytes::from(asking.body)));
        *request.method_mut() = asking.method;
        *request.uri_mut() = Uri::try_from(asking.target).map_err(io::Error::other)?;
        *request.headers_mut() = asking.headers;
        request.headers_mut().insert(HOST, self.host.clone());
        request.headers_mut().insert(REQUEST_ID, HeaderValue::try_from(request_id_text(id)).map_err(io::Error::other)?);
        if let Some(open) = self.open.take() {
            match self.over(open, request).await {
                Err(Unanswered::Unsent(unsent)) => request = *unsent,
                answered => return Ok(answered?),
            }
        }
        let open = Open::to(self.to).await?;
        Ok(self.over(open, request).await?)
    }

    /// The same over one connection, which is kept if it carried the request to its answer.
    async fn over(&mut self, mut open: Open, request: Asked) -> Result<Answered, Unanswered> {
        let answered = open.carry(request).await?;
        self.open = Some(open);
        Ok(answered)
    }
}
