//! The verdict: what was measured against what was expected.

use crate::measure::registry::{self, Unit};
use crate::measure::{
    Measured, Measures, Outcome, References, Seeds, Tally, Value as Known, counted, percent, thousands,
};
use crate::model::Plan;
use crate::model::expect::{Claim, Demand, Expectations, ExpectedVerdict, OverSeeds, Value};
use crate::planted::Mistake;
use crate::wire::{Event, Purpose, Verdict as Answered};

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
    /// What came of each limit, in their order.
    pub limits: Vec<Checked>,
    /// It did not compute what it must: the scenario is wrong, or this program.
    pub contradicts_truth: bool,
}

/// What came of a limit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    pub measure: String,
    /// Nothing where it cannot be told.
    pub holds: Option<bool>,
    /// As people read it, with what was tolerated.
    pub told: String,
}

/// What else decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Circumstances {
    /// The uncontrolled run exceeded the task.
    pub control_bit: bool,
    /// Another seed or `--set` makes another world, whose truth nobody wrote down.
    pub truth_applies: bool,
    /// By the wall clock: requests that were made in time, of so many in virtual time, where they are too few.
    pub behind: Option<(u64, u64)>,
    /// The agents asked, and every one of their requests failed for no fault of theirs.
    pub down: bool,
    pub explored: Option<Reality>,
}

/// What decides on a real system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reality {
    /// It accepted something of what the agents asked.
    pub answered: bool,
    /// Why the run ended early.
    pub stopped: Option<String>,
    /// Writes that could not be undone.
    pub left: usize,
    /// What was not as before when they had been.
    pub unsteady: Vec<String>,
    /// What could not be tried, and why.
    pub untried: Vec<String>,
}

impl Circumstances {
    pub fn of(plan: &Plan, references: &References, events: &[Event], truth_applies: bool) -> Circumstances {
        let behind = references.simulated.and_then(|s| Some((s.behind(plan, events)?, s.requests)));
        let explored = references.explored.as_ref().map(|explored| {
            let accepted = |event: &Event| matches!(event, Event::Asked { verdict: Answered::Accepted, .. });
            let undo = explored.undo.as_ref();
            Reality {
                answered: events.iter().any(accepted),
                stopped: explored.stopped.clone(),
                left: undo.map_or(0, |undo| undo.left.len()),
                unsteady: undo.map_or_else(Vec::new, |undo| undo.unsteady.clone()),
                untried: explored.untried(),
            }
        });
        let mut asked = events.iter().filter_map(|event| match event {
            Event::Asked { purpose: Purpose::Agent, verdict, .. } => Some(*verdict == Answered::Failed),
            _ => None,
        });
        let down = asked.next().is_some_and(|first| first && asked.all(|failed| failed));
        Circumstances { control_bit: references.control_bit, truth_applies, behind, down, explored }
    }
}

