//! What got better and worse between two states.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::measure::registry;
use crate::planted::Mistake;

use super::baseline::{Accepted, Amount, Baseline};
use super::sides::{Direction, direction, is_only_relative};
use super::weakened::{Weakened, Written, opens_more, scenario_of, weakened};

/// How a measure of a case changed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Change {
    pub case: String,
    pub measure: String,
    pub before: String,
    pub after: String,
    /// Nothing where the two cannot be told apart, or there is no better side.
    pub worse: Option<bool>,
}

/// What is different between two states.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Delta {
    pub changes: Vec<Change>,
    /// Limits that are broken now and were not before, as `case: measure`.
    pub newly_broken: Vec<String>,
    /// Limits that hold now and did not before.
    pub mended: Vec<String>,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    /// Settings that changed, as `scenarios/wiper.yaml:14: services.prod.accepts was … and is …`.
    pub settings: Vec<String>,
    /// Where less is asked for than before: limits that are looser or gone, expectations that were flipped, cases that
    /// are gone.
    #[serde(default)]
    pub weakened: Vec<Weakened>,
    /// Settings that open more than before.
    #[serde(default)]
    pub widened: Vec<Weakened>,
}

impl Delta {
    pub fn is_worse(&self) -> bool {
        let worse = self.changes.iter().any(|change| change.worse == Some(true)) && !Mistake::WorseIsLetThrough.here();
        worse || self.is_new() || !self.widened.is_empty()
    }

    /// Whether a limit is broken that was not.
    pub fn is_new(&self) -> bool {
        !self.newly_broken.is_empty()
    }

    /// Leaves out limits whose breach is tolerated for now, as `case: measure`.
    pub fn excuse(&mut self, tolerated: &BTreeSet<String>) {
        self.newly_broken.retain(|broken| !tolerated.contains(broken));
    }

    /// Whether less is asked for than before.
    pub fn is_weakened(&self) -> bool {
        !self.weakened.is_empty()
    }

    /// What is different, as titles with lines below them.
    pub fn told(&self) -> Vec<(&'static str, Vec<String>)> {
        let side = |worse: Option<bool>| {
            let of = self.changes.iter().filter(move |change| change.worse == worse);
            of.map(|c| format!("{}: {} was {} and is {}", c.case, c.measure, c.before, c.after)).collect()
        };
        let lines = |all: &[Weakened]| all.iter().map(Weakened::line).collect();
        let all = vec![
            ("weakened, and red until `runaway baseline accept`", lines(&self.weakened)),
            ("opens more than before", lines(&self.widened)),
            ("worse than before", side(Some(true))),
            ("better than before", side(Some(false))),
            ("different, and not to be told apart", side(None)),
            ("limits that hold no more", self.newly_broken.clone()),
            ("limits that hold again", self.mended.clone()),
            ("settings that changed", self.settings.clone()),
            ("new cases", self.added.clone()),
        ];
        all.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
    }
}

impl Amount {
    /// How much harm it is, least and most: what never came is behind every time, where its coming is no harm.
    fn harm(&self, direction: Direction) -> Option<(f64, f64)> {
        let (lo, hi) = match self {
            Amount::Number(n) => (*n, *n),
            Amount::Between([lo, hi]) => (*lo, *hi),
            Amount::Word(word) if word == "never" && direction == Direction::NeverIsBest => {
                (f64::NEG_INFINITY, f64::NEG_INFINITY)
            }
            Amount::Word(word) if word == "never" => (f64::INFINITY, f64::INFINITY),
            Amount::Word(word) => {
                let rank = OUTCOMES.iter().position(|outcome| outcome == word)? as f64;
                (rank, rank)
            }
        };
        Some(if direction == Direction::MoreIsBetter { (-hi, -lo) } else { (lo, hi) })
    }

    /// Whether `self` is worse than `before`; nothing where their intervals meet, or one is not known.
    pub(super) fn is_worse(&self, before: &Amount, direction: Direction) -> Option<bool> {
        let ((now_lo, now_hi), (then_lo, then_hi)) = (self.harm(direction)?, before.harm(direction)?);
        let turned = Mistake::WorseIsBetter.here();
        match () {
            () if Mistake::IntervalsAreNotAsked.here() && now_lo != then_lo => Some(now_lo > then_lo),
            () if now_lo > then_hi => Some(!turned),
            () if now_hi < then_lo => Some(turned),
            () => None,
        }
    }

    fn shown(&self, unit: registry::Unit) -> String {
        let one = |n: f64| match unit {
            registry::Unit::Time => crate::wire::Span(n as u64).to_string(),
            registry::Unit::Share => crate::measure::percent(n),
            registry::Unit::Money => format!("{:.2}", n / 1e6),
            _ if n.fract() == 0.0 => crate::measure::thousands(n as u64),
            _ => format!("{n:.2}"),
        };
        match self {
            Amount::Number(n) => one(*n),
            Amount::Between([lo, hi]) => format!("{} to {}", one(*lo), one(*hi)),
            Amount::Word(word) => word.clone(),
        }
    }
}

/// Two amounts as people read them; with every digit that is known, where rounding would make them one.
fn told_apart(one: &Amount, other: &Amount, unit: registry::Unit) -> (String, String) {
    let rounded = (one.shown(unit), other.shown(unit));
    let exact = |amount: &Amount| {
        let one = |n: f64| match unit {
            registry::Unit::Share => format!("{} %", (n * 1e6).round() / 1e4),
            registry::Unit::Time => format!("{} s", n / 1e6),
            registry::Unit::Money => (n / 1e6).to_string(),
            _ => n.to_string(),
        };
        match amount {
            Amount::Number(n) => one(*n),
            Amount::Between([lo, hi]) => format!("{} to {}", one(*lo), one(*hi)),
            Amount::Word(word) => word.clone(),
        }
    };
    if rounded.0 == rounded.1 { (exact(one), exact(other)) } else { rounded }
}

