//! The audit log: valid OCSF, with what the services log and nothing else, and back again.

use std::collections::BTreeMap;

use crate::support::{LONG, Ran, document, library, run};
use jsonschema::Validator;
use runaway::audit::{Field, Log, Reader, Scores, Story, Truth, keep, write};
use runaway::model::{Draws, Stream};
use runaway::wire::Event;
use serde_json::Value;

/// The log of a run, as its lines.
pub fn lines(ran: &Ran) -> Vec<String> {
    let mut lines = Vec::new();
    write(&ran.prepared.plan, &ran.events, |line| lines.push(line.to_owned()));
    lines
}

/// The log of a run, written and read back.
pub fn log(ran: &Ran) -> Log {
    read(&lines(ran))
}

pub fn read(lines: &[String]) -> Log {
    let mut reader = Reader::default();
    lines.iter().for_each(|line| reader.line(line).unwrap());
    reader.finish().unwrap()
}

pub fn scores(ran: &Ran, log: &Log) -> Scores {
    let story = Story::of(log);
    Scores::of(&story, log, &Truth::of(&ran.prepared.plan, &ran.events))
}

fn validators() -> BTreeMap<u64, Validator> {
    let of = |text: &str| jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap();
    BTreeMap::from([
        (6003, of(include_str!("../fixtures/ocsf/api_activity.schema.json"))),
        (3002, of(include_str!("../fixtures/ocsf/authentication.schema.json"))),
        (3001, of(include_str!("../fixtures/ocsf/account_change.schema.json"))),
    ])
}

/// So many lines of each run are checked; one run has few shapes.
const ENOUGH: usize = 400;

