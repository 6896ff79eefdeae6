//! Their log beside what was sent, whatever form it has.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

const RUN: &str = "0af7651916cd43dd8448eb211c80319c";

/// Forty requests of two credentials, one a second.
fn sent(folder: &Path) {
    let mut lines = String::new();
    for n in 0..40 {
        let credential = if n % 4 == 3 { "stolen" } else { "token" };
        let line = json!({
            "time": format!("2026-01-31T12:00:{n:02}.250Z"), "traceparent": format!("00-{RUN}-{:016x}-01", n + 1),
            "method": "GET", "origin": "http://api", "path": format!("/tickets/{}", n % 10), "purpose": "explore",
            "credential": credential, "status": 200, "broken": null,
        });
        let _ = writeln!(lines, "{line}");
    }
    // What a run that was killed had begun to write.
    fs::write(folder.join("requests.ndjson"), lines + "{\"time\":\"2026").unwrap();
}

/// With their logs, between spaces.
fn reconcile(folder: &Path, logs: &str, fields: &[&str]) -> (Output, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.args(["reconcile", ".", "--format", "json"]).current_dir(folder);
    command.args(logs.split(' ').flat_map(|log| ["--audit", log]));
    command.args(fields.iter().flat_map(|field| ["--field", field]));
    let output = command.output().unwrap();
    let json = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output, json)
}

fn row<'r>(result: &'r Value, credential: &str) -> &'r Value {
    let rows = result["credentials"].as_array().unwrap();
    rows.iter().find(|row| row["credential"] == credential).unwrap()
}

