//! Mutation testing of the oracle by mutant schemata (Untch, Offutt, Harrold 1993): one build of a copy of the project
//! holds all mutants, each behind a switch that an environment variable turns, so that a mutant costs the run of the tests
//! that reach it and no build.

mod copy;
mod edit;
mod hunt;
mod operators;
mod process;
mod suite;
mod syntax;
mod table;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use clap::Parser;

use crate::copy::Places;
use crate::hunt::{Hunt, shuffled};

#[derive(Parser)]
struct Arguments {
    /// Seconds of tests for each mutant.
    #[arg(long, default_value_t = 20.0)]
    budget: f64,
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Mutants of files whose names begin so.
    #[arg(long, default_value = "src/")]
    only: String,
    /// The first so many, in an order that is shuffled and always the same.
    #[arg(long)]
    first: Option<usize>,
    /// These mutants, by their numbers.
    #[arg(long, value_delimiter = ',')]
    ids: Vec<u32>,
    /// Writes the table of mutants, and builds and runs nothing.
    #[arg(long)]
    list: bool,
    /// Copies and builds again, and forgets what was found out.
    #[arg(long)]
    fresh: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("a member of the workspace").to_owned();
    let work = project.join("target/mutants");
    fs::create_dir_all(&work).expect("a folder under target");
    let places = Places { project, work };
    if arguments.list {
        let (_, mutants) = copy::discover(&places.project);
        return table::write(&places.work.join("mutants.jsonl"), &mutants);
    }
    let (mutants, binaries) = if arguments.fresh || !places.work.join("binaries.json").exists() {
        made(&places)
    } else {
        table::read(&places.work)
    };
    let tests = suite::measured(&places, &binaries, arguments.workers);
    let switched = mutants.iter().filter(|mutant| mutant.without.is_none());
    let wanted = switched
        .filter(|mutant| mutant.file.starts_with(&arguments.only))
        .filter(|mutant| arguments.ids.is_empty() || arguments.ids.contains(&mutant.id));
    let mut wanted = shuffled(wanted);
    wanted.truncate(arguments.first.unwrap_or(usize::MAX));
    let binaries: BTreeMap<_, _> = binaries.into_iter().collect();
    let hunt = Hunt { places: &places, binaries, tests, budget: arguments.budget, kills: Mutex::default() };
    let fates = hunt.all(&wanted, arguments.workers);
    table::tell(&places.work, &mutants, &hunt.tests, &fates);
}

/// The copy, made anew.
fn made(places: &Places) -> (Vec<operators::Mutant>, Vec<(String, PathBuf)>) {
    for old in ["tests.jsonl", "fates.jsonl", "binaries.json"] {
        let _ = fs::remove_file(places.work.join(old));
    }
    let _ = fs::remove_dir_all(places.copy());
    copy::copied(&places.project, &places.copy()).expect("a copy under target");
    let inputs = places.project.join("target/test-inputs");
    fs::create_dir_all(places.copy().join("target")).expect("a folder under target");
    std::os::unix::fs::symlink(inputs, places.copy().join("target/test-inputs")).expect("a link under target");
    let (mut sources, mut mutants) = copy::discover(&places.project);
    println!("{} mutants", mutants.len());
    let binaries = copy::build(places, &mut sources, &mut mutants);
    table::write(&places.work.join("mutants.jsonl"), &mutants);
    fs::write(places.work.join("binaries.json"), serde_json::to_string(&binaries).expect("plain data"))
        .expect("room on the disk");
    (mutants, binaries)
}
