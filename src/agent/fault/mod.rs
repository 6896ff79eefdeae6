//! What goes wrong: each fault makes something of the task, or replaces it, and says when it takes over.

mod harvest;
mod injected;
mod over_broad;
mod runaway_loop;
mod stale_plan;
mod wrong_credential;
mod wrong_target;

use crate::model::agent::{AgentPlan, Fault, Strategy};

use super::inventory::Inventory;
use super::program::Code;

pub(super) use injected::Orders;
pub(super) use wrong_credential::Substitute;

/// The files of the faults: each opens with what it models, the incident that shows it, and its limits.
const FILES: &[&str] = &[
    include_str!("wrong_target.rs"),
    include_str!("over_broad.rs"),
    include_str!("runaway_loop.rs"),
    include_str!("wrong_credential.rs"),
    include_str!("injected.rs"),
    include_str!("harvest.rs"),
    include_str!("stale_plan.rs"),
];

/// A fault, as the head of its file tells of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FaultPage {
    pub name: String,
    pub summary: String,
    pub models: String,
    pub incident: String,
    pub limits: String,
}

/// Every fault there is.
pub fn faults() -> Vec<FaultPage> {
    FILES.iter().map(|file| FaultPage::of(file)).collect()
}

impl FaultPage {
    fn of(file: &str) -> FaultPage {
        let head: Vec<&str> = file.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
        let text = head.join(" ");
        let (title, rest) = text.split_once("What it models:").unwrap_or((&text, ""));
        let (models, rest) = rest.split_once("The incident:").unwrap_or((rest, ""));
        let (incident, limits) = rest.split_once("Its limits:").unwrap_or((rest, ""));
        let (name, summary) = title.split_once(':').unwrap_or((title, ""));
        let clean = |text: &str| {
            let mut letters = text.trim().chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        };
        FaultPage {
            name: name.trim().trim_matches('`').to_owned(),
            summary: clean(summary),
            models: clean(models),
            incident: clean(incident),
            limits: clean(limits),
        }
    }
}

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
    /// At the first refusal that should have ended the task, and does not.
    AtStop,
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
            Fault::StalePlan => stale_plan::instruction(spec),
            Fault::Injected => injected::instruction(spec),
            Fault::Harvest { strategy } => harvest::instruction(spec, *strategy),
        }
    }
}
