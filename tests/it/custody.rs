//! Where credentials lie while a drill goes on: in the environment of the programs that need them and nowhere beside it, and
//! in no core file afterwards.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "real time passes on the staging plane")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::drills::{SECRETS, command, finished, targets_text};
use crate::staging::servers::{Server, answer};

/// Keeps its own command line, environment and that of the program that started it, and ends as it is told.
const SPY: &str = "#!/bin/sh
mkdir -p spied
cat /proc/$$/cmdline >spied/$1-$$.cmdline
cat /proc/$PPID/cmdline >spied/$1-$$.parent
cat /proc/$$/environ >spied/$1-$$.environ
case $1 in
credential) echo command-secret-of-a-token ;;
probe) test \"$RUNAWAY_CREDENTIAL\" = control-secret-of-a-token || test \"$RUNAWAY_CREDENTIAL\" = command-secret-of-a-token && test ! -e revoked ;;
step) touch revoked ;;
alarm) test -e revoked ;;
esac
";

const PRINTED: &str = "command-secret-of-a-token";

/// A drill in which everything is done by programs.
const BY_PROGRAMS: &str = "targets: 1
name: programs
origins: {api: \"http://api.test\"}
credentials:
  token: {from: {command: [./spy, credential]}}
  other: {from: {file: control.secret}}
  runbook: {from: {file: runbook.secret}}
identity: {name: ticket-agent, credentials: token}
control: other
cleanup: runbook
services: {api: {probe: {command: [./spy, probe]}}}
alarm: {command: [./spy, alarm], every: 50ms}
caps: {requests: 2_000, rate: 200/s, at_once: 16, writes: 20, duration: 20s}
stop: none
drill:
  steps: [{command: [./spy, step], with: runbook}, {wait_for: alarm, at_most: 2s}]
  restore: [{command: [./spy, restore], with: runbook}]
  cadence: 100ms
  steady: 300ms
  settle: 500ms
  deadline: 2s
  phases: 1
";

/// What was kept of the programs that were started as `role`.
fn spied(folder: &Path, role: &str, what: &str) -> Vec<String> {
    let files = fs::read_dir(folder.join("spied")).unwrap().map(|entry| entry.unwrap().path());
    let named = files.filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with(role) && name.ends_with(what)
    });
    named.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).replace('\0', "\n")).collect()
}

fn credentials_in(environments: &[String]) -> BTreeSet<Option<&str>> {
    let credential = |text: &&'_ str| text.starts_with("RUNAWAY_CREDENTIAL=");
    environments.iter().map(|text| text.lines().find(credential).map(|line| &line[19..])).collect()
}

#[test]
fn a_program_has_its_credential_in_its_environment_and_none_in_its_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::fine("127.0.0.1:0");
    fs::write(folder.path().join("spy"), SPY).unwrap();
    fs::write(folder.path().join("control.secret"), SECRETS[1]).unwrap();
    assert!(Command::new("chmod").args(["700", "spy"]).current_dir(folder.path()).status().unwrap().success());
    let text = BY_PROGRAMS.replace("http://api.test", &server.origin());
    let mut drill = command(folder.path(), &text, &server.address.to_string());
    let ran = finished(folder.path(), drill.env_remove("CONTROL").output().unwrap());
    assert!(ran.json["steps"].as_array().is_some_and(|steps| steps.len() >= 2), "{}", ran.shown());
    assert!(!(ran.files.clone() + &ran.shown()).contains(PRINTED), "{}", ran.shown());

    let environments = |role: &str| spied(folder.path(), role, ".environ");
    for role in ["credential", "alarm"] {
        assert_eq!(credentials_in(&environments(role)), BTreeSet::from([None]), "{role} needs none: {}", ran.shown());
    }
    for role in ["step", "restore"] {
        assert_eq!(credentials_in(&environments(role)), BTreeSet::from([Some(SECRETS[2])]), "{role}: {}", ran.shown());
    }
    let probed = environments("probe");
    let shown = credentials_in(&probed);
    // The fourth is made up.
    assert!(
        shown.is_superset(&BTreeSet::from([None, Some(SECRETS[1]), Some(PRINTED)])) && shown.len() == 4,
        "{shown:?}"
    );

    let secrets: Vec<&str> = shown.into_iter().flatten().chain([SECRETS[2]]).collect();
    for (role, what) in ["credential", "probe", "step", "alarm", "restore"]
        .into_iter()
        .flat_map(|role| [(role, ".cmdline"), (role, ".parent")])
    {
        let lines = spied(folder.path(), role, what);
        assert!(!lines.is_empty(), "no {role} was started: {}", ran.shown());
        for (line, secret) in lines.iter().flat_map(|line| secrets.iter().map(move |secret| (line, secret))) {
            let forms = [(*secret).to_owned(), STANDARD.encode(secret)];
            assert!(forms.iter().all(|form| !line.contains(form)), "{role}: {line}");
        }
    }
    // One that was ended in the middle has written nothing yet.
    assert!(spied(folder.path(), "probe", ".parent").iter().any(|parent| parent.contains("drill\ntargets.yaml")));
}

