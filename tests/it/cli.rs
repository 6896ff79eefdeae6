//! What the program prints, word for word. `UPDATE=1` writes the golden files anew: read them first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::support::LONG;

/// A folder of our own, in which the program runs.
pub struct Desk(tempfile::TempDir);

impl Desk {
    pub fn new() -> Desk {
        Desk(tempfile::tempdir().expect("a folder of our own"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).expect("a file in a folder of our own");
        path
    }

    /// The program, with nothing about colours in its environment.
    pub fn program(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM"] {
            command.env_remove(name);
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.program(args).output().expect("the program runs")
    }

    pub fn json(&self, args: &[&str]) -> Value {
        serde_json::from_slice(&self.run(args).stdout).expect("JSON")
    }
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.txt"))
}

/// What a terminal would show: the command, what it prints, and how it ends.
fn shown(args: &[&str], output: &Output) -> String {
    let text =
        |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let mut all = format!("$ runaway {}\n{}", args.join(" "), text(&output.stdout));
    if !output.stderr.is_empty() {
        all.push_str(&format!("[standard error]\n{}", text(&output.stderr)));
    }
    all.push_str(&format!("[exit {}]\n", output.status.code().expect("it ends by itself")));
    all
}

/// Output that quotes, or that machines read: it may be wider than a terminal.
const NOT_FOR_EYES: [&str; 9] = [
    "reconstruct-json",
    "list-json",
    "check-json",
    "check-wrong",
    "check-nothing",
    "run-wrong",
    "man",
    "unknown-file",
    "unknown-variant",
];

fn too_wide(printed: &str) -> Option<&str> {
    printed.lines().find(|line| line.width() > 80)
}

/// Each command in turn on one desk, with the name of its golden file.
fn matches_golden(desk: &Desk, commands: &[(&str, &[&str])]) {
    let mut differing = Vec::new();
    for (name, args) in commands {
        let printed = shown(args, &desk.run(args));
        assert!(!printed.contains('\u{1b}'), "{name}: no escape codes in a pipe");
        assert!(NOT_FOR_EYES.contains(name) || too_wide(&printed).is_none(), "{name}: {:?}", too_wide(&printed));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(golden(name), printed).expect("a golden file");
        } else if fs::read_to_string(golden(name)).unwrap_or_default() != printed {
            differing.push(format!("== {name}\n{printed}"));
        }
    }
    assert!(differing.is_empty(), "UPDATE=1 writes these anew; read them first\n{}", differing.join("\n"));
}

#[test]
fn runs_are_told_word_for_word() {
    matches_golden(
        &Desk::new(),
        &[
            ("run-moltbook", &["run", "moltbook"]),
            ("run-default-quiet", &["run", "-q"]),
            ("run-not-contained", &["run", "moltbook@three-rounds"]),
            ("run-lag", &["run", "wiper@lag-60s"]),
            ("run-at-once", &["run", "volume-delete"]),
            ("run-contained", &["run", "wiper@at-once"]),
            ("run-after-the-fact", &["run", "volume-delete@contained-after"]),
            ("run-prevented", &["run", "moltbook@hardened"]),
            ("run-prevented-quiet", &["run", "moltbook@hardened", "--quiet"]),
            ("run-another-seed", &["run", "wiper@at-once", "--seed", "7"]),
            ("run-a-setting", &["run", "moltbook", "--set", "services.db.rows=owner"]),
            ("run-probed", &["run", "volume-delete@contained-after", "--probe", "250ms"]),
            ("run-probed-early", &["run", "wiper@lag-60s", "--probe", "1s", "--out", "probed"]),
            ("run-over-http", &["run", "volume-delete@in-time", "--plane", "mock"]),
            ("replay", &["replay", "reports/wiper-lag-60s-1/journal.ndjson"]),
            ("replay-quiet", &["replay", "-q", "reports/wiper-lag-60s-1/journal.ndjson"]),
            ("reconstruct", &["reconstruct", "reports/volume-delete-1"]),
            ("reconstruct-json", &["reconstruct", "reports/volume-delete-1/audit.ndjson", "--format", "json"]),
            ("reconstruct-moltbook", &["reconstruct", "reports/moltbook-three-rounds-1"]),
            ("run-prod-freeze", &["run", "prod-freeze", "--out", "freeze"]),
            ("reconstruct-prod-freeze", &["reconstruct", "freeze"]),
            ("explain-not-contained", &["explain", "reports/moltbook-three-rounds-1"]),
            ("explain-lag", &["explain", "reports/wiper-lag-60s-1/journal.ndjson"]),
            ("explain-after-the-fact", &["explain", "reports/volume-delete-contained-after-1"]),
        ],
    );
}