/// Judges a run; what is said over several seeds, by what was measured under them.
pub fn judge(
    expectations: &Expectations,
    measures: &Measures,
    seeds: Option<&Seeds>,
    circumstances: Circumstances,
) -> Judgement {
    let mut bench = Bench { measures, seeds, reasons: Vec::new() };
    let (of_truth, of_limits) = bench.tallies(expectations);
    let reached_its_end = measures.complete && !measures.aborted;
    let mut checked = bench.limits(&expectations.limits, of_limits);
    if !reached_its_end {
        let open = checked.iter_mut().zip(&expectations.limits).filter(|(limit, claim)| {
            let decided = claim.over.is_some()
                || measures.get(&claim.measure).is_some_and(|m| exceeds(&claim.measure, m, &claim.demand));
            limit.holds == Some(false) && !decided
        });
        for (limit, _) in open {
            limit.holds = None;
            limit.told.push_str(" so far, and the run did not reach its end");
        }
    }
    let mut limits = Found::default();
    checked.iter().for_each(|limit| limits.hears(limit.holds));
    let truth = if reached_its_end && circumstances.truth_applies && !Mistake::TruthIsNotCompared.here() {
        bench.truth(&expectations.truth, of_truth)
    } else {
        Found::default()
    };
    let mut reasons: Vec<String> = checked.iter().map(|limit| limit.told.clone()).chain(bench.reasons).collect();
    if reached_its_end && !circumstances.truth_applies && !expectations.truth.is_empty() {
        let why = "another seed or setting, probes, or the wall clock";
        reasons.push(format!("the truth of the scenario was not compared: {why}"));
    }
    let reality = circumstances.explored.as_ref();
    let stopped = reality.and_then(|reality| reality.stopped.as_ref());
    let left = reality.map_or(0, |reality| reality.left);
    let unsteady = reality.map_or(&[][..], |reality| &reality.unsteady);
    if left > 0 {
        reasons.push(format!("{} could not be undone: `runaway undo` tries again", counted(left as u64, "write")));
    }
    reasons.extend(unsteady.iter().map(|what| format!("afterwards the target is not as it was: {what}")));
    reasons.extend(reality.iter().flat_map(|reality| reality.untried.iter().cloned()));
    if let Some(why) = stopped {
        reasons.push(format!("the run was stopped before its end: {why}"));
    } else if measures.aborted {
        reasons.push("the run was stopped before its end".to_owned());
    } else if !measures.complete {
        reasons.push("the journal is incomplete".to_owned());
    }
    if let Some((made, of)) = circumstances.behind.filter(|_| reached_its_end) {
        let (made, of) = (thousands(made), thousands(of));
        reasons.push(format!("the clock ran too fast for this machine: {made} of {of} requests were made in time"));
    }
    let faulty = measures.outcome != Outcome::Benign;
    let untold = limits.untold || truth.untold || truth.broken;
    let verdict = if limits.broken {
        Verdict::Fail
    } else if measures.aborted {
        Verdict::Aborted
    } else if !measures.complete || untold || circumstances.behind.is_some() {
        Verdict::Inconclusive
    } else if reality.is_some_and(|reality| !reality.answered) {
        reasons.push("no request of the agents was accepted, so nothing was shown".to_owned());
        Verdict::Inconclusive
    } else if faulty && circumstances.down {
        reasons.push("no request of the agents was answered but by a failure, so nothing was shown".to_owned());
        Verdict::Inconclusive
    } else if stopped.is_some() || left > 0 || !unsteady.is_empty() {
        Verdict::Inconclusive
    } else if faulty && reality.is_none() && !circumstances.control_bit && !Mistake::NothingNeedsToBite.here() {
        reasons.push("the uncontrolled run did no harm either, so nothing was shown".to_owned());
        Verdict::Inconclusive
    } else if expectations.limits.is_empty() {
        reasons.push("nothing was expected: the scenario has no limits".to_owned());
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    };
    Judgement { verdict, reasons, limits: checked, contradicts_truth: truth.broken }
}

/// Whether an amount is more than is tolerated already: whatever else would have come, it stays so.
fn exceeds(measure: &str, measured: &Measured, demand: &Demand) -> bool {
    let most = match demand {
        Demand::Is(most) | Demand::AtMost(most) | Demand::Between { most, .. } => most,
        Demand::AtLeast(_) => return false,
    };
    let is_amount = match measured {
        Measured::Exact(known) => matches!(known, Known::Count(_) | Known::Money(_) | Known::Time(_)),
        // A factor may still come to have something to be divided by.
        Measured::Bounded { .. } => registry::find(measure).is_some_and(|measure| measure.unit == Unit::Count),
        _ => false,
    };
    is_amount && measured.within(most) == Some(false)
}

/// Where claims are held against what was measured.
struct Bench<'m> {
    measures: &'m Measures,
    seeds: Option<&'m Seeds>,
    reasons: Vec<String>,
}

type Tallies<'m> = std::slice::Iter<'m, Tally>;

/// What came of some claims.
#[derive(Clone, Copy, Default)]
struct Found {
    /// One does not hold.
    broken: bool,
    /// One cannot be told.
    untold: bool,
}

impl Found {
    fn hears(&mut self, holds: Option<bool>) {
        self.broken |= holds == Some(false);
        self.untold |= holds.is_none();
    }
}

impl<'m> Bench<'m> {
    /// The tallies of the claims over seeds: of truth, of limits, each in their order.
    fn tallies(&self, expectations: &Expectations) -> (Tallies<'m>, Tallies<'m>) {
        let all = self.seeds.map_or(&[][..], |seeds| &seeds.tallies);
        let of_truth = expectations.truth.iter().filter(|claim| claim.over.is_some()).count();
        let (truth, limits) = all.split_at(of_truth.min(all.len()));
        (truth.iter(), limits.iter())
    }

    fn measured(&self, claim: &Claim) -> Measured {
        self.measures.get(&claim.measure).cloned().unwrap_or_else(|| Measured::unknown("not measured"))
    }

