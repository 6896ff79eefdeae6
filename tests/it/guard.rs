//! The guard of the staging plane: nothing leaves by another way, no cap is passed, and the switch stops everything.
#![expect(clippy::disallowed_methods, reason = "real time passes on the staging plane")]

use std::cell::Cell;
use std::io::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use runaway::staging::client::{Broken, Client, Outgoing, Told};
use runaway::staging::guard::{Agreement, Cap, Kill, Proposal, Refused, Stopped, Watch};
use runaway::wire::Span;

use crate::staging::servers::{Server, answer};
use crate::staging::tls::{Tls, tls_server};
use crate::staging::{client, get, no_lookup, read, request, status, targets};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

const OPEN: &str = "caps: {requests: 10_000, rate: 100_000/s, at_once: 64, objects: 10_000, writes: 0, duration: 1h}";

/// Every way to write the host `to` that a reader might take for it, with `from` as a decoy.
fn disguises(from: &str, to: &str, port: u16) -> Vec<String> {
    let host = to.rsplit_once(':').map_or(to, |(host, _)| host);
    let mut forms = vec![
        to.to_owned(),
        format!("{from}@{to}"),
        format!("{from}:x@{to}"),
        format!("{from}#@{to}"),
        format!("{from}?@{to}"),
        format!("{from}\\@{to}"),
        format!("{from}\\.{to}"),
        format!("{from}%2f@{to}"),
        format!("{from}%00.{to}"),
        format!("{from} {to}"),
        format!("{from}\t{to}"),
        format!("{from}\r\nHost: {to}"),
        format!("{from}/\r\nHost: {to}\r\n\r\nGET / HTTP/1.1"),
        format!("{from},{to}"),
        format!("{from};{to}"),
        format!("{to}."),
        format!("{host}.:{port}"),
        format!("localhost:{port}"),
        format!("LOCALHOST:{port}"),
        format!("localhost.localdomain:{port}"),
        format!("[::1]:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        format!("[::ffff:7f00:2]:{port}"),
        format!("[0:0:0:0:0:ffff:7f00:1]:{port}"),
        format!("[::127.0.0.1]:{port}"),
        format!("[::1%25lo]:{port}"),
        format!("2130706433:{port}"),
        format!("2130706434:{port}"),
        format!("0x7f000001:{port}"),
        format!("0x7f.0.0.2:{port}"),
        format!("017700000001:{port}"),
        format!("0177.0.0.02:{port}"),
        format!("127.1:{port}"),
        format!("127.0.2:{port}"),
        format!("127.00.00.002:{port}"),
        format!("0:{port}"),
        format!("0.0.0.0:{port}"),
        format!("[::]:{port}"),
        format!("①②⑦.⓪.⓪.①:{port}"),
        format!("127。0。0。2:{port}"),
        format!("ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}"),
        format!("xn--127-0-0-1:{port}"),
        format!("127.0.0.1.nip.io:{port}"),
        format!("%6c%6f%63alhost:{port}"),
        format!("127%2e0%2e0%2e2:{port}"),
    ];
    forms.extend((0..3).map(|n| format!("{}{to}", "/".repeat(n))));
    forms
}

/// Attempts to get out: URLs, methods, headers, bodies.
fn attempts(home: &Server, elsewhere: &[&Server]) -> Vec<Outgoing> {
    let mut all = Vec::new();
    let from = home.address.to_string();
    let header = |name: &str, value: &str| {
        HeaderMap::from_iter([(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap())])
    };
    for away in elsewhere {
        let to = away.address.to_string();
        for scheme in
            ["http://", "https://", "HTTP://", "http:", "http:/", "http:\\\\", "//", "ftp://", "gopher://", "ws://"]
        {
            for authority in disguises(&from, &to, away.address.port()) {
                all.push(get(format!("{scheme}{authority}/")));
            }
        }
        for path in [
            format!("/http://{to}/"),
            format!("//{to}/"),
            format!("/\\{to}/"),
            format!("/?url=http://{to}/"),
            format!("/..//{to}/"),
            format!("/%0d%0aHost:%20{to}"),
            format!("/ HTTP/1.1\r\nHost: {to}\r\n\r\n"),
            format!("/@{to}"),
            format!("/#@{to}/"),
        ] {
            all.push(get(format!("http://{from}{path}")));
            all.push(get(format!("http://{to}{path}")));
        }
        for name in [
            "host",
            "x-forwarded-host",
            "forwarded",
            "x-original-url",
            "x-rewrite-url",
            "proxy-authorization",
            "proxy-connection",
            "upgrade",
            "connection",
            "transfer-encoding",
            "te",
            "expect",
            "x-http-method-override",
            "x-method-override",
            "x-http-method",
            "content-length",
        ] {
            let url = format!("http://{from}/");
            all.push(Outgoing { headers: header(name, &to), ..get(url) });
        }
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::CONNECT, Method::TRACE] {
        all.push(request(method.clone(), format!("http://{from}/")));
        all.push(request(method, format!("http://{}/", elsewhere[0].address)));
    }
    all.push(Outgoing { body: "upload".into(), ..get(format!("http://{from}/")) });
    all.push(get(format!("http://{from}/?_method=DELETE")));
    // The same with letters lost, doubled and changed.
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for at in 0..600 {
        let mut url: Vec<char> = all[at * 7 % all.len()].url.chars().collect();
        for _ in 0..rng.random_range(1..4) {
            let place = rng.random_range(0..url.len().max(1)).min(url.len().saturating_sub(1));
            match rng.random_range(0..3) {
                0 if url.len() > 1 => drop(url.remove(place)),
                1 => url.insert(
                    place,
                    ['@', '/', ':', '\\', '.', '%', '#', '?', '\n', '0', 'x', '['][rng.random_range(0..12)],
                ),
                _ => url.insert(place, url[place]),
            }
        }
        all.push(get(url.into_iter().collect::<String>()));
    }
    all
}

/// What an honest server may say to lead a client away.
fn leads_away(to: &str, n: usize) -> (String, String) {
    let status =
        ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent", "200 OK", "401 No", "407 Proxy"][n % 8];
    let headers = format!(
        "Location: http://{to}/\r\nLink: <http://{to}/>; rel=next\r\nAlt-Svc: h2=\"{to}\"\r\nRefresh: 0;url=http://{to}/\r\n\
         Content-Location: http://{to}/\r\nWWW-Authenticate: Bearer authorization_uri=\"http://{to}/\"\r\n"
    );
    (status.to_owned(), headers)
}

#[test]
fn nothing_escapes() {
    let silent: Vec<Server> = ["127.0.0.1:0", "127.0.0.2:0", "[::1]:0"].iter().map(|at| Server::fine(at)).collect();
    let aim = silent[0].address.to_string();
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let home = Server::start("127.0.0.1:0", move |_, stream| {
        let (status, headers) = leads_away(&aim, turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        answer(stream, &status, &headers, "{}");
    });
    // The same port at other addresses.
    let twin = Server::fine(&format!("127.0.0.2:{}", home.address.port()));
    let elsewhere: Vec<&Server> = silent.iter().chain([&twin]).collect();
    let all = attempts(&home, &elsewhere);
    assert!(all.len() >= 1_000, "{}", all.len());
    let (mut refused, mut sent) = (0, 0);
    runtime().block_on(async {
        let client = client(targets(&home.origin(), OPEN), Kill::default()).await;
        for outgoing in all {
            let url = outgoing.url.clone();
            match client.send(&outgoing).await {
                Err(Refused::Cap(cap)) => panic!("{url:?} met the cap on {cap}"),
                Err(_) => refused += 1,
                Ok(answered) => {
                    answered.got.unwrap_or_else(|broken| panic!("{url:?}: {broken}"));
                    sent += 1;
                }
            }
        }
    });
    for server in elsewhere {
        assert_eq!(server.connections(), 0, "{} was reached: {:?}", server.address, server.came());
    }
    assert!(refused > 1_000 && sent > 10, "{refused} refused, {sent} sent");
    assert_eq!(home.connections(), sent);
    for came in home.came() {
        let host = format!("\r\nhost: {}\r\n", home.address);
        assert!(came.head.starts_with("GET /") && came.head.to_lowercase().contains(&host), "{}", came.head);
        assert_eq!(came.head.to_lowercase().matches("\r\nhost:").count(), 1, "{}", came.head);
        for disguise in ["override", "x-original-url", "x-rewrite-url", "forwarded", "proxy", "upgrade"] {
            assert!(!came.head.to_lowercase().contains(disguise), "{}", came.head);
        }
    }
}

#[test]
fn every_request_says_whose_it_is() {
    let home = Server::fine("127.0.0.1:0");
    let id = runtime().block_on(async {
        let client = client(targets(&home.origin(), ""), Kill::default()).await;
        for _ in 0..2 {
            status(&client, get(format!("{}/a?b=c", home.origin()))).await.unwrap();
        }
        client.run_id().to_string()
    });
    let heads: Vec<String> = home.came().into_iter().map(|came| came.head).collect();
    for (n, head) in heads.iter().enumerate() {
        assert!(head.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("traceparent: 00-{id}-{:016x}-01\r\n", n + 1)), "{head}");
        assert!(head.contains(&format!("(containment drill; run {id})\r\n")), "{head}");
        assert!(head.contains(&format!("runaway-run: {id}\r\n")), "{head}");
    }
}

#[test]
fn names_are_looked_up_once_and_never_lead_inside() {
    let home = Server::fine("127.0.0.1:0");
    let of = |addresses: &[&str]| addresses.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
    runtime().block_on(async {
        let named = || Arc::new(targets("https://api.staging.example", ""));
        for inside in ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fe80::1", "::ffff:127.0.0.1", "224.0.0.1"] {
            let found = of(&["93.184.215.14", inside]);
            let refused = Proposal::resolve(named(), async |_: &str, _| Ok(found.clone())).await.unwrap_err();
            assert!(matches!(refused, Refused::Address { .. }), "{inside}: {refused}");
        }
        let none = Proposal::resolve(named(), async |_: &str, _| Ok(Vec::new())).await;
        assert!(matches!(none, Err(Refused::Unresolved { .. })));
        // A second answer would be another: it is never asked for.
        let asked = Cell::new(0);
        let proposal = Proposal::resolve(named(), async |_: &str, _| {
            asked.set(asked.get() + 1);
            Ok(of(if asked.get() == 1 { &["93.184.215.14"] } else { &["127.0.0.1"] }))
        });
        let proposal = proposal.await.unwrap();
        assert_eq!(asked.get(), 1);
        assert_eq!(proposal.pinned()[0].address.to_string(), "93.184.215.14:443");
        // What its author listed is not looked up, and may lie inside.
        let listed = format!("{{url: \"http://api.staging.example:{}\", address: 127.0.0.1}}", home.address.port());
        let client = client(targets(&listed, ""), Kill::default()).await;
        let url = format!("http://api.staging.example:{}/", home.address.port());
        assert_eq!(status(&client, get(url)).await, Ok(200));
    });
    assert!(home.came()[0].head.contains(&format!("host: api.staging.example:{}\r\n", home.address.port())));
}

