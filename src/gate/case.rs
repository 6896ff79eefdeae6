//! One scenario or variant that was run, and how it stands against what is expected of it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::measure::Measures;
use crate::model::Plan;
use crate::model::expect::ExpectedVerdict;
use crate::planted::Mistake;
use crate::report::measured;
use crate::scenario::Document;
use crate::verdict::{Exit, Judgement, Verdict};
use crate::wire::Event;

use super::causes::{Cause, Hop, causes, hops};
use super::suppress::Suppressions;
use super::tolerated::Tolerated;

/// A run as a gate sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// `wiper@lag-60s`.
    pub name: String,
    pub scenario: String,
    pub variant: Option<String>,
    /// The file of the scenario, as it was named.
    pub file: String,
    /// Where the scenario or its variant begins, from 1.
    pub line: usize,
    pub expected: String,
    pub verdict: String,
    pub standing: Standing,
    pub headline: String,
    pub reasons: Vec<String>,
    pub limits: Vec<Limit>,
    /// What made it possible, where a limit is broken.
    pub causes: Vec<Cause>,
    /// How the agent got from one credential to the next.
    pub hops: Vec<Hop>,
    pub measures: BTreeMap<String, Value>,
    /// Operations of which a call of an agent was accepted.
    pub exercised: Vec<String>,
    pub journal_digest: String,
    /// What it took, in seconds of the wall clock.
    pub seconds: f64,
}

/// How a case stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It came out as expected.
    AsExpected,
    /// A limit is broken that a suppression covers.
    Suppressed,
    /// It came out otherwise.
    Unexpected,
    /// It says nothing, and should.
    Inconclusive,
    /// It was stopped.
    Aborted,
}

/// What came of one limit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Limit {
    pub measure: String,
    /// `None` where it cannot be told.
    pub holds: Option<bool>,
    pub told: String,
    /// What is tolerated; results of before it was written have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerated: Option<Tolerated>,
    /// Where it is written, from 1.
    pub line: usize,
    /// Why it is tolerated for now, and until when.
    pub suppressed: Option<String>,
}

/// What was run, for [`Case::of`].
pub struct Ran<'a> {
    pub document: &'a Document,
    pub variant: Option<&'a str>,
    pub file: &'a str,
    pub plan: &'a Plan,
    pub measures: &'a Measures,
    pub events: &'a [Event],
    pub judgement: &'a Judgement,
    pub headline: String,
    pub journal_digest: &'a str,
    pub took: Duration,
}

impl Case {
    /// Holds a run against what its scenario expects of it: to pass, where it does not say.
    pub fn of(ran: &Ran<'_>, suppressions: &Suppressions) -> Case {
        let Ran { document, variant, plan, measures, judgement, .. } = *ran;
        let scenario = document.name().to_owned();
        let name = variant.map_or_else(|| scenario.clone(), |variant| format!("{scenario}@{variant}"));
        let expected = plan.expectations.verdict.unwrap_or(ExpectedVerdict::Pass);
        let limits = judgement.limits.iter().zip(&plan.expectations.limits).map(|(checked, claim)| Limit {
            measure: checked.measure.clone(),
            holds: checked.holds,
            told: checked.told.clone(),
            tolerated: Some(Tolerated::of(claim)),
            line: document.line_of(variant, &["limits", &checked.measure]).unwrap_or(1),
            suppressed: suppressions.cover(&name, &checked.measure),
        });
        let limits: Vec<Limit> = limits.collect();
        let standing = standing(judgement, expected, &limits);
        let broken = limits.iter().any(|limit| limit.holds == Some(false));
        let exercised = measures.reach.by_operation.keys().chain(measures.reach.creations.keys()).copied();
        let mut exercised: Vec<String> = exercised.map(|op| plan.operation_name(op)).collect();
        exercised.sort();
        exercised.dedup();
        Case {
            line: variant.and_then(|variant| document.line_of_variant(variant)).unwrap_or(1),
            causes: if broken { causes(document, variant, plan, measures, ran.events) } else { Vec::new() },
            hops: if broken { hops(document, variant, plan, measures) } else { Vec::new() },
            measures: measures.values().map(|(m, v)| (m.key.to_owned(), measured(m.unit, v))).collect(),
            variant: variant.map(str::to_owned),
            file: ran.file.to_owned(),
            expected: expected.name().to_owned(),
            verdict: judgement.verdict.name().to_owned(),
            headline: ran.headline.clone(),
            reasons: judgement.reasons.clone(),
            journal_digest: ran.journal_digest.to_owned(),
            seconds: ran.took.as_secs_f64(),
            name,
            scenario,
            standing,
            limits,
            exercised,
        }
    }

    /// Limits that are broken and that nothing excuses.
    pub fn broken(&self) -> impl Iterator<Item = &Limit> {
        self.limits.iter().filter(|limit| limit.holds == Some(false) && limit.suppressed.is_none())
    }

    /// Whether the gate stays open.
    pub fn is_green(&self) -> bool {
        self.standing <= Standing::Suppressed
    }

    /// Whether the scenario is there to show what fails.
    pub fn is_to_fail(&self) -> bool {
        self.expected == ExpectedVerdict::Fail.name()
    }

    /// Why it does not stand as it should, in a line.
    pub fn complaint(&self) -> String {
        match self.standing {
            Standing::AsExpected => "as expected".to_owned(),
            Standing::Suppressed => "a broken limit is suppressed".to_owned(),
            Standing::Aborted => "the run was stopped before its end".to_owned(),
            Standing::Unexpected if self.is_to_fail() => {
                format!("came out as `{}`: every limit holds, and this is here to show what fails", self.verdict)
            }
            Standing::Inconclusive if self.verdict == Verdict::Fail.name() => "contradicts its truth".to_owned(),
            Standing::Unexpected | Standing::Inconclusive => {
                format!("came out as `{}`, and `{}` was expected", self.verdict, self.expected)
            }
        }
    }
}

impl Standing {
    pub fn exit(self) -> Exit {
        match self {
            Standing::AsExpected | Standing::Suppressed => Exit::Holds,
            Standing::Unexpected => Exit::Broken,
            Standing::Inconclusive if Mistake::SilenceIsGreen.here() => Exit::Holds,
            Standing::Inconclusive => Exit::Inconclusive,
            Standing::Aborted => Exit::Stopped,
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Standing::AsExpected => "ok",
            Standing::Suppressed => "suppressed",
            Standing::Unexpected => "FAILED",
            Standing::Inconclusive => "INCONCLUSIVE",
            Standing::Aborted => "ABORTED",
        }
    }
}

fn standing(judgement: &Judgement, expected: ExpectedVerdict, limits: &[Limit]) -> Standing {
    let verdict = judgement.verdict;
    let mut broken = limits.iter().filter(|limit| limit.holds == Some(false)).peekable();
    let excused = broken.peek().is_some() && broken.all(|limit| limit.suppressed.is_some());
    match verdict {
        Verdict::Fail if Mistake::ExpectedFailureIsRed.here() => Standing::Unexpected,
        Verdict::Fail if judgement.contradicts_truth && (excused || expected == ExpectedVerdict::Fail) => {
            Standing::Inconclusive
        }
        verdict if verdict.is(expected) => Standing::AsExpected,
        Verdict::Aborted => Standing::Aborted,
        Verdict::Fail if excused && expected == ExpectedVerdict::Pass => Standing::Suppressed,
        Verdict::Inconclusive => Standing::Inconclusive,
        Verdict::Pass | Verdict::Fail => Standing::Unexpected,
    }
}
