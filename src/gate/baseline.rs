//! What a gate found before, small enough to be reviewed in a change, and what has changed since.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::measure::registry;
use crate::scenario::Setting;

use super::results::Results;
use super::sides::{Direction, direction, is_a_whole};
use super::tolerated::Tolerated;
use super::weakened::scenario_of;

/// The version of the baseline file.
const SCHEMA: &str = "runaway.baseline/1";

/// The state that a team has accepted.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Baseline {
    pub schema: String,
    pub cases: BTreeMap<String, Accepted>,
    /// The file of each scenario, as it was named.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Every setting of each scenario, by path, so that what changed can be named.
    #[serde(default)]
    pub settings: BTreeMap<String, BTreeMap<String, String>>,
}

/// One case as it was accepted.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Accepted {
    pub verdict: String,
    /// What was expected, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What each limit tolerated, by measure, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<BTreeMap<String, Tolerated>>,
    /// Measures of the limits that were broken, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<BTreeSet<String>>,
    /// Measures that have a better and a worse side, and those that others are shares of; what is zero is left out.
    pub measures: BTreeMap<String, Amount>,
}

/// A measure as far as two runs can be compared by it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Amount {
    /// Known exactly: what it is.
    Number(f64),
    /// A word, or `never`, or `unknown`.
    Word(String),
    /// Known between these.
    Between([f64; 2]),
}

impl Baseline {
    /// What is worth keeping of some results. `settings` are those of each scenario.
    pub fn of(results: &Results, settings: &BTreeMap<String, Vec<Setting>>) -> Baseline {
        let accepted = |case: &super::case::Case| Accepted {
            verdict: case.verdict.clone(),
            expected: Some(case.expected.clone()),
            limits: case.limits.iter().map(|l| Some((l.measure.clone(), l.tolerated.clone()?))).collect(),
            broken: Some(case.limits.iter().filter(|l| l.holds == Some(false)).map(|l| l.measure.clone()).collect()),
            measures: case.measures.iter().filter_map(|(key, value)| comparable(key, value)).collect(),
        };
        let by_path = |all: &Vec<Setting>| all.iter().map(|s| (s.path.clone(), s.value.clone())).collect();
        Baseline {
            schema: SCHEMA.to_owned(),
            cases: results.cases.iter().map(|case| (case.name.clone(), accepted(case))).collect(),
            files: results.cases.iter().map(|case| (case.scenario.clone(), case.file.clone())).collect(),
            settings: settings.iter().map(|(scenario, all)| (scenario.clone(), by_path(all))).collect(),
        }
    }

