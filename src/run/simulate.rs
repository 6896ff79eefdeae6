//! One run in virtual time, to the end: in memory, or over HTTP in lock-step.

use std::io;
use std::sync::Arc;

use crate::agent::{Agent, Conduct, Inventory, Part};
use crate::model::agent::{AgentPlan, Pace};
use crate::model::{Baseline, Plan};
use crate::plane::Transport;
use crate::plane::driver::{Driver, End, Seat, Sink, Stop};
use crate::plane::mock::{Live, Lockstep};
use crate::plane::sim::Direct;
use crate::vocabulary::SimVocabulary;
use crate::wire::{ActorId, CollId, Event, InstructionId, Purpose, Span, Vocabulary};
use crate::world::World;

/// How the agents of a run behave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Behaviour {
    /// `fault: none`: the task and nothing else.
    Sane,
    Faulty,
    /// Faulty, at the pace of a person: one request each so often.
    FaultyByHand(Span),
    /// One agent begins with an instruction that lies nowhere else, and nobody does what it turns them to.
    OneAlone {
        agent: ActorId,
        instruction: InstructionId,
        reads: CollId,
    },
}

/// The clients of a run, in the order of their actor ids: agents, then honest work.
pub fn seats(plan: &Arc<Plan>, behaviour: Behaviour) -> Vec<Seat> {
    let agents = plan.agents.iter().map(|spec| (spec, Purpose::Agent));
    let benign = plan.benign.iter().map(|spec| (spec, Purpose::Benign));
    let inventory = Arc::new(Inventory::of(plan));
    let seat = |(at, (spec, purpose)): (usize, (&AgentPlan, Purpose))| {
        let who = ActorId::at(at);
        let conduct = match behaviour {
            _ if purpose != Purpose::Agent => Conduct::Sane,
            Behaviour::Sane => Conduct::Sane,
            Behaviour::Faulty | Behaviour::FaultyByHand(_) => Conduct::Faulty(Part::Acts),
            Behaviour::OneAlone { agent, instruction, reads } if agent == who => {
                Conduct::Faulty(Part::Begins(instruction, reads))
            }
            Behaviour::OneAlone { .. } if spec.fault.does_what_it_reads() => Conduct::Faulty(Part::Listens),
            Behaviour::OneAlone { .. } => Conduct::Sane,
        };
        let by_hand = match behaviour {
            Behaviour::FaultyByHand(every) if conduct != Conduct::Sane => {
                Some(AgentPlan { pace: Pace::Human { every }, ..spec.clone() })
            }
            _ => None,
        };
        let does = by_hand.as_ref().unwrap_or(spec);
        let client = Agent::new(plan, &inventory, who, does, purpose, conduct);
        Seat { client, purpose, identity: spec.identity, starts: spec.starts }
    };
    agents.chain(benign).enumerate().map(seat).collect()
}

/// Where requests are answered.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Plane {
    /// In this process, in virtual time.
    Sim,
    /// Over real HTTP on loopback, in lock-step with the driver's clock.
    Mock,
    /// Over real HTTP on loopback by the wall clock, `scale` times as fast as life.
    Live { scale: f64 },
}

impl Plane {
    pub const fn name(self) -> &'static str {
        match self {
            Plane::Sim => "sim",
            Plane::Mock | Plane::Live { .. } => "mock",
        }
    }

    /// By the wall clock, nothing is exact: what a scenario says that a run must compute holds in virtual time only.
    pub const fn keeps_virtual_time(self) -> bool {
        !matches!(self, Plane::Live { .. })
    }
}

/// What a run does beside its scenario.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RunOptions {
    /// Probes every credential of the closure so often.
    pub probes: Option<Span>,
}

/// Runs plans in virtual time, one run after the other. What follows from a plan alone is worked out once for all the runs
/// that it has in a row, and what a run made room for is there for the next.
#[derive(Default)]
pub struct Simulator {
    ready: Option<Ready>,
}

/// A plan that was run, and how its agents behaved.
struct Ready {
    plan: Arc<Plan>,
    behaviour: Behaviour,
    driver: Driver<Direct, SimVocabulary>,
}

impl Simulator {
    /// Runs a plan. Every event goes to `sink`.
    pub fn run(
        &mut self,
        plan: &Arc<Plan>,
        baseline: &Baseline,
        behaviour: Behaviour,
        stop: &Stop,
        sink: &mut dyn Sink,
    ) -> io::Result<End> {
        match self.ready.as_mut().filter(|ready| Arc::ptr_eq(&ready.plan, plan)) {
            Some(ready) if ready.behaviour == behaviour => ready.driver.restart(),
            Some(ready) => {
                ready.driver.reseat(|| seats(plan, behaviour));
                ready.behaviour = behaviour;
            }
            None => self.ready = None,
        }
        let ready = self.ready.get_or_insert_with(|| {
            let (transport, vocabulary) = (Direct::new(World::new(plan.clone())), SimVocabulary::new(plan.clone()));
            let driver = Driver::new(plan, seats(plan, behaviour), transport, vocabulary);
            Ready { plan: plan.clone(), behaviour, driver }
        });
        ready.driver.run(baseline, stop, sink)
    }
}

/// Runs a plan in virtual time. Every event goes to `sink`.
pub fn simulate(
    plan: &Arc<Plan>,
    baseline: &Baseline,
    behaviour: Behaviour,
    stop: &Stop,
    sink: &mut dyn Sink,
) -> io::Result<End> {
    Simulator::default().run(plan, baseline, behaviour, stop, sink)
}

/// Runs a plan on one of the planes. Every event goes to `sink`.
pub fn run_on(
    plane: Plane,
    plan: &Arc<Plan>,
    baseline: &Baseline,
    behaviour: Behaviour,
    options: RunOptions,
    stop: &Stop,
    sink: &mut dyn Sink,
) -> io::Result<End> {
    let run = Run { plan, baseline, behaviour, options };
    match plane {
        Plane::Sim => run.with(Direct::new(World::new(plan.clone())), SimVocabulary::new(plan.clone()), stop, sink),
        Plane::Mock => {
            let transport = Lockstep::start(plan.clone())?;
            let vocabulary = transport.vocabulary();
            run.with(transport, vocabulary, stop, sink)
        }
        Plane::Live { scale } => {
            let transport = Live::start(plan.clone(), scale)?;
            let vocabulary = transport.vocabulary();
            run.with(transport, vocabulary, stop, sink)
        }
    }
}

/// A run that only needs a transport.
struct Run<'a> {
    plan: &'a Arc<Plan>,
    baseline: &'a Baseline,
    behaviour: Behaviour,
    options: RunOptions,
}

impl Run<'_> {
    fn with<T: Transport, V: Vocabulary>(
        self,
        transport: T,
        vocabulary: V,
        stop: &Stop,
        sink: &mut dyn Sink,
    ) -> io::Result<End> {
        let mut driver = Driver::new(self.plan, seats(self.plan, self.behaviour), transport, vocabulary);
        if let Some(every) = self.options.probes {
            driver = driver.probing(self.plan, every);
        }
        driver.run(self.baseline, stop, sink)
    }
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
