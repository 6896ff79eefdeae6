//! A kept-alive HTTP/1.1 connection to one service. Nothing is retried behind anybody's back.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::ask::Asking;
use crate::lanes::{first, goes_on};

/// A connection, opened when it is first needed.
pub struct Line {
    to: SocketAddr,
    host: HeaderValue,
    open: Option<Open>,
}

type Driven = Connection<TokioIo<TcpStream>, Full<Bytes>>;

struct Open {
    sender: SendRequest<Full<Bytes>>,
    /// Until it has ended.
    connection: Option<Pin<Box<Driven>>>,
}

impl Open {
    async fn to(address: SocketAddr) -> io::Result<Open> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        Ok(Open { sender, connection: Some(Box::pin(connection)) })
    }

    /// Itself, if it can carry another request.
    async fn if_free(mut self) -> Option<Open> {
        let is_free = goes_on(self.connection.as_mut()?.as_mut()).await && self.sender.is_ready();
        is_free.then_some(self)
    }
}

/// An answer as it came.
pub struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Line {
    pub fn to(to: SocketAddr) -> Line {
        let host = HeaderValue::try_from(to.to_string()).unwrap_or(HeaderValue::from_static("localhost"));
        Line { to, host, open: None }
    }

    /// Sends one request and waits for the whole answer.
    pub async fn exchange(&mut self, asking: Asking, request_id: HeaderValue) -> io::Result<Answered> {
        let open = match self.open.take() {
            Some(open) => open.if_free().await,
            None => None,
        };
        let mut open = match open {
            Some(open) => open,
            None => Open::to(self.to).await?,
        };
        let mut request = Request::new(Full::new(Bytes::from(asking.body)));
        *request.method_mut() = asking.method;
        *request.uri_mut() = Uri::try_from(asking.target).map_err(io::Error::other)?;
        *request.headers_mut() = asking.headers;
        request.headers_mut().insert(HOST, self.host.clone());
        request.headers_mut().insert(super::server::REQUEST_ID, request_id);
        let Open { sender, connection } = &mut open;
        let answered = async {
            let (parts, body) = sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(Answered { status: parts.status.as_u16(), headers: parts.headers, body })
        };
        let answered = first(answered, connection).await.map_err(|error: hyper::Error| io::Error::other(error))?;
        self.open = Some(open);
        Ok(answered)
    }
}
