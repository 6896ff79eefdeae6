//! Where each service listens.

use std::net::SocketAddr;
use std::sync::OnceLock;

use crate::wire::ServiceId;

/// The addresses of the services, filled once all of them listen.
#[derive(Default, Debug)]
pub struct Origins(OnceLock<Vec<SocketAddr>>);

impl Origins {
    /// Only the first call counts: services do not move.
    pub fn set(&self, addresses: Vec<SocketAddr>) {
        let _ = self.0.set(addresses);
    }

    pub fn address(&self, service: ServiceId) -> Option<SocketAddr> {
        self.0.get()?.get(service.index()).copied()
    }

    /// `http://127.0.0.1:4711`.
    pub fn url(&self, service: ServiceId) -> Option<String> {
        self.address(service).map(|address| format!("http://{address}"))
    }

    /// The service that a URL leads to, and its path.
    pub fn split<'a>(&self, url: &'a str) -> Option<(ServiceId, &'a str)> {
        let rest = url.strip_prefix("http://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let address: SocketAddr = authority.parse().ok()?;
        let service = self.0.get()?.iter().position(|known| *known == address)?;
        Some((ServiceId::at(service), path))
    }
}
