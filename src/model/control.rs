//! What contains: detectors, responses, preventive limits, the steps of a runbook.

use crate::wire::{
    ApprovalId, CollId, FamilyId, IdentityId, InstructionId, LimitId, OpId, PlaceId, Res, ResponseId, RuleId,
    SecretKind, ServiceId, Span, StepId, Tick,
};

pub use super::approval::{About, Approval, Asking, ExemptBy};

use super::bits::Bits;
use super::chance::{Share, Takes};
use super::service::ObjectRule;

/// Watches the audit log, nothing else.
#[derive(Clone, Debug)]
pub struct Detector {
    pub name: String,
    pub watches: Watches,
    /// What it follows, where it watches a [`Watches::Flow`].
    pub follows: Option<Follows>,
    /// Of which operations it sees the lines: all, or those under some event types.
    pub sees: Option<Bits>,
    pub key: KeyKind,
    /// How long a record takes to reach it.
    pub delay: Span,
}

impl Detector {
    /// Whether it looks at what is said, or in which conversation.
    pub fn reads_messages(&self) -> bool {
        self.key == KeyKind::Conversation || matches!(self.watches, Watches::Repeats { .. })
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Watches {
    /// `at_least` accepted or refused requests within `within`.
    Requests { at_least: u32, within: Span },
    /// `at_least` different operations within one window of `within`.
    FanOut { at_least: u32, within: Span },
    /// `at_least` records read within `within`.
    RecordsRead { at_least: u32, within: Span },
    /// `at_least` accepted deletions within `within`.
    Destruction { at_least: u32, within: Span },
    /// `at_least` refusals, as the log tells them, within `within`.
    Denials { at_least: u32, within: Span },
    /// The same message `at_least` times from one caller to one operation within `within`.
    Repeats { at_least: u32, within: Span },
    /// `at_least` spent within `within`, in millionths of the currency.
    Spending { at_least: u64, within: Span },
    /// An operation that its caller has not called before.
    NeverSeen,
    /// A credential of a family, used where its owner is not at home.
    NotOwner(FamilyId),
    /// A canary record was read.
    CanaryRecord,
    /// A canary credential was presented.
    CanaryCredential(FamilyId),
    /// A call by somebody who has read what it may carry: see [`Detector::follows`].
    Flow,
    /// Somebody outside tells.
    Report { at: Tick },
}

impl Watches {
    /// From how much on, and within what time; nothing where one record is enough.
    pub fn threshold(self) -> Option<(u64, Span)> {
        match self {
            Watches::Requests { at_least, within }
            | Watches::FanOut { at_least, within }
            | Watches::RecordsRead { at_least, within }
            | Watches::Destruction { at_least, within }
            | Watches::Denials { at_least, within }
            | Watches::Repeats { at_least, within } => Some((u64::from(at_least), within)),
            Watches::Spending { at_least, within } => Some((at_least, within)),
            _ => None,
        }
    }

    /// The same from another amount on.
    pub fn from_amount(self, amount: u64) -> Watches {
        let at_least = u32::try_from(amount).unwrap_or(u32::MAX);
        match self {
            Watches::Requests { within, .. } => Watches::Requests { at_least, within },
            Watches::FanOut { within, .. } => Watches::FanOut { at_least, within },
            Watches::RecordsRead { within, .. } => Watches::RecordsRead { at_least, within },
            Watches::Destruction { within, .. } => Watches::Destruction { at_least, within },
            Watches::Denials { within, .. } => Watches::Denials { at_least, within },
            Watches::Repeats { within, .. } => Watches::Repeats { at_least, within },
            Watches::Spending { within, .. } => Watches::Spending { at_least: amount, within },
            other => other,
        }
    }
}

/// What a detector counts by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    Credential,
    Principal,
    Owner,
    /// All that follows from one task, whoever does it.
    Conversation,
    Global,
}

/// What sets steps of the runbook off, and when they start to act.
#[derive(Clone, Debug)]
pub struct Response {
    pub name: String,
    pub on: Trigger,
    /// From the trigger to the first action.
    pub takes: Takes,
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
    /// Of these, only credentials of one layer: the sessions of a user, or the password.
    pub only: Option<SecretKind>,
    /// Action k takes effect `first + (k - 1) * every` after the start.
    pub first: Span,
    pub every: Span,
    pub order: Order,
    /// How often an action comes to nothing.
    pub fails: Share,
    /// Whether the provider can do it at all.
    pub supported: bool,
}

impl Step {
    /// A step that is done at once and works.
    pub fn at_once(action: Action, which: Which) -> Step {
        Step {
            name: "step".to_owned(),
            action,
            which,
            only: None,
            first: Span::ZERO,
            every: Span::ZERO,
            order: Order::ByNumber,
            fails: Share::NONE,
            supported: true,
        }
    }
}

/// In which order a step deals with its targets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    ByNumber,
    /// The last that was issued comes first.
    NewestFirst,
    Random,
}

/// What an action does. Each reaches something different.
#[derive(Clone, Debug)]
pub enum Action {
    /// Ends a credential. What was minted from it ends with it where [`super::containment`] or the scenario says so.
    Revoke,
    /// Ends everything that an identity holds, and what it would be issued.
    Disable,
    /// Issues the successor of a credential, which the records that held the old one now show, and ends the old one after
    /// a grace in which both are accepted.
    Rotate { hand_over: HandOver, grace: Span },
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
    /// Takes records out of their store: those that are named, and those in which a search finds the text of these
    /// instructions when the action begins.
    Delete { records: Vec<Res>, saying: Vec<InstructionId> },
    /// Takes the work of these operations out of its queue.
    Cancel { operations: Vec<OpId> },
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
    /// All credentials of one identity and of everything that it owns.
    OwnedBy(IdentityId),
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

/// The calls that a detector looks for, and after which reading.
#[derive(Clone, Debug)]
pub struct Follows {
    pub on: Vec<OpId>,
    pub after_reading: Vec<CollId>,
    /// For how long it remembers what was read; for ever where it does not say.
    pub within: Option<Span>,
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
    pub armed: bool,
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