#[test]
fn consent_names_every_host() {
    runtime().block_on(async {
        let proposal = async || {
            let targets = targets("http://127.0.0.1:7", "");
            Proposal::resolve(Arc::new(targets), no_lookup).await.unwrap()
        };
        for wrong in ["127.0.0.1", "127.0.0.1:8", "http://127.0.0.1:7", "localhost:7", ""] {
            let agreement = Agreement::Hosts(vec![wrong.to_owned()]);
            let refused = proposal().await.agree(&agreement, Kill::default(), Kill::default()).unwrap_err();
            assert_eq!(refused, Refused::NoConsent("127.0.0.1:7".to_owned()));
        }
        let agreement = Agreement::Hosts(vec!["127.0.0.1:7".to_owned()]);
        assert!(proposal().await.agree(&agreement, Kill::default(), Kill::default()).is_ok());
    });
}

#[test]
fn only_listed_writes_are_sent() {
    let home = Server::fine("127.0.0.1:0");
    let more = "writes: [\"POST api:/token\", \"PUT api:/users/*\", \"GET api:/logout\"]\ncounts_as_write: [\"GET api:/logout\", \
                \"GET api:/reset\"]\ncounts_as_read: [\"POST api:/search\", \"POST api:/token\"]\nprovider: {token: \"api:/token\"}\n\
                caps: {writes: 3, rate: 1000/s}";
    runtime().block_on(async {
        let client = client(targets(&home.origin(), more), Kill::default()).await;
        let send = async |method: Method, path: &str| status(&client, request(method, home.origin() + path)).await;
        assert_eq!(send(Method::POST, "/search").await, Ok(200), "listed as a read");
        for (method, path) in [
            (Method::POST, "/other"),
            (Method::POST, "/token/"),
            (Method::PUT, "/users"),
            (Method::PUT, "/users/../admin"),
            (Method::PUT, "/users/%2e%2e/admin"),
            (Method::DELETE, "/users/1"),
            (Method::GET, "/reset"),
            (Method::HEAD, "/reset"),
            (Method::HEAD, "/logout"),
        ] {
            assert!(matches!(send(method.clone(), path).await, Err(Refused::Write(_))), "{method} {path}");
        }
        // What was filled in is told by nobody.
        let told = Told { path: "/tokens/{token}".into(), ..Told::default() };
        let filled = Outgoing { told, ..request(Method::DELETE, home.origin() + "/tokens/s3cr3t") };
        let refused = client.send(&filled).await.unwrap_err();
        assert_eq!(refused, Refused::Write("DELETE api:/tokens/{token}".to_owned()));
        assert!(!format!("{filled:?}{client:?}").contains("s3cr3t"));
        assert_eq!(send(Method::POST, "/token").await, Ok(200));
        assert_eq!(send(Method::PUT, "/users/1?x=y").await, Ok(200));
        assert_eq!(send(Method::GET, "/logout").await, Ok(200));
        assert_eq!(send(Method::POST, "/token").await, Err(Refused::Cap(Cap::Writes)), "a token request is a write");
        assert_eq!(send(Method::GET, "/still").await, Ok(200));
    });
    assert_eq!(home.connections(), 5);
}

