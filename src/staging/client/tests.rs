use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderMap, Method};
use proptest::prelude::*;

use super::*;
use crate::staging::testing::{agreed, targets, wait};

/// A server that answers each connection with the same text, and counts them.
fn saying(at: &str, text: String) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(at).expect("a free port");
    let (address, connections) = (listener.local_addr().expect("an address"), Arc::<AtomicUsize>::default());
    let count = connections.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(text.as_bytes());
        }
    });
    (address, connections)
}

/// What leads elsewhere, to a listed origin or not.
const HEADERS: [&str; 6] = ["Location", "Refresh", "Content-Location", "Alt-Svc", "Link", "Proxy-Authenticate"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// One request is one connection: what an answer says of other places is told, and not followed, to whatever place.
    #[test]
    fn no_answer_makes_another_request(
        status in prop_oneof![300..309u16, Just(200), Just(401), Just(407), Just(421), Just(425), Just(503)],
        header in prop::sample::select(HEADERS.to_vec()),
        form in prop::sample::select(vec!["{}", "http://{}/x", "//{}/x", "/x", "0;url=http://{}/", "h2=\"{}\"", "<http://{}/>; rel=next"]),
        is_listed in any::<bool>(),
    ) {
        let (away, reached) = saying("127.0.0.2:0", String::new());
        let place = form.replace("{}", &away.to_string());
        let text = format!("HTTP/1.1 {status} Elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n{header}: {place}\r\n\r\n");
        let (home, asked) = saying("127.0.0.1:0", text);
        let listed = [Some(home), is_listed.then_some(away)].into_iter().flatten();
        let origins: Vec<String> = listed.map(|address| format!("\"http://{address}\"")).collect();
        let targets = targets(&origins, "");
        let got = wait(async {
            let client = Client::new(agreed(targets.clone(), Kill::default()).await.run, &targets).unwrap();
            let url = format!("http://{home}/").into();
            let outgoing =
                Outgoing { method: Method::GET, url, headers: HeaderMap::new(), body: Default::default(), told: Told::default() };
            client.send(&outgoing).await.unwrap().got
        });
        prop_assert_eq!(got.map(|answer| answer.status), Ok(status));
        prop_assert_eq!((asked.load(Ordering::SeqCst), reached.load(Ordering::SeqCst)), (1, 0));
    }
}
