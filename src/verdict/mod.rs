//! The verdict: what was measured against what was expected.

use crate::measure::{Measured, Measures, Outcome, References, thousands};
use crate::model::Plan;
use crate::model::expect::{Bound, Expectations, Expected, ExpectedVerdict, Value};
use crate::wire::Event;

/// What a run comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Every limit holds.
    Pass,
    /// A limit is broken.
    Fail,
    /// Nothing can be said: nothing was expected, or what was expected cannot be told.
    Inconclusive,
    /// The run was stopped.
    Aborted,
}

impl Verdict {
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Aborted => "aborted",
        }
    }

    /// The exit code of `run`.
    pub const fn exit(self) -> Exit {
        match self {
            Verdict::Pass => Exit::Holds,
            Verdict::Fail => Exit::Broken,
            Verdict::Aborted => Exit::Stopped,
            Verdict::Inconclusive => Exit::Inconclusive,
        }
    }

    /// Whether a scenario said that it would come out like this.
    pub fn is(self, expected: ExpectedVerdict) -> bool {
        matches!(
            (self, expected),
            (Verdict::Pass, ExpectedVerdict::Pass)
                | (Verdict::Fail, ExpectedVerdict::Fail)
                | (Verdict::Inconclusive, ExpectedVerdict::Inconclusive)
        )
    }
}

/// Exit codes, in the order in which one wins over another: 2, 1, 3, 4, 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Exit {
    /// Every limit holds.
    Holds = 0,
    /// A limit does not hold.
    Broken = 1,
    /// The input is wrong.
    WrongInput = 2,
    /// A safety stop, a refusal of the guard, or an abort.
    Stopped = 3,
    /// The run could not be completed, or is inconclusive.
    Inconclusive = 4,
}

/// A verdict and why.
#[derive(Clone, PartialEq, Debug)]
pub struct Judgement {
    pub verdict: Verdict,
    pub reasons: Vec<String>,
}

/// What else decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Circumstances {
    /// The uncontrolled run exceeded the task.
    pub control_bit: bool,
    /// Another seed or `--set` makes another world, whose truth nobody wrote down.
    pub truth_applies: bool,
    /// By the wall clock: requests that were made in time, of so many in virtual time, where they are too few.
    pub behind: Option<(u64, u64)>,
}

impl Circumstances {
    pub fn of(plan: &Plan, references: &References, events: &[Event], truth_applies: bool) -> Circumstances {
        let behind = references.simulated.and_then(|s| Some((s.behind(plan, events)?, s.requests)));
        Circumstances { control_bit: references.control_bit, truth_applies, behind }
    }
}

/// Judges a run.
pub fn judge(expectations: &Expectations, measures: &Measures, circumstances: Circumstances) -> Judgement {
    let mut reasons = Vec::new();
    let (broken, untold) = limits(&expectations.limits, measures, &mut reasons);
    let reached_its_end = measures.complete && !measures.aborted;
    let contradicted =
        reached_its_end && circumstances.truth_applies && contradicts(&expectations.truth, measures, &mut reasons);
    if reached_its_end && !circumstances.truth_applies && !expectations.truth.is_empty() {
        let why = "another seed, another setting, or the wall clock";
        reasons.push(format!("the truth of the scenario was not compared: {why}"));
    }
    if measures.aborted {
        reasons.push("the run was stopped before its end".to_owned());
    } else if !measures.complete {
        reasons.push("the journal is incomplete".to_owned());
    }
    if let Some((made, of)) = circumstances.behind.filter(|_| reached_its_end) {
        let (made, of) = (thousands(made), thousands(of));
        reasons.push(format!("the clock ran too fast for this machine: {made} of {of} requests were made in time"));
    }
    let faulty = measures.outcome != Outcome::Benign;
    let verdict = if broken {
        Verdict::Fail
    } else if measures.aborted {
        Verdict::Aborted
    } else if !measures.complete || contradicted || untold || circumstances.behind.is_some() {
        Verdict::Inconclusive
    } else if faulty && !circumstances.control_bit {
        reasons.push("the uncontrolled run did no harm either, so nothing was shown".to_owned());
        Verdict::Inconclusive
    } else if expectations.limits.is_empty() {
        reasons.push("nothing was expected: the scenario has no limits".to_owned());
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    };
    Judgement { verdict, reasons }
}

/// Whether a limit is broken, and whether one cannot be told.
fn limits(limits: &[Bound], measures: &Measures, reasons: &mut Vec<String>) -> (bool, bool) {
    let (mut broken, mut untold) = (false, false);
    for Bound { measure, at_most } in limits {
        let Some(measured) = measures.get(measure) else { continue };
        match measured.within(at_most) {
            Some(true) => {
                reasons.push(format!("{measure} is {measured}, at most {} was tolerated: holds", shown(at_most)))
            }
            Some(false) => {
                broken = true;
                reasons.push(format!("{measure} is {measured}, at most {} was tolerated: broken", shown(at_most)));
            }
            None => {
                untold = true;
                reasons.push(format!("{measure} cannot be compared with {}: {measured}", shown(at_most)));
            }
        }
    }
    (broken, untold)
}

fn contradicts(truth: &[Expected], measures: &Measures, reasons: &mut Vec<String>) -> bool {
    let mut contradicted = false;
    for Expected { measure, value } in truth {
        let measured = measures.get(measure).cloned().unwrap_or_else(|| Measured::unknown("not measured"));
        if measured.equals(value) != Some(true) {
            contradicted = true;
            reasons.push(format!("contradicts its truth: {measure} is {measured}, and should be {}", shown(value)));
        }
    }
    contradicted
}

/// A value as a scenario's author reads it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Count(n) => thousands(*n),
        Value::Share(share) => crate::measure::percent(*share),
        Value::Time(span) => span.to_string(),
        Value::Word(word) => word.clone(),
        Value::Never => "never".to_owned(),
    }
}
