//! Messages that wake an agent, and what its requests are part of.

use std::collections::VecDeque;

use crate::model::Plan;
use crate::wire::{ActorId, Conversation};

#[derive(Debug)]
pub(super) struct Mailbox {
    who: ActorId,
    /// Whether messages wake it at all.
    pub listens: bool,
    waiting: VecDeque<Option<Conversation>>,
    /// What it is at.
    at: Option<Conversation>,
}

impl Mailbox {
    pub fn new(plan: &Plan, who: ActorId) -> Mailbox {
        let listens = plan.operations.iter().any(|op| op.wakes.contains(&who.number()));
        Mailbox { who, listens, waiting: VecDeque::new(), at: Some(Conversation { by: who, n: 0 }) }
    }

    /// Nothing has come yet.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.at = Some(Conversation { by: self.who, n: 0 });
    }

    pub fn put(&mut self, conversation: Option<Conversation>) {
        self.waiting.push_back(conversation);
    }

    /// Takes up the next message: from now on, what it does is part of that conversation.
    pub fn take(&mut self) -> bool {
        let Some(conversation) = self.waiting.pop_front() else { return false };
        self.at = conversation;
        true
    }

    /// A call at a time of its own is a task of its own, by its number; what follows from a message belongs to that.
    pub fn conversation_of(&self, task: u32) -> Option<Conversation> {
        if task == 0 { self.at } else { Some(Conversation { by: self.who, n: task }) }
    }
}
