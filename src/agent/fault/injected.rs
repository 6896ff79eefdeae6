//! `injected`: the task, and what it is told by instructions that it reads.
//!
//! What it models: an agent that cannot tell data from orders. A record says what to do, and the agent does it, with
//! the credentials and the rights that it has for its task.
//! The incident: an issue in a public repository made an agent publish private ones (GitHub MCP, May 2025; scenario
//! `private-to-public`), a support ticket made one read the table of tokens and answer with them (Supabase MCP, July
//! 2025; scenario `ticket-service-role`), the title of an issue made a build bot fill the cache that a release restored
//! (Clinejection, February 2026; scenario `build-triage`).
//! Its limits: it obeys or it does not, by who wrote the text or who signed it; nothing persuades it more or less. Each
//! instruction is done once, however often it is read. What it obeys goes before its task, which goes on where that
//! waits for an answer or a time.

use std::collections::VecDeque;

use crate::agent::call::Place;
use crate::agent::memory::Memory;
use crate::agent::program::{Code, Due, Runner};
use crate::model::Bits;
use crate::model::agent::AgentPlan;
use crate::model::instruction::{Obedience, Obeys};
use crate::wire::{InstructionId, OpId, Planted, Tick};

use super::{Instruction, Onset};

/// The task as it was told: what differs is what it does with what it reads.
pub(super) fn instruction(spec: &AgentPlan) -> Instruction {
    Instruction { code: Code::plain(&spec.task), onset: Onset::AtOrder }
}

/// The instructions that an agent obeys, and how far it has come with them.
#[derive(Debug)]
pub(in crate::agent) struct Orders {
    obedience: Obedience,
    obeyed: Bits,
    waiting: VecDeque<InstructionId>,
    current: Option<Runner>,
    connections: u16,
    /// What the instructions make it say of itself.
    pub said: Vec<(OpId, u32)>,
}

impl Orders {
    pub fn new(spec: &AgentPlan) -> Orders {
        Orders {
            obedience: spec.obedience.clone(),
            obeyed: Bits::default(),
            waiting: VecDeque::new(),
            current: None,
            connections: spec.pace.connections(),
            said: Vec::new(),
        }
    }

    /// Whether it does what it has read from now on: `signed` says whether the team's signature is good.
    pub fn take(&mut self, read: &Planted, signed: bool) -> bool {
        let obeys = match self.obedience.whom {
            Obeys::Nobody => false,
            Obeys::Everybody => true,
            Obeys::Signed => signed,
            Obeys::Written(by) => read.author.is_some_and(|author| by.contains(author)),
        };
        let fresh = obeys && self.obeyed.insert(read.instruction.number());
        if fresh {
            self.waiting.push_back(read.instruction);
        }
        fresh
    }

    /// Whether one of its steps may be sent.
    pub fn poll(&mut self, now: Tick, memory: &Memory) -> Due {
        loop {
            if let Some(runner) = &mut self.current {
                let due = runner.poll(now, memory);
                self.said.append(&mut runner.said);
                match due {
                    Due::Over => self.current = None,
                    due => return due,
                }
            }
            let Some(next) = self.waiting.pop_front() else { return Due::Over };
            let program = self.obedience.program(next);
            self.current = program.map(|program| Runner::new(Code::plain(program), self.connections));
        }
    }

    /// What is being carried out.
    pub fn runner(&mut self) -> Option<&mut Runner> {
        self.current.as_mut()
    }

    /// What the step at a place writes down.
    pub fn carries(&self, place: Place) -> &[crate::model::agent::Load] {
        self.current.as_ref().map_or(&[], |runner| runner.carries(place))
    }
}