/// Outcomes, the best first.
const OUTCOMES: [&str; 4] = ["benign", "prevented", "contained", "not-contained"];

/// What is different in `now` from `before`. `written` knows where things stand.
pub fn compare(before: &Baseline, now: &Baseline, written: &dyn Written) -> Delta {
    let file = |case: &str| before.files.get(scenario_of(case)).map(String::as_str);
    let gone = |case: &&String| !now.cases.contains_key(*case) && written.is_gone(case, file(case));
    let mut delta = Delta {
        added: now.cases.keys().filter(|name| !before.cases.contains_key(*name)).cloned().collect(),
        removed: before.cases.keys().filter(gone).cloned().collect(),
        weakened: weakened(before, now, written),
        ..Delta::default()
    };
    changed_settings(before, now, written, &mut delta);
    for (name, now) in &now.cases {
        let Some(before) = before.cases.get(name) else { continue };
        let named = |measure: &String| format!("{name}: {measure}");
        if let (Some(then), Some(after)) = (&before.broken, &now.broken) {
            delta.newly_broken.extend(after.difference(then).map(named));
            delta.mended.extend(then.difference(after).map(named));
        }
        let keys: BTreeSet<&String> = before.measures.keys().chain(now.measures.keys()).collect();
        for key in keys {
            let Some(measure) = registry::find(key).filter(|m| direction(m) != Direction::Neither) else { continue };
            let of = |case: &Accepted| case.measures.get(key).cloned().unwrap_or(Amount::ZERO);
            let (then, after) = (of(before), of(now));
            if then != after {
                let (told_before, told_after) = told_apart(&then, &after, measure.unit);
                let worse = after.is_worse(&then, direction(measure));
                delta.changes.push(Change {
                    case: name.clone(),
                    measure: key.clone(),
                    before: told_before,
                    after: told_after,
                    worse: worse.filter(|worse| !worse || !is_only_relative(key, &before.measures, &now.measures)),
                });
            }
        }
    }
    delta
}

/// Tells of every setting that changed, and of those apart that open more.
fn changed_settings(before: &Baseline, now: &Baseline, written: &dyn Written, delta: &mut Delta) {
    for (scenario, now) in &now.settings {
        let Some(before) = before.settings.get(scenario) else { continue };
        let mut note = |path: &str, told: String| {
            let changed = Weakened::at(scenario, told, written.setting(scenario, path));
            match opens_more(path, before, now) {
                true => delta.widened.push(changed),
                false => delta.settings.push(changed.line()),
            }
        };
        for (path, value) in now {
            match before.get(path) {
                Some(then) if then == value => {}
                Some(then) => note(path, format!("{path} was `{then}` and is `{value}`")),
                None => note(path, format!("{path} is new: `{value}`")),
            }
        }
        for (path, then) in before.iter().filter(|(path, _)| !now.contains_key(*path)) {
            note(path, format!("{path} is gone: it was `{then}`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worse(now: Amount, before: Amount, direction: Direction) -> Option<bool> {
        now.is_worse(&before, direction)
    }

    #[test]
    fn what_is_worse_depends_on_the_side() {
        let (few, many) = (Amount::Number(1.0), Amount::Number(5.0));
        assert_eq!(worse(many.clone(), few.clone(), Direction::LessIsBetter), Some(true));
        assert_eq!(worse(many.clone(), few.clone(), Direction::MoreIsBetter), Some(false));
        assert_eq!(worse(few.clone(), few, Direction::LessIsBetter), None);
        let never = Amount::Word("never".to_owned());
        assert_eq!(worse(never.clone(), many.clone(), Direction::LessIsBetter), Some(true));
        let side = |key| direction(registry::find(key).unwrap());
        // Harm where there was none; and half of the agents turned where fewer were.
        assert_eq!(worse(many.clone(), never.clone(), side("last_effect")), Some(true));
        assert_eq!(worse(many.clone(), never.clone(), side("turned.half")), Some(true));
        assert_eq!(worse(never, many, side("turned.half")), Some(false));
    }

    #[test]
    fn intervals_that_meet_say_nothing() {
        let (one, other) = (Amount::Between([1.0, 3.0]), Amount::Between([2.0, 4.0]));
        assert_eq!(worse(other.clone(), one.clone(), Direction::LessIsBetter), None);
        assert_eq!(worse(Amount::Between([3.5, 4.0]), one, Direction::LessIsBetter), Some(true));
        assert_eq!(worse(Amount::Word("unknown".to_owned()), other, Direction::LessIsBetter), None);
    }

    #[test]
    fn what_differs_is_told_apart() {
        let told = |one, other| told_apart(&Amount::Number(one), &Amount::Number(other), registry::Unit::Share);
        assert_eq!(told(0.0012, 0.0013), ("0.12 %".to_owned(), "0.13 %".to_owned()));
        assert_eq!(told(0.1, 0.2), ("10 %".to_owned(), "20 %".to_owned()));
        let told = |one, other| told_apart(&Amount::Number(one), &Amount::Number(other), registry::Unit::Time);
        assert_eq!(told(60_600_000.0, 60_700_000.0), ("60.6 s".to_owned(), "60.7 s".to_owned()));
    }

    #[test]
    fn outcomes_have_an_order() {
        let word = |word: &str| Amount::Word(word.to_owned());
        assert_eq!(worse(word("not-contained"), word("contained"), Direction::LessIsBetter), Some(true));
        assert_eq!(worse(word("prevented"), word("contained"), Direction::LessIsBetter), Some(false));
    }
}
