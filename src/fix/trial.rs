//! One change under one seed: the run, and the work that goes on beside it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::measure::registry::Needs;
use crate::measure::{Collateral, Measures, Outcome, refused_honest};
use crate::model::expect::Claim;
use crate::model::{Baseline, Plan, Time};
use crate::plane::driver::{End, Sink, Stop};
use crate::planted::Mistake;
use crate::report::{After, Over, Share};
use crate::run::{Behaviour, Comparison, Control, Kept, Prepared, Simulator};
use crate::scenario::money_shown;
use crate::wire::{ActorId, Event, OpId, Purpose, Tick, Verdict};

/// What a run comes to, as far as changes are compared by it.
#[derive(Clone, PartialEq, Debug)]
pub struct Seen {
    pub outcome: Outcome,
    /// The limits on reach hold; without any, it is prevented or contained.
    pub holds: bool,
    /// What is queued at the end counts as the most that it can touch, here and in the excess.
    pub leftover: u64,
    /// How many accepted effects beyond the task are queued at the end.
    pub queued: u64,
    /// Of what is left over, what the run had not touched.
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

/// The run that nothing stops.
pub struct Yardstick {
    control: Control,
    /// The honest requests that are refused in it up to the horizon, as (actor, number).
    refused: Vec<(u32, u32)>,
}

impl Yardstick {
    pub fn of(comparison: &Comparison, seed: u64, stop: &Stop) -> io::Result<Yardstick> {
        let control = comparison.control(seed, &mut Simulator::default(), Needs::PositiveControl, true, stop)?;
        let plan = to_the_horizon(control.plan());
        let mut asked = Requests::default();
        Simulator::default().run(&plan, &Baseline::empty(&plan), Behaviour::Faulty, stop, &mut asked)?;
        Ok(Yardstick { refused: refused_honest(&plan, true, &asked.0), control })
    }
}

/// One seed: what everything under it is compared with.
pub struct Bench {
    yardstick: Yardstick,
    prepared: Prepared,
    /// What honest work gets done in a run in which nothing goes wrong, with the scenario as it is.
    work: Work,
    seen: Seen,
}

impl Bench {
    pub fn new(yardstick: Yardstick, plain: &Comparison, stop: &Stop) -> io::Result<Bench> {
        let prepared = yardstick.control.prepare(Needs::PositiveControl, plain, stop)?;
        let mut trial = Trial::of(&prepared, stop);
        let work = trial.work()?;
        let seen = trial.see(&yardstick, (&work, &work))?;
        Ok(Bench { yardstick, prepared, work, seen })
    }

    pub fn seed(&self) -> u64 {
        self.prepared.plan.seed
    }

    /// The scenario as it is.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Runs the scenario with a change.
    pub fn try_out(&self, changed: &Comparison, stop: &Stop) -> io::Result<Seen> {
        self.try_beside(&self.yardstick, changed, stop)
    }

    /// The same, where it is compared with something else.
    pub fn try_beside(&self, yardstick: &Yardstick, changed: &Comparison, stop: &Stop) -> io::Result<Seen> {
        let prepared = yardstick.control.prepare(Needs::PositiveControl, changed, stop)?;
        let mut trial = Trial::of(&prepared, stop);
        let work = trial.work()?;
        trial.see(yardstick, (&self.work, &work))
    }
}

/// Keeps what was asked, and no other event.
#[derive(Default)]
struct Requests(Vec<Event>);

impl Sink for Requests {
    fn events(&mut self, events: &[Event]) -> io::Result<()> {
        self.0.extend(events.iter().filter(|event| matches!(event, Event::Asked { .. })));
        Ok(())
    }
}

/// The same plan, whose runs go on to the horizon however long everything has been shut: honest work is compared over the
/// same time.
fn to_the_horizon(plan: &Arc<Plan>) -> Arc<Plan> {
    let Some(horizon) = plan.time.horizon else { return plan.clone() };
    let time = Time { settle: horizon.since(Tick::ZERO), ..plan.time };
    Arc::new(Plan { time, ..Plan::clone(plan) })
}

/// The runs of one change under one seed.
struct Trial<'a> {
    prepared: &'a Prepared,
    lasting: Arc<Plan>,
    simulator: Simulator,
    stop: &'a Stop,
}

