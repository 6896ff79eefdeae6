//! A run from end to end: what it is compared with, the run itself, what it comes to.

mod alone;
mod calibrate;
mod prepare;
mod seeds;
mod simulate;

use std::io;

use crate::measure::{HumanPace, Measures, Simulated, registry};
use crate::plane::driver::{Sink, Stop};
use crate::scenario::{Measurable, Unit};
use crate::verdict::{Circumstances, Judgement, judge};
use crate::wire::{Event, Span};

pub use calibrate::{Calibrated, Calibration, Exposure, Wanted, calibrate};
pub use prepare::{Comparison, Control, PrepareError, Prepared, prepare};
pub use simulate::{Behaviour, Kept, Plane, RunOptions, Simulator, run_on, seats, simulate};

/// The pace of a person, for the machine-speed factor: one request in so long.
pub const HUMAN: Span = Span::from_secs(5);

/// The measures that a scenario may say something about.
pub fn measurable() -> Vec<Measurable> {
    let unit = |unit: registry::Unit| match unit {
        registry::Unit::Count => Unit::Count,
        registry::Unit::Share | registry::Unit::Factor | registry::Unit::Mean => Unit::Number,
        registry::Unit::Time => Unit::Time,
        registry::Unit::Money => Unit::Money,
        registry::Unit::Word => Unit::Word,
    };
    registry::MEASURES.iter().map(|measure| Measurable { key: measure.key, unit: unit(measure.unit) }).collect()
}

/// What a run comes to.
pub struct Finished {
    pub measures: Measures,
    pub judgement: Judgement,
}

impl Prepared {
    /// Repeats the run at the pace of a person, and remembers what the factor needs.
    pub fn compare_with_human_pace(&mut self, events: &[Event], stop: &Stop) -> io::Result<()> {
        self.compare_by(&mut Simulator::default(), events, stop)
    }

    fn compare_by(&mut self, simulator: &mut Simulator, events: &[Event], stop: &Stop) -> io::Result<()> {
        let machine = Measures::of(&self.plan, &self.references, events);
        let (Some(window), Some(t0)) = (machine.window(&self.plan), machine.reach.t0) else { return Ok(()) };
        let mut slow = Kept::default();
        simulator.run(&self.plan, &self.baseline, Behaviour::FaultyByHand(HUMAN), stop, &mut slow)?;
        if stop.wanted() {
            return Ok(());
        }
        let human = Measures::of(&self.plan, &self.references, &slow.0);
        self.references.human = Some(HumanPace {
            window: window.0,
            machine_excess: machine.reach.excess_by(t0 + window),
            human_excess: human.reach.t0.map_or(0, |t0| human.reach.excess_by(t0 + window)),
            human_final: human.reach.excess.len(),
            human_detected: human.alarms.first.is_some(),
        });
        Ok(())
    }

    /// Repeats in virtual time what goes by the wall clock, and remembers how much was asked.
    pub fn compare_with_simulation(&mut self, stop: &Stop) -> io::Result<()> {
        let mut simulated = Kept::default();
        self.simulate(stop, &mut simulated)?;
        self.references.simulated = (!stop.wanted()).then(|| Simulated::of(&self.plan, &simulated.0));
        Ok(())
    }

    /// Measures and judges the events of a run.
    pub fn finish(&self, events: &[Event], truth_applies: bool) -> Finished {
        let measures = Measures::of(&self.plan, &self.references, events);
        let circumstances = Circumstances::of(&self.plan, &self.references, events, truth_applies);
        let judgement = judge(&self.plan.expectations, &measures, self.references.seeds.as_ref(), circumstances);
        Finished { measures, judgement }
    }

    /// Runs in virtual time.
    pub fn simulate(&self, stop: &Stop, sink: &mut dyn Sink) -> io::Result<()> {
        self.run(Plane::Sim, RunOptions::default(), stop, sink)
    }

    /// Runs on one of the planes.
    pub fn run(&self, plane: Plane, options: RunOptions, stop: &Stop, sink: &mut dyn Sink) -> io::Result<()> {
        run_on(plane, &self.plan, &self.baseline, self.behaviour(), options, stop, sink).map(drop)
    }

    /// How its agents behave.
    pub fn behaviour(&self) -> Behaviour {
        if self.references.faulty { Behaviour::Faulty } else { Behaviour::Sane }
    }
}
