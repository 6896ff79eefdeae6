//! How far one agent spreads what it was told, when those whom it turns do nothing.

use std::io;
use std::sync::Arc;

use rayon::prelude::*;

use crate::measure::{Offspring, turned_beside};
use crate::model::{Baseline, Column, Draws, Plan, Stream};
use crate::plane::driver::Stop;
use crate::wire::{ActorId, CollId, InstructionId};

use super::prepare::Prepared;
use super::simulate::{Behaviour, Kept, simulate};

impl Prepared {
    /// Lets an agent that is drawn begin alone, under so many seeds from the run's own on, and counts whom it turns.
    pub fn count_offspring(&mut self, samples: u32, stop: &Stop) -> io::Result<()> {
        if first_instruction(&self.plan).is_none() {
            return Ok(());
        }
        let under = |n: u32| self.plan.under(self.plan.seed.wrapping_add(u64::from(n)));
        let turned = (0..samples).into_par_iter().map(|n| turned_by_one(under(n), stop));
        let turned: Vec<Option<u32>> = turned.collect::<io::Result<_>>()?;
        if !stop.wanted() {
            self.references.offspring = Some(Offspring(turned.into_iter().flatten().collect()));
        }
        Ok(())
    }
}

/// Whom one agent turns, which the seed chooses.
fn turned_by_one(mut plan: Plan, stop: &Stop) -> io::Result<Option<u32>> {
    let Some((instruction, reads)) = first_instruction(&plan) else { return Ok(None) };
    for collection in &mut plan.collections {
        collection.plants = Column::Empty;
    }
    let plan = Arc::new(plan);
    let listeners: Vec<usize> =
        (0..plan.agents.len()).filter(|at| plan.agents[*at].fault.does_what_it_reads()).collect();
    let drawn = Stream::new(plan.seed, Draws::Index, 0).below(listeners.len() as u64) as usize;
    let Some(agent) = listeners.get(drawn).copied().map(ActorId::at) else { return Ok(None) };
    let mut events = Kept::default();
    let behaviour = Behaviour::OneAlone { agent, instruction, reads };
    simulate(&plan, &Baseline::empty(&plan), behaviour, stop, &mut events)?;
    Ok(Some(turned_beside(&plan, &events.0, agent)))
}

/// The instruction that lies in the first record of all that hold one, and where that is.
fn first_instruction(plan: &Plan) -> Option<(InstructionId, CollId)> {
    plan.collection_ids().find_map(|coll| {
        let spec = plan.collection(coll);
        let planted = (0..spec.count).find_map(|row| spec.plants.get(row))?;
        Some((InstructionId::new(planted), coll))
    })
}
