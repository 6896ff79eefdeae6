//! Which change comes first: whether it contains; then final leftover, excess, collateral, and the size of the edit.

use crate::measure::Outcome;
use crate::planted::Mistake;
use crate::report::Effect;

use super::Tried;
use super::candidates::{Candidate, Kind};
use super::trial::{Before, Seen};

/// A run that spared less was stopped after the fact.
const SPARED: f64 = 0.05;
/// What is told apart from what was there before, of the positive control's excess.
const LATER: f64 = 0.01;
/// So many of the best partners are combined, by what is left over and by excess.
const PARTNERS: usize = 10;

/// What a change is worth, by the worst of its seeds. What the scenario does already as it is, no change does.
pub fn effect(before: &Before, kinds: &[Kind], seen: &[Seen]) -> Effect {
    let answers = kinds.iter().any(|kind| kind.is_an_answer()) && !Mistake::AnswersContain.here();
    match (ending(before, before.seen()), ending(before, seen)) {
        (already, now) if now >= already => difference(before, seen),
        (_, Ending::Contained) if answers => Effect::IfAnswered,
        (_, Ending::Contained) => Effect::Contains,
        _ => Effect::AfterTheFact,
    }
}

/// Whether a change has anything to contain: not where the scenario is contained as it is.
pub fn is_contained_already(before: &Before) -> bool {
    ending(before, before.seen()) == Ending::Contained
}

/// How runs end under all seeds. Each is better than those after it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    /// The limits hold, and harm was spared.
    Contained,
    /// Stopped, and hardly any harm was spared.
    Late,
    Open,
}

fn ending(before: &Before, seen: &[Seen]) -> Ending {
    let then = Sum::of(before.seen());
    let shut = |seen: &Seen| seen.holds || matches!(seen.outcome, Outcome::Prevented | Outcome::Contained);
    // What is read and stays inside, or is deleted and can be brought back, was spared the worst.
    let milder = |now: u64, then: u64| (now as f64) < (1.0 - SPARED) * then as f64;
    let spared = |seen: &Seen| {
        Mistake::AfterTheFactContains.here()
            || seen.spared.is_none_or(|share| share >= SPARED)
            || milder(seen.leaked, then.leaked)
            || milder(seen.irreversible, then.irreversible)
    };
    match () {
        _ if seen.iter().all(|seen| seen.holds && spared(seen)) => Ending::Contained,
        _ if seen.iter().all(|seen| shut(seen) && !spared(seen)) => Ending::Late,
        _ => Ending::Open,
    }
}

/// What is better or worse than as it is.
fn difference(before: &Before, seen: &[Seen]) -> Effect {
    let (then, now) = (Sum::of(before.seen()), Sum::of(seen));
    // A door that shuts in the end, and sooner.
    let sooner = (now.closed as f64) < (1.0 - LATER) * then.closed as f64;
    let later = (then.closed as f64) < (1.0 - LATER) * now.closed as f64;
    let reached = |sum: &Sum| sum.excess.saturating_add(sum.fresh);
    match () {
        _ if before.holds() && !seen.iter().all(|seen| seen.holds) => Effect::Worse,
        _ if now.leftover < then.leftover
            || now.survivors < then.survivors
            || reached(&now) < reached(&then)
            || now.irreversible < then.irreversible
            || now.leaked < then.leaked
            || sooner =>
        {
            Effect::Helps
        }
        _ if now.spared > then.spared + LATER || now.excess < then.excess || now.cost < then.cost => {
            if Mistake::DelaysHelp.here() {
                Effect::Helps
            } else {
                Effect::Delays
            }
        }
        _ if now.leftover > then.leftover
            || now.survivors > then.survivors
            || reached(&now) > reached(&then)
            || now.excess > then.excess
            || now.irreversible > then.irreversible
            || now.leaked > then.leaked
            || now.cost > then.cost
            || later =>
        {
            Effect::Worse
        }
        _ => Effect::Nothing,
    }
}

/// The worst of the seeds, and of what was spared the mean.
struct Sum {
    leftover: u64,
    fresh: u64,
    survivors: u64,
    excess: u64,
    cost: u64,
    irreversible: u64,
    leaked: u64,
    collateral: u64,
    spared: f64,
    /// `u64::MAX` where one never shuts.
    closed: u64,
}

impl Sum {
    fn of(seen: &[Seen]) -> Sum {
        let worst = |what: fn(&Seen) -> u64| seen.iter().map(what).max().unwrap_or(0);
        Sum {
            leftover: worst(|seen| seen.leftover),
            fresh: worst(|seen| seen.fresh),
            survivors: worst(|seen| seen.survivors),
            excess: worst(|seen| seen.excess),
            cost: worst(|seen| seen.cost),
            irreversible: worst(|seen| seen.irreversible),
            leaked: worst(|seen| seen.leaked),
            collateral: worst(|seen| seen.collateral),
            spared: seen.iter().map(|seen| seen.spared.unwrap_or(0.0)).sum::<f64>() / seen.len().max(1) as f64,
            closed: worst(|seen| seen.closed.unwrap_or(u64::MAX)),
        }
    }
}

/// The order of changes. Where all else is equal, what comes sooner in the list of kinds.
pub fn key(
    before: &Before,
    candidate: &Candidate,
    seen: &[Seen],
) -> (Effect, u64, u64, u64, u64, usize, Vec<Kind>, String) {
    let sum = Sum::of(seen);
    (
        effect(before, &candidate.kinds, seen),
        sum.leftover,
        sum.excess,
        sum.cost,
        sum.collateral,
        candidate.edit.size(),
        candidate.kinds.clone(),
        candidate.told.clone(),
    )
}

/// Pairs of changes of which each does something, and none contains.
pub fn partners(before: &Before, tried: &[Tried]) -> Vec<Candidate> {
    let mut by_leftover: Vec<&Tried> =
        tried.iter().filter(|t| effect(before, &t.candidate.kinds, &t.seen) != Effect::Nothing).collect();
    let mut by_excess = by_leftover.clone();
    by_leftover.sort_by_key(|tried| (Sum::of(&tried.seen).leftover, Sum::of(&tried.seen).excess));
    by_excess.sort_by_key(|tried| (Sum::of(&tried.seen).excess, Sum::of(&tried.seen).leftover));
    let best: Vec<&Tried> =
        by_leftover.into_iter().take(PARTNERS).chain(by_excess.into_iter().take(PARTNERS)).collect();
    let mut pairs: Vec<Candidate> = Vec::new();
    let best = if Mistake::PairsAreNotTried.here() { Vec::new() } else { best };
    for (at, one) in best.iter().enumerate() {
        for other in &best[at + 1..] {
            let pair = one.candidate.and(&other.candidate);
            pairs.extend(pair.filter(|pair| {
                one.candidate.edit != other.candidate.edit && !pairs.iter().any(|known| known.edit == pair.edit)
            }));
        }
    }
    pairs
}