#[test]
fn caps_are_exact_at_any_concurrency() {
    for (requests, at_once) in [(37, 5), (1, 64), (64, 1), (0, 8)] {
        // Unanswered, and the most of them: a request is no longer counted when its answer leaves.
        let most = Arc::new(AtomicUsize::new(0));
        let (waiting, highest) = (AtomicUsize::new(0), most.clone());
        let home = Server::start("127.0.0.1:0", move |_, stream| {
            highest.fetch_max(waiting.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(2));
            waiting.fetch_sub(1, Ordering::SeqCst);
            answer(stream, "200 OK", "", "{}");
        });
        let caps = format!("caps: {{requests: {requests}, at_once: {at_once}, rate: 100_000/s, objects: 1_000}}");
        let let_through = runtime().block_on(async {
            let client = Arc::new(client(targets(&home.origin(), &caps), Kill::default()).await);
            let mut tasks = tokio::task::JoinSet::new();
            for task in 0..64 {
                let (client, url) = (client.clone(), format!("{}/{task}", home.origin()));
                tasks.spawn(async move {
                    let mut sent = 0;
                    for _ in 0..3 {
                        match status(&client, get(url.clone())).await {
                            Ok(_) => sent += 1,
                            Err(refused) => assert_eq!(refused, Refused::Cap(Cap::Requests)),
                        }
                    }
                    sent
                });
            }
            tasks.join_all().await.into_iter().sum::<usize>()
        });
        assert_eq!((let_through, home.came().len()), (requests, requests), "at most {at_once} at once");
        assert!(most.load(Ordering::SeqCst) <= at_once, "{} at once", most.load(Ordering::SeqCst));
    }
}