#[test]
fn the_demo_is_told_word_for_word() {
    matches_golden(&Desk::new(), &[("demo", &["demo"])]);
}

#[test]
fn lists_and_stories_are_told_word_for_word() {
    matches_golden(
        &Desk::new(),
        &[
            ("list", &["list"]),
            ("list-json", &["list", "--format", "json"]),
            ("list-measures", &["list", "measures"]),
            ("list-detectors", &["list", "detectors"]),
            ("list-responses", &["list", "responses"]),
            ("show-fault", &["show", "fault:harvest"]),
            ("show-instructions", &["show", "private-to-public"]),
            ("show-many", &["show", "heartbeat-worm"]),
            ("show-moltbook", &["show", "moltbook"]),
            ("show-variant", &["show", "moltbook@rotated-first"]),
            ("show-wiper", &["show", "wiper@lag-60s"]),
            ("show-volume-delete", &["show", "volume-delete"]),
        ],
    );
}

#[test]
fn show_says_how_often_and_after_how_long() {
    let desk = Desk::new();
    let story = r#"runaway: 1
name: often
time: {horizon: 10min}
services: {api: {accepts: gateway, operations: {data: GET /data -> data records}}}
identities: {bot: {kind: agent}}
credentials: {key: {of: bot, kind: api-key, scopes: ["api:*"]}}
data: {data: {count: 10, class: pii}}
agents:
  bot:
    is: bot
    holds: [key]
    knows: [api.data]
    told: [{do: api.data, first: 90s}]
    fault: over-broad
    then: [{do: api.data, every: 7s}, {do: api.data, first: 40s, every: 7s}, {do: api.data, every: 7s, times: 3}]
"#;
    desk.file("often.yaml", story);
    let shown = String::from_utf8(desk.run(&["show", "often.yaml"]).stdout).unwrap();
    let often: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("    api.data, ")).collect();
    let told = ["once, after 1 min 30 s", "every 7 s", "every 7 s, the first after 40 s", "every 7 s, 3 times"];
    assert_eq!(often, told, "{shown}");
}

#[test]
fn starting_and_checking_are_told_word_for_word() {
    let desk = Desk::new();
    desk.file("wrong.yaml", "runaway: 1\nname: wrong\nstory: A typo.\nservces: {}\n");
    matches_golden(
        &desk,
        &[
            ("init", &["init", "moltbook"]),
            ("init-again", &["init", "moltbook"]),
            ("init-elsewhere", &["init", "moltbook", "--out", "mine.yaml"]),
            ("init-nowhere", &["init", "moltbook", "--out", "no/such/folder/mine.yaml"]),
            ("init-unknown", &["init", "moltbok"]),
            ("init-nothing", &["init"]),
            ("init-chain", &["init", "--from", "chain:3"]),
            ("check-fine", &["check", "moltbook.yaml", "mine.yaml", "chain-3.yaml"]),
            ("check-wrong", &["check", "moltbook.yaml", "wrong.yaml"]),
            ("check-nothing", &["check", "nothing.yaml"]),
            ("check-json", &["check", "wrong.yaml", "--format", "json"]),
            ("run-own", &["run", "chain-3.yaml"]),
            ("run-wrong", &["run", "wrong.yaml"]),
        ],
    );
}

