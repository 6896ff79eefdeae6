//! One `wiremock` server for each service.
//!
//! A mounted mock keeps every request that it matched; one that went out of scope keeps them too, and only a reset of the
//! server lets go of them. So the world answers through one catch-all, and every few thousand requests the server is
//! reset and the catch-all mounted again.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use http::header::{CACHE_CONTROL, HeaderName, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::wire::{ActorId, RequestId, ServiceId, Span};

use super::answer::{Answering, RETRY_AFTER_MS};
use super::ask::{Heard, Received};
use super::host::{Decided, Shared};
use super::{client, metadata, token_endpoint};

/// After so many requests the server is reset.
const GENERATION: u32 = 4_096;

/// A timer of tokio goes by milliseconds: a shorter wait would become a longer one.
const SHORTEST: Span = Span::from_millis(1);

/// By what requests and their notes find each other.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A service that listens.
pub struct Server(Arc<MockServer>);

/// Answers for one service.
#[derive(Clone)]
struct Desk {
    service: ServiceId,
    shared: Arc<Shared>,
    served: Arc<AtomicU32>,
    server: Weak<MockServer>,
}

impl Server {
    /// Listens on loopback, on `port` or on one that is free.
    pub async fn start(shared: Arc<Shared>, service: ServiceId, port: u16) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let mock = MockServer::builder().listener(listener).disable_request_recording().start().await;
        let mock = Arc::new(mock);
        let desk = Desk { service, shared, served: Arc::default(), server: Arc::downgrade(&mock) };
        mock.register(desk.mock()).await;
        Ok(Server(mock))
    }

    pub fn address(&self) -> SocketAddr {
        *self.0.address()
    }
}

/// Starts a server for every service of the plan, and tells everybody where they are.
pub async fn start_all(shared: &Arc<Shared>, first_port: u16) -> io::Result<Vec<Server>> {
    let mut servers = Vec::new();
    for service in shared.plan.service_ids() {
        let port = if first_port == 0 { 0 } else { first_port.saturating_add(service.number() as u16) };
        servers.push(Server::start(shared.clone(), service, port).await?);
    }
    shared.origins.set(servers.iter().map(Server::address).collect());
    Ok(servers)
}

impl Desk {
    fn mock(&self) -> Mock {
        Mock::given(any()).respond_with(self.clone())
    }

    /// Keeps memory flat. The server answers on one thread, and this task goes through both steps without giving it
    /// back: no request comes between them.
    fn count(&self) {
        if (self.served.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(GENERATION)
            && let Some(server) = self.server.upgrade()
        {
            let mock = self.mock();
            tokio::spawn(async move {
                server.reset().await;
                server.register(mock).await;
            });
        }
    }
}

impl Respond for Desk {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.count();
        let received = Received {
            method: request.method.as_str(),
            path: request.url.path(),
            query: request.url.query().unwrap_or(""),
            headers: &request.headers,
            body: &request.body,
        };
        match self.shared.asker.read(self.service, &received, &self.shared.scribe) {
            Ok(Heard { op, request: asked, cargo, scope }) => {
                let spec = self.shared.plan.operation(op);
                let challenge = client::challenge(spec, asked.presented.map(|presented| presented.scheme));
                let mut decided = self.shared.decide(asked, cargo, request_id(request));
                token_endpoint::complete(spec, &mut decided.answering);
                if let Some(scope) = scope {
                    token_endpoint::tell_scope(&self.shared, &scope, &mut decided);
                }
                if decided.response.status == 200 {
                    metadata::fill(&self.shared, op, &mut decided.answering);
                }
                template(decided, challenge)
            }
            Err(unreadable) => unreadable.template(),
        }
    }
}

/// `3-17`: the seventeenth request of the third actor.
pub fn request_id_text(id: RequestId) -> String {
    let (mut by, mut n) = (itoa::Buffer::new(), itoa::Buffer::new());
    [by.format(id.by.number()), n.format(id.n)].join("-")
}

fn request_id(request: &Request) -> Option<RequestId> {
    let (by, n) = request.headers.get(REQUEST_ID)?.to_str().ok()?.split_once('-')?;
    Some(RequestId { by: ActorId::new(by.parse().ok()?), n: n.parse().ok()? })
}

fn template(decided: Decided, challenge: &str) -> ResponseTemplate {
    let Answering { status, retry_after, location, fresh_for, unstored, body } = decided.answering;
    let mut template = ResponseTemplate::new(status);
    if let Some(wait) = retry_after {
        template = template
            .insert_header(RETRY_AFTER, wait.whole_seconds_up().to_string().as_str())
            .insert_header(RETRY_AFTER_MS, wait.whole_millis_up().to_string().as_str());
    }
    if let Some(location) = location {
        template = template.insert_header("location", location.as_str());
    }
    if let Some(fresh_for) = fresh_for {
        let directive = match fresh_for.whole_seconds() {
            0 => "no-cache".to_owned(),
            seconds => format!("max-age={seconds}"),
        };
        template = template.insert_header(CACHE_CONTROL, directive.as_str());
    }
    if unstored {
        template = template.insert_header(CACHE_CONTROL, "no-store").insert_header(PRAGMA, "no-cache");
    }
    if status == 401 {
        template = template.insert_header(WWW_AUTHENTICATE, challenge);
    }
    if !body.is_empty() {
        template = template.set_body_raw(body, "application/json");
    }
    if decided.after >= SHORTEST {
        template = template.set_delay(Duration::from_micros(decided.after.0));
    }
    template
}