    /// What the run must compute. Only what does not hold is worth a reason.
    fn truth(&mut self, truth: &[Claim], mut tallies: Tallies<'_>) -> Found {
        let mut found = Found::default();
        for claim in truth {
            let (measure, demanded) = (&claim.measure, demanded(&claim.demand));
            match claim.over.map(|over| (over, tallies.next().copied())) {
                None => {
                    let measured = self.measured(claim);
                    let holds = measured.meets(&claim.demand) == Some(true);
                    found.hears(Some(holds));
                    if !holds {
                        let why = format!("contradicts its truth: {measure} is {measured}, and should be {demanded}");
                        self.reasons.push(why);
                    }
                }
                Some((over, Some(tally))) => {
                    let agrees = tally.agrees(over);
                    found.hears(Some(agrees));
                    if !agrees {
                        let (seen, claimed) = (seen(tally), claimed(over));
                        let why = format!(
                            "contradicts its truth: {measure} is {demanded} {seen}, and it should be so in {claimed}"
                        );
                        self.reasons.push(why);
                    }
                }
                Some((_, None)) => {
                    found.hears(None);
                    self.reasons.push(format!("{measure} was not measured under other seeds"));
                }
            }
        }
        found
    }

    fn limits(&self, limits: &[Claim], mut tallies: Tallies<'_>) -> Vec<Checked> {
        let check = |claim: &Claim| {
            let (measure, demanded) = (&claim.measure, demanded(&claim.demand));
            let measured = self.measured(claim);
            let (holds, told, tolerated) = match claim.over.map(|over| (over, tallies.next())) {
                None => (measured.meets(&claim.demand), format!("{measure} is {measured}"), demanded.clone()),
                Some((over, Some(tally))) => {
                    let told = format!("{measure} is {demanded} {}", seen(*tally));
                    (tally.suffices(over), told, claimed(over))
                }
                Some((over, None)) => (None, String::new(), claimed(over)),
            };
            let told = match (holds, claim.over) {
                (Some(true), _) => format!("{told}, {tolerated} was tolerated: holds"),
                (Some(false), _) => format!("{told}, {tolerated} was tolerated: broken"),
                (None, None) => format!("{measure} cannot be compared with {demanded}: {measured}"),
                (None, Some(_)) if told.is_empty() => format!("{measure} was not measured under other seeds"),
                (None, Some(_)) => format!("{told}: too few seeds to tell whether it is so in {tolerated}"),
            };
            Checked { measure: measure.clone(), holds, told }
        };
        limits.iter().map(check).collect()
    }
}

/// `in 843 of 1,500 seeds (56 %; 54 % to 59 %)`.
pub fn seen(tally: Tally) -> String {
    let (lo, hi) = tally.interval();
    let share = f64::from(tally.held) / f64::from(tally.of.max(1));
    let [held, of] = [tally.held, tally.of].map(|n| thousands(n.into()));
    let untold = match tally.untold {
        0 => String::new(),
        n => format!(", {} not known", thousands(n.into())),
    };
    format!("in {held} of {of} seeds ({}; {} to {}{untold})", percent(share), percent(lo), percent(hi))
}

/// `56 % ± 3 % of the seeds`, `every seed`.
pub fn claimed(over: OverSeeds) -> String {
    match over {
        OverSeeds { probability, give_or_take: 0.0, .. } if probability >= 1.0 => "every seed".to_owned(),
        OverSeeds { probability, give_or_take: 0.0, .. } => format!("{} of the seeds", percent(probability)),
        OverSeeds { probability, give_or_take, .. } => {
            format!("{} ± {} of the seeds", percent(probability), percent(give_or_take))
        }
    }
}

/// What a value has to be, as a scenario's author reads it.
pub fn demanded(demand: &Demand) -> String {
    match demand {
        Demand::Is(value) => shown(value),
        Demand::AtLeast(least) => format!("at least {}", shown(least)),
        Demand::AtMost(most) => format!("at most {}", shown(most)),
        Demand::Between { least, most } => format!("from {} to {}", shown(least), shown(most)),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Count(n) => thousands(*n),
        Value::Share(share) => percent(*share),
        Value::Number(number) => number.to_string(),
        Value::Time(span) => span.to_string(),
        Value::Money(millionths) => format!("{:.2}", *millionths as f64 / 1e6),
        Value::Word(word) => word.clone(),
        Value::Never => "never".to_owned(),
    }
}
