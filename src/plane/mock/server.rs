//! One `wiremock` server for each service.
//!
//! A mounted mock keeps every request that it matched, for ever. So the world answers through one *scoped* catch-all,
//! which is replaced by a fresh one every few thousand requests: the new one is mounted before the old one goes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::header::RETRY_AFTER;
use wiremock::matchers::any;
use wiremock::{Mock, MockGuard, MockServer, Request, Respond, ResponseTemplate};

use crate::wire::{ActorId, RequestId, ServiceId, Span};

use super::address::Nowhere;
use super::answer::{Answering, RETRY_AFTER_MS};
use super::ask::{Received, Unreadable};
use super::host::{Decided, Shared};
use super::metadata;

/// After so many requests a mock is replaced.
const GENERATION: u32 = 4_096;

/// A timer of tokio goes by milliseconds: a shorter wait would become a longer one.
const SHORTEST: Span = Span::from_millis(1);

/// By what requests and their notes find each other.
pub const REQUEST_ID: &str = "x-request-id";

/// A service that listens.
pub struct Server {
    mock: MockServer,
    desk: Desk,
    guard: MockGuard,
}

/// Answers for one service.
#[derive(Clone)]
struct Desk {
    service: ServiceId,
    shared: Arc<Shared>,
    served: Arc<AtomicU32>,
}

impl Server {
    /// Listens on loopback, on `port` or on one that is free.
    pub async fn start(shared: Arc<Shared>, service: ServiceId, port: u16) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let mock = MockServer::builder().listener(listener).disable_request_recording().start().await;
        let desk = Desk { service, shared, served: Arc::new(AtomicU32::new(0)) };
        let guard = mock.register_as_scoped(desk.mock()).await;
        Ok(Server { mock, desk, guard })
    }

    pub fn address(&self) -> SocketAddr {
        *self.mock.address()
    }

    /// Keeps memory flat: to be called now and then.
    pub async fn refresh(&mut self) {
        if self.desk.served.load(Ordering::Relaxed) >= GENERATION {
            self.desk.served.store(0, Ordering::Relaxed);
            self.guard = self.mock.register_as_scoped(self.desk.mock()).await;
        }
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
}

impl Respond for Desk {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.served.fetch_add(1, Ordering::Relaxed);
        let received = Received {
            method: request.method.as_str(),
            path: request.url.path(),
            query: request.url.query().unwrap_or(""),
            headers: &request.headers,
            body: &request.body,
        };
        match self.shared.asker.read(self.service, &received, &self.shared.scribe) {
            Ok((op, asked)) => {
                let mut decided = self.shared.decide(asked, request_id(request));
                if decided.response.status == 200 {
                    metadata::fill(&self.shared, op, &mut decided.answering);
                }
                template(decided)
            }
            Err(unreadable) => problem(&unreadable),
        }
    }
}

/// `3-17`: the seventeenth request of the third actor.
pub fn request_id_text(id: RequestId) -> String {
    format!("{}-{}", id.by.number(), id.n)
}

fn request_id(request: &Request) -> Option<RequestId> {
    let (by, n) = request.headers.get(REQUEST_ID)?.to_str().ok()?.split_once('-')?;
    Some(RequestId { by: ActorId::new(by.parse().ok()?), n: n.parse().ok()? })
}

fn template(decided: Decided) -> ResponseTemplate {
    let Answering { status, retry_after, location, body } = decided.answering;
    let mut template = ResponseTemplate::new(status);
    if let Some(wait) = retry_after {
        template = template
            .insert_header(RETRY_AFTER, wait.whole_seconds_up().to_string().as_str())
            .insert_header(RETRY_AFTER_MS, wait.whole_millis_up().to_string().as_str());
    }
    if let Some(location) = location {
        template = template.insert_header("location", location.as_str());
    }
    if status == 401 {
        // RFC 6750 section 3.
        template = template.insert_header("www-authenticate", "Bearer error=\"invalid_token\"");
    }
    if !body.is_empty() {
        template = template.set_body_raw(body, "application/json");
    }
    if decided.after >= SHORTEST {
        template = template.set_delay(Duration::from_micros(decided.after.0));
    }
    template
}

/// RFC 9457: what a person with curl reads when nothing answers.
fn problem(unreadable: &Unreadable) -> ResponseTemplate {
    let (status, title, allow) = match unreadable {
        Unreadable::Nowhere(Nowhere::NoSuchPath) => (404, "no operation has this path".to_owned(), None),
        Unreadable::Nowhere(Nowhere::NoSuchMethod(methods)) => {
            (405, "no operation of this path has this method".to_owned(), Some(methods.join(", ")))
        }
        Unreadable::Undecided { field, values } => {
            (400, format!("`{field}` must say which operation is meant: {}", values.join(", ")), None)
        }
    };
    let body = serde_json::json!({ "status": status, "title": title });
    let mut template = ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/problem+json");
    if let Some(allow) = allow {
        template = template.insert_header("allow", allow.as_str());
    }
    template
}
