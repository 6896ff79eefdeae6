//! What the tests share: running a scenario of the library, or one written in the test.

use std::sync::Arc;

use runaway::plane::driver::Stop;
use runaway::run::{Comparison, Finished, Kept, Prepared, measurable};
use runaway::scenario::{Document, Overrides, Source, parse};
use runaway::wire::Event;

/// Runs of a whole day, with half a million requests each: `loops.rs` says what they come to, and who reads journals line
/// by line leaves them out.
pub const LONG: &[&str] = &[
    "runaway-loop",
    "runaway-loop@uncontrolled",
    "runaway-loop@on-the-invoice",
    "runaway-loop@near-miss",
    "runaway-loop@retry-storm",
];

/// A run in memory.
pub struct Ran {
    pub comparison: Comparison,
    pub prepared: Prepared,
    pub finished: Finished,
    pub events: Vec<Event>,
}

pub fn document(yaml: &str) -> Document {
    parse(Source { name: "test.yaml".into(), text: yaml.into() }, &measurable()).unwrap_or_else(|e| panic!("{e}"))
}

pub fn library(name: &str) -> Document {
    document(runaway::library::find(name).expect("a scenario of the library").text)
}

pub fn run(document: &Document, variant: Option<&str>, sets: &[(&str, &str)]) -> Ran {
    run_seed(document, variant, sets, None)
}

pub fn run_seed(document: &Document, variant: Option<&str>, sets: &[(&str, &str)], seed: Option<u64>) -> Ran {
    let sets = sets.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    let overrides = Overrides { sets, seed };
    let stop = Stop::default();
    let comparison = Comparison::of(document, variant, &overrides).unwrap_or_else(|rejected| panic!("{rejected}"));
    let mut prepared = comparison.prepare(&stop).expect("runs in memory");
    let mut kept = Kept::default();
    prepared.simulate(&stop, &mut kept).expect("a run in memory");
    prepared.compare_with_human_pace(&kept.0, &stop).expect("a run in memory");
    let finished = prepared.finish(&kept.0, overrides.sets.is_empty());
    Ran { comparison, prepared, finished, events: kept.0 }
}

/// The same, and what the scenario says about other seeds and about one agent alone.
pub fn run_over_seeds(document: &Document, variant: Option<&str>) -> Ran {
    let mut ran = run(document, variant, &[]);
    over_seeds(&mut ran, document.name(), &Stop::default());
    ran.finished = ran.prepared.finish(&ran.events, true);
    ran
}

/// What a scenario claims over more seeds is held against so many here. The nightly run holds it against all.
const SEEDS: u32 = 8;
/// So many agents are let begin alone.
const OFFSPRING: u32 = 40;

/// Runs a scenario under other seeds, where it says anything about them.
fn over_seeds(Ran { comparison, prepared, .. }: &mut Ran, name: &str, stop: &Stop) {
    let claims = |key: &str| prepared.plan.expectations.claims().any(|claim| claim.measure == key);
    if claims("r0") {
        prepared.count_offspring(OFFSPRING, stop).expect("runs in memory");
    }
    let expectations = &mut Arc::make_mut(&mut prepared.plan).expectations;
    if expectations.most_seeds() > SEEDS && name != "seeds" {
        expectations.over(SEEDS);
    }
    if expectations.claims().any(|claim| claim.over.is_some()) {
        let claimed = runaway::measure::claimed(&prepared.plan);
        prepared.repeat_over_seeds(comparison, &claimed, stop).expect("runs in memory");
    }
}

impl Ran {
    /// A measure, as a person reads it.
    pub fn shown(&self, key: &str) -> String {
        self.finished.measures.get(key).unwrap_or_else(|| panic!("no measure {key}")).to_string()
    }

    pub fn outcome(&self) -> &'static str {
        self.finished.measures.outcome.name()
    }

    pub fn verdict(&self) -> &'static str {
        self.finished.judgement.verdict.name()
    }
}
