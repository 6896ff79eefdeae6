//! What a run is compared with: the run without a fault, the positive control, the static bounds.

use std::io;
use std::sync::Arc;

use crate::analysis::{Ground, Reached, Relaxed};
use crate::measure::registry::Needs;
use crate::measure::{Everyday, Measures, References, baseline_of, carry, carry_pairs, refused_honest, routine, runs};
use crate::model::control::{Controls, Watches};
use crate::model::{Baseline, Index, Plan, Routine};
use crate::plane::driver::Stop;
use crate::scenario::{Document, Overrides, Rejected, Resolved};
use crate::wire::Event;

use super::simulate::{Behaviour, Kept, Simulator, simulate};

/// A run that is ready to start.
pub struct Prepared {
    pub plan: Arc<Plan>,
    pub baseline: Baseline,
    pub references: References,
    /// The resolved scenario, for the journal.
    pub document: serde_json::Value,
    pub warnings: Vec<crate::scenario::Finding>,
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
    prepare_for(&mut Simulator::default(), Needs::HumanPace, document, variant, overrides, stop)
}

/// The same, as far as some measures need it. What they do not need is left out, and so are the measures that would.
pub(super) fn prepare_for(
    simulator: &mut Simulator,
    needs: Needs,
    document: &Document,
    variant: Option<&str>,
    overrides: &Overrides,
    stop: &Stop,
) -> Result<Prepared, PrepareError> {
    let Resolved { plan, document: resolved, warnings } = document.resolve(variant, overrides)?;
    let control = Arc::new(document.positive_control(variant, overrides)?.plan);
    let routine = learn(&plan, stop)?;
    let plan = Arc::new(Plan { routine: routine.clone(), ..plan });

    let mut sane = Kept::default();
    let nothing = Baseline::empty(&control);
    simulator.run(&control, &nothing, Behaviour::Sane, stop, &mut sane)?;
    let baseline_there = baseline_of(&control, &sane.0);
    let baseline = carry(&control, &plan, &baseline_there);
    let everyday = Everyday::of(&control, &sane.0).carried(&control, &plan).runs();

    let faulty = plan.agents.iter().any(|a| !matches!(a.fault, crate::model::agent::Fault::None));
    let mut references = References { faulty: true, routine, everyday, ..References::default() };
    if needs >= Needs::PositiveControl {
        let mut uncontrolled = Kept::default();
        simulator.run(&control, &baseline_there, Behaviour::Faulty, stop, &mut uncontrolled)?;
        compare_with_control(&mut references, &control, &plan, &baseline_there, (faulty, &uncontrolled.0));
    }
    if needs >= Needs::Potential {
        let (there, here) = (Index::of(&control), Index::of(&plan));
        let potential = bound(&control, &there, &Relaxed::new(&control));
        references.potential_uncontrolled = potential.size();
        references.potential_resources = crate::measure::resources(&control, &potential.pairs).values().sum();
        references.potential_configured = bound(&plan, &here, &Relaxed::new(&plan)).size();
        references.potential_documented = bound(&control, &there, &Relaxed::documented(&control)).size();
    }
    references.set_baseline(&baseline);
    references.faulty = faulty;
    Ok(Prepared { plan, baseline, references, document: resolved, warnings })
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

/// What the fault does when nothing stops it.
fn compare_with_control(
    references: &mut References,
    control: &Arc<Plan>,
    plan: &Plan,
    baseline_there: &Baseline,
    (faulty, uncontrolled): (bool, &[Event]),
) {
    references.set_baseline(baseline_there);
    let measured = Measures::of(control, references, uncontrolled);
    references.control_bit = measured.reach.exceeded();
    references.control_excess = runs(&carry_pairs(control, plan, &measured.reach.excess));
    references.control_excess_cost = measured.reach.excess_cost;
    references.control_refused = refused_honest(control, faulty, uncontrolled);
}

fn bound(plan: &Plan, index: &Index, doors: &Relaxed<'_>) -> Reached {
    Ground::new(plan, index).reach(doors, Relaxed::start(plan))
}