#[test]
fn every_line_is_a_valid_event_of_ocsf() {
    let validators = validators();
    let mut classes: BTreeMap<u64, u64> = BTreeMap::new();
    let stories = runaway::library::SCENARIOS.iter().map(|scenario| (scenario.name, None));
    let variants = [
        ("moltbook", "rotated-first"),
        ("moltbook", "three-rounds"),
        ("wiper", "lag-7s"),
        ("volume-delete", "contained-after"),
    ];
    let runs = stories.chain(variants.map(|(name, variant)| (name, Some(variant))));
    // The first ten minutes of a loop are like the rest of its day.
    let sets = |name: &str| if LONG.contains(&name) { vec![("time.horizon", "10min")] } else { Vec::new() };
    let mut logs: Vec<Vec<String>> = runs.map(|(name, v)| lines(&run(&library(name), v, &sets(name)))).collect();
    logs.push(lines(&run(&document(&shared("all", "{do: idp.token, as: client}")), None, &[])));
    for lines in logs {
        let last = lines.len().saturating_sub(ENOUGH);
        for line in lines.iter().enumerate().filter(|(at, _)| *at < ENOUGH || *at >= last).map(|(_, line)| line) {
            let event: Value = serde_json::from_str(line).unwrap();
            let class = event["class_uid"].as_u64().unwrap();
            *classes.entry(class).or_default() += 1;
            let errors: Vec<String> =
                validators[&class].iter_errors(&event).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{line}\n{errors:#?}");
            let type_uid = class * 100 + event["activity_id"].as_u64().unwrap();
            assert_eq!(event["type_uid"].as_u64(), Some(type_uid));
            assert_eq!(event["category_uid"].as_u64(), Some(class / 1_000));
            assert_eq!(event["metadata"]["version"], "1.8.0");
        }
    }
    assert_eq!(classes.keys().copied().collect::<Vec<_>>(), [3001, 3002, 6003], "each class is there: {classes:?}");
}

/// Three agents share a service account; each reads, deletes, and does one thing more.
fn shared(audit: &str, step: &str) -> String {
    format!(
        r#"
runaway: 1
name: shared
time: {{horizon: 1min}}
services:
  api:
    accepts: gateway
    latency: 10ms
    audit: {audit}
    operations: {{list: GET /things -> things records, drop: {{http: "DELETE /things/{{id}}", on: things}}}}
  idp: {{accepts: gateway, kind: identity-provider, audit: {audit}}}
identities:
  job: {{kind: service}}
  worker: {{kind: agent, count: 3}}
credentials:
  client: {{of: job, kind: oauth-client, scopes: ["*"]}}
  access: {{kind: access-token, count: 0, scopes: ["api:*"], lives: 1h}}
data: {{things: {{count: 4, class: internal}}}}
agents:
  workers:
    is: every worker
    holds: [client]
    knows: [api.list, api.drop, idp.token]
    told: []
    fault: over-broad
    then: [api.list, {{do: api.drop, on: things-1}}, {step}]
"#
    )
}

#[test]
fn a_log_reads_back_line_for_line() {
    for (name, variant) in [
        ("wiper", Some("lag-7s")),
        ("volume-delete", None),
        ("moltbook", Some("rotated-last")),
        ("forged-issuer", Some("near-miss")),
    ] {
        let ran = run(&library(name), variant, &[]);
        let plan = &ran.prepared.plan;
        let log = log(&ran);
        assert_eq!(Truth::of(plan, &ran.events).strangers(&log), 0, "{name}: each line is one of this run");
        let mut at = 0;
        keep(plan, &ran.events, |kept| {
            let (line, read) = (kept.line, log.lines[at]);
            assert_eq!((line.sequence, line.at, line.effect), (read.sequence, read.at, read.effect), "{name}: {at}");
            assert_eq!((line.allowed, line.status, line.rows), (read.allowed, read.status, read.rows), "{name}: {at}");
            assert_eq!(line.span, read.span);
            let same = |field: Field, read: Field, name: &dyn Fn(u32) -> String, names: &runaway::audit::Names| match (
                field, read,
            ) {
                (Field::Is(a), Field::Is(b)) => assert_eq!(name(a), names.name(b)),
                (a, b) => assert_eq!(a, b),
            };
            let (a, b) = (line.account, read.account);
            let identity = |i| plan.identity_name(runaway::wire::IdentityId::new(i));
            same(a.principal, b.principal, &identity, &log.names.principals);
            same(a.act, b.act, &identity, &log.names.principals);
            same(a.address, b.address, &|n| plan.networks[n as usize].clone(), &log.names.addresses);
            let credential = |c| runaway::audit::credential_name(plan, c);
            same(a.credential, b.credential, &credential, &log.names.credentials);
            assert_eq!(kept.objects.len(), log.objects(at).len());
            at += 1;
        });
        assert_eq!(at, log.lines.len());
    }
}

#[test]
fn what_is_told_from_the_file_is_what_the_measures_say() {
    for (name, variant) in [("wiper", None), ("volume-delete", None), ("moltbook", None)] {
        let ran = run(&library(name), variant, &[]);
        let scores = scores(&ran, &log(&ran));
        assert_eq!(scores.trail.attribution, ran.finished.measures.accountability.attribution, "{name}");
    }
}

#[test]
fn a_log_has_what_its_service_records_and_nothing_else() {
    let of = |audit: &str| -> Vec<Value> {
        let ran = run(&document(&shared(audit, "api.list")), None, &[]);
        let all: Vec<Value> = lines(&ran).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        all.into_iter().filter(|event| event["class_uid"] == 6003).collect()
    };
    let event = |audit: &str| of(audit)[0].clone();
    let all = event("all");
    assert_eq!(all["actor"]["user"]["uid"], "job");
    assert_eq!(all["actor"]["user"]["credential_uid"], "client");
    assert_eq!(all["src_endpoint"]["name"], "internet");
    assert_eq!(all["resources"][0]["uid"], "things-1..4");
    assert_eq!(all["trace"]["uid"].as_str().map(str::len), Some(32));
    let who = event("[principal]");
    assert_eq!(who["actor"]["user"]["uid"], "job");
    for absent in ["/actor/user/credential_uid", "/resources", "/trace"] {
        assert_eq!(who.pointer(absent), None, "{absent}");
    }
    assert_eq!(who["unmapped"]["unrecorded"], serde_json::json!(["credential", "act", "address", "trace"]));
    let bare = event("[]").to_string();
    assert!(!bare.contains("job") && !bare.contains("internet") && !bare.contains("things-"), "{bare}");
    assert!(of("none").is_empty(), "no line at all");
    for secret in lines(&run(&document(&shared("all", "api.list")), None, &[])) {
        assert!(!secret.contains("rk_") && !secret.contains("eyJ"), "{secret}");
    }
}

#[test]
fn an_operation_is_logged_under_the_name_that_its_service_gives_it() {
    let yaml = shared("all", "api.list").replace("drop: {http:", "drop: {logs_as: page-view, http:");
    let ran = run(&document(&yaml), None, &[]);
    let names: Vec<String> = lines(&ran)
        .iter()
        .filter_map(|line| Some(serde_json::from_str::<Value>(line).unwrap()["api"]["operation"].as_str()?.to_owned()))
        .collect();
    assert!(names.contains(&"page-view".to_owned()) && !names.contains(&"drop".to_owned()), "{names:?}");
}

#[test]
fn a_log_from_elsewhere_reads_too() {
    let foreign = r#"{"class_uid":6003,"category_uid":6,"activity_id":2,"type_uid":600302,"time":1767225600123,
        "severity_id":1,"status_id":1,"metadata":{"version":"1.1.0","product":{"name":"x"}},
        "actor":{"user":{"uid":"alice","credential_uid":"tok-9"}},"api":{"operation":"GET /cases/{id}",
        "service":{"name":"crm"}},"src_endpoint":{"ip":"127.0.0.1"},"resources":[{"uid":"case/17"}]}"#
        .replace('\n', " ");
    let other = r#"{"class_uid":4001,"time":1}"#.to_owned();
    // Of any year: its times are counted from its first line.
    for year in ["17672256", "17000000", "18000000"] {
        let of_then = foreign.replace("17672256", year);
        let later = of_then.replace("00123,", "02123,");
        let times: Vec<u64> = read(&[of_then, later]).lines.iter().map(|line| line.at.0).collect();
        assert_eq!(times, [0, 2_000_000], "{year}");
    }
    let log = read(&[foreign, String::new(), other]);
    assert_eq!((log.lines.len(), log.skipped), (1, 1));
    let account = log.lines[0].account;
    assert_eq!(account.principal.known().map(|p| log.names.principals.name(p)), Some("alice"));
    assert_eq!((account.trace, account.act), (Field::Unrecorded, Field::Unrecorded));
}

