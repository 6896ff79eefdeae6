//! The same scenario under many seeds, side by side on all cores.

use rayon::prelude::*;

use crate::measure::registry::{Measure, Needs};
use crate::measure::{Measured, Measures, Seeds};
use crate::plane::driver::Stop;
use crate::scenario::{Document, Overrides};

use super::prepare::{PrepareError, Prepared, prepare_for};
use super::simulate::Kept;

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
        let row = |n: u64| {
            if stop.wanted() {
                return Ok(Vec::new());
            }
            let overrides = Overrides { seed: Some(first.wrapping_add(n)), ..overrides.clone() };
            measured(document, variant, &overrides, needs, measures, stop)
        };
        let rows: Vec<Vec<Measured>> = (0..u64::from(count)).into_par_iter().map(row).collect::<Result<_, _>>()?;
        if !stop.wanted() {
            self.references.seeds = Some(Seeds::of(&self.plan, measures, &rows));
        }
        Ok(())
    }
}

/// One seed, as far as its measures need it.
fn measured(
    document: &Document,
    variant: Option<&str>,
    overrides: &Overrides,
    needs: Needs,
    measures: &[&'static Measure],
    stop: &Stop,
) -> Result<Vec<Measured>, PrepareError> {
    let mut prepared = prepare_for(needs, document, variant, overrides, stop)?;
    let mut events = Kept::default();
    prepared.simulate(stop, &mut events)?;
    if needs >= Needs::HumanPace {
        prepared.compare_with_human_pace(&events.0, stop)?;
    }
    let all = Measures::of(&prepared.plan, &prepared.references, &events.0);
    let value = |measure: &&Measure| all.get(measure.key).cloned().unwrap_or_else(|| Measured::unknown("not measured"));
    Ok(measures.iter().map(value).collect())
}
