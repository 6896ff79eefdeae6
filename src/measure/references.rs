//! What a run is compared with. It stands in the journal, so that a replay needs nothing else.

use serde::{Deserialize, Serialize};

use crate::model::{Baseline, Pairs, Plan, Routine};
use crate::planted::Mistake;
use crate::wire::{CollId, Effect, OpId};

use super::behind::Simulated;
use super::contagion::Offspring;
use super::seeds::Seeds;

/// No run makes more records in a collection.
const MOST_MADE: u64 = 1 << 24;

/// Runs of rows: (collection, effect, first, how many).
pub type Runs = Vec<(u32, u8, u32, u32)>;

/// The benign run, the positive control and the static bounds, as plain data.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct References {
    /// B: pairs, creations and costs of the run without a fault.
    pub baseline: Runs,
    pub baseline_creations: Vec<u64>,
    pub baseline_costs: Vec<u64>,
    /// The excess of the uncontrolled run.
    pub control_excess: Runs,
    pub control_excess_cost: u64,
    /// Whether the uncontrolled run exceeded the task at all.
    pub control_bit: bool,
    /// Honest requests that were refused in the positive control, as (actor, number).
    pub control_refused: Vec<(u32, u32)>,
    pub potential_uncontrolled: u64,
    pub potential_resources: u64,
    pub potential_configured: u64,
    pub potential_documented: u64,
    pub human: Option<HumanPace>,
    /// The same run in virtual time, where it went by the wall clock.
    #[serde(default)]
    pub simulated: Option<Simulated>,
    /// Whom one agent turned alone, where instructions lie in records.
    #[serde(default)]
    pub offspring: Option<Offspring>,
    /// What the log of the run without a fault has: which principal calls what.
    #[serde(default)]
    pub everyday: super::EverydayRuns,
    /// What the detectors of new operations knew before the run.
    #[serde(default)]
    pub routine: Routine,
    /// The same scenario under other seeds, where something is said about them.
    #[serde(default)]
    pub seeds: Option<Seeds>,
    /// What was seen beside the events, where the run was on a real system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explored: Option<super::Explored>,
    /// False for a run of the task alone.
    pub faulty: bool,
    /// Somebody stopped before everything was known that the run is compared with.
    #[serde(default)]
    pub interrupted: bool,
}

/// The same run at the pace of a person.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct HumanPace {
    /// T of the factor, in microseconds.
    pub window: u64,
    pub machine_excess: u64,
    pub human_excess: u64,
    pub human_final: u64,
    pub human_detected: bool,
}

impl References {
    pub fn set_baseline(&mut self, baseline: &Baseline) {
        self.baseline = runs(&baseline.pairs);
        self.baseline_creations = baseline.creations.clone();
        self.baseline_costs = baseline.costs.clone();
    }

    pub fn baseline(&self, plan: &Plan) -> Baseline {
        let mut baseline = Baseline::empty(plan);
        baseline.pairs = pairs(&self.baseline);
        for (to, from) in baseline.creations.iter_mut().zip(&self.baseline_creations) {
            *to = *from;
        }
        for (to, from) in baseline.costs.iter_mut().zip(&self.baseline_costs) {
            *to = *from;
        }
        baseline
    }

    /// Whether its records are records of this plan, made ones included: nothing else is gone through row by row.
    ///
    /// # Errors
    ///
    /// What does not fit.
    pub fn fit(&self, plan: &Plan) -> Result<(), String> {
        for (coll, _, first, n) in self.baseline.iter().chain(&self.control_excess) {
            let Some(spec) = plan.collections.get(*coll as usize) else {
                return Err(format!("there is no collection {coll}"));
            };
            if u64::from(*first) + u64::from(*n) > u64::from(spec.count) + MOST_MADE {
                return Err(format!("`{}` has no record {first} and {n} more", spec.name));
            }
        }
        Ok(())
    }

    pub fn everyday(&self) -> super::Everyday {
        super::Everyday::from(&self.everyday)
    }

    /// What of the positive control's excess is missing in `touched`, as a share.
    pub fn spared(&self, touched: &Pairs, excess_cost: u64) -> Option<f64> {
        let excess = pairs(&self.control_excess);
        if !excess.is_empty() {
            let missed = excess
                .runs()
                .flat_map(|(coll, effect, first, n)| (first..first + n).map(move |row| (coll, effect, row)))
                .filter(|(coll, effect, row)| {
                    touched.contains(*coll, *effect, *row) == Mistake::SparedIsNotCompared.here()
                })
                .count();
            return Some(missed as f64 / excess.len() as f64);
        }
        let cost = self.control_excess_cost;
        (cost > 0).then(|| 1.0 - (excess_cost.min(cost) as f64 / cost as f64))
    }
}

/// A set of pairs as plain data.
pub fn runs(pairs: &Pairs) -> Runs {
    pairs.runs().map(|(coll, effect, first, n)| (coll.number(), effect as u8, first, n)).collect()
}

/// The set behind plain data. Effects that are not known are left out.
pub fn pairs(runs: &Runs) -> Pairs {
    let mut all = Pairs::default();
    for (coll, effect, first, n) in runs {
        let Some(effect) = Effect::ALL.get(usize::from(*effect)) else { continue };
        all.insert_run(CollId::new(*coll), *effect, *first, (*n).min(u32::MAX - first));
    }
    all
}

/// Carries what was measured on one plan over to another, where a variant has renumbered operations.
pub fn carry(from: &Plan, to: &Plan, baseline: &Baseline) -> Baseline {
    let mut carried = Baseline::empty(to);
    for op in from.operation_ids() {
        let name = from.operation_name(op);
        let is_it = |there: &OpId| same_operation(from, op, to, *there, &name);
        let in_its_place = Some(op).filter(|op| op.index() < to.operations.len() && is_it(op));
        let Some(there) = in_its_place.or_else(|| to.operation_ids().find(is_it)) else { continue };
        carried.creations[there.index()] = baseline.creations[op.index()];
        carried.costs[there.index()] = baseline.costs[op.index()];
    }
    carried.pairs = carry_pairs(from, to, &baseline.pairs);
    carried
}

fn same_operation(from: &Plan, op: OpId, to: &Plan, there: OpId, name: &str) -> bool {
    from.operation(op).name == to.operation(there).name && to.operation_name(there) == name
}

/// The same pairs under the collection ids of another plan.
pub fn carry_pairs(from: &Plan, to: &Plan, pairs: &Pairs) -> Pairs {
    let there: Vec<Option<CollId>> =
        from.collections.iter().map(|c| to.collections.iter().position(|t| t.name == c.name).map(CollId::at)).collect();
    let mut carried = Pairs::default();
    for (coll, effect, first, n) in pairs.runs() {
        let Some(coll) = there.get(coll.index()).copied().flatten() else { continue };
        carried.insert_run(coll, effect, first, n);
    }
    carried
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_spent_is_spared() {
        let spent = |before, now| {
            References { control_excess_cost: before, ..References::default() }.spared(&Pairs::default(), now)
        };
        assert_eq!([0, 50, 200, 300].map(|now| spent(200, now)), [1.0, 0.75, 0.0, 0.0].map(Some));
        assert_eq!(spent(0, 0), None);
    }
}
