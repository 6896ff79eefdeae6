//! On which side of a measure the harm lies, and of what it is a part.

use std::collections::BTreeMap;

use crate::measure::registry;
use crate::planted::Mistake;

use super::baseline::Amount;

/// On which side of a measure the harm lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    LessIsBetter,
    MoreIsBetter,
    /// A time that is best where it never comes, and better the sooner it is over.
    NeverIsBest,
    /// More of it is neither.
    Neither,
}

/// Which side of a measure is the better one.
pub fn direction(measure: &registry::Measure) -> Direction {
    match measure.key {
        "spared" | "attribution.right" | "attribution.instruction" | "visibility.share" | "turned.half" => {
            Direction::MoreIsBetter
        }
        "last_effect" => Direction::NeverIsBest,
        "calls"
        | "refused"
        | "t0"
        | "factor.window"
        | "exhausted_at"
        | "reversible"
        | "reversible_until"
        | "minted"
        | "human.excess"
        | "human.detected"
        | "potential.uncontrolled"
        | "camouflage"
        | "contradictions" => Direction::Neither,
        _ => Direction::LessIsBetter,
    }
}

/// What has to be more as well, for a measure that looks worse to be more harm.
enum Behind {
    /// The share of this whole.
    Part(&'static str),
    /// What is missing to the whole: the share itself is the good part.
    Rest(&'static str),
    /// One of these counts.
    Counted(&'static [&'static str]),
    /// Nothing, where this came sooner: what was there then may still have ended by the time that was looked at before.
    Moment(&'static str),
}

/// The whole of `attribution.instruction` is no measure: it is taken as it stands.
fn behind(key: &str) -> Option<Behind> {
    Some(match key {
        "attribution.wrong" | "attribution.ambiguous" | "attribution.unlogged" => Behind::Part("calls"),
        "attribution.right" => Behind::Rest("calls"),
        "visibility.share" => Behind::Rest("potential.uncontrolled"),
        "reach.share" => Behind::Counted(&["reach.resources"]),
        "spared" => Behind::Counted(&["excess", "excess.cost"]),
        "leftover.declared" => Behind::Moment("declared"),
        _ => return None,
    })
}

/// Whether others are shares of this measure: it is kept though it has no better side.
pub fn is_a_whole(key: &str) -> bool {
    let is_of = |share: &registry::Measure| match behind(share.key) {
        Some(Behind::Part(whole) | Behind::Rest(whole)) => whole == key,
        _ => false,
    };
    registry::MEASURES.iter().any(is_of)
}

type State = BTreeMap<String, Amount>;

/// Whether a measure that looks worse is no more harm: there is only less of what it is a share of.
pub fn is_only_relative(key: &str, before: &State, now: &State) -> bool {
    let number = |state: &State, key: &str| match state.get(key) {
        Some(Amount::Number(n)) => Some(*n),
        _ => None,
    };
    let share = |state: &State| number(state, key).unwrap_or(0.0);
    let counted = |of: &dyn Fn(&State) -> Option<f64>| match (of(before), of(now)) {
        // A share is known to six digits.
        (Some(then), Some(now)) => now.round() <= then.round(),
        _ => false,
    };
    let is_no_more = |part: &&str| {
        let of = |state: &State| state.get(*part).cloned().unwrap_or(Amount::ZERO);
        let (then, now) = (of(before), of(now));
        then == now || now.is_worse(&then, Direction::LessIsBetter) == Some(false)
    };
    let relative = match behind(key) {
        None => false,
        Some(Behind::Part(whole)) => counted(&|state| Some(share(state) * number(state, whole)?)),
        Some(Behind::Rest(whole)) => counted(&|state| Some((1.0 - share(state)) * number(state, whole)?)),
        Some(Behind::Counted(parts)) => parts.iter().all(is_no_more),
        Some(Behind::Moment(moment)) => number(now, moment) < number(before, moment) && number(now, moment).is_some(),
    };
    relative && !Mistake::SmallerWholesAreWorse.here()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(measures: &[(&str, f64)]) -> State {
        measures.iter().map(|(key, n)| ((*key).to_owned(), Amount::Number(*n))).collect()
    }

    fn relative(before: &[(&str, f64)], now: &[(&str, f64)]) -> bool {
        is_only_relative(before[0].0, &state(before), &state(now))
    }

    #[test]
    fn a_share_of_less_is_no_more() {
        let then = [("attribution.wrong", 0.01), ("calls", 1_000.0)];
        assert!(relative(&then, &[("attribution.wrong", 0.1), ("calls", 100.0)]), "ten and ten");
        assert!(!relative(&then, &[("attribution.wrong", 0.11), ("calls", 100.0)]), "ten and eleven");
        assert!(!relative(&then, &[("attribution.wrong", 0.1)]), "of how many, nobody knows");
        let then = [("attribution.right", 0.99), ("calls", 1_000.0)];
        assert!(relative(&then, &[("attribution.right", 0.9), ("calls", 100.0)]));
        assert!(!relative(&then, &[("attribution.right", 0.98), ("calls", 1_000.0)]));
        let then = [("reach.share", 0.1), ("reach.resources", 7.0)];
        assert!(relative(&then, &[("reach.share", 0.2), ("reach.resources", 7.0)]));
        assert!(!relative(&then, &[("reach.share", 0.2), ("reach.resources", 8.0)]));
        let then = [("spared", 0.9), ("excess", 10.0)];
        assert!(relative(&then, &[("spared", 0.8), ("excess", 10.0)]));
        assert!(!relative(&then, &[("spared", 0.8), ("excess", 10.0), ("excess.cost", 1.0)]));
        assert!(!relative(&[("survivors", 1.0)], &[("survivors", 2.0)]), "no share");
    }

    #[test]
    fn what_is_looked_at_sooner_may_still_end() {
        let then = [("leftover.declared", 3.0), ("declared", 20.0)];
        assert!(relative(&then, &[("leftover.declared", 5.0), ("declared", 10.0)]));
        assert!(!relative(&then, &[("leftover.declared", 5.0), ("declared", 20.0)]));
        assert!(!relative(&then, &[("leftover.declared", 5.0)]), "never declared is no sooner");
    }

    #[test]
    fn shares_of_what_was_done_have_no_better_side() {
        let camouflage = registry::find("camouflage").map(direction);
        assert_eq!(camouflage, Some(Direction::Neither), "they say nothing of how much was done");
    }

    #[test]
    fn every_share_has_its_whole() {
        let without = |measure: &&registry::Measure| {
            measure.unit == registry::Unit::Share
                && direction(measure) != Direction::Neither
                && behind(measure.key).is_none()
        };
        let keys: Vec<&str> = registry::MEASURES.iter().filter(without).map(|measure| measure.key).collect();
        assert_eq!(keys, ["attribution.instruction"]);
    }
}