/// A program that may leave core files as large as it likes.
fn with_room_for_a_core(command: &Command) -> Command {
    let mut roomy = Command::new("sh");
    roomy.args(["-c", "ulimit -c unlimited && exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    roomy.current_dir(command.get_current_dir().unwrap()).stdin(Stdio::null());
    roomy.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    roomy.stdout(Stdio::null()).stderr(Stdio::null());
    roomy
}

/// Waits until it is at work, looks at its limits, and lets it crash.
fn leaves_no_core(folder: &Path, mut running: Child, is_at_work: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_at_work() {
        assert!(since.elapsed() < Duration::from_secs(30) && running.try_wait().unwrap().is_none(), "it never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    let limits = fs::read_to_string(format!("/proc/{}/limits", running.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    assert!(Command::new("kill").args(["-ABRT", &running.id().to_string()]).status().unwrap().success());
    let ended = running.wait().unwrap();
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(6), false));
    let cores = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(cores.filter(|name| name.starts_with("core")).collect::<Vec<_>>(), Vec::<String>::new());
}

/// A service that issues and revokes tokens and cannot put anything back, until it falls silent.
fn office(is_silent: Arc<AtomicBool>) -> Server {
    Server::start("127.0.0.1:0", move |head, stream| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let issued = format!("{{\"access_token\":\"{}\"}}", SECRETS[0]);
        match path {
            _ if is_silent.load(Ordering::SeqCst) => std::thread::sleep(Duration::from_secs(3)),
            "/token" => answer(stream, "200 OK", "", &issued),
            "/restore" => answer(stream, "500 No", "", "{}"),
            "/revoke" => answer(stream, "200 OK", "", ""),
            _ if SECRETS.iter().any(|secret| head.contains(secret)) => answer(stream, "200 OK", "", "{\"id\":1}"),
            _ => answer(stream, "401 No", "", "{}"),
        }
    })
}

#[test]
fn whatever_holds_real_credentials_leaves_no_core() {
    let (folder, is_silent) = (tempfile::tempdir().unwrap(), Arc::<AtomicBool>::default());
    let server = office(is_silent.clone());
    let host = server.address.to_string();
    let restore = "stop: none\ndrill promised: 500ms\ndrill restore: [{http: \"POST api:/restore\"}]";
    let text = targets_text(&server.origin(), restore).replace("deadline: 3s", "deadline: 1s");
    let ran = finished(folder.path(), command(folder.path(), &text, &host).output().unwrap());
    assert!(ran.says("not put back"), "{}", ran.shown());
    is_silent.store(true, Ordering::SeqCst);

    let crashes = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_runaway"));
        program.args(arguments).args(["--consent", &host]).current_dir(folder.path()).env("CONTROL", SECRETS[1]);
        let before = server.connections();
        leaves_no_core(folder.path(), with_room_for_a_core(&program).spawn().unwrap(), || {
            server.connections() > before
        });
    };
    crashes(&["undo", "out"]);
    crashes(&["drill", "targets.yaml", "--out", "again"]);
    let explored = text.clone() + "explore: {operations: {list: \"GET api:/tickets -> tickets ids\"}}\n";
    fs::write(folder.path().join("explored.yaml"), explored).unwrap();
    crashes(&["run", "explored.yaml", "--plane", "staging", "--out", "run"]);
    let asks = format!("provider: {{issuer: \"{}\"}}", server.origin());
    let asks = text.replace("provider: {token: \"api:/token\", revocation: \"api:/revoke\"}", &asks);
    fs::write(folder.path().join("asks.yaml"), asks).unwrap();
    crashes(&["check", "asks.yaml", "--online"]);
}
