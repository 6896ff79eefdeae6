//! Each mutant against the tests that reach it, until one fails or the time for it is used up.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::copy::Places;
use crate::edit::Id;
use crate::operators::Mutant;
use crate::process::{Ended, run};
use crate::suite::{Test, each, lines};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fate {
    pub id: Id,
    /// `killed`, `timed out`, `survived` or `not reached`.
    pub outcome: String,
    pub by: String,
    /// What the tests take that were run.
    pub seconds: f64,
    /// So many of the tests that reach it were run.
    pub tried: usize,
    pub of: usize,
}

pub struct Hunt<'a> {
    pub places: &'a Places,
    pub binaries: BTreeMap<String, PathBuf>,
    pub tests: Vec<Test>,
    /// Seconds of tests for one mutant.
    pub budget: f64,
    /// What killed mutants of the same file is tried first.
    pub kills: Mutex<BTreeMap<(String, usize), u32>>,
}

/// The mutants in an order that is the same each time and has nothing to do with where they lie, so that those of a hunt
/// that was stopped are a fair sample.
pub fn shuffled<'a>(mutants: impl Iterator<Item = &'a Mutant>) -> Vec<&'a Mutant> {
    let mut all: Vec<&Mutant> = mutants.collect();
    all.sort_by_key(|mutant| place(mutant.id));
    all
}

pub fn place(id: Id) -> u64 {
    u64::from(id).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Hunt<'_> {
    /// Hunts those that are not decided. One that survived is hunted again where the budget has grown.
    pub fn all(&self, mutants: &[&Mutant], workers: usize) -> BTreeMap<Id, Fate> {
        let file = self.places.work.join("fates.jsonl");
        let known = latest(&file);
        for mutant in mutants {
            self.remember(mutant, known.get(&mutant.id).map_or("", |fate| &fate.by));
        }
        let open: Vec<&&Mutant> = mutants
            .iter()
            .filter(|mutant| {
                known.get(&mutant.id).is_none_or(|fate| {
                    fate.outcome == "survived" && fate.tried < fate.of && fate.seconds < self.budget * 0.9
                })
            })
            .collect();
        println!("{} mutants to be hunted", open.len());
        each(&open, workers, &file, |worker, mutant| self.one(worker, mutant));
        latest(&file)
    }

    fn one(&self, worker: usize, mutant: &Mutant) -> Fate {
        let reaching = self.reaching(mutant);
        let fate = |outcome: &str, by: &str, seconds, tried| Fate {
            id: mutant.id,
            outcome: outcome.to_owned(),
            by: by.to_owned(),
            seconds,
            tried,
            of: reaching.len(),
        };
        let (mut tried, mut spent, mut portion) = (0, 0.0_f64, 0.1_f64);
        while tried < reaching.len() && spent < self.budget {
            let together = self.portion(&reaching[tried..], portion.min(self.budget - spent));
            let names: Vec<&str> = together.iter().map(|test| &self.tests[*test].name[..]).collect();
            let expected: f64 = together.iter().map(|test| self.tests[*test].seconds).sum();
            let arguments = [&["--exact", "--test-threads", "1"], &names[..]].concat();
            let program = &self.binaries[&self.tests[together[0]].binary];
            let scratch = self.places.work.join(format!("scratch-{worker}"));
            let chosen = mutant.id.to_string();
            let variables = [("RUNAWAY_MUTANT", &chosen[..])];
            let ran = run(&self.places.copy(), &scratch, program, &arguments, &variables, 5.0 * expected + 3.0);
            spent += expected;
            tried += together.len();
            match ran.ended {
                Ended::Well => {}
                Ended::OutOfTime => return fate("timed out", names[0], spent, tried),
                Ended::Badly => {
                    let killer = failed(&ran.said).unwrap_or(names[0]);
                    self.remember(mutant, killer);
                    return fate("killed", killer, spent, tried);
                }
            }
            portion *= 2.0;
        }
        fate(if reaching.is_empty() { "not reached" } else { "survived" }, "", spent, tried)
    }

    /// The tests that come by a mutant, the most promising first.
    fn reaching(&self, mutant: &Mutant) -> Vec<usize> {
        let kills = self.kills.lock().expect("nobody panics with it");
        let mut reaching: Vec<(f64, usize)> = self
            .tests
            .iter()
            .enumerate()
            .filter(|(_, test)| test.state == "passed" && test.reached.contains(&mutant.id))
            .map(|(at, test)| {
                let kills = kills.get(&(mutant.file.clone(), at)).copied().unwrap_or(0);
                ((test.seconds + 0.005) / f64::from(1 + 5 * kills), at)
            })
            .collect();
        reaching.sort_by(|a, b| a.0.total_cmp(&b.0));
        reaching.into_iter().map(|(_, at)| at).collect()
    }

    /// The next tests of one binary, for about so many seconds.
    fn portion<'t>(&self, tests: &'t [usize], seconds: f64) -> &'t [usize] {
        let mut sum = 0.0;
        let more = tests.iter().take_while(|test| {
            let enough = sum >= seconds;
            sum += self.tests[**test].seconds;
            !enough && self.tests[**test].binary == self.tests[tests[0]].binary
        });
        &tests[..more.count().max(1)]
    }

    fn remember(&self, mutant: &Mutant, killer: &str) {
        let mut kills = self.kills.lock().expect("nobody panics with it");
        if let Some(at) = self.tests.iter().position(|test| test.name == killer) {
            *kills.entry((mutant.file.clone(), at)).or_default() += 1;
        }
    }
}

/// The first test that failed, by what the test binary said.
fn failed(said: &str) -> Option<&str> {
    said.lines().find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
}

/// What became of each, the last word first.
fn latest(file: &Path) -> BTreeMap<Id, Fate> {
    lines::<Fate>(file).into_iter().map(|fate| (fate.id, fate)).collect()
}
