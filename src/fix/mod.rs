//! What to fix first: every single change that the model knows is applied to the scenario and run again, under the same
//! seeds; pairs, where no single one contains.

mod candidates;
mod edit;
mod facts;
mod rank;
mod trial;

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::measure::Measures;
use crate::model::Baseline;
use crate::plane::driver::Stop;
use crate::planted::Mistake;
use crate::report::text::sentence;
use crate::report::{Effect, FIXES, Fix, Fixes, Own};
use crate::run::{Behaviour, Comparison, Kept, PrepareError, Simulator};
use crate::scenario::{Document, Node, Overrides, Rejected};

pub use candidates::Kind;
use candidates::{Candidate, candidates};
use facts::Facts;
use rank::{effect, is_contained_already, key, partners};
use trial::{Before, Bench, Seen, Yardstick, after};

/// Why there is nothing to say.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error("nothing goes wrong in this scenario: its agents have no fault, or the fault has no effect")]
    NothingToFix,
    #[error("stopped before everything was tried")]
    Stopped,
}

impl From<std::io::Error> for FixError {
    fn from(error: std::io::Error) -> FixError {
        FixError::Prepare(error.into())
    }
}

/// What is asked.
pub struct Question<'a> {
    pub document: &'a Document,
    pub variant: Option<&'a str>,
    pub overrides: &'a Overrides,
    /// Under how many seeds; as many as the scenario asks for, but few, where nobody says.
    pub seeds: Option<u32>,
}

/// A scenario that speaks of many seeds is tried under so many, unless somebody says otherwise.
const USUAL_SEEDS: u32 = 5;

/// Tries every change. `tell` hears how many runs of how many are done.
pub fn fixes(asked: &Question<'_>, stop: &Stop, tell: &(dyn Fn(usize, usize) + Sync)) -> Result<Fixes, FixError> {
    let comparison = Comparison::of(asked.document, asked.variant, asked.overrides).map_err(PrepareError::from)?;
    let plan = &comparison.resolved.plan;
    let (first, seeds) = (plan.seed, asked.seeds.unwrap_or(plan.expectations.most_seeds().min(USUAL_SEEDS)).max(1));
    let bench = |n: u32| -> Result<Bench, FixError> {
        let yardstick = Yardstick::of(&comparison, first.wrapping_add(u64::from(n)), stop)?;
        Ok(Bench::new(yardstick, &comparison, stop)?)
    };
    let benches: Vec<Bench> = (0..seeds).into_par_iter().map(bench).collect::<Result<_, FixError>>()?;
    if stop.wanted() {
        return Err(FixError::Stopped);
    }
    let before = Before::of(&benches, &plan.currency);
    if !before.bites() {
        return Err(FixError::NothingToFix);
    }
    let tree = asked.document.tree(asked.variant, asked.overrides).map_err(PrepareError::from)?;
    let all = with_facts(&benches[0], &tree, stop)?;
    let trials = Trials { asked, comparison: &comparison, benches: &benches, stop, tell, done: AtomicUsize::new(0) };
    let (mut tried, impossible) = trials.run(all, before.runs())?;
    let singles = tried.len();
    let ranked = |tried: &mut Vec<Tried>| {
        tried.sort_by_cached_key(|tried| key(&before, &tried.candidate, &tried.seen));
        if Mistake::RankedFromTheWorst.here() {
            tried.reverse();
        }
    };
    ranked(&mut tried);
    let mut pairs = 0;
    let contains = |best: &Tried| effect(&before, &best.candidate.kinds, &best.seen) == Effect::Contains;
    if !is_contained_already(&before) && !tried.first().is_some_and(contains) {
        let wanted: Vec<Candidate> = partners(&before, &tried);
        let (found, _) = trials.run(wanted, before.runs() + singles * benches.len())?;
        pairs = found.len();
        tried.extend(found);
        ranked(&mut tried);
    }
    let own = own(asked, &before, &benches, stop)?;
    let fixes = tried.iter().map(|tried| trials.told(&before, tried)).collect::<Result<Vec<Fix>, FixError>>()?;
    let as_it_is = after(before.seen(), before.currency());
    Ok(Fixes {
        schema: FIXES,
        scenario: asked.document.name().to_owned(),
        variant: asked.variant.map(str::to_owned),
        seed: first,
        seeds,
        already: as_it_is.already(),
        before: as_it_is,
        singles,
        pairs,
        fixes,
        impossible,
        own,
    })
}

/// The scenario's own variants, each beside what it is compared with.
fn own(asked: &Question<'_>, before: &Before, benches: &[Bench], stop: &Stop) -> Result<Vec<Own>, FixError> {
    let names = asked.document.variants().into_iter().map(|variant| variant.name);
    let one = |name: String| {
        let mut comparison =
            Comparison::of(asked.document, Some(&name), asked.overrides).map_err(PrepareError::from)?;
        // By the limits of what is to be fixed: a variant may have its own.
        comparison.resolved.plan.expectations = benches[0].prepared().plan.expectations.clone();
        let seen = |bench: &Bench| -> Result<Seen, FixError> {
            Ok(bench.try_beside(&Yardstick::of(&comparison, bench.seed(), stop)?, &comparison, stop)?)
        };
        let seen: Vec<Seen> = benches.par_iter().map(seen).collect::<Result<_, _>>()?;
        let (effect, after) = (effect(before, &[], &seen), after(&seen, before.currency()));
        Ok(Own { name, effect, after })
    };
    let all: Vec<Own> = names.collect::<Vec<_>>().into_par_iter().map(one).collect::<Result<_, FixError>>()?;
    if stop.wanted() { Err(FixError::Stopped) } else { Ok(all) }
}

