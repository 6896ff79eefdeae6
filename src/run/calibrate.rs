//! Thresholds from benign work: each is set so low that it raises no more false alarms than a budget, and then what it
//! raises is counted on other seeds.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::measure::registry::Needs;
use crate::measure::{Alarms, lines};
use crate::model::control::{Controls, Detector, Watches};
use crate::model::{Baseline, Plan, Routine};
use crate::plane::driver::Stop;
use crate::scenario::{Document, Overrides};
use crate::wire::{Audit, FamilyId, Message, Purpose, RuleId, Span, Tick};
use crate::world::detect::{Detectors, Line, Run};

use super::prepare::{Comparison, PrepareError, Prepared, learn};
use super::simulate::{Behaviour, Kept, Simulator, simulate};

/// What is wanted of the thresholds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Wanted {
    /// At most so many false alarms of each detector …
    pub alarms: u64,
    /// … in so much benign work.
    pub per: Span,
    /// How many seeds the thresholds are set by; as many others check them.
    pub seeds: u32,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Calibration {
    pub trained: Exposure,
    pub checked: Exposure,
    pub rules: Vec<Calibrated>,
}

/// So much benign work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Exposure {
    pub seeds: u32,
    pub time: Span,
    pub requests: u64,
}

/// A detector, with the threshold that was found.
#[derive(Clone, Debug)]
pub struct Calibrated {
    pub detector: Detector,
    /// What the scenario says; nothing where there is no threshold to set.
    pub before: Option<u64>,
    /// Alarms on the seeds by which it was set.
    pub trained: u64,
    /// Alarms on the others.
    pub checked: u64,
    /// When it would tell of the fault, in the run of the scenario's own seed.
    pub detects: Option<Tick>,
}

impl Calibrated {
    /// The threshold, where there is one.
    pub fn after(&self) -> Option<u64> {
        self.detector.watches.threshold().map(|(amount, _)| amount)
    }
}

/// The log of one run of benign work.
struct Day {
    lines: Vec<Logged>,
    objects: Vec<Run>,
    routine: Routine,
    time: Span,
}

/// A line of it, and where its records end among those of the day.
struct Logged {
    audit: Audit,
    family: Option<FamilyId>,
    message: Message,
    objects: usize,
}

/// Sets the thresholds of a scenario's detectors by its benign work: what everybody does when nothing goes wrong.
pub fn calibrate(
    document: &Document,
    variant: Option<&str>,
    overrides: &Overrides,
    wanted: Wanted,
    stop: &Stop,
) -> Result<Calibration, PrepareError> {
    let comparison = Comparison::of(document, variant, overrides)?;
    let scenario = &comparison.resolved.plan;
    let prepared = comparison.under(scenario.seed, &mut Simulator::default(), Needs::Task, stop)?;
    let plan = &prepared.plan;
    let days = |seeds: Range<u64>| -> io::Result<Vec<Day>> {
        seeds.into_par_iter().map(|n| day(scenario.under(scenario.seed.wrapping_add(n)), stop)).collect()
    };
    let n = u64::from(wanted.seeds);
    let (training, checking) = (days(1..n + 1)?, days(n + 1..2 * n + 1)?);
    let trained = exposure(&training);
    let allowed = wanted.alarms as u128 * u128::from(trained.time.0) / u128::from(wanted.per.0.max(1));
    let mut rules: Vec<Calibrated> = plan
        .controls
        .detectors
        .par_iter()
        .map(|spec| {
            let before = spec.watches.threshold().map(|(amount, _)| amount);
            let watches = lowest(plan, spec, &training, allowed as u64);
            Calibrated { detector: Detector { watches, ..spec.clone() }, before, trained: 0, checked: 0, detects: None }
        })
        .collect();
    let all: Vec<Detector> = rules.iter().map(|rule| rule.detector.clone()).collect();
    let (in_training, in_checking) = (alarms(plan, &all, &training), alarms(plan, &all, &checking));
    let detects = detections(&prepared, &all, stop)?;
    for (at, rule) in rules.iter_mut().enumerate() {
        (rule.trained, rule.checked) = (in_training[at], in_checking[at]);
        rule.detects = detects.get(&RuleId::at(at)).copied();
    }
    rules.retain(|rule| !matches!(rule.detector.watches, Watches::Report { .. }));
    Ok(Calibration { trained, checked: exposure(&checking), rules })
}