#[test]
fn ocsf_with_traces_shows_what_is_missing_and_under_whom() {
    let folder = tempfile::tempdir().unwrap();
    sent(folder.path());
    let mut log = String::new();
    for n in (0..40).filter(|n| n % 10 != 7) {
        // Their clock is 90 s ahead; both credentials prove the same account.
        let event = json!({
            "class_uid": 6003, "time": 1_769_860_800_250_i64 + n * 1_000 + 90_000,
            "actor": {"user": {"name": "svc-tickets"}}, "http_request": {"http_method": "GET", "url": {"path": format!("/tickets/{}", n % 10)}},
            "metadata": {"correlation_uid": format!("00-{RUN}-{:016x}-01", n + 1)},
        });
        let _ = writeln!(log, "{event}");
    }
    fs::write(folder.path().join("ocsf.ndjson"), log).unwrap();
    let (output, result) = reconcile(folder.path(), "ocsf.ndjson", &[]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((&result["requests"], &result["by_trace"], &result["missing"]), (&json!(40), &json!(36), &json!(4)));
    assert_eq!((&result["logs"][0]["clock_ahead"], &result["logs"][0]["shows"]), (&json!(90_000_000), &json!(36)));
    assert_eq!(
        result["not_logged"],
        json!([{"method": "GET", "origin": "http://api", "path": "/tickets/7", "requests": 4}])
    );
    assert_eq!(row(&result, "token")["identities"], json!({"svc-tickets": 28}));
    assert_eq!(row(&result, "stolen")["attributable"], 0, "one account for two credentials tells nobody apart");
}

/// A gateway that knows no names logs all, three services log their own with names; each has its own clock.
#[test]
fn each_log_has_its_clock_and_the_one_that_tells_who_it_was_counts() {
    let folder = tempfile::tempdir().unwrap();
    sent(folder.path());
    let event = |n: u32, ahead: u32, who: Value| {
        json!({"ts": format!("2026-01-31T12:{:02}:{n:02}.300Z", ahead), "p": format!("/tickets/{}", n % 10), "who": who,
            "trace": format!("00-{RUN}-{:016x}-01", n + 1)})
    };
    let write = |name: &str, lines: Vec<Value>| {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(folder.path().join(name), text).unwrap();
    };
    write("gateway.json", (0..38).map(|n| event(n, 0, Value::Null)).collect());
    for (service, name) in ["first.json", "second.json", "third.json"].into_iter().enumerate() {
        let service = service as u32;
        let own = (0..40).filter(|n| n % 3 == service);
        let who = |n: u32| if n % 4 == 3 { "someone-else" } else { "ticket-agent" };
        write(name, own.map(|n| event(n, service + 1, who(n).into())).collect());
    }
    let fields = ["time=/ts", "path=/p", "identity=/who", "trace=/trace"];
    let (output, alone) = reconcile(folder.path(), "gateway.json", &fields);
    assert_eq!(
        (output.status.code(), &alone["missing"], &row(&alone, "token")["nameless"]),
        (Some(1), &json!(2), &json!(29))
    );
    let (output, result) = reconcile(folder.path(), "gateway.json first.json second.json third.json", &fields);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((&result["by_trace"], &result["missing"]), (&json!(40), &json!(0)), "{result}");
    assert_eq!(row(&result, "token")["attributable"], 30);
    assert_eq!(row(&result, "stolen")["identities"], json!({"someone-else": 10}));
    let told = |key: &str| result["logs"].as_array().unwrap().iter().map(|log| log[key].clone()).collect::<Vec<_>>();
    let ahead = [50_000, 60_050_000, 120_050_000, 180_050_000];
    assert_eq!(
        (told("shows"), told("clock_ahead")),
        (vec![38.into(), 14.into(), 13.into(), 13.into()], ahead.map(Value::from).to_vec())
    );

    // Without traces, a clock that is minutes ahead is found by nothing, and the gateway's lines remain.
    let (_, result) = reconcile(folder.path(), "gateway.json first.json", &fields[..3]);
    assert_eq!((&result["by_time_and_path"], &result["logs"][1]["shows"]), (&json!(38), &json!(0)), "{result}");
}

#[test]
fn lines_without_a_mark_are_found_by_time_and_path() {
    let folder = tempfile::tempdir().unwrap();
    sent(folder.path());
    let mut csv = "When,URL,Verb,Who,Code\n".to_owned();
    for n in 0..40 {
        let who = if n % 4 == 3 { "someone-else" } else { "ticket-agent" };
        let _ = writeln!(csv, "2026-01-31 12:00:{n:02}.900Z,\"https://api/tickets/{}?x=1,2\",GET,{who},200", n % 10);
        // Honest work beside it.
        let _ = writeln!(csv, "2026-01-31 12:00:{n:02}.500Z,https://api/health,GET,monitor,200");
    }
    fs::write(folder.path().join("log.csv"), csv).unwrap();
    let fields = ["time=When", "path=URL", "method=Verb", "identity=Who", "status=Code"];
    let (output, result) = reconcile(folder.path(), "log.csv", &fields);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((&result["by_time_and_path"], &result["missing"]), (&json!(40), &json!(0)));
    assert_eq!(row(&result, "stolen")["identities"], json!({"someone-else": 10}));
    assert_eq!(row(&result, "stolen")["attributable"], 10);
    assert_eq!(row(&result, "token")["attributable"], 30);
}

#[test]
fn the_run_id_in_a_user_agent_narrows_what_time_and_path_leave_open() {
    let folder = tempfile::tempdir().unwrap();
    sent(folder.path());
    let mut log = String::new();
    for n in 0..40 {
        let ours = json!({"ts": format!("2026-01-31T12:00:{n:02}.300Z"), "r": {"p": format!("/tickets/{}", n % 10)},
            "ua": format!("runaway/0.1 (run {RUN})"), "who": Value::Null});
        // Somebody else asks the same at the same time.
        let theirs = json!({"ts": format!("2026-01-31T12:00:{n:02}.250Z"), "r": {"p": format!("/tickets/{}", n % 10)},
            "ua": "curl", "who": "somebody"});
        let _ = write!(log, "{theirs}\n{ours}\n");
    }
    fs::write(folder.path().join("log.json"), log).unwrap();
    let fields = ["time=/ts", "path=/r/p", "user-agent=/ua", "identity=/who"];
    let (_, result) = reconcile(folder.path(), "log.json", &fields);
    assert_eq!((&result["by_run"], &result["missing"]), (&json!(40), &json!(0)));
    assert_eq!(row(&result, "token")["nameless"], 30, "the lines of the run name nobody");
    assert_eq!(row(&result, "token")["identities"], json!({}));
}

#[test]
fn an_access_log_is_read_as_it_is_and_what_is_no_line_of_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    sent(folder.path());
    let mut log = "::1 - - [x] \"-\" 408 0\n".to_owned();
    for n in 0..40 {
        let who = if n % 4 == 3 { "-" } else { "ticket-agent" };
        let agent = if n < 20 { format!("runaway/0.1 (containment drill; run {RUN})") } else { "-".to_owned() };
        let line =
            format!("10.0.0.{n} - {who} [31/Jan/2026:13:00:{n:02} +0100] \"GET /tickets/{} HTTP/1.1\" 200 12", n % 10);
        let _ = writeln!(log, "{line} \"-\" \"{agent}\"");
    }
    log.push_str("2026/01/31 12:00:00 [error] worker process exited\n");
    fs::write(folder.path().join("access.log"), log).unwrap();
    let (output, result) = reconcile(folder.path(), "access.log", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((&result["by_run"], &result["by_time_and_path"]), (&json!(20), &json!(20)), "{result}");
    assert_eq!(row(&result, "token")["attributable"], 30);
    assert_eq!(row(&result, "stolen")["nameless"], 10);
    let lines = &result["logs"][0];
    assert_eq!((&lines["read"], &lines["unread"], &lines["with_user_agent"]), (&json!(40), &json!(2), &json!(20)));
    let text = Command::new(env!("CARGO_BIN_EXE_runaway"))
        .args(["reconcile", ".", "--audit", "access.log"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    for said in ["not read: 2 lines", "line 42 is neither JSON nor", "30 tell an identity, 0 a trace, 20 a user agent"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
}

/// Two credentials in turn, four requests a second, in a log of whole seconds: each line is there, and none is missing.
#[test]
fn whole_seconds_hide_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let (mut requests, mut log) = (String::new(), String::new());
    for n in 0..40 {
        let (credential, who) = if n % 2 == 0 { ("token", "ticket-agent") } else { ("other", "somebody") };
        let line = json!({
            "time": format!("2026-01-31T12:00:{:02}.{:03}Z", n / 4, n % 4 * 250 + 90), "traceparent": format!("00-{RUN}-{:016x}-01", n + 1),
            "method": "GET", "origin": "http://api", "path": "/tickets/1", "purpose": "probe", "credential": credential,
            "status": 200, "broken": null,
        });
        let _ = writeln!(requests, "{line}");
        let agent = format!("runaway/0.1 (containment drill; run {RUN})");
        let _ = writeln!(
            log,
            "::1 - {who} [31/Jan/2026:12:00:{:02} +0000] \"GET /tickets/1 HTTP/1.1\" 200 12 \"-\" \"{agent}\"",
            n / 4
        );
    }
    fs::write(folder.path().join("requests.ndjson"), requests).unwrap();
    fs::write(folder.path().join("access.log"), log).unwrap();
    let (output, result) = reconcile(folder.path(), "access.log", &[]);
    assert_eq!((output.status.code(), &result["by_run"], &result["missing"]), (Some(0), &json!(40), &json!(0)));
    assert_eq!(row(&result, "token")["identities"], json!({"ticket-agent": 20}));
    assert_eq!(row(&result, "other")["identities"], json!({"somebody": 20}));
    assert_eq!(row(&result, "token")["ambiguous"], 20, "the order alone tells which is whose");
}

#[test]
fn one_stray_line_does_not_refuse_a_file() {
    let folder = tempfile::tempdir().unwrap();
    sent(folder.path());
    let event = |n: u32| json!({"ts": format!("2026-01-31T12:00:{n:02}.300Z"), "p": format!("/tickets/{}", n % 10)});
    let mut log = "log opened\n{\"ts\": \"noon\", \"p\": \"/\"}\n".to_owned();
    (0..40).for_each(|n| _ = writeln!(log, "{}", event(n)));
    fs::write(folder.path().join("a.json"), log).unwrap();
    let list: Vec<Value> = (0..40).map(event).collect();
    fs::write(folder.path().join("b.json"), serde_json::to_string_pretty(&list).unwrap()).unwrap();
    for (name, unread) in [("a.json", 2), ("b.json", 0)] {
        let (output, result) = reconcile(folder.path(), name, &["time=/ts", "path=/p"]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!((&result["logs"][0]["read"], &result["logs"][0]["unread"]), (&json!(40), &json!(unread)), "{name}");
    }
}

#[test]
fn a_log_that_cannot_be_read_says_where_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    sent(folder.path());
    for (name, text, fields, said) in [
        ("a.json", "{\"x\": 1}\n", &[][..], "line 1 is no OCSF event"),
        ("b.json", "{broken\nnot json\n", &["time=/x", "path=/x"][..], "line 1 is no JSON object"),
        (
            "h.json",
            "{\"ts\": 1, \"r\": {\"p\": \"/\"}}\n",
            &["time=/ts", "path=/r/p", "identity=/usr"][..],
            "no line has identity at `/usr`; lines have /r/p, /ts",
        ),
        (
            "i.log",
            "::1 - - [31/Jan/2026:12:00:00 +0000] \"GET /tickets/0 HTTP/1.1\" 200 1\n",
            &["time=/ts", "path=/p"][..],
            "it is an access log",
        ),
        ("j.log", "nothing of the kind\n", &[][..], "line 1 is neither JSON nor of an access log"),
        ("c.csv", "a,b\n1,2\n", &["time=a", "path=c"][..], "there is no column `c`; its columns are a, b"),
        ("d.csv", "a,b\n1,2\n", &[][..], "nothing says where the time stands"),
        ("e.json", "{\"t\": \"noon\", \"p\": \"/\"}\n", &["time=/t", "path=/p"][..], "line 1 has no time"),
        ("f.json", "", &["time=/t", "path=/p"][..], "there is no line in it"),
        ("g.json", "{}", &["when=/t"][..], "`when` is no field of a log line"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        let (output, _) = reconcile(folder.path(), name, fields);
        let error = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(2), "{name}: {error}");
        assert!(error.contains(said) && error.contains("help:"), "{name}: {error}");
    }
    fs::write(folder.path().join("none.json"), "{\"t\": 5, \"p\": \"/x\"}\n").unwrap();
    let (output, _) = reconcile(folder.path(), "none.json", &["time=/t", "path=/p"]);
    assert_eq!(output.status.code(), Some(4), "a log that shows nothing of it says nothing");
}