/// The story of the key that signed tokens begins in May 2023 (`time.zero`); a run of another year reads back the same.
#[test]
fn a_log_begins_when_its_story_does() {
    let story = library("forged-issuer");
    for (zero, began) in [("2023-05-15T00:00:00Z", 1_684_108_800_000), ("1970-01-01T00:00:05Z", 5_000)] {
        let ran = run(&story, Some("uncontrolled"), &[("time.zero", zero)]);
        let lines = lines(&ran);
        let time = |line: &String| serde_json::from_str::<Value>(line).unwrap()["time"].as_u64().unwrap();
        let times: Vec<u64> = lines.iter().map(time).collect();
        let asked = ran.events.iter().find_map(|event| match event {
            Event::Asked { at, .. } => Some(at.0),
            _ => None,
        });
        assert!(times.iter().all(|time| (began..began + 32 * 86_400_000).contains(time)), "{zero}: {times:?}");
        assert_eq!(read(&lines).lines.first().map(|line| line.at.0), asked, "{zero}");
    }
}

/// A file that was put together from two exports has lines twice; what has no number of its own may have happened twice.
#[test]
fn a_line_that_stands_twice_with_its_number_is_read_once() {
    let ran = run(&library("wiper"), Some("lag-7s"), &[]);
    let once = lines(&ran);
    let (log, twice) = (read(&once), read(&[once.clone(), once.clone()].concat()));
    assert_eq!((log.lines.len(), log.repeated), (twice.lines.len(), 0));
    assert_eq!(twice.repeated, log.lines.len() as u64);
}

