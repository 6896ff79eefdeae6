//! What contains: detectors, responses, preventive limits, the steps of a runbook.

use std::ops::Range;

use crate::wire::{CollId, ApprovalId, FamilyId, IdentityId, LimitId, OpId, PlaceId, ResponseId, RuleId, ServiceId, Span, StepId, Tick,};

use super::chance::{Share, Takes};
use super::service::ObjectRule;

/// Watches the audit log, nothing else.
#[derive(Clone, Debug)]
pub struct Detector {
    pub name: String,
    pub watches: Watches,
    pub key: KeyKind,
    /// How long a record takes to reach it.
    pub delay: Span,
}

#[derive(Clone, Debug)]
pub enum Watches {
    /// `at_least` accepted or refused requests within `within`.
    Requests { at_least: u32, within: Span },
    /// `at_least` different operations within one window of `within`.
    FanOut { at_least: u32, within: Span },
    /// `at_least` records read within `within`.
    RecordsRead { at_least: u32, within: Span },
    /// `at_least` accepted deletions within `within`.
    Destruction { at_least: u32, within: Span },
    /// A canary record was read.
    CanaryRecord,
    /// A canary credential was presented.
    CanaryCredential(FamilyId),
    /// A call of one of these by somebody who has read from one of those.
    Flow { on: Vec<OpId>, after_reading: Vec<CollId>, within: Option<Span> },
    /// Somebody outside tells.
    Report { at: Tick },
}

/// What a detector counts by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    Credential,
    Principal,
    Owner,
    Global,
}

/// What sets steps of the runbook off, and when they start to act.
#[derive(Clone, Debug)]
pub struct Response {
    pub name: String,
    pub on: Trigger,
    /// From the trigger to the first action.
    pub takes: Span,
    pub steps: Vec<StepId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trigger {
    Alarm(RuleId),
    At(Tick),
}

/// One named action of the runbook.
#[derive(Clone, Debug)]
pub struct Step {
    pub name: String,
    pub action: Action,
    /// Which credentials or identities, where the action is about such.
    pub which: Which,
    /// Action k takes effect `first + (k - 1) * every` after the start.
    pub first: Span,
    pub every: Span,
    /// Whether the provider can do it at all.
    pub supported: bool,
}

/// What an action does. Each reaches something different.
#[derive(Clone, Debug)]
pub enum Action {
    /// Ends a credential. What was minted from it lives on unless its family cascades.
    Revoke,
    /// Ends everything that an identity holds, and what it would be issued.
    Disable,
    /// Ends a credential and issues its successor, which the records that held the old one now show.
    Rotate { hand_over: HandOver },
    /// From now on accepted from this network only.
    Bind { network: PlaceId },
    /// Refused at these services, whatever the provider says.
    Block { services: Vec<ServiceId> },
    /// Changes who may touch which records.
    SetRule { operations: Vec<OpId>, rule: ObjectRule },
    /// Puts a limit on.
    Throttle { limit: LimitId },
    /// Asks for an approval from now on.
    Require { approval: ApprovalId },
    /// Closes operations.
    Close { operations: Vec<OpId> },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandOver {
    After(Span),
    Never,
}

/// What the responder can select: never "the closure", only what it can see or look up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// The action names its own target.
    Named,
    /// What the alarm is about.
    Alarmed,
    /// All credentials of the principal that the alarm is about.
    OfPrincipal,
    /// All credentials of that principal's owner and of everything the owner owns.
    OfOwner,
    /// The alarmed credential and all that was minted from it.
    Descendants,
    /// The credentials that lay in records which this principal was logged reading.
    Exposed,
    /// All of a family.
    Every(FamilyId),
    /// One identity.
    Identity(IdentityId),
}

/// A preventive limit.
#[derive(Clone, Debug)]
pub struct Limit {
    pub name: String,
    pub on: Vec<OpId>,
    pub key: KeyKind,
    pub at_most: u64,
    pub counts: Counts,
    /// Readmits after this, or never.
    pub per: Option<Span>,
    pub status: u16,
    /// Whether it is on from the start, or waits for a step of the runbook.
    pub armed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counts {
    Requests,
    Records,
    /// Millionths of the scenario's currency.
    Cost,
}

/// Refuses whoever has read from some collections: what was read there may not go out here.
#[derive(Clone, Debug)]
pub struct Flow {
    pub name: String,
    pub on: Vec<OpId>,
    pub after_reading: Vec<CollId>,
    pub key: KeyKind,
    /// How it says no.
    pub status: u16,
}

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

/// All of the defence.
#[derive(Clone, Debug, Default)]
pub struct Controls {
    pub detectors: Vec<Detector>,
    pub responses: Vec<Response>,
    pub steps: Vec<Step>,
    pub limits: Vec<Limit>,
    pub approvals: Vec<Approval>,
    pub flows: Vec<Flow>,
}

impl Controls {
    pub fn response(&self, id: ResponseId) -> &Response {
        &self.responses[id.index()]
    }
}