/// The candidates, from what the first seed shows.
fn with_facts(bench: &Bench, tree: &Node, stop: &Stop) -> Result<Vec<Candidate>, FixError> {
    let prepared = bench.prepared();
    let (mut sane, mut faulty) = (Kept::default(), Kept::default());
    let plan = &prepared.plan;
    let mut simulator = Simulator::default();
    simulator.run(plan, &Baseline::empty(plan), Behaviour::Sane, stop, &mut sane)?;
    simulator.run(plan, &prepared.baseline, Behaviour::Faulty, stop, &mut faulty)?;
    let measures = Measures::of(plan, &prepared.references, &faulty.0);
    let facts = Facts::of(plan, tree, &prepared.references, &sane.0, (&faulty.0, &measures));
    Ok(candidates(&facts))
}

/// A change that was run.
struct Tried {
    candidate: Candidate,
    /// What came of it under each seed.
    seen: Vec<Seen>,
}

struct Trials<'a> {
    asked: &'a Question<'a>,
    comparison: &'a Comparison,
    benches: &'a [Bench],
    stop: &'a Stop,
    tell: &'a (dyn Fn(usize, usize) + Sync),
    done: AtomicUsize,
}

impl Trials<'_> {
    /// Runs them side by side. What the scenario cannot say is named, with the reason.
    fn run(&self, all: Vec<Candidate>, before: usize) -> Result<(Vec<Tried>, Vec<String>), FixError> {
        let whole = before + all.len() * self.benches.len();
        self.done.fetch_max(before, Ordering::Relaxed);
        let one = |candidate: Candidate| {
            let Changed { document, chosen, .. } = self.changed(&candidate)?;
            let resolved = match document.resolve(Some(&chosen), self.asked.overrides) {
                Ok(resolved) => resolved,
                Err(rejected) => return Ok(Err(complaint(&candidate, &rejected))),
            };
            let changed = self.comparison.with(resolved);
            let seen = |bench: &Bench| -> Result<Seen, FixError> {
                if self.stop.wanted() {
                    return Err(FixError::Stopped);
                }
                let seen = bench.try_out(&changed, self.stop)?;
                (self.tell)(self.done.fetch_add(1, Ordering::Relaxed) + 1, whole);
                Ok(seen)
            };
            let seen: Vec<Seen> = self.benches.par_iter().map(seen).collect::<Result<_, _>>()?;
            Ok(Ok(Tried { candidate, seen }))
        };
        let all: Vec<Result<Tried, String>> = all.into_par_iter().map(one).collect::<Result<_, FixError>>()?;
        if self.stop.wanted() {
            return Err(FixError::Stopped);
        }
        let (tried, impossible): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
        Ok((tried.into_iter().flatten().collect(), impossible.into_iter().filter_map(Result::err).collect()))
    }

    /// The scenario with the change as one more variant.
    fn changed(&self, candidate: &Candidate) -> Result<Changed, FixError> {
        let taken = self.asked.document.variants();
        let kinds: Vec<&str> = candidate.kinds.iter().map(|kind| kind.name()).collect();
        let mut written = format!("fix-{}", kinds.join("-and-"));
        while taken.iter().any(|variant| variant.name.starts_with(&written)) {
            written.push_str("-too");
        }
        let change = candidate.edit.variant(&sentence(&candidate.told));
        let changed = self.asked.document.with_change(&written, self.asked.variant, change);
        let (document, chosen, variant) = changed.map_err(PrepareError::from)?;
        Ok(Changed { document, chosen, written, variant })
    }

    fn told(&self, before: &Before, tried: &Tried) -> Result<Fix, FixError> {
        let Changed { chosen, written, variant, .. } = self.changed(&tried.candidate)?;
        Ok(Fix {
            kinds: tried.candidate.kinds.iter().map(|kind| kind.name()).collect(),
            told: tried.candidate.told.clone(),
            effect: effect(before, &tried.candidate.kinds, &tried.seen),
            after: after(&tried.seen, before.currency()),
            size: tried.candidate.edit.size(),
            patch: edit::yaml(&written, &variant),
            name: chosen,
        })
    }
}

/// Why the scenario cannot say it.
fn complaint(candidate: &Candidate, rejected: &Rejected) -> String {
    let why = rejected.findings.first().map_or("", |finding| &finding.message);
    format!("{}: {why}", candidate.told)
}

/// A scenario with one more variant.
struct Changed {
    document: Document,
    /// The name under which it is chosen, and the one that is written.
    chosen: String,
    written: String,
    variant: Node,
}