#[test]
fn limits_of_zero_let_nothing_through() {
    let home = Server::fine("127.0.0.1:0");
    for (caps, cap) in [
        ("requests: 0", Cap::Requests),
        ("rate: 0/s", Cap::Rate),
        ("at_once: 0", Cap::AtOnce),
        ("duration: 0s", Cap::Duration),
        ("objects: 0", Cap::Objects),
        ("bytes: 0", Cap::Bytes),
    ] {
        let source = format!("caps: {{{caps}}}");
        let rate_fits = cap != Cap::Rate;
        let refused = runtime().block_on(async {
            let mut all = targets(&home.origin(), if rate_fits { &source } else { "" });
            if !rate_fits {
                all.caps.rate.n = 0;
            }
            status(&client(all, Kill::default()).await, get(home.origin())).await
        });
        assert_eq!(refused, Err(Refused::Cap(cap)), "{caps}");
    }
    assert_eq!(home.connections(), 0);
}

#[test]
fn objects_and_rate_are_kept() {
    let home = Server::fine("127.0.0.1:0");
    let mut starts = Vec::new();
    runtime().block_on(async {
        let client = client(targets(&home.origin(), "caps: {objects: 2, rate: 50/s}"), Kill::default()).await;
        for (path, fits) in [("/a", true), ("/b", true), ("/a", true), ("/c", false), ("/a?x", false), ("/b", true)] {
            let sent = client.send(&get(home.origin() + path)).await;
            assert_eq!(sent.is_ok(), fits, "{path}");
            starts.extend(sent.map(|sent| sent.at));
        }
    });
    assert_eq!((starts.len(), home.came().len()), (4, 4));
    let took = starts[3] - starts[0];
    assert!(took >= Duration::from_millis(59), "four starts at 50/s within {took:?}");
}

