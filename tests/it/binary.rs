//! The program itself, run as another process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use runaway::generate::random_world;

pub fn runaway<'a>(args: impl IntoIterator<Item = &'a str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runaway"));
    command.args(args).env("NO_COLOR", "1").output().expect("the program runs")
}

/// Runs a scenario, and writes its results to a folder.
pub fn run_into(scenario: &str, folder: &Path) -> Output {
    runaway(["run", scenario, "--out", folder.to_str().expect("a plain path")])
}

/// Writes a random world into a folder.
pub fn random_file(seed: u64, folder: &Path) -> PathBuf {
    let path = folder.join(format!("random-{seed}.yaml"));
    fs::write(&path, random_world(seed)).expect("a file in a folder of our own");
    path
}

/// The files of a folder by name, with what stands in them.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("a folder of results")
        .map(|entry| entry.expect("a file of results").path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    all.sort();
    all
}