#[test]
fn mistakes_are_answered_word_for_word() {
    let desk = Desk::new();
    desk.file("taken", "mine");
    desk.file("scenario.yaml", runaway::library::find("moltbook").expect("a scenario of the library").text);
    let inside = include_str!("../fixtures/targets.yaml").replace("https://", "http://127.0.0.1:9/");
    let inside = inside.replace("/id.staging.example", "").replace(":9/api.staging.example", ":8");
    desk.file("targets.yaml", &inside);
    desk.file("empty.ndjson", "");
    desk.file("foreign.ndjson", "{\"hello\": 1}\n");
    fs::create_dir(desk.path().join("desk-1")).unwrap();
    desk.file("desk-1/requests.ndjson", "");
    matches_golden(
        &desk,
        &[
            ("no-command", &[]),
            ("unknown-command", &["rnu", "moltbook"]),
            ("unknown-option", &["run", "--sed", "7"]),
            ("unknown-plane", &["run", "--plane", "stagin"]),
            ("unknown-scenario", &["run", "moltbok"]),
            ("unknown-far", &["run", "something-else-entirely"]),
            ("unknown-variant", &["run", "moltbook@hardend"]),
            ("unknown-file", &["run", "nothing.yaml"]),
            ("unknown-setting", &["run", "moltbook", "--set", "services.dbb.rows=owner"]),
            ("setting-without-value", &["run", "moltbook", "--set", "services.db.rows"]),
            ("seed-in-words", &["run", "--seed", "seven"]),
            ("staging", &["run", "--plane", "staging"]),
            ("run-targets", &["run", "targets.yaml"]),
            ("staging-without-explore", &["run", "targets.yaml", "--plane", "staging"]),
            ("staging-with-a-seed", &["run", "targets.yaml", "--plane", "staging", "--seed", "7"]),
            ("consent-without-staging", &["run", "moltbook", "--consent", "127.0.0.1:80"]),
            ("drill-scenario", &["drill", "scenario.yaml"]),
            ("drill-without-consent", &["drill", "targets.yaml"]),
            ("undo-foreign", &["undo", "foreign.ndjson"]),
            ("wall-in-sim", &["run", "--clock", "wall"]),
            ("wall-too-long", &["run", "wiper", "--plane", "mock", "--clock", "wall"]),
            ("scale-without-wall", &["run", "--plane", "mock", "--time-scale", "10"]),
            ("scale-zero", &["run", "--plane", "mock", "--clock", "wall", "--time-scale", "0"]),
            ("out-is-a-file", &["run", "--out", "taken"]),
            ("replay-nothing", &["replay", "nothing.ndjson"]),
            ("replay-empty", &["replay", "empty.ndjson"]),
            ("replay-foreign", &["replay", "foreign.ndjson"]),
            ("replay-folder", &["replay", "."]),
            ("reconstruct-nothing", &["reconstruct", "nothing.ndjson"]),
            ("reconstruct-empty", &["reconstruct", "empty.ndjson"]),
            ("reconstruct-foreign", &["reconstruct", "foreign.ndjson"]),
            ("reconstruct-folder", &["reconstruct", "."]),
            ("reconstruct-staging", &["reconstruct", "desk-1"]),
        ],
    );
}

