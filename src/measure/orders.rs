//! The orders that agents obeyed: which text, where it lay, and who put it there. An agent that obeys what another one
//! wrote is a hop without a credential.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::wire::{ActorId, Event, IdentityId, InstructionId, RequestId, Res, Tick, Written};

/// One order that was obeyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    pub at: Tick,
    pub by: ActorId,
    pub instruction: InstructionId,
    /// The request whose answer held it.
    pub via: RequestId,
    pub lay_in: Res,
    /// Whose words they are, as the record says.
    pub author: Option<IdentityId>,
    /// The request that wrote it; nothing where it lay there from the start.
    pub written: Option<RequestId>,
}

/// Folds the events of a run into its orders.
#[derive(Default)]
pub struct Orders {
    written: BTreeMap<Res, RequestId>,
    obeyed: Vec<Order>,
}

impl Orders {
    pub fn event(&mut self, event: &Event) {
        match *event {
            Event::Wrote { id, into, what: Written::Instruction(_), .. } => {
                self.written.insert(into, id);
            }
            Event::Obeyed { at, by, instruction, via, lay_in, author } => {
                let written = self.written.get(&lay_in).copied();
                self.obeyed.push(Order { at, by, instruction, via, lay_in, author, written });
            }
            _ => {}
        }
    }

    pub fn finish(self) -> Vec<Order> {
        self.obeyed
    }
}

impl Order {
    /// `helper read issue in issues-30, in the words of stranger, and obeyed`.
    pub fn told(&self, plan: &Plan) -> String {
        let client = |who: ActorId| {
            let all = plan.agents.iter().chain(&plan.benign);
            all.clone().nth(who.index()).map_or_else(|| "somebody".to_owned(), |client| client.name.clone())
        };
        let whose = match (self.written, self.author) {
            (Some(request), _) => format!(", which {} wrote", client(request.by)),
            (None, Some(author)) => format!(", in the words of {}", plan.identity_name(author)),
            (None, None) => String::new(),
        };
        let (text, place) = (&plan.instruction(self.instruction).name, plan.record_name(self.lay_in));
        format!("{} read `{text}` in {place}{whose}, and obeyed", client(self.by))
    }
}
