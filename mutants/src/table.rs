//! What is kept between two starts, and what is told in the end.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::edit::Id;
use crate::hunt::Fate;
use crate::operators::Mutant;
use crate::suite::{Test, lines};

pub fn write(file: &Path, mutants: &[Mutant]) {
    let lines: Vec<String> = mutants.iter().map(|mutant| serde_json::to_string(mutant).expect("plain data")).collect();
    fs::write(file, lines.join("\n")).expect("room on the disk");
    count("mutants", mutants.iter().map(|mutant| &mutant.kind[..]));
    count("without a switch", mutants.iter().filter_map(|mutant| mutant.without.as_deref()));
}

pub fn read(work: &Path) -> (Vec<Mutant>, Vec<(String, PathBuf)>) {
    let binaries = fs::read_to_string(work.join("binaries.json")).expect("an earlier start wrote it");
    (lines(&work.join("mutants.jsonl")), serde_json::from_str(&binaries).expect("an earlier start wrote it"))
}

fn count<'a>(title: &str, of: impl Iterator<Item = &'a str>) {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    of.for_each(|kind| *numbers.entry(kind).or_default() += 1);
    let told: Vec<String> = numbers.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    println!("{title}: {} ({})", numbers.values().sum::<usize>(), told.join(", "));
}

/// Prints the numbers, and writes the survivors and those that no test reaches.
pub fn tell(work: &Path, mutants: &[Mutant], tests: &[Test], fates: &BTreeMap<Id, Fate>) {
    count("mutants", mutants.iter().map(|mutant| &mutant.kind[..]));
    count("without a switch", mutants.iter().filter_map(|mutant| mutant.without.as_deref()));
    count("tests", tests.iter().map(|test| &test.state[..]));
    count("fates", fates.values().map(|fate| &fate.outcome[..]));
    for room in crate::copy::ROOMS {
        let start = format!("src/{room}/");
        let inside = mutants.iter().filter(|mutant| mutant.file.starts_with(&start));
        count(room, inside.filter_map(|mutant| fates.get(&mutant.id)).map(|fate| &fate.outcome[..]));
    }
    let alive = mutants.iter().filter_map(|mutant| {
        let fate = fates.get(&mutant.id).filter(|fate| fate.outcome == "survived" || fate.outcome == "not reached")?;
        let Mutant { id, file, line, column, function, what, .. } = mutant;
        let Fate { outcome, tried, of, seconds, .. } = fate;
        Some(format!("{id}\t{file}:{line}:{column}\t{function}\t{what}\t{outcome}\t{tried}/{of}\t{seconds:.1}\n"))
    });
    fs::write(work.join("alive.tsv"), alive.collect::<String>()).expect("room on the disk");
}