#[test]
fn help_is_told_word_for_word() {
    matches_golden(
        &Desk::new(),
        &[
            ("help", &["--help"]),
            ("help-demo", &["demo", "--help"]),
            ("help-run", &["run", "--help"]),
            ("help-check", &["check", "--help"]),
            ("help-drill", &["drill", "--help"]),
            ("help-undo", &["undo", "--help"]),
            ("help-mock", &["mock", "--help"]),
            ("help-serve", &["serve", "--help"]),
            ("help-replay", &["replay", "--help"]),
            ("help-reconstruct", &["reconstruct", "--help"]),
            ("help-list", &["list", "--help"]),
            ("help-show", &["show", "--help"]),
            ("help-init", &["init", "--help"]),
            ("help-schema", &["schema", "--help"]),
            ("help-completions", &["completions", "--help"]),
            ("man", &["man"]),
            ("version", &["--version"]),
        ],
    );
}

/// `UPDATE=1` writes it anew.
#[test]
fn the_output_in_the_readme_is_real() {
    const BEGIN: &str = "<!-- runaway demo -->\n```text\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).expect("the README");
    let (before, rest) = readme.split_once(BEGIN).expect("README shows what `runaway demo` prints");
    let (block, after) = rest.split_once("```").expect("the end of the block");
    let real = String::from_utf8(Desk::new().run(&["demo"]).stdout).expect("text");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{real}```{after}")).expect("the README");
    } else {
        assert_eq!(block, real);
    }
}

#[test]
fn schemas_are_printed_as_they_are_checked_in() {
    for of in ["scenario", "run", "targets", "drill"] {
        let file = &format!("schemas/{of}.schema.json");
        let printed = String::from_utf8(Desk::new().run(&["schema", of]).stdout).expect("text");
        assert_eq!(printed, fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file));
    }
}

#[test]
fn completions_are_scripts_that_know_every_verb() {
    let desk = Desk::new();
    let script = String::from_utf8(desk.run(&["completions", "bash"]).stdout).expect("text");
    let path = desk.file("runaway.bash", &script);
    let asked = "COMP_WORDS=(runaway ''); COMP_CWORD=1; _runaway runaway '' runaway; echo \"${COMPREPLY[@]}\"";
    let ran = Command::new("bash").args(["-c", &format!("source {}; {asked}", path.display())]).output().expect("bash");
    let words = String::from_utf8_lossy(&ran.stdout).into_owned();
    for verb in [
        "demo",
        "run",
        "drill",
        "undo",
        "drill",
        "mock",
        "serve",
        "replay",
        "reconstruct",
        "list",
        "show",
        "init",
        "schema",
        "completions",
    ] {
        assert!(words.split_whitespace().any(|word| word == verb), "{verb}: {words}");
    }
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(desk.run(&["completions", shell]).stdout.len() > 1_000, "{shell}");
    }
}

#[test]
fn every_run_of_the_library_fits_the_schema_and_replays_byte_for_byte() {
    let desk = Desk::new();
    let schema = jsonschema::validator_for(&desk.json(&["schema", "run"])).expect("a schema");
    let list = desk.json(&["list", "--format", "json"]);
    for scenario in list["scenarios"].as_array().expect("scenarios") {
        let name = scenario["name"].as_str().expect("a name");
        let variants = scenario["variants"].as_array().expect("variants").iter();
        let named = variants.map(|v| (v["name"].as_str(), &v["expect_verdict"]));
        for (variant, expected) in std::iter::once((None, &scenario["expect_verdict"])).chain(named) {
            let title = variant.map_or(name.to_owned(), |variant| format!("{name}@{variant}"));
            if LONG.contains(&title.as_str()) {
                continue;
            }
            let ran = desk.run(&["run", &title, "--out", &title]);
            let text = fs::read_to_string(desk.path().join(&title).join("run.json")).expect("run.json");
            let run: Value = serde_json::from_str(&text).expect("JSON");
            let errors: Vec<String> = schema.iter_errors(&run).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{title}: {errors:#?}");
            assert_eq!((run["scenario"].as_str(), run["variant"].as_str()), (Some(name), variant));
            assert_eq!(run["verdict"], *expected, "{title}");
            let code = if run["verdict"] == "pass" { 0 } else { 1 };
            assert_eq!(ran.status.code(), Some(code), "{title}");
            for key in ["schema", "seed", "plane", "outcome", "journal_digest", "measures"] {
                assert!(!run[key].is_null(), "{title} has no {key}");
            }
            let journal = format!("{title}/journal.ndjson");
            let written = fs::read_to_string(desk.path().join(&journal)).expect("a journal");
            let last: Value = serde_json::from_str(written.lines().last().expect("a line")).expect("JSON");
            assert_eq!(last["digest"], run["journal_digest"], "{title}");
            let replayed = desk.run(&["replay", &journal, "--out", "again"]);
            assert_eq!(replayed.status.code(), Some(code), "{title}");
            let again = fs::read_to_string(desk.path().join("again/run.json")).expect("run.json");
            assert_eq!(again, text, "{title}");
        }
    }
}

#[test]
fn the_addresses_of_a_world_are_one_line_of_json() {
    use std::io::{BufRead as _, BufReader};
    let desk = Desk::new();
    let mut mock =
        desk.program(&["mock", "moltbook", "--format", "json"]).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(mock.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    mock.kill().and_then(|()| mock.wait()).expect("it is ours");
    let world: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(world.as_object().expect("an object").keys().collect::<Vec<_>>(), ["credential", "runbook", "services"]);
    assert_eq!(world["runbook"]["steps"][0], "close-reads", "{world}");
    let services: Vec<&String> = world["services"].as_object().expect("services").keys().collect();
    assert_eq!(services, ["db", "web"]);
    assert!(world["services"]["db"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:")), "{world}");
    assert_eq!(world["credential"].as_object().expect("a credential").keys().collect::<Vec<_>>(), ["name", "secret"]);
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let desk = Desk::new();
    let coloured = |set: &[(&str, &str)], args: &[&str]| {
        let output = desk.program(args).envs(set.iter().copied()).output().expect("the program runs");
        [output.stdout, output.stderr].concat().contains(&0x1b)
    };
    for args in [&["run", "wiper@at-once"][..], &["list"], &["show", "wiper"], &["run", "moltbok"], &["--help"]] {
        assert!(!coloured(&[], args), "{args:?} into a pipe");
        assert!(!coloured(&[("NO_COLOR", "1"), ("TERM", "xterm-256color")], args), "{args:?} with NO_COLOR");
    }
    assert!(coloured(&[("CLICOLOR_FORCE", "1")], &["run", "wiper@at-once"]));
    let written = fs::read(desk.path().join("reports/wiper-at-once-1/summary.txt")).expect("a summary");
    assert!(!written.contains(&0x1b), "files are plain");
}

/// What a terminal is sent: through `script`, which has one to give.
fn on_a_terminal(desk: &Desk, command: &str, set: &[(&str, &str)]) -> String {
    let command = format!("{} {command}", env!("CARGO_BIN_EXE_runaway"));
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(desk.path()).stdin(Stdio::null());
    script.env_remove("NO_COLOR").env("TERM", "xterm-256color").envs(set.iter().copied());
    String::from_utf8(script.output().expect("script is installed").stdout).expect("text")
}

#[test]
fn progress_is_for_terminals_and_leaves_nothing_behind() {
    let desk = Desk::new();
    let sent = on_a_terminal(&desk, "demo 2>&1", &[]);
    for part in ["reached", "requests/s", "alarm", "moltbook@three-rounds"] {
        assert!(sent.contains(part), "{part}");
    }
    let last = sent.rfind("reached, ").expect("progress");
    assert!(sent[last..].contains("\u{1b}[2K"), "the line is cleared");
    let plain = on_a_terminal(&desk, "run wiper@at-once", &[("NO_COLOR", "1")]);
    assert!(!plain.contains("\u{1b}[1m"), "{plain}");
    let piped = desk.run(&["demo", "--sim-only"]);
    assert!(piped.stderr.is_empty(), "{}", String::from_utf8_lossy(&piped.stderr));
}