    /// Reads a baseline, the results of a gate, or a `run.json`.
    ///
    /// # Errors
    ///
    /// What is wrong with the text.
    pub fn read(text: &str) -> Result<Baseline, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
        match value.get("schema").and_then(Value::as_str) {
            Some(SCHEMA) => serde_json::from_value(value).map_err(|error| error.to_string()),
            Some(super::results::SCHEMA) => {
                let results: Results = serde_json::from_value(value).map_err(|error| error.to_string())?;
                Ok(Baseline::of(&results, &BTreeMap::new()))
            }
            Some(crate::report::RUN_SCHEMA) => Ok(of_run(&value)),
            Some(other) => Err(format!("`{other}` is none of a baseline, results of `runaway test`, and a run.json")),
            None => Err("this is none of a baseline, results of `runaway test`, and a run.json".to_owned()),
        }
    }

    /// Takes over from an older state what this one says nothing about and what is not gone.
    pub fn keeps(&mut self, older: Baseline, is_gone: &dyn Fn(&str, Option<&str>) -> bool) {
        let Baseline { cases, files, settings, .. } = older;
        let file = |case: &str| files.get(scenario_of(case)).map(String::as_str);
        let mut kept = BTreeSet::new();
        for (name, case) in cases {
            if !self.cases.contains_key(&name) && !is_gone(&name, file(&name)) {
                kept.insert(scenario_of(&name).to_owned());
                self.cases.insert(name, case);
            }
        }
        for scenario in kept {
            let (file, settings) = (files.get(&scenario).cloned(), settings.get(&scenario).cloned());
            if let Some(file) = file {
                self.files.entry(scenario.clone()).or_insert(file);
            }
            if let Some(settings) = settings {
                self.settings.entry(scenario).or_insert(settings);
            }
        }
    }

    /// Whether a case stands in both.
    pub fn shares_a_case_with(&self, other: &Baseline) -> bool {
        self.cases.keys().any(|name| other.cases.contains_key(name))
    }

    /// This state and another as they can be compared: one run of a scenario and one of a variant of it are two states of
    /// one case.
    pub fn beside(self, other: Baseline) -> (Baseline, Baseline) {
        let one = |state: &Baseline| state.cases.keys().next().filter(|_| state.cases.len() == 1).cloned();
        let variants = one(&self).zip(one(&other)).filter(|(was, is)| was != is && scenario_of(was) == scenario_of(is));
        let Some((was, is)) = variants else { return (self, other) };
        let named = |state: Baseline| {
            let name = format!("{was} -> {is}");
            Baseline { cases: state.cases.into_values().map(|case| (name.clone(), case)).collect(), ..state }
        };
        (named(self), named(other))
    }

    /// As it stands in its file: a line for each thing, so that a change can be reviewed.
    pub fn text(&self) -> String {
        // Maps with text for keys always have a JSON form.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

fn of_run(run: &Value) -> Baseline {
    let text = |key: &str| run.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = match run.get("variant").and_then(Value::as_str) {
        Some(variant) => format!("{}@{variant}", text("scenario")),
        None => text("scenario"),
    };
    let measures = run.get("measures").and_then(Value::as_object).into_iter().flatten();
    let accepted = Accepted {
        verdict: text("verdict"),
        measures: measures.filter_map(|(key, value)| comparable(key, value)).collect(),
        ..Accepted::default()
    };
    Baseline { schema: SCHEMA.to_owned(), cases: BTreeMap::from([(name, accepted)]), ..Baseline::default() }
}

/// A measure as it is compared; nothing for one without a better side, unless others are shares of it.
fn comparable(key: &str, value: &Value) -> Option<(String, Amount)> {
    let measure = registry::find(key)?;
    let amount = Amount::of(value);
    let is_kept = direction(measure) != Direction::Neither || is_a_whole(key);
    (is_kept && amount != Amount::ZERO).then(|| (key.to_owned(), amount))
}

impl Amount {
    pub const ZERO: Amount = Amount::Number(0.0);

    /// To the sixth digit behind the point: a number in a file comes back as it was written.
    fn of(value: &Value) -> Amount {
        let rounded = |n: f64| (n * 1e6).round() / 1e6;
        let number = |key: &str| value.get(key).and_then(Value::as_f64).map(rounded);
        match (value.get("evidence").and_then(Value::as_str), number("lo").zip(number("hi"))) {
            (Some("censored"), _) if value.get("moot").is_some() => Amount::ZERO,
            (Some("censored"), _) => Amount::Word("never".to_owned()),
            (Some("unknown"), _) => Amount::Word("unknown".to_owned()),
            // Without an upper end.
            (Some("bounded"), None) => Amount::Word("unknown".to_owned()),
            (_, Some((lo, hi))) => Amount::Between([lo, hi]),
            _ => match value.get("value") {
                Some(Value::String(word)) => Amount::Word(word.clone()),
                _ => Amount::Number(number("value").unwrap_or(0.0)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_reads_what_it_wrote() {
        let tolerated = Tolerated { told: "at most 10 s".to_owned(), most: Some(1e7), ..Tolerated::default() };
        let accepted = Accepted {
            verdict: "fail".to_owned(),
            expected: Some("pass".to_owned()),
            limits: Some([("closed".to_owned(), tolerated)].into()),
            broken: Some(["survivors".to_owned()].into()),
            measures: [
                ("closed".to_owned(), Amount::Word("never".to_owned())),
                ("excess".to_owned(), Amount::Number(3.0)),
            ]
            .into(),
        };
        let settings = [("w".to_owned(), [("services.s.accepts".to_owned(), "jwt".to_owned())].into())].into();
        let files = [("w".to_owned(), "scenarios/w.yaml".to_owned())].into();
        let cases = [("w".to_owned(), accepted)].into();
        let baseline = Baseline { schema: SCHEMA.to_owned(), cases, files, settings };
        assert_eq!(Baseline::read(&baseline.text()), Ok(baseline));
    }
}
