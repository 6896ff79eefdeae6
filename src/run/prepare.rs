//! What a run is compared with: the run without a fault, the positive control, the static bounds.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::analysis::{Ground, Reached, Relaxed};
use crate::measure::registry::Needs;
use crate::measure::{Everyday, Reach, References, baseline_of, carry, carry_pairs, refused_honest, routine, runs};
use crate::model::control::{Controls, Watches};
use crate::model::{Baseline, Index, Pairs, Plan, Routine};
use crate::plane::driver::Stop;
use crate::planted::Mistake;
use crate::scenario::{Document, Overrides, Rejected, Resolved};

use super::simulate::{Behaviour, Kept, Simulator, simulate};

/// A run that is ready to start, beside what it is compared with.
pub struct Prepared {
    pub plan: Arc<Plan>,
    pub baseline: Baseline,
    pub references: References,
}

/// Why a run could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error("the scenario is wrong")]
    Rejected(#[from] Rejected),
    #[error("a run in memory failed: {0}")]
    Failed(#[from] io::Error),
}

/// Resolves a scenario and runs what the run itself will be compared with.
pub fn prepare(
    document: &Document,
    variant: Option<&str>,
    overrides: &Overrides,
    stop: &Stop,
) -> Result<Prepared, PrepareError> {
    Ok(Comparison::of(document, variant, overrides)?.prepare(stop)?)
}

/// A scenario beside its positive control, both resolved: once for all seeds.
pub struct Comparison {
    /// The scenario itself.
    pub resolved: Resolved,
    control: Arc<Resolved>,
    /// It works otherwise than its positive control.
    own_work: bool,
}

impl Comparison {
    pub fn of(document: &Document, variant: Option<&str>, overrides: &Overrides) -> Result<Comparison, Rejected> {
        let resolved = document.resolve(variant, overrides)?;
        Ok(Comparison::new(resolved, Arc::new(document.positive_control(variant, overrides)?)))
    }

    /// Another scenario beside the same positive control.
    pub fn with(&self, resolved: Resolved) -> Comparison {
        Comparison::new(resolved, self.control.clone())
    }

    fn new(resolved: Resolved, control: Arc<Resolved>) -> Comparison {
        let own_work = works_otherwise(&control.document, &resolved.document);
        Comparison { resolved, control, own_work }
    }

    /// Makes the run under the scenario's own seed ready: runs all that it will be compared with.
    pub fn prepare(&self, stop: &Stop) -> io::Result<Prepared> {
        self.under(self.resolved.plan.seed, &mut Simulator::default(), Needs::HumanPace, stop)
    }

    /// The same under any seed, as far as some measures need it. What they do not need is left out, and so are the
    /// measures that would.
    pub(super) fn under(
        &self,
        seed: u64,
        simulator: &mut Simulator,
        needs: Needs,
        stop: &Stop,
    ) -> io::Result<Prepared> {
        let faulty = is_faulty(&self.resolved.plan);
        self.control(seed, simulator, needs, faulty, stop)?.prepare(needs, self, stop)
    }

    /// Runs the positive control under a seed, without the fault and with it. `faulty`: so are the agents of the scenario.
    pub fn control(
        &self,
        seed: u64,
        simulator: &mut Simulator,
        needs: Needs,
        faulty: bool,
        stop: &Stop,
    ) -> io::Result<Control> {
        let plan = Arc::new(self.control.plan.under(seed));
        let mut sane = Kept::default();
        simulator.run(&plan, &Baseline::empty(&plan), Behaviour::Sane, stop, &mut sane)?;
        let (baseline, everyday) = (baseline_of(&plan, &sane.0), Everyday::of(&plan, &sane.0));
        let bites = needs >= Needs::PositiveControl;
        let uncontrolled = bites.then(|| uncontrolled(simulator, &plan, &baseline, faulty, stop));
        Ok(Control { uncontrolled: uncontrolled.transpose()?, plan, baseline, everyday })
    }
}

fn is_faulty(plan: &Plan) -> bool {
    plan.agents.iter().any(|agent| !matches!(agent.fault, crate::model::agent::Fault::None))
}

/// What a run under one seed is compared with: the same for every change of its defence.
pub struct Control {
    plan: Arc<Plan>,
    /// What the task touches.
    baseline: Baseline,
    everyday: Everyday,
    uncontrolled: Option<Uncontrolled>,
}

/// What the fault does when nothing stops it.
struct Uncontrolled {
    bit: bool,
    excess: Pairs,
    cost: u64,
    refused: Vec<(u32, u32)>,
}

impl Control {
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Makes a run ready that is compared with this one, under the same seed.
    pub fn prepare(&self, needs: Needs, comparison: &Comparison, stop: &Stop) -> io::Result<Prepared> {
        let plan = comparison.resolved.plan.under(self.plan.seed);
        let routine = learn(&plan, stop)?;
        let plan = Arc::new(Plan { routine: routine.clone(), ..plan });
        let control = &self.plan;
        let mut baseline = carry(control, &plan, &self.baseline);
        if comparison.own_work && !Mistake::VariantsWorkIsHarm.here() {
            baseline.unite(&work_of(&plan, stop)?);
        }
        let everyday = self.everyday.carried(control, &plan).runs();
        let faulty = is_faulty(&plan);
        let mut references = References { faulty, routine, everyday, ..References::default() };
        if let Some(uncontrolled) = &self.uncontrolled {
            references.control_bit = uncontrolled.bit;
            references.control_excess = runs(&carry_pairs(control, &plan, &uncontrolled.excess));
            references.control_excess_cost = uncontrolled.cost;
            references.control_refused.clone_from(&uncontrolled.refused);
        }
        if needs >= Needs::Potential {
            let (there, here) = (Index::of(control), Index::of(&plan));
            let potential = bound(control, &there, &Relaxed::new(control));
            references.potential_uncontrolled = potential.size();
            references.potential_resources = crate::measure::resources(control, &potential.pairs).values().sum();
            references.potential_configured = bound(&plan, &here, &Relaxed::new(&plan)).size();
            references.potential_documented = bound(control, &there, &Relaxed::documented(control)).size();
        }
        references.set_baseline(&baseline);
        Ok(Prepared { plan, baseline, references })
    }
}

/// Whether a scenario is another one than its positive control, but for what defends it and what is expected.
fn works_otherwise(control: &serde_json::Value, document: &serde_json::Value) -> bool {
    const DEFENCE: [&str; 8] = ["controls", "detect", "respond", "steps", "limits", "truth", "expect_verdict", "story"];
    fn work(document: &serde_json::Value) -> BTreeMap<&str, &serde_json::Value> {
        let parts = document["map"].as_array().into_iter().flatten();
        parts
            .filter_map(|part| Some((part[0].as_str()?, &part[1])))
            .filter(|(name, _)| !DEFENCE.contains(name))
            .collect()
    }
    work(control) != work(document)
}

/// What the task and the honest work of this scenario touch where nothing is wrong with the agents and nothing defends:
/// a variant may do other work than its positive control.
fn work_of(plan: &Arc<Plan>, stop: &Stop) -> io::Result<Baseline> {
    let undefended = Arc::new(Plan { controls: Controls::default(), ..Plan::clone(plan) });
    let mut kept = Kept::default();
    simulate(&undefended, &Baseline::empty(&undefended), Behaviour::Sane, stop, &mut kept)?;
    Ok(baseline_of(&undefended, &kept.0))
}

fn uncontrolled(
    simulator: &mut Simulator,
    plan: &Arc<Plan>,
    baseline: &Baseline,
    faulty: bool,
    stop: &Stop,
) -> io::Result<Uncontrolled> {
    let mut events = Kept::default();
    simulator.run(plan, baseline, Behaviour::Faulty, stop, &mut events)?;
    let reach = Reach::of(plan, baseline, &events.0);
    Ok(Uncontrolled {
        bit: reach.exceeded() || reach.still_to_come().next().is_some(),
        cost: reach.excess_cost,
        refused: refused_honest(plan, faulty, &events.0),
        excess: reach.excess,
    })
}

/// What the detectors of new operations learnt on another day: the same work under another seed, without a fault and
/// without controls.
pub(super) fn learn(plan: &Plan, stop: &Stop) -> io::Result<Routine> {
    let detectors = &plan.controls.detectors;
    if detectors.iter().all(|detector| !matches!(detector.watches, Watches::NeverSeen)) {
        return Ok(Routine::default());
    }
    let controls = Controls { detectors: detectors.clone(), ..Controls::default() };
    let day_before = Arc::new(Plan { seed: !plan.seed, controls, ..plan.clone() });
    let mut kept = Kept::default();
    simulate(&day_before, &Baseline::empty(&day_before), Behaviour::Sane, stop, &mut kept)?;
    Ok(routine(&day_before, &kept.0))
}

fn bound(plan: &Plan, index: &Index, doors: &Relaxed<'_>) -> Reached {
    Ground::new(plan, index).reach(doors, Relaxed::start(plan))
}
