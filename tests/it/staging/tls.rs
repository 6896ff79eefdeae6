//! Servers that speak TLS on loopback, with a certificate that they made themselves.

use std::net::TcpListener;
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A connection behind its handshake.
pub type Tls = StreamOwned<ServerConnection, std::net::TcpStream>;

/// A certificate that it vouches for itself, and its key.
pub fn certificate(host: &str) -> rcgen::CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap()
}

/// Starts one that offers some protocols, and does with each connection what `behave` does. Its port and its certificate.
pub fn tls_server(host: &str, alpn: &[&str], behave: impl Fn(Tls) + Send + Sync + 'static) -> (u16, String) {
    let rcgen::CertifiedKey { cert, signing_key } = certificate(host);
    let key = rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let (config, behave) = (Arc::new(config), Arc::new(behave));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, behave) = (config.clone(), behave.clone());
            std::thread::spawn(move || {
                let connection = ServerConnection::new(config).unwrap();
                behave(StreamOwned::new(connection, stream));
            });
        }
    });
    (port, cert.pem())
}
