//! The same scenario under many seeds, side by side on all cores.

use rayon::prelude::*;

use crate::measure::registry::{Measure, Needs};
use crate::measure::{Measured, Measures, Seeds};
use crate::plane::driver::Stop;
use crate::scenario::{Document, Overrides};

use super::prepare::{PrepareError, Prepared, prepare_for};
use super::simulate::{Kept, Simulator};

impl Prepared {
    /// Repeats the run in virtual time under the seeds that follow its own, and sums up `measures`. The first row is the
    /// run's own seed.
    pub fn repeat_over_seeds(
        &mut self,
        document: &Document,
        overrides: &Overrides,
        measures: &[&'static Measure],
        stop: &Stop,
    ) -> Result<(), PrepareError> {
        let count = self.plan.expectations.most_seeds();
        if count < 2 {
            return Ok(());
        }
        let variant = self.plan.meta.variant.as_deref();
        let first = self.plan.seed;
        let needs = measures.iter().map(|measure| measure.needs()).max().unwrap_or(Needs::Task);
        let row = |simulator: &mut Simulator, n: u64| {
            if stop.wanted() {
                return Ok(Vec::new());
            }
            let overrides = Overrides { seed: Some(first.wrapping_add(n)), ..overrides.clone() };
            measured(simulator, document, variant, &overrides, (needs, measures), stop)
        };
        let rows = (0..u64::from(count)).into_par_iter().map_init(Simulator::default, row);
        let rows: Vec<Vec<Measured>> = rows.collect::<Result<_, _>>()?;
        if !stop.wanted() {
            self.references.seeds = Some(Seeds::of(&self.plan, measures, &rows));
        }
        Ok(())
    }
}

/// One seed, as far as its measures need it.
fn measured(
    simulator: &mut Simulator,
    document: &Document,
    variant: Option<&str>,
    overrides: &Overrides,
    (needs, measures): (Needs, &[&'static Measure]),
    stop: &Stop,
) -> Result<Vec<Measured>, PrepareError> {
    let mut prepared = prepare_for(simulator, needs, document, variant, overrides, stop)?;
    let mut events = Kept::default();
    simulator.run(&prepared.plan, &prepared.baseline, prepared.behaviour(), stop, &mut events)?;
    if needs >= Needs::HumanPace {
        prepared.compare_by(simulator, &events.0, stop)?;
    }
    let all = Measures::of(&prepared.plan, &prepared.references, &events.0);
    let value = |measure: &&Measure| all.get(measure.key).cloned().unwrap_or_else(|| Measured::unknown("not measured"));
    Ok(measures.iter().map(value).collect())
}
