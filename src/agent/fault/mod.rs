//! What goes wrong: each fault makes something of the task, or replaces it, and says when it takes over.

mod harvest;
mod injected;
mod over_broad;
mod runaway_loop;
mod wrong_credential;
mod wrong_target;

use crate::model::agent::{AgentPlan, Fault, Strategy};

use super::inventory::Inventory;
use super::program::Code;

pub(super) use injected::Orders;
pub(super) use wrong_credential::Substitute;

/// What an agent is going to do.
#[derive(Debug)]
pub(super) struct Instruction {
    pub code: Code,
    pub onset: Onset,
}

/// When a fault's behaviour begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Onset {
    Never,
    AtOnce,
    /// At the first step that a sane agent would not do.
    AtDeviation,
    /// At the first refusal: from then on with other credentials.
    AtRefusal,
    /// At the first instruction that it obeys.
    AtOrder,
    /// When the task is over, or at its first refusal: a frontier in place of a program.
    AfterTask(Strategy),
}

impl Instruction {
    /// The task and nothing else.
    pub fn sane(spec: &AgentPlan) -> Instruction {
        Instruction { code: Code::plain(&spec.task), onset: Onset::Never }
    }

    /// What the fault makes of the task.
    pub fn faulty(spec: &AgentPlan, inventory: &Inventory) -> Instruction {
        match &spec.fault {
            Fault::None => Instruction::sane(spec),
            Fault::Scripted { then, .. } => Instruction { code: Code::plain(then), onset: Onset::AtOnce },
            Fault::RunawayLoop => runaway_loop::instruction(spec),
            Fault::OverBroad => over_broad::instruction(spec, inventory),
            Fault::WrongTarget { instead_of, calls } => wrong_target::instruction(spec, *instead_of, *calls),
            Fault::WrongCredential => wrong_credential::instruction(spec),
            Fault::Injected => injected::instruction(spec),
            Fault::Harvest { strategy } => harvest::instruction(spec, *strategy),
        }
    }
}
