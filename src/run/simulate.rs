//! One run in virtual time, to the end.

use std::io;
use std::sync::Arc;

use crate::agent::Agent;
use crate::model::agent::{AgentPlan, Pace};
use crate::model::{Baseline, Plan};
use crate::plane::driver::{Driver, End, Seat, Sink, Stop};
use crate::plane::sim::Direct;
use crate::vocabulary::SimVocabulary;
use crate::wire::{ActorId, Event, Purpose, Span};
use crate::world::World;

/// How the agents of a run behave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Behaviour {
    /// `fault: none`: the task and nothing else.
    Sane,
    Faulty,
    /// Faulty, at the pace of a person: one request each so often.
    FaultyByHand(Span),
}

/// The clients of a run, in the order of their actor ids: agents, then honest work.
pub fn seats(plan: &Arc<Plan>, behaviour: Behaviour) -> Vec<Seat> {
    let agents = plan.agents.iter().map(|spec| (spec, Purpose::Agent));
    let benign = plan.benign.iter().map(|spec| (spec, Purpose::Benign));
    agents.chain(benign).enumerate().map(|(at, (spec, purpose))| seat(plan, at, spec, purpose, behaviour)).collect()
}

fn seat(plan: &Arc<Plan>, at: usize, spec: &AgentPlan, purpose: Purpose, behaviour: Behaviour) -> Seat {
    let mut spec = spec.clone();
    let faulty = behaviour != Behaviour::Sane && purpose == Purpose::Agent;
    if let (Behaviour::FaultyByHand(every), true) = (behaviour, faulty) {
        spec.pace = Pace::Human { every };
    }
    let (identity, starts) = (spec.identity, spec.starts);
    let client = Box::new(Agent::new(plan.clone(), ActorId::at(at), spec, purpose, plan.seed, faulty));
    Seat { client, purpose, identity, starts }
}

/// What a run does beside its scenario.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RunOptions {
    /// Probes every credential of the closure so often.
    pub probes: Option<Span>,
}

/// Runs a plan in virtual time. Every event goes to `sink`.
pub fn simulate(
    plan: &Arc<Plan>,
    baseline: &Baseline,
    behaviour: Behaviour,
    stop: &Stop,
    sink: &mut dyn Sink,
) -> io::Result<End> {
    simulate_with(plan, baseline, behaviour, RunOptions::default(), stop, sink)
}

/// The same, with what the run does beside its scenario.
pub fn simulate_with(
    plan: &Arc<Plan>,
    baseline: &Baseline,
    behaviour: Behaviour,
    options: RunOptions,
    stop: &Stop,
    sink: &mut dyn Sink,
) -> io::Result<End> {
    let transport = Direct::new(World::new(plan.clone()));
    let vocabulary = SimVocabulary::new(plan.clone());
    let mut driver = Driver::new(plan, baseline, seats(plan, behaviour), transport, vocabulary);
    if let Some(every) = options.probes {
        driver = driver.probing(plan, every);
    }
    Ok(driver.run(stop, sink)?.0)
}

/// Keeps every event.
#[derive(Default)]
pub struct Kept(pub Vec<Event>);

impl Sink for Kept {
    fn events(&mut self, events: &[Event]) -> io::Result<()> {
        self.0.extend_from_slice(events);
        Ok(())
    }
}
