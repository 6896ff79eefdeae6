//! Files that nobody wrote by mistake: each is refused, or read, in bounded time and memory, and never with a panic.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::document;

const GOOD: &str = include_str!("../formats/small.yaml");

/// Checks a file under a bound of 20 s and 1 GB. The exit code, and what was printed.
fn check(path: &Path) -> (i32, String) {
    let bounded = "ulimit -v 1000000 && exec timeout 20 \"$0\" check \"$1\"";
    let output = Command::new("sh").args(["-c", bounded, env!("CARGO_BIN_EXE_runaway")]).arg(path).output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(printed).expect("UTF-8"))
}

fn check_bytes(bytes: impl AsRef<[u8]>) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.yaml");
    fs::write(&path, bytes).unwrap();
    check(&path)
}

#[track_caller]
fn refused(bytes: impl AsRef<[u8]>, finding: &str) {
    let (code, printed) = check_bytes(bytes);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains(finding), "{printed}");
    assert!(printed.lines().all(|line| line.chars().count() < 400), "{printed}");
}

#[track_caller]
fn fine(bytes: impl AsRef<[u8]>) {
    let (code, printed) = check_bytes(bytes);
    assert_eq!((code, printed.ends_with("hostile.yaml: fine\n")), (0, true), "{printed}");
}

fn with(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old}");
    GOOD.replacen(old, new, 1)
}

#[test]
fn what_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let missing = check(&folder.path().join("missing.yaml"));
    assert!(missing.0 == 2 && missing.1.contains("error[unreadable]: there is no such file"), "{}", missing.1);
    let directory = check(folder.path());
    assert!(directory.0 == 2 && directory.1.contains("error[unreadable]: this is a folder"), "{}", directory.1);
}