#[test]
fn the_switch_stops_all_sending() {
    runtime().block_on(async {
        let mut runs = tokio::task::JoinSet::new();
        for run in 0..50u64 {
            runs.spawn(async move {
                tokio::time::sleep(Duration::from_millis(run * 60)).await;
                // Some answers never come: what is under way is dropped.
                let home = Server::start("127.0.0.1:0", move |_, stream| match run % 3 {
                    0 => std::thread::sleep(Duration::from_secs(2)),
                    _ => answer(stream, "200 OK", "", "{}"),
                });
                let kill = Kill::default();
                let client = Arc::new(client(targets(&home.origin(), OPEN), kill.clone()).await);
                let mut senders = tokio::task::JoinSet::new();
                for _ in 0..4 {
                    let (client, url) = (client.clone(), home.origin());
                    senders.spawn(async move { while client.send(&get(url.clone())).await.is_ok() {} });
                }
                tokio::time::sleep(Duration::from_millis(20 + run % 7 * 5)).await;
                kill.throw(Stopped::Asked);
                let thrown = Instant::now();
                senders.join_all().await;
                let stopped = thrown.elapsed();
                assert_eq!(status(&client, get(home.origin())).await, Err(Refused::Stopped(Stopped::Asked)));
                tokio::time::sleep(Duration::from_millis(150)).await;
                (home.came(), thrown, stopped)
            });
        }
        for (came, thrown, stopped) in runs.join_all().await {
            assert!(!came.is_empty());
            assert!(stopped < Duration::from_millis(100), "senders ended {stopped:?} after the switch");
            let late = came.iter().filter(|came| came.at > thrown + Duration::from_millis(100)).count();
            assert_eq!(late, 0);
        }
    });
}

#[test]
fn a_file_and_the_duration_throw_the_switch() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stop");
    runtime().block_on(async {
        let (by_file, by_time, untouched) = (Kill::default(), Kill::default(), Kill::default());
        let watch = Watch::begin().unwrap();
        watch.file(file.clone(), vec![by_file.clone()]);
        watch.duration(Span::from_millis(60), by_time.clone());
        watch.duration(Span::from_secs(60), untouched.clone());
        tokio::time::sleep(Duration::from_millis(40)).await;
        assert_eq!((by_file.thrown(), by_time.thrown()), (None, None));
        std::fs::write(&file, "").unwrap();
        let since = Instant::now();
        assert_eq!(by_file.wait().await, Stopped::File);
        assert!(since.elapsed() < Duration::from_millis(100), "{:?}", since.elapsed());
        assert_eq!(by_time.wait().await, Stopped::Deadline);
        assert_eq!(untouched.thrown(), None);
    });
}

