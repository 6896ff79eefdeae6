//! Servers on loopback, each in a thread of its own, that keep what came.
#![expect(clippy::disallowed_methods, reason = "servers keep when things came")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A request as it came, without its body.
#[derive(Clone, Debug)]
pub struct Came {
    pub at: Instant,
    pub head: String,
}

/// A server. It listens as long as the tests run.
pub struct Server {
    pub address: SocketAddr,
    came: Arc<Mutex<Vec<Came>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers each request by what `answer` writes, on a connection of its own.
    pub fn start(at: &str, answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind(at).expect("a free port");
        let server = Server {
            address: listener.local_addr().expect("an address"),
            came: Arc::default(),
            connections: Arc::default(),
        };
        let (came, connections, answer) = (server.came.clone(), server.connections.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                connections.fetch_add(1, Ordering::SeqCst);
                let (came, answer) = (came.clone(), answer.clone());
                std::thread::spawn(move || {
                    let head = head_of(&mut stream);
                    if !head.is_empty() {
                        came.lock().unwrap().push(Came { at: Instant::now(), head: head.clone() });
                        answer(&head, &mut stream);
                    }
                });
            }
        });
        server
    }

    /// Answers everything with 200 and a little JSON.
    pub fn fine(at: &str) -> Server {
        Server::start(at, |_, stream| answer(stream, "200 OK", "", "{\"ok\":true}"))
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Writes an answer, the only one on its connection. A client that has gone away is no matter.
pub fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let text =
        format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len());
    let _ = stream.write_all(text.as_bytes());
}

/// A request up to its body.
pub fn head_of(stream: &mut TcpStream) -> String {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}