#[test]
#[cfg(unix)]
fn what_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.yaml");
    fs::write(&path, GOOD).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let (code, printed) = check(&path);
    let root_reads_everything = fs::read(&path).is_ok();
    assert!(root_reads_everything || code == 2 && printed.contains("error[unreadable]: the file may not be read"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_without_an_end() {
    let (code, printed) = check(Path::new("/dev/zero"));
    assert!(code == 2 && printed.contains("error[too-large]"), "{printed}");
}

#[test]
fn files_that_are_too_large() {
    refused(vec![b'#'; 10 << 20], "error[too-large]: the file has more than 8 MiB");
    refused(format!("runaway: 1\nname: {}\n", "[x,".repeat(2_000_000)), "error[not-yaml]: nested more than 48 deep");
    refused(format!("runaway: 1\nname: [{}]\n", "x,".repeat(2_000_000)), "error[too-large]: the file holds more than");
    refused(format!("{GOOD}story: {}\ntags: {{}}\n", "x".repeat(7 << 20)), "error[wrong-type]");
}

#[test]
fn nesting() {
    refused(format!("runaway: 1\nname: {}", "[".repeat(10_000)), "nested more than 48 deep");
    refused(format!("runaway: 1\nname: {}", "{a: ".repeat(10_000)), "nested more than 48 deep");
    refused(format!("runaway: 1\nname:\n  {}x", "- ".repeat(10_000)), "nested more than 48 deep");
    refused(format!("runaway: 1\nname: {}x", "- ".repeat(10_000)), "error[not-yaml]");
    refused(format!("runaway: 1\n{}", "? ".repeat(10_000)), "error[not-yaml]");
    let block: String = (0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    refused(format!("runaway: 1\nname:\n{block}"), "error[");
}

#[test]
fn aliases() {
    let doubled: String = (1..60).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1)).collect();
    refused(format!("runaway: 1\na0: &a0 [x]\n{doubled}"), "error[");
    let merged: String = (1..60).map(|n| format!("a{n}: &a{n} {{<<: [*a{0}, *a{0}], k{n}: x}}\n", n - 1)).collect();
    refused(format!("runaway: 1\na0: &a0 {{k: x}}\n{merged}"), "error[");
    fine(with("fault: over-broad", "fault: &fault over-broad").replace("then:", "knows_records: &none []\n    then:"));
    fine(with("bot: {kind: agent}", "bot: &bot {kind: agent}\n  other: {<<: *bot, count: 3}"));
}

#[test]
fn encodings_and_line_ends() {
    fine(format!("\u{feff}{GOOD}"));
    fine(GOOD.replace('\n', "\r\n"));
    fine(GOOD.trim_end());
    refused(GOOD.replace('\n', "\r\n").replace("kind: agent", "kindd: agent"), "did you mean `kind`?");
    refused(GOOD.bytes().flat_map(|b| [b, 0]).collect::<Vec<_>>(), "error[not-text]: here stands a zero byte");
    refused([GOOD.as_bytes(), b"\xc3"].concat(), "error[not-text]: the file is not UTF-8: the byte 0xc3");
    refused(with("name: small", "name: \"\u{202e}\u{1b}[31m\""), "error[not-");
}

#[test]
fn numbers_that_cannot_be() {
    for number in ["1_000_000_000_000", "4294967295", "4294967296", "18446744073709551615", "18446744073709551616"] {
        refused(with("count: 10", &format!("count: {number}")), "error[impossible-number]");
        refused(with("bot: {kind: agent}", &format!("bot: {{kind: agent, count: {number}}}")), "error[impossible");
        refused(with("kind: api-key", &format!("kind: api-key, count: {number}")), "error[impossible-number]");
        refused(with("pages: all", &format!("times: {number}")), "error[impossible-number]");
        refused(with("gateway", &format!("gateway\n    page: {number}")), "error[impossible-number]");
    }
    let groups: String = (0..200).map(|n| format!("  more-{n}: {{kind: human, count: 19_999_999}}\n")).collect();
    refused(with("credentials:\n", &format!("{groups}credentials:\n")), "error[impossible-number]: with `more-1`");
    refused(
        with("class: internal", "class: internal, tenant: \"t-{n}\"").replace("10", "9_000_000"),
        "1_000_000 are the most",
    );
    for seed in ["18446744073709551615", "0"] {
        fine(format!("{GOOD}seed: {seed}\n"));
    }
    refused(format!("{GOOD}seed: 18446744073709551616\n"), "error[impossible-number]");
}

#[test]
fn the_most_records_that_there_can_be_fit_into_memory() {
    let most = "count: 20_000_000, owner: \"bot-{n mod 1}\", tenant: \"t-{n div 1_000}\", inside: \"box-{n mod 2}\", \
                holds: \"key-{n mod 1}\"";
    let boxes = with("count: 10", most);
    refused(boxes.clone(), "there is no collection `box`");
    refused(boxes.replace("data:\n", "data:\n  box: {count: 2, class: internal}\n"), "more than 20_000_000 in `data:`");
    let fitting = boxes.replace("20_000_000", "19_999_998");
    fine(fitting.replace("data:\n", "data:\n  box: {count: 2, class: internal}\n"));
}

#[test]
fn times_that_cannot_be() {
    for time in
        ["18446744073709551615us", "99999999999h", "584542y", "1e9s", "-1s", "0.0000000000001s", ".s", "s", "µs"]
    {
        let (code, printed) = check_bytes(with("horizon: 1h", &format!("horizon: {time}")));
        assert!(code == 0 || code == 2 && printed.contains("error["), "{time}: {printed}");
    }
}

#[test]
fn matrices_and_circles() {
    let axis: Vec<String> = (0..1_000).map(|n| format!("{n}ms")).collect();
    let axes: String = (0..30).map(|n| format!("      a{n}: [{}]\n", axis.join(", "))).collect();
    let set: String = (0..30).map(|n| format!("        x{n}: \"{{a{n}}}\"\n")).collect();
    refused(
        format!("{GOOD}variants:\n  all:\n    set:\n{set}    matrix:\n{axes}"),
        "variants are more than anybody reads",
    );
    let line: String = (0..2_000).map(|n| format!("  v{n}: {{like: v{}}}\n", (n + 1) % 2_000)).collect();
    refused(format!("{GOOD}variants:\n{line}"), "variants are more than anybody reads");
    let line: String = (0..900).map(|n| format!("  v{n}: {{like: v{}}}\n", (n + 1) % 900)).collect();
    refused(format!("{GOOD}variants:\n{line}"), "goes through more than 32 others");
    let parents: String =
        (0..500).map(|n| format!("  p{n}: {{of: bot, kind: session, parent: p{}}}\n", (n + 1) % 500)).collect();
    refused(with("data:\n", &format!("{parents}data:\n")), "error[cycle]");
}

#[test]
fn long_lines_are_cut_and_wide_ones_measured() {
    let (_, printed) = check_bytes(with("name: small", &format!("name: \"{}\"", "界".repeat(100_000))));
    assert!(printed.lines().all(|line| line.chars().count() < 200), "{printed}");
    let wide = with("{kind: agent}", "{tenant: \"世界\", kindd: agent}");
    let (_, printed) = check_bytes(wide);
    let lines: Vec<&str> = printed.lines().collect();
    let at = lines.iter().position(|line| line.contains("kindd: agent")).unwrap();
    let before = lines[at].split("kindd").next().unwrap();
    let columns: usize = before.chars().map(|c| if "世界".contains(c) { 2 } else { 1 }).sum();
    assert_eq!(lines[at + 1].find('^'), Some(columns), "{printed}");
}

#[test]
fn long_names_are_cut_in_messages() {
    let long = "x".repeat(50_000);
    for (old, new) in [
        ("is: bot", format!("is: {long}")),
        ("holds: [key]", format!("holds: [{long}]")),
        ("knows: [api.list]", format!("knows: [api.{long}]")),
        ("pages: all", format!("pages: {long}")),
        ("pages: all", format!("{long}: all")),
        ("pages: all", format!("as: {long}")),
        ("pages: all", format!("on: each listed {long}")),
        ("class: internal", format!("class: internal, owner: \"{long}-{{n}}\"")),
        ("things: {", format!("{long}: {{")),
        ("GET /things", format!("{long} /things")),
        ("agents:", format!("steps: {{a: {{block: exposed, at: [{long}]}}}}\nagents:")),
        ("agents:", format!("steps: {{a: {{revoke: {long}}}}}\nagents:")),
        ("agents:", format!("detect: {{a: {{report: 0s}}}}\nrespond: {{a: {{do: [{long}]}}}}\nagents:")),
        ("agents:", format!("controls: {{a: {{on: [api.list], at_most: {long}}}}}\nagents:")),
        ("agents:", format!("truth: {{{long}: 1}}\nagents:")),
        ("agents:", format!("truth: {{excess: -{long}}}\nagents:")),
        ("agents:", format!("variants: {{a: {{like: {long}}}}}\nagents:")),
        ("agents:", format!("variants: {{a: {{set: {{agents.{long}.is: x}}}}}}\nagents:")),
    ] {
        refused(with(old, &new), "error[");
    }
}

#[test]
fn thousands_of_mistakes() {
    let wrong: String = (0..20_000).map(|n| format!("  w{n}: {{kind: robot}}\n")).collect();
    let (code, printed) = check_bytes(with("credentials:\n", &format!("{wrong}credentials:\n")));
    assert_eq!(code, 2);
    assert!(printed.contains("and 19900 more findings: mend these first"), "{}", printed.len());
    let known: String = (0..500).map(|n| format!("  somebody-{n}: {{kind: human}}\n")).collect();
    let wrong: String =
        (0..1_000).map(|n| format!("  d{n}: {{count: 1, class: pii, owner: somebdy-x{n}}}\n")).collect();
    let crowd = with("credentials:\n", &format!("{known}credentials:\n"));
    let crowd = crowd.replace("data:\n", &format!("data:\n{wrong}"));
    refused(&crowd, "and 900 more findings: mend these first");
    refused(format!("{crowd}variants: {{a: {{}}, b: {{}}, c: {{}}}}\n"), "and 900 more findings: mend these first");
}

#[test]
fn changes_from_outside_have_no_place_in_the_file() {
    let overrides = runaway::scenario::Overrides {
        sets: vec![("data.things.cuont".into(), "5".into()), ("nowhere.at.all".into(), "1".into())],
        seed: None,
    };
    let rejected = document(GOOD).resolve(None, &overrides).unwrap_err().to_string();
    assert!(rejected.contains("`nowhere.at.all` leads nowhere"), "{rejected}");
    assert!(rejected.contains("did you mean `count`?"), "{rejected}");
    assert_eq!(rejected.matches("--> test.yaml, with --set").count(), 2, "{rejected}");
}
