//! From start to exit: what a person waits for.
//!
//! `cargo bench --bench startup`.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use runaway::generate::grid;

use support::median::median;

const TIMES: usize = 21;

/// The median time of a command, in milliseconds.
fn median_of(args: &[&str], folder: &Path) -> f64 {
    let once = || {
        let since = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
        let status = command.args(args).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let took = since.elapsed();
        assert!(status.expect("the program").code().is_some_and(|code| code < 2), "{args:?}");
        took
    };
    let mut times: Vec<f64> = (0..TIMES).map(|_| Duration::as_secs_f64(&once()) * 1e3).collect();
    median(&mut times)
}

fn main() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let text = grid(1_000, 14_600);
    let large = text.len() as f64 / 1e6;
    std::fs::write(folder.path().join("large.yaml"), text).expect("a file");
    println!("median of {TIMES} runs; large.yaml has {large:.2} MB\n\n| | ms | bar | |\n| --- | --- | --- | --- |");
    let rows: [(&[&str], f64); 4] = [
        (&["--version"], 10.0),
        (&["check", "large.yaml"], 100.0),
        (&["run", "volume-delete", "--out", "small"], 50.0),
        (&["run", "moltbook", "--out", "moltbook"], 1_000.0),
    ];
    for (args, bar) in rows {
        let took = median_of(args, folder.path());
        let met = if took < bar { "met" } else { "missed" };
        println!("| `runaway {}` | {took:.1} | {bar:.0} | {met} |", args.join(" "));
    }
}
