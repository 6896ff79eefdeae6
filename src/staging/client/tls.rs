//! TLS, always verified: against the system's authorities, or against those that an origin names.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::staging::origin::{Host, Scheme};
use crate::staging::targets::{OriginIx, Targets};

/// HTTP/2, as it is agreed on (RFC 7301, RFC 9113 section 3.1).
pub(super) const HTTP_2: &[u8] = b"h2";

/// Who vouches for each origin. Origins without TLS have none.
#[derive(Debug)]
pub struct Authorities(Vec<Option<Arc<ClientConfig>>>);

impl Authorities {
    /// Reads the certificates. Nothing is sent.
    pub fn load(targets: &Targets) -> io::Result<Authorities> {
        let mut system = None;
        let configs = targets.origins.iter().map(|origin| match (&origin.at.scheme, &origin.ca) {
            (Scheme::Http, _) => Ok(None),
            (Scheme::Https, Some(file)) => config(from_file(file)?).map(Some),
            (Scheme::Https, None) => match &system {
                Some(config) => Ok(Some(Arc::clone(config))),
                None => Ok(Some(Arc::clone(system.insert(config(from_system())?)))),
            },
        });
        configs.collect::<io::Result<_>>().map(Authorities)
    }

    pub(super) async fn handshake(
        &self,
        origin: OriginIx,
        host: &Host,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let config = self.0[origin.0].clone().ok_or_else(|| io::Error::other("an origin without TLS"))?;
        let name = match host {
            Host::Name(name) => ServerName::try_from(name.clone()).map_err(io::Error::other)?,
            Host::Address(address) => ServerName::IpAddress((*address).into()),
        };
        TlsConnector::from(config).connect(name, stream).await
    }
}

fn config(roots: RootCertStore) -> io::Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = versions.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn from_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn from_file(file: &Path) -> io::Result<RootCertStore> {
    let unusable = |why: &dyn std::fmt::Display| io::Error::other(format!("{} cannot be read: {why}", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
        let added = certificate.map(|certificate| roots.add(certificate));
        added.map_err(|error| unusable(&error))?.map_err(|error| unusable(&error))?;
    }
    if roots.is_empty() { Err(unusable(&"it holds no certificate")) } else { Ok(roots) }
}
