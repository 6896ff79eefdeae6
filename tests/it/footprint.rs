//! What the program keeps in memory.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "real time passes on the staging plane")]

use std::fs;
use std::process::Stdio;
use std::time::Duration;

#[path = "../../benches/support/records.rs"]
mod records;

/// The most memory, in bytes, that an exploration of so many records had at one time (`proc(5)`, `VmHWM`).
fn peak(items: usize) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let mut command = records::exploration(folder.path(), records::server(items, || {}));
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let (status, mut peak) = (format!("/proc/{}/status", child.id()), 0);
    while child.try_wait().unwrap().is_none() {
        let told = fs::read_to_string(&status).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = peak.max(line.map_or(0, |kilobytes| kilobytes.parse::<usize>().unwrap() * 1024));
        std::thread::sleep(Duration::from_millis(2));
    }
    let sent = fs::read_to_string(folder.path().join("out/requests.ndjson")).unwrap();
    assert!(sent.lines().count() > 2 * items, "each record with the credential, and with nothing");
    peak
}

/// Of a request that is over, its events stay, its URL and the id of its record: a few hundred bytes, and not its answer.
#[test]
fn an_exploration_forgets_what_it_was_answered() {
    let (few, many) = (3_000, 15_000);
    let each = peak(many).saturating_sub(peak(few)) / (2 * (many - few));
    assert!(each < 1_000, "{each} bytes stay of each request");
}
