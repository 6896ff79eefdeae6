//! The same scenario under many seeds, side by side on all cores.

use std::io;

use rayon::prelude::*;

use crate::measure::registry::{Measure, Needs};
use crate::measure::{Measured, Measures, Seeds};
use crate::plane::driver::Stop;

use super::prepare::{Comparison, Prepared};
use super::simulate::{Kept, Simulator};

impl Prepared {
    /// Repeats the run in virtual time under the seeds that follow its own, and sums up `measures`. The first row is the
    /// run's own seed.
    pub fn repeat_over_seeds(
        &mut self,
        comparison: &Comparison,
        measures: &[&'static Measure],
        stop: &Stop,
    ) -> io::Result<()> {
        let count = self.plan.expectations.most_seeds();
        if count < 2 {
            return Ok(());
        }
        let first = self.plan.seed;
        let needs = measures.iter().map(|measure| measure.needs()).max().unwrap_or(Needs::Task);
        let row = |simulator: &mut Simulator, n: u64| {
            if stop.wanted() {
                return Ok(Vec::new());
            }
            measured(comparison, first.wrapping_add(n), simulator, (needs, measures), stop)
        };
        let rows = (0..u64::from(count)).into_par_iter().map_init(Simulator::default, row);
        let rows: Vec<Vec<Measured>> = rows.collect::<io::Result<_>>()?;
        if !stop.wanted() {
            self.references.seeds = Some(Seeds::of(&self.plan, measures, &rows));
        }
        Ok(())
    }
}

/// One seed, as far as its measures need it.
fn measured(
    comparison: &Comparison,
    seed: u64,
    simulator: &mut Simulator,
    (needs, measures): (Needs, &[&'static Measure]),
    stop: &Stop,
) -> io::Result<Vec<Measured>> {
    let mut prepared = comparison.under(seed, simulator, needs, stop)?;
    let mut events = Kept::default();
    simulator.run(&prepared.plan, &prepared.baseline, prepared.behaviour(), stop, &mut events)?;
    if needs >= Needs::HumanPace {
        prepared.compare_by(simulator, &events.0, stop)?;
    }
    let all = Measures::of(&prepared.plan, &prepared.references, &events.0);
    let value = |measure: &&Measure| all.get(measure.key).cloned().unwrap_or_else(|| Measured::unknown("not measured"));
    Ok(measures.iter().map(value).collect())
}
