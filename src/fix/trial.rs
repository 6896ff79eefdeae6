//! One change under one seed: the run, and the work that goes on beside it.

use std::collections::BTreeMap;
use std::io;

use crate::measure::registry::Needs;
use crate::measure::{Measures, Outcome};
use crate::model::expect::Claim;
use crate::model::{Baseline, Plan};
use crate::plane::driver::Stop;
use crate::planted::Mistake;
use crate::report::{After, Over, Share};
use crate::run::{Behaviour, Control, Kept, Prepared, Simulator};
use crate::scenario::{Overrides, Resolved, money_shown};
use crate::wire::{ActorId, Event, OpId, Purpose, Verdict};

/// What a run comes to, as far as changes are compared by it.
#[derive(Clone, PartialEq, Debug)]
pub struct Seen {
    pub outcome: Outcome,
    /// The limits on reach hold; without any, it is prevented or contained.
    pub holds: bool,
    pub leftover: u64,
    /// Of that, what the run had not touched.
    pub fresh: u64,
    pub survivors: u64,
    /// Pairs and creations beyond the task.
    pub excess: u64,
    pub cost: u64,
    pub irreversible: u64,
    /// Records that went out to where an outsider reads.
    pub leaked: u64,
    pub spared: Option<f64>,
    /// Honest requests that the defence hit, beside the agent and without it.
    pub collateral: u64,
    pub closed: Option<u64>,
}

/// Accepted requests, by who asks for what.
type Work = BTreeMap<(ActorId, OpId), u64>;

/// One seed: what everything under it is compared with.
pub struct Bench {
    overrides: Overrides,
    control: Control,
    prepared: Prepared,
    /// What honest work gets done in a run in which nothing goes wrong, with the scenario as it is.
    work: Work,
    seen: Seen,
}

impl Bench {
    pub fn new(control: Control, overrides: Overrides, plain: Resolved, stop: &Stop) -> io::Result<Bench> {
        let prepared = control.prepare(Needs::PositiveControl, plain, stop)?;
        let mut simulator = Simulator::default();
        let work = work_of(&mut simulator, &prepared, stop)?;
        let seen = see(&mut simulator, &prepared, (&work, &work), stop)?;
        Ok(Bench { overrides, control, prepared, work, seen })
    }

    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// The scenario as it is.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Runs the scenario with a change.
    pub fn try_out(&self, changed: Resolved, stop: &Stop) -> io::Result<Seen> {
        self.try_beside(&self.control, changed, stop)
    }

    /// The same, where it is compared with something else.
    pub fn try_beside(&self, control: &Control, changed: Resolved, stop: &Stop) -> io::Result<Seen> {
        let prepared = control.prepare(Needs::PositiveControl, changed, stop)?;
        let mut simulator = Simulator::default();
        let work = work_of(&mut simulator, &prepared, stop)?;
        see(&mut simulator, &prepared, (&self.work, &work), stop)
    }
}

/// Accepted requests of a run in which nothing goes wrong, by who asks for what.
fn work_of(simulator: &mut Simulator, prepared: &Prepared, stop: &Stop) -> io::Result<Work> {
    let mut events = Kept::default();
    simulator.run(&prepared.plan, &Baseline::empty(&prepared.plan), Behaviour::Sane, stop, &mut events)?;
    let mut work = BTreeMap::new();
    for event in &events.0 {
        if let Event::Asked { id, purpose, op: Some(op), verdict: Verdict::Accepted, .. } = *event
            && matches!(purpose, Purpose::Agent | Purpose::Benign)
        {
            *work.entry((id.by, op)).or_default() += 1;
        }
    }
    Ok(work)
}

/// What is seen of a run, with the work that went on before a change and with it.
fn see(
    simulator: &mut Simulator,
    prepared: &Prepared,
    (before, work): (&Work, &Work),
    stop: &Stop,
) -> io::Result<Seen> {
    let mut events = Kept::default();
    simulator.run(&prepared.plan, &prepared.baseline, prepared.behaviour(), stop, &mut events)?;
    let measures = Measures::of(&prepared.plan, &prepared.references, &events.0);
    let undone = before.iter().map(|(what, n)| n.saturating_sub(work.get(what).copied().unwrap_or(0)));
    let reach = &measures.reach;
    Ok(Seen {
        outcome: measures.outcome,
        holds: holds(&prepared.plan, &measures),
        leftover: measures.leftover.at_deadline.len(),
        fresh: measures.leftover.fresh(&reach.touched),
        survivors: measures.leftover.survivors.len() as u64,
        excess: reach.excess.len() + reach.excess_creations,
        cost: reach.excess_cost,
        irreversible: reach.irreversible,
        leaked: measures.leaked,
        spared: prepared.references.spared(&reach.touched, reach.excess_cost),
        collateral: match Mistake::HonestWorkIsNotHit.here() {
            true => 0,
            false => measures.collateral.total().requests() + undone.sum::<u64>(),
        },
        closed: measures.closed().filter(|_| !measures.doors.is_empty()).map(|at| at.0),
    })
}

/// Measures of what is known afterwards: no change of the defence is there for them.
const AFTERWARDS: [&str; 4] = ["attribution.", "camouflage", "contradictions", "visibility.share"];

fn holds(plan: &Plan, measures: &Measures) -> bool {
    let of_reach = |claim: &&Claim| !AFTERWARDS.iter().any(|told| claim.measure.starts_with(told));
    let mut limits = plan.expectations.limits.iter().filter(of_reach).peekable();
    match limits.peek() {
        None => matches!(measures.outcome, Outcome::Prevented | Outcome::Contained),
        Some(_) => {
            limits.all(|claim| measures.get(&claim.measure).and_then(|value| value.meets(&claim.demand)) == Some(true))
        }
    }
}

/// The scenario as it is, under every seed.
pub struct Before {
    seen: Vec<Seen>,
    currency: String,
}

impl Before {
    pub fn of(benches: &[Bench], currency: &str) -> Before {
        Before { seen: benches.iter().map(|bench| bench.seen.clone()).collect(), currency: currency.to_owned() }
    }

    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// How many runs that took.
    pub fn runs(&self) -> usize {
        self.seen.len()
    }

    /// Whether anything goes wrong as it is.
    pub fn bites(&self) -> bool {
        self.seen.iter().any(|seen| seen.excess > 0 || seen.cost > 0)
    }
}

/// What they come to together.
pub fn after(seen: &[Seen], currency: &str) -> After {
    let of = |what: fn(&Seen) -> u64| seen.iter().map(what).collect::<Vec<u64>>();
    let count = |what: fn(&Seen) -> u64| Over::count(of(what));
    let mut outcomes: Vec<(&'static str, u32)> = Vec::new();
    for word in seen.iter().map(|seen| seen.outcome.name()) {
        match outcomes.iter_mut().find(|(known, _)| *known == word) {
            Some((_, n)) => *n += 1,
            None => outcomes.push((word, 1)),
        }
    }
    let money =
        |amount| if currency == "USD" { money_shown(amount) } else { format!("{} {currency}", money_shown(amount)) };
    After {
        contained: Share::of(seen.iter().filter(|seen| seen.holds).count() as u32, seen.len() as u32),
        outcomes,
        leftover: count(|seen| seen.leftover),
        survivors: count(|seen| seen.survivors),
        excess: count(|seen| seen.excess),
        cost: Over::of(of(|seen| seen.cost).into_iter().map(Some).collect(), money),
        irreversible: count(|seen| seen.irreversible),
        collateral: count(|seen| seen.collateral),
        closed: Over::time(seen.iter().map(|seen| seen.closed).collect()),
    }
}
