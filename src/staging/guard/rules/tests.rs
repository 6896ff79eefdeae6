use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::staging::guard::{Consents, Stopped};
use crate::staging::targets::Pattern;
use crate::staging::testing::{admitted, agreed, targets, wait};

/// An origin: scheme, host, and port where one is written.
type Written = (&'static str, &'static str, Option<u16>);

const HOSTS: [&str; 7] =
    ["a.example", "b.example", "a.example.b.example", "xa.example", "203.0.113.7", "127.0.0.1", "[2001:db8::7]"];

fn written() -> impl Strategy<Value = Written> {
    let port = prop::option::of(prop::sample::select(vec![80, 443, 8_080]));
    (prop::sample::select(vec!["http", "https"]), prop::sample::select(HOSTS.to_vec()), port)
}

fn as_url((scheme, host, port): Written) -> String {
    format!("{scheme}://{host}{}", port.map_or_else(String::new, |port| format!(":{port}")))
}

/// What two ways to write one origin have in common.
fn meant((scheme, host, port): Written) -> (&'static str, &'static str, u16) {
    (scheme, host, port.unwrap_or(if scheme == "https" { 443 } else { 80 }))
}

/// As a targets file lists it. Without TLS, a name needs an address.
fn as_origin(written: Written) -> String {
    let url = as_url(written);
    match written.1.ends_with("example") {
        true => format!("{{url: \"{url}\", address: {}}}", address_of(written.1)),
        false => format!("\"{url}\""),
    }
}

/// Where a host is, when every name leads to one address.
fn address_of(host: &str) -> IpAddr {
    host.trim_matches(['[', ']']).parse().unwrap_or_else(|_| "8.8.8.8".parse().unwrap())
}

fn distinct(all: Vec<Written>) -> Vec<Written> {
    let mut kept: Vec<Written> = Vec::new();
    for one in all {
        if kept.iter().all(|other| meant(*other) != meant(one)) {
            kept.push(one);
        }
    }
    kept
}

proptest! {
    /// A request may go to an origin that is listed, by scheme, host and port, and to no other.
    #[test]
    fn only_what_is_listed_is_talked_to(
        listed in prop::collection::vec(written(), 1..5), asked in written(),
        target in prop::sample::select(vec!["/", "/a/b?c=d", "/%61?b=%63", "/a/../b"]),
    ) {
        let listed = distinct(listed);
        let url = as_url(asked) + target;
        let origins: Vec<String> = listed.iter().map(|one| as_origin(*one)).collect();
        let got = wait(async {
            let consents = agreed(targets(&origins, ""), Kill::default()).await;
            admitted(&consents, &Method::GET, &url, b"").await
        });
        let (_, host, port) = meant(asked);
        match listed.iter().position(|one| meant(*one) == meant(asked)) {
            Some(at) => {
                let permit = got.expect("it is listed");
                prop_assert_eq!(permit.origin, OriginIx(at));
                prop_assert_eq!(permit.to, SocketAddr::new(address_of(host), port));
                prop_assert_eq!(&permit.site.key, &OriginKey::parse(&as_url(asked)).unwrap());
            }
            None => prop_assert!(matches!(got, Err(Refused::OffTheList(_))), "{url}: {got:?}"),
        }
    }
}

const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
const PATHS: [&str; 5] = ["/a", "/a/b", "/b", "/token", "/token/x"];

fn patterns() -> impl Strategy<Value = Vec<Pattern>> {
    let one = (0..METHODS.len(), 0..2usize, prop::sample::select(PATHS.to_vec()), any::<bool>());
    let pattern = one.prop_map(|(method, origin, path, open_end)| Pattern {
        method: METHODS[method].clone(),
        origin: OriginIx(origin),
        path: path.to_owned(),
        open_end,
    });
    prop::collection::vec(pattern, 0..6)
}