/// Benign work, with what prevents and without anybody who answers.
fn day(plan: Plan, stop: &Stop) -> io::Result<Day> {
    let routine = learn(&plan, stop)?;
    let controls = Controls { responses: Vec::new(), ..plan.controls.clone() };
    let plan = Arc::new(Plan { controls, ..plan });
    let mut kept = Kept::default();
    simulate(&plan, &Baseline::empty(&plan), Behaviour::Sane, stop, &mut kept)?;
    let mut day = Day { lines: Vec::new(), objects: Vec::new(), routine, time: Span::ZERO };
    let honest = |purpose| matches!(purpose, Purpose::Agent | Purpose::Benign);
    lines(&plan, &kept.0, honest, |line| {
        day.objects.extend_from_slice(line.objects);
        let (audit, objects) = (*line.audit, day.objects.len());
        day.lines.push(Logged { audit, family: line.family, message: line.message, objects });
    });
    day.time = kept.0.last().map_or(Span::ZERO, |event| event.at().since(Tick::ZERO));
    Ok(day)
}

impl Day {
    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut from = 0;
        self.lines.iter().map(move |line| {
            let objects = &self.objects[std::mem::replace(&mut from, line.objects)..line.objects];
            Line { audit: &line.audit, objects, family: line.family, message: line.message }
        })
    }
}

fn exposure(days: &[Day]) -> Exposure {
    days.iter().fold(Exposure::default(), |sum, day| Exposure {
        seeds: sum.seeds + 1,
        time: sum.time + day.time,
        requests: sum.requests + day.lines.len() as u64,
    })
}

/// How many alarms each of these detectors raises, each day anew.
fn alarms(plan: &Plan, detectors: &[Detector], days: &[Day]) -> Vec<u64> {
    let mut raised = vec![0; detectors.len()];
    for day in days {
        let mut watching = Detectors::of(detectors, plan, &day.routine);
        for line in day.lines() {
            watching.feed(plan, line, |alarm| raised[alarm.rule.index()] += 1);
        }
        watching.advance(Tick::NEVER, |alarm| raised[alarm.rule.index()] += 1);
    }
    raised
}

/// A threshold above this would never be reached.
const MOST: u64 = 1 << 62;

/// What a detector watches, from the lowest amount on that raises no more alarms than allowed.
fn lowest(plan: &Plan, spec: &Detector, days: &[Day], allowed: u64) -> Watches {
    if spec.watches.threshold().is_none() {
        return spec.watches;
    }
    let quiet = |amount| {
        let detector = Detector { watches: spec.watches.from_amount(amount), ..spec.clone() };
        alarms(plan, &[detector], days)[0] <= allowed
    };
    let (mut noisy, mut fine) = (0, 1);
    while fine < MOST && !quiet(fine) {
        (noisy, fine) = (fine, fine * 2);
    }
    while fine - noisy > 1 {
        let middle = noisy + (fine - noisy) / 2;
        if quiet(middle) { fine = middle } else { noisy = middle }
    }
    spec.watches.from_amount(fine)
}

/// When each of these detectors first tells of the fault, if nobody answers.
fn detections(prepared: &Prepared, detectors: &[Detector], stop: &Stop) -> io::Result<BTreeMap<RuleId, Tick>> {
    if !prepared.references.faulty {
        return Ok(BTreeMap::new());
    }
    let (detectors, responses) = (detectors.to_vec(), Vec::new());
    let controls = Controls { detectors, responses, ..prepared.plan.controls.clone() };
    let plan = Arc::new(Plan { controls, ..Plan::clone(&prepared.plan) });
    let mut kept = Kept::default();
    simulate(&plan, &prepared.baseline, Behaviour::Faulty, stop, &mut kept)?;
    Ok(Alarms::of(&plan, &prepared.references, &kept.0).first_of)
}
