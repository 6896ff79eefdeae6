//! Approvals: who must say yes first, and to what.

use std::ops::Range;

use crate::wire::{IdentityId, OpId};

use super::chance::{Share, Takes};

/// Somebody must say yes first.
#[derive(Clone, Debug)]
pub struct Approval {
    pub name: String,
    pub on: Vec<OpId>,
    /// Who is asked.
    pub by: String,
    /// How often one of them says yes, each time anew: always, never, or out of fatigue.
    pub says_yes: Share,
    /// How many must say yes, each for themselves.
    pub people: u32,
    pub about: About,
    /// How long each of them takes.
    pub takes: Takes,
    /// Identities who need none, by number.
    pub exempt: Vec<Range<u32>>,
    pub exempt_by: ExemptBy,
    /// How a no is told.
    pub status: u16,
    /// Whether it is asked for from the start, or waits for a step of the runbook.
    pub armed: bool,
}

impl Approval {
    /// Whether a call of `op` needs it.
    pub fn concerns(&self, op: OpId, who: Asking) -> bool {
        let looked_at = match self.exempt_by {
            ExemptBy::Subject => who.subject,
            ExemptBy::Actor => who.actor,
        };
        let exempt = looked_at.is_some_and(|who| self.exempt.iter().any(|group| group.contains(&who.number())));
        self.on.contains(&op) && !exempt
    }
}

/// Who asks for an approval.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    /// Whose credential it is.
    pub subject: Option<IdentityId>,
    /// Who acts with it.
    pub actor: Option<IdentityId>,
}

/// What an approval is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum About {
    EachCall,
    /// All that a caller does: one answer for good.
    Plan,
}

/// Whose exemption counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExemptBy {
    /// Of whoever the credential belongs to.
    Subject,
    /// Of whoever acts with it (RFC 8693, `act`).
    Actor,
}
