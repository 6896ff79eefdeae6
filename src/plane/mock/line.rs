//! A kept-alive HTTP/1.1 connection to one service. Nothing is retried behind anybody's back.

use std::io;
use std::net::SocketAddr;

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::ask::Asking;

/// A connection, opened when it is first needed.
pub struct Line {
    to: SocketAddr,
    host: HeaderValue,
    open: Option<SendRequest<Full<Bytes>>>,
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
        let mut sender = match self.open.take().filter(|sender| !sender.is_closed()) {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        sender.ready().await.map_err(io::Error::other)?;
        let mut request = Request::new(Full::new(Bytes::from(asking.body)));
        *request.method_mut() = asking.method;
        *request.uri_mut() = Uri::try_from(asking.target).map_err(io::Error::other)?;
        *request.headers_mut() = asking.headers;
        request.headers_mut().insert(HOST, self.host.clone());
        request.headers_mut().insert(super::server::REQUEST_ID, request_id);
        let (parts, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        self.open = Some(sender);
        Ok(Answered { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    async fn connect(&self) -> io::Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.to).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        Ok(sender)
    }
}