#[test]
fn what_a_bad_server_does_is_an_observation() {
    type Behaviour = fn(&str, &mut std::net::TcpStream);
    let cases: [(Behaviour, Broken); 6] = [
        (|_, _| {}, Broken::Reset),
        (|_, stream| drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf")), Broken::Reset),
        (|_, stream| drop(stream.write_all(b"\x00\xffnot http at all\r\n\r\n")), Broken::Protocol),
        (|_, _| std::thread::sleep(Duration::from_secs(2)), Broken::Timeout(Span::from_secs(1))),
        (
            |_, stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
                while stream.write_all(b"x").is_ok() {
                    std::thread::sleep(Duration::from_millis(100));
                }
            },
            Broken::Timeout(Span::from_secs(1)),
        ),
        (
            |_, stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
                while stream.write_all(&[b'x'; 65_536]).is_ok() {}
            },
            Broken::TooLarge,
        ),
    ];
    for (n, (behaviour, expected)) in cases.into_iter().enumerate() {
        let home = Server::start("127.0.0.1:0", behaviour);
        let got = runtime().block_on(async {
            let client = client(targets(&home.origin(), ""), Kill::default()).await;
            client.send(&get(home.origin())).await.unwrap().got.err()
        });
        assert_eq!(got, Some(expected), "case {n}");
        assert_eq!(home.connections(), 1, "nothing is tried again");
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let got = runtime().block_on(async {
        let client = client(targets(&format!("http://{nobody}"), ""), Kill::default()).await;
        client.send(&get(format!("http://{nobody}/"))).await.unwrap().got.err()
    });
    assert_eq!(got, Some(Broken::Connect));
}

/// A server with a certificate for `host`; answers one request after the other.
/// Answers in HTTP/1.1, whatever was agreed on.
fn fine_in_one(mut tls: Tls) {
    let mut head = [0; 4_096];
    if std::io::Read::read(&mut tls, &mut head).is_ok() {
        let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    }
}

#[test]
fn certificates_are_verified() {
    let folder = tempfile::tempdir().unwrap();
    let (port, pem) = tls_server("api.staging.example", &[], fine_in_one);
    std::fs::write(folder.path().join("ca.pem"), pem).unwrap();
    let (other, pem) = tls_server("api.staging.example", &["h3"], fine_in_one);
    std::fs::write(folder.path().join("other.pem"), pem).unwrap();
    let asked_at = |port: u16, host: &str, ca: &str| {
        let text =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/targets.yaml")).unwrap();
        let origin = format!("{{url: \"https://{host}:{port}\", address: 127.0.0.1{ca}}}");
        let all = read(
            &text
                .replace("https://api.staging.example", &origin)
                .replace("https://id.staging.example", "http://127.0.0.1:9"),
            folder.path(),
        );
        let url = format!("https://{host}:{port}/");
        runtime().block_on(async {
            let client: Client = client(all, Kill::default()).await;
            client.send(&get(url)).await.unwrap().got.map(|answer| answer.status)
        })
    };
    let asked = |host: &str, ca: &str| asked_at(port, host, ca);
    assert_eq!(asked("api.staging.example", ", ca: ca.pem"), Ok(200));
    let insists = asked_at(other, "api.staging.example", ", ca: other.pem");
    assert_eq!(insists, Err(Broken::Protocol), "it insists on what is not spoken here");
    assert_eq!(asked("api.staging.example", ""), Err(Broken::Tls), "the system does not know it");
    assert_eq!(asked("other.staging.example", ", ca: ca.pem"), Err(Broken::Tls), "the name is another");
}