/// As systems that gather logs show them: the newest first, or in no order at all.
#[test]
fn lines_are_read_in_the_order_of_their_times() {
    let ran = run(&library("wiper"), Some("lag-7s"), &[]);
    let (mut lines, in_order) = (lines(&ran), log(&ran));
    let half = lines.len() / 2;
    for turn in [|lines: &mut Vec<String>, _| lines.reverse(), |lines: &mut Vec<String>, at| lines.rotate_left(at)] {
        turn(&mut lines, half);
        let read = read(&lines);
        assert!(read.sorted && !in_order.sorted);
        let sequences = |log: &Log| log.lines.iter().map(|line| (line.at, line.sequence)).collect::<Vec<_>>();
        assert_eq!(sequences(&read), sequences(&in_order));
        let objects = |log: &Log| (0..log.lines.len()).map(|at| log.objects(at).len()).collect::<Vec<_>>();
        assert_eq!(objects(&read), objects(&in_order));
        assert_eq!(format!("{:?}", scores(&ran, &read)), format!("{:?}", scores(&ran, &in_order)));
    }
}

#[test]
fn what_is_no_log_is_refused_with_its_line() {
    let wrong = |lines: &[&str]| {
        let mut reader = Reader::default();
        let read = lines.iter().try_for_each(|line| reader.line(line));
        read.and_then(|()| reader.finish().map(|_| ())).unwrap_err().to_string()
    };
    assert!(wrong(&["", "{"]).starts_with("line 2 is no JSON object"));
    assert!(wrong(&["[1]"]).starts_with("line 1 is no JSON object"));
    assert_eq!(wrong(&["{}"]), "line 1 is no OCSF event: it has no `class_uid`");
    assert_eq!(wrong(&[r#"{"class_uid":6003}"#]), "line 1 has no `time`");
    assert_eq!(wrong(&[]), "there is no event in it");
}

/// Whatever stands in a log, reading it and going through it ends with a story or with an error.
#[test]
fn damaged_logs_are_read_or_refused_and_never_a_panic() {
    let ran = run(&document(&shared("all", "{do: idp.token, as: client}")), None, &[]);
    let lines = lines(&ran);
    let truth = Truth::of(&ran.prepared.plan, &ran.events);
    let mut stream = Stream::new(7, Draws::Generation, 0);
    let mut refused = 0;
    for _ in 0..2_000 {
        let mut damaged = lines.clone();
        for _ in 0..=stream.below(3) {
            let at = stream.below(damaged.len() as u64) as usize;
            damaged[at] = damage(&damaged[at], &mut stream);
        }
        let mut reader = Reader::default();
        let read = damaged.iter().try_for_each(|line| reader.line(line)).and_then(|()| reader.finish());
        match read {
            Ok(log) => {
                let scores = Scores::of(&Story::of(&log), &log, &truth);
                assert_eq!(scores.trail.attribution.total(), ran.finished.measures.accountability.attribution.total());
            }
            Err(_) => refused += 1,
        }
    }
    assert!((1..2_000).contains(&refused), "{refused}");
}

/// A line cut off, a digit changed, a part of it gone, or something strange in its place.
fn damage(line: &str, stream: &mut Stream) -> String {
    let outer = ["actor", "user", "api", "unmapped", "resources", "metadata", "time", "status_id", "src_endpoint"];
    let inner = ["sequence", "at_us", "registry", "rows", "stored_in", "delegation", "unrecorded", "effect"];
    let strange = [Value::Null, Value::from(u64::MAX), Value::from(-1), Value::from("x-1..20000000"), Value::from("")];
    let mut pick = |n: usize| stream.below(n as u64) as usize;
    let (kind, key, part) = (pick(5), outer[pick(outer.len())], ["unmapped", "metadata"][pick(2)]);
    let (strange, inner, cut) = (strange[pick(strange.len())].clone(), inner[pick(inner.len())], pick(line.len()));
    let mut event: Value = serde_json::from_str(line).unwrap_or_default();
    match kind {
        0 => return line.chars().take(cut).collect(),
        1 => return line.replacen(|c: char| c.is_ascii_digit(), "9", cut % 40),
        2 if event.is_object() => event[key] = strange,
        3 if event[part].is_object() => event[part][inner] = strange,
        _ => {
            event.as_object_mut().map(|object| object.remove(key));
        }
    }
    event.to_string()
}