impl<'a> Trial<'a> {
    fn of(prepared: &'a Prepared, stop: &'a Stop) -> Trial<'a> {
        Trial { prepared, lasting: to_the_horizon(&prepared.plan), simulator: Simulator::default(), stop }
    }

    /// What is asked up to the horizon.
    fn requests(&mut self, baseline: &Baseline, behaviour: Behaviour) -> io::Result<Vec<Event>> {
        let mut asked = Requests::default();
        self.simulator.run(&self.lasting, baseline, behaviour, self.stop, &mut asked)?;
        Ok(asked.0)
    }

    /// What gets done in a run in which nothing goes wrong.
    fn work(&mut self) -> io::Result<Work> {
        let mut work = BTreeMap::new();
        for event in self.requests(&Baseline::empty(&self.prepared.plan), Behaviour::Sane)? {
            if let Event::Asked { id, purpose, op: Some(op), verdict: Verdict::Accepted, .. } = event
                && matches!(purpose, Purpose::Agent | Purpose::Benign)
            {
                *work.entry((id.by, op)).or_default() += 1;
            }
        }
        Ok(work)
    }

    /// Honest requests that the defence refuses or delays beside the agent. The run itself shows it, where it did not end
    /// before the horizon.
    fn refused(&mut self, yardstick: &Yardstick, end: End, events: &[Event]) -> io::Result<u64> {
        let Prepared { baseline, references, .. } = self.prepared;
        let later;
        let all = if end.settled {
            later = self.requests(baseline, self.prepared.behaviour())?;
            &later
        } else {
            events
        };
        Ok(Collateral::of(&self.lasting, references.faulty, &yardstick.refused, all).total().requests())
    }

    /// What is seen of the run, with the work that went on before a change and with it.
    fn see(&mut self, yardstick: &Yardstick, (before, work): (&Work, &Work)) -> io::Result<Seen> {
        let Prepared { plan, baseline, references, .. } = self.prepared;
        let mut events = Kept::default();
        let end = self.simulator.run(plan, baseline, self.prepared.behaviour(), self.stop, &mut events)?;
        let refused = self.refused(yardstick, end, &events.0)?;
        let measures = Measures::of(plan, references, &events.0);
        let undone = before.iter().map(|(what, n)| n.saturating_sub(work.get(what).copied().unwrap_or(0)));
        let reach = &measures.reach;
        let may_come = if Mistake::QueuedHarmIsNoHarm.here() { 0 } else { measures.may_still_touch(plan) };
        Ok(Seen {
            outcome: measures.outcome,
            holds: holds(plan, &measures),
            leftover: measures.leftover.at_deadline.len() + may_come,
            queued: reach.still_to_come().count() as u64,
            fresh: measures.leftover.fresh(&reach.touched),
            survivors: measures.leftover.survivors.len() as u64,
            excess: reach.excess.len() + reach.excess_creations + may_come,
            cost: reach.excess_cost,
            irreversible: reach.irreversible,
            leaked: measures.leaked,
            spared: references.spared(&reach.touched, reach.excess_cost),
            collateral: match Mistake::HonestWorkIsNotHit.here() {
                true => 0,
                false => refused + undone.sum::<u64>(),
            },
            closed: measures.closed().filter(|_| !measures.doors.is_empty()).map(|at| at.0),
        })
    }
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

    /// Whether the limits hold as it is.
    pub fn holds(&self) -> bool {
        self.seen.iter().all(|seen| seen.holds)
    }

    /// Whether anything goes wrong as it is.
    pub fn bites(&self) -> bool {
        let queued = |seen: &Seen| seen.queued > 0 && !Mistake::QueuedHarmIsNoHarm.here();
        self.seen.iter().any(|seen| seen.excess > 0 || seen.cost > 0 || queued(seen))
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
