//! A program that is given so much time, and goes with all that it began.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Address space for a test and what it starts: a mutant that fills the memory fails.
const KILOBYTES: u32 = 8_000_000;

/// A test has its seconds of the processor's time, and so many times as long by the clock: it may run beside other work.
const BESIDE_OTHERS: f64 = 10.0;
/// The signal of a process that has used up its time.
const OUT_OF_TIME: i32 = rustix::process::Signal::XCPU.as_raw();

pub enum Ended {
    Well,
    Badly,
    OutOfTime,
}

pub struct Run {
    pub ended: Ended,
    pub seconds: f64,
    pub said: String,
}

/// Runs a test binary in the copy. `scratch` is its own: temporary files go there, and are gone afterwards.
#[expect(clippy::disallowed_methods, reason = "tests are timed")]
pub fn run(
    folder: &Path,
    scratch: &Path,
    program: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
    seconds: f64,
) -> Run {
    let _ = fs::remove_dir_all(scratch);
    fs::create_dir_all(scratch.join("tmp")).expect("a folder under target");
    let said = scratch.join("said");
    let out = File::create(&said).expect("a file under target");
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {KILOBYTES}; ulimit -t {}; exec \"$@\"", seconds.ceil()), "sh"])
        .arg(program)
        .args(arguments)
        .envs(variables.iter().copied())
        .env("TMPDIR", scratch.join("tmp"))
        // Names for the frames of a panic take seconds in a large binary.
        .env("RUST_BACKTRACE", "0")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("sh starts");
    let group = rustix::process::Pid::from_child(&child);
    let begun = Instant::now();
    let (tell, told) = mpsc::channel();
    let waiting = thread::spawn(move || tell.send(child.wait()));
    let ended = match told.recv_timeout(Duration::from_secs_f64(seconds * BESIDE_OTHERS)) {
        Ok(Ok(status)) if status.success() => Ended::Well,
        Ok(Ok(status)) if status.signal() == Some(OUT_OF_TIME) => Ended::OutOfTime,
        Ok(_) => Ended::Badly,
        Err(_) => Ended::OutOfTime,
    };
    let seconds = begun.elapsed().as_secs_f64();
    // Whoever is already gone cannot be ended again.
    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    let _ = waiting.join();
    let said = fs::read(&said).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    Run { ended, seconds, said }
}