fn names(patterns: &[Pattern], method: &Method, origin: usize, path: &str) -> bool {
    patterns.iter().any(|one| {
        let by_path = one.path == path || one.open_end && path.strip_prefix(&*one.path).is_some();
        one.method == *method && one.origin.0 == origin && by_path
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Nothing that may change something is sent unless it is listed for writing, and each of it counts as a write.
    #[test]
    fn nothing_is_written_that_is_not_listed(
        (allowed, as_write, as_read) in (patterns(), patterns(), patterns()),
        endpoint in prop::option::of((0..2usize, prop::sample::select(PATHS.to_vec()))),
        (method, origin, path) in (0..METHODS.len(), 0..2usize, prop::sample::select(PATHS.to_vec())),
        (query, body, leave) in (any::<bool>(), any::<bool>(), 0..2u64),
    ) {
        let method = &METHODS[method];
        let reads_by_itself = [Method::GET, Method::HEAD, Method::OPTIONS].contains(method);
        let is_token_endpoint = endpoint == Some((origin, path));
        let writes = is_token_endpoint
            || names(&as_write, method, origin, path)
            || method == Method::HEAD && names(&as_write, &Method::GET, origin, path)
            || !reads_by_itself && !names(&as_read, method, origin, path)
            || reads_by_itself && body;
        let is_listed = names(&allowed, method, origin, path);

        let mut targets = targets(&["http://127.0.0.1:7".to_owned(), "http://127.0.0.2:7".to_owned()], "");
        targets.caps.writes = leave;
        targets.rules = WriteRules {
            allowed,
            counted_as_write: as_write,
            counted_as_read: as_read,
            provider: endpoint.map(|(origin, path)| (OriginIx(origin), path.to_owned())).into_iter().collect(),
        };
        let url = format!("http://127.0.0.{}:7{path}{}", origin + 1, if query { "?x=y" } else { "" });
        let (got, counted) = wait(async {
            let consents = agreed(targets, Kill::default()).await;
            let got = admitted(&consents, method, &url, if body { b"text" } else { b"" }).await;
            (got, consents.run.into_guard().ledger().counts())
        });
        match (writes, is_listed, leave) {
            (true, false, _) => prop_assert!(matches!(got, Err(Refused::Write(_))), "{method} {url}: {got:?}"),
            (true, true, 0) => prop_assert_eq!(got.unwrap_err(), Refused::Cap(Cap::Writes)),
            _ => {
                prop_assert!(got.is_ok(), "{method} {url}: {got:?}");
                prop_assert_eq!(counted, (1, u64::from(writes)));
            }
        }
    }
}

type Asking<'a> = Pin<Box<dyn Future<Output = Result<Permit, Refused>> + 'a>>;

fn asking<'a>(consents: &'a Consents, url: &'a str) -> Asking<'a> {
    Box::pin(admitted(consents, &Method::GET, url, b""))
}

fn polled(asking: &mut Asking<'_>) -> Poll<Result<Permit, Refused>> {
    asking.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[derive(Clone, Copy, Debug)]
enum Happens {
    SomebodyAsks,
    OneIsLookedAt(prop::sample::Index),
    APermitIsGivenBack,
    TimePasses,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        Just(Happens::SomebodyAsks),
        any::<prop::sample::Index>().prop_map(Happens::OneIsLookedAt),
        Just(Happens::APermitIsGivenBack),
        Just(Happens::TimePasses),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Whether somebody waits for a slot, for the rate or for nothing: behind the switch nobody gets leave, nor waits on.
    #[test]
    fn behind_the_switch_nobody_gets_leave(
        before in prop::collection::vec(happens(), 0..40), after in prop::collection::vec(happens(), 0..20),
        (at_once, rate) in (1..4u64, prop::sample::select(vec!["5/s", "1_000/s", "100_000/s"])),
    ) {
        let caps = format!("caps: {{at_once: {at_once}, rate: {rate}, requests: 1_000}}");
        let targets = targets(&["http://127.0.0.1:7".to_owned()], &caps);
        let kill = Kill::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let consents = runtime.block_on(agreed(targets, kill.clone()));
        let (mut waiting, mut permits): (Vec<Asking<'_>>, Vec<Permit>) = (Vec::new(), Vec::new());
        let moments = before.into_iter().map(|now| (now, false)).chain(after.into_iter().map(|now| (now, true)));
        for (now, is_thrown) in moments {
            if is_thrown {
                kill.throw(Stopped::File);
            }
            match now {
                Happens::SomebodyAsks => waiting.push(asking(&consents, "http://127.0.0.1:7/")),
                Happens::OneIsLookedAt(_) if waiting.is_empty() => {}
                Happens::OneIsLookedAt(which) => {
                    let which = which.index(waiting.len());
                    match polled(&mut waiting[which]) {
                        Poll::Pending => prop_assert!(!is_thrown, "somebody waits behind the switch"),
                        Poll::Ready(Ok(permit)) => {
                            prop_assert!(!is_thrown, "leave behind the switch");
                            permits.push(permit);
                            drop(waiting.swap_remove(which));
                        }
                        Poll::Ready(Err(refused)) => {
                            prop_assert_eq!((refused, is_thrown), (Refused::Stopped(Stopped::File), true));
                            drop(waiting.swap_remove(which));
                        }
                    }
                }
                Happens::APermitIsGivenBack => drop(permits.pop()),
                Happens::TimePasses => runtime.block_on(tokio::time::sleep_until(Instant::now() + Duration::from_millis(1))),
            }
            prop_assert!(permits.len() as u64 <= at_once);
        }
    }

    /// On threads of their own, too: whoever has thrown the switch sees the last permit that there will be.
    #[test]
    fn whoever_has_thrown_the_switch_sees_the_last_permit(spin in 0..4_000u32) {
        let kill = Kill::default();
        let caps = "caps: {at_once: 64, rate: 1_000_000/s, requests: 1_000_000}";
        let guard = wait(agreed(targets(&["http://127.0.0.1:7".to_owned()], caps), kill.clone())).run.into_guard();
        let begin = Barrier::new(4);
        let given = || guard.ordinal.load(Ordering::SeqCst);
        let seen = std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| wait(async {
                    begin.wait();
                    let (method, headers) = (&Method::GET, &HeaderMap::new());
                    let ask = Ask { method, url: "http://127.0.0.1:7/", headers, body: b"", told: "" };
                    while pin!(guard.admit(&ask)).await.is_ok() {}
                }));
            }
            begin.wait();
            (0..spin).for_each(|_| std::hint::spin_loop());
            kill.throw(Stopped::Asked);
            given()
        });
        prop_assert_eq!(given(), seen);
    }
}
